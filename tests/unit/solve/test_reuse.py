"""Reuse of what is installed: what is taken, what is not, and what is said about it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from outcrop.solve import (
    Choice,
    ExternalChoice,
    InstalledChoice,
    PackageRules,
    Problem,
    Rule,
    Solution,
    UnsatisfiableError,
    solve,
)
from outcrop.spec import parse_spec, parse_versions
from outcrop.spec.graph import External
from support.installed_nodes import install, root_hashes
from support.small_models import SmallModels, small_models

RECIPES = """
package app
  version 2
  version 1
  variant x true
  depends zlib@1.2: type=link
  depends cmake type=build
  depends mpi type=link
package other
  version 1
  depends zlib type=link
package zlib
  version 1.4 deprecated
  version 1.3
  version 1.2
  variant shared true
  variant pic false
  depends cmake@3: type=build
package cmake
  version 4
  version 3
package openmpi
  version 5
  provides mpi
  depends hwloc type=link
package mpich
  version 4
  provides mpi
package hwloc
  version 2
"""
MODELS = small_models(RECIPES)


def problem(*requests: str, installed: tuple[InstalledChoice, ...] = (), **options: object) -> Problem:
    made = Problem(
        requests=tuple(parse_spec(request) for request in requests), os="testos", target="t1", installed=installed
    )
    return msgspec.structs.replace(made, **options)


def installed_from(*groups: str, models: SmallModels = MODELS, **options: Any) -> tuple[InstalledChoice, ...]:
    """Each group of requests (separated by commas) solved without reuse, and installed."""
    found: tuple[InstalledChoice, ...] = ()
    for group in groups:
        found = install(solve(problem(*group.split(","), **options), models), found)
    return found


def answer(*requests: str, installed: tuple[InstalledChoice, ...], **options: object) -> Solution:
    lazy = solve(problem(*requests, installed=installed, **options), MODELS)
    eager = solve(problem(*requests, installed=installed, **options), MODELS, eager=True)
    assert (lazy.drafts, lazy.roots, lazy.reused) == (eager.drafts, eager.roots, eager.reused)
    return lazy


def versions(solution: Solution) -> dict[str, str]:
    """Name -> version, with a plus behind it where it is reused."""
    return {
        draft.node.name: draft.node.version + ("+" if ident in solution.reused else "")
        for ident, draft in solution.drafts.items()
    }


def key_of(installed: tuple[InstalledChoice, ...], text: str) -> str:
    spec = parse_spec(text)
    (found,) = [
        choice.hash
        for choice in installed
        if choice.node.name == spec.name and (not spec.version_text or str(spec.versions) == choice.node.version)
    ]
    return found


def kept(solution: Solution) -> dict[str, Choice]:
    return {
        solution.drafts[ident].node.name: choice
        for ident, reason in solution.reasons.items()
        for choice in reason.choices
        if choice.what == "kept"
    }


def test_build_dependencies_of_what_is_reused_are_left_out() -> None:
    installed = installed_from("app")
    found = answer("app", installed=installed)
    assert versions(found) == {"app": "2+", "zlib": "1.3+", "mpich": "4+"}
    assert root_hashes(found, installed) == [key_of(installed, "app")]
    (root,) = found.roots
    edges = {found.drafts[edge.target].node.name: edge for edge in found.drafts[root].edges}
    assert edges["mpich"].virtuals == ("mpi",) and edges["zlib"].types == ("link",)


def test_an_older_library_is_kept_and_the_answer_says_so() -> None:
    installed = installed_from("zlib@1.2~shared ^cmake@3")
    found = answer("other", installed=installed)
    assert versions(found) == {"other": "1", "zlib": "1.2+"}
    assert kept(found) == {"zlib": Choice(what="kept", chosen="1.2", rank=1, options=2, best="@1.3 +shared")}
    assert kept(answer("other ^zlib@1.2", installed=installed))["zlib"].best == "+shared"
    assert not kept(answer("other ^zlib@1.2~shared", installed=installed))


def test_requests_and_requirements_come_before_reuse() -> None:
    installed = installed_from("zlib@1.2~shared")
    assert versions(answer("zlib@1.3", installed=installed))["zlib"] == "1.3"
    assert versions(answer("zlib+shared", installed=installed))["zlib"] == "1.3"
    rule = Rule(specs=(parse_spec("@1.3"),), place="spack.yaml:3")
    required = {"zlib": PackageRules(require=(rule,))}
    assert versions(answer("other", installed=installed, packages=required))["zlib"] == "1.3"
    barred = {"zlib": PackageRules(conflict=(Rule(specs=(parse_spec("~shared"),)),))}
    assert versions(answer("other", installed=installed, packages=barred))["zlib"] == "1.3"


def test_wishes_come_after_reuse() -> None:
    installed = installed_from("zlib@1.2~shared")
    preferred = Rule(specs=(parse_spec("@1.3"),))
    wishes = PackageRules(
        prefer=(preferred,), versions=(parse_versions("1.3"),), variants=parse_spec("+shared").variants
    )
    assert versions(answer("other", installed=installed, packages={"zlib": wishes}))["zlib"] == "1.2+"


def test_rules_ask_what_it_was_built_with() -> None:
    installed = installed_from("zlib ^cmake@3")
    for text, version in (("%cmake@3", "1.3+"), ("%cmake@4", "1.3")):
        rules = {"zlib": PackageRules(require=(Rule(specs=(parse_spec(text),)),))}
        assert versions(answer("other", installed=installed, packages=rules))["zlib"] == version
    assert versions(answer("zlib %cmake@3", installed=installed)) == {"zlib": "1.3+"}
    assert versions(answer("zlib ^cmake@4", installed=installed)) == {"zlib": "1.3", "cmake": "4"}


def test_the_best_of_several() -> None:
    installed = installed_from("zlib@1.2", "zlib@1.3~shared+pic", "zlib@1.3~shared", "zlib@1.4")
    (choice,) = answer("zlib", installed=installed).drafts.values()
    assert (choice.node.version, choice.node.variants) == ("1.3", {"shared": False, "pic": False})
    assert versions(answer("zlib+shared", installed=installed)) == {"zlib": "1.2+"}
    assert versions(answer("zlib+shared@1.3:", installed=installed)) == {"zlib": "1.4+"}


def test_a_reused_package_brings_exactly_what_it_was_built_with() -> None:
    installed = installed_from("other ^zlib@1.2", "zlib@1.3")
    assert versions(answer("other", installed=installed)) == {"other": "1+", "zlib": "1.2+"}
    # One zlib for both, and the newer one cannot be that of the installed package.
    found = answer("other", "zlib@1.3", installed=installed)
    assert versions(found) == {"other": "1", "zlib": "1.3+"}


def test_one_provider_for_all() -> None:
    installed = installed_from("app ^openmpi")
    assert versions(answer("app", installed=installed))["openmpi"] == "5+"
    found = answer("app ^mpich", installed=installed)
    assert versions(found) == {"app": "2", "zlib": "1.3+", "mpich": "4", "cmake": "4+"}


def test_the_recipe_of_what_is_reused_does_not_count() -> None:
    old = small_models(
        "package lib\n  version 1\n  variant old true\n  depends gone type=link\npackage gone\n  version 1\n"
    )
    new = small_models(
        "package lib\n  version 1\n  version 2\n  variant new true\n  variant old true when @2\n"
        "  conflicts @1 when ~new\n  conflicts @1 when +new\n  depends fresh type=link\npackage fresh\n  version 1\n"
    )
    installed = installed_from("lib", models=old)
    found = solve(problem("lib", installed=installed), new)
    assert versions(found) == {"lib": "1+", "gone": "1+"}
    (root,) = found.roots
    assert found.drafts[root].node.variants == {"old": True}
    assert versions(solve(problem("lib+old", installed=installed), new))["lib"] == "1+"
    # It has no such variant, whatever its recipe says today.
    for text in ("lib+new", "lib~new", "lib new=*"):
        assert versions(solve(problem(text, installed=installed), new))["lib"] == "2"


def test_an_external_below_must_be_that_external() -> None:
    def outside(version: str, prefix: str) -> ExternalChoice:
        return ExternalChoice.from_spec(parse_spec(f"zlib@{version}"), External(prefix=prefix))

    installed = installed_from("other", externals=(outside("1.2", "/usr"),))
    assert not any(choice.offered for choice in installed if choice.node.name == "zlib")
    same = answer("other", installed=installed, externals=(outside("1.2", "/opt"), outside("1.2", "/usr")))
    (prefix,) = [draft.node.external.prefix for draft in same.drafts.values() if draft.node.external is not None]
    assert versions(same)["other"] == "1+" and prefix == "/usr"
    for other in ((), (outside("1.2", "/opt"),), (outside("1.3", "/usr"),)):
        assert versions(answer("other", installed=installed, externals=other))["other"] == "1"


def test_reuse_comes_before_externals_but_for_anchors() -> None:
    outside = ExternalChoice.from_spec(parse_spec("zlib@1.2"), External(prefix="/usr"))
    installed = installed_from("zlib@1.3")
    assert versions(answer("other", installed=installed, externals=(outside,)))["zlib"] == "1.3+"
    assert versions(answer("other ^zlib@1.2", installed=installed, externals=(outside,)))["zlib"] == "1.2"
    anchored = answer("other", installed=installed, externals=(outside,), anchors=("zlib",))
    assert versions(anchored)["zlib"] == "1.2"
    assert (
        versions(answer("other ^zlib@1.3", installed=installed, externals=(outside,), anchors=("zlib",)))["zlib"]
        == "1.3+"
    )


def test_rules_for_all_packages_ask_what_it_was_built_with() -> None:
    models = small_models(
        """
        package lib
          version 1
          depends c type=build
        package plain
          version 1
        package gcc
          version 12
          provides c
        package llvm
          version 15
          provides c
        """
    )
    installed = installed_from("lib %llvm", "plain", models=models)
    for text, version in (("%llvm", "1+"), ("%gcc", "1"), ("%[virtuals=c] gcc", "1"), ("%c", "1+")):
        rules = {"all": PackageRules(require=(Rule(specs=(parse_spec(text),)),))}
        found = solve(problem("lib", "plain", installed=installed, packages=rules), models)
        assert versions(found)["lib"] == version, text
        assert versions(found)["plain"] == "1+", text


def test_roots_are_left_out_if_so_wished() -> None:
    installed = installed_from("app ^zlib@1.2", "other ^zlib@1.2")
    found = answer("app", installed=installed, reuse_roots=False)
    assert versions(found) == {"app": "2", "zlib": "1.2+", "mpich": "4+", "cmake": "4+"}
    both = answer("app", "zlib", installed=installed, reuse_roots=False)
    assert versions(both)["zlib"] == "1.3"
    by_hash = answer(f"other/{key_of(installed, 'other')}", "zlib@1.2", installed=installed, reuse_roots=False)
    assert versions(by_hash) == {"other": "1+", "zlib": "1.2+"}


def test_tested_packages_are_built() -> None:
    installed = installed_from("app")
    assert versions(answer("app", installed=installed, tests=frozenset({"app"})))["app"] == "2"


def test_hashes_in_requests() -> None:
    installed = installed_from("zlib@1.2", "zlib@1.3")
    old, new = key_of(installed, "zlib@1.2"), key_of(installed, "zlib@1.3")
    assert versions(answer(f"other ^zlib/{old}", installed=installed)) == {"other": "1", "zlib": "1.2+"}
    assert versions(answer(f"other %zlib/{new}", installed=installed)) == {"other": "1", "zlib": "1.3+"}
    with pytest.raises(UnsatisfiableError) as caught:
        answer(f"other ^zlib/{old}", f"zlib/{new}", installed=installed)
    assert caught.value.details[-2:] == (f"/{old} is zlib@1.2~pic+shared", f"/{new} is zlib@1.3~pic+shared")


def test_why_a_hash_cannot_be_used() -> None:
    installed = installed_from("other ^zlib@1.2")
    other = key_of(installed, "other")
    with pytest.raises(UnsatisfiableError) as caught:
        answer(f"other/{other}", "app ^zlib@1.3", installed=installed)
    zlib = key_of(installed, "zlib")
    line = f"the installed other works only with what it was built with: zlib@1.2 /{zlib[:7]}"
    assert line in caught.value.details


def test_explanations_do_not_speak_of_what_happens_to_be_installed() -> None:
    installed = installed_from("app", "zlib@1.2")

    def said(*more: InstalledChoice) -> tuple[str, ...]:
        with pytest.raises(UnsatisfiableError) as caught:
            solve(problem("app ^zlib@1.3", "zlib@1.2", installed=more), MODELS)
        return caught.value.details

    assert said(*installed) == said()


def test_flags_are_those_it_was_compiled_with() -> None:
    installed = installed_from('zlib@1.3 cflags="-O3"')
    assert versions(answer("zlib", installed=installed)) == {"zlib": "1.3+"}
    assert versions(answer('zlib cflags="-O3"', installed=installed)) == {"zlib": "1.3+"}
    assert versions(answer('zlib cflags="-O2"', installed=installed))["zlib"] == "1.3"
    better = (*installed, *[choice for choice in installed_from("zlib@1.3") if choice.node.name == "zlib"])
    (plain,) = answer("zlib", installed=better).drafts.values()
    assert plain.node.flags == {}


def test_a_problem_with_installed_packages_can_be_saved() -> None:
    made = problem("app", installed=installed_from("app"), reuse_roots=False)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Problem) == made


COMPILED = """
package app
  version 1
  depends c type=build
  depends lib type=link
