"""What the files of repositories look like and what their bytes are: each looked at and read once."""

# Texts, not Path objects: thousands of files are looked at, and this is on the way of every command.
# ruff: noqa: PTH116

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

import msgspec

from outcrop.base.digests import SHA256_OF_NOTHING
from outcrop.repo.layout import Repository

DIGEST_SIZE = 16
"""Of stamps."""

Look = tuple[int, int, int]
"""How a file looks: modification time in ns, size, inode."""


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """A repository file as it was: its name in models, how it looked, and a digest of its bytes."""

    name: str
    look: Look
    digest: bytes


class Files:
    """The files of ``repositories`` by their names in models. What was seen once is not looked at again in the life of
    this object (see :meth:`forget`).
    """

    def __init__(self, repositories: Sequence[Repository]) -> None:
        self._roots = sorted(
            ((item.label + "/", str(item.root)) for item in repositories), key=lambda pair: -len(pair[0])
        )
        self._looks: dict[str, Look | None] = {}
        self._digests: dict[str, bytes] = {}
        self._stamps: dict[str, Stamp] = {}

    def path(self, name: str) -> str | None:
        """The absolute path of a file as models name it; ``None`` if its repository is not configured."""
        for label, root in self._roots:
            if name.startswith(label):
                return f"{root}/{name[len(label) :]}"
        return None

    def look(self, name: str) -> Look | None:
        """How a file looks now; ``None`` if it is not there."""
        try:
            return self._looks[name]
        except KeyError:
            path = self.path(name)
            found = look_at(path) if path is not None else None
            self._looks[name] = found
            return found

    def note(self, name: str, look: Look | None) -> None:
        """Take over a look that somebody has had already."""
        self._looks[name] = look

    def read(self, name: str, path: str) -> bytes:
        """The bytes of a file, read in any case; from now on its look and digest are those of this moment.

        Raises:
            OSError: it cannot be read.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            state = os.fstat(descriptor)
            data = os.read(descriptor, state.st_size + 1)
            if len(data) != state.st_size:
                # Not a plain file, or one that is being written.
                parts = [data]
                while part := os.read(descriptor, 1 << 20):
                    parts.append(part)
                data = b"".join(parts)
        finally:
            os.close(descriptor)
        import hashlib  # 4 ms, and where nothing has changed nothing is read

        self._looks[name] = (state.st_mtime_ns, state.st_size, state.st_ino)
        self._digests[name] = hashlib.sha256(data).digest()
        self._stamps.pop(name, None)
        return data

    def sha256(self, name: str, path: str | None = None) -> bytes:
        """The sha256 of a file's bytes; of nothing if it is not there. ``path`` saves finding out where it is."""
        known = self._digests.get(name)
        if known is None:
            path = path or self.path(name)
            if path is not None:
                with contextlib.suppress(OSError):
                    self.read(name, path)
            known = self._digests.setdefault(name, SHA256_OF_NOTHING)
        return known

    def digest(self, name: str) -> bytes:
        """The part of :meth:`sha256` that stamps have. A file that looks as it does in a stamp is not read for it."""
        known = self._stamps.get(name)
        return known.digest if known is not None else self.sha256(name)[:DIGEST_SIZE]

    def stamp(self, name: str) -> Stamp:
        """A file as it is now."""
        known = self._stamps.get(name)
        if known is None:
            digest = self.digest(name)
            known = self._stamps[name] = Stamp(name, self.look(name) or (-1, -1, -1), digest)
        return known

    def unchanged(self, stamp: Stamp) -> bool:
        """The file has the bytes it had."""
        look = self.look(stamp.name)
        if look == stamp.look:
            self._stamps.setdefault(stamp.name, stamp)
            return True
        return look is not None and self.digest(stamp.name) == stamp.digest

    def forget(self) -> None:
        """Look anew from now on."""
        self._looks.clear()
        self._digests.clear()
        self._stamps.clear()


def look_at(path: str) -> Look | None:
    """How a file looks; ``None`` if it is not there."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_size, state.st_ino)
