"""Conditions as recipes write them: parsed once, conjoined, and tested against a spec."""

from __future__ import annotations

import functools
from typing import TypeAlias

from outcrop.package.specs.spec_api import Spec as ApiSpec
from outcrop.package.specs.spec_api import parse_constraint
from outcrop.spec import Spec as Constraint
from outcrop.spec import UnsatisfiableSpecError

Condition: TypeAlias = Constraint | None
"""What a ``when`` means: a constraint (the empty one is "always"), or ``None`` for "never"."""

WhenArgument: TypeAlias = "str | bool | ApiSpec | Constraint | None"
"""What a recipe may pass as ``when=``."""

ALWAYS = Constraint()


def parse_when(value: WhenArgument) -> Condition:
    """The condition that a ``when=`` argument stands for.

    Raises:
        SpecParseError: the text is no spec.
        TypeError: the value is of a kind that cannot be a condition.
    """
    if value is None or value is True:
        return ALWAYS
    if value is False:
        return None
    if isinstance(value, str):
        return parse_constraint(value)
    if isinstance(value, Constraint):
        return value
    if isinstance(value, ApiSpec):
        return value.constraint
    raise TypeError(f"a condition is a spec, a text or a bool, not {type(value).__name__}")


@functools.lru_cache(maxsize=8192)
def conjunction(conditions: tuple[Condition, ...]) -> Condition:
    """All of ``conditions`` at once; ``None`` if one is "never" or if they contradict each other."""
    result: Constraint = ALWAYS
    for condition in conditions:
        if condition is None:
            return None
        try:
            result = result.constrain(condition)
        except UnsatisfiableSpecError:
            return None
    return result
