"""Two copies of a package in one build: found in a model, and excluded.

A build sees what the package depends on in any way, what that runs, and what the package itself links to or runs. It
may see one copy of a package only; so what imports each other shares one Python. What a tool merely links to does
not count, because a tool brings its own; and compilers may be mixed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import EdgeVariables, Encoding, Slot
from outcrop.solve.runtimes import LANGUAGES

Truth = Callable[[int], bool]


def find_doubles(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> list[tuple[Slot, Slot, Slot]]:
    """(who, copy, other copy): two copies of a package that the build of ``who`` would see."""
    several = {name for name, copies in Counter(slot[0] for slot in slots).items() if copies > 1}
    several -= {name for language in LANGUAGES for name in encoding.providers(language)}
    if not several:
        return []
    found: list[tuple[Slot, Slot, Slot]] = []
    for slot in sorted(slots):
        if not truth(encoding.packages[slot].built):
            continue
        first: dict[str, Slot] = {}
        for other in sorted(_seen(encoding, slot, truth)):
            if other[0] in several and first.setdefault(other[0], other) != other:
                found.append((slot, first[other[0]], other))
    return found


def exclude_double(encoding: Encoding, who: Slot, one: Slot, other: Slot) -> None:
    """Add the clause that the build of ``who`` does not see both."""
    package = encoding.package(who)
    literals = [encoding.atom(package, ("seen", slot, (), ())) for slot in (one, other)]
    encoding.settle()
    encoding.clauses.add([-package.built, *[-literal for literal in literals]], ("double", who[0], one[0]))


def _seen(encoding: Encoding, who: Slot, truth: Truth) -> set[Slot]:
    edges = encoding.packages[who].edges
    direct = [child for child, edge in edges.items() if truth(edge.exists)]
    linked = [child for child, edge in edges.items() if truth(edge.runtime)]
    run = _closure(encoding, direct, lambda edge: truth(edge.types.get("run", FALSE)))
    return run | _closure(encoding, linked, lambda edge: truth(edge.runtime))


def _closure(encoding: Encoding, start: Iterable[Slot], follows: Callable[[EdgeVariables], bool]) -> set[Slot]:
    seen = set(start)
    stack = list(seen)
    while stack:
        for child, edge in encoding.packages[stack.pop()].edges.items():
            if child not in seen and follows(edge):
                seen.add(child)
                stack.append(child)
    return seen
