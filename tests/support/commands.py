"""Runs one command of the program in this process, in a root of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from outcrop.cli.output import Output
from outcrop.cli.session import Session
from outcrop.env.context import Context
from support.program import SYSTEM_PATH


@dataclass(frozen=True)
class Place:
    """Where commands run: ``root`` holds everything Outcrop keeps, ``directory`` is the working directory."""

    root: Path
    directory: Path
    repositories: tuple[Path, ...] = ()

    def session(self, **environ: str) -> Session:
        """A session as the program makes it for one command line."""
        config = self.root / "config"
        config.mkdir(parents=True, exist_ok=True)
        if self.repositories and not (config / "repos.yaml").exists():
            lines = [f"  r{number}: {path}" for number, path in enumerate(self.repositories)]
            (config / "repos.yaml").write_text("\n".join(["repos:", *lines, ""]))
        return Session(
            environ=self.environ(environ),
            directory=self.directory,
            environment=None,
            ignore_active=True,
            scopes=(),
            settings=(),
            output=Output(colour="never"),
        )

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        """What the program sees of the environment: little of the tester's besides how the package index is reached."""
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return {"PATH": SYSTEM_PATH, "HOME": str(self.directory), "OUTCROP_ROOT": str(self.root), **pip, **more}

    def context(self) -> Context:
        """What the session's command works with."""
        return self.session().context

    def run(self, command: click.Command, *arguments: str | Path, **environ: str) -> Any:  # Any: what click returns
        """Run a command; its errors come out as they are."""
        return command.main(
            args=[str(argument) for argument in arguments], standalone_mode=False, obj=self.session(**environ)
        )
