"""Making sure that a power cut cannot take back what a seal promises."""

from __future__ import annotations

import os
from pathlib import Path


def sync_filesystem(path: Path) -> None:
    """Write everything the kernel still holds for the file system of ``path`` to disk.

    One call for a whole prefix: syncing its files one by one costs a journal commit each.

    Raises:
        OSError: the disk refused, for instance because it is full.

    """
    # Wanted by workers only, when a build ends.
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    syncfs = getattr(library, "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
