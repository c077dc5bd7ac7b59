from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from outcrop.base.errors import Place
from outcrop.host import ExternalError, describe_external, detect_host, find_externals, host_externals
from outcrop.python import create_venv
from outcrop.spec.graph import External
from support.machine import clang, gcc, script
from support.pythons import SYSTEM, every_python, output

SYSTEM_PYTHON = next(one for one in every_python() if one.prefix == "/usr")
PLACE = Place("packages.yaml", 4, 5)


def test_what_path_shows_as_externals(tmp_path: Path) -> None:
    directory = tmp_path / "bin"
    for name in ("gcc", "g++"):
        gcc(directory / name, "12.2.0")
    clang(directory / "clang", "clang", "17.0.6")
    script(directory / "make", "#!/bin/sh\necho GNU Make 4.3\n")
    (directory / "python3").symlink_to(SYSTEM_PYTHON.executable)
    host = detect_host(str(directory), None)
    python, gnu, llvm, make, libc = host_externals(host)
    assert (python.name, python.version) == ("python", SYSTEM_PYTHON.version)
    assert python.external == External(prefix="/usr", executable=SYSTEM_PYTHON.executable, abi=SYSTEM_PYTHON.abi)
    assert (gnu.name, gnu.version, gnu.variants) == ("gcc", "12.2.0", {"languages": ("c", "c++")})
    paths = {"c": str(directory / "gcc"), "cxx": str(directory / "g++")}
    assert gnu.external == External(prefix=str(tmp_path), executable=paths["c"], extra={"compilers": paths})
    assert (llvm.name, llvm.variants) == ("llvm", {"clang": True, "flang": False})
    assert (make.name, make.version, make.external.prefix) == ("gmake", "4.3", str(tmp_path))
    assert host.libc is not None
    assert (libc.name, libc.version, libc.external) == ("glibc", host.libc.version, External(prefix=host.libc.prefix))
    assert find_externals(host) == {
        "python": [{"spec": f"python@{SYSTEM_PYTHON.version}", "prefix": "/usr"}],
        "gcc": [
            {"spec": "gcc@12.2.0 languages:='c,c++'", "prefix": str(tmp_path), "extra_attributes": {"compilers": paths}}
        ],
        "llvm": [
            {
                "spec": "llvm@17.0.6 +clang ~flang",
                "prefix": str(tmp_path),
                "extra_attributes": {"compilers": {"c": str(directory / "clang")}},
            }
        ],
        "gmake": [{"spec": "gmake@4.3", "prefix": str(tmp_path)}],
    }


def test_what_is_found_can_be_configured(tmp_path: Path) -> None:
    """An entry that was written is read back as the same external."""
    directory = tmp_path / "bin"
    for name in ("gcc", "gfortran"):
        gcc(directory / name, "12.2.0")
    (directory / "python3").symlink_to(SYSTEM_PYTHON.executable)
    script(directory / "make", "#!/bin/sh\necho GNU Make 4.3\n")
    host = detect_host(str(directory), None, programs=())
    for package, (name, (entry,)) in zip(host_externals(host), find_externals(host).items(), strict=True):
        extra = entry.get("extra_attributes")
        assert isinstance(extra, dict | None)
        described = describe_external(str(entry["spec"]), str(entry["prefix"]), extra=extra)
        assert (described.name, described.version) == (name, package.version)
        assert described.external.prefix == package.external.prefix
        assert described.external.abi == package.external.abi
        assert described.external.extra == package.external.extra


