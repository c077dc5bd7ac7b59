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
from outcrop.env.context import Context

Kind = Literal["stage", "downloads", "misc-cache"]

KINDS: tuple[Kind, ...] = ("stage", "downloads", "misc-cache")

_LOCKS = ".locks"
_KEPT_SOURCES = "sources"
_DOWNLOADS = ("archive", "git", "svn", "hg", "cvs")
_UNNAMED = ".new-"
"""What a download whose name is not known yet begins with; the source cache may hold other people's files, too."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Directories in which things can be thrown away, and others, ``kept``, that stay whatever they lie in."""

    cache: Path
    stage: Path
    sources: Path
    kept: tuple[Path, ...] = ()

    @classmethod
    def of(cls, context: Context) -> Places:
        """Those of one installation, as it is configured."""
        paths = context.paths
        kept = (context.store.root, paths.sources, paths.config, paths.environments)
        return cls(cache=paths.cache, stage=paths.stage, sources=context.sources, kept=kept)

    def is_memory(self, entry: Path) -> bool:
        """Whether an entry of the cache has remembered answers and nothing else."""
        others = [path.resolve() for path in (self.stage, self.sources, *self.kept)]
        return not any(path.is_relative_to(entry.resolve()) for path in others)


class Litter(msgspec.Struct, frozen=True, kw_only=True):
    """One file or directory that can go. ``size`` is in bytes, as files say it; ``busy``: something works in it."""

    kind: Kind
    path: str
    size: int
    busy: bool = False


def find_litter(places: Places, kinds: Collection[Kind]) -> list[Litter]:
    """Everything of these kinds, sorted by kind and path."""
    found = []
    if "stage" in kinds:
        found += [
            Litter(kind="stage", path=str(path), size=_size(path), busy=_is_held(_lock_of(places, path)))
            for path in _stages(places)
        ]
    if "downloads" in kinds:
        busy = _is_working(places)
        kept = [path for path in _entries(places.sources) if path.name in _DOWNLOADS or path.name.startswith(_UNNAMED)]
        found += [Litter(kind="downloads", path=str(path), size=_size(path), busy=busy) for path in kept]
    if "misc-cache" in kinds:
        remembered = filter(places.is_memory, _entries(places.cache))
        found += [Litter(kind="misc-cache", path=str(path), size=_size(path)) for path in remembered]
    return found


def remove_litter(places: Places, litter: Iterable[Litter]) -> list[Litter]:
    """Remove what is not busy by now; returns what went.

    Raises:
        OSError: something cannot be removed.
    """
    gone = []
    for each in litter:
        path = Path(each.path)
        if each.kind == "stage":
            with _held(_lock_of(places, path)) as mine:
                if mine:
                    remove_tree(path)
        else:
            mine = each.kind == "misc-cache" or not _is_working(places)
            if mine:
                remove_tree(path)
        if mine:
            gone.append(each)
    return gone


def _stages(places: Places) -> Iterator[Path]:
    for path in _entries(places.stage):
        if path.name == _KEPT_SOURCES:
            yield from _entries(path)
        elif path.name != _LOCKS:
            yield path


def _lock_of(places: Places, stage: Path) -> Path:
    return places.stage / _LOCKS / stage.name


def _is_working(places: Places) -> bool:
    """Something is being built or fetched."""
    return any(map(_is_held, [*_entries(places.stage / _LOCKS), *_entries(places.sources / "locks")]))


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
