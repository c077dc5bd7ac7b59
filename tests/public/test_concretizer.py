"""The solver on Spack's public recipes, where a checkout is at hand: ``OUTCROP_TEST_REPO`` names its ``builtin``
directory. ``OUTCROP_TEST_SAMPLE=n`` draws n packages at random (500).

Every package has an answer, which the independent check finds nothing wrong with, or an explanation of at most 15
lines. A failure names the packages and says what is wrong with each.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from archspec.cpu import TARGETS

from outcrop.env.defaults import DEFAULT_PROVIDERS, unbuildable_by_default
from outcrop.env.rules import DEFAULT_COPIES, EXPECTED_COPIES
from outcrop.host.platforms import describe_processor
from outcrop.repo import CORE_ROOT, Repositories
from outcrop.solve import ExternalChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from support.installed_nodes import install
from support.verify_solution import complaints

CHECKOUT = os.environ.get("OUTCROP_TEST_REPO", "")
SAMPLE = int(os.environ.get("OUTCROP_TEST_SAMPLE", "500"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHECKOUT, reason="OUTCROP_TEST_REPO names no checkout of Spack's public recipes"),
]

EXTERNALS = ("gcc@12.2.0 languages:=c,c++,fortran", "python@3.11.2", "gmake@4.3", "glibc@2.36")

KNOWN = (
    "py-numpy",
    "py-scipy",
    "py-matplotlib",
    "py-pandas",
    "py-torch",
    "py-tensorflow",
    "hdf5+mpi",
    "netcdf-c",
    "petsc",
    "trilinos",
    "openmpi",
    "mpich",
    "cmake",
    "gcc",
    "llvm",
    "openblas",
    "boost+python",
    "root",
    "paraview",
    "gromacs",
)

PASSED_DOWN = (
    "hdf5++shared",
    "hdf5+mpi~~shared",
    "py-numpy cflags==-O2",
    "netcdf-c %%gcc@12",
    "cmake build_type==Debug ^ncurses cflags=-g",
)

UNSATISFIABLE = 40
"""Of 500: recipes that ask for versions that are gone, or for other machines. More means that something broke."""


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repositories]:
    """All recipes; one process, so that models are read once."""
    with Repositories([Path(CHECKOUT), CORE_ROOT], tmp_path_factory.mktemp("public")) as repositories:
        yield repositories


def problem_of(request: str, **options: Any) -> Problem:
    """As the program asks on a machine with a compiler, a Python, and no configuration."""
    processor = describe_processor(TARGETS["x86_64_v3"], list(TARGETS.values()))
    problem = Problem(
        requests=(parse_spec(request),),
        os="debian12",
        target=processor.target,
        targets=processor.targets,
        target_facts=processor.family,
        externals=tuple(ExternalChoice.from_spec(parse_spec(text), External(prefix="/usr")) for text in EXTERNALS),
        packages=unbuildable_by_default({}),
        default_providers=DEFAULT_PROVIDERS,
        build_compilers=False,
        copies=DEFAULT_COPIES,
        expected_copies=EXPECTED_COPIES,
    )
    return msgspec.structs.replace(problem, **options)


@dataclass(frozen=True)
class Verdict:
    """What came of a request: an answer or the reason why there is none, and what is wrong with either."""

    request: str
    solution: Solution | None = None
    reason: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n    ".join([f"{self.request}:", *(self.wrong or self.reason)])


def verdict(problem: Problem, recipes: Repositories) -> Verdict:
    """Solve, and have the answer checked."""
    request = str(problem.requests[0])
    try:
        solution = solve(problem, recipes)
        return Verdict(request, solution=solution, wrong=complaints(problem, recipes, solution))
    except UnsatisfiableError as error:
        lines = [error.message, *error.details, *([error.hint] if error.hint else [])]
        wrong = [f"an explanation of {len(lines)} lines"] if len(lines) > 15 else []
        if error.code == "unexplained" or not error.details:
            wrong.append(f"no explanation: {error.message}")
        return Verdict(request, reason=lines, wrong=wrong)
    except Exception as error:
        # One package out of hundreds; the others are to be told as well.
        return Verdict(request, wrong=[f"{type(error).__name__}: {error}"])


def told(verdicts: list[Verdict]) -> str:
    """A paragraph for each."""
    return "\n".join(["", *map(str, verdicts)])


@pytest.mark.parametrize("request_text", [*KNOWN, *PASSED_DOWN])
def test_what_everybody_installs_has_an_answer(request_text: str, recipes: Repositories) -> None:
    found = verdict(problem_of(request_text), recipes)
    assert found.solution is not None and not found.wrong, told([found])


@pytest.mark.parametrize("request_text", KNOWN)
def test_what_everybody_has_installed_is_found_again(request_text: str, recipes: Repositories) -> None:
    first = verdict(problem_of(request_text), recipes)
    assert first.solution is not None, told([first])
    again = verdict(problem_of(request_text, installed=install(first.solution)), recipes)
    assert again.solution is not None and not again.wrong, told([again])
    built = [ident for ident, draft in again.solution.drafts.items() if not draft.node.is_external]
    assert set(built) == set(again.solution.reused), told([again])


@pytest.mark.parametrize("request_text", ["py-numpy", "hdf5+mpi", "petsc"])
def test_compilers_that_may_not_be_mixed(request_text: str, recipes: Repositories) -> None:
    found = verdict(problem_of(request_text, compiler_mixing=False), recipes)
    assert found.solution is not None and not found.wrong, told([found])


def test_any_package_has_a_right_answer_or_an_explanation(recipes: Repositories) -> None:
    names = sorted(name for name in recipes.names() if (home := recipes.home(name)) and home.namespace != "core")
    drawn = random.Random(20240511).sample(names, SAMPLE)
    verdicts = [verdict(problem_of(name), recipes) for name in drawn]
    wrong = [found for found in verdicts if found.wrong]
    assert not wrong, told(wrong)
    without = [found for found in verdicts if found.solution is None]
    assert len(without) <= UNSATISFIABLE * SAMPLE / 500 + 2, told(without)
