"""What compilers bring along: wrapper, runtime libraries, C library."""

from __future__ import annotations

import msgspec
import pytest

from outcrop.repo.model import Origin, RuntimeQuestion, RuntimeRule
from outcrop.solve import ExternalChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.solve.runtimes import in_force, instances
from outcrop.spec import make_version, parse_spec
from outcrop.spec.graph import DependencyType, External
from support.small_models import SmallModels, small_models

RECIPES = """
    package app
      version 2
      version 1
      variant native true
      depends c type=build when +native
      depends cxx type=build when @2
      depends lib type=build,link
    package lib
      version 1
      depends fortran type=build
    package script
      version 1
      depends lib type=run
    package text
      version 1
      depends c type=build
      depends iconv type=link
    package libiconv
      version 1
      provides iconv
    package gcc
      version 14
      provides c,cxx
      provides fortran
      external-only
    package llvm
      version 17
      provides c,cxx
      provides fortran
      external-only
    package gcc-runtime
      tag runtime
      provides fortran-rt
      provides libgfortran@3 when @:6
      provides libgfortran@5 when @7:
      depends libc type=link
      depends gcc type=build
    package glibc
      version 2.40
      tag runtime
      provides libc
      provides iconv
      external-only
    package compiler-wrapper
      version 1.1
      version 1.0
      tag runtime
"""


def rule(
    kind: str, package: str, spec: str, when: str, line: int, cases: tuple[tuple[RuntimeQuestion, ...], ...] = ()
) -> RuntimeRule:
    return msgspec.convert(
        {
            "kind": kind,
            "package": package,
            "spec": spec,
            "when": when,
            "origin": Origin("small/gcc.py", line),
            "types": ("link",) if kind == "depends" else (),
            "cases": cases,
        },
        RuntimeRule,
    )


NEW, OLD = RuntimeQuestion("in", ":6", False), RuntimeQuestion("in", ":6", True)
FORTRAN = "%[deptypes=build virtuals=fortran] gcc@={version}"
RULES = (
    *(
        rule("depends", "*", "gcc-runtime@{version}:", f"%[deptypes=build virtuals={language}] gcc@={{version}}", place)
        for place, language in enumerate(("c", "cxx", "fortran"), start=1)
    ),
    rule("depends", "*", "fortran-rt", FORTRAN, 4),
    rule("depends", "*", "libgfortran@3", FORTRAN, 5, ((OLD,),)),
    rule("depends", "*", "libgfortran@5", FORTRAN, 5, ((NEW,),)),
    rule("requires", "gcc-runtime", "@={version}", "%[deptypes=build] gcc@={version}", 6),
    rule("propagate", "*", "gcc@:{version}", "%[deptypes=build] gcc@={version}", 7),
)


def world(text: str = RECIPES, rules: tuple[RuntimeRule, ...] = RULES) -> SmallModels:
    models = small_models(text)
    models.models["gcc"] = msgspec.structs.replace(models.models["gcc"], runtimes=rules)
    return models


def without(*names: str) -> str:
    blocks = RECIPES.split("package ")
    return "package ".join(block for block in blocks if block.split("\n")[0].strip() not in names)


USUAL = ("gcc@12.2", "glibc@2.36", "llvm@17")


def problem(*requests: str, externals: tuple[str, ...] = USUAL, copies: dict[str, int] | None = None) -> Problem:
    found = [
        ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
        for place, text in enumerate(externals)
    ]
    return Problem(
        requests=tuple(parse_spec(text) for text in requests),
        os="testos",
        target="t1",
        externals=tuple(found),
        copies=copies or {},
    )


def solved(asked: Problem, models: SmallModels | None = None) -> Solution:
    """The answer; expanding everything first gives the same one."""
    models = models or world()
    found = solve(asked, models)
    eager = solve(asked, models, eager=True)
    assert (eager.drafts, eager.roots) == (found.drafts, found.roots)
    return found


