"""Byte code of repository modules, kept by content: a module is compiled once, not once in every process.

Nothing is ever written into a repository.
"""

from __future__ import annotations

import binascii
import contextlib
import marshal
import os
import struct
import warnings
from collections.abc import Mapping
from types import CodeType

from outcrop.repo.cache import ModelCache
from outcrop.repo.layout import Repository

_HEAD = struct.Struct("<32sI")
"""sha256 of the source, CRC-32 of what follows."""

CodeBlobs = dict[str, dict[str, bytes]]
"""Byte code to keep: identity of the repository -> file as models name it -> blob."""


class ByteCode:
    """Compiles modules, unless their byte code is kept in ``cache``. :meth:`take` hands out what had to be made."""

    def __init__(self, cache: ModelCache) -> None:
        self._cache = cache
        self._files = cache.files
        self._made: CodeBlobs = {}

    def compile(self, repository: Repository, file: str) -> CodeType:
        """The code of the module in ``file``, an absolute path below the repository's root.

        Raises:
            OSError: the file cannot be read.
            SyntaxError: it is not Python.
        """
        name = repository.relative(file) or file
        source = self._files.read(name, file)
        digest = self._files.sha256(name)
        kept = self._kept(repository.identity, name, digest)
        if kept is not None:
            return kept
        code = compile_source(source, file)
        data = marshal.dumps(code)
        self._made.setdefault(repository.identity, {})[name] = _HEAD.pack(digest, binascii.crc32(data)) + data
        return code

    def _kept(self, identity: str, name: str, digest: bytes) -> CodeType | None:
        blob = self._cache.code_of(identity).get(name)
        if blob is None or len(blob) < _HEAD.size:
            return None
        wanted, check = _HEAD.unpack_from(blob)
        data = memoryview(blob)[_HEAD.size :]
        if wanted != digest or check != binascii.crc32(data):
            return None
        try:
            code = marshal.loads(data)
        except (ValueError, EOFError, TypeError):
            return None
        return code if isinstance(code, CodeType) else None

    def take(self) -> CodeBlobs:
        """What was compiled since the last call; whoever takes it keeps it."""
        made, self._made = self._made, {}
        return made

    def keep(self, blobs: Mapping[str, Mapping[str, bytes]]) -> None:
        """Write byte code; where that is impossible it costs time later, no more."""
        with contextlib.suppress(OSError):
            for identity, of_one in blobs.items():
                self._cache.code_of(identity).change(of_one)
            if blobs:
                os.utime(self._cache.code)


def compile_source(source: bytes, file: str) -> CodeType:
    """Compile a module.

    Raises:
        SyntaxError: it is not Python.
    """
    with warnings.catch_warnings():
        # Invalid escapes in recipes: nothing the person who uses them can do about.
        warnings.simplefilter("ignore")
        return compile(source, file, "exec", dont_inherit=True)
