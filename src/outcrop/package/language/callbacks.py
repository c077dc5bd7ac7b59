"""Functions that run around a phase, and methods that run only for certain attributes of the package."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

# Any: callbacks receive a builder or a wrapped package, both of which answer to anything their recipe defines.
from typing import Any, Literal, TypeVar

from outcrop.package.language.body import PhaseCallback, require_body
from outcrop.package.language.conditions import WhenArgument, parse_when

F = TypeVar("F", bound=Callable[..., Any])


def run_after(*phases: str, when: WhenArgument = None) -> Callable[[F], F]:
    """Decorator: run the function after each of ``phases``, if the spec satisfies ``when``."""
    return _hang("after", phases, when)


def run_before(*phases: str, when: WhenArgument = None) -> Callable[[F], F]:
    """Decorator: run the function before each of ``phases``, if the spec satisfies ``when``."""
    return _hang("before", phases, when)


def _hang(moment: Literal["before", "after"], phases: Iterable[str], when: WhenArgument) -> Callable[[F], F]:
    condition = parse_when(when)

    def decorate(function: F) -> F:
        body, _ = require_body(f"run_{moment}()")
        for phase in phases:
            body.callbacks.append(PhaseCallback(moment, phase, function, condition))
        return function

    return decorate


def on_package_attributes(**attributes: object) -> Callable[[F], F]:
    """Decorator: run the method only if every named attribute exists and has the given value; else return ``None``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def guarded(subject: Any, *arguments: Any, **keywords: Any) -> Any:
            package = getattr(subject, "pkg", subject)
            missing = object()
            if all(getattr(package, name, missing) == value for name, value in attributes.items()):
                return function(subject, *arguments, **keywords)
            return None

        return guarded  # type: ignore[return-value]  # same signature as the function it wraps

    return decorate


def collect_callbacks(own: Iterable[PhaseCallback], bases: Iterable[type]) -> tuple[PhaseCallback, ...]:
    """Own callbacks in source order, then those of the bases in bases order, each function and phase once."""
    inherited = (callback for base in bases for callback in getattr(base, "phase_callbacks", ()))
    return tuple(dict.fromkeys((*own, *inherited)))
