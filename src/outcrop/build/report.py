"""What became of a plan: light values that callers may hold without the machinery that runs builds."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Fetched(msgspec.Struct, frozen=True):
    """Local files of a node: one for each source and each patch in the node's order; empty text where there is none."""

    archives: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()


class Failure(msgspec.Struct, frozen=True):
    """Why one node is not installed."""

    key: str
    name: str
    version: str
    phase: str
    message: str
    details: tuple[str, ...] = ()
    hint: str = ""
    log: Path | None = None
    tail: tuple[str, ...] = ()
    defect: bool = False


class BuildReport(msgspec.Struct):
    """What became of a plan."""

    built: list[str] = []
    reused: list[str] = []
    failures: list[Failure] = []
    skipped: dict[str, str] = {}

    @property
    def is_success(self) -> bool:
        """Everything in the plan is installed."""
        return not self.failures and not self.skipped
