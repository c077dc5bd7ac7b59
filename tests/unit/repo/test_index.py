"""The index of a repository: complete, and refreshed for what changed only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence

import pytest

from outcrop.repo.cache import ModelCache
from outcrop.repo.files import Files, look_at
from outcrop.repo.index import Facts, Index, IndexFile
from outcrop.repo.workers import extract_all
from support.recipe_world import RepositoryDirectory, World


class Keeper:
    """Refreshes the index of one repository as a new process would, and notes what had to be extracted."""

    def __init__(self, world: World, directory: RepositoryDirectory) -> None:
        self.world = world
        self.directory = directory
        self.extracted: list[str] = []

    def refresh(self) -> Index:
        repository = self.directory.load()
        files = Files([repository])
        cache = ModelCache(self.world.cache, [repository], files)
        self.extracted = []

        def extract(names: Sequence[str]) -> Iterator[Facts]:
            self.extracted = list(names)
            return extract_all([repository], repository, names, cache, self.world.listener)

        self.file = IndexFile(repository, cache, files)
        return self.file.refresh(extract)


@pytest.fixture
def directory(world: World) -> RepositoryDirectory:
    made = world.repository()
    made.file("build_systems/simple.py", "COLOUR = 'red'\n")
    made.recipe("a", 'provides("thing@1")\ntags = [COLOUR]', head="from ...build_systems.simple import COLOUR")
    made.recipe("b", 'depends_on("a")', head="from ...build_systems.simple import COLOUR")
    made.recipe("c", "virtual = True")
    made.recipe("d", base="B", head="from ..b.package import B")
    return made


def test_what_an_index_has(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    index = keeper.refresh()
    assert list(index.names) == ["a", "b", "c", "d"]
    assert list(index.provides) == ["a"]
    assert index.tags == {"a": ("red",)}
    assert index.virtuals == {"c"}
    assert index.failures == {}
    assert keeper.file.summaries()["b"].dependencies == ("a",)
    assert keeper.extracted == ["a", "b", "c", "d"]


def test_nothing_is_done_when_nothing_changed(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    first = keeper.refresh()
    files = {path: path.stat().st_mtime_ns for path in world.cache.rglob("*")}
    assert keeper.refresh() == first
    assert keeper.extracted == []
    assert {path: path.stat().st_mtime_ns for path in world.cache.rglob("*")} == files


@pytest.mark.parametrize(
    ("change", "extracted"),
    [
        (lambda made: made.recipe("c", "virtual = False"), ["c"]),
        (lambda made: made.file("build_systems/simple.py", "COLOUR = 'blue'\n"), ["a", "b", "d"]),
        (lambda made: made.recipe("b", 'depends_on("c")'), ["b", "d"]),
        (lambda made: made.recipe("e"), ["e"]),
        (lambda made: (made.root / "packages/b/package.py").unlink(), ["d"]),
        (lambda made: os.utime(made.root / "packages/b/package.py", ns=(5, 5)), []),
        (lambda made: os.utime(made.root / "build_systems/simple.py", ns=(5, 5)), []),
    ],
)
def test_only_what_changed_is_extracted(
    world: World, directory: RepositoryDirectory, change: object, extracted: list[str]
) -> None:
    keeper = Keeper(world, directory)
    keeper.refresh()
    assert callable(change)
    change(directory)
    index = keeper.refresh()
    assert keeper.extracted == extracted
    assert keeper.refresh() == index
    assert keeper.extracted == []


def test_a_refreshed_index_is_what_a_new_one_would_be(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    keeper.refresh()
    directory.file("build_systems/simple.py", "COLOUR = 'blue'\n")
    directory.recipe("b", 'provides("other")')
    directory.recipe("c", "virtual = False")
    (directory.root / "packages/d/package.py").unlink()
    index = keeper.refresh()
    for path in world.cache.rglob("*"):
        if path.is_file():
            path.unlink()
    anew = keeper.refresh()
    # Only the order in which shared modules are numbered may differ.
    for part in ("provides", "tags", "virtuals", "failures"):
        assert getattr(anew, part) == getattr(index, part)
    assert list(anew.names) == list(index.names)


def test_a_lost_index_is_made_from_the_models(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    first = keeper.refresh()
    for name in ("index", "summaries"):
        (found,) = world.cache.rglob(name)
        found.write_bytes(b"\xff")
    assert keeper.refresh().provides == first.provides
    assert keeper.extracted == []
    assert keeper.file.summaries()["b"].dependencies == ("a",)


def test_models_of_packages_that_are_gone_are_removed(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    keeper.refresh()
    assert len(list(world.cache.rglob("models/*"))) == 4  # one name in each file
    (directory.root / "packages/c/package.py").unlink()
    assert "c" not in keeper.refresh().names
    assert len(list(world.cache.rglob("models/*"))) == 3
    assert "c" not in keeper.file.summaries()


def test_a_broken_recipe_is_remembered_until_it_is_mended(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    directory.recipe("a", "undefined")
    index = keeper.refresh()
    assert list(index.failures) == ["a"]
    assert "NameError" in index.failures["a"].message
    assert list(index.names) == ["a", "b", "c", "d"]
    keeper.refresh()
    assert keeper.extracted == []
    directory.recipe("a", 'provides("thing@2")')
    index = keeper.refresh()
    assert keeper.extracted == ["a"]
    assert index.failures == {}
    assert str(index.provides["a"][0].virtuals[0]) == "thing@2"


def test_a_recipe_that_was_broken_by_another_is_tried_again_with_it(
    world: World, directory: RepositoryDirectory
) -> None:
    keeper = Keeper(world, directory)
    directory.recipe("b", "undefined")
    assert list(keeper.refresh().failures) == ["b", "d"]
    directory.recipe("b")
    assert keeper.refresh().failures == {}
    assert keeper.extracted == ["b", "d"]


def test_no_packages_directory(world: World) -> None:
    made = world.repository("empty")
    assert list(Keeper(world, made).refresh().names) == []


def test_a_directory_that_gets_its_recipe_later(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    directory.file("packages/e/notes.txt", "")
    first = keeper.refresh()
    assert "e" not in first.names
    assert keeper.refresh() == first
    assert keeper.extracted == []
    recipe = directory.recipe("e", 'provides("late")')
    assert "late" in str(keeper.refresh().provides["e"])
    assert keeper.extracted == ["e"]
    recipe.unlink()
    assert "e" not in keeper.refresh().names
    assert "e" not in keeper.file.looks


def test_how_files_look_is_right_whatever_is_kept(world: World, directory: RepositoryDirectory) -> None:
    keeper = Keeper(world, directory)
    keeper.refresh()
    directory.recipe("e")
    (directory.root / "packages/b/package.py").unlink()
    os.utime(directory.root / "packages/c/package.py", ns=(5, 5))
    keeper.refresh()
    for path in world.cache.rglob("index"):
        path.unlink()
    for _ in range(2):
        keeper.refresh()
        assert list(keeper.file.looks) == ["a", "c", "d", "e"]
        assert keeper.file.looks["c"][0] == 5


def test_the_rows_of_an_index(world: World, directory: RepositoryDirectory) -> None:
    directory.recipe("7zip")
    index = Keeper(world, directory).refresh()
    rows = index.own()
    assert list(rows) == list(index.names) == ["7zip", "a", "b", "c", "d"]
    assert rows["7zip"].directory == "_7zip"
    recipe = directory.root / "packages" / "d" / "package.py"
    assert rows["d"].look == look_at(str(recipe))
    assert rows["d"].digest == hashlib.sha256(recipe.read_bytes()).digest()[:16]
    modules = {index.shared[number].name for number in index.groups[rows["d"].shared]}
    assert "first/packages/b/package.py" in modules


def test_a_repository_that_changes_its_layout(world: World, directory: RepositoryDirectory) -> None:
    directory.recipe("7zip")
    keeper = Keeper(world, directory)
    assert "7zip" in keeper.refresh().names
    directory.file("repo.yaml", "repo:\n  namespace: first\n  api: v1.0\n")
    for _ in range(2):
        index = keeper.refresh()
        assert "_7zip" in index.names
        assert "7zip" not in index.names
