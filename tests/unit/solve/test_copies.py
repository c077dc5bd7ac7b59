"""Several copies of a build tool in one graph: who shares, who does not, and where there is one only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from outcrop.solve import Solution, UnsatisfiableError, solve
from support.small_models import small_models
from support.small_problems import problem_of
from support.verify_solution import complaints

SETUPTOOLS = """
package app
  version 1
  depends py-new type=run
  depends py-old type=run
package py-new
  version 1
  extends python
  depends py-setuptools type=build
  depends py-cython type=build
package py-old
  version 1
  extends python
  depends py-setuptools@:63 type=build
package py-cython
  version 3
  version 1
  extends python
  depends py-setuptools type=build,run
package py-setuptools
  version 80
  version 63
  version 40
  extends python
package python
  version 3.12
  version 3.11
"""

PYTHONS = """
package py-app
  version 1
  extends python
  depends py-dep type=build,run
  depends clib type=link
package py-dep
  version 1
  extends python
  depends python@:3.11 type=build,run
package clib
  version 1
  depends meson type=build
package meson
  version 2
  version 1
  extends python
  depends python@3.12: type=build,run when @2
package python
  version 3.12
  version 3.11
"""


def solved(text: str, *requests: str, copies: dict[str, int] | None = None) -> Solution:
    """The answer, after the independent check; lazy and eager alike."""
    models = small_models(text)
    problem = problem_of(requests, copies=copies)
    found = solve(problem, models)
    assert complaints(problem, models, found) == []
    eager = solve(problem, models, eager=True)
    assert (eager.drafts, eager.roots) == (found.drafts, found.roots)
    return found


def edges(found: Solution) -> set[str]:
    """``parent@version -> child@version`` of every edge."""
    nodes = {ident: f"{draft.node.name}@{draft.node.version}" for ident, draft in found.drafts.items()}
    return {f"{nodes[ident]} -> {nodes[edge.target]}" for ident, draft in found.drafts.items() for edge in draft.edges}


def nodes(found: Solution, name: str) -> list[str]:
    """Versions of a package's nodes."""
    return sorted(draft.node.version for draft in found.drafts.values() if draft.node.name == name)


def test_who_needs_an_older_tool_does_not_hold_the_others_back() -> None:
    found = solved(SETUPTOOLS, "app")
    assert nodes(found, "py-setuptools") == ["63", "80"]
    assert {"py-new@1 -> py-setuptools@80", "py-old@1 -> py-setuptools@63"} <= edges(found)
    # A build sees one setuptools, so the cython of that build has the same.
    assert "py-cython@3 -> py-setuptools@80" in edges(found)
    assert nodes(found, "py-cython") == ["3"]
    assert nodes(found, "python") == ["3.12"]


def test_names_do_not_decide_who_is_held_back() -> None:
    found = solved(SETUPTOOLS.replace("py-old", "py-aged"), "app")
    assert {"py-new@1 -> py-setuptools@80", "py-aged@1 -> py-setuptools@63"} <= edges(found)


def test_a_tool_is_there_twice_for_builds_with_different_tools_below_it() -> None:
    both = "depends py-setuptools@:63 type=build\n  depends py-cython type=build"
    found = solved(SETUPTOOLS.replace("depends py-setuptools@:63 type=build", both), "app")
    assert nodes(found, "py-cython") == ["3", "3"]
    assert {"py-cython@3 -> py-setuptools@80", "py-cython@3 -> py-setuptools@63"} <= edges(found)
    for name in ("py-new#0", "py-old#0"):
        below = {edge.target.partition("#")[0]: edge.target for edge in found.drafts[name].edges}
        cython = {edge.target for edge in found.drafts[below["py-cython"]].edges}
        assert below["py-setuptools"] in cython


DOC = """
package app
  version 1
  depends one type=link
  depends two type=link
package one
  version 1
  depends tool+doc type=build
package two
  version 1
  depends tool@:2 type=build
package tool
  version 3
  version 2
  tag build-tools
  variant doc false
"""


def test_all_share_where_nothing_is_lost() -> None:
    found = solved(DOC.replace("tool@:2", "tool"), "app")
    assert nodes(found, "tool") == ["3"]
    assert found.drafts["tool#0"].node.variants == {"doc": True}


