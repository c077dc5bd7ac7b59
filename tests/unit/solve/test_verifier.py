"""The independent check refuses answers that are wrong about reuse, passing down, flags, compilers and systems.

Each case is a right answer of the solver, of which one thing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from outcrop.solve import PackageRules, Problem, Rule, Solution, solve
from outcrop.spec import parse_spec
from support.installed_nodes import install
from support.small_models import small_models
from support.small_problems import problem_of
from support.target_cases import FACTS, TARGETS
from support.verify_solution import complaints

REPOSITORY = """
package app
  version 2
  version 1
  variant x false
  depends c type=build
  depends lib type=link
  depends tool type=build
  depends mpi type=link
package lib
  version 2
  version 1
  variant x false
  variant quiet true sticky
  depends c type=build
package tool
  version 1
  variant x false
package gcc
  version 14
  version 13
  provides c
package llvm
  version 20
  provides c
package mpich
  version 4
  provides mpi
package openmpi
  version 5
  provides mpi
"""
MODELS = small_models(REPOSITORY)


def problem(*requests: str, **options: Any) -> Problem:
    return msgspec.structs.replace(problem_of(requests), **options)


def changed(solution: Solution, name: str, **facts: Any) -> Solution:
    """The same with other facts about one node; ``drop`` leaves out its edges to a package, ``to`` leads those to a
    package's ``#0`` to another draft.
    """
    ident = f"{name}#0"
    draft = solution.drafts[ident]
    drop, to = facts.pop("drop", ""), facts.pop("to", {})
    edges = [
        msgspec.structs.replace(edge, target=to.get(edge.target, edge.target))
        for edge in draft.edges
        if edge.target != f"{drop}#0"
    ]
    node = msgspec.structs.replace(draft.node, **facts)
    return msgspec.structs.replace(
        solution, drafts={**solution.drafts, ident: msgspec.structs.replace(draft, node=node, edges=edges)}
    )


def answer(asked: Problem) -> Solution:
    found = solve(asked, MODELS)
    assert complaints(asked, MODELS, found) == []
    return found


def variants(**values: bool) -> dict[str, bool]:
    return values


LIB = {"x": False, "quiet": True}


@pytest.mark.parametrize(
    ("request_text", "change", "said"),
    [
        ("app++x", lambda found: changed(found, "lib", variants=LIB), "lib#0 could be"),
        ("app cflags==-g", lambda found: changed(found, "lib", flags={}), "lib#0 has the flags []"),
        ("app cflags==-g", lambda found: changed(found, "tool", flags={"cflags": ("-g",)}), "tool#0 has the flags"),
        ("app ^lib cflags=-g", lambda found: changed(found, "lib", flags={"cflags": ("-O2",)}), "lib#0 has the flags"),
        (
            "app cflags==-O2 ^lib ldflags=-s",
            lambda found: changed(found, "lib", flags={"cflags": ("-O2",)}),
            "lib#0 has the flags []",
        ),
        ("app %%gcc@13", lambda found: changed(found, "gcc", version="14"), "app#0 is no answer to app"),
        ("app", lambda found: changed(found, "lib", variants={**LIB, "quiet": False}), "lib#0: nobody asks for quiet"),
        ("app", lambda found: changed(found, "lib", os="rhel9"), "nobody asks for the operating system rhel9"),
    ],
)
def test_what_is_passed_down_and_asked(request_text: str, change: Callable[[Solution], Solution], said: str) -> None:
    asked = problem(request_text)
    wrong = complaints(asked, MODELS, change(answer(asked)))
    assert any(said in words for words in wrong), wrong


def test_the_order_of_flags() -> None:
    rule = PackageRules(require=(Rule(specs=(parse_spec("cflags=-O2"),)),))
    asked = problem("lib cflags=-g", packages={"lib": rule})
    found = answer(asked)
    assert found.drafts["lib#0"].node.flags == {"cflags": ("-O2", "-g")}
    wrong = complaints(asked, MODELS, changed(found, "lib", flags={"cflags": ("-g", "-O2")}))
    assert wrong == ["lib#0: flags in the wrong order: [('-g',), ('-O2',)]"]


def test_two_that_pass_different_things_down() -> None:
    other = small_models(REPOSITORY + "package other\n version 1\n variant x true\n depends lib type=link\n")
    asked = problem("app++x", "other+x")
    found = solve(asked, other)
    both = problem("app++x", "other~~x")
    assert any(
        "lib#0 is passed" in words for words in complaints(both, other, changed(found, "other", variants={"x": False}))
    )


def test_mixed_compilers() -> None:
    asked = problem("app %gcc ^lib %llvm")
    found = answer(asked)
    wrong = complaints(msgspec.structs.replace(asked, compiler_mixing=False), MODELS, found)
    assert wrong == ["app#0 has gcc#0 for c, lib#0 has llvm#0"]
    assert complaints(msgspec.structs.replace(asked, compiler_mixing=("lib",)), MODELS, found) == []


def test_operating_systems_that_do_not_fit() -> None:
    asked = problem("app os=rhel9", os="debian12", os_compatible={"debian12": ("rhel9",)})
    found = answer(asked)
    mixed = changed(found, "lib", os="debian12")
    assert complaints(asked, MODELS, mixed) == ["app#0 is for rhel9, lib#0 for debian12"]
    able = msgspec.structs.replace(asked, os_compatible={"rhel9": ("debian12",)})
    assert complaints(able, MODELS, mixed) == []
    unknown = msgspec.structs.replace(asked, os_compatible={})
    assert "app#0: nothing here knows of the operating system rhel9" in complaints(unknown, MODELS, found)


def test_a_tool_that_does_not_run_here() -> None:
    asked = problem("app", target=TARGETS[0], targets=(*TARGETS, "zen4"), target_facts=FACTS)
    wrong = complaints(asked, MODELS, changed(answer(asked), "tool", target="zen4"))
    assert wrong == ["app#0 uses tool#0, which is for zen4 and does not run here"]


def test_providers_that_the_configuration_excludes() -> None:
    found = answer(problem("app"))
    rule = Rule(specs=(parse_spec("openmpi"),))
    for said in (PackageRules(require=(rule,)), PackageRules(conflict=(Rule(specs=(parse_spec("mpich"),)),))):
        wrong = complaints(problem("app", packages={"mpi": said}), MODELS, found)
        assert wrong == ["mpich#0 may not provide mpi to app#0"]
    assert complaints(problem("app", packages={"mpi": PackageRules(buildable=False)}), MODELS, found) == [
        "mpich#0 provides mpi, and is no external"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: changed(found, "app", version="1"), "app#0: version is not as recorded"),
        (lambda found: changed(found, "app", flags={"cflags": ("-g",)}), "app#0: flags is not as recorded"),
        (lambda found: changed(found, "lib", variants={**LIB, "x": True}), "lib#0: variants is not as recorded"),
        (lambda found: changed(found, "app", drop="lib"), "app#0: edges"),
        (lambda found: msgspec.structs.replace(found, reused={**found.reused, "app#0": "0" * 32}), "was not offered"),
    ],
)
def test_what_is_reused_is_what_was_recorded(change: Callable[[Solution], Solution], said: str) -> None:
    installed = install(answer(problem("app")))
    asked = problem("app", installed=installed)
    found = answer(asked)
    assert set(found.reused) == {"app#0", "lib#0", "mpich#0"}
    wrong = complaints(asked, MODELS, change(found))
    assert any(said in words for words in wrong), wrong


def test_what_must_not_be_reused() -> None:
    installed = install(answer(problem("app")))
    found = answer(problem("app", installed=installed))
    assert complaints(problem("app", installed=installed, reuse_roots=False), MODELS, found) == [
        "app#0 is requested, and is not built"
    ]
    assert complaints(problem("app", installed=installed, tests=frozenset({"lib"})), MODELS, found) == [
        "lib#0 is to be tested, and is not built"
    ]
    hidden = tuple(msgspec.structs.replace(choice, offered=choice.node.name != "lib") for choice in installed)
    (wrong,) = complaints(problem("app", installed=hidden), MODELS, found)
    assert wrong.startswith("lib#0 is an installed package that was not offered")


def test_what_it_was_built_with() -> None:
    installed = install(answer(problem("app %gcc@13")))
    found = answer(problem("app", installed=installed))
    assert "gcc#0" not in found.drafts
    assert complaints(problem("app %gcc@13 ^gcc@13", installed=installed), MODELS, found) == []
    for text in ("app %gcc@14", "app ^gcc@14", "app %%gcc@14", "app %llvm"):
        wrong = complaints(problem(text, installed=installed), MODELS, found)
        assert f"app#0 is no answer to {parse_spec(text)}" in wrong
    rule = PackageRules(require=(Rule(specs=(parse_spec("%llvm"),)),))
    wrong = complaints(problem("app", installed=installed, packages={"all": rule}), MODELS, found)
    assert wrong == [f"{ident}: configuration requires ['%llvm']" for ident in ("app#0", "lib#0")]
