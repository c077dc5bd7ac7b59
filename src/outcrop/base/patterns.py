"""Regular expressions that are compiled when they are first used.

A command meets few of the expressions that its modules know, and compiling one takes up to a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "sub", "findall", "finditer", "split")


class _Lazy:
    """Stands for an expression; its methods become those of the compiled one when any of them is first used."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> object:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = self._make()
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return self.__dict__[name]


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The expression, as far as matching, searching and replacing go: it has no ``groups`` and the like."""
    return cast("re.Pattern[AnyStr]", _Lazy(partial(re.compile, text, flags)))
