"""What must be true of a prefix when its package says that it is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from outcrop.package.errors import InstallError
from outcrop.package.programs.elsewhere import fix_darwin_install_name

if TYPE_CHECKING:
    from outcrop.package.builds.builder import BaseBuilder

OWN_DIRECTORIES = frozenset({".spack", ".outcrop"})
"""Directories of a prefix that are not the package's doing."""


def check_prefix(builder: BaseBuilder) -> None:
    """The files and directories that the recipe lists are there, and something is.

    Raises:
        InstallError: otherwise.
    """
    pkg = builder.pkg
    prefix = Path(pkg.prefix)
    for kind, wanted, there in (
        ("file", pkg.sanity_check_is_file, Path.is_file),
        ("directory", pkg.sanity_check_is_dir, Path.is_dir),
    ):
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        for name in names:
            if Path(name).is_absolute():
                raise InstallError(
                    f"the recipe of {pkg.name} asks for {name}, which should be relative to the prefix", pkg=pkg
                )
            if not there(prefix / name):
                raise InstallError(f"{pkg.name} was installed without the {kind} {name}", f"prefix: {prefix}", pkg)
    if not prefix.is_dir() or not any(entry.name not in OWN_DIRECTORIES for entry in prefix.iterdir()):
        raise InstallError(f"{pkg.name}: nothing was installed", f"prefix: {prefix}", pkg)


def apply_macos_rpath_fixups(builder: BaseBuilder) -> None:
    """Give libraries absolute names on macOS. Nothing to do anywhere else: there linkers record run paths."""
    if sys.platform == "darwin":
        for directory in sorted({library.parent for library in Path(builder.pkg.prefix).rglob("*.dylib")}):
            fix_darwin_install_name(str(directory))
