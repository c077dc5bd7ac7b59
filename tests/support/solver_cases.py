"""Hand-written cases as data: a repository, what is asked of it, and what must come out."""

from __future__ import annotations

from support import target_cases
from support.case_repositories import GCC, MPI, PYTHON, ZLIB, Case
from support.explained_cases import EXPLAINED

__all__ = ["EXPLAINED", "GCC", "MPI", "PYTHON", "SOLVED", "ZLIB", "Case"]

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
    *target_cases.SOLVED,
)
