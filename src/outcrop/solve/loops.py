"""What is wrong with a model although every clause holds: circles of dependencies, and lines that are their own
reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from outcrop.solve.clauses import Cause
from outcrop.solve.encoding import Encoding, PackageVariables, Slot, Use

Truth = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Unfounded:
    """``lines`` hold only because of each other. A sound answer drops one of them, or has one of ``others`` or
    another provider, because nothing else could be their reason.
    """

    lines: tuple[Cause, ...]
    others: tuple[Cause, ...]
    providers: tuple[tuple[Slot, str, int], ...]

    def exclude(self, encoding: Encoding) -> None:
        """Add the clause that says so."""
        conditions = {use.cause: use.condition for package in encoding.packages.values() for use in package.uses}
        clause = [-conditions[line] for line in self.lines if line in conditions]
        clause.extend(conditions[line] for line in self.others if line in conditions)
        clause.extend(encoding.packages[slot].virtuals[virtual].items[place] for slot, virtual, place in self.providers)
        encoding.clauses.add(clause, ("unfounded", *self.lines[0][1:]))


def find_cycles(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> list[tuple[list[int], Cause]]:
    """Circles of edges in the model: the edges' literals, and the packages in order. Every circle contains one of
    those returned.
    """
    found: list[tuple[list[int], Cause]] = []
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
                circle = [*path[path.index(child) :], child]
                literals = [encoding.packages[upper].edges[lower].exists for upper, lower in pairwise(circle)]
                found.append((literals, ("cycle", *[slot[0] for slot in circle[:-1]])))
            elif child not in done:
                path.append(child)
                on_path.add(child)
                steps.append(iter(_children(encoding, child, truth)))
    return found


def find_unfounded(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> Unfounded | None:
    """Dependency lines of the model that hold only because of themselves: ``depends_on("x", when="^x")``.

    Returns:
        A clause that the model violates and every sound answer fulfils, with its cause: some of the lines does not
        hold, or one does that could be their reason. ``None`` if every line has one.
    """
    lines = [(encoding.packages[slot], use) for slot in slots for use in encoding.packages[slot].uses]
    pending = [(package, use) for package, use in lines if use.foreign and truth(use.condition)]
    if not pending:
        return None
    edges: dict[Slot, dict[Slot, _Edge]] = {slot: {} for slot in slots}

    def add(package: PackageVariables, use: Use) -> None:
        for child, variables in package.edges.items():
            if truth(variables.virtuals.get(use.name, -1)) if use.virtual else child[0] == use.name:
                edge = edges[package.slot].setdefault(child, _Edge())
                edge.runtime = edge.runtime or not {"link", "run"}.isdisjoint(use.types)
                if use.virtual:
                    edge.virtuals.add(use.name)

    for package, use in lines:
        if not use.foreign and truth(use.condition):
            add(package, use)
    while True:
        reasoned = [(package, use) for package, use in pending if _has_reason(package, use, edges, encoding)]
        if not reasoned:
            break
        for package, use in reasoned:
            add(package, use)
        pending = [entry for entry in pending if entry not in reasoned]
    if not pending:
        return None
    others: list[Cause] = []
    providers: list[tuple[Slot, str, int]] = []
    for slot in slots:
        package = encoding.packages[slot]
        others.extend(use.cause for use in package.uses if not truth(use.condition))
        for virtual, choice in package.virtuals.items():
            providers.extend((slot, virtual, place) for place, item in enumerate(choice.items) if not truth(item))
    return Unfounded(tuple(use.cause for _, use in pending), tuple(others), tuple(providers))


@dataclass(slots=True)
class _Edge:
    runtime: bool = False
    virtuals: set[str] = field(default_factory=set)


def _has_reason(package: PackageVariables, use: Use, edges: dict[Slot, dict[Slot, _Edge]], encoding: Encoding) -> bool:
    """Whether what a condition speaks of lies below the package, over edges that have a reason themselves."""
    direct = list(edges[package.slot].items())
    below = list(direct)
    stack = [child for child, edge in direct if edge.runtime]
    seen: set[Slot] = set()
    while stack:
        slot = stack.pop()
        if slot not in seen:
            seen.add(slot)
            further = [(child, edge) for child, edge in edges.get(slot, {}).items() if edge.runtime]
            below.extend(further)
            stack.extend(child for child, _ in further)
    for wanted in use.when.edges:
        if wanted.when is not None:
            continue
        name = wanted.spec.name
        virtual = encoding.is_virtual(name)
        carried = {*wanted.virtuals, name} if virtual else set(wanted.virtuals)
        if not any(
            (virtual or child[0] == name) and carried <= edge.virtuals
            for child, edge in (direct if wanted.direct else below)
        ):
            return False
    return True


def _children(encoding: Encoding, slot: Slot, truth: Truth) -> list[Slot]:
    return sorted(child for child, edge in encoding.packages[slot].edges.items() if truth(edge.exists))
