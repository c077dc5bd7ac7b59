"""Swapping a finished tree with the one that is seen."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

Exchange = Callable[[str, str], None]
"""Gives two paths each other's content in one step; raises ``OSError`` where that cannot be done."""

NOT_SWAPPABLE = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)
"""What is said of a tree that cannot be renamed: a mount point, or its parent may not be written to."""

_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(one: str, other: str) -> None:
    """Linux ``renameat2`` with ``RENAME_EXCHANGE``."""
    # Only when a view changes.
    import ctypes

    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), one)
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), one, None, other)


def swap_trees(staging: Path, root: Path, retired: Path, *, exchange: Exchange) -> tuple[Path, bool]:
    """Put ``staging`` in the place of ``root``: where the old tree is now, and whether nobody could see it missing.

    Where trees cannot be exchanged the old one is renamed to ``retired`` first; a process killed between the two
    renames leaves that to :func:`recover`.

    Raises:
        OSError: with one of :data:`NOT_SWAPPABLE`: ``root`` cannot be renamed at all, and is as before.
    """
    try:
        exchange(str(staging), str(root))
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        root.rename(retired)
        try:
            staging.rename(root)
        except OSError:
            retired.rename(root)
            raise
        return retired, False
    return staging, True


def recover(root: Path, retired: Path) -> None:
    """Bring back a tree that was renamed away and not replaced."""
    if retired.is_dir() and not os.path.lexists(root):
        retired.rename(root)


def swap_entries(staging: Path, root: Path, last: str, *, exchange: Exchange) -> None:
    """Put what is in ``staging``, a directory in ``root``, in the place of what is in ``root``; ``last`` goes last.

    For a root that cannot be renamed. Each entry changes in one step where the kernel can; the whole does not.
    """
    names = sorted({path.name for path in staging.iterdir()}, key=lambda name: (name == last, name))
    for name in names:
        new, old = staging / name, root / name
        if not os.path.lexists(old):
            new.rename(old)
            continue
        try:
            exchange(str(new), str(old))
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
            aside = root / f".outcrop-swap-{name}"
            old.rename(aside)
            new.rename(old)
            aside.rename(new)
    for path in list(root.iterdir()):
        if path.name not in names and path != staging:
            path.rename(staging / path.name)
