"""Circles of dependencies, excluded for good.

A circle that turns up in a model is broken at one of its packages, a *knot*. Every slot gets a literal "leads to the
knot", implied along edges, and the knot must not lead to itself: that excludes every circle through it, also over
packages that are expanded later. Excluding circles one by one instead takes hundreds of rounds where a compiler can be
built, because then nearly everything can depend on nearly everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from outcrop.solve.clauses import FALSE, Cause
from outcrop.solve.encoding import Encoding, PackageVariables, Slot

Truth = Callable[[int], bool]


def forbid_circles(encoding: Encoding, circles: Iterable[Sequence[Slot]]) -> None:
    """Choose knots so that every circle has one; the busiest package of a circle is taken."""
    incoming = Counter(slot for package in encoding.packages.values() for slot in package.edges)
    for circle in circles:
        if encoding.knots.keys().isdisjoint(circle):
            busy = {slot: incoming[slot] * len(encoding.packages[slot].edges) for slot in circle}
            knot = max(sorted(circle), key=busy.__getitem__)
            start = circle.index(knot)
            tie_knot(encoding, knot, ("cycle", *circle[start:], *circle[:start]))


def tie_knot(encoding: Encoding, knot: Slot, cause: Cause) -> None:
    """No circle goes through ``knot`` any more; ``cause`` names one that would."""
    encoding.knots[knot] = cause
    encoding.leads[knot] = {}
    for slot in encoding.order:
        _follow(encoding, knot, encoding.packages[slot])


def extend_knots(encoding: Encoding, package: PackageVariables) -> None:
    """The edges of a package that is expanded now lead to the knots there are."""
    for knot in encoding.knots:
        _follow(encoding, knot, package)


def _follow(encoding: Encoding, knot: Slot, package: PackageVariables) -> None:
    clauses, leads = encoding.clauses, encoding.leads[knot]

    def literal(slot: Slot) -> int:
        found = leads.get(slot)
        if found is None:
            found = leads[slot] = clauses.new(phase=False)
        return found

    for child, edge in package.edges.items():
        if edge.exists == FALSE:
            continue
        if package.slot == knot:
            clauses.add((-edge.exists, -literal(child)), encoding.knots[knot])
        elif child == knot:
            clauses.add((-edge.exists, literal(package.slot)))
        else:
            clauses.add((-edge.exists, -literal(child), literal(package.slot)))


def find_circles(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> list[list[Slot]]:
    """Circles of edges in the model, each as its slots in order. Every circle contains one of those returned."""
    found: list[list[Slot]] = []
    done: set[Slot] = set()
    for start in sorted(slots):
        if start in done:
            continue
        path: list[Slot] = [start]
        steps = [iter(_children(encoding, start, truth))]
        on_path = {start}
        while steps:
            child = next(steps[-1], None)
            if child is None:
                steps.pop()
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            elif child in on_path:
                found.append(path[path.index(child) :])
            elif child not in done:
                path.append(child)
                on_path.add(child)
                steps.append(iter(_children(encoding, child, truth)))
    return found


def _children(encoding: Encoding, slot: Slot, truth: Truth) -> list[Slot]:
    return sorted(child for child, edge in encoding.packages[slot].edges.items() if truth(edge.exists))