def test_a_copy_has_the_variants_its_own_dependents_want() -> None:
    found = solved(DOC, "app")
    doc = {draft.node.version: draft.node.variants["doc"] for draft in found.drafts.values() if draft.node.variants}
    assert doc == {"3": True, "2": False}


def test_dependents_with_the_same_need_share_the_second_copy() -> None:
    text = DOC.replace("depends two type=link", "depends two type=link\n  depends three type=link")
    found = solved(text + "package three\n version 1\n depends tool@:2 type=build", "app")
    assert nodes(found, "tool") == ["2", "3"]
    assert {"two@1 -> tool@2", "three@1 -> tool@2", "one@1 -> tool@3"} <= edges(found)


def test_an_older_tool_is_one_copy_where_all_need_it() -> None:
    found = solved(DOC.replace("tool+doc", "tool@:2"), "app")
    assert nodes(found, "tool") == ["2"]


def test_packages_that_import_each_other_share_one_python() -> None:
    found = solved(PYTHONS.replace("version 1\n  extends python\n  depends python@3.12:", "extends python"), "py-app")
    assert {"py-app@1 -> python@3.11", "py-dep@1 -> python@3.11"} <= edges(found)


def test_a_second_python_only_where_one_is_impossible() -> None:
    # meson 1 does with the Python of the others.
    found = solved(PYTHONS, "py-app")
    assert nodes(found, "python") == ["3.11"]
    assert nodes(found, "meson") == ["1"]
    # Where there is no meson 1, the build of the C library has a Python of its own.
    found = solved(PYTHONS.replace("  version 2\n  version 1\n", "  version 2\n"), "py-app")
    assert nodes(found, "python") == ["3.11", "3.12"]
    assert {"py-app@1 -> python@3.11", "py-dep@1 -> python@3.11", "meson@2 -> python@3.12"} <= edges(found)


def test_a_build_has_one_python() -> None:
    text = PYTHONS.replace("  version 2\n  version 1\n", "  version 2\n").replace(
        "depends clib type=link", "depends meson type=build"
    )
    with pytest.raises(UnsatisfiableError):
        solve(problem_of(["py-app"]), small_models(text))


LINKED = """
package app
  version 1
  depends one type=link
  depends two type=link
package one
  version 1
  depends lib@1 type=link
package two
  version 1
  depends lib@2 type=link
package lib
  version 2
  version 1
  tag build-tools
"""


@pytest.mark.parametrize("types", ["link", "run", "build,link", "build,run"])
def test_what_is_linked_or_run_is_never_doubled(types: str) -> None:
    text = LINKED.replace("depends lib@2 type=link", f"depends lib@2 type={types}")
    with pytest.raises(UnsatisfiableError):
        solve(problem_of(["app"], copies={"default": 2}), small_models(text))


def test_what_only_builds_use_may_be_doubled() -> None:
    found = solved(LINKED.replace("depends lib@2 type=link", "depends lib@2 type=build"), "app")
    assert {"one@1 -> lib@1", "two@1 -> lib@2"} <= edges(found)


def test_one_dependent_has_one_copy() -> None:
    text = LINKED.replace("depends lib@2 type=link", "depends lib@2 type=build\n  depends lib@1 type=test")
    models = small_models(text)
    assert nodes(solve(problem_of(["app"]), models), "lib") == ["1", "2"]
    tested = msgspec.structs.replace(problem_of(["app"]), tests=frozenset({"two"}))
    with pytest.raises(UnsatisfiableError):
        solve(tested, models)


def test_a_request_speaks_of_every_copy_below_its_root() -> None:
    found = solved(SETUPTOOLS, "app ^py-setuptools@:63")
    assert nodes(found, "py-setuptools") == ["63"]
    with pytest.raises(UnsatisfiableError):
        solve(problem_of(["app ^py-setuptools@80"]), small_models(SETUPTOOLS))
    # What lies below another root is not meant.
    found = solved(SETUPTOOLS, "py-new ^py-setuptools@80", "py-old")
    assert nodes(found, "py-setuptools") == ["63", "80"]


