"""Compilers, make and Python: how core's recipes recognise them, and what they tell those who use them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

# Any: a recipe's own attributes are not known to types.
from typing import Any

import pytest

from outcrop.package import PackageBase
from outcrop.package.builds.hooks import setup_package
from outcrop.package.specs.facade import build_facades
from outcrop.repo.repositories import Repositories
from outcrop.spec.graph import Draft, DraftEdge, External, Node, VariantAnswer, seal_graph
from support.pythons import SYSTEM
from support.recipe_files import CORE
from support.recipes import RecipeRepository

COMPILERS = {"c": "/opt/gnu/bin/gcc-12", "cxx": "/opt/gnu/bin/g++-12"}
USER = """
from spack.package import *

class User(Package):
    version("1.0", sha256="0" * 64)
"""


@pytest.fixture
def repositories(tmp_path: Path) -> Iterator[Repositories]:
    trial = RecipeRepository(tmp_path / "repository")
    trial.recipe("user", USER)
    with Repositories([trial.root, CORE], tmp_path / "cache") as opened:
        yield opened


def core_class(repositories: Repositories, name: str) -> Any:
    return repositories.load_class("core", name)


def node(name: str, namespace: str, version: str, external: External | None = None, **variants: VariantAnswer) -> Node:
    return Node(
        name=name,
        namespace=namespace,
        version=version,
        platform="linux",
        os="testos",
        target="x86_64",
        external=external,
        variants=variants,
    )


def user_of(repositories: Repositories, tool: Node, *virtuals: str) -> tuple[PackageBase, dict[str, str]]:
    """A package that builds with ``tool``, and the environment of its build."""
    drafts = {
        "tool": Draft(node=tool),
        "user": Draft(
            node=node("user", "trial", "1.0", build_system="generic"),
            edges=[DraftEdge(target="tool", types=("build",), virtuals=virtuals)],
        ),
    }
    graph = seal_graph(drafts, ["user"])
    facades = build_facades(
        graph,
        graph.roots[0],
        prefixes=lambda key, node: node.external.prefix if node.external else "/nowhere",
        load_class=repositories.load_class,
    )
    environment: dict[str, str] = {}
    setup_package(facades, graph.roots[0], jobs=3).apply_modifications(environment)
    return facades[graph.roots[0]].package, environment


def gcc_node(*languages: str) -> Node:
    return node(
        "gcc", "core", "12.2.0", External(prefix="/opt/gnu", extra={"compilers": COMPILERS}), languages=languages
    )


def test_a_compiler_stands_for_the_languages_it_was_chosen_for(repositories: Repositories) -> None:
    package, environment = user_of(repositories, gcc_node("c", "c++"), "c")
    assert environment["CC"] == COMPILERS["c"]
    assert not {"CXX", "FC", "F77"} & set(environment)
    assert package.module.spack_cc == COMPILERS["c"]
    assert not hasattr(package.module, "spack_cxx")


def test_a_compiler_for_two_languages(repositories: Repositories) -> None:
    package, environment = user_of(repositories, gcc_node("c", "c++"), "c", "cxx")
    assert (environment["CC"], environment["CXX"]) == (COMPILERS["c"], COMPILERS["cxx"])
    compiler: Any = package.spec["cxx"].package
    assert compiler.cxx == COMPILERS["cxx"]
    assert compiler.fortran is None
    assert compiler.standard_flag(language="cxx", standard="17") == "-std=c++17"


@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")
def test_a_compiler_tells_its_whole_version(repositories: Repositories) -> None:
    gcc = core_class(repositories, "gcc")
    found = gcc.determine_version(shutil.which("gcc"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", found)


@pytest.mark.parametrize("name", ["gcc", "gcc-12", "g++-4.8", "gfortran"])
def test_names_of_compilers(repositories: Repositories, name: str) -> None:
    (pattern,) = core_class(repositories, "gcc").executables
    assert re.search(pattern, name)


@pytest.mark.parametrize("name", ["gcc-ar", "x86_64-linux-gnu-gcc", "gcc-ranlib-12", "clang"])
def test_names_of_what_is_no_compiler(repositories: Repositories, name: str) -> None:
    (pattern,) = core_class(repositories, "gcc").executables
    assert not re.search(pattern, name)


def test_programs_found_together_are_one_compiler(repositories: Repositories) -> None:
    gcc = core_class(repositories, "gcc")
    found = gcc.determine_variants(["/usr/bin/g++-12", "/usr/bin/gcc-12", "/usr/bin/gcc", "/usr/bin/g++"], "12.2.0")
    assert found == ("languages:=c,c++", {"compilers": {"c": "/usr/bin/gcc", "cxx": "/usr/bin/g++"}})


def test_make_runs_with_the_jobs_of_the_build(repositories: Repositories, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "make"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$0 $@"\n')
    program.chmod(0o755)
    package, _ = user_of(repositories, node("gmake", "core", "4.3", External(prefix=str(tmp_path))))
    said = package.module.make("all", output=str)
    assert said.split()[0] == str(program)
    assert re.search(r"-j\d+ all", said)


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make_tells_its_version(repositories: Repositories) -> None:
    gmake = core_class(repositories, "gmake")
    assert re.match(r"\d+\.\d+", gmake.determine_version(shutil.which("make")))


def test_python_tells_its_version_and_others_none(repositories: Repositories) -> None:
    python = core_class(repositories, "python")
    assert re.match(r"3\.\d+\.\d+", python.determine_version(str(SYSTEM)))
    assert python.determine_version("/bin/true") is None


def test_who_uses_python_as_a_program_only_gets_the_base(repositories: Repositories) -> None:
    external = External(prefix="/usr", executable=str(SYSTEM))
    package, _ = user_of(repositories, node("python", "core", "3.11.2", external))
    assert package.module.python.path == str(SYSTEM)
    assert not hasattr(package.module, "python_platlib")
