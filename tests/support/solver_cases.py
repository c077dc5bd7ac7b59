"""Hand-written cases as data: a repository, what is asked of it, and what must come out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """``expect`` lists nodes as ``name@version+variants``, and edges as ``parent -> child : types [virtuals]``.

    Only what is listed is looked at; a leading ``no `` says that a node or an edge is not there. Cases in
    ``EXPLAINED`` have no solution; what is said about them is in ``tests/unit/solve/explanations.txt``.
    """

    name: str
    repository: str
    requests: tuple[str, ...]
    expect: tuple[str, ...] = ()
    externals: tuple[str, ...] = ()
    packages: dict[str, dict[str, object]] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)


ZLIB = """
package zlib
  version 1.3
  version 1.2
  version 1.1 deprecated
  version develop
  variant shared true
  depends c type=build
package gcc
  version 14
  version 13
  variant languages c,cxx of c,cxx,fortran multi
  provides c when languages=c
  provides cxx when languages=cxx
  provides fortran when languages=fortran
"""
GCC = ("gcc@12.2.0 languages:=c,cxx",)

MPI = """
package app
  version 2
  version 1
  variant mpi true
  depends mpi@3: when +mpi
  depends solver type=link
package solver
  version 1
  depends mpi
package mpich
  version 4
  version 3
  provides mpi@4 when @4
  provides mpi@2 when @3
package openmpi
  version 5
  provides mpi@3
"""

PYTHON = """
package python
  version 3.13
  version 3.12
  version 3.11
  version 3.10
package python-venv
  version 1.0
  extends python
package py-numpy
  version 2.1
  version 1.26
  extends python
  depends python@3.10: type=build,run when @2:
  depends python@3.9:3.12 type=build,run when @1.26:1
  depends py-wheel type=build
package py-wheel
  version 1
  extends python
package py-old
  version 1
  extends python
  depends python@:3.12 type=build,run
