"""Repositories of version control systems, made with the real programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRON = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", "GIT_DIR": "/nonsense"}
"""What checkouts are made with: no settings of whoever runs the tests."""


def tool(program: str, *arguments: str, cwd: Path, when: str = "2020-01-02T03:04:05") -> str:
    """Run a program in ``cwd`` as nobody in particular; returns what it wrote."""
    environ = {
        "PATH": ENVIRON["PATH"],
        "HOME": "/nonexistent",
        "HGUSER": "T <t@example.org>",
        "LOGNAME": "tester",
        "USER": "tester",
        "TZ": "UTC0",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    done = subprocess.run([program, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()
