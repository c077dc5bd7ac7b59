"""``when``: a block of conditional directives, and methods that are chosen by the spec."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import MethodType

# Any: a recipe's methods have whatever signature the recipe gives them.
from typing import Any

from outcrop.package.errors import NoMatchingMethodError
from outcrop.package.language.body import ClassBody, require_body
from outcrop.package.language.conditions import Condition, WhenArgument, parse_when


class MultiMethod:
    """Versions of one method, each under a condition; called like the method they share their name with.

    The first version (in source order) whose condition the spec satisfies runs; else the plain method that stood before
    the first version; else the method of the next class in the resolution order.
    """

    def __init__(self, name: str, default: Callable[..., Any] | None) -> None:
        self.__name__ = name
        self.owner: type | None = None
        self.default = default
        self.versions: list[tuple[Condition, Callable[..., Any]]] = []
        self._is_property = False
        if default is not None:
            functools.update_wrapper(self, default)

    def add(self, condition: Condition, function: Callable[..., Any]) -> None:
        """Add a version."""
        if not self.versions and self.default is None:
            functools.update_wrapper(self, function)
        self.versions.append((condition, function))

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.__name__ = name

    def belongs_to(self, owner: type, name: str) -> None:
        """Told by the metaclass when this is the getter of a property called ``name``."""
        self.owner = owner
        self.__name__ = name
        self._is_property = True

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, subject: Any, *arguments: Any, **keywords: Any) -> Any:
        """Run the version that fits ``subject.spec``.

        Raises:
            NoMatchingMethodError: there is none.
        """
        spec = subject.spec
        for condition, function in self.versions:
            if condition is not None and spec.satisfies(condition):
                return function(subject, *arguments, **keywords)
        if self.default is not None:
            return self.default(subject, *arguments, **keywords)
        return self._next_class(subject, arguments, keywords)

    def _next_class(self, subject: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        owner = self.owner
        order = type(subject).__mro__
        later = order[order.index(owner) + 1 :] if owner in order else ()
        if owner is not None and any(self.__name__ in vars(base) for base in later):
            found = getattr(super(owner, subject), self.__name__)
            return found if self._is_property else found(*arguments, **keywords)
        conditions = ", ".join(
            "never" if condition is None else f"@when({str(condition)!r})" for condition, _ in self.versions
        )
        raise NoMatchingMethodError(
            f"{type(subject).__name__}.{self.__name__}() has no version for {subject.spec}", f"there are: {conditions}"
        )


def _existing(namespace: dict[str, Any], name: str) -> MultiMethod:
    """The multimethod that a new version of ``name`` joins."""
    before = namespace.get(name)
    if isinstance(before, property):
        before = before.fget
    if isinstance(before, MultiMethod):
        return before
    return MultiMethod(name, before)


class when:
    """``with when(cond):`` puts ``cond`` on every directive of the block; ``@when(cond)`` on a method.

    ``cond`` is a spec text, or a bool for "always" and "never".
    """

    def __init__(self, condition: WhenArgument) -> None:
        self.condition = parse_when(condition)
        self._opened: list[tuple[ClassBody, tuple[Condition, ...]]] = []

    def __call__(self, method: Any) -> Any:
        """Decorate a method (or a property): it becomes one version of the multimethod of its name."""
        frame = sys._getframe(1)
        namespace = frame.f_locals
        if type(namespace) is not ClassBody:
            namespace = require_body("@when")[0]
        if isinstance(method, property):
            getter = method.fget
            name = str(getattr(getter, "__name__", ""))
            group = _existing(namespace, name)
            if getter is not None:
                group.add(self.condition, getter)
            return property(group)
        group = _existing(namespace, str(method.__name__))
        group.add(self.condition, method)
        return group

    def __enter__(self) -> None:
        body, _ = require_body("with when()")
        self._opened.append((body, body.conditions))
        body.conditions = (*body.conditions, self.condition)

    def __exit__(self, *failure: object) -> None:
        body, before = self._opened.pop()
        body.conditions = before
