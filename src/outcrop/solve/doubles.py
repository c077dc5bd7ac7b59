"""Two copies of a package in one build: found in a model, and excluded.

A build sees what the package depends on in any way, what that runs, and what the package itself links to or runs. It
may see one copy of a package only; so what imports each other shares one Python. What a tool merely links to does
not count, because a tool brings its own; and compilers may be mixed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import EdgeVariables, Encoding, Slot

Truth = Callable[[int], bool]


def find_doubles(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> list[tuple[Slot, Slot, Slot]]:
    """(who, copy, other copy): two copies of a package that the build of ``who`` would see."""
    several = {name for name, copies in Counter(slot[0] for slot in slots).items() if copies > 1}
    several -= encoding.compiler_names
    if not several:
        return []
    direct = _children(encoding, slots, lambda edge: edge.exists, truth)
    linked = _children(encoding, slots, lambda edge: edge.runtime, truth)
    run = _children(encoding, slots, lambda edge: edge.types.get("run", FALSE), truth)
    found: list[tuple[Slot, Slot, Slot]] = []
    for slot in sorted(slots):
        if not truth(encoding.packages[slot].built):
            continue
        first: dict[str, Slot] = {}
        seen = _closure(run, direct[slot]) | _closure(linked, linked[slot])
        for other in sorted(other for other in seen if other[0] in several):
            if first.setdefault(other[0], other) != other:
                found.append((slot, first[other[0]], other))
    return found


def exclude_double(encoding: Encoding, who: Slot, one: Slot, other: Slot) -> None:
    """Add the clause that the build of ``who`` does not see both."""
    package = encoding.package(who)
    literals = [encoding.atom(package, ("seen", slot, (), ())) for slot in (one, other)]
    encoding.settle()
    encoding.clauses.add([-package.built, *[-literal for literal in literals]], ("double", who[0], one[0]))


def _children(
    encoding: Encoding, slots: Iterable[Slot], literal: Callable[[EdgeVariables], int], truth: Truth
) -> dict[Slot, list[Slot]]:
    return {
        slot: [child for child, edge in encoding.packages[slot].edges.items() if truth(literal(edge))] for slot in slots
    }


def _closure(children: Mapping[Slot, Sequence[Slot]], start: Iterable[Slot]) -> set[Slot]:
    seen = set(start)
    stack = list(seen)
    while stack:
        for child in children[stack.pop()]:
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return seen
