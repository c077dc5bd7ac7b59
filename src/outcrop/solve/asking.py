"""Whether anybody in the graph asks for something: a value of a variant, a direct dependency."""

from __future__ import annotations

from outcrop.solve.asks import Ask, OpenList, Slot
from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import Encoding
from outcrop.spec import EdgeConstraint, VariantConstraint


def reached(encoding: Encoding, slot: Slot) -> int:
    """A literal: a root is the slot, or depends on it over edges of any type."""
    options = []
    for root, literal in encoding.asks.roots:
        if root == slot:
            options.append(literal)
        else:
            below = encoding.atom(encoding.package(root), ("anywhere", slot, (), ()))
            options.append(encoding.clauses.conjunction((literal, below)))
    return encoding.clauses.disjunction(options) if options else FALSE


def asked_where(encoding: Encoding, ask: Ask) -> int:
    """A literal: somebody in the graph asks so. A node that only the solver's model has asks for nothing."""
    if ask.owner is None:
        return ask.literal
    return encoding.clauses.conjunction((ask.literal, reached(encoding, ask.owner)))


def variant_asked(encoding: Encoding, slot: Slot, name: str) -> int:
    """A literal: a request, the configuration or a dependent asks for a value of the slot's variant."""
    key = ("variant", slot, name)
    found = encoding.asks.lists.get(key)
    if found is None:
        found = encoding.asks.lists[key] = OpenList(encoding.clauses)
        for ask in encoding.asks.variants.get((slot, name), ()):
            found.add(asked_where(encoding, ask))
    return found.literal


def note_variant(encoding: Encoding, slot: Slot, ask: Ask) -> None:
    """Somebody asks for a value of a variant."""
    if not isinstance(ask.what, VariantConstraint) or ask.what.any:
        return
    encoding.asks.variants.setdefault((slot, ask.what.name), []).append(ask)
    found = encoding.asks.lists.get(("variant", slot, ask.what.name))
    if found is not None:
        found.add(asked_where(encoding, ask))


def edge_asked(encoding: Encoding, slot: Slot, virtual: str) -> int:
    """A literal: somebody asks who shall provide ``virtual`` to the slot, by a direct dependency."""
    key = ("edge", slot, virtual)
    found = encoding.asks.lists.get(key)
    if found is None:
        found = encoding.asks.lists[key] = OpenList(encoding.clauses)
        for ask in encoding.asks.edges.get(slot, ()):
            if isinstance(ask.what, EdgeConstraint) and _about(encoding, ask.what, virtual):
                found.add(asked_where(encoding, ask))
    return found.literal


def note_edge(encoding: Encoding, slot: Slot, ask: Ask) -> None:
    """Somebody asks for a direct dependency of the slot."""
    encoding.asks.edges.setdefault(slot, []).append(ask)
    edge = ask.what
    for (kind, where, what), found in list(encoding.asks.lists.items()):
        concerned = kind == "edge" and where == slot
        if concerned and isinstance(edge, EdgeConstraint) and _about(encoding, edge, str(what)):
            found.add(asked_where(encoding, ask))


def _about(encoding: Encoding, edge: EdgeConstraint, virtual: str) -> bool:
    if edge.virtuals:
        return virtual in edge.virtuals
    return edge.spec.name == virtual or edge.spec.name in encoding.providers(virtual)
