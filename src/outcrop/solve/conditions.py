"""Specs as literals: whether a node fits one, and forcing it to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from outcrop.solve.asking import note_edge, note_variant
from outcrop.solve.asks import PASSED, RECIPE, REQUESTED, Ask, Order, Source
from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.copies import picks
from outcrop.solve.encoding import Encoding, PackageVariables, Slot
from outcrop.solve.flags import flag_literal, note_flags, without_flags
from outcrop.solve.systems import os_atom
from outcrop.solve.targets import target_atom
from outcrop.spec import EdgeConstraint, Spec


def holds(encoding: Encoding, slot: Slot, spec: Spec, *, below: str = "reach") -> int:
    """A literal: the slot is in the graph and fits ``spec``.

    Args:
        encoding: the variables.
        slot: the package that is spoken of.
        spec: the constraint; its name, if it has one, must be the slot's or a virtual's.
        below: what ``^`` means, the kind of atom: ``reach`` in recipes, ``anywhere`` in requests.
    """
    package = encoding.package(slot)
    if spec.is_empty:
        return package.node
    key = (slot, spec)
    found = encoding.holding.get(key) if below == "reach" else None
    if found is None:
        parts = [*_parts(encoding, package, spec, below), *_edges(encoding, package, spec.edges, below)]
        parts.extend(flag_literal(encoding, package, flag) for flag in spec.flags)
        # Versions and variants are there only where the package is.
        found = encoding.clauses.conjunction(parts if _is_plain(spec) else [package.node, *parts])
        if below == "reach":
            encoding.holding[key] = found
    return found


def _is_plain(spec: Spec) -> bool:
    if spec.edges or spec.flags or spec.os or spec.target or spec.platform or spec.namespace or spec.hash or spec.name:
        return False
    return not any(variant.any or not variant.values for variant in spec.variants)


def impose(
    encoding: Encoding,
    reasons: list[int],
    slot: Slot,
    spec: Spec,
    cause: Cause | None,
    *,
    below: str = "reach",
    owner: Slot | None = None,
) -> None:
    """Where all ``reasons`` hold, the slot is in the graph and fits ``spec``.

    ``owner`` is whose recipe says so; ``None`` for requests.
    """
    package = encoding.package(slot)
    negated = [-reason for reason in reasons]
    add = encoding.clauses.add
    add([*negated, package.node], cause)
    for part in _parts(encoding, package, spec, below):
        add([*negated, part], cause)
    for edge in spec.edges:
        if not edge.propagate:
            add([*negated, edge_literal(encoding, package, _plain(edge), below)], cause)
    ask(encoding, reasons, slot, spec, cause, _order(owner, cause), below=below, owner=owner)


def ask(
    encoding: Encoding,
    reasons: Sequence[int],
    slot: Slot,
    spec: Spec,
    cause: Cause | None,
    order: Order,
    *,
    below: str = "reach",
    owner: Slot | None = None,
) -> None:
    """What imposing ``spec`` means besides its clauses: compiler flags, what is passed down, and that somebody asks
    for values of variants; for the slot and for the dependencies that the spec names.
    """
    if not (spec.variants or spec.flags or spec.edges):
        return
    package = encoding.package(slot)
    here = _switched(encoding, reasons, cause)
    for variant in spec.variants:
        note_variant(encoding, slot, Ask(here, owner, variant, order))
        if variant.propagate:
            _pass_down(encoding, slot, Ask(here, owner, variant, order), cause)
    for flag in spec.flags:
        note_flags(encoding, slot, Ask(here, owner, flag, order))
        if flag.propagate:
            _pass_down(encoding, slot, Ask(here, owner, flag, order), cause)
    for edge in spec.edges:
        if edge.propagate:
            _pass_down(encoding, slot, Ask(here, owner, edge, order), cause)
        elif edge.direct:
            note_edge(encoding, slot, Ask(here, owner, edge, order))
        if any(each.variants or each.flags or each.edges for each in edge.spec.walk()):
            for child, literal in _places(encoding, package, edge, below):
                further = [*reasons, literal]
                if edge.when is not None:
                    further.append(holds(encoding, slot, edge.when, below=below))
                ask(encoding, further, child, edge.spec, cause, order, below=below, owner=owner)


def _order(owner: Slot | None, cause: Cause | None) -> Order:
    place = next((part for part in cause[1:] if isinstance(part, int)), 0) if cause else 0
    if owner is None:
        return (REQUESTED, "", 0, place)
    return (RECIPE, owner[0], owner[1], place)


def _switched(encoding: Encoding, reasons: Sequence[int], cause: Cause | None) -> int:
    """All ``reasons``; in explanations only where the cause is in force, so that it is named."""
    clauses = encoding.clauses
    here = clauses.conjunction(reasons)
    if not clauses.explain or cause is None:
        return here
    active = clauses.new()
    clauses.add((-here, active), cause)
    return active


def _pass_down(encoding: Encoding, slot: Slot, made: Ask, cause: Cause | None) -> None:
    order = (PASSED, *made.order[1:])
    encoding.asks.sources.append(Source(slot, Ask(made.literal, made.owner, made.what, order), cause))


def _parts(encoding: Encoding, package: PackageVariables, spec: Spec, below: str) -> Iterator[int]:
    """One literal per thing that ``spec`` says of the node itself; flags are left to the callers."""
    problem = encoding.problem
    if spec.name and spec.name != package.name:
        yield encoding.atom(package, ("provides", spec.name, spec.version_text))
    elif spec.version_text:
        yield encoding.atom(package, ("version", spec.version_text))
    if spec.namespace:
        yield encoding.atom(package, ("namespace", spec.namespace))
    if spec.platform and spec.platform != problem.platform:
        yield FALSE
    if spec.os:
        yield os_atom(encoding, package, spec.os)
    if spec.target:
        yield target_atom(encoding, package, spec.target)
    if spec.hash:
        yield encoding.atom(package, ("installed", spec.hash))
    for variant in spec.variants:
        if variant.propagate:
            variant = msgspec.structs.replace(variant, propagate=False)
        yield encoding.atom(package, ("variant", variant))


def _edges(encoding: Encoding, package: PackageVariables, edges: Sequence[EdgeConstraint], below: str) -> Iterator[int]:
    return (edge_literal(encoding, package, edge, below) for edge in edges)


def edge_literal(encoding: Encoding, package: PackageVariables, edge: EdgeConstraint, below: str) -> int:
    """A literal: the package has a dependency as ``edge`` asks for it."""
    clauses = encoding.clauses
    name = edge.spec.name
    wanted = edge.spec.named("").with_versions("") if encoding.is_virtual(name) else edge.spec
    options: list[int] = []
    single = [encoding.single(name)] if name == package.name else []
    for slot, literal in _places(encoding, package, edge, below):
        single.append(_has_first(encoding, package, slot, edge))
        parts = [literal, holds(encoding, slot, wanted, below=below)]
        if wanted is not edge.spec and edge.spec.version_text:
            parts.append(encoding.atom(encoding.package(slot), ("provides", name, edge.spec.version_text)))
        options.append(clauses.conjunction(parts))
    if encoding.installed.named(package.name):
        options.append(encoding.atom(package, ("recorded", edge, "edge" if edge.direct else below)))
    lifted = {-literal for literal in single if literal != TRUE}
    if lifted:
        # A copy that is not in this encoding may be what is asked for.
        other = clauses.new(phase=False)
        clauses.add([-other, *sorted(lifted)])
        clauses.add((-other, package.node))
        options.append(other)
    found = clauses.disjunction(options) if options else FALSE
    if edge.when is not None:
        found = clauses.disjunction([-holds(encoding, package.slot, edge.when, below=below), found])
    return found if found != TRUE else package.node


def _has_first(encoding: Encoding, package: PackageVariables, slot: Slot, edge: EdgeConstraint) -> int:
    """A literal that is false only where another copy than those in this encoding may be meant."""
    single = encoding.single(slot[0])
    if single == TRUE or not edge.direct or package.model is None:
        return single
    return picks(encoding, package, slot[0]).get(slot, single)


def asked_edge(encoding: Encoding, package: PackageVariables, edge: EdgeConstraint, below: str) -> int:
    """A literal like :func:`edge_literal`, for something that is imposed: flags are no condition then."""
    return edge_literal(encoding, package, _plain(edge), below)


def _plain(edge: EdgeConstraint) -> EdgeConstraint:
    spec = without_flags(edge.spec)
    return edge if spec is edge.spec else msgspec.structs.replace(edge, spec=spec)


def _places(
    encoding: Encoding, package: PackageVariables, edge: EdgeConstraint, below: str
) -> Iterator[tuple[Slot, int]]:
    """Slots that an edge may be about, each with a literal: it is there, with the edge's virtuals and types."""
    kind = "edge" if edge.direct else below
    name = edge.spec.name
    virtual = encoding.is_virtual(name)
    virtuals = tuple(sorted({name, *edge.virtuals})) if virtual else edge.virtuals
    for candidate in encoding.providers(name) if virtual else (name,) if name else ():
        for slot in encoding.copies(candidate):
            if slot == package.slot and not virtual:
                continue
            literal = encoding.atom(package, (kind, slot, virtuals, edge.types))
            if literal != FALSE:
                yield slot, literal
