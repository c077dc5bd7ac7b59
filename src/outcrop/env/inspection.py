"""Watching a solve: why it decided as it did, how long its parts took, and a file to repeat it from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from outcrop.base.errors import InputError
from outcrop.base.files import write_atomic

# A command that solves nothing does without this room.
if TYPE_CHECKING:
    from outcrop.repo.model import PackageModel, ProvideDecl
    from outcrop.solve import ModelSource, Problem, Solution
    from outcrop.solve.engine import Engine


class Inspection:
    """What somebody wants to know of a solve, and after it what came out; ``seconds`` is by part.

    Args:
        explain: put criteria and obstacles into the reasons.
        save: the file that gets the problem, also when it has no solution.
        timed: measure more than the whole solve.
    """

    def __init__(self, *, explain: bool = False, save: Path | None = None, timed: bool = False) -> None:
        self.explain = explain
        self.save = save
        self.timed = timed
        self.problem: Problem | None = None
        self.solution: Solution | None = None
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time spent inside."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.count(name, time.perf_counter() - start)

    def count(self, name: str, seconds: float) -> None:
        """Add to the time of one part."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def solve(self, problem: Problem, models: ModelSource) -> Solution:
        """Solve a problem as it is to be watched.

        Raises:
            OutcropError: as :func:`outcrop.solve.solve`.
        """
        from outcrop.solve import solve

        self.problem = problem
        source: ModelSource = _TimedModels(models, self) if self.timed else models
        if self.save is None:
            with self.part("solve"):
                self.solution = solve(problem, source, engine=self._make_engine, explain=self.explain)
            return self.solution
        from outcrop.solve.record import RecordingModels, encode_record

        recording = RecordingModels(source, problem)
        try:
            with self.part("solve"):
                self.solution = solve(problem, recording, engine=self._make_engine, explain=self.explain)
        finally:
            write_atomic(self.save, encode_record(recording.complete()))
        return self.solution

    def replay(self, path: Path) -> str:
        """Solve the problem of a file again; returns the version of Outcrop that wrote it.

        Raises:
            InputError: the file is not there, or is not what it should be.
            OutcropError: as :func:`outcrop.solve.solve`.
        """
        from outcrop.solve.record import decode_record, replay

        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", code="no-record") from error
        record = decode_record(data, str(path))
        self.problem = record.problem
        with self.part("solve"):
            self.solution = replay(record, engine=self._make_engine, explain=self.explain)
        return record.outcrop

    def parts(self) -> list[tuple[str, float]]:
        """(what, seconds), without overlap: the time of recipes and of the engine is taken out of the solve's."""
        inside = sum(self.seconds.get(name, 0.0) for name in ("recipes", "engine"))
        found = {**self.seconds}
        if "solve" in found:
            found["solve"] -= inside
        return list(found.items())

    def _make_engine(self) -> Engine:
        from outcrop.solve.engine import MiniSat

        return _TimedEngine(MiniSat(), self) if self.timed else MiniSat()


class _TimedModels:
    """Counts the time that answers about recipes take."""

    def __init__(self, models: ModelSource, inspection: Inspection) -> None:
        self._models = models
        self._inspection = inspection

    def model(self, name: str) -> PackageModel:
        with self._inspection.part("recipes"):
            return self._models.model(name)

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        with self._inspection.part("recipes"):
            return self._models.providers(virtual)

    def is_virtual(self, name: str) -> bool:
        with self._inspection.part("recipes"):
            return self._models.is_virtual(name)

    def is_tool(self, name: str) -> bool:
        with self._inspection.part("recipes"):
            return self._models.is_tool(name)


class _TimedEngine:
    """Counts the time that searches take."""

    def __init__(self, engine: Engine, inspection: Inspection) -> None:
        self._engine = engine
        self._inspection = inspection
        self.add = engine.add
        self.model = engine.model
        self.core = engine.core
        self.implied = engine.implied
        self.prefer = engine.prefer
        self.close = engine.close

    def solve(self, assumptions: Sequence[int]) -> bool:
        with self._inspection.part("engine"):
            return self._engine.solve(assumptions)
