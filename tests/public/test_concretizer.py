"""The solver on Spack's public recipes, where a checkout is at hand: ``OUTCROP_TEST_REPO`` names its ``builtin``
directory. ``OUTCROP_TEST_SAMPLE=n`` draws n packages at random (500).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.env.rules import DEFAULT_COPIES
from outcrop.repo import CORE_ROOT, Repositories
from outcrop.solve import ExternalChoice, Problem, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
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

UNSATISFIABLE = 40
"""Of 500: recipes that ask for versions that are gone, or for other machines. More means that something broke."""


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repositories]:
    """All recipes; one process, so that models are read once."""
    with Repositories([Path(CHECKOUT), CORE_ROOT], tmp_path_factory.mktemp("public")) as repositories:
        yield repositories


def wrong_with(request: str, recipes: Repositories) -> tuple[list[str], bool]:
    """What is wrong with the answer to a request, or with the explanation that there is none; whether there is one."""
    problem = Problem(
        requests=(parse_spec(request),),
        os="debian12",
        target="x86_64_v3",
        externals=tuple(ExternalChoice.from_spec(parse_spec(text), External(prefix="/usr")) for text in EXTERNALS),
        copies=DEFAULT_COPIES,
    )
    try:
        solution = solve(problem, recipes)
    except UnsatisfiableError as error:
        lines = [error.message, *error.details, *([error.hint] if error.hint else [])]
        found = [f"an explanation of {len(lines)} lines"] if len(lines) > 15 else []
        return [*found, *(["unexplained"] if error.code == "unexplained" or not error.details else [])], False
    return complaints(problem, recipes, solution), True


@pytest.mark.parametrize("request_text", KNOWN)
def test_what_everybody_installs_has_an_answer(request_text: str, recipes: Repositories) -> None:
    assert wrong_with(request_text, recipes) == ([], True)


def test_any_package_has_a_right_answer_or_an_explanation(recipes: Repositories) -> None:
    names = sorted(name for name in recipes.names() if (home := recipes.home(name)) and home.namespace != "core")
    drawn = random.Random(20240511).sample(names, SAMPLE)
    answers = {name: wrong_with(name, recipes) for name in drawn}
    assert {name: wrong for name, (wrong, _) in answers.items() if wrong} == {}
    without = [name for name, (_, solved) in answers.items() if not solved]
    assert len(without) <= UNSATISFIABLE * SAMPLE / 500 + 2, without
