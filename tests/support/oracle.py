"""An answer of the solver compared with that of exhaustive search, and with what the independent check says of it."""

from __future__ import annotations

from hypothesis import event, note, reject

from outcrop.solve import Problem
from support.brute_force import TooManyWorldsError, best_world
from support.small_models import SmallModels
from support.small_problems import attempt
from support.small_worlds import summary
from support.verify_solution import complaints


def same_as_exhaustive(problem: Problem, models: SmallModels, *, steps: int = 2500) -> None:
    """The same satisfiability and the same optimum; for tests that hypothesis runs."""
    try:
        expected = best_world(problem, models, steps=steps)
    except TooManyWorldsError:
        reject()
    found = attempt(problem, models)
    note(f"expected {expected and expected.summary()}")
    event("no solution" if expected is None else "solution")
    if expected is None:
        assert found is None
        return
    if any(config.installed is not None for config in expected.configs.values()):
        event("something is reused")
    if any(expected.flags.values()):
        event("flags")
    assert found is not None
    assert complaints(problem, models, found) == []
    assert summary(found) == expected.summary()
