"""The inside of a class statement: what its directives, conditions and callbacks are kept in until the class exists.

A recipe's class body runs like any code. Its namespace is a :class:`ClassBody`, made by the metaclass; a directive
finds the body it was called from by looking up the stack, past helper functions, to the nearest class body of ours. So
there is no global queue, and reading another class's dictionaries in a body disturbs nothing.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FrameType

# Any: a class namespace and a recipe's keyword arguments hold anything.
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from outcrop.base.errors import Place
from outcrop.package.errors import DirectiveError
from outcrop.package.language.conditions import Condition

if TYPE_CHECKING:
    from outcrop.package.language.directive import DirectiveCall


class PhaseCallback(NamedTuple):
    """A function that ``run_before``/``run_after`` hung on a phase; ``when`` is ``None`` for "always"."""

    moment: Literal["before", "after"]
    phase: str
    function: Callable[[Any], object]
    when: Condition | None


class ClassBody(dict[str, Any]):
    """The namespace of a class statement that is running, with what was said in it so far."""

    __slots__ = ("callbacks", "calls", "conditions", "defaults")

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[DirectiveCall] = []
        self.callbacks: list[PhaseCallback] = []
        self.conditions: tuple[Condition, ...] = ()
        """Of the ``with when(...)`` blocks that are open, outermost first; replaced, never changed."""
        self.defaults: dict[str, Any] = {}
        """Of the ``with default_args(...)`` blocks that are open, innermost wins; replaced, never changed."""


def find_body(frame: FrameType | None) -> tuple[ClassBody, FrameType] | None:
    """The class body that ``frame`` runs in or was called from, with its own frame; ``None`` outside a class statement.

    Module code ends the search: a module imported from within a class body is not part of it.
    """
    while frame is not None:
        code = frame.f_code
        if not code.co_flags & inspect.CO_OPTIMIZED:
            namespace = frame.f_locals
            if type(namespace) is ClassBody:
                return namespace, frame
            if code.co_name == "<module>":
                return None
        frame = frame.f_back
    return None


def require_body(what: str, depth: int = 2) -> tuple[ClassBody, FrameType]:
    """The class body that the caller's caller (``depth`` frames up) is part of.

    Raises:
        DirectiveError: there is none; ``what`` names the directive in the message.
    """
    frame = sys._getframe(depth)
    found = find_body(frame)
    if found is None:
        raise DirectiveError(
            f"{what} was called outside the body of a package or builder class",
            place=Place(frame.f_code.co_filename, frame.f_lineno),
            hint="call it inside the class statement, or inside a function that the class body calls",
        )
    return found
