from __future__ import annotations

import pytest

from outcrop.solve import PackageRules, Problem, solve
from outcrop.spec import parse_spec
from support.case_repositories import MPI, PYTHON, ZLIB
from support.small_models import small_models
from support.small_problems import problem_of


def criteria(repository: str, problem: Problem, ident: str) -> dict[str, str]:
    solution = solve(problem, small_models(repository), explain=True)
    return {choice.what: choice.criterion for choice in solution.reasons[ident].choices}


def configured(request: str, **packages: PackageRules) -> Problem:
    return Problem(
        requests=(parse_spec(request),),
        os="testos",
        target="t1",
        targets=("t1", "t0"),
        packages={name.replace("_", "-"): rules for name, rules in packages.items()},
        default_providers={"mpi": ("mpich",)},
    )


@pytest.mark.parametrize(
    ("repository", "problem", "ident", "what", "expected"),
    [
        (MPI, problem_of(["app"]), "app#0", "version", "the recipe's order of versions"),
        (MPI, problem_of(["app"]), "app#0", "mpi", "the recipe's default"),
        (MPI, problem_of(["app"]), "app#0", "provider of mpi", "by name"),
        (MPI, configured("app"), "app#0", "provider of mpi", "the usual provider"),
        (
            MPI,
            configured("app", app=PackageRules(providers={"mpi": ("openmpi",)})),
            "app#0",
            "provider of mpi",
            "packages:app:providers:mpi",
        ),
        (
            MPI,
            problem_of(["app"], ["openmpi@5"]),
            "app#0",
            "provider of mpi",
            "externals come before what has to be built",
        ),
        (
            PYTHON,
            problem_of(["py-old"], ["python@3.9"]),
            "python#0",
            "version",
            "externals come before what has to be built",
        ),
        (
            PYTHON,
            problem_of(["py-old"], ["python@3.9"]),
            "python#0",
            "external",
            "an external python is used where that is possible",
        ),
        (
            PYTHON,
            configured("py-old", python=PackageRules(versions=(parse_spec("a@3.11").versions,))),
            "python#0",
            "version",
            "packages:python:version",
        ),
        (
            ZLIB,
            configured("zlib", all=PackageRules(variants=parse_spec("a~shared").variants)),
            "zlib#0",
            "shared",
            "packages:all:variants",
        ),
    ],
)
def test_criterion(repository: str, problem: Problem, ident: str, what: str, expected: str) -> None:
    assert criteria(repository, problem, ident)[what] == expected