"""

SOLVED = (
    Case(
        "newest version, default variant, compiler from outside",
        ZLIB,
        ("zlib",),
        externals=GCC,
        expect=("zlib@1.3+shared", "gcc@12.2.0 external", "zlib -> gcc : build [c]", "no gcc@14"),
    ),
    Case("range", ZLIB, ("zlib@:1.2",), externals=GCC, expect=("zlib@1.2",)),
    Case("a range that only a deprecated version fits", ZLIB, ("zlib@1.1",), externals=GCC, expect=("zlib@1.1",)),
    Case("variant", ZLIB, ("zlib~shared",), externals=GCC, expect=("zlib@1.3~shared",)),
    Case("development version when asked", ZLIB, ("zlib@develop",), externals=GCC, expect=("zlib@develop",)),
    Case("direct dependency", ZLIB, ("zlib %gcc@12",), externals=GCC, expect=("gcc@12.2.0",)),
    Case("git revision", ZLIB, ("zlib@git.main=1.2",), externals=GCC, expect=("zlib@git.main=1.2",)),
    Case(
        "usual provider, one per graph",
        MPI,
        ("app",),
        options={"default_providers": {"mpi": ("openmpi",)}},
        expect=(
            "app@2+mpi",
            "openmpi@5",
            "app -> openmpi : link,build [mpi]",
            "solver -> openmpi : link,build [mpi]",
            "no mpich",
        ),
    ),
    Case("provider by name where nothing orders them", MPI, ("app",), expect=("mpich@4",)),
    Case("requested provider", MPI, ("app ^openmpi",), expect=("openmpi@5", "no mpich")),
    Case("requested provider of a virtual", MPI, ("app ^mpi@3",), expect=("openmpi@5",)),
    Case(
        "configured provider",
        MPI,
        ("app",),
        packages={"all": {"providers": {"mpi": ("openmpi",)}}},
        expect=("openmpi@5",),
    ),
    Case(
        "a provider that is outside comes first",
        MPI,
        ("app",),
        externals=("openmpi@4.1",),
        expect=("openmpi@4.1 external",),
    ),
    Case("old provider does not provide enough", MPI, ("app ^mpich",), expect=("mpich@4",)),
    Case("a virtual as request", MPI, ("mpi@3",), expect=("openmpi@5",)),
    Case(
        "the host's Python is kept although a newer package would need another",
        PYTHON,
        ("py-old", "py-numpy"),
        externals=("python@3.11.2",),
        expect=("python@3.11.2 external", "py-numpy@2.1"),
    ),
    Case("Python is one for all", PYTHON, ("py-old", "py-numpy"), expect=("python@3.12",)),
    Case(
        "configured version",
        PYTHON,
        ("py-numpy",),
        packages={"python": {"versions": ("3.11",)}},
        externals=("python@3.12.1",),
        expect=("python@3.11",),
    ),
    Case(
        "required version", PYTHON, ("py-numpy",), packages={"python": {"require": ("@3.10",)}}, expect=("python@3.10",)
    ),
    Case(
        "not buildable",
        PYTHON,
        ("py-numpy",),
        packages={"python": {"buildable": False}},
        externals=("python@3.9",),
        expect=("python@3.9 external", "py-numpy@1.26"),
    ),
    Case(
        "preferred over the newest root",
        PYTHON,
        ("py-numpy",),
        packages={"py-numpy": {"prefer": ("@1.26",)}},
        expect=("py-numpy@1.26", "python@3.12"),
    ),
    Case("excluded", PYTHON, ("py-numpy",), packages={"python": {"conflict": ("@3.13",)}}, expect=("python@3.12",)),
    Case(
        "all: require is for those without their own, and skips variants a package lacks",
        ZLIB,
        ("zlib",),
        externals=GCC,
        packages={"all": {"require": ("~shared",)}},
        expect=("zlib~shared", "gcc@12.2.0"),
    ),
    Case(
        "wished variants",
        ZLIB,
        ("zlib",),
        externals=GCC,
        packages={"all": {"variants": ("~shared",)}},
        expect=("zlib~shared",),
    ),
    Case(
        "two configurations apart",
        ZLIB,
        ("zlib@1.3", "zlib@1.2"),
        externals=GCC,
        options={"unify": False},
        expect=("zlib@1.3", "zlib@1.2"),
    ),
    Case(
        "together when possible",
        ZLIB,
        ("zlib@1.3", "zlib@1.2", "zlib+shared"),
        externals=GCC,
        options={"unify": "when_possible"},
        expect=("zlib@1.3", "zlib@1.2"),
    ),
    Case(
        "target",
        ZLIB,
        ("zlib target=t2",),
        externals=GCC,
        options={"targets": ("t3", "t2")},
        expect=("zlib target=t2",),
    ),
    Case(
        "host's target", ZLIB, ("zlib",), externals=GCC, options={"targets": ("t3", "t2")}, expect=("zlib target=t3",)
    ),
    Case(
        "a conflict with the host's target",
        "package a\n version 1\n conflicts target=t3",
        ("a",),
        options={"targets": ("t3", "t2")},
        expect=("a target=t2",),
    ),
    Case("flags", ZLIB, ("zlib cflags='-O2 -g'",), externals=GCC, expect=("zlib cflags=-O2,-g",)),
    Case(
        "conditional and several definitions",
        """
package a
  version 2
  version 1
  variant x false
  variant x true when @2:
  variant y v of v,w[@2:] when +x
""",
        ("a",),
        expect=("a@2+x y=v",),
    ),
    Case(
        "a conditional value decides the version",
        """
package a
  version 2
  version 1
  variant y v of v,w[@:1]
""",
        ("a y=w",),
        expect=("a@1 y=w",),
    ),
    Case(
        "a variant that exists only under a condition decides the version",
        """
package a
  version 2
  version 1
  variant z false when @:1
