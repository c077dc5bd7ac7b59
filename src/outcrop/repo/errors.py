"""What can be wrong with a repository, a recipe, or a name."""

from __future__ import annotations

from outcrop.base.errors import InputError, RequestError


class RepositoryError(InputError):
    """A directory is not the repository it claims to be; the others stay usable."""

    code = "bad-repository"


class RecipeError(InputError):
    """A recipe cannot be loaded: it does not compile, raises, exits, never ends, or defines no package."""

    code = "bad-recipe"


class UnknownPackageError(RequestError):
    """No configured repository has a package of this name."""

    code = "unknown-package"


class NoSourceError(RequestError):
    """A recipe does not say where the sources of a version come from."""

    code = "no-source"
