"""Python wheels and virtual environments, for the recipes that build them.

The work is done by :mod:`outcrop.python`, which loads its libraries when they are first used; importing this module is
cheap.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TypeAlias

from outcrop import python as rooms_python
from outcrop.python import ISOLATION_VARIABLE, Interpreter, VenvFacts, create_venv, describe_venv

ConfigSettings: TypeAlias = Mapping[str, str | list[str]]

__all__ = [
    "ISOLATION_VARIABLE",
    "Interpreter",
    "VenvFacts",
    "build_wheel",
    "create_venv",
    "describe_venv",
    "install_wheel",
    "probe_interpreter",
]


def probe_interpreter(executable: str | os.PathLike[str]) -> Interpreter:
    """Facts of the Python that ``executable`` leads to, by running it once.

    Raises:
        InterpreterError: it does not run, or is no Python.
    """
    return rooms_python.probe(Path(executable), None)


def build_wheel(
    source: Path,
    out: Path,
    *,
    python: Path,
    env: Mapping[str, str],
    config_settings: ConfigSettings | None = None,
    log: IO[str] | IO[bytes] | int | None = None,
) -> Path:
    """Let the build back end of ``source`` make a wheel in ``out``; see :func:`outcrop.python.build_wheel`."""
    return rooms_python.build_wheel(source, out, python=python, env=env, config_settings=config_settings, log=log)


def install_wheel(
    wheel: Path, prefix: Path, *, python: Path, facts: VenvFacts, extra_scripts: Mapping[str, str] | None = None
) -> list[str]:
    """Install ``wheel`` below ``prefix``; see :func:`outcrop.python.install_wheel`."""
    return rooms_python.install_wheel(wheel, prefix, python=python, facts=facts, extra_scripts=extra_scripts)
