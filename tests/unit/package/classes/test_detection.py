"""Finding what is installed, as recipes tell it: real directories with real programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from outcrop.package.classes.detection import by_path, detect, find_recipe
from outcrop.package.programs.sourcing import set_env
from support.api_world import imported_recipe

RECIPE = """
import re

class OddTool(Package):
    executables = ["^odd$", "^odd-[0-9.]+$"]
    variant("extra", default=False)

    @classmethod
    def determine_version(cls, exe):
        match = re.search("odd ([0-9.]+)", Executable(exe)("--version", output=str, error=str))
        return match.group(1) if match else None

    @classmethod
    def determine_variants(cls, exes, version_str):
        if version_str == "6.6":
            raise RuntimeError("never heard of")
        if version_str == "3.0":
            return [("+extra", {"prefix": "/moved", "modules": ["odd/3"]}), "~extra"]
        return "+extra", {"compilers": {"c": exes[0]}}

    @classmethod
    def filter_detected_exes(cls, prefix, exes):
        return [exe for exe in exes if "wrapper" not in prefix]

    @classmethod
    def validate_detected_spec(cls, spec, extra_attributes):
        assert not spec.satisfies("@9:"), "too new"
"""


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[ModuleType]:
    with imported_recipe(tmp_path / "repository", "odd-tool", RECIPE) as module:
        yield module


@pytest.mark.usefixtures("recipe")
def test_programs_are_asked_and_grouped_by_version(tmp_path: Path) -> None:
    one = program(tmp_path / "a/bin/odd", "echo odd 1.2")
    program(tmp_path / "a/bin/odd-1.2", "echo odd 1.2")
    two = program(tmp_path / "a/bin/odd-2.0", "echo odd 2.0")
    program(tmp_path / "a/bin/oddish", "echo odd 5")
    found = by_path(["odd-tool", "no-such-package"], path_hints=[tmp_path / "a/bin"])
    assert list(found) == ["odd-tool"]
    assert [str(one.spec) for one in found["odd-tool"]] == ["odd-tool@=1.2+extra", "odd-tool@=2.0+extra"]
    first, second = found["odd-tool"]
    assert first.prefix == first.spec.external_path == str(tmp_path / "a")
    assert first.spec.external
    assert first.spec.extra_attributes == {"compilers": {"c": str(one)}}
    assert second.spec.extra_attributes == {"compilers": {"c": str(two)}}
    assert first.spec.satisfies("@1 +extra")


@pytest.mark.usefixtures("recipe")
def test_hints_may_be_prefixes_and_come_in_order(tmp_path: Path) -> None:
    program(tmp_path / "b/bin/odd", "echo odd 1.0")
    program(tmp_path / "a/bin/odd", "echo odd 1.0")
    (tmp_path / "again").symlink_to(tmp_path / "b")
    found = by_path(["odd-tool"], path_hints=[str(tmp_path / name) for name in ("b", "again", "a", "none")])
    assert [one.prefix for one in found["odd-tool"]] == [str(tmp_path / "b"), str(tmp_path / "a")]


@pytest.mark.usefixtures("recipe")
def test_path_is_searched_by_default(tmp_path: Path) -> None:
    program(tmp_path / "bin/odd", "echo odd 1.0")
    with set_env(PATH=f"{tmp_path}/none::{tmp_path}/bin:/bin"):
        assert [one.prefix for one in by_path(["test.odd-tool"])["test.odd-tool"]] == [str(tmp_path)]
        assert by_path(["other.odd-tool"]) == {}
    with set_env(PATH="/bin"):
        assert by_path(["odd-tool"]) == {}


@pytest.mark.usefixtures("recipe")
def test_several_answers_and_what_they_say_of_places(tmp_path: Path) -> None:
    program(tmp_path / "bin/odd", "echo odd 3.0")
    moved, here = by_path(["odd-tool"], path_hints=[str(tmp_path)])["odd-tool"]
    assert (str(moved.spec), moved.prefix, moved.spec.external_modules) == ("odd-tool@=3.0+extra", "/moved", ["odd/3"])
    assert moved.spec.extra_attributes == {}
    assert (str(here.spec), here.prefix, here.spec.external_modules) == ("odd-tool@=3.0~extra", str(tmp_path), None)


@pytest.mark.usefixtures("recipe")
@pytest.mark.parametrize(
    ("directory", "says"),
    [
        ("a", "echo something else"),
        ("a", "exit 3"),
        ("a", "echo odd 9.1"),
        ("a", "echo odd 6.6"),
        ("wrapper", "echo odd 1"),
    ],
)
def test_what_a_recipe_does_not_know_or_refuses_is_left_out(tmp_path: Path, directory: str, says: str) -> None:
    program(tmp_path / directory / "bin/odd", says)
    program(tmp_path / "good/bin/odd", "echo odd 1.0")
    found = by_path(["odd-tool"], path_hints=[str(tmp_path / name) for name in (directory, "good")])
    assert [one.prefix for one in found["odd-tool"]] == [str(tmp_path / "good")]


@pytest.mark.usefixtures("recipe")
def test_only_programs_count(tmp_path: Path) -> None:
    program(tmp_path / "bin/odd", "echo odd 1.0").chmod(0o644)
    (tmp_path / "bin/odd-2.0").mkdir()
    (tmp_path / "bin/odd-3.0").symlink_to("nowhere")
    assert by_path(["odd-tool"], path_hints=[str(tmp_path)]) == {}


def test_libraries(tmp_path: Path) -> None:
    source = """
