"""How a directive call becomes records: noted in the class body, applied when a class that has it is first read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

# Any: a directive's arguments are whatever a recipe wrote; each directive checks its own.
from typing import TYPE_CHECKING, Any

from outcrop.base.errors import Place
from outcrop.package.errors import DirectiveError
from outcrop.package.language.body import ClassBody, require_body
from outcrop.package.language.conditions import Condition, WhenArgument, conjunction, parse_when
from outcrop.package.language.records import DirectiveRecord
from outcrop.package.specs.spec_api import SpecLike, as_constraint
from outcrop.spec import Spec as Constraint
from outcrop.spec import SpecParseError

if TYPE_CHECKING:
    from outcrop.package.language.meta import RecipeMeta


class Application:
    """One directive call on its way to records: which class is being filled, who said it, where, under which
    conditions.
    """

    __slots__ = ("call", "owner", "package")

    def __init__(self, call: DirectiveCall, package: RecipeMeta, owner: RecipeMeta) -> None:
        self.call = call
        self.package = package
        """The class being filled."""
        self.owner = owner
        """The class whose body made the call: ``package`` or one of its bases."""

    @property
    def package_name(self) -> str:
        """Name of the package being filled."""
        return str(getattr(self.package, "name", self.package.__name__))

    def origin(self) -> dict[str, Any]:
        """The fields that every record begins with (Any: they are passed on as keywords)."""
        return {"file": self.call.file, "line": self.call.line, "declared_by": self.owner.declared_name}

    def condition(self, when: WhenArgument) -> Condition:
        """The explicit ``when`` and the ``with when`` blocks around the call, conjoined; ``None`` for "never"."""
        explicit = parse_when(when)
        around = self.call.conditions
        return conjunction((*around, explicit)) if around else explicit

    def spec(self, value: SpecLike) -> Constraint:
        """Parse a spec argument."""
        return as_constraint(value)

    def error(self, message: str, *, hint: str | None = None, code: str | None = None) -> DirectiveError:
        """An error that stands at this call."""
        return DirectiveError(message, place=self.call.place, hint=hint, code=code)


Applier = Callable[..., Iterator[DirectiveRecord]]
"""Takes an :class:`Application`, then what the recipe passed."""


class DirectiveCall:
    """A directive call in a class body; what a directive returns."""

    __slots__ = ("arguments", "conditions", "directive", "file", "keywords", "line")

    def __init__(
        self,
        directive: Directive,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        conditions: tuple[Condition, ...],
        file: str,
        line: int,
    ) -> None:
        self.directive = directive
        self.arguments = arguments
        self.keywords = keywords
        self.conditions = conditions
        self.file = file
        self.line = line

    @property
    def place(self) -> Place:
        """Where the class body says it."""
        return Place(self.file, self.line)

    def apply(self, package: RecipeMeta, owner: RecipeMeta) -> list[DirectiveRecord]:
        """The records of this call for ``package``; none if its condition can never hold.

        Raises:
            DirectiveError: the call makes no sense; the error stands at the call.
        """
        try:
            return list(self.directive.applier(Application(self, package, owner), *self.arguments, **self.keywords))
        except DirectiveError as error:
            if error.place is not None:
                raise
            raise DirectiveError(error.message, place=self.place, hint=error.hint, code=error.code) from error
        except (SpecParseError, TypeError, ValueError) as error:
            raise DirectiveError(f"{self.directive.name}(): {error}", place=self.place) from error


class Directive:
    """A name that class bodies call. ``conditional`` tells whether it may stand under ``with when``."""

    def __init__(self, name: str, applier: Applier, conditional: bool = True) -> None:
        self.name = name
        self.applier = applier
        self.conditional = conditional
        self.__name__ = name
        self.__doc__ = applier.__doc__
        parameters = list(inspect.signature(applier).parameters.values())[1:]
        self._positional = [
            parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        ]

    def __call__(self, *arguments: Any, **keywords: Any) -> DirectiveCall:
        """Note the call in the class body it was made in.

        Raises:
            DirectiveError: there is no such body, or a condition is open that this directive cannot have.
        """
        body, frame = require_body(f"{self.name}()")
        if body.conditions and not self.conditional:
            raise DirectiveError(
                f"{self.name}() cannot stand inside `with when(...)`",
                place=Place(frame.f_code.co_filename, frame.f_lineno),
                code="unconditional-directive",
            )
        if body.defaults:
            bound = self._positional[: len(arguments)]
            keywords = {**{name: value for name, value in body.defaults.items() if name not in bound}, **keywords}
        call = DirectiveCall(self, arguments, keywords, body.conditions, frame.f_code.co_filename, frame.f_lineno)
        _withdraw(body, arguments)
        _withdraw(body, keywords.values())
        body.calls.append(call)
        return call

    def __repr__(self) -> str:
        return f"<directive {self.name}>"


def _withdraw(body: ClassBody, values: Any) -> None:
    """Take calls that were passed to another directive out of the body: they belong to that one."""
    for value in values:
        if isinstance(value, DirectiveCall):
            if value in body.calls:
                body.calls.remove(value)
        elif isinstance(value, list | tuple):
            _withdraw(body, value)


class default_args:
    """``with default_args(type="run"):`` gives every directive in the block these keywords unless it says otherwise."""

    def __init__(self, **keywords: Any) -> None:
        self._keywords = keywords
        self._opened: list[tuple[ClassBody, dict[str, Any]]] = []

    def __enter__(self) -> None:
        body, _ = require_body("default_args()")
        self._opened.append((body, body.defaults))
        body.defaults = {**body.defaults, **self._keywords}

    def __exit__(self, *failure: object) -> None:
        body, before = self._opened.pop()
        body.defaults = before
