"""``static_to_shared_library``: a global that recipes find in their module."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from outcrop.package.errors import InstallError
from outcrop.package.programs.executable import Executable, OutputTarget


def static_to_shared_library(
    static_lib: str,
    shared_lib: str | None = None,
    *,
    compiler: str | None = None,
    arguments: Sequence[str] = (),
    version: str | None = None,
    compat_version: str | None = None,
    compiler_output: OutputTarget = None,
) -> object:
    """Link a shared library from an archive, with the compiler of the build environment.

    Args:
        static_lib: the archive.
        shared_lib: the result; by default beside the archive, with the suffix of shared libraries.
        compiler: which compiler to use instead of ``CC``.
        arguments: further arguments of the link.
        version: appended to the file's name; links without it, and with ``compat_version``, are made.
        compat_version: the version in the library's own name.
        compiler_output: as ``output`` of an executable.

    Raises:
        InstallError: no compiler is known.
    """
    program = compiler or os.environ.get("SPACK_CC") or os.environ.get("CC")
    if not program:
        raise InstallError(
            "no C compiler is known to link a shared library with; depends_on('c') is missing in the recipe"
        )
    darwin = sys.platform == "darwin"
    plain = Path(shared_lib) if shared_lib else Path(static_lib).with_suffix(".dylib" if darwin else ".so")
    full = plain.with_name(f"{plain.name}.{version}") if version else plain
    soname = f"{plain.name}.{compat_version}" if compat_version else plain.name
    whole = (
        ["-dynamiclib", f"-install_name,{plain}", f"-Wl,-force_load,{static_lib}"]
        if darwin
        else ["-shared", f"-Wl,-soname,{soname}", "-Wl,--whole-archive", str(static_lib), "-Wl,--no-whole-archive"]
    )
    result = Executable(program)(*whole, *arguments, "-o", str(full), output=compiler_output)
    for name in {plain.name, soname} - {full.name}:
        link = plain.with_name(name)
        link.unlink(missing_ok=True)
        link.symlink_to(full.name)
    return result
