"""Runs the real ``outcrop`` in a root of its own, with an environment that holds nothing of the tester's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
OUTCROP = Path(sys.executable).parent / "outcrop"


def index_settings() -> dict[str, str]:
    """How this machine reaches the package index: pip's variables, and its user configuration by its path."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name.lower() in ("http_proxy", "https_proxy", "no_proxy", "ssl_cert_file")
    }
    if "PIP_CONFIG_FILE" not in kept:
        home = Path.home()
        for candidate in (home / ".config/pip/pip.conf", home / ".pip/pip.conf"):
            if candidate.is_file():
                kept["PIP_CONFIG_FILE"] = str(candidate)
                break
    return kept


@dataclass(frozen=True, slots=True)
class Ran:
    """One finished command."""

    arguments: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"outcrop {' '.join(self.arguments)} -> {self.status}\n{self.stdout}\n{self.stderr}"

    def json(self) -> Any:  # Any: whatever the command prints
        """Standard output as JSON."""
        return json.loads(self.stdout)


@dataclass(frozen=True, slots=True)
class Program:
    """An installation below ``root``; ``sources`` is a source cache that several roots may share."""

    root: Path
    home: Path
    sources: Path | None = None
    path: str = SYSTEM_PATH
    extra: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What the program is started with."""
        return {
            "PATH": self.path,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "OUTCROP_ROOT": str(self.root),
            **index_settings(),
            **self.extra,
        }

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line."""
        settings = ["-c", f"config:source_cache:{self.sources}"] if self.sources is not None else []
        return [str(OUTCROP), *settings, *map(str, arguments)]

    def __call__(
        self, *arguments: str | Path, cwd: Path | None = None, status: int | None = 0, timeout: float = 900
    ) -> Ran:
        """Run to the end; the exit status must be ``status``, unless that is None."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.home,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        ran = Ran(tuple(map(str, arguments)), done.returncode, done.stdout, done.stderr)
        assert status is None or ran.status == status, str(ran)
        assert "outcrop/cli/app.py" not in ran.stderr, f"a traceback of our own:\n{ran}"
        return ran

    def with_root(self, root: Path, **changes: Any) -> Program:  # Any: fields of this class
        """The same, in another root."""
        return Program(
            **{
                "root": root,
                "home": self.home,
                "sources": self.sources,
                "path": self.path,
                "extra": self.extra,
                **changes,
            }
        )

    def environment_at(self, directory: Path, text: str) -> Path:
        """Write a manifest into ``directory``."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "spack.yaml").write_text(text)
        return directory


def clean_run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run something in an environment that holds PATH and nothing else."""
    environment = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", **(extra or {})}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd or "/", env=environment, capture_output=True, text=True, timeout=300
    )
    assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done
