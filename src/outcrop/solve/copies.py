"""Which copy of a package a dependent has."""

from __future__ import annotations

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding, PackageVariables, Slot


def picks(encoding: Encoding, package: PackageVariables, name: str) -> dict[Slot, int]:
    """A literal for each copy of ``name`` that the package may depend on, of which at most one holds."""
    found = package.picks.get(name)
    if found is None:
        slots = [slot for slot in encoding.copies(name) if slot != package.slot]
        if encoding.leads_to_first(package.slot) and name not in package.for_build:
            slots = slots[:1]
        single = encoding.single(name)
        if len(slots) <= 1:
            found = {slot: TRUE if single == TRUE else encoding.clauses.new(phase=True) for slot in slots}
            for literal in found.values():
                encoding.clauses.add((-single, literal))
        else:
            found = {slot: encoding.clauses.new(phase=place == 0) for place, slot in enumerate(slots)}
            encoding.clauses.at_most_one(list(found.values()))
        package.picks[name] = found
    return found


def bind_root(encoding: Encoding, slot: Slot, present: int) -> None:
    """Where ``present`` holds the slot is a root: it and what it links to or runs are first copies. Compilers bring
    their own.
    """
    if encoding.brought_along and slot[0] not in encoding.compiler_names:
        encoding.clauses.add((-present, _bound(encoding, slot)))


def bind_dependencies(encoding: Encoding, package: PackageVariables) -> None:
    """What belongs to a root's own world leads to first copies only, also where others of its kind may not. Edges are
    known.
    """
    here = _bound(encoding, package.slot) if encoding.brought_along else FALSE
    if here == FALSE:
        return
    for child, edge in package.edges.items():
        if edge.runtime != FALSE and child[0] not in encoding.compiler_names:
            encoding.clauses.add((-here, -edge.runtime, _bound(encoding, child)))


def _bound(encoding: Encoding, slot: Slot) -> int:
    if slot[1]:
        return FALSE
    found = encoding.bound.get(slot)
    if found is None:
        found = encoding.bound[slot] = encoding.clauses.new(phase=False)
    return found
