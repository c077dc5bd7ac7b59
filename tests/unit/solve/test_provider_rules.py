"""Who provides a virtual: what the configuration says of the virtual, providers of one dependent alone, and compilers
that may not be mixed.
"""

from __future__ import annotations

from typing import Any

import pytest

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
from outcrop.spec import Spec, parse_spec
from outcrop.spec.graph import External
from support.small_models import small_models
from support.verify_solution import complaints

MPI = """
package app
  version 1
  depends mpi
  depends solver
  depends mesh
package solver
  version 1
  depends mpi
package mesh
  version 1
  depends mpi
package openmpi
  version 5
  version 4
  provides mpi
package mpich
  version 4
  version 3
  provides mpi
"""
USUAL = {"mpi": ("openmpi", "mpich")}


def rule(text: str, when: str = "") -> tuple[Rule, ...]:
    specs = tuple(parse_spec(part) for part in text.split(" | "))
    return (Rule(specs=specs, when=parse_spec(when) if when else Spec(), place="packages.yaml:3"),)


def answer(text: str, *requests: str, **options: Any) -> Solution:
    """The lazy answer, which full expansion must give as well."""
    problem = Problem(requests=tuple(parse_spec(request) for request in requests), os="testos", target="t1", **options)
    models = small_models(text)
    found = solve(problem, models)
    full = solve(problem, models, eager=True)
    assert (found.drafts, found.roots) == (full.drafts, full.roots)
    if "all" not in problem.packages:
        # The verifier takes rules for all packages by the letter.
        assert complaints(problem, models, found) == []
    return found


def users(solution: Solution, virtual: str) -> dict[str, str]:
    """Who provides the virtual, by dependent."""
    found = {}
    for draft in solution.drafts.values():
        for edge in draft.edges:
            if virtual in edge.virtuals:
                node = solution.drafts[edge.target].node
                found[draft.node.name] = f"{node.name}@{node.version}"
    return found


def test_a_virtual_has_one_provider_unless_a_request_names_another_for_one_dependent() -> None:
    found = answer(MPI, "app %mpi=mpich", default_providers=USUAL)
    assert set(users(found, "mpi").values()) == {"mpich@4"}
    found = answer(MPI, "app %mpi=mpich ^solver %mpi=openmpi", default_providers=USUAL)
    assert users(found, "mpi")["app"] == "mpich@4"
    assert users(found, "mpi")["solver"] == "openmpi@5"
    found = answer(MPI, "app ^mpi=mpich ^solver %openmpi", "mesh %mpich", default_providers=USUAL)
    assert users(found, "mpi") == {"app": "mpich@4", "solver": "openmpi@5", "mesh": "mpich@4"}


def test_the_rest_shares_one() -> None:
    text = MPI + "package other\n version 1\n depends mpi\n depends app\n"
    found = users(answer(text, "other ^app %mpi=mpich ^solver %openmpi", default_providers=USUAL), "mpi")
    assert found == {"other": "mpich@4", "app": "mpich@4", "mesh": "mpich@4", "solver": "openmpi@5"}


def test_two_anywhere_are_still_a_contradiction() -> None:
    with pytest.raises(UnsatisfiableError) as caught:
        answer(MPI, "app ^mpich ^openmpi")
    assert "a graph has one provider of mpi" in caught.value.details


def test_the_configuration_may_name_one_for_a_dependent() -> None:
    packages = {"solver": PackageRules(require=rule("%mpi=mpich"))}
    found = answer(MPI, "app %mpi=openmpi", default_providers=USUAL, packages=packages)
    assert users(found, "mpi") == {"app": "openmpi@5", "solver": "mpich@4", "mesh": "openmpi@5"}


def test_a_virtual_may_be_required_preferred_and_excluded() -> None:
    def provider(**rules: Any) -> set[str]:
        found = answer(MPI, "app", default_providers=USUAL, packages={"mpi": PackageRules(**rules)})
        return set(users(found, "mpi").values())

    assert provider() == {"openmpi@5"}
    assert provider(require=rule("mpich")) == {"mpich@4"}
    assert provider(require=rule("mpich@3")) == {"mpich@3"}
    assert provider(require=rule("openmpi@:4 | mpich@:3")) == {"openmpi@4"}
    assert provider(prefer=rule("mpich@3")) == {"mpich@3"}
    assert provider(prefer=rule("mpich@2")) == {"openmpi@5"}
    assert provider(conflict=rule("openmpi")) == {"mpich@4"}
    assert provider(conflict=rule("openmpi@5")) == {"openmpi@4"}