@pytest.mark.parametrize(
    "spec", ["python", "python@3", f"python@{SYSTEM_PYTHON.xy}", f"builtin.python@={SYSTEM_PYTHON.version}"]
)
def test_p13_configured_python_is_followed_to_its_base(tmp_path: Path, spec: str) -> None:
    create_venv(SYSTEM_PYTHON, tmp_path / "venv")
    script(tmp_path / "shims/python3", f'#!/bin/sh\nexec {SYSTEM} "$@"\n')
    for prefix in (tmp_path / "venv", tmp_path / "shims", tmp_path / "shims/python3", Path("/usr"), SYSTEM):
        found = describe_external(spec, str(prefix), place=PLACE, cache=tmp_path / "cache")
        assert (found.name, found.version) == ("python", SYSTEM_PYTHON.version)
        assert found.external.prefix == "/usr"
        assert found.external.executable == SYSTEM_PYTHON.executable
        assert found.external.abi == SYSTEM_PYTHON.abi


def test_spec_chooses_among_the_pythons_of_a_prefix(tmp_path: Path) -> None:
    old, new = every_python()[0], every_python()[-1]
    if old.xy == new.xy:
        pytest.skip("needs two Pythons")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(old.executable)
    (tmp_path / f"bin/python{new.xy}").symlink_to(new.executable)
    assert describe_external(f"python@{new.xy}", str(tmp_path)).version == new.version
    assert describe_external("python", str(tmp_path)).version == old.version


def test_p13_external_python_that_is_gone_or_another_one(tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match=r"packages\.yaml:4:5: the external python@3\.11 is gone: /no/such") as gone:
        describe_external("python@3.11", "/no/such", place=PLACE)
    assert (gone.value.code, gone.value.place) == ("external-gone", PLACE)
    (tmp_path / "bin").mkdir()
    with pytest.raises(ExternalError, match="is gone: no Python in"):
        describe_external("python@3.11", str(tmp_path), place=PLACE)
    (tmp_path / "bin/python3").symlink_to("/no/such/python3")
    with pytest.raises(ExternalError, match="is gone: no Python in"):
        describe_external("python@3.11", str(tmp_path), place=PLACE)
    with pytest.raises(ExternalError, match=rf"is Python {SYSTEM_PYTHON.version}") as other:
        describe_external("python@3.1", "/usr", place=PLACE)
    assert other.value.hint == f"write python@{SYSTEM_PYTHON.version}"
    script(tmp_path / "broken/bin/python3", "#!/bin/sh\necho no libpython >&2; exit 127\n")
    with pytest.raises(ExternalError, match="cannot be used") as broken:
        describe_external("python", str(tmp_path / "broken"), place=PLACE)
    assert broken.value.details == ("no libpython",)


def test_configured_compilers(tmp_path: Path) -> None:
    gcc(tmp_path / "bin/gcc", "12.2.0")
    gcc(tmp_path / "bin/gcc-13", "13.1.0")
    found = describe_external("gcc@13.1 languages=c", str(tmp_path))
    assert found.external.extra == {"compilers": {"c": str(tmp_path / "bin/gcc-13")}}
    with pytest.raises(ExternalError, match=r"gcc@11 has no compiler of that version"):
        describe_external("gcc@11", str(tmp_path), place=PLACE)
    with pytest.raises(ExternalError, match="names /no/such/gcc, which does not run"):
        describe_external("gcc@12", str(tmp_path), extra={"compilers": {"c": "/no/such/gcc"}}, place=PLACE)


def test_any_other_external_is_taken_at_its_word(tmp_path: Path) -> None:
    found = describe_external("openssl@3.0.17 ~shared", str(tmp_path), extra={"note": "x"}, modules=("ssl/3",))
    assert (found.name, found.version) == ("openssl", "3.0.17")
    assert found.external == External(prefix=str(tmp_path), extra={"note": "x"}, modules=("ssl/3",))
    with pytest.raises(ExternalError, match="the external openssl has no version"):
        describe_external("openssl", str(tmp_path), place=PLACE)
    with pytest.raises(ExternalError, match="not the spec of an external"):
        describe_external("@3", str(tmp_path), place=PLACE)


@pytest.mark.skipif(shutil.which("conda") is None, reason="needs a conda")
def test_p13_conda_python() -> None:
    base = output(["conda", "info", "--base"]).strip()
    assert describe_external("python", base).external.prefix == base
