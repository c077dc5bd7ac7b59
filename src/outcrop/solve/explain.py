"""Why there is no solution: the smallest set of requests and recipe lines that clash.

The packages that were expanded are encoded again with a switch per cause; the engine's core over the switches is
shrunk by leaving out one cause after the other. ``words`` puts what remains into sentences, ``hints`` looks for a
way out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from outcrop.solve.circles import tie_knot
from outcrop.solve.clauses import Cause, Clauses
from outcrop.solve.doubles import exclude_double
from outcrop.solve.encoding import Encoding
from outcrop.solve.engine import Engine
from outcrop.solve.errors import UnsatisfiableError
from outcrop.solve.expansion import expand
from outcrop.solve.hints import Attempt, impossible_request, way_out
from outcrop.solve.installed import asked_for
from outcrop.solve.problem import ModelSource, Problem
from outcrop.solve.requests import Root, collect_mentions, encode_request
from outcrop.solve.target_rules import wake
from outcrop.solve.words import describe

LINES = 15
"""An explanation has at most so many lines, its first one and the hint included."""


def explain_failure(
    problem: Problem,
    models: ModelSource,
    failed: Encoding,
    engine: Callable[[], Engine],
    attempt: Attempt,
) -> UnsatisfiableError:
    """The error for a problem without a solution.

    Args:
        problem: the problem.
        models: its recipes.
        failed: the encoding that turned out to be unsatisfiable; what it expanded is what the explanation speaks of.
        engine: makes SAT engines.
        attempt: solves a changed problem, for the hint.
    """
    plain = impossible_request(failed)
    if plain is not None:
        return plain
    # What is installed only adds possibilities: without it the reasons are the same, and fewer.
    problem = msgspec.structs.replace(problem, installed=asked_for(problem.requests, problem.installed))
    made = engine()
    try:
        clauses = Clauses(made, explain=True)
        encoding, _ = encode_again(problem, models, failed, clauses, range(len(problem.requests)))
        causes = _shrink(encoding, made)
    finally:
        made.close()
    if not causes:
        asked = [f"you asked for {request}" for request in problem.requests]
        return UnsatisfiableError("the request has no solution", details=asked[:LINES], code="unexplained")
    message, lines = describe(encoding, causes)
    hint = way_out(encoding, causes, attempt)
    room = LINES - 1 - (1 if hint else 0)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"... and {len(lines) - room + 1} more"]
    return UnsatisfiableError(message, details=lines, hint=hint)


def encode_again(
    problem: Problem, models: ModelSource, failed: Encoding, clauses: Clauses, places: Sequence[int]
) -> tuple[Encoding, list[Root]]:
    """What ``failed`` knows, with clauses that may have switches, for the requests at ``places``."""
    encoding = Encoding(problem, models, clauses, raised=failed.raised, spare=failed.spare, thrifty=failed.thrifty)
    collect_mentions(encoding)
    roots = [encode_request(encoding, place, optional=False) for place in places]
    for slot in failed.order:
        expand(encoding, slot)
    for knot, cause in failed.knots.items():
        tie_knot(encoding, knot, cause)
    for double in failed.doubles:
        exclude_double(encoding, *double)
    for exclude in failed.unfounded:
        exclude(encoding)
    for slot in failed.woken:
        wake(encoding, slot)
    return encoding, roots


def _shrink(encoding: Encoding, engine: Engine) -> list[Cause]:
    """A set of causes that is unsatisfiable and no longer is when one is left out. Requests are tried last, recipe
    lines first.
    """
    clauses = encoding.clauses
    clauses.flush()
    names = {switch: cause for cause, switch in clauses.switches.items()}
    closed = [-literal for literal in encoding.unknowns()]
    if engine.solve([*names, *closed]):
        return []
    core = _known(engine.core(), names)
    needed: list[int] = []
    while core:
        candidate = core.pop()
        if engine.solve([*needed, *core, *closed]):
            needed.append(candidate)
        else:
            kept = set(engine.core())
            core = [switch for switch in core if switch in kept]
    return sorted((names[switch] for switch in needed), key=cause_order)


def _known(core: Sequence[int], names: dict[int, Cause]) -> list[int]:
    found = [switch for switch in core if switch in names]
    return sorted(found, key=lambda switch: cause_order(names[switch]))


_KINDS = ("request", "rule", "depends", "variant", "value", "sticky", "requirement", "conflict")


def cause_order(cause: Cause) -> tuple[int, tuple[tuple[bool, int, str], ...]]:
    """Requests first, then the configuration, then recipe lines by kind."""
    kind = str(cause[0])
    place = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    key = tuple((isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in cause[1:])
    return place, key
