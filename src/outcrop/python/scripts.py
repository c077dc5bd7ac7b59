"""How a script begins that an interpreter runs: a ``#!`` line, or the form for ``/bin/sh`` where that is too long."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from outcrop.base.patterns import pattern

SHEBANG_LIMIT = 127
"""The longest interpreter line in bytes, ``#!`` and newline included, that every kernel takes whole."""

# A script for Python: the wheel's own placeholder, a path, or by way of env; then arguments.
_PYTHON_LINE = pattern(
    rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-S[ \t]*)?(?:\S*/)?)?"
    rb"pythonw?(?:3(?:\.\d+)?)?(?P<arguments>[ \t][^\r\n]*)?\r?\n?\Z"
)


def interpreter_lines(python: Path | str, arguments: str = "") -> bytes:
    """What a script for ``python`` begins with, newline included.

    One ``#!`` line where the kernel can take it; else (too long, or white space in the path) a ``/bin/sh`` line and a
    line that is an ``exec`` for the shell and a string for Python.
    """
    line = os.fsencode(f"#!{python} {arguments}".rstrip() + "\n")
    if len(line) <= SHEBANG_LIMIT and not re.search(r"\s", str(python)):
        return line
    quoted = f"{shlex.quote(str(python))} {arguments}".rstrip()
    return os.fsencode(f"#!/bin/sh\n'''exec' {quoted} \"$0\" \"$@\"\n' '''\n")


def retarget_script(content: bytes, python: Path | str) -> bytes:
    """``content`` with its first line for ``python``, arguments kept, if it is a Python 3 script; else as it is."""
    line, newline, rest = content.partition(b"\n")
    match = _PYTHON_LINE.match(line + newline)
    if match is None:
        return content
    arguments = (match["arguments"] or b"").strip().decode("utf-8", "surrogateescape")
    return interpreter_lines(python, arguments) + rest
