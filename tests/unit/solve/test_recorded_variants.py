"""Installed packages with variants that their recipes declare for what they were built with."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from support.installed_nodes import install
from support.small_models import small_models
from support.small_problems import attempt, problem_of
from support.small_repositories import repository_texts
from support.verify_solution import complaints

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "30"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

SMALLEST = """
package p0
  version 1
  variant y true when ^p1@2:
  depends p1 type=build
  depends p2 type=link
package p1
  version 2
package p2
  version 1
"""
PACKAGES = 4
LINES = (
    "variant y true when ^{0}\n  depends {0} type=build",
    "variant y false when %{0}@2:\n  depends {0} type=build",
    "variant y true when ^{0}",
    "depends {0} type=link when +y",
)


@st.composite
def repositories(draw: st.DrawFn) -> str:
    """A random repository with variants that hang on the graph."""
    text, _ = draw(repository_texts(packages=PACKAGES, plain=True))
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


CARRIED = """
package p0
  version 1
  depends p1 type=link
  depends p1 type=build when ^v
package p1
  version 1
  depends v type=link
package p2
  version 1
  provides v@1
"""


def test_a_recorded_dependency_carries_its_virtuals() -> None:
    models = small_models(CARRIED)
    first = attempt(problem_of(["p0"]), models)
    assert first is not None
    again = attempt(msgspec.structs.replace(problem_of(["p0"]), installed=install(first), reuse_roots=False), models)
    assert again is not None
    assert set(again.reused) == {"p1#0", "p2#0"}


@SETTINGS
@example(SMALLEST, "p0")
@given(repositories(), st.sampled_from(["p0", "p0+y", "p0 ^p1@1", "p1"]))
def test_what_was_installed_is_found_again(text: str, request: str) -> None:
    note(text)
    models = small_models(text)
    problem = problem_of([request])
    first = attempt(problem, models)
    if first is None:
        return
    assert complaints(problem, models, first) == []
    again_asked = msgspec.structs.replace(problem, installed=install(first))
    again = attempt(again_asked, models)
    assert again is not None
    assert complaints(again_asked, models, again) == []
    assert set(again.drafts) == set(again.reused)
