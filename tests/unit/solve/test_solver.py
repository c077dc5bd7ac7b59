from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from outcrop.base.errors import RequestError, UsageError
from outcrop.solve import (
    ExternalChoice,
    ExternalDependency,
    PackageRules,
    Problem,
    Rule,
    Solution,
    UnsatisfiableError,
    solve,
)
from outcrop.spec import VariantConstraint, parse_spec, parse_versions
from outcrop.spec.graph import Draft, External, seal_graph
from outcrop.spec.match import node_satisfies
from support.small_models import SmallModels, small_models
from support.solver_cases import EXPLAINED, SOLVED, Case
from support.verify_solution import complaints


def rules(data: dict[str, object]) -> PackageRules:
    made: dict[str, Any] = {}
    for key, value in data.items():
        if key in ("require", "prefer", "conflict"):
            texts = cast(tuple[str, ...], value)
            made[key] = tuple(Rule(specs=(parse_spec(text),), place="spack.yaml:7") for text in texts)
        elif key == "versions":
            made[key] = tuple(parse_versions(text) for text in cast(tuple[str, ...], value))
        elif key == "variants":
            specs = [parse_spec(text) for text in cast(tuple[str, ...], value)]
            made[key] = tuple(variant for spec in specs for variant in spec.variants)
        else:
            made[key] = value
    return PackageRules(**made)


def problem_of(case: Case) -> Problem:
    externals = []
    for place, text in enumerate(case.externals):
        spec = parse_spec(text)
        dependencies = tuple(ExternalDependency(spec=edge.spec) for edge in spec.edges)
        external = External(prefix=f"/ext/{place}")
        externals.append(ExternalChoice.from_spec(spec.without_edges(), external, dependencies))
    options: dict[str, Any] = {"os": "testos", "target": "t1", **case.options}
    return Problem(
        requests=tuple(parse_spec(request) for request in case.requests),
        externals=tuple(externals),
        packages={name: rules(data) for name, data in case.packages.items()},
        **options,
    )


def matching(solution: Solution, text: str) -> list[Draft]:
    words = text.replace(" external", "")
    spec = parse_spec(words.replace(",-g", " -g") if "cflags" not in words else words.split(" cflags")[0])
    graph = seal_graph(solution.drafts, dict.fromkeys(solution.roots))
    keys = [key for key in graph.nodes if graph[key].name == spec.name and node_satisfies(graph, key, spec)]
    found = []
    for key in keys:
        node = graph[key]
        if (" external" in text) != node.is_external and " external" in text:
            continue
        if "cflags" in words and ",".join(node.flags["cflags"]) != words.split("cflags=")[1]:
            continue
        found.append(Draft(node=node))
    return found


def edges_of(solution: Solution) -> set[str]:
    found = set()
    for draft in solution.drafts.values():
        for edge in draft.edges:
            child = solution.drafts[edge.target].node.name
            virtuals = f" [{','.join(edge.virtuals)}]" if edge.virtuals else ""
            found.add(f"{draft.node.name} -> {child} : {','.join(edge.types)}{virtuals}")
    return found


def check(case: Case, solution: Solution) -> None:
    edges = edges_of(solution)
    for text in case.expect:
        absent, wanted = text.startswith("no "), text.removeprefix("no ")
        if " -> " in wanted:
            assert (wanted in edges) != absent, (text, sorted(edges))
        else:
            assert bool(matching(solution, wanted)) != absent, (text, solution.drafts)


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    models = small_models(case.repository)
    problem = problem_of(case)
    solution = solve(problem, models)
    check(case, solution)
    if problem.unify is not False:
        assert complaints(problem, models, solution) == [] or problem.unify == "when_possible"
    eager = solve(problem, models, eager=True)
    assert (eager.drafts, eager.roots) == (solution.drafts, solution.roots)


GOLDEN = Path(__file__).with_name("explanations.txt")


def explanation(case: Case) -> str:
    with pytest.raises(UnsatisfiableError) as caught:
        solve(problem_of(case), small_models(case.repository))
    error = caught.value
    lines = [f"{error.code}: {error.message}", *[f"  {line}" for line in error.details]]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    assert len(lines) <= 15
    return "\n".join(lines)


