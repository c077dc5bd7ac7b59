"""The core recipes as they are written; no recipe is run."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.version import Version

from support.recipe_files import CORE, RECIPES, RecipeFile, all_recipes, class_name_of

ALL = all_recipes()
PYTHON_PACKAGES = [recipe for recipe in ALL if recipe.bases == ("PythonPackage",)]
EXTERNAL = {"python", "gcc", "gmake"}
LANGUAGES = {"c", "cxx", "fortran"}
SEPARATOR = re.compile(r"[@+~ ]")

each = pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
each_python = pytest.mark.parametrize("recipe", PYTHON_PACKAGES, ids=lambda recipe: recipe.name)


def dependency_name(spec: str) -> str:
    return SEPARATOR.split(spec, maxsplit=1)[0]


def test_there_are_recipes() -> None:
    names = {recipe.name for recipe in ALL}
    assert EXTERNAL | {"python-venv", "py-pip", "py-setuptools", "py-black", "py-markupsafe"} <= names
    assert len(PYTHON_PACKAGES) >= 25


@each
def test_the_class_is_named_after_the_directory(recipe: RecipeFile) -> None:
    assert recipe.class_name == class_name_of(recipe.path.parent.name)


@each
def test_it_has_a_docstring_and_says_who_made_it(recipe: RecipeFile) -> None:
    (body,) = (item for item in recipe.tree.body if isinstance(item, ast.ClassDef))
    assert ast.get_docstring(body)
    if recipe.name != "python-venv":
        assert str(recipe.attributes["homepage"]).startswith("https://")
        assert len(recipe.directives("license")) == 1


@each
def test_it_imports_the_recipe_language_and_little_else(recipe: RecipeFile) -> None:
    allowed = {"spack.package", "spack_repo.core.build_systems.python", "outcrop.package"}
    allowed |= {"functools", "json", "os", "pathlib", "re"}
    for item in ast.walk(recipe.tree):
        if isinstance(item, ast.ImportFrom):
            assert item.module in allowed
            assert item.module != "outcrop.package" or [name.name for name in item.names] == ["wheels"]
        if isinstance(item, ast.Import):
            assert {name.name for name in item.names} <= allowed


@each
def test_every_version_has_its_own_checksum(recipe: RecipeFile) -> None:
    if recipe.attributes.get("has_code", True) is False:
        assert set(recipe.versions.values()) == {None}
        return
    sums = list(recipe.versions.values())
    assert all(isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) for digest in sums)
    assert len(set(sums)) == len(sums) == len(recipe.directives("version"))


def test_no_checksum_stands_in_two_recipes() -> None:
    sums = [digest for recipe in ALL for digest in recipe.versions.values() if digest]
    assert len(set(sums)) == len(sums)


@each
def test_versions_are_newest_first(recipe: RecipeFile) -> None:
    versions = [Version(text) for text in recipe.versions]
    assert versions == sorted(versions, reverse=True)


@each
def test_only_what_is_there_already_has_no_versions(recipe: RecipeFile) -> None:
    assert (not recipe.versions) == (recipe.name in EXTERNAL)


@each_python
def test_the_source_distribution_is_that_of_a_version(recipe: RecipeFile) -> None:
    project, _, file = str(recipe.attributes["pypi"]).partition("/")
    assert f"py-{project}" == recipe.name
    stem, _, version = file.removesuffix(".tar.gz").rpartition("-")
    assert file.endswith(".tar.gz")
    assert stem == project.replace("-", "_")
    assert version == next(iter(recipe.versions))


@each
def test_dependencies_exist(recipe: RecipeFile) -> None:
    known = {other.name for other in ALL} | LANGUAGES
    for call in recipe.directives("depends_on"):
        assert dependency_name(call.texts[0]) in known - {recipe.name}


@each
def test_dependencies_say_what_they_are_for(recipe: RecipeFile) -> None:
    """The dialect's default, build and link, is never right for a Python package."""
    for call in recipe.directives("depends_on"):
        types = call.keywords.get("type")
        assert types in ("build", "run", ("build", "run")), call
        if dependency_name(call.texts[0]) in LANGUAGES:
            assert types == "build"


@each_python
def test_tools_that_build_others_are_tagged(recipe: RecipeFile) -> None:
    """Whatever is needed while a package with the tag is built or run needs the tag too."""
    tagged = {other.name for other in PYTHON_PACKAGES if other.attributes.get("tags") == ["build-tools"]}
    if recipe.name in tagged:
        for call in recipe.directives("depends_on"):
            name = dependency_name(call.texts[0])
            assert name in tagged or not name.startswith("py-")


def test_nothing_needs_itself_to_be_built() -> None:
    needs = {
        recipe.name: {dependency_name(call.texts[0]) for call in recipe.directives("depends_on")} & set(names())
        for recipe in PYTHON_PACKAGES
    }
    done: set[str] = set()
    while len(done) < len(needs):
        ready = {name for name, wanted in needs.items() if name not in done and wanted <= done}
        assert ready, f"these need each other: {sorted(set(needs) - done)}"
        done |= ready


def names() -> list[str]:
    return [recipe.name for recipe in PYTHON_PACKAGES]


def files_with_addresses() -> list[Path]:
    examples = RECIPES.parents[2] / "examples"
    return [path for root in (RECIPES, examples) for path in root.rglob("*") if path.suffix in (".py", ".yaml", ".md")]


def test_no_package_registry_is_named() -> None:
    """Where packages come from is configuration: no address in a recipe leads to a registry."""
    registries = {"pypi", "pythonhosted", "npmjs", "debian", "anaconda"}
    checked = 0
    for path in files_with_addresses():
        for address in re.findall(r"[a-z]+://[^\s\"'`)>]+", path.read_text("utf-8")):
            host = urlsplit(address).hostname or ""
            assert not registries & set(host.split(".")), f"{path}: {address}"
            checked += 1
    assert checked >= len(PYTHON_PACKAGES)


def test_the_repository_says_what_it_is() -> None:
    text = (CORE / "repo.yaml").read_text("utf-8")
    assert "api: v2.2" in text
    assert "namespace: core" in text
