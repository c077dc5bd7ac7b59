"""Targets of the ``target=`` key: names, ranges in the family order of microarchitectures, and lists of them.

``x:`` is ``x`` and all its descendants, ``:x`` is ``x`` and all its ancestors, ``x:y`` is what lies between. A name
that archspec does not know stands for itself alone. archspec is loaded only when a range meets something it has to be
compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import msgspec

HOST_WORDS = frozenset({"default_target", "default_os", "frontend", "backend", "fe", "be"})
"""Words that stand for the machine's own target or operating system."""


class TargetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one target.

    ``ancestors`` are the targets whose code it runs besides its own, nearest first. ``generic`` ones are nobody's
    product. ``compilers`` maps a compiler's recipe to the version ranges that make code for the target; none means no
    version does, and a compiler that is missing is not known to have limits.
    """

    ancestors: tuple[str, ...] = ()
    generic: bool = False
    compilers: dict[str, tuple[str, ...]] = {}


def normal_target(text: str) -> str:
    """The list with blanks removed, each item once, sorted; ``x:x`` is ``x``, and ``:`` or ``*`` are no constraint."""
    if not text:
        return ""
    items: set[str] = set()
    for item in text.split(","):
        low, colon, high = item.strip().partition(":")
        items.add(low if colon and low == high and low else f"{low}{colon}{high}")
    items.discard("")
    return "" if items & {":", "*"} else ",".join(sorted(items))


def target_satisfies(target: str, other: str, lines: Mapping[str, Collection[str]] | None = None) -> bool:
    """Every target in ``target`` lies in ``other``; the empty text is every target, known or not.

    ``lines`` (target -> its ancestors) saves asking archspec.
    """
    if target == other or not other:
        return True
    if not target:
        return False
    mine, theirs = target.split(","), other.split(",")
    if set(mine) <= set(theirs):
        return True
    if ":" not in other and ":" not in target:
        return False
    if lines is None:
        return expand_target(target) <= expand_target(other)
    return _expand(target, lines) <= _expand(other, lines)


def target_lies_in(target: str, other: str, lines: Mapping[str, Collection[str]]) -> bool:
    """:func:`target_satisfies` for one target, by ``lines`` (target -> its ancestors) and without archspec."""
    if not other:
        return True
    for item in other.split(","):
        low, colon, high = item.partition(":")
        if not colon:
            if target == item:
                return True
        elif (not low or low == target or low in lines.get(target, ())) and (
            not high or high == target or target in lines.get(high, ())
        ):
            return True
    return False


def target_intersects(target: str, other: str) -> bool:
    """Some target may lie in both."""
    if target == other or not other or not target:
        return True
    mine, theirs = target.split(","), other.split(",")
    if not set(mine).isdisjoint(theirs):
        return True
    if ":" not in other and ":" not in target:
        return False
    return not expand_target(target).isdisjoint(expand_target(other))


def target_intersection(target: str, other: str) -> str:
    """What lies in both, as a range where one says it; empty only if the two do not intersect."""
    if target_satisfies(target, other):
        return target or other
    if target_satisfies(other, target):
        return other
    found: set[str] = set()
    for mine in target.split(","):
        for theirs in other.split(","):
            found.update(_item_intersection(mine, theirs))
    return ",".join(sorted(found))


def _item_intersection(left: str, right: str) -> Iterable[str]:
    both = _expand_item(left) & _expand_item(right)
    if not both:
        return ()
    if both == _expand_item(left):
        return (left,)
    if both == _expand_item(right):
        return (right,)
    lows = [item.partition(":")[0] for item in (left, right)]
    highs = [item.partition(":")[2] for item in (left, right)]
    for low in lows:
        for high in highs:
            if _expand_item(f"{low}:{high}") == both:
                return (normal_target(f"{low}:{high}"),)
    return sorted(both)


@lru_cache(maxsize=4096)
def expand_target(text: str) -> frozenset[str]:
    """The names that a list of targets and ranges stands for."""
    return frozenset().union(*[_expand_item(item) for item in text.split(",")])


@lru_cache(maxsize=4096)
def _expand_item(item: str) -> frozenset[str]:
    return _expand(item, ancestry() if ":" in item else {})


def _expand(text: str, lines: Mapping[str, Collection[str]]) -> frozenset[str]:
    return frozenset().union(*[_between(item, lines) for item in text.split(",")])


def _between(item: str, lines: Mapping[str, Collection[str]]) -> frozenset[str]:
    low, colon, high = item.partition(":")
    if not colon:
        return frozenset((low,))
    between = [
        name
        for name, ancestors in lines.items()
        if (not low or name == low or low in ancestors) and (not high or name == high or name in lines.get(high, ()))
    ]
    return frozenset(between) | {end for end in (low, high) if end and end not in lines}


@lru_cache(maxsize=1)
def ancestry() -> dict[str, frozenset[str]]:
    """Every target that archspec knows -> its ancestors."""
    # 30 ms that only specs with target ranges have to spend.
    from archspec.cpu import TARGETS

    return {name: frozenset(ancestor.name for ancestor in target.ancestors) for name, target in TARGETS.items()}
