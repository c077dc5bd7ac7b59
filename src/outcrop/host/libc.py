"""The C library that programs of this machine are linked with, told by the loader they name."""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from outcrop.base.patterns import pattern
from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, run
from outcrop.base.remembered import recall, remember

PROGRAMS = ("/bin/sh", "/usr/bin/env", sys.executable)
"""Programs every machine has; the first one that names a loader counts."""

_TIMEOUT = 20.0
_INTERPRETER = 3
"""Type of the program header that holds the loader's path (ELF: PT_INTERP)."""
_GLIBC = pattern(r"\((?:GNU libc|[^)]*GLIBC[^)]*)\).*?version (\d+\.\d+(?:\.\d+)?)")
_MUSL = pattern(r"^Version (\d+(?:\.\d+)+)", re.MULTILINE)


class Libc(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is the package, ``glibc`` or ``musl``; ``loader`` the dynamic linker that belongs to it."""

    name: str
    version: str
    prefix: str
    loader: str


def find_libc(cache: Path | None, programs: Sequence[str] = PROGRAMS) -> Libc | None:
    """The C library of the first program that is linked with one; ``None`` on systems without such programs.

    The loader is asked for its version; its answer is remembered until it changes.
    """
    for program in programs:
        loader = loader_of(Path(program))
        if loader:
            found = _ask(loader, cache)
            if found is not None:
                return found
    return None


def loader_of(program: Path) -> str:
    """The path of the loader that an ELF program names; empty for a script, a static program, anything else."""
    try:
        with open(program, "rb") as stream:
            head = stream.read(64)
            if len(head) < 52 or head[:4] != b"\x7fELF":
                return ""
            wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
            if wide:
                (start,) = struct.unpack_from(order + "Q", head, 32)
                size, count = struct.unpack_from(order + "HH", head, 54)
            else:
                (start,) = struct.unpack_from(order + "I", head, 28)
                size, count = struct.unpack_from(order + "HH", head, 42)
            stream.seek(start)
            table = stream.read(size * count)
            for place in range(0, len(table) - size + 1, size):
                if struct.unpack_from(order + "I", table, place)[0] == _INTERPRETER:
                    offset = struct.unpack_from(order + ("Q" if wide else "I"), table, place + (8 if wide else 4))[0]
                    stream.seek(offset)
                    return os.fsdecode(stream.read(4096).split(b"\0")[0])
    except (OSError, struct.error):
        pass
    return ""


def _ask(loader: str, cache: Path | None) -> Libc | None:
    key = f"libc 1 {loader}"
    version = recall(cache, key, str)
    musl = Path(loader).name.startswith("ld-musl-")
    if version is None:
        try:
            # musl's says its version while it complains that it has nothing to run.
            command = [loader] if musl else [loader, "--version"]
            done = run(command, env=PLAIN_ENVIRONMENT, cwd=Path("/"), timeout=_TIMEOUT, check=False)
        except ProcessError:
            return None
        match = (_MUSL if musl else _GLIBC).search(done.stdout + done.stderr)
        version = match[1] if match is not None else ""
        remember(cache, key, version, [loader])
    if not version:
        return None
    return Libc(name="musl" if musl else "glibc", version=version, prefix=_prefix(loader), loader=loader)


def _prefix(loader: str) -> str:
    """``/usr`` for what lies in the system's own directories, else what holds the ``lib`` directory."""
    directory = Path(os.path.realpath(loader)).parent
    while directory.name and not directory.name.startswith("lib"):
        directory = directory.parent
    prefix = directory.parent if directory.name else Path("/usr")
    return str(Path("/usr") if prefix == Path("/") else prefix)
