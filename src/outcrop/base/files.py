"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def fsync_directory(path: Path) -> None:
    """Make a rename inside ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace ``path`` by ``data``: readers see the old content or the new one, never a part.

    Parents are made. With ``durable`` the content and the rename are on disk when this returns.
    """
    import tempfile  # 4 ms, and commands that only read write no file

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if durable:
        fsync_directory(path.parent)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Like :func:`write_atomic` unless ``path`` holds ``data`` already; says whether it wrote."""
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return False
    write_atomic(path, data)
    return True


def remove_tree(path: Path) -> None:
    """Remove a directory tree, also one whose directories are read-only; a missing one is fine.

    Links are removed, never followed.
    """
    if not path.is_symlink() and path.is_dir():
        for directory, names, _ in os.walk(path):
            os.chmod(directory, stat.S_IRWXU)
            names[:] = [name for name in names if not os.path.islink(os.path.join(directory, name))]
        import shutil  # as above, 5 ms

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
