"""The solver against exhaustive search on small random repositories, and laws that hold whatever the recipes say."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st

from outcrop.solve import Problem, Solution
from outcrop.spec import Spec
from support.brute_force import TooManyWorldsError, best_world
from support.small_models import SmallModels, small_models
from support.small_problems import asked_for, attempt, problem_of
from support.small_repositories import repository_texts, requests_for
from support.small_worlds import summary
from support.tool_repositories import tool_repository_texts, tool_requests
from support.verify_solution import complaints

# `OUTCROP_TEST_EXAMPLES=5000 pytest tests/unit/solve/test_oracle.py` looks harder.
EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "25"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LARGE = settings(SETTINGS, max_examples=1 + EXAMPLES // 2)


def same_as_exhaustive(problem: Problem, models: SmallModels) -> None:
    try:
        expected = best_world(problem, models, steps=2500)
    except TooManyWorldsError:
        reject()
    found = attempt(problem, models)
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert complaints(problem, models, found) == []
    assert summary(found) == expected.summary()


@SETTINGS
@given(st.data())
def test_same_answer_as_exhaustive_search(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(plain=True))
    requests = data.draw(requests_for())
    note(text)
    same_as_exhaustive(problem_of(requests, externals), small_models(text))


@SETTINGS
@given(st.data())
def test_same_answer_as_exhaustive_search_with_tools(data: st.DataObject) -> None:
    packages = data.draw(st.integers(2, 3))
    text, externals = data.draw(tool_repository_texts(packages=packages))
    requests = data.draw(tool_requests(packages=packages))
    note(text)
    same_as_exhaustive(problem_of(requests, externals), small_models(text))


@LARGE
@given(st.data())
def test_same_answer_as_exhaustive_search_with_copies_of_everything(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=3, plain=True))
    requests = data.draw(requests_for(packages=3))
    note(text)
    same_as_exhaustive(problem_of(requests, externals, copies={"default": 2}), small_models(text))


NAMED = """
package app
  version 2
  version 1
  depends tool type=build
  depends v type=build
package tool
  version 2
package first
  version 2
  version 1
  provides v@1
package second
  version 2
  version 1
  depends v type=build
  provides v@1
"""


def test_a_provider_that_is_named_for_one_package_is_no_provider_of_the_others() -> None:
    for request in ("app %second", "app %v=second"):
        problem = problem_of([request], [])
        same_as_exhaustive(problem, small_models(NAMED))
        found = attempt(problem, small_models(NAMED))
        assert found is not None
        assert {draft.node.name for draft in found.drafts.values()} == {"app", "tool", "first", "second"}
    # Below the root, nobody was named for it: `second` would have to be its own provider.
    assert attempt(problem_of(["app ^second"], []), small_models(NAMED)) is None


def lazy_is_eager(problem: Problem, models: SmallModels) -> None:
    lazy = attempt(problem, models)
    full = attempt(problem, models, eager=True)
    if lazy is None or full is None:
        assert lazy is full
        return
    assert complaints(problem, models, lazy) == []
    assert (lazy.drafts, lazy.roots) == (full.drafts, full.roots)
    # Where copies are needed a solve begins anew, and counts what it expanded before.
    if not any(models.is_tool(name) for name in models.models):
        assert lazy.statistics.expanded <= full.statistics.expanded


@SETTINGS
@given(st.data())
def test_lazy_is_full_expansion(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=7))
    requests = data.draw(requests_for(packages=7))
    note(text)
    lazy_is_eager(problem_of(requests, externals), small_models(text))


@SETTINGS
@given(st.data())
def test_lazy_is_full_expansion_with_tools(data: st.DataObject) -> None:
    text, externals = data.draw(tool_repository_texts(packages=4, tools=4))
    requests = data.draw(tool_requests(packages=4, tools=4))
    note(text)
    lazy_is_eager(problem_of(requests, externals), small_models(text))


def laws_hold(problem: Problem, models: SmallModels, text: str) -> None:
    found = attempt(problem, models)

    # An unrelated package changes nothing.
    more = small_models(text + "\npackage stranger\n  version 1\n  extends python\n  depends p0\n  depends p1@1\n")
    again = attempt(problem, more)
    assert answer(found) == answer(again)
    if found is None:
        return

    # All copies from the beginning give what copies give that are added where one is not enough.
    expected = msgspec.structs.replace(problem, expected_copies=tuple(models.models))
    assert answer(attempt(expected, models)) == answer(found)

    # Dropping a constraint, or a whole request, never makes a request unsatisfiable.
    for place, request in enumerate(problem.requests):
        smaller = list(problem.requests)
        smaller[place] = Spec(name=request.name)
        assert attempt(msgspec.structs.replace(problem, requests=tuple(smaller)), models) is not None
        del smaller[place]
        assert attempt(msgspec.structs.replace(problem, requests=tuple(smaller)), models) is not None

    # Asking for the answer gives the answer.
    exact = attempt(msgspec.structs.replace(problem, requests=asked_for(found)), models)
    assert exact is not None
    assert answer(exact) == answer(found)


def answer(solution: Solution | None) -> object:
    return solution and (solution.drafts, solution.roots)


@SETTINGS
@given(st.data())
def test_laws(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=6))
    requests = data.draw(requests_for(packages=6))
    note(text)
    laws_hold(problem_of(requests, externals), small_models(text), text)


@SETTINGS
@given(st.data())
def test_laws_with_tools(data: st.DataObject) -> None:
    text, externals = data.draw(tool_repository_texts(packages=4, tools=3))
    requests = data.draw(tool_requests(packages=4, tools=3))
    note(text)
    laws_hold(problem_of(requests, externals), small_models(text), text)


@SETTINGS
@given(st.data())
def test_copies_never_make_the_first_root_worse(data: st.DataObject) -> None:
    """Where nothing is decided before the roots: externals of an anchor may cost a root its version."""
    text, externals = data.draw(tool_repository_texts(packages=4, tools=3))
    requests = data.draw(tool_requests(packages=4, tools=3))
    note(text)
    models = small_models(text)
    one = attempt(problem_of(requests, externals, copies={"tools": 1}, anchors=()), models)
    two = attempt(problem_of(requests, externals, anchors=()), models)
    if one is not None:
        assert two is not None
        assert version_rank(two) <= version_rank(one)


def version_rank(solution: Solution) -> int:
    choices = solution.reasons[solution.roots[0]].choices
    return next((choice.rank for choice in choices if choice.what == "version"), 0)
