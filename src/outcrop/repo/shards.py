"""Many small blobs by name in a fixed number of files: found with two short reads, written many at a time.

A file per blob would cost more than making what is in it: creating thousands of files takes seconds. Files are replaced
whole, so readers need no lock; of two writers at the same time one may lose its blobs, which is as good as never having
written them.
"""

# Texts, not Path objects: on the way of every command.
# ruff: noqa: PTH103, PTH120

from __future__ import annotations

import binascii
import contextlib
import os
import struct
import threading
from collections.abc import Iterable, Mapping

import msgspec

_COUNT = 256
_START = struct.Struct("<4sI")
_MAGIC = b"ocs1"
_FIRST_READ = 4096
"""Long enough for the table of a file with the share of ten thousand names."""

_Table = dict[str, tuple[int, int]]
"""Name -> offset from the end of the table, length."""


class Shards:
    """The blobs below ``directory``."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._decoder = msgspec.msgpack.Decoder(_Table)
        self._missing: set[str] = set()

    def _file(self, name: str) -> str:
        return f"{self._directory}/{binascii.crc32(name.encode()) % _COUNT:02x}"

    def get(self, name: str) -> bytes | None:
        """The blob of this name, if it is there and can be read. A file that is missing once is taken to stay so."""
        file = self._file(name)
        if file in self._missing:
            return None
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._missing.add(file)
            return None
        try:
            table, start = self._table(descriptor)
            place = table.get(name)
            if place is None:
                return None
            offset, length = place
            data = os.pread(descriptor, length, start + offset)
            return data if len(data) == length else None
        except (OSError, ValueError, struct.error):
            return None
        finally:
            os.close(descriptor)

    def _table(self, descriptor: int) -> tuple[_Table, int]:
        """The table of a file, and where its blobs begin.

        Raises:
            ValueError: the file is damaged.
        """
        head = os.pread(descriptor, _FIRST_READ, 0)
        magic, length = _START.unpack_from(head)
        if magic != _MAGIC:
            raise ValueError("not one of our files")
        end = _START.size + length
        if len(head) < end:
            head = os.pread(descriptor, end, 0)
        # msgspec's errors are ValueErrors.
        return self._decoder.decode(head[_START.size : end]), end

    def change(self, blobs: Mapping[str, bytes], drop: Iterable[str] = ()) -> None:
        """Put blobs, replacing those of the same name, and remove others.

        Raises:
            OSError: a file cannot be written.
        """
        self._missing.clear()
        by_file: dict[str, dict[str, bytes | None]] = {}
        for name in drop:
            by_file.setdefault(self._file(name), {})[name] = None
        for name, blob in blobs.items():
            by_file.setdefault(self._file(name), {})[name] = blob
        for file, changes in by_file.items():
            before = self._read(file)
            after = {name: blob for name, blob in {**before, **changes}.items() if blob is not None}
            if after:
                replace_file(file, _packed(after))
            elif before:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(file)

    def _read(self, file: str) -> dict[str, bytes]:
        try:
            with open(file, "rb") as stream:
                table, start = self._table(stream.fileno())
                data = stream.read()
        except (OSError, ValueError, struct.error):
            return {}
        return {name: data[start + offset : start + offset + length] for name, (offset, length) in table.items()}


def _packed(blobs: Mapping[str, bytes]) -> bytes:
    table: _Table = {}
    offset = 0
    for name, blob in blobs.items():
        table[name] = (offset, len(blob))
        offset += len(blob)
    head = msgspec.msgpack.encode(table)
    return b"".join((_START.pack(_MAGIC, len(head)), head, *blobs.values()))


def replace_file(path: str, data: bytes) -> None:
    """Replace a file of a cache by ``data``, making directories as needed; nothing is forced to disk.

    Raises:
        OSError: it cannot be written.
    """
    temporary = f"{path}.{os.getpid()}-{threading.get_ident()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        descriptor = os.open(temporary, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(temporary, flags, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
