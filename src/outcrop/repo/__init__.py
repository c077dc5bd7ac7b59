"""Recipe repositories: how recipes are found, imported, turned into data and indexed.

:class:`Repositories` is all a user of this room needs; what a recipe says is a :class:`PackageModel`. Where sources and
patches of a version come from, :mod:`outcrop.repo.sources` tells. The room knows nothing of hosts, stores or builds.

What only says where repositories are is imported with the room; models and what keeps them on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from outcrop.repo.errors import NoSourceError, RecipeError, RepositoryError, UnknownPackageError
from outcrop.repo.layout import CORE_ROOT, repository_roots

if TYPE_CHECKING:
    from outcrop.repo.model import PackageModel
    from outcrop.repo.repositories import Repositories

__all__ = [
    "CORE_ROOT",
    "NoSourceError",
    "PackageModel",
    "RecipeError",
    "Repositories",
    "RepositoryError",
    "UnknownPackageError",
    "repository_roots",
]

_ON_FIRST_USE = {"PackageModel": "model", "Repositories": "repositories"}


def __getattr__(name: str) -> object:
    module = _ON_FIRST_USE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
