"""What became of a plan: light values that callers may hold without the machinery that runs builds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fetched:
    """Local files of a node: one for each source and each patch in the node's order; empty text where there is none."""

    archives: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
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


@dataclass(slots=True)
class BuildReport:
    """What became of a plan."""

    built: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Everything in the plan is installed."""
        return not self.failures and not self.skipped
