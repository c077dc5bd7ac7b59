"""Hand-written requests that have no solution."""

from __future__ import annotations

from support import asked_cases, target_cases
from support.case_repositories import GCC, MPI, PYTHON, ZLIB, Case

EXPLAINED = (
    Case(
        "a dependency of which no version fits",
        "package a\n version 1\n depends b@:1\npackage b\n version 3\n version 2\n version 1 deprecated",
        ("a",),
    ),
    Case("unknown version", ZLIB, ("zlib@2",), externals=GCC),
    Case("exact version nobody declared", ZLIB, ("zlib@=1.2.5",), externals=GCC),
    Case("unknown variant", ZLIB, ("zlib+shard",), externals=GCC),
    Case("value out of its domain", ZLIB, ("zlib %gcc languages=fortan",), externals=GCC),
    Case("deprecated versions only", "package a\n version 2 deprecated\n version 1 deprecated", ("a",)),
    Case("conflict", 'package a\n version 1\n variant x true\n conflicts +x when @1 because "x needs 2"', ("a+x",)),
    Case(
        "requirement",
        'package a\n version 1\n variant x true\n requires one_of ~x | @2 when @:1 because "no x before 2"',
        ("a+x",),
    ),
    Case("python against a range", PYTHON, ("py-numpy@1.26 ^python@3.13",)),
    Case("requests that clash", PYTHON, ("py-old", "py-numpy@2.1 ^python@3.13")),
    Case("two versions in one graph", ZLIB, ("zlib@1.3", "zlib@1.2"), externals=GCC),
    Case(
        "nothing to be had",
        "package a\n version 1\n depends cuda@11:\npackage cuda\n external-only\n version 12",
        ("a",),
    ),
    Case(
        "no compiler",
        "package a\n version 1\n depends fortran type=build\n"
        "package gcc\n external-only\n version 9\n provides fortran",
        ("a",),
    ),
    Case("missing recipe", "package a\n version 1\n depends nothing when @1", ("a",)),
    Case(
        "external too old",
        PYTHON,
        ("py-numpy@2.1",),
        packages={"python": {"buildable": False}},
        externals=("python@3.9.2",),
    ),
    Case(
        "configuration against request",
        PYTHON,
        ("py-numpy ^python@3.13",),
        packages={"python": {"require": ("@3.11",)}},
    ),
    Case(
        "variant that exists only sometimes", "package a\n version 2\n version 1\n variant z false when @:1", ("a@2+z",)
    ),
    Case(
        "circle",
        "package a\n version 1\n depends b\npackage b\n version 1\n depends c\npackage c\n version 1\n depends a",
        ("a",),
    ),
    Case("dependency that does not exist", ZLIB + "package cmake\n version 3\n", ("zlib ^cmake",), externals=GCC),
    Case("two providers of one virtual", MPI, ("app ^mpich ^openmpi",)),
    Case(
        "many lines",
        "package a\n"
        + "".join(f" version {n}\n depends b@{n} when @{n}\n" for n in range(1, 30))
        + "package b\n"
        + "".join(f" version {n}\n" for n in range(1, 31)),
        ("a ^b@30",),
    ),
    *target_cases.EXPLAINED,
    *asked_cases.EXPLAINED,
)
