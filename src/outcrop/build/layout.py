"""Where a build's own records lie inside its prefix."""

from __future__ import annotations

from pathlib import Path

from outcrop.store import SEAL_DIRECTORY

LOG_FILE = "build.log"
ENVIRONMENT_FILE = "environment.json"


def installed_log(prefix: str | Path) -> Path:
    """The log of the build that made ``prefix``."""
    return Path(prefix) / SEAL_DIRECTORY / LOG_FILE


def installed_environment(prefix: str | Path) -> Path:
    """The environment that the build ran in, as JSON."""
    return Path(prefix) / SEAL_DIRECTORY / ENVIRONMENT_FILE
