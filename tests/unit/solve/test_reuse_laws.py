"""Laws of reuse on small random repositories."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import ExternalChoice, InstalledChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from support.installed_nodes import install, root_hashes
from support.small_models import SmallModels, small_models
from support.small_repositories import repository_texts, requests_for

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "30"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def problem_of(requests: list[str], externals: list[str], copies: int = 1) -> Problem:
    return Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="testos",
        target="t1",
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
            for place, text in enumerate(externals)
        ),
        copies={"default": copies},
    )


def attempt(problem: Problem, models: SmallModels, *, eager: bool = False) -> Solution | None:
    try:
        return solve(problem, models, eager=eager)
    except UnsatisfiableError as error:
        assert error.code != "unexplained"
        return None


def kept_as_recorded(solution: Solution, installed: tuple[InstalledChoice, ...]) -> None:
    """What is reused is what was recorded, and so is what it links to and runs."""
    nodes = {choice.hash: choice.node for choice in installed}
    for ident, key in solution.reused.items():
        draft, node = solution.drafts[ident], nodes[key]
        assert (draft.node.version, draft.node.variants) == (node.version, node.variants)
        below = {}
        for edge in draft.edges:
            child = solution.drafts[edge.target].node
            below[child.name] = solution.reused.get(edge.target) or str(child.external and child.external.prefix)
            assert {"build", "test"}.isdisjoint(edge.types)
        recorded = {}
        for known in node.edges:
            child = nodes[known.hash]
            if not {"link", "run"}.isdisjoint(known.types):
                recorded[child.name] = str(child.external.prefix) if child.external is not None else known.hash
        assert below == recorded


@SETTINGS
@given(st.data())
def test_what_was_installed_is_found_again(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=5))
    requests = data.draw(requests_for(packages=5))
    copies = data.draw(st.integers(1, 2))
    note(text)
    note(f"{requests} {externals} copies {copies}")
    models = small_models(text)
    problem = problem_of(requests, externals, copies)
    first = attempt(problem, models)
    if first is None:
        return
    installed = install(first)
    again = attempt(msgspec.structs.replace(problem, installed=installed), models)
    assert again is not None
    kept_as_recorded(again, installed)
    # An external may be another one: what only builds asked of it is asked no more.
    for root, old, new in zip(first.roots, root_hashes(first), root_hashes(again, installed), strict=True):
        assert old == new or first.drafts[root].node.is_external
    for ident, draft in again.drafts.items():
        assert draft.node.is_external or ident in again.reused


@SETTINGS
@given(st.data())
def test_a_store_takes_nothing_away(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=5))
    copies = data.draw(st.integers(1, 2))
    note(text)
    models = small_models(text)
    installed: tuple[InstalledChoice, ...] = ()
    for _ in range(2):
        earlier = data.draw(requests_for(packages=5))
        note(f"earlier {earlier}")
        answer = attempt(problem_of(earlier, externals, copies), models)
        if answer is not None:
            installed = install(answer, installed)
    requests = data.draw(requests_for(packages=5))
    note(f"{requests} {externals} copies {copies}")
    problem = problem_of(requests, externals, copies)
    without = attempt(problem, models)
    lazy = attempt(msgspec.structs.replace(problem, installed=installed), models)
    eager = attempt(msgspec.structs.replace(problem, installed=installed), models, eager=True)

    # Reuse never makes a request unsatisfiable, nor satisfiable: all of it could be built.
    assert (lazy is None) == (without is None)
    # What is expanded, and when, makes no difference.
    assert (lazy and (lazy.drafts, lazy.roots, lazy.reused)) == (eager and (eager.drafts, eager.roots, eager.reused))
    if lazy is not None:
        kept_as_recorded(lazy, installed)

    # What is not offered changes nothing.
    unused = tuple(msgspec.structs.replace(choice, offered=False) for choice in installed)
    fresh = attempt(msgspec.structs.replace(problem, installed=unused), models)
    assert (fresh and (fresh.drafts, fresh.roots)) == (without and (without.drafts, without.roots))


@SETTINGS
@given(st.data())
def test_unrelated_packages_in_the_store_change_nothing(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=4))
    requests = data.draw(requests_for(packages=4))
    note(text)
    models = small_models(
        text + "\npackage stranger\n  version 1\n  depends other type=link\npackage other\n  version 2\n"
    )
    strangers = install(solve(problem_of(["stranger"], []), models))
    problem = problem_of(requests, externals)
    first = attempt(problem, models)
    again = attempt(msgspec.structs.replace(problem, installed=strangers), models)
    assert first == again or (first and (first.drafts, first.roots)) == (again and (again.drafts, again.roots))