def test_explanations() -> None:
    """``OUTCROP_ACCEPT=1 pytest tests/unit/solve`` takes the present texts as the right ones."""
    found = "\n\n".join(f"# {case.name}\n{explanation(case)}" for case in EXPLAINED) + "\n"
    if os.environ.get("OUTCROP_ACCEPT"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_explanation_is_minimal() -> None:
    case = next(case for case in EXPLAINED if case.name == "requests that clash")
    with pytest.raises(UnsatisfiableError) as caught:
        solve(problem_of(case), small_models(case.repository))
    said = " ".join(caught.value.details)
    assert "py-numpy@2.1" not in said
    assert "py-wheel" not in said


def test_anchor_keeps_the_python_of_the_host() -> None:
    models = small_models(
        """
        package python
          version 3.13
        package py-numpy
          version 2.5
          version 1.26
          extends python
          depends python@3.12: when @2:
          depends python@:3.12 when @:1
        """
    )
    external = ExternalChoice.from_spec(parse_spec("python@3.11.2"), External(prefix="/usr"))
    problem = Problem(requests=(parse_spec("py-numpy"),), os="testos", target="t1", externals=(external,))
    kept = solve(problem, models)
    assert {draft.node.version for draft in kept.drafts.values()} == {"1.26", "3.11.2"}
    free = solve(msgspec.structs.replace(problem, anchors=()), models)
    assert {draft.node.version for draft in free.drafts.values()} == {"2.5", "3.13"}
    asked = solve(msgspec.structs.replace(problem, requests=(parse_spec("py-numpy@2.5"),)), models)
    assert {draft.node.version for draft in asked.drafts.values()} == {"2.5", "3.13"}


def test_only_what_matters_is_read() -> None:
    others = "package b\n version 1\npackage c\n version 1"
    models = small_models("package a\n version 1\n variant x false\n depends b when +x\n depends c\n" + others)
    solution = solve(Problem(requests=(parse_spec("a"),)), models)
    assert set(models.loaded) == {"a", "c"}
    assert solution.statistics.expanded == 2


def test_reasons_name_dependents_and_better_choices() -> None:
    models = small_models(
        """
        package a
          version 1
          depends b@:1
        package b
          version 2
          version 1
        """
    )
    solution = solve(Problem(requests=(parse_spec("a"),)), models)
    reason = solution.reasons["b#0"]
    assert reason.dependents == (("a#0", ("small/a.py:4",)),)
    (choice,) = reason.choices
    assert (choice.what, choice.chosen, choice.rank, choice.options, choice.best) == ("version", "1", 1, 2, "2")
    assert solution.reasons["a#0"].requests == (0,)


def test_equal_parts_of_separate_answers_are_one_draft() -> None:
    models = small_models("package a\n version 2\n version 1\n depends b\npackage b\n version 1")
    problem = Problem(requests=(parse_spec("a@1"), parse_spec("a@2"), parse_spec("a@1")), unify=False)
    solution = solve(problem, models)
    assert sorted(solution.drafts) == ["a#0", "a#1", "b#0"]
    assert solution.roots[0] == solution.roots[2] != solution.roots[1]


def test_unknown_root_and_nameless_request() -> None:
    models = SmallModels({})
    with pytest.raises(RequestError, match="no recipe for zlib"):
        solve(Problem(requests=(parse_spec("zlib"),)), models)
    with pytest.raises(UsageError, match="names no package"):
        solve(Problem(requests=(parse_spec("+shared"),)), models)


def test_no_requests() -> None:
    assert solve(Problem(requests=()), SmallModels({})).drafts == {}


def test_external_from_what_a_probe_found() -> None:
    external = ExternalChoice.from_answers(
        "gcc", "12.2.0", {"languages": ("c", "cxx"), "nls": True}, External(prefix="/usr")
    )
    assert external.variants == (
        VariantConstraint.make("languages", ["c", "cxx"], exact=True),
        VariantConstraint.boolean("nls", True),
    )
    with pytest.raises(ValueError, match="one version"):
        ExternalChoice.from_spec(parse_spec("gcc@12:13"), External(prefix="/usr"))


def test_problem_can_be_saved_and_replayed() -> None:
    case = next(case for case in SOLVED if case.name == "usual provider, one per graph")
    problem = problem_of(case)
    again = msgspec.json.decode(msgspec.json.encode(problem), type=Problem)
    models = small_models(case.repository)
    assert solve(again, models).drafts == solve(problem, models).drafts


def test_same_answer_in_every_process(tmp_path: Path) -> None:
    script = tmp_path / "answers.py"
    script.write_text(
        "import importlib.util, sys, msgspec\n"
        f"spec = importlib.util.spec_from_file_location('cases', {str(Path(__file__))!r})\n"
        "cases = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(cases)\n"
        "for case in cases.SOLVED:\n"
        "    models = cases.small_models(case.repository)\n"
        "    if 'backwards' in sys.argv:\n"
        "        models.models = dict(reversed(models.models.items()))\n"
        "    solution = cases.solve(cases.problem_of(case), models)\n"
        "    print(msgspec.json.encode([solution.drafts, solution.roots, solution.reasons]).decode())\n"
        "for case in cases.EXPLAINED[:6]:\n"
        "    print(cases.explanation(case))\n"
    )
    outputs = set()
    for seed, extra in (("0", []), ("1", []), ("77", ["backwards"])):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(
            [sys.executable, str(script), *extra], env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) > len(SOLVED)
