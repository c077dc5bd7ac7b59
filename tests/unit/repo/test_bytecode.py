"""Byte code in the cache: used while the source is the same, never trusted further."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.repo.bytecode import ByteCode
from outcrop.repo.cache import ModelCache
from outcrop.repo.files import Files
from outcrop.repo.layout import Repository
from support.recipe_world import RepositoryDirectory, World


@pytest.fixture
def directory(world: World) -> RepositoryDirectory:
    made = world.repository()
    made.recipe("x", 'colour = "red"')
    return made


def open_code(world: World, directory: RepositoryDirectory) -> tuple[ByteCode, Repository]:
    repository = directory.load()
    return ByteCode(ModelCache(world.cache, [repository], Files([repository]))), repository


def compile_it(world: World, directory: RepositoryDirectory) -> bool:
    """Compile the recipe and keep it; tells whether it was kept before."""
    code, repository = open_code(world, directory)
    file = repository.recipe_path("x")
    found = code.compile(repository, file)
    assert found.co_filename == file
    made = code.take()
    code.keep(made)
    assert code.take() == {}
    return not made


def test_a_module_is_compiled_once(world: World, directory: RepositoryDirectory) -> None:
    assert [compile_it(world, directory) for _ in range(3)] == [False, True, True]
    assert not list(directory.root.rglob("*.pyc"))


def test_another_content_is_compiled_anew(world: World, directory: RepositoryDirectory) -> None:
    compile_it(world, directory)
    directory.recipe("x", 'colour = "blue"')
    code, repository = open_code(world, directory)
    found = code.compile(repository, repository.recipe_path("x"))
    assert "blue" in str([getattr(item, "co_consts", "") for item in found.co_consts])
    assert code.take()


def test_the_same_repository_elsewhere_has_code_of_its_own(world: World, directory: RepositoryDirectory) -> None:
    compile_it(world, directory)
    other = world.repository(place="second")
    other.recipe("x", 'colour = "red"')
    assert not compile_it(world, other)


def test_damage_is_as_good_as_absence(world: World, directory: RepositoryDirectory) -> None:
    compile_it(world, directory)
    (file,) = (path for path in world.cache.rglob("*") if path.is_file())
    good = file.read_bytes()
    for data in (b"", good[:-1], good[:-20] + bytes(20), good[:-1] + bytes([good[-1] ^ 1])):
        file.write_bytes(data)
        assert not compile_it(world, directory)
        assert compile_it(world, directory)


def test_an_unwritable_cache_costs_time_only(world: World, directory: RepositoryDirectory) -> None:
    world.cache.write_text("a file where the directory should be")
    assert [compile_it(world, directory) for _ in range(2)] == [False, False]


def test_code_of_packages_that_are_gone_goes(world: World, directory: RepositoryDirectory) -> None:
    compile_it(world, directory)
    repository = directory.load()
    ModelCache(world.cache, [repository], Files([repository])).write(repository, {}, ["x"])
    assert not compile_it(world, directory)


def test_a_syntax_error_is_told_anew(world: World, directory: RepositoryDirectory) -> None:
    Path(directory.root / "packages/x/package.py").write_text("class X(\n")
    for _ in range(2):
        with pytest.raises(SyntaxError):
            compile_it(world, directory)


def test_extraction_leaves_code_that_loading_uses(world: World, directory: RepositoryDirectory) -> None:
    with world.open(directory) as found:
        found.model("x")
        files = {path: path.stat().st_mtime_ns for path in world.cache.glob("code-*/**/*") if path.is_file()}
        assert files
        assert found.load_class("first", "x").__dict__["colour"] == "red"
        assert files == {path: path.stat().st_mtime_ns for path in files}