def edges(solution: Solution, name: str) -> dict[str, tuple[tuple[DependencyType, ...], tuple[str, ...]]]:
    """Dependency with its version -> types and virtuals."""
    draft = next(draft for draft in solution.drafts.values() if draft.node.name == name)
    return {
        f"{solution.drafts[edge.target].node.name}@{solution.drafts[edge.target].node.version}": (
            edge.types,
            edge.virtuals,
        )
        for edge in draft.edges
    }


def test_what_is_compiled_gets_wrapper_runtime_and_c_library() -> None:
    solution = solved(problem("app"))
    assert edges(solution, "app") == {
        "compiler-wrapper@1.1": (("build",), ()),
        "gcc-runtime@12.2": (("link",), ()),
        "gcc@12.2": (("build",), ("c", "cxx")),
        "glibc@2.36": (("link",), ("libc",)),
        "lib@1": (("link", "build"), ()),
    }
    assert edges(solution, "lib")["gcc-runtime@12.2"] == (("link",), ("fortran-rt", "libgfortran"))
    # The runtime gets only what its own recipe says.
    assert edges(solution, "gcc-runtime") == {
        "gcc@12.2": (("build",), ()),
        "glibc@2.36": (("link",), ("libc",)),
    }
    assert edges(solution, "gcc") == edges(solution, "glibc") == edges(solution, "compiler-wrapper") == {}


def test_what_is_not_compiled_gets_nothing() -> None:
    solution = solved(problem("script", "app@1 ~native"))
    assert edges(solution, "script") == {"lib@1": (("run",), ())}
    assert edges(solution, "app") == {"lib@1": (("link", "build"), ())}


def test_nothing_is_injected_where_there_are_no_recipes() -> None:
    models = world(without("compiler-wrapper", "glibc", "gcc-runtime"), rules=())
    solution = solved(problem("app"), models)
    assert set(edges(solution, "app")) == {"gcc@12.2", "lib@1"}
    assert set(edges(solution, "lib")) == {"gcc@12.2"}


def test_each_is_injected_for_itself() -> None:
    only_wrapper = solved(problem("app", externals=("gcc@12.2",)), world(without("glibc", "gcc-runtime"), rules=()))
    assert set(edges(only_wrapper, "app")) == {"gcc@12.2", "lib@1", "compiler-wrapper@1.1"}
    # A recipe of a C library is not enough: it must be this machine's.
    no_libc = solved(problem("lib", externals=("gcc@12.2",)), world(without("gcc-runtime"), rules=()))
    assert set(edges(no_libc, "lib")) == {"gcc@12.2", "compiler-wrapper@1.1"}


def test_another_compiler_brings_no_runtime_of_this_one() -> None:
    solution = solved(problem("app %llvm ^lib %llvm"))
    assert set(edges(solution, "lib")) == {"llvm@17", "compiler-wrapper@1.1", "glibc@2.36"}
    assert set(edges(solution, "app")) == {"llvm@17", "compiler-wrapper@1.1", "glibc@2.36", "lib@1"}


def test_the_runtime_has_the_version_of_the_compiler() -> None:
    asked = problem("app %gcc@11", externals=("gcc@12.2", "gcc@11.4", "glibc@2.36"))
    assert "gcc-runtime@11.4" in edges(solved(asked), "app")
    # No recipe declares 12.2 or 11.4: the versions are those of the compilers there are.
    with pytest.raises(UnsatisfiableError):
        solve(problem("gcc-runtime@10", externals=("gcc@12.2", "gcc@11.4", "glibc@2.36")), world())


@pytest.mark.parametrize(("version", "fits"), [("6.5", "libgfortran@3"), ("7", "libgfortran@5")])
def test_rules_may_ask_for_the_version(version: str, fits: str) -> None:
    asked = (f"gcc@{version}", "glibc@2.36")
    assert f"gcc-runtime@{version}" in edges(solved(problem(f"lib ^{fits}", externals=asked)), "lib")
    other = "libgfortran@5" if fits.endswith("3") else "libgfortran@3"
    with pytest.raises(UnsatisfiableError):
        solve(problem(f"lib ^{other}", externals=asked), world())


