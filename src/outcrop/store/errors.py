"""Errors of the store, and the translation of what the operating system says when it cannot be written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outcrop.base.errors import RequestError

_OWNER = "you may read this store but not write to it: ask its owner, or set OUTCROP_ROOT to a directory of your own"
_HINTS = {
    errno.EROFS: "the file system is mounted read-only: set OUTCROP_ROOT to a directory you can write to",
    errno.EACCES: _OWNER,
    errno.EPERM: _OWNER,
    errno.ENOSPC: "the disk is full: free some space and run the same command again",
    errno.EDQUOT: "your quota is used up: free some space and run the same command again",
}


class StoreError(RequestError):
    """The store cannot do what was asked; ``path`` says where."""

    code = "store"

    def __init__(
        self, message: str, *, path: Path | None = None, hint: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.path = path


@contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Turn an operating-system error of the block into a :class:`StoreError` that names ``path`` and says what to do.

    ``what`` completes "cannot ...": ``update the index``.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise StoreError(
            f"cannot {what}: {where}: {error.strerror or error}",
            path=Path(where) if isinstance(where, str | Path) else path,
            hint=_HINTS.get(error.errno or 0),
            code="store-not-writable" if error.errno in _HINTS else "store",
        ) from error
