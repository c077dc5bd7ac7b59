from __future__ import annotations

from typing import Any

import pytest

from outcrop.package import Spec, Version, ver
from outcrop.package.errors import SpackError
from outcrop.spec import GitVersion, SpecParseError, UnsatisfiableSpecError, VersionList


def test_version_is_exact() -> None:
    assert str(Version("1.2.3").up_to(2)) == "1.2"
    assert Version(11) == Version("11")
    assert isinstance(Version("git.main=1.2"), GitVersion)
    assert isinstance(Version("0" * 40), GitVersion)
    assert Version("1.9") < Version("1.10")


@pytest.mark.parametrize("text", ["=1.2", "1.2:", ":1.2", "1,2"])
def test_version_takes_no_ranges(text: str) -> None:
    with pytest.raises(SpackError, match="no single version"):
        Version(text)


@pytest.mark.parametrize("value", [1.2, None, True])
def test_version_takes_text_and_whole_numbers(value: Any) -> None:
    with pytest.raises(TypeError):
        Version(value)


def test_ver_reads_almost_anything() -> None:
    assert ver("=1.2") == Version("1.2")
    assert Version("1.2.9").satisfies(ver(1.2))
    assert Version("1.3") not in ver("1.2")
    assert isinstance(ver("1:2,4"), VersionList)
    assert Version("4.1") in ver(["1:2", "4"])
    assert ver(Version("1.2")) == Version("1.2")
    with pytest.raises(TypeError):
        ver(None)  # type: ignore[arg-type]


def test_a_spec_is_read_and_asked() -> None:
    spec = Spec("builtin.zlib@=1.3 +shared languages=c,b cflags='-O2 -g' platform=linux ^dep@2:")
    assert (spec.name, spec.namespace, spec.fullname) == ("zlib", "builtin", "builtin.zlib")
    assert spec.version == Version("1.3")
    assert spec.variants["shared"].value is True
    assert spec.variants["languages"].value == ("b", "c")
    assert spec.compiler_flags["cflags"] == ["-O2", "-g"]
    assert spec.platform == "linux" and not spec.concrete and not spec.external
    assert spec.satisfies("zlib@1.2:") and not spec.satisfies("~shared")
    assert "+shared" in spec and "dep@2:" in spec and "dep@1" not in spec and "zlib@1.3" in spec
    assert spec["dep"].name == "dep" and spec["zlib"] is spec
    with pytest.raises(KeyError):
        spec["absent"]


def test_blanks_around_it_do_not_matter() -> None:
    assert Spec("mpi ").name == "mpi"
    with pytest.raises(SpecParseError):
        Spec("a@@")


def test_constrain_changes_in_place_and_copies_do_not_follow() -> None:
    spec = Spec("languages=c,c++,d")
    before = spec.copy()
    assert spec.constrain("@2:") is True
    assert spec.constrain("@2:") is False
    assert spec.satisfies("@2:") and not before.satisfies("@2:")
    with pytest.raises(UnsatisfiableSpecError):
        spec.constrain("@1")


def test_equality_order_and_attributes() -> None:
    assert Spec("+x") == Spec("+x") and len({Spec("+x"), Spec("+x"), Spec("~x")}) == 2
    assert sorted([Spec("b"), Spec("a")])[0].name == "a"
    spec: Any = Spec("a")
    spec.anything = 1
    assert spec.anything == 1
    assert Spec("a") != "a"


def test_no_single_version() -> None:
    with pytest.raises(SpackError, match="no single version"):
        _ = Spec("zlib@1:").version


def test_format_of_an_abstract_spec() -> None:
    assert Spec("zlib@1.2 +a").format("{name}{@version} {variants}") == "zlib@1.2 +a"
    assert Spec("+a").format("{name}{@version}") == ""


def test_from_detection() -> None:
    spec = Spec.from_detection(
        "gcc@12.2.0", external_path="/usr", extra_attributes={"compilers": {"c": "/usr/bin/gcc"}}
    )
    assert spec.external and spec.external_path == "/usr" and spec.extra_attributes["compilers"]["c"] == "/usr/bin/gcc"
