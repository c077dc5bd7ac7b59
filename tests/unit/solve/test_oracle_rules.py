"""The solver against exhaustive search where the configuration has something to say, and where things are installed."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import InstalledChoice
from support.installed_nodes import install
from support.oracle import same_as_exhaustive
from support.small_models import small_models
from support.small_problems import attempt, problem_of
from support.small_repositories import repository_texts, requests_for
from support.small_rules import package_rules
from support.tool_repositories import tool_repository_texts, tool_requests

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "25"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LARGE = settings(SETTINGS, max_examples=1 + EXAMPLES // 2)
Installed = tuple[InstalledChoice, ...]
RequestStrategy = st.SearchStrategy[list[str]]


@SETTINGS
@given(st.data())
def test_rules_of_the_configuration(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(plain=True))
    requests = data.draw(requests_for())
    packages = data.draw(package_rules(["p0", "p1", "p2", "p3"], ["p2", "p3"]))
    note(f"{text}\n{requests} {externals} {packages}")
    problem = msgspec.structs.replace(problem_of(requests, externals), packages=packages)
    same_as_exhaustive(problem, small_models(text))


@LARGE
@given(st.data())
def test_rules_of_the_configuration_with_tools(data: st.DataObject) -> None:
    text, externals = data.draw(tool_repository_texts(packages=2))
    requests = data.draw(tool_requests(packages=2))
    packages = data.draw(package_rules(["p0", "p1", "t0", "t1", "python"], ["t0", "t1"]))
    note(f"{text}\n{requests} {externals} {packages}")
    problem = msgspec.structs.replace(problem_of(requests, externals), packages=packages)
    same_as_exhaustive(problem, small_models(text))


def installed_before(data: st.DataObject, text: str, externals: list[str], draw: RequestStrategy) -> Installed:
    """What two earlier requests left in the store, now and then by recipes with a line less than those of today."""
    found: tuple[InstalledChoice, ...] = ()
    for _ in range(2):
        lines = text.splitlines()
        droppable = [
            place for place, line in enumerate(lines) if line.split()[0] in ("depends", "conflicts", "requires")
        ]
        if droppable and data.draw(st.integers(0, 2)) == 0:
            del lines[data.draw(st.sampled_from(droppable))]
        earlier = data.draw(draw)
        outside = data.draw(st.sampled_from([externals, []]))
        note(f"earlier {earlier} {outside} without {set(text.splitlines()) - set(lines)}")
        answer = attempt(problem_of(earlier, outside), small_models("\n".join(lines)))
        if answer is not None:
            found = install(answer, found)
    return found


@SETTINGS
@given(st.data())
def test_what_is_installed(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=4, plain=True))
    requests = data.draw(requests_for(packages=4))
    note(f"{text}\n{requests} {externals}")
    installed = installed_before(data, text, externals, requests_for(packages=4))
    roots = data.draw(st.sampled_from([True, True, False]))
    problem = msgspec.structs.replace(problem_of(requests, externals), installed=installed, reuse_roots=roots)
    same_as_exhaustive(problem, small_models(text))


@LARGE
@given(st.data())
def test_what_is_installed_with_tools(data: st.DataObject) -> None:
    text, externals = data.draw(tool_repository_texts(packages=2))
    requests = data.draw(tool_requests(packages=2))
    note(f"{text}\n{requests} {externals}")
    installed = installed_before(data, text, externals, tool_requests(packages=2))
    problem = msgspec.structs.replace(problem_of(requests, externals), installed=installed)
    same_as_exhaustive(problem, small_models(text))


@LARGE
@given(st.data())
def test_what_is_installed_and_rules_of_the_configuration(data: st.DataObject) -> None:
    text, externals = data.draw(repository_texts(packages=3, plain=True))
    requests = data.draw(requests_for(packages=3))
    packages = data.draw(package_rules(["p0", "p1", "p2"], ["p1", "p2"]))
    note(f"{text}\n{requests} {externals} {packages}")
    installed = installed_before(data, text, externals, requests_for(packages=3))
    problem = msgspec.structs.replace(problem_of(requests, externals), packages=packages, installed=installed)
    same_as_exhaustive(problem, small_models(text))