def test_a_language_that_hangs_on_another_package() -> None:
    text = (
        RECIPES
        + """
    package late
      version 1
      depends other type=link
      depends c type=build when ^other+native
    package other
      version 1
      variant native false
    """
    )
    assert set(edges(solved(problem("late"), world(text)), "late")) == {"other@1"}
    needed = solved(problem("late ^other+native"), world(text))
    assert set(edges(needed, "late")) == {
        "other@1",
        "gcc@12.2",
        "gcc-runtime@12.2",
        "compiler-wrapper@1.1",
        "glibc@2.36",
    }


def test_the_c_library_at_hand_does_not_stand_in_for_others() -> None:
    usual = msgspec.structs.replace(problem("text"), default_providers={"iconv": ("libiconv",)})
    solution = solved(usual)
    assert edges(solution, "text")["libiconv@1"] == (("link",), ("iconv",))
    chosen = solved(problem("text ^[virtuals=iconv] glibc"))
    assert edges(chosen, "text")["glibc@2.36"] == (("link",), ("iconv", "libc"))


def test_a_compiler_that_is_built_is_compiled_by_another() -> None:
    """Its own runtime library below it would be a circle; what it builds has that of its declared version."""
    text = RECIPES.replace("external-only", "depends c type=build", 1)
    solution = solved(problem("text %gcc", externals=("llvm@17", "glibc@2.36")), world(text))
    assert set(edges(solution, "gcc")) == {"llvm@17", "glibc@2.36", "compiler-wrapper@1.1"}
    assert edges(solution, "gcc-runtime")["gcc@14"] == (("build",), ())
    assert "gcc-runtime@14" in edges(solution, "text")


TWO = ("gcc@12.2", "gcc@13.1", "glibc@2.36")
COPIES = {"gcc": 2, "gcc-runtime": 1}


def test_what_is_linked_was_not_made_by_a_newer_compiler() -> None:
    older = solved(problem("app %gcc@13 ^lib %gcc@12", externals=TWO, copies=COPIES))
    assert "gcc@13.1" in edges(older, "app")
    assert "gcc@12.2" in edges(older, "lib")
    assert "gcc-runtime@13.1" in edges(older, "lib")
    with pytest.raises(UnsatisfiableError):
        solve(problem("app %gcc@12 ^lib %gcc@13", externals=TWO, copies=COPIES), world())
    # Without that rule the newer runtime would do for both.
    lax = world(rules=tuple(rule for rule in RULES if rule.kind != "propagate"))
    assert "gcc@12.2" in edges(solved(problem("app %gcc@12 ^lib %gcc@13", externals=TWO, copies=COPIES), lax), "app")


def test_a_package_in_between_hands_the_limit_on() -> None:
    text = (
        RECIPES
        + """
    package top
      version 1
      depends c type=build
      depends middle type=link
    package middle
      version 1
      depends lib type=link
    """
    )
    with pytest.raises(UnsatisfiableError):
        solve(problem("top %gcc@12 ^lib %gcc@13", externals=TWO, copies=COPIES), world(text))
    solved(problem("top %gcc@13 ^lib %gcc@12", externals=TWO, copies=COPIES), world(text))


def test_a_clash_names_the_rule() -> None:
    with pytest.raises(UnsatisfiableError) as caught:
        solve(problem("lib %gcc@13 ^gcc-runtime@12", externals=TWO), world())
    assert caught.value.details == (
        "you asked for lib %gcc@13 ^gcc-runtime@12",
        "lib depends on gcc-runtime@V: where gcc@V compiles it (small/gcc.py:3)",
        "gcc can only be an external: 13.1 (/ext/1), 12.2 (/ext/0)",
    )
    with pytest.raises(UnsatisfiableError) as caught:
        solve(problem("app %gcc@12 ^lib %gcc@13", externals=TWO, copies=COPIES), world())
    assert caught.value.details[1] == (
        "what lib links with may not come from a newer gcc than what links with it (small/gcc.py:7)"
    )


