"""Drafts of recipes from projects and archives, and where recipes may be written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from outcrop.base.errors import RequestError, UsageError
from outcrop.env.authoring import (
    Author,
    Wish,
    check_editable,
    check_name,
    name_in_url,
    writable_repository,
    write_recipe,
)
from outcrop.env.recipe_text import Draft, build_system_import, render_recipe
from outcrop.env.requirements import DependencyLine
from outcrop.repo import CORE_ROOT, Repositories
from outcrop.repo.layout import load_repository
from support.commands import Place
from support.recipes import RecipeRepository, archive

PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "Foo.Bar"
description = 'Says "hello"'
license = "MIT"
requires-python = ">=3.9"
dependencies = ["click>=8,<9", "tomli; python_version<'3.11'", "colorama; sys_platform=='win32'", "nobody-has-this"]
urls = {Homepage = "https://example.org/foo"}
"""


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole package index."""
    directory = tmp_path / "links"
    directory.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


@pytest.fixture
def trial(tmp_path: Path) -> RecipeRepository:
    return RecipeRepository(tmp_path / "repos")


@pytest.fixture
def place(tmp_path: Path, trial: RecipeRepository) -> Place:
    return Place(tmp_path / "root", tmp_path, (trial.root,))


def sdist(links: Path, version: str, name: str = "foo_bar") -> str:
    data = archive({"pyproject.toml": PYPROJECT, "foo.py": version}, f"{name}-{version}")
    (links / f"{name}-{version}.tar.gz").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def test_a_recipe_of_a_project(place: Place, links: Path, trial: RecipeRepository) -> None:
    sdist(links, "1.0")
    newest = sdist(links, "1.2")
    sdist(links, "2.0rc1")
    draft = Author(place.context()).draft("foo.bar", Wish())
    assert (draft.name, draft.build_system, draft.pypi) == ("py-foo-bar", "python", "foo-bar/foo_bar-1.2.tar.gz")
    assert draft.versions == (("1.2", newest),)
    assert draft.wanted == ("py-nobody-has-this",)
    repositories = place.context().repositories
    text = render_recipe(draft, build_system_import(repositories, load_repository(trial.root), "python"))
    assert (
        text
        == f'''from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyFooBar(PythonPackage):
    """Says "hello"."""

    homepage = "https://example.org/foo"
    pypi = "foo-bar/foo_bar-1.2.tar.gz"

    license("MIT")

    version("1.2", sha256="{newest}")

    depends_on("python@3.9:", type=("build", "run"))
    depends_on("py-setuptools@61:", type="build")
    depends_on("py-click@8", type=("build", "run"))
    depends_on("py-tomli", type=("build", "run"), when="^python@:3.10")
    depends_on("py-nobody-has-this", type=("build", "run"))
'''
    )
    write_recipe(load_repository(trial.root), draft.name, text)
    model = place.context().repositories.model("py-foo-bar")
    assert [each.version for each in model.versions] == ["1.2"]


def test_what_may_be_wished_for(place: Place, links: Path) -> None:
    checksums = {version: sdist(links, version) for version in ("1.0", "1.1", "1.2", "2.0rc1")}
    author = Author(place.context())
    assert author.draft("foo-bar", Wish(version="1.0", name="bar")).versions == (("1.0", checksums["1.0"]),)
    two = author.draft("foo-bar", Wish(count=2))
    assert [version for version, _ in two.versions] == ["1.2", "1.1"]
    assert [each for each, _ in author.draft("foo-bar", Wish(version="2.0rc1", count=2)).versions] == ["2.0rc1", "1.2"]
    plain = author.draft("foo-bar", Wish(build_system="generic"))
    assert plain.build_system == "generic" and not plain.dependencies


def test_what_is_not_there(place: Place, links: Path, tmp_path: Path) -> None:
    author = Author(place.context())
    with pytest.raises(RequestError, match="no source distribution of foo-bar"):
        author.draft("foo-bar", Wish())
    sdist(links, "1.0")
    with pytest.raises(RequestError, match=r"9\.9 of foo-bar") as caught:
        author.draft("foo-bar", Wish(version="9.9"))
    assert "1.0" in (caught.value.hint or "")
    with pytest.raises(RequestError, match="there is no file"):
        author.draft("./gone.tar.gz", Wish())
    with pytest.raises(UsageError, match="names no version"):
        author.draft("https://example.org/foo.tar.gz", Wish())


def test_the_name_is_checked_before_anything_is_fetched(place: Place, links: Path) -> None:
    sdist(links, "1.0")

    def refuse(name: str) -> None:
        raise RequestError(f"no {name}")

    with pytest.raises(RequestError, match="no py-foo-bar"):
        Author(place.context()).draft("foo-bar", Wish(), check=refuse)
    assert not (place.root / "cache/sources").exists()


def local(tmp_path: Path, name: str, files: dict[str, str]) -> Path:
    path = tmp_path / f"{name}.tar.gz"
    path.write_bytes(archive(files, name))
    return path


def test_a_recipe_of_an_archive(place: Place, tmp_path: Path) -> None:
    path = local(tmp_path, "Some_Thing-1.2", {"CMakeLists.txt": "", "a.cpp": "", "b.c": ""})
    local(tmp_path, "Some_Thing-1.1", {"CMakeLists.txt": ""})
    draft = Author(place.context()).draft(path.name, Wish(count=3))
    assert (draft.name, draft.build_system, draft.url) == ("some-thing", "cmake", path.as_uri())
    assert [version for version, _ in draft.versions] == ["1.2", "1.1"]
    assert [line.spec for line in draft.dependencies] == ["c", "cxx"]
    assert list((place.root / "stage").iterdir()) == []


def test_a_python_archive_is_called_as_its_project(place: Place, tmp_path: Path) -> None:
    path = local(tmp_path, "whatever-1.0", {"pyproject.toml": PYPROJECT})
    draft = Author(place.context()).draft(path.as_uri(), Wish())
    assert draft.name == "py-foo-bar" and draft.url == path.as_uri() and not draft.pypi


def test_autotools_without_configure_need_the_tools(place: Place, tmp_path: Path) -> None:
    path = local(tmp_path, "foo-1.0", {"configure.ac": "", "a.c": ""})
    draft = Author(place.context()).draft(str(path), Wish())
    assert [line.spec for line in draft.dependencies] == ["c", "autoconf", "automake", "libtool", "m4"]


@pytest.mark.parametrize(
    ("url", "version", "expected"),
    [
        ("https://example.org/libFoo-1.2.tar.gz", "1.2", "libfoo"),
        ("https://example.org/foo_bar-v1.2-src.tar.gz", "1.2", "foo-bar"),
        ("https://github.com/owner/The.Repo/archive/v1.2.tar.gz", "1.2", "the-repo"),
        ("https://github.com/owner/repo/archive/refs/tags/1.2.tar.gz", "1.2", "repo"),
        ("https://gitlab.com/owner/repo/-/archive/v1.2/repo-v1.2.tar.gz", "1.2", "repo"),
        ("https://github.com/owner/repo/releases/download/v1.2/tool-1.2.tar.xz", "1.2", "tool"),
    ],
)
def test_names_in_addresses(url: str, version: str, expected: str) -> None:
    assert name_in_url(url, version) == expected


@pytest.mark.parametrize("build_system", ["cmake", "autotools", "meson", "makefile", "generic"])
def test_every_template_is_a_recipe_that_loads(build_system: str, place: Place, trial: RecipeRepository) -> None:
    base = {"cmake": "CMake", "autotools": "Autotools", "meson": "Meson", "makefile": "Makefile"}.get(build_system)
    if base:
        directory = trial.root / "build_systems"
        directory.mkdir()
        text = f"from spack.package import *\n\n\nclass {base}Package(PackageBase):\n    pass\n"
        (directory / f"{build_system}.py").write_text(text)
    repository = load_repository(trial.root)
    line = build_system_import(place.context().repositories, repository, build_system)
    assert line == (f"from spack_repo.trial.build_systems.{build_system} import {base}Package" if base else "")
    draft = Draft(
        name="7zip-thing",
        build_system=build_system,
        description='A "quoted" thing with \\ in it, ' + "and many words " * 12,
        url="https://example.org/a-1.0.tar.gz",
        versions=(("1.0", "0" * 64),),
        dependencies=(DependencyLine("c", ("build",)), DependencyLine("x@1", ("run",), note="why", commented=True)),
        notes=("think",),
    )
    text = render_recipe(draft, line)
    assert max(map(len, text.splitlines())) <= 100
    write_recipe(repository, draft.name, text)
    model = place.context().repositories.model("7zip-thing")
    assert model.class_name == "_7zipThing" and [each.spec.name for each in model.dependencies] == ["c"]
    assert "\\ in it" in model.description


def test_a_build_system_that_nobody_has_is_spelled_out(place: Place, trial: RecipeRepository) -> None:
    repository = load_repository(trial.root)
    assert build_system_import(place.context().repositories, repository, "meson") is None
    text = render_recipe(Draft(name="a", build_system="meson", url="u"), None)
    assert "class A(Package):" in text and "build it with meson" in text
    write_recipe(repository, "a", text)
    place.context().repositories.model("a")


def test_an_old_repository_gets_its_own_kind_of_recipe(tmp_path: Path) -> None:
    root = tmp_path / "old"
    root.mkdir()
    (root / "repo.yaml").write_text("repo:\n  namespace: old\n")
    repository = load_repository(root)
    with Repositories([root, CORE_ROOT], tmp_path / "cache") as repositories:
        assert build_system_import(repositories, repository, "python") == ""
    assert write_recipe(repository, "py-foo", "x") == root / "packages/py-foo/package.py"


def test_where_recipes_are_written(place: Place, trial: RecipeRepository, tmp_path: Path) -> None:
    context = place.context()
    assert writable_repository(context, None).namespace == "trial"
    for wanted in ("trial", "r0", str(trial.root), "repos/spack_repo/trial"):
        assert writable_repository(context, wanted).root == trial.root
    with pytest.raises(RequestError, match="comes with Outcrop"):
        writable_repository(context, "core")
    with pytest.raises(RequestError, match="no repository trail") as caught:
        writable_repository(Place(tmp_path / "other", tmp_path, (trial.root,)).context(), "trail")
    assert "repo list" in (caught.value.hint or "")
    with pytest.raises(RequestError, match="no configured repository can be written to") as caught:
        writable_repository(Place(tmp_path / "bare", tmp_path).context(), None)
    assert "repo add" in (caught.value.hint or "")


def test_nothing_is_overwritten(trial: RecipeRepository) -> None:
    repository = load_repository(trial.root)
    path = write_recipe(repository, "foo", "first")
    with pytest.raises(RequestError, match=r"trial\.foo already"):
        write_recipe(repository, "foo", "second")
    assert path.read_text() == "first"


@pytest.mark.parametrize("name", ["Foo", "foo_bar", "foo--bar", "-foo", "foo.bar", "", "a/b"])
def test_names_no_package_can_have(trial: RecipeRepository, name: str) -> None:
    with pytest.raises(UsageError, match="no possible name"):
        check_name(load_repository(trial.root), name)


def test_our_own_recipes_are_not_edited(trial: RecipeRepository) -> None:
    check_editable(trial.recipe("foo", ""))
    with pytest.raises(RequestError, match="comes with Outcrop"):
        check_editable(CORE_ROOT / "packages/py_pip/package.py")


def test_pages_of_an_index_are_no_homepage(
    place: Place, links: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example.net/simple/")
    pyproject = PYPROJECT.replace("https://example.org/foo", "https://index.example.net/project/foo")
    path = local(tmp_path, "foo-1.0", {"pyproject.toml": pyproject})
    assert Author(place.context()).draft(str(path), Wish()).homepage == ""


def test_addresses_of_an_index_become_project_and_file(place: Place, links: Path) -> None:
    sdist(links, "1.0")
    sdist(links, "1.1")
    url = "https://files.example.net/packages/source/f/foo-bar/foo_bar-1.0.tar.gz"
    draft = Author(place.context()).draft(url, Wish())
    assert (draft.pypi, draft.url) == ("foo-bar/foo_bar-1.0.tar.gz", "")
