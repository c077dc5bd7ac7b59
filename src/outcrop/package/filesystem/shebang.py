"""Interpreter lines that are too long for the kernel, and the small program that gets around them.

A script whose first line is too long for the system gets another one in front: ``#!/bin/sh <store>/bin/sbang``. That
program reads the interpreter from the second line and starts it.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from outcrop.base.files import write_atomic
from outcrop.base.paths import Paths
from outcrop.package.filesystem.filtering import overwrite

SHEBANG_LIMIT = 511 if sys.platform == "darwin" else 127
"""Longest first line, in bytes without its newline, that every kernel we meet understands."""

STORE_VARIABLE = "OUTCROP_STORE"
"""Set by a worker for its own process: the root of the store it builds for."""

# The script's name is the first argument. The interpreter stands behind "#!" on the second line; languages without "#"
# comments write it behind "//", "--" or "<?php #", and PHP closes what it opened.
SBANG_PROGRAM = r"""#!/bin/sh
# Starts the interpreter named on the second line of a script, however long its path is.
if [ "$#" -eq 0 ]; then
    echo "usage: sbang SCRIPT [ARGUMENT...]" >&2
    exit 2
fi
{ IFS= read -r first && IFS= read -r second; } < "$1" || [ -n "$second" ] || {
    echo "sbang: $1 has no second line" >&2
    exit 1
}
case "$second" in
    '#!'*) line=${second#'#!'} ;;
    '//!'*) line=${second#'//!'} ;;
    '--!'*) line=${second#'--!'} ;;
    '<?php #!'*) line=${second#'<?php #!'}; line=${line%'?>'} ;;
    *)
        echo "sbang: no interpreter on the second line of $1" >&2
        exit 1
        ;;
esac
set -f
interpreter=$(printf '%s\n' $line | head -n 1)
rest=${line#*"$interpreter"}
rest=$(printf '%s' "$rest" | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//')
set +f
if [ -n "$rest" ]; then
    case "${interpreter##*/}" in
        env) set -f; exec "$interpreter" $rest "$@" ;;
        perl*) exec "$interpreter" -x "$rest" "$@" ;;
        *) exec "$interpreter" "$rest" "$@" ;;
    esac
fi
case "${interpreter##*/}" in
    perl*) exec "$interpreter" -x "$@" ;;
    *) exec "$interpreter" "$@" ;;
esac
"""


def sbang_install_path() -> str:
    """Where the small program of this worker's store is."""
    store = os.environ.get(STORE_VARIABLE)
    root = Path(store) if store else Paths.from_environment(os.environ).store
    return str(root / "bin" / "sbang")


def sbang_shebang_line() -> str:
    """The first line that starts it."""
    return f"#!/bin/sh {sbang_install_path()}"


def install_sbang(store: Path) -> Path:
    """Put the small program into a store, unless it is there; returns its path."""
    path = store / "bin" / "sbang"
    content = SBANG_PROGRAM.encode()
    if not path.is_file() or path.read_bytes() != content or not os.access(path, os.X_OK):
        write_atomic(path, content, mode=0o755)
    return path


def filter_shebang(path: str | os.PathLike[str]) -> bool:
    """Put the ``sbang`` line before the first line of a script if that is an interpreter line of more bytes than
    :data:`SHEBANG_LIMIT`; says whether it did.

    The comment marks of JavaScript, Lua and PHP are put around the old line where its interpreter is theirs.
    """
    with open(path, "rb") as stream:
        if stream.read(2) != b"#!":
            return False
        first = b"#!" + stream.readline()
        if len(first.rstrip(b"\r\n")) <= SHEBANG_LIMIT:
            return False
        rest = stream.read()
    if not first.endswith(b"\n"):
        first += b"\n"
    name = os.path.basename(first[2:].split(None, 1)[0])
    if name.startswith(b"env"):
        words = first[2:].split()
        name = os.path.basename(words[1]) if len(words) > 1 else name
    if name.startswith(b"lua"):
        first = b"--" + first[1:]
    elif name.startswith(b"node"):
        first = b"//" + first[1:]
    elif name.startswith(b"php"):
        first = b"<?php " + first.rstrip(b"\n") + b" ?>\n"
    overwrite(Path(path), io.BytesIO(sbang_shebang_line().encode() + b"\n" + first + rest))
    return True


def spack_script() -> str:
    """Path of the program this was started by."""
    return os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else sys.executable
