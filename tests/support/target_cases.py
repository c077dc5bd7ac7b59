"""Cases about targets and operating systems: four targets in a diamond, and compilers that cannot make code for all."""

from __future__ import annotations

from outcrop.spec.targets import TargetFacts
from support.case_repositories import Case

TARGETS = ("skylake_avx512", "skylake", "x86_64_v4", "x86_64_v3")
"""What the machine of the cases runs; ``zen4`` is of its family and it does not run that."""

FACTS = {
    "skylake_avx512": TargetFacts(
        ancestors=("skylake", "x86_64_v4", "x86_64_v3"), compilers={"gcc": ("9:",), "llvm": (":",)}
    ),
    "skylake": TargetFacts(ancestors=("x86_64_v3",), compilers={"gcc": ("6:8.9", "9:"), "llvm": (":",)}),
    "x86_64_v4": TargetFacts(ancestors=("x86_64_v3",), generic=True, compilers={"gcc": ("8:",), "llvm": ()}),
    "x86_64_v3": TargetFacts(generic=True, compilers={"gcc": ("4.8:",), "llvm": (":",)}),
    "zen4": TargetFacts(ancestors=("x86_64_v4", "x86_64_v3"), compilers={"gcc": ("12:",), "llvm": (":",)}),
}

OPTIONS: dict[str, object] = {
    "os": "debian12",
    "target": TARGETS[0],
    "targets": TARGETS,
    "target_facts": FACTS,
    "default_providers": {"c": ("gcc",)},
}

APP = """
package app
  version 1
  depends lib
  depends tool type=build
  depends c type=build
package lib
  version 1
  depends base
  depends c type=build
package base
  version 1
package tool
  version 1
  depends toolbase type=link
  depends c type=build
package toolbase
  version 1
package gcc
  version 14
  version 7
  version 4.6
  provides c
package llvm
  version 20
  provides c
"""

ALL = ("app", "lib", "base", "tool", "toolbase")


def case(name: str, *requests: str, expect: tuple[str, ...] = (), repository: str = APP, **more: object) -> Case:
    """A case with the options above; ``externals`` and ``packages`` are those of a case, all else are options."""
    externals = more.pop("externals", ())
    packages = more.pop("packages", {})
    return Case(
        name,
        repository,
        requests,
        expect=expect,
        externals=externals,  # type: ignore[arg-type]
        packages=packages,  # type: ignore[arg-type]
        options={**OPTIONS, **more},
    )


def have(target: str, *names: str) -> tuple[str, ...]:
    """Expectations: these packages have the target."""
    return tuple(f"{name} target={target}" for name in names)


FIXED_GCC: dict[str, dict[str, object]] = {"gcc": {"buildable": False}, "llvm": {"buildable": False}}

