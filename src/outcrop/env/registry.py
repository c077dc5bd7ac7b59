"""Which environments use this store: one small file each, so that nothing they need is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from outcrop.base.digests import base32_name
from outcrop.base.errors import OutcropError
from outcrop.base.files import write_if_changed
from outcrop.env.context import Context
from outcrop.env.lock import LOCK, Lock, read_lock


def _directory(context: Context) -> Path:
    return context.store.root / "environments"


def register(context: Context, environment: Path) -> None:
    """Note that ``environment`` uses the store; writes nothing if that is known."""
    path = _directory(context) / base32_name(str(environment).encode())
    write_if_changed(path, f"{environment}\n".encode())


def registered(context: Context) -> Iterator[tuple[Path, Lock]]:
    """Environments that still exist, with their locks; entries of others are removed on the way.

    Raises:
        InputError: a lock cannot be read: better to stop than to take away what it may need.
    """
    root = _directory(context)
    for entry in sorted(root.iterdir()) if root.is_dir() else []:
        directory = Path(entry.read_text(encoding="utf-8").rstrip("\n"))
        lock = read_lock(directory / LOCK)
        if lock is None:
            try:
                entry.unlink()
            except OSError as error:
                raise OutcropError(f"{entry} cannot be removed: {error.strerror}") from error
            continue
        yield directory, lock


def environments_needing(context: Context, key: str) -> list[Path]:
    """Directories of the environments whose run-time closure holds ``key``; what is not kept for its own sake begins
    none."""
    found = []
    for directory, lock in registered(context):
        graph = lock.graph()
        if key in graph and key in graph.closure(lock.explicit_hashes(), ("link", "run")):
            found.append(directory)
    return found


def registered_keys(context: Context) -> set[str]:
    """Roots of all registered environments that are kept for their own sake."""
    return {key for _, lock in registered(context) for key in lock.explicit_hashes()}
