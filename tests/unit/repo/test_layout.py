"""Where a repository keeps what."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.base.errors import InputError, Place
from outcrop.repo.errors import RepositoryError
from outcrop.repo.layout import (
    CORE_ROOT,
    class_name,
    directory_name,
    load_repository,
    package_name,
    repository_roots,
)
from support.recipe_world import World

NAMES = [
    ("_3dtk", "3dtk", "_3dtk"),
    ("_7zip", "7zip", "_7zip"),
    ("_global", "global", "Global"),
    ("_pass", "pass", "Pass"),
    ("py_numpy", "py-numpy", "PyNumpy"),
    ("r_bh", "r-bh", "RBh"),
    ("intel_oneapi_mkl", "intel-oneapi-mkl", "IntelOneapiMkl"),
]


@pytest.mark.parametrize(("directory", "package", "name"), NAMES)
def test_the_three_names_of_a_package(directory: str, package: str, name: str) -> None:
    assert package_name(directory) == package
    assert directory_name(package) == directory
    assert class_name(package) == name


@pytest.mark.parametrize(("package", "name"), [("none", "_None"), ("true", "_True"), ("a--b", "AB"), ("x_y", "XY")])
def test_class_names_that_python_reserves_and_runs_of_separators(package: str, name: str) -> None:
    assert class_name(package) == name


@pytest.mark.parametrize("directory", ["_numpy", "a__b", "pass", "Numpy", "py-numpy", "3dtk", "__init__", "", "_"])
def test_directories_that_no_package_can_have(directory: str) -> None:
    assert package_name(directory) is None


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,3}", fullmatch=True))
def test_directory_and_package_are_one_to_one(package: str) -> None:
    assert package_name(directory_name(package)) == package


@given(st.from_regex(r"_?[a-z0-9_]{1,12}", fullmatch=True))
def test_no_two_directories_mean_one_package(directory: str) -> None:
    package = package_name(directory)
    assert package is None or directory_name(package) == directory


def test_a_repository_describes_itself(world: World) -> None:
    repository = world.repository("a.b").load()
    assert repository.namespace == "a.b"
    assert not repository.is_v1
    assert repository.module_name("py-x") == "spack_repo.a.b.packages.py_x.package"
    assert repository.recipe_path("3x") == f"{repository.root}/packages/_3x/package.py"
    assert repository.relative(repository.recipe_path("x")) == "a/b/packages/x/package.py"
    assert repository.relative("/elsewhere/package.py") is None


def test_only_directories_with_a_recipe_and_a_legal_name_are_packages(world: World) -> None:
    directory = world.repository()
    directory.recipe("py-one")
    directory.recipe("7zip")
    directory.file("packages/empty/notes.txt", "")
    directory.file("packages/__pycache__/package.py", "")
    directory.file("packages/Upper/package.py", "")
    directory.file("packages/stray.py", "")
    repository = directory.load()
    assert [name for name in repository.candidates() if repository.exists(name)] == ["7zip", "py-one"]
    assert not repository.exists("empty")
    assert not repository.exists("py_one")
    assert not repository.exists("../packages/py-one")
    assert repository.misnamed() == ["Upper", "__pycache__"]


def test_another_subdirectory(world: World) -> None:
    directory = world.repository(settings="api: v2.0\nsubdirectory: recipes")
    directory.file("recipes/x/package.py", "")
    repository = directory.load()
    assert repository.exists("x")
    assert repository.module_name("x") == "spack_repo.first.recipes.x.package"


@pytest.mark.parametrize(
    "text",
    [
        "repo:\n  namespace: first\n  api: v2.1\n",
        "---\n# ours\nrepo: # it\n    api: 'v2.1'   # quoted\n",
        'repo:\n  api: "v2.1"\n',
        "repo: {namespace: first, api: v2.1}\n",
        "repo:\n  api: >-\n    v2.1\n",
    ],
)
def test_ways_to_write_one_file(world: World, text: str) -> None:
    directory = world.repository()
    directory.file("repo.yaml", text)
    assert directory.load().api == (2, 1)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("repo:\n  namespace: first\n  api: v9.9\n", "needs package API v9.9", 3),
        ("repo:\n  api: v2\n", "api is 'v2', not of the form", 2),
        ("repo:\n  api: 2.1\n", "api is 2.1, not of the form", 2),
        ("repo:\n  api: v2.0\n  namespace: other\n", "namespace is other, but the directory", 3),
        ("repo:\n  api: v2.0\n  subdirectory: a/b\n", "subdirectory is 'a/b', not a Python module name", 3),
        ("repo:\n  api: v2.0\n  subdirectory: ''\n", "subdirectory is '', not a Python module name", 3),
        ("repo:\n  api: v2.0\n  namespace: [x]\n", "namespace is ['x'], not a dotted name", 3),
        ("repo:\n  api: v1.0\n", "must say its namespace", None),
        ("repos:\n  api: v1.0\n", "no mapping repo:", 1),
        ("repo:\n  api: [\n", "not valid YAML", 3),
    ],
)
def test_what_can_be_wrong_with_the_file(world: World, text: str, message: str, line: int | None) -> None:
    directory = world.repository()
    file = directory.file("repo.yaml", text)
    with pytest.raises(InputError, match=r".") as caught:
        directory.load()
    assert message in caught.value.message
    assert caught.value.place is not None
    assert (str(caught.value.place.file), caught.value.place.line) == (str(file), line)


def test_a_new_repository_must_lie_below_spack_repo(tmp_path: Path) -> None:
    (tmp_path / "repo.yaml").write_text("repo:\n  namespace: x\n  api: v2.0\n")
    with pytest.raises(RepositoryError, match="below a directory named spack_repo") as caught:
        load_repository(tmp_path)
    assert caught.value.place == Place(tmp_path / "repo.yaml", 3)


def test_no_repository_at_all(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"has no repo\.yaml") as caught:
        load_repository(tmp_path / "nowhere")
    assert caught.value.hint is not None


def test_an_old_repository(world: World) -> None:
    directory = world.old_repository("lab.tools")
    directory.file("packages/3Proxy_x/package.py", "")
    repository = directory.load()
    assert repository.is_v1
    assert repository.candidates() == ["3Proxy_x"]
    assert repository.module_name("3Proxy_x") == "spack.pkg.lab.tools.num3Proxy_x"


def test_a_directory_stands_for_the_repositories_it_lists(world: World) -> None:
    first = world.repository("first", place="checkout/repos")
    second = world.repository("second", place="checkout/more")
    top = world.path / "checkout"
    with pytest.raises(RepositoryError) as caught:
        repository_roots(top)
    assert caught.value.hint == f"did you mean {second.root}?"
    (top / "spack-repo-index.yaml").write_text(
        "repo_index:\n  paths:\n  - repos/spack_repo/first\n  - more/spack_repo/second\n"
    )
    assert repository_roots(top) == [first.root, second.root]
    assert repository_roots(first.root) == [first.root]
    (top / "spack-repo-index.yaml").write_text("repo_index: {paths: here}\n")
    with pytest.raises(RepositoryError, match="not a list"):
        repository_roots(top)


def test_the_repository_of_the_program() -> None:
    assert load_repository(CORE_ROOT).namespace == "core"
