"""Models on disk: when they are taken, and when they are made anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

import outcrop
from outcrop.repo.cache import Failure, ModelCache, program_files
from outcrop.repo.errors import RecipeError
from outcrop.repo.files import Files, look_at
from outcrop.repo.layout import Repository
from outcrop.repo.model import PackageModel
from support.recipe_world import RepositoryDirectory, World


def open_cache(world: World, *directories: RepositoryDirectory) -> tuple[ModelCache, list[Repository]]:
    repositories = [directory.load() for directory in directories]
    return ModelCache(world.cache, repositories, Files(repositories)), repositories


def model(name: str = "x", description: str = "") -> PackageModel:
    return PackageModel(
        name=name,
        namespace="first",
        class_name="X",
        file="first/packages/x/package.py",
        line=1,
        description=description,
    )


FILES = ("first/packages/x/package.py", "first/build_systems/y.py")


@pytest.fixture
def directory(world: World) -> RepositoryDirectory:
    made = world.repository()
    made.recipe("x")
    made.file("build_systems/y.py", "A = 1\n")
    return made


def keep(world: World, directory: RepositoryDirectory) -> None:
    cache, (repository,) = open_cache(world, directory)
    cache.write(repository, {"x": msgspec.msgpack.encode(cache.make(FILES, model()))})


def kept(world: World, directory: RepositoryDirectory) -> bool:
    cache, (repository,) = open_cache(world, directory)
    entry = cache.entry(repository, "x")
    return entry is not None and cache.model(entry) == model()


def test_a_model_is_kept(world: World, directory: RepositoryDirectory) -> None:
    assert not kept(world, directory)
    keep(world, directory)
    assert kept(world, directory)


@pytest.mark.parametrize("file", ["packages/x/package.py", "build_systems/y.py"])
def test_a_change_of_any_file_counts(world: World, directory: RepositoryDirectory, file: str) -> None:
    keep(world, directory)
    path = directory.root / file
    before = path.read_text()
    path.write_text(before + "# more\n")
    assert not kept(world, directory)
    path.write_text(before)
    assert kept(world, directory)


def test_a_new_look_of_the_same_bytes_does_not(world: World, directory: RepositoryDirectory) -> None:
    keep(world, directory)
    path = directory.root / "packages/x/package.py"
    copy = path.with_suffix(".new")
    shutil.copyfile(path, copy)
    os.utime(copy, ns=(1, 1))
    copy.replace(path)
    assert kept(world, directory)


def test_a_file_that_is_gone_counts(world: World, directory: RepositoryDirectory) -> None:
    keep(world, directory)
    (directory.root / "build_systems/y.py").unlink()
    assert not kept(world, directory)


def test_the_same_repository_elsewhere_has_models_of_its_own(world: World, directory: RepositoryDirectory) -> None:
    keep(world, directory)
    other = world.repository(place="second")
    shutil.copytree(directory.root, other.root, dirs_exist_ok=True)
    assert not kept(world, other)


def test_damage_is_as_good_as_absence(world: World, directory: RepositoryDirectory) -> None:
    keep(world, directory)
    (file,) = world.cache.rglob("models/*")
    for data in (b"", b"\xff\xff", file.read_bytes()[:-3], bytes(len(file.read_bytes()))):
        file.write_bytes(data)
        assert not kept(world, directory)


def test_a_damaged_model_within_a_good_entry(world: World, directory: RepositoryDirectory) -> None:
    cache, _ = open_cache(world, directory)
    entry = msgspec.structs.replace(cache.make(FILES, model()), model=msgspec.Raw(msgspec.msgpack.encode({"name": 1})))
    with pytest.raises(msgspec.MsgspecError):
        cache.model(entry)


def test_a_failure_is_kept_until_the_repositories_change(world: World, directory: RepositoryDirectory) -> None:
    failure = Failure.of(RecipeError("broken", hint="mend it", details=("a",)))
    cache, (repository,) = open_cache(world, directory)
    cache.write(repository, {"x": msgspec.msgpack.encode(cache.make(FILES, None, failure))})
    again, (repository,) = open_cache(world, directory)
    entry = again.entry(repository, "x")
    assert entry is not None
    with pytest.raises(RecipeError, match="broken") as caught:
        again.model(entry)
    assert (caught.value.hint, caught.value.details) == ("mend it", ("a",))
    other = world.repository("other", place="more")
    more, repositories = open_cache(world, directory, other)
    assert more.entry(repositories[0], "x") is None


def test_the_content_is_named_by_bytes_not_by_looks(world: World, directory: RepositoryDirectory) -> None:
    first = open_cache(world, directory)[0].make(FILES, model()).content
    os.utime(directory.root / "build_systems/y.py", ns=(1, 1))
    assert open_cache(world, directory)[0].make(FILES, model()).content == first
    directory.file("build_systems/y.py", "A = 2\n")
    assert open_cache(world, directory)[0].make(FILES, model()).content != first


def test_writers_do_not_disturb_each_other(world: World, directory: RepositoryDirectory) -> None:
    cache, (repository,) = open_cache(world, directory)
    entries = [cache.make(FILES, model(description="long " * size)) for size in (1, 4000)]
    good = {bytes(entry.model) for entry in entries}
    done = threading.Event()
    seen: list[bytes] = []

    def read() -> None:
        while not done.is_set():
            entry = cache.entry(repository, "x")
            seen.append(bytes(entry.model) if entry is not None else b"damaged")

    cache.write(repository, {"x": msgspec.msgpack.encode(entries[0])})
    # Processes, not threads, write at the same time in life; the name of the temporary file tells them apart.
    script = (
        "import sys; from pathlib import Path; from outcrop.repo.cache import *\n"
        "from outcrop.repo.files import *; from outcrop.repo.layout import *\n"
        "from outcrop.repo.model import PackageModel; import msgspec\n"
        "repository = load_repository(Path(sys.argv[1]))\n"
        "cache = ModelCache(Path(sys.argv[2]), [repository], Files([repository]))\n"
        "model = msgspec.msgpack.decode(bytes.fromhex(sys.argv[3]), type=PackageModel)\n"
        f"for _ in range(100): cache.write(repository, {{'x': msgspec.msgpack.encode(cache.make({FILES!r}, model))}})\n"
    )
    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(directory.root), str(world.cache), bytes(entry.model).hex()]
        )
        for entry in entries
    ]
    status = [writer.wait() for writer in writers]
    done.set()
    reader.join()
    assert status == [0, 0]
    assert set(seen) <= good


def test_growth_is_bounded(world: World, directory: RepositoryDirectory) -> None:
    keep(world, directory)
    cache, repositories = open_cache(world, directory)
    for age in range(1, 5):
        old = world.cache / f"generation{age}"
        (old / "first").mkdir(parents=True)
        os.utime(old, (1000 - age, 1000 - age))
    gone = cache.generation / "gone-abc"
    gone.mkdir()
    os.utime(gone, (1000, 1000))
    fresh = cache.generation / "fresh-abc"
    fresh.mkdir()
    cache.prune(repositories)
    assert {path.name for path in world.cache.iterdir()} == {cache.generation.name, "generation1"}
    assert not gone.exists()
    assert fresh.exists()
    assert kept(world, directory)


def test_an_unwritable_cache_is_no_error(world: World, directory: RepositoryDirectory) -> None:
    world.cache.write_text("a file where the directory should be")
    keep(world, directory)
    assert not kept(world, directory)


def test_files_are_looked_at_once(world: World, directory: RepositoryDirectory) -> None:
    files = Files([directory.load()])
    before = files.look(FILES[0])
    assert before is not None
    Path(directory.root / "packages/x/package.py").write_text("")
    assert files.look(FILES[0]) == before
    files.forget()
    assert files.look(FILES[0]) == look_at(str(directory.root / "packages/x/package.py")) != before
    assert files.look("elsewhere/packages/x/package.py") is None


def test_every_module_that_makes_models_counts_as_the_program() -> None:
    home = Path(outcrop.__file__).parent
    rooms = [home / room for room in ("base", "spec", "package", "repo")]
    assert sorted(program_files()) == sorted(str(file) for room in rooms for file in room.rglob("*.py"))
    assert str(home / "package/classes/base.py") in set(program_files())
