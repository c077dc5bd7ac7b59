"""The solver against exhaustive search on small random repositories, and laws that hold whatever the recipes say."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import ExternalChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import Spec, parse_spec
from outcrop.spec.graph import External, Node
from support.brute_force import Summary, best_world, candidates
from support.small_models import SmallModels, small_models
from support.small_repositories import repository_texts, requests_for
from support.verify_solution import complaints

# `OUTCROP_TEST_EXAMPLES=5000 pytest tests/unit/solve/test_oracle.py` looks harder.
EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "50"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def problem_of(requests: list[str], externals: list[str]) -> Problem:
    return Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="testos",
        target="t1",
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
            for place, text in enumerate(externals)
        ),
    )


def attempt(problem: Problem, models: SmallModels, *, eager: bool = False) -> Solution | None:
    try:
        return solve(problem, models, eager=eager)
    except UnsatisfiableError as error:
        assert 1 + len(error.details) + bool(error.hint) <= 15
        assert error.details
        assert error.code != "unexplained"
        return None


def summary(solution: Solution) -> Summary:
    """A solution in the words of :meth:`World.summary`."""
    nodes = []
    edges = []
    for draft in solution.drafts.values():
        node = draft.node
        variants: list[tuple[str, tuple[str, ...]]] = []
        for name, answer in node.variants.items():
            values = (
                (str(answer).lower(),) if isinstance(answer, bool) else (answer,) if isinstance(answer, str) else answer
            )
            variants.append((name, values))
        nodes.append((node.name, node.version, tuple(sorted(variants)), node.external is not None))
        for edge in draft.edges:
            edges.append(
                (node.name, edge.target.partition("#")[0], sorted(map(str, edge.types)), sorted(edge.virtuals))
            )
    return sorted(nodes), sorted(edges)


@SETTINGS
@given(st.data())
def test_same_answer_as_exhaustive_search(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(plain=True))
    requests = data.draw(requests_for())
    note(text)
    models = small_models(text)
    problem = problem_of(requests, externals)
    assume(candidates(problem, models) < 1500)
    expected = best_world(problem, models)
    found = attempt(problem, models)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert complaints(problem, models, found) == []
    assert summary(found) == expected.summary()


@SETTINGS
@given(st.data())
def test_lazy_is_full_expansion(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=7))
    requests = data.draw(requests_for(packages=7))
    note(text)
    models = small_models(text)
    problem = problem_of(requests, externals)
    lazy = attempt(problem, models)
    full = attempt(problem, models, eager=True)
    if lazy is None or full is None:
        assert lazy is full
        return
    assert complaints(problem, models, lazy) == []
    assert (lazy.drafts, lazy.roots) == (full.drafts, full.roots)
    assert lazy.statistics.expanded <= full.statistics.expanded


@SETTINGS
@given(st.data())
def test_laws(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=6))
    requests = data.draw(requests_for(packages=6))
    note(text)
    models = small_models(text)
    problem = problem_of(requests, externals)
    found = attempt(problem, models)

    # An unrelated package changes nothing.
    more = small_models(text + "\npackage stranger\n  version 1\n  depends p0\n  depends p1@1\n")
    again = attempt(problem, more)
    assert (found and (found.drafts, found.roots)) == (again and (again.drafts, again.roots))

    # Dropping a constraint never makes a request unsatisfiable.
    weaker = [Spec(name=request.name) for request in problem.requests]
    if found is not None:
        for place, bare in enumerate(weaker):
            smaller = list(problem.requests)
            smaller[place] = bare
            assert attempt(msgspec.structs.replace(problem, requests=tuple(smaller)), models) is not None

        # Asking for the answer gives the answer.
        asked = [
            parse_spec(
                " ^".join(
                    spec_text(found.drafts[ident].node) for ident in [root, *sorted(reached(found, root) - {root})]
                )
            )
            for root in found.roots
        ]
        exact = attempt(msgspec.structs.replace(problem, requests=tuple(asked)), models)
        assert exact is not None
        assert (exact.drafts, exact.roots) == (found.drafts, found.roots)


def spec_text(node: Node) -> str:
    """Everything about a node as a request."""
    parts = [f"{node.name}@={node.version}"]
    for name, answer in node.variants.items():
        if isinstance(answer, bool):
            parts.append(f"+{name}" if answer else f"~{name}")
        else:
            parts.append(f"{name}:={answer if isinstance(answer, str) else ','.join(answer)}")
    return " ".join(parts)


def reached(solution: Solution, root: str) -> set[str]:
    found: set[str] = set()
    stack = [root]
    while stack:
        ident = stack.pop()
        if ident not in found:
            found.add(ident)
            stack.extend(edge.target for edge in solution.drafts[ident].edges)
    return found
