"""What is done to a prefix when its phases have run and before it is sealed: licence files of commercial software, and
scripts whose first line is too long for the kernel.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

# Any: recipes set licence attributes to whatever they like to.
from typing import TYPE_CHECKING, Any

from outcrop.base.files import write_atomic
from outcrop.package.builds.checks import OWN_DIRECTORIES
from outcrop.package.errors import InstallError
from outcrop.package.filesystem.files import force_symlink
from outcrop.package.filesystem.shebang import (
    SHEBANG_LIMIT,
    filter_shebang,
    install_sbang,
    sbang_install_path,
    sbang_shebang_line,
)
from outcrop.package.programs.talk import tty

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase


def post_install(package: PackageBase) -> None:
    """Finish the prefix of ``package``; its files may still be changed, its spec is no external.

    Raises:
        InstallError: a script needs the store's ``sbang``, and the store's own path is too long for that.
    """
    link_licenses(package)
    if filter_scripts(Path(package.prefix)):
        line = sbang_shebang_line()
        if len(os.fsencode(line)) > SHEBANG_LIMIT:
            raise InstallError(
                f"{package.name} has scripts whose first line is too long for this system",
                f"the store's path is so long that its helper cannot be named either: {line}\n"
                "put the store into a directory with a shorter path",
                package,
            )
        install_sbang(Path(sbang_install_path()).parent.parent)


def link_licenses(package: PackageBase) -> None:
    """Link the user's licence file to every place of the prefix where a commercial package looks for it.

    A licence file that does not exist yet is made: all comment, to be filled in. Examples that the package put into
    those places give way. Where the licence is not a file, the log says which variables have to be set.
    """
    if not package.license_required:
        return
    target = package.global_license_file
    variables = _texts(package.license_vars)
    if target is None:
        if variables:
            tty.msg(f"{package.name} needs a licence: set {' or '.join(variables)} before you use it")
        return
    if not Path(target).exists():
        write_atomic(Path(target), _template(package, target, variables).encode(), mode=0o600)
        tty.warn(f"{package.name} needs a licence: put it into {target}")
    for name in _texts(package.license_files):
        place = Path(package.prefix, name)
        if place.is_dir() and not place.is_symlink():
            tty.warn(f"{package.name} has a directory in the place of its licence file: {place}")
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        force_symlink(target, place)


def _template(package: PackageBase, target: str, variables: list[str]) -> str:
    lines = [
        f"A licence is needed to use {package.name}.",
        "",
        f"This file is linked into every installation of {package.name}; put your licence, or what tells",
        "where your licence server is, in the place of these lines:",
        "",
        f"    {target}",
    ]
    if variables:
        lines += ["", "Instead of this file, one of these variables may name another file or a server:", ""]
        lines += [f"    {name}" for name in variables]
    if package.license_url:
        lines += ["", "More about the licence:", "", f"    {package.license_url}"]
    return "".join(f"{package.license_comment} {line}".rstrip() + "\n" for line in lines)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value or ()]


def filter_scripts(prefix: Path) -> bool:
    """Shorten the first lines of all scripts below ``prefix``; says whether any script starts by way of ``sbang``."""
    line = os.fsencode(sbang_shebang_line())
    used = False
    for path in _regular_files(prefix):
        with open(path, "rb") as stream:
            # Long enough to tell, short enough to be read from every file of a large prefix.
            start = stream.read(max(SHEBANG_LIMIT + 1, len(line)))
        if start.startswith(line):
            used = True
        elif start.startswith(b"#!") and len(start.split(b"\n", 1)[0].rstrip(b"\r")) > SHEBANG_LIMIT:
            used = filter_shebang(path) or used
    return used


def _regular_files(prefix: Path) -> Iterator[str]:
    for directory, names, files in os.walk(prefix):
        if directory == str(prefix):
            names[:] = [name for name in names if name not in OWN_DIRECTORIES]
        for name in files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IRUSR:
                yield path
