"""Stand-ins for programs of a machine: scripts that answer as the real ones do."""

from __future__ import annotations

from pathlib import Path


def script(path: Path, text: str) -> Path:
    """An executable script, its directory made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def gcc(path: Path, version: str) -> Path:
    """Answers ``-dumpfullversion -dumpversion`` only."""
    return script(path, f'#!/bin/sh\n[ "$*" = "-dumpfullversion -dumpversion" ] && echo {version}\n')


def clang(path: Path, name: str, version: str) -> Path:
    """Answers ``--version`` as clang and flang do."""
    return script(path, f"#!/bin/sh\n[ \"$*\" = --version ] && echo 'Debian {name} version {version} (1~deb12)'\n")
