"""Answers of slow questions to the machine, remembered while the files they rest on stay as they were.

One small file per answer, replaced by rename: readers take no lock, the last writer wins, and losing the directory
costs time only. Answers are forgotten after a while: for many, nobody will ever ask again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from outcrop.base.digests import base32_name
from outcrop.base.files import write_atomic

_SCHEMA = 1

_DAY = 86400.0
_KEPT_DAYS = 90
_PRUNED = ".pruned"

T = TypeVar("T")


class Witness(msgspec.Struct, frozen=True, array_like=True):
    """How a file looked: modification time in ns, size and inode of what the path leads to; -1 when it led nowhere."""

    path: str
    modified: int = -1
    size: int = -1
    inode: int = -1


class _Record(msgspec.Struct, frozen=True, array_like=True):
    schema: int
    key: str
    witnesses: tuple[Witness, ...]
    answer: msgspec.Raw


def witness(path: str) -> Witness:
    """Look at a file now, links followed."""
    try:
        state = os.stat(path)  # noqa: PTH116  (one call a witness, on the way of every warm start)
    except OSError:
        return Witness(path)
    return Witness(path, state.st_mtime_ns, state.st_size, state.st_ino)


def recall(directory: Path | None, key: str, kind: type[T]) -> T | None:
    """The remembered answer to ``key``; None when there is none, a witness changed, or it is no ``kind``."""
    if directory is None:
        return None
    try:
        record = msgspec.json.decode(_file(directory, key).read_bytes(), type=_Record)
        if record.schema != _SCHEMA or record.key != key:
            return None
        if any(witness(seen.path) != seen for seen in record.witnesses):
            return None
        return msgspec.json.decode(record.answer, type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def remember(directory: Path | None, key: str, answer: object, witnesses: Iterable[str | Witness]) -> None:
    """Keep ``answer`` (anything msgspec writes) for as long as the files ``witnesses`` stay as they are now.

    A missing file is a witness too: the answer is forgotten when it appears. A witness that was looked at before the
    answer was found is given as it looked then. A cache that cannot be written is no error.
    """
    if directory is None:
        return
    seen = tuple(each if isinstance(each, Witness) else witness(each) for each in dict.fromkeys(witnesses))
    record = _Record(_SCHEMA, key, seen, msgspec.Raw(msgspec.json.encode(answer)))
    with contextlib.suppress(OSError):
        write_atomic(_file(directory, key), msgspec.json.encode(record))
        _forget_old(directory)


def _forget_old(directory: Path) -> None:
    """Remove what has not been written for ``_KEPT_DAYS``, once a day at most: nobody asks any more, or the answer is
    found again. Nothing is looked up in the mean time, so that reading stays one look at one file.
    """
    now = time.time()
    mark = directory / _PRUNED
    with contextlib.suppress(FileNotFoundError):
        if now - mark.stat().st_mtime < _DAY:
            return
    mark.touch()
    for path in directory.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path != mark and path.is_file() and now - path.stat().st_mtime > _KEPT_DAYS * _DAY:
                path.unlink()


def _file(directory: Path, key: str) -> Path:
    return directory / f"{base32_name(key.encode())}.json"
