"""What requests pass down: ``++x``, ``mode==fast``, ``%%gcc``."""

from __future__ import annotations

from typing import Any

import pytest

from outcrop.solve import ExternalChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from support.small_models import small_models

LIBRARIES = """
package app
  version 2
  version 1
  variant shared false
  variant mode slow of slow,fast
  depends middle
  depends tool type=build
package middle
  version 1
  depends low
  depends plain
package low
  version 2
  version 1
  variant shared false
  variant mode slow of slow,fast,both
package plain
  version 1
package tool
  version 1
  variant shared false
"""


def answer(text: str, *requests: str, externals: tuple[str, ...] = (), **options: Any) -> Solution:
    """The lazy answer, which full expansion must give as well."""
    problem = Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="testos",
        target="t1",
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(external), External(prefix=f"/ext/{place}"))
            for place, external in enumerate(externals)
        ),
        **options,
    )
    models = small_models(text)
    found = solve(problem, models)
    full = solve(problem, models, eager=True)
    assert (found.drafts, found.roots) == (full.drafts, full.roots)
    return found


def values(solution: Solution, variant: str) -> dict[str, object]:
    """The variant's value by package."""
    nodes = [draft.node for draft in solution.drafts.values()]
    return {node.name: node.variants[variant] for node in nodes if variant in node.variants}


def compilers(solution: Solution) -> dict[str, str]:
    """Who provides C, by package."""
    found = {}
    for draft in solution.drafts.values():
        for edge in draft.edges:
            if "c" in edge.virtuals:
                node = solution.drafts[edge.target].node
                found[draft.node.name] = f"{node.name}@{node.version}"
    return found


def failure(text: str, *requests: str) -> tuple[str, list[str], str | None]:
    with pytest.raises(UnsatisfiableError) as caught:
        answer(text, *requests)
    return caught.value.message, list(caught.value.details), caught.value.hint


def test_a_variant_goes_down_over_link_and_run_edges_only() -> None:
    assert values(answer(LIBRARIES, "app++shared"), "shared") == {"app": True, "low": True, "tool": False}
    assert values(answer(LIBRARIES, "app+shared"), "shared") == {"app": True, "low": False, "tool": False}


def test_a_value_goes_where_it_is_allowed() -> None:
    assert values(answer(LIBRARIES, "app mode==fast"), "mode") == {"app": "fast", "low": "fast"}
    fewer = LIBRARIES.replace("slow,fast,both", "slow,both")
    assert values(answer(fewer, "app mode==fast"), "mode") == {"app": "fast", "low": "slow"}


def test_a_node_below_may_pass_down_too() -> None:
    more = LIBRARIES + "package top\n version 1\n depends app\n variant shared false\n"
    assert values(answer(more, "top ^app++shared"), "shared") == {
        "top": False,
        "app": True,
        "low": True,
        "tool": False,
    }


def test_who_is_asked_by_name_goes_its_own_way() -> None:
    assert values(answer(LIBRARIES, "app++shared ^low~shared"), "shared")["low"] is False
    line = LIBRARIES.replace("depends low", "depends low~shared")
    assert values(answer(line, "app++shared"), "shared")["low"] is False


def test_a_line_that_does_not_apply_asks_for_nothing() -> None:
    line = LIBRARIES.replace("depends low", "depends low\n  depends low~shared when @2")
    assert values(answer(line, "app++shared"), "shared")["low"] is True


def test_it_costs_a_version_but_never_a_solution() -> None:
    costly = LIBRARIES.replace("slow,fast,both\n", "slow,fast,both\n  conflicts +shared when @2\n")
    found = answer(costly, "app++shared")
    assert values(found, "shared")["low"] is True
    assert found.drafts["low#0"].node.version == "1"
    never = LIBRARIES.replace("slow,fast,both\n", "slow,fast,both\n  conflicts +shared\n")
    assert values(answer(never, "app++shared"), "shared")["low"] is False


def test_externals_stay_as_they_are() -> None:
    found = answer(LIBRARIES, "app++shared", externals=("low@2~shared",))
    assert values(found, "shared")["low"] is False
    assert found.drafts["low#0"].node.is_external


def test_a_recipe_may_pass_down() -> None:
    said = LIBRARIES.replace("  depends middle", "  depends middle++shared").replace(
        "package middle\n  version 1", "package middle\n  version 1\n  variant shared false"
    )
    assert values(answer(said, "app"), "shared") == {"app": False, "middle": True, "low": True, "tool": False}