def test_a_request_for_the_virtual_itself_obeys_as_well() -> None:
    def provider(*requests: str, **rules: Any) -> set[str]:
        found = answer(MPI, *requests, default_providers=USUAL, packages={"mpi": PackageRules(**rules)})
        return {f"{draft.node.name}@{draft.node.version}" for draft in found.drafts.values()} - {"solver@1"}

    assert provider("mpi") == {"openmpi@5"}
    assert provider("mpi", require=rule("mpich")) == {"mpich@4"}
    assert provider("mpi", prefer=rule("mpich@3")) == {"mpich@3"}
    assert provider("mpi", conflict=rule("openmpi@5")) == {"openmpi@4"}
    assert provider("mpi", "solver", require=rule("openmpi@:4 | mpich@:3")) == {"openmpi@4"}
    with pytest.raises(UnsatisfiableError) as caught:
        provider("mpi", buildable=False)
    assert "mpi may not be built (packages: mpi: buildable: false)" in caught.value.details


def test_what_excludes_every_provider_is_named() -> None:
    with pytest.raises(UnsatisfiableError) as caught:
        answer(MPI, "solver", packages={"mpi": PackageRules(require=rule("mpich"), conflict=rule("mpich"))})
    assert caught.value.details == (
        "you asked for solver",
        "mpi is provided by mpich, openmpi only",
        "solver depends on mpi (small/solver.py:9)",
        "packages:mpi:conflict says mpich (packages.yaml:3)",
        "packages:mpi:require says mpich (packages.yaml:3)",
    )


def test_what_is_not_buildable_as_a_virtual_comes_from_outside() -> None:
    external = ExternalChoice.from_spec(parse_spec("mpich@3"), External(prefix="/ext"))
    packages = {"mpi": PackageRules(buildable=False)}
    found = answer(MPI, "app", default_providers=USUAL, packages=packages, externals=(external,))
    assert set(users(found, "mpi").values()) == {"mpich@3"}
    with pytest.raises(UnsatisfiableError) as caught:
        answer(MPI, "solver", packages=packages)
    assert "mpi may not be built (packages: mpi: buildable: false)" in caught.value.details


def test_an_external_has_the_dependencies_it_is_configured_with() -> None:
    dependency = ExternalDependency(spec=parse_spec("gcc@12"), types=("build",), virtuals=("c", "cxx"))
    external = ExternalChoice.from_spec(parse_spec("mpich@3"), External(prefix="/ext"), (dependency,))
    gcc = "package gcc\n version 14\n version 12\n provides c\n provides cxx\n"
    found = answer(MPI + gcc, "solver ^mpich@3", externals=(external,))
    (edge,) = found.drafts["mpich#0"].edges
    assert (edge.target, edge.types, edge.virtuals) == ("gcc#0", ("build",), ("c", "cxx"))
    assert found.drafts["gcc#0"].node.version == "12"


COMPILED = """
package gcc
  version 14
  provides c
  provides fortran
package llvm
  version 20
  provides c
package app
  version 1
  depends c type=build
  depends low
  depends tool type=build
package low
  version 1
  depends c type=build
  requires one_of %gcc
package tool
  version 1
  depends c type=build
"""


def test_compilers_may_be_mixed_or_not() -> None:
    usual = {"c": ("llvm", "gcc")}
    assert users(answer(COMPILED, "app", default_providers=usual), "c")["app"] == "llvm@20"
    found = users(answer(COMPILED, "app", default_providers=usual, compiler_mixing=False), "c")
    assert found == {"app": "gcc@14", "low": "gcc@14", "tool": "llvm@20"}
    found = users(answer(COMPILED, "app", default_providers=usual, compiler_mixing=("low",)), "c")
    assert found["app"] == "llvm@20"


def test_compilers_that_would_have_to_be_mixed() -> None:
    text = COMPILED.replace("depends tool type=build", "conflicts %gcc")
    with pytest.raises(UnsatisfiableError) as caught:
        answer(text, "app", compiler_mixing=False)
    assert "app and low have the same compiler for c (concretizer: compiler_mixing)" in caught.value.details


def test_a_rule_for_all_asks_for_a_compiler_only_where_one_is_needed() -> None:
    text = COMPILED.replace("requires one_of %gcc", "depends pure") + "package pure\n version 1\n"
    usual = {"c": ("llvm", "gcc")}
    for rules in (PackageRules(require=rule("%gcc")), PackageRules(prefer=rule("%gcc"))):
        found = users(answer(text, "app", default_providers=usual, packages={"all": rules}), "c")
        assert found == {"app": "gcc@14", "low": "gcc@14", "tool": "gcc@14"}
    with pytest.raises(UnsatisfiableError) as caught:
        answer(COMPILED, "app", packages={"all": PackageRules(require=rule("%llvm"))})
    assert "packages:all:require says %llvm (packages.yaml:3)" in caught.value.details
