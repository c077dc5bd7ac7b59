"""What holds where the configuration says nothing: providers, and what no one can build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from outcrop.solve import PackageRules

DEFAULT_PROVIDERS: dict[str, tuple[str, ...]] = {
    "awk": ("gawk",),
    "blas": ("openblas",),
    "c": ("gcc", "llvm"),
    "cxx": ("gcc", "llvm"),
    "fortran": ("gcc", "llvm"),
    "gl": ("glx", "osmesa"),
    "iconv": ("libiconv",),
    "java": ("openjdk",),
    "jpeg": ("libjpeg-turbo",),
    "lapack": ("openblas",),
    "libc": ("glibc", "musl"),
    "mpi": ("openmpi", "mpich"),
    "pkgconfig": ("pkgconf",),
    "rpc": ("libtirpc",),
    "scalapack": ("netlib-scalapack",),
    "szip": ("libaec",),
    "tbb": ("intel-oneapi-tbb", "intel-tbb"),
    "uuid": ("util-linux-uuid",),
    "yacc": ("bison",),
    "zlib-api": ("zlib-ng", "zlib"),
}
"""The providers that public recipes are tested with, where the configuration names none."""

UNBUILDABLE = frozenset(
    {
        *("apple-clang", "apple-gl", "apple-glu", "apple-libunwind", "apple-libuuid"),
        *("cce", "cray-fftw", "cray-libsci", "cray-mpich", "cray-mvapich2", "cray-pmi"),
        *("essl", "fj", "fujitsu-mpi", "fujitsu-ssl2", "glibc", "hpcx-mpi", "mpt", "msmpi", "msvc", "musl"),
        *("spectrum-mpi", "win-file", "win-gpg", "win-sdk", "win-wdk", "wgl", "xl"),
    }
)
"""Public recipes that only describe what a system or a vendor brings."""


def unbuildable_by_default(rules: Mapping[str, PackageRules]) -> dict[str, PackageRules]:
    """Rules by package name; what is in :data:`UNBUILDABLE` may only be an external unless a rule says otherwise."""
    from outcrop.solve import PackageRules  # 15 ms that commands which solve nothing do without

    found = dict(rules)
    for name in UNBUILDABLE:
        own = found.get(name, PackageRules())
        if own.buildable is None:
            found[name] = msgspec.structs.replace(own, buildable=False)
    return dict(sorted(found.items()))
