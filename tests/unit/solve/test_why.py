from __future__ import annotations

import os
from pathlib import Path

import pytest

from outcrop.base.errors import RequestError
from outcrop.cli.explanation import ExplanationRenderer, explanation_record
from outcrop.cli.output import Output
from outcrop.solve import ExternalChoice, PackageRules, Problem, Rule, Solution, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from support.case_repositories import GCC, MPI, PYTHON, ZLIB, Case
from support.small_models import small_models
from support.small_problems import problem_of
from support.solver_cases import SOLVED

GOLDEN = Path(__file__).with_name("why.txt")

TOOLS = """
package app
  version 2
  version 1
  variant docs true
  depends lib@:2
  depends tool type=build when +docs
  conflicts ^lib@1 when @2 because "needs the new lib"
package lib
  version 3
  version 2
  version 1
  variant shared false
  depends c type=build
package tool
  version 7
  version 6
  depends lib+shared type=link
  conflicts ^lib@2 when @7
package gcc
  version 14
  provides c
"""

NEXT_BETTER = """
package a
  version 1
  depends b
  depends c
  conflicts ^b@4
package b
  version 4
  version 3
  version 2
package c
  version 1
  depends d
package d
  version 1
  depends b@:2,4 when @1
"""


def explained(repository: str, requests: list[str], externals: tuple[str, ...] = (), **more: object) -> str:
    problem = problem_of(requests, externals)
    packages = more.get("packages", {})
    assert isinstance(packages, dict)
    problem = Problem(requests=problem.requests, os="o", target="t", externals=problem.externals, packages=packages)
    solution = solve(problem, small_models(repository), explain=True)
    return "\n".join(ExplanationRenderer(problem, solution, Output(colour="never")).lines())


def texts() -> dict[str, str]:
    prefer = PackageRules(prefer=(Rule(specs=(parse_spec("@1.26"),), place="spack.yaml:7"),))
    wished = PackageRules(versions=(parse_spec("a@2").versions,), providers={"mpi": ("openmpi",)})
    return {
        "everything at its best": explained(MPI, ["app"]),
        "a request, and a variant": explained(ZLIB, ["zlib@:1.2 ~shared"], GCC),
        "a dependent": explained(PYTHON, ["py-old", "py-numpy"]),
        "an external, and what it prevents": explained(
            PYTHON, ["py-numpy"], ("python@3.9.2",), packages={"python": PackageRules(buildable=False)}
        ),
        "an external that is in use because it is there": explained(PYTHON, ["py-numpy"], ("python@3.11.2",)),
        "the configuration prefers": explained(PYTHON, ["py-numpy"], packages={"py-numpy": prefer}),
        "the configuration's wish is out of reach": explained(PYTHON, ["py-numpy@2.1"], packages={"py-numpy": prefer}),
        "the configuration orders providers": explained(MPI, ["app"], packages={"all": wished}),
        "another provider": explained(MPI, ["app ^openmpi"]),
        "several packages": explained(TOOLS, ["app"], ("gcc@12",)),
        "the best and the next better have different obstacles": explained(NEXT_BETTER, ["a"]),
    }


def test_explanations_of_answers() -> None:
    """``OUTCROP_ACCEPT=1 pytest tests/unit/solve`` takes the present texts as the right ones."""
    found = "\n\n".join(f"# {name}\n{text}" for name, text in texts().items()) + "\n"
    if os.environ.get("OUTCROP_ACCEPT"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def problem_of_case(case: Case) -> Problem | None:
    """Cases that need no more than requests and externals."""
    if case.packages or case.options:
        return None
    externals = [parse_spec(text) for text in case.externals]
    if any(spec.edges for spec in externals):
        return None
    return problem_of(case.requests, case.externals)


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: case.name)
def test_an_explanation_changes_nothing_and_covers_everything(case: Case) -> None:
    problem = problem_of_case(case)
    if problem is None:
        return
    models = small_models(case.repository)
    plain, told = solve(problem, models), solve(problem, models, explain=True)
    assert (told.drafts, told.roots) == (plain.drafts, plain.roots)
    for ident, reason in plain.reasons.items():
        mine = {(choice.what, choice.chosen, choice.rank): choice for choice in told.reasons[ident].choices}
        for choice in reason.choices:
            explained_choice = mine[(choice.what, choice.chosen, choice.rank)]
            assert bool(explained_choice.obstacles) == bool(choice.rank), explained_choice


def without_line(repository: str, number: int) -> str:
    lines = repository.splitlines()
    lines[number - 1] = ""
    return "\n".join(lines)


def version_of(solution: Solution, name: str) -> str:
    return next(draft.node.version for draft in solution.drafts.values() if draft.node.name == name)


def test_without_the_line_named_the_better_version_is_taken() -> None:
    problem = problem_of(["py-old"])
    told = solve(problem, small_models(PYTHON), explain=True)
    (choice,) = [choice for choice in told.reasons["python#0"].choices if choice.what == "version"]
    ((line,),) = [obstacle.lines for obstacle in choice.obstacles]
    number = int(line.rpartition(":")[2].rstrip(")"))
    after = solve(problem, small_models(without_line(PYTHON, number)))
    assert (version_of(told, "python"), version_of(after, "python")) == ("3.12", choice.best)


def test_requests_left_for_a_second_graph_are_explained_there() -> None:
    problem = Problem(
        requests=tuple(parse_spec(text) for text in ("zlib@1.3", "zlib@1.2")),
        unify="when_possible",
        externals=(ExternalChoice.from_spec(parse_spec("gcc@12"), External(prefix="/usr")),),
    )
    told = solve(problem, small_models(ZLIB), explain=True)
    (choice,) = [choice for choice in told.reasons["zlib#1"].choices if choice.what == "version"]
    assert choice.obstacles[0].lines == ("you asked for zlib@1.2",)
    assert all(not choice.obstacles for choice in told.reasons["zlib#0"].choices)


def test_one_package_in_full() -> None:
    problem = problem_of(["py-old", "py-numpy"])
    solution = solve(problem, small_models(PYTHON), explain=True)
    output = Output(colour="never")
    lines = ExplanationRenderer(problem, solution, output, names=("python",)).lines()
    assert lines[0] == "python@3.12"
    assert [line for line in lines if "needed by" in line] == [
        "    needed by py-numpy@2.1 (small/py-numpy.py:14, small/py-numpy.py:13)",
        "    needed by py-old@1 (small/py-old.py:23, small/py-old.py:22)",
        "    needed by py-wheel@1 (small/py-wheel.py:19)",
    ]
    with pytest.raises(RequestError, match="py-nump is not in the answer") as caught:
        ExplanationRenderer(problem, solution, output, names=("py-nump",))
    assert caught.value.hint == "did you mean py-numpy?"


def test_record_names_requests_dependents_and_obstacles() -> None:
    problem = problem_of(["py-old"])
    solution = solve(problem, small_models(PYTHON), explain=True)
    record = explanation_record(problem, solution, {"python#0": "abc"})
    nodes = record["nodes"]
    assert isinstance(nodes, list)
    assert [node["id"] for node in nodes] == ["py-old#0", "python#0"]
    assert nodes[0]["requests"] == ["py-old"]
    python = nodes[1]
    assert python["hash"] == "abc"
    assert python["dependents"][0]["id"] == "py-old#0"
    version = next(choice for choice in python["choices"] if choice["what"] == "version")
    assert version["criterion"] == "the recipe's order of versions"
    assert list(version["obstacles"][0]["options"]) == ["3.13"]