""",
        ("a+z",),
        expect=("a@1+z",),
    ),
    Case(
        "open domain",
        "package a\n version 1\n variant isa none open\npackage b\n version 1\n depends a isa=sm_90",
        ("b",),
        expect=("a isa=sm_90",),
    ),
    Case(
        "sticky",
        """
package a
  version 1
  variant x true sticky
  conflicts +x when %b
  depends b type=build
package b
  version 1
  depends c type=link
package c
  version 1
""",
        ("a~x",),
        expect=("a~x",),
    ),
    Case(
        "a sticky variant is left where a dependent asks for it",
        "package a\n version 1\n variant x true sticky\npackage b\n version 1\n depends a~x",
        ("b",),
        expect=("a~x",),
    ),
    Case(
        "a sticky variant is not left to find a solution",
        "package a\n version 2\n version 1\n variant x true sticky\n conflicts +x when @2\n"
        "package b\n version 1\n depends a",
        ("b",),
        expect=("a@1+x",),
    ),
    Case(
        "merged dependency lines",
        """
package a
  version 1
  variant x true
  depends b@1: type=build
  depends b@:2 type=run when +x
package b
  version 3
  version 2
""",
        ("a",),
        expect=("b@2", "a -> b : run,build"),
    ),
    Case(
        "test dependencies only when wanted",
        "package a\n version 1\n depends b type=test\npackage b\n version 1",
        ("a",),
        expect=("no b",),
    ),
    Case(
        "test dependencies when wanted",
        "package a\n version 1\n depends b type=test\npackage b\n version 1",
        ("a",),
        options={"tests": frozenset({"a"})},
        expect=("a -> b : test",),
    ),
    Case(
        "a missing recipe does not matter where it is not needed",
        """
package a
  version 1
  variant x true
  depends nothing when +x
""",
        ("a",),
        expect=("a~x",),
    ),
    Case(
        "externals need no dependencies and mind no conflicts",
        """
package a
  version 2
  variant x true
  depends b
  conflicts @1
package b
  version 1
""",
        ("a",),
        externals=("a@1~x",),
        expect=("a@1~x external", "no b"),
    ),
    Case(
        "circles are avoided",
        """
package a
  version 2
  version 1
  depends b
package b
  version 2
  version 1
  depends a when @2
""",
        ("a",),
        expect=("b@1",),
    ),
    Case(
        "a dependency is no reason for itself",
        """
package a
  version 1
  depends b when ^b
  depends c
package b
  version 1
package c
  version 1
""",
        ("a",),
        expect=("no b", "c@1"),
    ),
    Case(
        "a virtual is no reason for itself, even where a provider is there for another reason",
        """
package a
  version 2
  depends v type=build when ^v
  depends c type=build
package b
  version 1
  provides v
package c
  version 3
  provides v
""",
        ("a",),
        expect=("no b", "a -> c : build"),
    ),
    Case(
        "one compiler per package and language",
        """
package a
  version 1
  depends c type=build
  depends fortran type=build
  depends b
package b
  version 1
  depends c type=build
  requires one_of %clang
package gcc
  version 1
  provides c
  provides fortran
package llvm
  version 1
  provides c
""",
        ("a",),
        options={"default_providers": {"c": ("gcc",)}},
        expect=("a -> gcc : build [c,fortran]", "b -> llvm : build [c]"),
    ),
    Case(
        "provided together",
        """
package a
  version 1
  depends blas
  depends lapack
package mkl
  version 1
  provides blas,lapack
package atlas
  version 1
  provides blas
package netlib
  version 1
  provides lapack
""",
        ("a ^[virtuals=lapack] mkl",),
        expect=("a -> mkl : link,build [blas,lapack]", "no atlas"),
    ),
    Case(
        "an external's own dependencies",
        "package a\n version 1\n depends b\npackage b\n version 1\npackage c\n version 3\n version 2",
        ("a",),
        externals=("b@5 ^c@2",),
        expect=("b@5 external", "b -> c : link,run,build", "c@2"),
    ),
)

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
)