def test_reasons_say_where_a_rule_stands() -> None:
    reasons = solved(problem("app")).reasons["gcc-runtime#0"].dependents
    origins = dict(reasons)
    assert origins["app#0"] == ("small/gcc.py:1", "small/gcc.py:2")


def test_a_rule_is_for_all_versions_or_for_some() -> None:
    versions = [make_version(text) for text in ("5", "6.5", "7")]
    everywhere, old = RULES[3], RULES[4]
    (found,) = instances(everywhere, "gcc", versions, virtual=True)
    assert str(found.when) == "%[virtuals=fortran deptypes=build] gcc"
    (found,) = instances(old, "gcc", versions, virtual=True)
    assert found.when.edges[0].spec == parse_spec("gcc@=5,=6.5")
    assert list(instances(old, "gcc", versions[2:], virtual=True)) == []
    # What is asked of a virtual at the compiler's version has to be said for each.
    each = rule("depends", "*", "libgfortran@{version}", FORTRAN, 1)
    assert [str(item.spec) for item in instances(each, "gcc", versions, virtual=True)] == [
        "libgfortran@5",
        "libgfortran@6.5",
        "libgfortran@7",
    ]


@pytest.mark.parametrize(
    ("question", "version", "expected"),
    [
        (RuntimeQuestion("in", "7", True), "7.5", True),
        (RuntimeQuestion("<", "7", True), "6.9", True),
        (RuntimeQuestion("<", "7", True), "7", False),
        (RuntimeQuestion("<=", "7", True), "7", True),
        (RuntimeQuestion("<=", "7", False), "7.1", True),
    ],
)
def test_questions_about_versions(question: RuntimeQuestion, version: str, expected: bool) -> None:
    asked = rule("depends", "*", "x", "", 1, ((question,),))
    assert in_force(asked, make_version(version)) is expected


TWO_RUNTIMES = """
    package gcc
      version 14
      variant lto false
      provides c,cxx
    package gcc-runtime
      version 2
      version 1
      tag runtime
      depends f type=build
      requires any_of %f@1 | @1
    package f
      version 2
      version 1
"""


@pytest.mark.parametrize(
    ("when", "request_", "there"),
    [
        ("+foo %[deptypes=build virtuals=c] gcc", "app", False),
        ("+foo %[deptypes=build virtuals=c] gcc", "app+foo", True),
        ("@2: %[deptypes=build virtuals=c] gcc", "app", False),
        ("%[deptypes=build virtuals=c] gcc+lto", "app", False),
        ("%[deptypes=build virtuals=c] gcc+lto", "app %gcc+lto", True),
        ("%[deptypes=build virtuals=c] gcc", "app~foo", True),
        ("%[deptypes=build virtuals=c] gcc", "linked", False),
        ("%[deptypes=build virtuals=c] gcc", "late", True),
    ],
)
def test_all_of_a_rule_s_condition_counts(when: str, request_: str, there: bool) -> None:
    text = (
        TWO_RUNTIMES
        + """
    package app
      version 1
      variant foo false
      depends c type=build
    package linked
      version 1
      variant foo false
      depends c type=build when +foo
      depends c type=link when ~foo
    package late
      version 1
      variant foo true when ^k
      depends k type=link
      depends c type=build when +foo
    package k
      version 1
    """
    )
    models = world(text, (rule("depends", "*", "gcc-runtime", when, 1),))
    asked = problem(request_, externals=("gcc@12.2",))
    lazy, eager = solve(asked, models), solve(asked, models, eager=True)
    assert (lazy.drafts, lazy.reasons) == (eager.drafts, eager.reasons)
    assert ("gcc-runtime#0" in lazy.drafts) is there
    if there:
        # What is decided for it is decided like anything else.
        assert lazy.drafts["gcc-runtime#0"].node.version == "2"
        assert [choice.what for choice in lazy.reasons["f#0"].choices] == ["version"]
