"""Who asks what of a node besides what clauses say: values of variants, compiler flags, and what is passed down.

Whether *somebody* asks for something is a question about everybody, so it stays open until all packages of an answer
are known: an :class:`OpenList` has a tail that stands for those nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from outcrop.solve.clauses import FALSE, Cause, Clauses
from outcrop.spec import EdgeConstraint, FlagConstraint, VariantConstraint

Slot = tuple[str, int]
What = VariantConstraint | FlagConstraint | EdgeConstraint
Order = tuple[int, str, int, int]
"""Who asks: kind (what is passed down, recipes, configuration, requests), package, copy, place there."""

PASSED, RECIPE, CONFIGURED, REQUESTED = range(4)


class OpenList:
    """``literal`` holds only where one of the items does, or ``tail``: an item that is not known yet."""

    def __init__(self, clauses: Clauses) -> None:
        self._clauses = clauses
        self.literal = clauses.new(phase=False)
        self.tail = clauses.new(phase=False)
        clauses.add((-self.literal, self.tail))

    def add(self, item: int) -> None:
        """One more item."""
        if item == FALSE:
            return
        further = self._clauses.new(phase=False)
        self._clauses.add((-item, self.literal))
        self._clauses.add((-self.tail, item, further))
        self.tail = further


class Ask(msgspec.Struct, eq=False):
    """``owner`` (a package's recipe; ``None`` for requests and configuration) asks for ``what`` where ``literal``
    holds.
    """

    literal: int
    owner: Slot | None
    what: What
    order: Order


class Source(msgspec.Struct, eq=False):
    """A node that passes ``ask`` down to what lies below it; ``done`` counts the expanded packages that know."""

    slot: Slot
    ask: Ask
    cause: Cause | None
    done: int = 0


class Asks(msgspec.Struct, eq=False):
    """Everything that is asked of nodes in one solve."""

    roots: list[tuple[Slot, int]] = []
    """The slots that may answer a request, each with its literal."""
    variants: dict[tuple[Slot, str], list[Ask]] = {}
    flags: dict[Slot, list[Ask]] = {}
    edges: dict[Slot, list[Ask]] = {}
    """Direct dependencies that are asked for by name."""
    sources: list[Source] = []
    passed: dict[tuple[Slot, str], list[tuple[Source, int]]] = {}
    """What is passed down to a slot about a variant or virtual: who does so, and where it does."""
    lists: dict[tuple[str, Slot, object], OpenList] = {}
    """By kind, slot and what the list is about."""

    def tails(self) -> Iterator[int]:
        """Literals that stand for those nobody knows yet."""
        return (found.tail for found in self.lists.values())