def test_two_that_pass_different_things_down() -> None:
    two = LIBRARIES + "package other\n version 1\n variant shared true\n depends low\n"
    message, details, hint = failure(two, "app++shared", "other~~shared")
    assert message == "the request has no solution, because not all of this can hold:"
    assert details == [
        "you asked for app++shared",
        "you asked for other~~shared",
        "app depends on middle (small/app.py:7)",
        "middle depends on low (small/middle.py:11)",
        "other depends on low (small/other.py:26)",
        "'app++shared' and 'other~~shared' pass different things down to low; what is asked of it by name wins",
    ]
    assert hint is not None
    assert "without '++shared'" in hint
    both = answer(two, "app++shared ^low~shared", "other~~shared")
    assert values(both, "shared") == {"app": True, "low": False, "tool": False, "other": False}
    assert values(answer(two, "app++shared", "other++shared"), "shared")["low"] is True


def test_who_asks_may_be_somebody_nobody_knew_before() -> None:
    text = """
    package app
      version 1
      variant help false
      variant shared true
      depends low
      depends helper when +help
    package helper
      version 1
      depends low~shared
    package low
      version 1
      variant shared true
      conflicts +shared
    """
    # The helper's line frees low from what is passed down to it, which comes before the default of app's variant.
    assert values(answer(text, "app++shared"), "help") == {"app": True}
    assert values(answer(text, "app~help++shared"), "shared") == {"app": True, "low": False}


COMPILED = """
package gcc
  version 14
  version 11
  provides c
package llvm
  version 20
  provides c
package app
  version 1
  depends c type=build
  depends pure
  depends tool type=build
package pure
  version 1
  depends low
package low
  version 1
  depends c type=build
package tool
  version 1
  depends c type=build
"""
USUAL = {"c": ("llvm", "gcc")}


def test_a_compiler_goes_down() -> None:
    copies = {"gcc": 2, "llvm": 2}
    found = compilers(answer(COMPILED, "app %%gcc@11", default_providers=USUAL, copies=copies))
    assert found == {"app": "gcc@11", "low": "gcc@11", "tool": "llvm@20"}
    found = compilers(answer(COMPILED, "app %gcc@11", default_providers=USUAL, copies=copies))
    assert found == {"app": "gcc@11", "low": "llvm@20", "tool": "llvm@20"}


def test_a_compiler_goes_down_from_who_needs_none() -> None:
    found = compilers(answer(COMPILED, "pure %%gcc@11", default_providers=USUAL))
    assert found == {"low": "gcc@11"}


def test_another_compiler_for_one() -> None:
    found = compilers(answer(COMPILED, "app %%gcc ^low %llvm", default_providers=USUAL))
    assert found == {"app": "gcc@14", "low": "llvm@20", "tool": "llvm@20"}
    line = COMPILED.replace("depends low", "depends low%llvm")
    assert compilers(answer(line, "app %%gcc", default_providers=USUAL))["low"] == "llvm@20"


def test_a_compiler_that_does_not_do() -> None:
    never = COMPILED.replace("package low\n  version 1", "package low\n  version 1\n  conflicts %gcc")
    assert compilers(answer(never, "app %%gcc", default_providers=USUAL))["low"] == "llvm@20"
    _, details, _ = failure(COMPILED + "package last\n version 1\n depends c\n conflicts %gcc\n", "last %%gcc")
    assert details[0] == "you asked for last %%gcc"


def test_two_compilers_for_one_package() -> None:
    two = COMPILED + "package other\n version 1\n depends c\n depends low\n"
    _, details, _ = failure(two, "app %%gcc", "other %%llvm")
    assert (
        "'app %%gcc' and 'other %%llvm' pass different things down to low; what is asked of it by name wins" in details
    )
    assert compilers(answer(two, "app %%gcc", "other %%llvm ^low %gcc", default_providers=USUAL))["low"] == "gcc@14"


def test_a_version_of_a_virtual_goes_down() -> None:
    text = """
    package top
      version 1
      depends app
    package app
      version 1
      depends mpi
      depends low
    package low
      version 1
      depends mpi
    package openmpi
      version 5
      provides mpi@4
    package mpich
      version 4
      provides mpi@3
    """
    usual = {"mpi": ("openmpi", "mpich")}
    assert "openmpi#0" in answer(text, "top", default_providers=usual).drafts
    found = answer(text, "top %%mpi@3", default_providers=usual)
    assert "mpich#0" in found.drafts
    assert "openmpi#0" not in found.drafts
