"""Laws about what is asked of nodes, on small random repositories with flags, variants that hang on the graph, and
things that are passed down.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from support.small_models import SmallModels, small_models
from support.small_repositories import repository_texts
from support.verify_solution import complaints

PACKAGES = 5
SETTINGS = settings(
    max_examples=int(os.environ.get("OUTCROP_TEST_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LINES = (
    "depends {} cflags=-g type=link",
    "depends {} cflags=-O2 type=build when @2:",
    "depends {} type=link when cflags=-g",
    "depends {} type=run when +x",
    "depends {} type=link when +y",
    "depends {}++x type=link",
    "depends v type=link,build when ^{}+y",
    "variant y true when ^{}",
    "variant y false",
    "conflicts cflags=-O2 when ^{}@2:",
    "conflicts +x when ^{} cflags=-g",
)


@st.composite
def repositories(draw: st.DrawFn) -> str:
    """A random repository with a few further lines."""
    text, _ = draw(repository_texts(packages=PACKAGES))
    found = []
    for line in text.splitlines():
        found.append(line)
        if line.startswith("package "):
            place = int(line.removeprefix("package p"))
            for extra in draw(st.lists(st.sampled_from(LINES), max_size=3, unique=True)):
                other = draw(st.integers(place, PACKAGES - 1))
                if other != place:
                    found.append("  " + extra.format(f"p{other}"))
    return "\n".join(found)


def attempt(problem: Problem, models: SmallModels, *, eager: bool = False) -> Solution | None:
    try:
        return solve(problem, models, eager=eager)
    except UnsatisfiableError as error:
        assert error.code != "unexplained"
        return None


def problem_of(*requests: str) -> Problem:
    return Problem(requests=tuple(parse_spec(request) for request in requests), os="testos", target="t1")


def same(left: Solution | None, right: Solution | None) -> bool:
    if left is None or right is None:
        return left is right
    return (left.drafts, left.roots) == (right.drafts, right.roots)


REQUESTS = (
    "p0",
    "p0++x",
    "p0~~x",
    "p0 cflags==-g",
    "p0 cflags=-g",
    "p0 ^p1++x",
    "p0 %%v@2:",
    "p0 ^p2 cflags=-O2",
    "p0+y",
)


@SETTINGS
@given(st.data())
def test_lazy_is_full_expansion(data: st.DataObject) -> None:
    text = data.draw(repositories())
    request = data.draw(st.sampled_from(REQUESTS))
    note(text)
    models = small_models(text)
    problem = problem_of(request)
    lazy = attempt(problem, models)
    assert same(lazy, attempt(problem, models, eager=True))
    if lazy is not None:
        # A node that needs nothing of the kind need not have what it passes down.
        asked = problem_of(request.removesuffix(" %%v@2:"))
        assert complaints(asked, models, lazy) == []
    backwards = SmallModels(dict(reversed(models.models.items())))
    assert same(lazy, attempt(problem, backwards))


@SETTINGS
@given(st.data())
def test_passing_down_costs_no_solution(data: st.DataObject) -> None:
    text = data.draw(repositories().filter(lambda text: "++" not in text))
    note(text)
    models = small_models(text)
    value = data.draw(st.sampled_from("+~"))
    single = attempt(problem_of(f"p0{value}x"), models)
    passed = attempt(problem_of(f"p0{value}{value}x"), models)
    assert (single is None) == (passed is None)
