"""What hand-written cases of the solver are made of, and repositories that several of them share."""

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