def test_a_root_is_not_held_back_by_what_builds_use() -> None:
    found = solved(SETUPTOOLS, "py-old", "py-setuptools")
    assert found.drafts[found.roots[1]].node.version == "80"
    assert "py-old@1 -> py-setuptools@63" in edges(found)


@pytest.mark.parametrize("copies", [{"tools": 1}, {"py-setuptools": 1}])
def test_no_copies(copies: dict[str, int]) -> None:
    found = solved(SETUPTOOLS, "app", copies=copies)
    assert nodes(found, "py-setuptools") == ["63"]


def test_three_copies() -> None:
    text = SETUPTOOLS.replace("depends py-old type=run", "depends py-old type=run\n  depends py-ancient type=run") + (
        "package py-ancient\n version 1\n extends python\n depends py-setuptools@40 type=build\n"
    )
    found = solved(text, "app", copies={"tools": 3})
    assert nodes(found, "py-setuptools") == ["40", "63", "80"]
    # With two, the newest is as new as ever, and the others agree.
    assert nodes(solved(text, "app"), "py-setuptools") == ["40", "80"]


def test_only_tools_have_copies_unless_told() -> None:
    text = DOC.replace("  tag build-tools\n", "")
    assert nodes(solved(text, "app"), "tool") == ["2"]
    assert nodes(solved(text, "app", copies={"tool": 2}), "tool") == ["2", "3"]


def test_of_others_there_are_several_only_where_one_is_impossible() -> None:
    text = DOC.replace("  tag build-tools\n", "")
    assert nodes(solved(text, "app", copies={"default": 2}), "tool") == ["2"]
    found = solved(text.replace("tool+doc", "tool@3+doc"), "app", copies={"default": 2})
    assert nodes(found, "tool") == ["2", "3"]


def orchard(size: int) -> str:
    """Many packages that want many versions of few tools."""
    lines = ["package p0", "  version 1", *[f"  depends p{place} type=link" for place in range(1, size)]]
    for place in range(1, size):
        lines += [f"package p{place}", "  version 2", "  version 1"]
        lines += [f"  depends t{place % 4}@{1 + place * 7 % 3} type=build when @2"]
        lines += [f"  depends t{place * 3 % 4}@:{1 + place % 3} type=build"]
        lines += ["  extends python"] if place % 3 == 0 else []
    for place in range(4):
        lines += [f"package t{place}", "  version 3", "  version 2", "  version 1", "  extends python"]
        lines += [f"  variant x {str(place % 2 == 0).lower()}"]
        lines += [f"  depends t{other}@{1 + place}: type=build,run when +x" for other in range(place)]
        lines += [f"  depends python@:{2 + place % 2} type=build,run when @3"]
    return "\n".join([*lines, "package python", *[f"  version {number}" for number in range(1, 4)]])


REPOSITORIES = (("app", SETUPTOOLS), ("py-app", PYTHONS), ("app", DOC), ("p0", orchard(9)))


def test_same_answer_in_every_process(tmp_path: Path) -> None:
    """Neither hash seeds nor the order in which recipes are known matter."""
    script = tmp_path / "answers.py"
    script.write_text(
        "import importlib.util, sys, msgspec\n"
        f"spec = importlib.util.spec_from_file_location('copies', {str(Path(__file__))!r})\n"
        "copies = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(copies)\n"
        "for root, text in copies.REPOSITORIES:\n"
        "    models = copies.small_models(text)\n"
        "    if 'backwards' in sys.argv:\n"
        "        models.models = dict(reversed(models.models.items()))\n"
        "    solution = copies.solve(copies.problem_of([root]), models)\n"
        "    print(msgspec.json.encode([solution.drafts, solution.roots, solution.reasons]).decode())\n"
    )
    outputs = set()
    for seed, extra in (("0", []), ("1", []), ("2", ["backwards"])):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(
            [sys.executable, str(script), *extra], env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == len(REPOSITORIES)


def test_many_packages_and_tools() -> None:
    found = solved(orchard(9), "p0")
    names = [draft.node.name for draft in found.drafts.values()]
    assert max(names.count(f"t{place}") for place in range(4)) == 2
