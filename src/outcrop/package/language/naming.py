"""Which package a class is: told by the module it is defined in.

A recipe's module is ``spack_repo.<namespace>.<subdirectory>.<directory>.package``; in the older layout
``spack.pkg.<namespace>.<identifier>``, where the identifier is the directory's name made fit for Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER = re.compile(r"\Anum(?=[0-9])")


def is_package_module(module: str) -> bool:
    """Is ``module`` the module of a recipe (and not of a build system or of ours)?"""
    return (module.startswith("spack_repo.") and module.endswith(".package")) or module.startswith("spack.pkg.")


def package_name(module: str, class_name: str) -> str:
    """The package's name; for a class outside any repository, its own name in lower-case words."""
    if module.startswith("spack_repo.") and module.endswith(".package"):
        return directory_to_name(module.split(".")[-2])
    if module.startswith("spack.pkg."):
        return _old_name(module)
    return _WORDS.sub("-", class_name.lstrip("_")).replace("_", "-").lower()


def package_namespace(module: str) -> str:
    """The namespace of the repository that ``module`` belongs to; empty outside any."""
    parts = module.split(".")
    if module.startswith("spack_repo.") and module.endswith(".package"):
        return ".".join(parts[1:-3])
    if module.startswith("spack.pkg."):
        return ".".join(parts[2:-1])
    return ""


def directory_to_name(directory: str) -> str:
    """``py_numpy`` -> ``py-numpy``, ``_7zip`` -> ``7zip``."""
    return directory.removeprefix("_").replace("_", "-")


def _old_name(module: str) -> str:
    """In the older layout the directory is called like the package, and only it tells ``a-b`` from ``a_b``."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if isinstance(file, str):
        return Path(file).parent.name
    return identifier_to_name(module.rpartition(".")[2])


def identifier_to_name(identifier: str) -> str:
    """``num3proxy`` -> ``3proxy``, ``py_numpy`` -> ``py-numpy``: the likeliest name where no file can be asked."""
    return _NUMBER.sub("", identifier).replace("_", "-")


def declared_name(owner: type) -> str:
    """Who speaks in the body of ``owner``: the full name of its package, or its module outside recipes."""
    module = owner.__module__
    if not is_package_module(module):
        return module
    return f"{package_namespace(module)}.{package_name(module, owner.__name__)}"
