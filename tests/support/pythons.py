"""The real interpreters of the machine that tests run with."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

from outcrop.python import Interpreter, InterpreterError, probe

SYSTEM = Path("/usr/bin/python3")


@functools.cache
def every_python() -> tuple[Interpreter, ...]:
    """The system's Python and those of a pyenv, oldest first, each minor version once."""
    candidates = [SYSTEM, *sorted(Path.home().glob(".pyenv/versions/*/bin/python3"))]
    found: dict[tuple[str, str], Interpreter] = {}
    for path in candidates:
        if path.exists():
            try:
                interpreter = probe(path)
            except InterpreterError:
                continue
            found.setdefault((interpreter.prefix, interpreter.xy), interpreter)
    return tuple(sorted(found.values(), key=lambda one: (int(one.xy.split(".")[1]), one.prefix)))


def chosen_pythons() -> list[Interpreter]:
    """The oldest, the system's and the newest: what layouts and venvs differ in."""
    everything = every_python()
    system = [one for one in everything if one.prefix == "/usr"]
    return list(dict.fromkeys([everything[0], *system, everything[-1]]))


def label(interpreter: Interpreter) -> str:
    """For test ids: ``3.11-debian``."""
    return f"{interpreter.xy}-{interpreter.distribution or 'own'}"


def output(command: list[str | Path], env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        [str(word) for word in command], env=env or {"PATH": "/usr/bin:/bin"}, cwd=cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout
