"""Recipe repositories: how recipes are found, imported, turned into data and indexed.

:class:`Repositories` is all a user of this room needs; what a recipe says is a :class:`PackageModel`. Where sources and
patches of a version come from, :mod:`outcrop.repo.sources` tells. The room knows nothing of hosts, stores or builds.
"""

from outcrop.repo.errors import NoSourceError, RecipeError, RepositoryError, UnknownPackageError
from outcrop.repo.layout import CORE_ROOT, repository_roots
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