class OddLib(Package):
    libraries = ["libodd[.]so[.][0-9]+$"]

    @classmethod
    def determine_version(cls, lib):
        return lib.rpartition(".so.")[2]
"""
    (tmp_path / "p/lib64").mkdir(parents=True)
    (tmp_path / "p/lib64/libodd.so.4").touch()
    with imported_recipe(tmp_path / "repository", "odd-lib", source) as module:
        found = detect(module.OddLib, [str(tmp_path / "p")])
        assert [(str(one.spec), one.prefix) for one in found] == [("odd-lib@=4", str(tmp_path / "p"))]
        with set_env(LD_LIBRARY_PATH=str(tmp_path / "p/lib64")):
            assert len(detect(module.OddLib)) == 1
        assert module.OddLib.tags == ["detectable"]


def test_a_recipe_may_do_it_all_itself(tmp_path: Path) -> None:
    source = """
class Own(Package):
    executables = ["own"]

    @classmethod
    def determine_spec_details(cls, prefix, exes_in_prefix):
        assert isinstance(exes_in_prefix, set)
        return Spec.from_detection(f"own@=1.{len(exes_in_prefix)}", external_path=prefix)
"""
    for name in ("own-a", "own-b"):
        program(tmp_path / "bin" / name, "")
    with imported_recipe(tmp_path / "repository", "own", source) as module:
        assert [str(one.spec) for one in detect(module.Own, [str(tmp_path)])] == ["own@=1.2"]


def test_recipes_that_were_imported(recipe: ModuleType) -> None:
    assert find_recipe("odd-tool") is recipe.OddTool
    assert find_recipe("test.odd-tool") is recipe.OddTool
    assert find_recipe("else.odd-tool") is None
    assert find_recipe("odd") is None


@pytest.mark.usefixtures("recipe")
def test_recipes_are_imported_from_where_others_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repository"
    monkeypatch.syspath_prepend(root)
    before = set(sys.modules)
    file = root / "spack_repo/test/packages/_7odd/package.py"
    file.parent.mkdir(parents=True)
    file.write_text("from outcrop.package import *\n\n\nclass _7odd(Package):\n    pass\n")
    try:
        found = find_recipe("7odd")
        assert found is not None
        assert found.fullname == "test.7odd"
        assert find_recipe("absent") is None
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]
