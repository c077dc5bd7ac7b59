"""Looking at a finished prefix: what is in it, which interpreters its scripts start, whom its text files name."""

# Paths are strings here: there are tens of thousands of them.

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from outcrop.base.patterns import pattern
from outcrop.store.errors import StoreError
from outcrop.store.seal import SEAL_DIRECTORY, Entry

Name = Literal["own", "venv", "base"]

_CHUNK = 1 << 20
_HEAD = 8192
_TRAMPOLINE = pattern(rb"\A#![ \t]*/bin/sh[ \t]*\n'''exec' ([^\n]+?) \"\$0\" \"\$@\"[ \t]*\n' '''[^\n]*\n?")


class Interpreter(NamedTuple):
    """What starts a script: the program, its arguments as written, and how long the lines that say so are, in bytes."""

    program: str
    arguments: str
    trampoline: bool
    """``/bin/sh`` starts it, as the line would be too long or has a space in it."""
    length: int

    @property
    def line(self) -> str:
        """As it would stand after ``#!``."""
        return f"{self.program} {self.arguments}".rstrip()


def interpreter_of(head: bytes) -> Interpreter | None:
    """The interpreter of a script that begins with ``head``; None for anything else."""
    if not head.startswith(b"#!"):
        return None
    match = _TRAMPOLINE.match(head)
    if match is not None:
        text = os.fsdecode(match.group(1))
        try:
            program = shlex.split(text)[0]
        except (ValueError, IndexError):
            program = text
        quoted = next((form for form in (shlex.quote(program), f'"{program}"', program) if text.startswith(form)), text)
        return Interpreter(program, text[len(quoted) :].strip(), True, match.end())
    line, newline, _ = head.partition(b"\n")
    program, _, arguments = os.fsdecode(line[2:]).strip().partition(" ")
    return Interpreter(program, arguments.strip(), False, len(line) + len(newline))


def scan_prefix(
    prefix: Path, *, own: Path | None = None, venv: Path | None = None, base: Path | None = None
) -> tuple[Entry, ...]:
    """Every file, link and empty directory of ``prefix``, by path. Each file is read once.

    Args:
        prefix: the directory to walk; the seal's own directory is left out.
        own: what the prefix is called in its files (``prefix`` itself unless given).
        venv: the prefix of the python-venv node.
        base: the prefix of the base Python, only where that is in the store.

    Raises:
        StoreError: something else than files, directories and links is in there.

    """
    wanted: list[tuple[Name, bytes]] = [("own", os.fsencode(own or prefix))]
    if venv is not None:
        wanted.append(("venv", os.fsencode(venv)))
    if base is not None:
        wanted.append(("base", os.fsencode(base)))
    names = [(name, re.compile(re.escape(path) + rb"(?![\w.+-])")) for name, path in wanted]
    return tuple(sorted(_walk(os.fspath(prefix), "", names), key=lambda entry: entry.path))


def content_digest(entries: Iterable[Entry]) -> str:
    """Hexadecimal sha256 over what is in a prefix, byte code left out.

    Permissions count only as far as they say whether a file may be run, so that protecting a prefix changes nothing.
    """
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.path):
        if entry.compiled:
            continue
        runs = "x" if entry.kind == "file" and entry.mode & 0o111 else "-"
        fields = (entry.path, entry.kind, runs, str(entry.size), entry.sha256, entry.target)
        digest.update("\0".join(fields).encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()


_Names = list[tuple[Name, re.Pattern[bytes]]]


def _walk(directory: str, relative: str, names: _Names) -> Iterator[Entry]:
    with os.scandir(directory) as listing:
        found = sorted(listing, key=lambda item: item.name)
    for item in found:
        path = f"{relative}{item.name}"
        if path == SEAL_DIRECTORY:
            continue
        status = item.stat(follow_symlinks=False)
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            yield Entry(path=path, kind="link", mode=0o777, target=os.readlink(item.path))
        elif stat.S_ISDIR(status.st_mode):
            inside = list(_walk(item.path, f"{path}/", names))
            if inside:
                yield from inside
            else:
                yield Entry(path=path, kind="dir", mode=mode)
        elif stat.S_ISREG(status.st_mode):
            yield _file(item.path, path, mode, status.st_size, names)
        else:
            raise StoreError(
                f"{item.path} is neither a file nor a directory nor a link",
                path=Path(item.path),
                hint="a prefix cannot hold sockets, pipes or devices: the build must not install it",
                code="special-file",
            )


def _file(source: str, path: str, mode: int, size: int, names: _Names) -> Entry:
    compiled = path.endswith(".pyc") and "__pycache__/" in path
    digest = hashlib.sha256()
    found: set[Name] = set()
    interpreter: Interpreter | None = None
    with open(source, "rb") as stream:
        data = stream.read(_CHUNK)
        text = b"\0" not in data[:_HEAD]
        if text:
            interpreter = interpreter_of(data[:_HEAD])
        overlap = max(len(pattern.pattern) for _, pattern in names)
        tail = b""
        while data:
            digest.update(data)
            if text and not compiled:
                window = tail + data
                found.update(name for name, pattern in names if name not in found and pattern.search(window))
                tail = window[-overlap:]
            data = stream.read(_CHUNK)
    return Entry(
        path=path,
        kind="file",
        mode=mode,
        size=size,
        sha256=digest.hexdigest(),
        interpreter=interpreter.line if interpreter else "",
        trampoline=interpreter.trampoline if interpreter else False,
        names=tuple(name for name, _ in names if name in found),
        compiled=compiled,
    )