package lib
  version 2
  version 1
  depends c type=build
package cc
  version 2
  version 1
  tag build-tools
  provides c
  depends lib type=link
package boot
  version 1
  provides c
"""


@pytest.mark.parametrize(("request_", "libraries"), [("app %cc@1", {"1"}), ("app %cc ^lib@2", {"1", "2"})])
def test_an_installed_compiler_is_used_beside_another_copy_of_what_it_links_to(
    request_: str, libraries: set[str]
) -> None:
    models = small_models(COMPILED)
    built = Problem(
        requests=(parse_spec("cc@1 ^lib@1 %boot"),),
        os="testos",
        target="t1",
        externals=(ExternalChoice.from_spec(parse_spec("boot@1"), External(prefix="/boot")),),
        default_providers={"c": ("cc", "boot")},
        copies={"default": 2, "cc": 3},
    )
    installed = install(solve(built, models))
    asked = msgspec.structs.replace(built, requests=(parse_spec(request_),), installed=installed)
    found = solve(asked, models)
    nodes = {ident: draft.node for ident, draft in found.drafts.items()}
    compilers = [ident for ident, node in nodes.items() if node.name == "cc"]
    assert [nodes[ident].version for ident in compilers] == ["1"]
    assert set(compilers) <= set(found.reused)
    assert libraries <= {node.version for node in nodes.values() if node.name == "lib"}
