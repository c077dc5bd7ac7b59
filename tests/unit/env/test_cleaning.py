"""What can be thrown away, and what stays because something works with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.base.paths import Paths
from outcrop.env.cleaning import KINDS, Kind, Places, find_litter, remove_litter
from outcrop.env.context import Context


def write(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def places(paths: Paths) -> Places:
    return Places(cache=paths.cache, stage=paths.stage, sources=paths.sources)


@pytest.fixture(params=["one root", "stage below the cache"])
def paths(request: pytest.FixtureRequest, tmp_path: Path) -> Paths:
    root = tmp_path / "root"
    stage = root / ("stage" if request.param == "one root" else "cache/stage")
    made = Paths(
        config=root / "config", store=root / "store", cache=root / "cache", stage=stage, environments=root / "e"
    )
    for name in ("app-1.0-abcdefg", "lib-2.0-abcdefg", "sources/app-1.0-hijklmn"):
        write(stage / name / "build.log", 100)
    for name in ("app-1.0-abcdefg", "lib-2.0-abcdefg"):
        write(stage / ".locks" / name, 0)
    write(made.sources / "archive/ab/abcd.tar.gz", 1000)
    write(made.sources / "locks/abcd.lock", 0)
    write(made.cache / "recipes/generation/model", 5)
    write(made.cache / "drift/answer.json", 7)
    write(made.store / "prefixes/app-1.0/.outcrop/seal")
    write(made.config / "packages.yaml")
    return made


@contextlib.contextmanager
def held(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def files(directory: Path) -> set[str]:
    """All but locks of stages, which are made where they are missing."""
    found = [path for path in directory.rglob("*") if path.is_file() and path.parent.name != ".locks"]
    return {str(path.relative_to(directory)) for path in found}


def test_each_kind_is_what_it_says_with_its_size(paths: Paths) -> None:
    found = {kind: {Path(each.path).name: each.size for each in find_litter(places(paths), [kind])} for kind in KINDS}
    assert found == {
        "stage": {"app-1.0-abcdefg": 100, "lib-2.0-abcdefg": 100, "app-1.0-hijklmn": 100},
        "downloads": {"archive": 1000},
        "misc-cache": {"recipes": 5, "drift": 7},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found_goes_and_nothing_else(paths: Paths, kind: Kind) -> None:
    root = paths.store.parent
    before = files(root)
    found = find_litter(places(paths), [kind])
    expected = {name for name in before if any((root / name).is_relative_to(each.path) for each in found)}
    assert expected and remove_litter(places(paths), found) == found
    assert files(root) == before - expected
    assert find_litter(places(paths), [kind]) == []


def test_the_stage_of_a_running_build_stays_and_so_do_downloads(paths: Paths) -> None:
    with held(paths.stage / ".locks/app-1.0-abcdefg"):
        found = find_litter(places(paths), KINDS)
        assert {Path(each.path).name for each in found if each.busy} == {"app-1.0-abcdefg", "archive"}
        gone = remove_litter(places(paths), found)
    assert {Path(each.path).name for each in gone} == {"lib-2.0-abcdefg", "app-1.0-hijklmn", "recipes", "drift"}
    assert (paths.stage / "app-1.0-abcdefg/build.log").exists()
    assert (paths.sources / "archive/ab/abcd.tar.gz").exists()


def test_downloads_stay_while_something_is_fetched(paths: Paths) -> None:
    found = find_litter(places(paths), ["downloads"])
    assert not found[0].busy
    with held(paths.sources / "locks/abcd.lock"):
        assert find_litter(places(paths), ["downloads"])[0].busy
        assert remove_litter(places(paths), found) == [], "a fetch that has begun in the mean time counts"
    assert remove_litter(places(paths), found) == found


def test_a_stage_that_nobody_may_write_to_goes(paths: Paths) -> None:
    (paths.stage / "lib-2.0-abcdefg").chmod(0o555)
    remove_litter(places(paths), find_litter(places(paths), ["stage"]))
    assert not (paths.stage / "lib-2.0-abcdefg").exists()


def test_links_are_removed_and_not_followed(paths: Paths, tmp_path: Path) -> None:
    precious = write(tmp_path / "precious/file")
    (paths.stage / "linked-1.0-abcdefg").symlink_to(precious.parent)
    remove_litter(places(paths), find_litter(places(paths), KINDS))
    assert precious.exists() and not (paths.stage / "linked-1.0-abcdefg").is_symlink()


def test_an_installation_that_was_never_used_has_nothing(tmp_path: Path) -> None:
    empty = Paths.below(tmp_path / "nowhere")
    assert find_litter(places(empty), KINDS) == []
    assert not (tmp_path / "nowhere").exists()


def test_moved_sources_and_stores_are_known(paths: Paths, tmp_path: Path) -> None:
    root = paths.store.parent
    cache = root / "cache"
    write(cache / "mine/sources/archive/ab/efgh.tar.gz", 20)
    write(cache / "mine/sources/notes.txt", 20)
    write(cache / "opt/prefixes/app-1.0/.outcrop/seal", 20)
    context = Context(
        environ={"OUTCROP_ROOT": str(root)},
        directory=tmp_path,
        settings=[f"config:source_cache:{cache}/mine/sources", f"config:install_tree:{cache}/opt"],
    )
    made = Places.of(context)
    assert [each.path for each in find_litter(made, ["downloads"])] == [f"{cache}/mine/sources/archive"]
    remove_litter(made, find_litter(made, KINDS))
    kept = {"cache/mine/sources/notes.txt", "cache/opt/prefixes/app-1.0/.outcrop/seal"}
    assert files(cache) & {"sources/archive/ab/abcd.tar.gz"} and kept <= files(root)
    assert not (cache / "mine/sources/archive").exists() and not (cache / "recipes").exists()
