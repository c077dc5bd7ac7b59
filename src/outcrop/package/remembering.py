"""``memoized`` and ``dedupe``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def memoized(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: every call with arguments seen before returns what it returned then.

    On a method the object counts as an argument. Arguments must be hashable: a TypeError says so otherwise.
    """
    known: dict[Hashable, R] = {}

    @functools.wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (args, tuple(sorted(kwargs.items())))
        try:
            if key not in known:
                known[key] = function(*args, **kwargs)
            return known[key]
        except TypeError as problem:
            _explain(function, key, problem)
            raise

    remembered.cache = known  # type: ignore[attr-defined]  # recipes may clear it
    return remembered


def _explain(function: Callable[..., Any], key: Hashable, problem: TypeError) -> None:
    try:
        hash(key)
    except TypeError:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is memoized and was given an argument that cannot be hashed") from problem


def dedupe(sequence: Iterable[T], key: Callable[[T], Any] | None = None) -> Iterator[T]:
    """Items of ``sequence`` in order, each once; two are the same when ``key`` gives the same for both."""
    seen: set[Any] = set()
    for item in sequence:
        mark = item if key is None else key(item)
        if mark not in seen:
            seen.add(mark)
            yield item
