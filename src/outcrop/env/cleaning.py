"""What can be thrown away and made anew: stages, downloads, remembered answers. Looked for first, removed then.

What something works in stays. A build holds the lock of its stage from beginning to end, and whoever fetches a file
holds one of the source cache; while there is any of these, downloads stay, because a build may not have unpacked its
own yet. Remembered answers may go at any time: they are read as if they could be missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from outcrop.base.files import remove_tree
from outcrop.base.paths import Paths

Kind = Literal["stage", "downloads", "misc-cache"]

KINDS: tuple[Kind, ...] = ("stage", "downloads", "misc-cache")

_LOCKS = ".locks"
_KEPT_SOURCES = "sources"


class Litter(msgspec.Struct, frozen=True, kw_only=True):
    """One file or directory that can go. ``size`` is in bytes, as files say it; ``busy``: something works in it."""

    kind: Kind
    path: str
    size: int
    busy: bool = False


def find_litter(paths: Paths, kinds: Collection[Kind]) -> list[Litter]:
    """Everything of these kinds, sorted by kind and path."""
    found = []
    if "stage" in kinds:
        found += [
            Litter(kind="stage", path=str(path), size=_size(path), busy=_is_held(_lock_of(paths, path)))
            for path in _stages(paths)
        ]
    if "downloads" in kinds:
        busy = _is_working(paths)
        kept = [path for path in _entries(paths.sources) if path.name != "locks"]
        found += [Litter(kind="downloads", path=str(path), size=_size(path), busy=busy) for path in kept]
    if "misc-cache" in kinds:
        others = [path for path in _entries(paths.cache) if path not in (paths.sources, paths.stage)]
        found += [Litter(kind="misc-cache", path=str(path), size=_size(path)) for path in others]
    return found


def remove_litter(paths: Paths, litter: Iterable[Litter]) -> list[Litter]:
    """Remove what is not busy by now; returns what went.

    Raises:
        OSError: something cannot be removed.
    """
    gone = []
    for each in litter:
        path = Path(each.path)
        if each.kind == "stage":
            with _held(_lock_of(paths, path)) as mine:
                if mine:
                    remove_tree(path)
        else:
            mine = each.kind == "misc-cache" or not _is_working(paths)
            if mine:
                remove_tree(path)
        if mine:
            gone.append(each)
    return gone


def _stages(paths: Paths) -> Iterator[Path]:
    for path in _entries(paths.stage):
        if path.name == _KEPT_SOURCES:
            yield from _entries(path)
        elif path.name != _LOCKS:
            yield path


def _lock_of(paths: Paths, stage: Path) -> Path:
    return paths.stage / _LOCKS / stage.name


def _is_working(paths: Paths) -> bool:
    """Something is being built or fetched."""
    return any(map(_is_held, [*_entries(paths.stage / _LOCKS), *_entries(paths.sources / "locks")]))


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with _held(lock) as mine:
        return not mine


@contextlib.contextmanager
def _held(lock: Path) -> Iterator[bool]:
    """Hold a lock if nobody else does: whether it is ours."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _size(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return _length(path)
    return sum(_length(Path(directory, name)) for directory, _, names in os.walk(path) for name in names)


def _length(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
