"""Cases without a solution about what is passed down, compiler flags, and providers."""

from __future__ import annotations

from support.case_repositories import Case

_LIBRARIES = """
package app
  version 1
  variant shared true
  depends c type=build
  depends low
package other
  version 1
  variant shared true
  depends c type=build
  depends low
package low
  version 1
  variant shared true
  depends c type=build
  conflicts cflags="-Ofast" because "results differ"
package gcc
  version 14
  provides c
package llvm
  version 20
  provides c
"""

EXPLAINED = (
    Case("different values passed down", _LIBRARIES, ("app++shared", "other~~shared")),
    Case("different compilers passed down", _LIBRARIES, ("app %%gcc", "other %%llvm@20")),
    Case(
        "a compiler that its source cannot have",
        _LIBRARIES.replace("depends low\npackage other", "depends low\n conflicts %gcc@14\npackage other"),
        ("app %%gcc",),
    ),
    Case("flags that a recipe excludes", _LIBRARIES, ("app ^low cflags='-g -Ofast'",)),
    Case(
        "flags of the configuration that a recipe excludes",
        _LIBRARIES,
        ("app",),
        packages={"low": {"require": ("cflags=-Ofast",)}},
    ),
    Case(
        "compilers that may not be mixed",
        _LIBRARIES,
        ("app %gcc ^low %llvm",),
        options={"compiler_mixing": False},
    ),
    Case(
        "a compiler required of all",
        _LIBRARIES,
        ("app %gcc",),
        packages={"all": {"require": ("%llvm",)}},
    ),
    Case(
        "a virtual with a provider that is excluded",
        _LIBRARIES,
        ("low",),
        packages={"c": {"require": ("gcc",), "conflict": ("gcc@:14",)}},
    ),
    Case(
        "a variant that would be its own reason",
        "package a\n version 1\n variant x true when ^y\n depends y when +x\npackage y\n version 1",
        ("a+x",),
    ),
)
