"""What recipes raise and catch, and what the class model raises about recipes.

The names of the first group are part of the Package API and keep its signatures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcrop.base.errors import InputError, RequestError

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase


class SpackError(RequestError):
    """Base of the errors that recipes raise themselves."""

    code = "recipe-error"

    def __init__(self, message: object, long_message: object = None) -> None:
        text = None if long_message is None else str(long_message)
        super().__init__(str(message), details=tuple(text.splitlines()) if text else ())
        self.long_message = text


class InstallError(SpackError):
    """A build went wrong in a way the recipe can name."""

    code = "install-failed"

    def __init__(self, message: object, long_message: object = None, pkg: PackageBase | None = None) -> None:
        super().__init__(message, long_message)
        self.pkg = pkg


class CompilerError(SpackError):
    """A compiler cannot do what was asked of it."""

    code = "compiler-cannot"


class NoLibrariesError(SpackError):
    """A package's libraries were not found; with two arguments: the name and the prefix searched."""

    code = "no-libraries"

    def __init__(self, message_or_name: object, prefix: object = None) -> None:
        super().__init__(
            f"no libraries of {message_or_name} in {prefix}" if prefix is not None else message_or_name,
        )


class NoHeadersError(SpackError):
    """A package's headers were not found; with two arguments: the name and the prefix searched."""

    code = "no-headers"

    def __init__(self, message_or_name: object, prefix: object = None) -> None:
        super().__init__(
            f"no headers of {message_or_name} in {prefix}" if prefix is not None else message_or_name,
        )


class SkipTest(Exception):
    """A test says that it does not apply here."""


class NotOnThisPlatformError(SpackError):
    """A name of the API that means something only on another operating system was used."""

    code = "other-platform"


class DirectiveError(InputError):
    """A directive was used in a way it cannot mean."""

    code = "bad-directive"


class NoMatchingMethodError(SpackError):
    """None of the ``@when`` versions of a method fits the spec, and no plain one stands behind them."""

    code = "no-matching-method"


class UndeclaredDependencyError(InstallError):
    """A build tool was used that the recipe does not depend on."""

    code = "undeclared-dependency"


class BuildTestError(InstallError):
    """Tests that run within a build failed."""

    code = "build-tests-failed"
