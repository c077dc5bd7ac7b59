"""``filter_compiler_wrappers``: installed files must name compilers, not the wrappers a build went through."""

# ruff: noqa: PTH113 - recipes hand paths in and out as text
from __future__ import annotations

import os

# Any: the callback is given a builder or a package.
from typing import Any

from outcrop.package.filesystem.filtering import filter_file
from outcrop.package.filesystem.find import find
from outcrop.package.language.callbacks import run_after

_LANGUAGES = (("c", "cc", "CC"), ("cxx", "cxx", "CXX"), ("fortran", "fortran", "FC"), ("fortran", "fortran", "F77"))


def filter_compiler_wrappers(
    *files: str,
    after: str = "install",
    relative_root: str | None = None,
    ignore_absent: bool = True,
    backup: bool = False,
    recursive: bool = False,
) -> None:
    """In a class body: after a phase, let the files found name the compilers themselves.

    Args:
        files: names or patterns, looked for below the prefix, or below ``relative_root`` in it.
        after: the phase.
    """

    def filter_wrappers(builder: Any) -> None:
        package = getattr(builder, "pkg", builder)
        root = str(package.prefix)
        if relative_root:
            root = os.path.join(root, relative_root)
        found = [path for path in find(root, list(files), recursive=recursive) if not os.path.islink(path)]
        replace_wrappers(package.spec, [path for path in found if os.path.isfile(path)], os.environ, backup=backup)

    run_after(after)(filter_wrappers)


def replace_wrappers(spec: Any, files: list[str], environ: Any, *, backup: bool = False) -> None:
    """Replace the wrappers named in ``CC``, ``CXX``, ``FC`` and ``F77`` by the compilers of ``spec``.

    Longer paths go first, since one may begin with another. The linker flag with which a wrapper asks for runpaths goes
    too.
    """
    pairs: dict[str, str] = {}
    flags: set[str] = set()
    for language, attribute, variable in _LANGUAGES:
        try:
            package = spec[language].package
        except KeyError:
            continue
        compiler = getattr(package, attribute, None)
        if not compiler:
            continue
        flags.add(f"{getattr(package, 'linker_arg', '-Wl,')}--enable-new-dtags")
        wrapper = environ.get(variable)
        if wrapper:
            for path in (wrapper, os.path.realpath(wrapper)):
                if path != str(compiler):
                    pairs.setdefault(path, str(compiler))
    if not files:
        return
    paths = [(path, pairs[path].replace("\\", "\\\\")) for path in sorted(pairs, key=len, reverse=True)]
    for number, (text, instead) in enumerate([*paths, *((flag, "") for flag in sorted(flags))]):
        # A second backup would be one of what the first filter made.
        filter_file(text, instead, *files, string=True, backup=backup and number == 0)
