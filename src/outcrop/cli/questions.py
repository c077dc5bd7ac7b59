"""What a person asks about a solve besides its answer, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from outcrop.base.errors import RequestError
from outcrop.cli.output import Output
from outcrop.env.inspection import Inspection


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of one command; ``names`` narrows an explanation down to some packages."""

    explain: bool = False
    names: tuple[str, ...] = ()
    stats: bool = False
    timers: bool = False

    @property
    def any(self) -> bool:
        """Whether there is a question."""
        return self.explain or self.stats or self.timers

    def explanation(self, inspection: Inspection, output: Output) -> Sequence[str]:
        """The explanation in lines.

        Raises:
            RequestError: nothing was solved, or a package that is to be explained is not in the answer.
        """
        # Only explanations need the solver's room.
        from outcrop.cli.explanation import ExplanationRenderer

        if inspection.problem is None or inspection.solution is None:
            raise RequestError(
                "nothing was solved, so there is nothing to explain",
                hint="what is installed was decided when it was installed; ask by name instead of by hash",
                code="not-solved",
            )
        return ExplanationRenderer(inspection.problem, inspection.solution, output, names=self.names).lines()

    def figures(self, inspection: Inspection) -> list[str]:
        """Statistics and times in lines, with an empty line before each table."""
        lines: list[str] = []
        if self.stats and inspection.solution is not None:
            counted = msgspec.to_builtins(inspection.solution.statistics)
            lines += ["", *[f"{name:<12} {number:>10,}" for name, number in counted.items()]]
        if self.timers:
            parts = inspection.parts()
            total = ("total", sum(seconds for _, seconds in parts))
            lines += ["", *[f"{name:<12} {seconds:>10.3f} s" for name, seconds in [*parts, total]]]
        return lines

    def record(self, inspection: Inspection, hashes: Mapping[str, str]) -> dict[str, object]:
        """The answers for ``--json``; ``hashes`` are those of the nodes by draft id."""
        record: dict[str, object] = {}
        if inspection.problem is not None and inspection.solution is not None:
            if self.explain:
                from outcrop.cli.explanation import explanation_record

                record["explanation"] = explanation_record(inspection.problem, inspection.solution, hashes)
            if self.stats:
                record["statistics"] = msgspec.to_builtins(inspection.solution.statistics)
        if self.timers:
            record["seconds"] = {name: round(seconds, 6) for name, seconds in inspection.parts()}
        return record