SOLVED = (
    case("the machine's own", "app", expect=have(TARGETS[0], *ALL, "gcc@14")),
    case(
        "what is linked runs wherever its user does, tools run here",
        "app target=x86_64_v3",
        expect=(*have("x86_64_v3", "app", "lib", "base"), *have(TARGETS[0], "tool", "toolbase", "gcc")),
    ),
    case(
        "a library may be more generic than what links to it",
        "app ^lib target=x86_64_v4",
        expect=(*have(TARGETS[0], "app", "tool"), *have("x86_64_v4", "lib", "base")),
    ),
    case(
        "the best target of the compiler that was asked for",
        "app %gcc@7",
        expect=(*have("skylake", "app", "lib", "base"), "gcc@7"),
    ),
    case(
        "a compiler with holes in its table",
        "app target=:x86_64_v4 %llvm",
        expect=("app -> llvm : build [c]", *have("x86_64_v3", "app", "lib")),
    ),
    case(
        "no compiler is built for a newer target",
        "app",
        externals=("gcc@7.5",),
        expect=(*have("skylake", *ALL), "gcc@7.5 external"),
    ),
    case(
        "nor is another one preferred for it",
        "app",
        externals=("gcc@7.5", "llvm@15"),
        expect=(*have("skylake", *ALL), "gcc@7.5 external", "no llvm"),
    ),
    case(
        "unless that target is asked for",
        "app target=skylake_avx512",
        externals=("gcc@7.5",),
        expect=("app target=skylake_avx512", "no gcc@7.5", "lib target=skylake"),
    ),
    case(
        "a compiler that nothing is known of restricts nothing",
        "app",
        repository=APP + "package pcc\n  version 1\n  provides c\n",
        default_providers={"c": ("pcc",)},
        expect=("app target=skylake_avx512", "app -> pcc : build [c]"),
    ),
    case("a range", "app target=x86_64_v4:", expect=have(TARGETS[0], "app")),
    case("a range downwards", "app target=:skylake", expect=have("skylake", "app", "lib")),
    case("a list", "app target=x86_64_v3,zen4,skylake", expect=have("skylake", "app")),
    case(
        "wishes of a package are its own",
        "app",
        packages={"lib": {"targets": ("x86_64_v4",)}},
        expect=(*have(TARGETS[0], "app"), *have("x86_64_v4", "lib", "base")),
    ),
    case(
        "wishes for all packages, as a range",
        "app",
        packages={"all": {"targets": (":x86_64_v4",)}},
        expect=have("x86_64_v4", *ALL),
    ),
    case(
        "a requirement for all packages",
        "app",
        packages={"all": {"require": ("target=x86_64_v3",)}},
        expect=have("x86_64_v3", *ALL),
    ),
    case(
        "what other machines run, and tools that run here",
        "app target=zen4",
        targets=(*TARGETS, "zen4"),
        expect=(*have("zen4", "app", "lib", "base"), *have(TARGETS[0], "tool", "toolbase", "gcc")),
    ),
    case("nobody gets that unasked", "app", targets=(*TARGETS, "zen4"), expect=have(TARGETS[0], *ALL)),
    case(
        "only generic targets",
        "app",
        target="x86_64_v4",
        targets=("x86_64_v4", "x86_64_v3"),
        host_target=TARGETS[0],
        expect=have("x86_64_v4", *ALL),
    ),
    case(
        "another operating system",
        "app os=rhel9",
        os_compatible={"rhel9": ()},
        expect=("app os=rhel9", "lib os=rhel9", "base os=rhel9", "tool os=debian12", "gcc os=debian12"),
    ),
    case(
        "an external of another operating system is left alone",
        "app",
        externals=("lib@1 os=rhel9",),
        expect=("no lib@1 external", "lib os=debian12"),
    ),
    case(
        "unless that is compatible",
        "app",
        externals=("lib@1 os=rhel9",),
        os_compatible={"debian12": ("rhel9",)},
        expect=("lib os=rhel9 external",),
    ),
)

EXPLAINED = (
    case("target unknown", "app target=skylak"),
    case("a target this machine does not run", "app target=zen4"),
    case("a target of another family", "app ^lib target=aarch64"),
    case("a range that is empty", "app target=skylake:x86_64_v4"),
    case(
        "a target that is not generic",
        "app target=skylake",
        target="x86_64_v4",
        targets=("x86_64_v4", "x86_64_v3"),
        host_target=TARGETS[0],
    ),
    case("a target too new for the compiler", "app target=x86_64_v4", externals=("gcc@7.5",), packages=FIXED_GCC),
    case("targets too new for the compiler", "app target=x86_64_v4:", externals=("gcc@4.9",), packages=FIXED_GCC),
    case("a target that a compiler never makes", "app target=x86_64_v4 %llvm"),
    case("a target too new for the compiler asked for", "app target=skylake_avx512 %gcc@7"),
    case("a library for better machines", "app target=x86_64_v3 ^lib target=skylake"),
    case("a tool for other machines", "app ^tool target=zen4", targets=(*TARGETS, "zen4")),
    case("a required target this machine does not run", "app", packages={"lib": {"require": ("target=zen4",)}}),
    case("an operating system that nothing knows", "app os=rhel9"),
    case(
        "an operating system that is nearly known",
        "app ^lib os=rhel9",
        externals=("tool@1 os=rhel8",),
        os_compatible={"debian12": ("debian11",)},
    ),
    case("a required operating system that nothing knows", "app", packages={"lib": {"require": ("os=rhel9",)}}),
    case("two operating systems", "app os=rhel9 ^lib os=rhel8", os_compatible={"rhel9": (), "rhel8": ()}),
    case(
        "an external of the wrong operating system",
        "app os=rhel9",
        os_compatible={"rhel9": ()},
        externals=("lib@1",),
        packages={"lib": {"buildable": False}},
    ),
    case("another platform", "app platform=darwin"),
)
