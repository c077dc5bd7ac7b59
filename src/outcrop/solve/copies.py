"""Which copy of a package a dependent has."""

from __future__ import annotations

from outcrop.solve.clauses import TRUE
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
