"""Locks between processes, on files below the store's root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from outcrop.store.errors import writing


@contextmanager
def file_lock(path: Path, *, purpose: str, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock file ``path``; wait for as long as another process holds it.

    The kernel drops the lock when its holder dies, so a killed process leaves none behind.

    Args:
        path: made when missing, left in place.
        purpose: completes "cannot ..." in an error.
        waiting: called once if somebody else holds the lock.

    Raises:
        StoreError: the lock file cannot be made.

    """
    # Takes 80 ms to import and is wanted by writers only.
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    with writing(purpose, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting is not None:
                waiting()
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def try_file_lock(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` if nobody else does and it can be made; yields whether it is held."""
    # See file_lock.
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except (OSError, Timeout):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
