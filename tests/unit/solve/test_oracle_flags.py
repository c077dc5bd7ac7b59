"""The solver against exhaustive search where compiler flags are asked for, and where lines hang on them."""

from __future__ import annotations

import os

import msgspec
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import PackageRules, Rule
from outcrop.spec import parse_spec
from support.oracle import same_as_exhaustive
from support.small_models import small_models
from support.small_problems import problem_of
from support.small_repositories import repository_texts
from support.tool_repositories import tool_repository_texts

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "16"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LARGE = settings(SETTINGS, max_examples=1 + EXAMPLES // 2)
PACKAGES = 4
LINES = (
    "depends {} cflags=-g type=link",
    "depends {} cflags=-O2 type=build when @2:",
    "depends {} cflags=-g type=run when +x",
    "depends {} type=link when cflags=-g",
    "depends {} type=build when cflags=-O2",
    "depends {} cflags=-O2 type=link when cflags=-g",
    "conflicts cflags=-O2 when @2:",
    "conflicts +x when cflags=-g",
    "conflicts @2 when ^{} cflags=-g",
    "requires any_of cflags=-g | @1",
)
REQUESTS = ("p0", "p0", "p0 cflags=-g", "p0 cflags=-O2", "p0 ^p2 cflags=-g", "p0 %p1 cflags='-g -O2'")


@st.composite
def repositories(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A random repository with a few lines about flags."""
    text, externals = draw(repository_texts(packages=PACKAGES, plain=True))
    found = []
    for line in text.splitlines():
        found.append(line)
        if line.startswith("package "):
            place = int(line.removeprefix("package p"))
            for extra in draw(st.lists(st.sampled_from(LINES), max_size=2, unique=True)):
                other = draw(st.integers(place, PACKAGES - 1))
                if other != place:
                    found.append("  " + extra.format(f"p{other}"))
    return "\n".join(found), externals


@SETTINGS
@given(st.data())
def test_flags(data: st.DataObject) -> None:
    text, externals = data.draw(repositories())
    requests = [data.draw(st.sampled_from(REQUESTS))]
    required = data.draw(st.sampled_from(["", "", "cflags=-g", "cflags=-O2", "@2 cflags=-g"]))
    owner = data.draw(st.sampled_from(["p1", "p2", "all"]))
    note(f"{text}\n{requests} {externals} {owner} {required}")
    rules = PackageRules(require=(Rule(specs=(parse_spec(required),)),)) if required else PackageRules()
    problem = msgspec.structs.replace(problem_of(requests, externals), packages={owner: rules})
    same_as_exhaustive(problem, small_models(text))


TOOL_LINES = (
    "depends {} cflags=-g type=build",
    "depends {} cflags=-O2 type=build,run",
    "depends e type=build when cflags=-g",
    "depends e@1 type=link when cflags=-O2",
    "conflicts @2 when cflags=-g",
    "conflicts cflags=-g when @2",
)


@st.composite
def tool_repositories(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Tools that are asked for with flags by some and without by others, so that there may be two copies."""
    text, externals = draw(tool_repository_texts(packages=2))
    found = []
    for line in text.splitlines():
        found.append(line)
        if line in ("package p0", "package p1", "package t0", "package t1"):
            name = line.removeprefix("package ")
            for extra in draw(st.lists(st.sampled_from(TOOL_LINES), max_size=2, unique=True)):
                other = draw(st.sampled_from(["t0", "t1"]))
                if other != name:
                    found.append("  " + extra.format(other))
    found += ["package e", "  version 1", "  version 2", "  variant x true", "  depends t0 type=build when +x"]
    return "\n".join(found), externals


@LARGE
@given(st.data())
def test_flags_of_tools(data: st.DataObject) -> None:
    text, externals = data.draw(tool_repositories())
    requests = data.draw(st.sampled_from([["p0"], ["p0", "p1"], ["p0", "t0 cflags=-g"], ["p0 ^t0 cflags=-O2"]]))
    note(f"{text}\n{requests} {externals}")
    same_as_exhaustive(problem_of(requests, externals), small_models(text))
