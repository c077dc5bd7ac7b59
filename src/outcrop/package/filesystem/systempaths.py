"""Which directories belong to the system and must not get in front of a package's own."""

from __future__ import annotations

import os
import posixpath
import warnings
from collections.abc import Iterable

_ROOTS = ("/", "/usr", "/usr/local")
_BELOW = ("", "bin", "bin64", "include", "lib", "lib64")

SYSTEM_DIRECTORIES = frozenset(posixpath.normpath(posixpath.join(root, below)) for root in _ROOTS for below in _BELOW)
"""``/``, ``/usr``, ``/usr/local`` and their bin, bin64, include, lib and lib64."""


def belongs_to_system(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is one of :data:`SYSTEM_DIRECTORIES`; directories below those are not, nor is an empty text."""
    text = os.fspath(path)
    return bool(text) and posixpath.normpath(text) in SYSTEM_DIRECTORIES


def without_system_paths(paths: Iterable[str]) -> list[str]:
    """``paths`` that do not belong to the system, in order."""
    return [path for path in paths if not belongs_to_system(path)]


def is_system_path(path: str | os.PathLike[str]) -> bool:
    """:func:`belongs_to_system` for recipes, where it is deprecated: the core leaves such directories out by itself."""
    warnings.warn("is_system_path is deprecated in recipes", DeprecationWarning, stacklevel=2)
    return belongs_to_system(path)


def filter_system_paths(paths: Iterable[str]) -> list[str]:
    """:func:`without_system_paths` for recipes, where it is deprecated."""
    warnings.warn("filter_system_paths is deprecated in recipes", DeprecationWarning, stacklevel=2)
    return without_system_paths(paths)
