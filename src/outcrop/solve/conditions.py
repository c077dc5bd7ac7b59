"""Specs as literals: whether a node fits one, and forcing it to."""

from __future__ import annotations

from collections.abc import Iterator

from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.encoding import Encoding, PackageVariables, Slot
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
        found = encoding.clauses.conjunction([package.node, *_parts(encoding, package, spec, below)])
        if below == "reach":
            encoding.holding[key] = found
    return found


def impose(
    encoding: Encoding, reasons: list[int], slot: Slot, spec: Spec, cause: Cause | None, *, below: str = "reach"
) -> None:
    """Where all ``reasons`` hold, the slot is in the graph and fits ``spec``."""
    package = encoding.package(slot)
    negated = [-reason for reason in reasons]
    add = encoding.clauses.add
    add([*negated, package.node], cause)
    for part in _parts(encoding, package, spec, below):
        add([*negated, part], cause)
    for variant in spec.variants:
        _note_asked(encoding, package, variant.name, reasons)
    if spec.flags:
        condition = encoding.clauses.conjunction(reasons)
        encoding.flags.extend((condition, slot, flag) for flag in spec.flags)


def _note_asked(encoding: Encoding, package: PackageVariables, name: str, reasons: list[int]) -> None:
    """Somebody asks for a value of a variant: a sticky one may leave its default there."""
    clauses = encoding.clauses
    asked = clauses.conjunction(reasons)
    encoding.imposed.setdefault((package.slot, name), []).append(asked)
    variant = package.variants.get(name)
    if variant is not None and variant.unknown != FALSE:
        further = clauses.new(phase=False)
        clauses.add((-variant.unknown, asked, further))
        variant.unknown = further


def _parts(encoding: Encoding, package: PackageVariables, spec: Spec, below: str) -> Iterator[int]:
    """One literal per thing that ``spec`` says; flags are left to :func:`impose`."""
    problem = encoding.problem
    if spec.name and spec.name != package.name:
        yield encoding.atom(package, ("provides", spec.name, spec.version_text))
    elif spec.version_text:
        yield encoding.atom(package, ("version", spec.version_text))
    if spec.namespace:
        yield encoding.atom(package, ("namespace", spec.namespace))
    if spec.platform and spec.platform != problem.platform:
        yield FALSE
    if spec.os and spec.os not in (problem.os, "default_os"):
        yield FALSE
    if spec.target:
        yield target_atom(encoding, package, spec.target)
    for variant in spec.variants:
        yield encoding.atom(package, ("variant", variant))
    for edge in spec.edges:
        yield edge_literal(encoding, package, edge, below)


def edge_literal(encoding: Encoding, package: PackageVariables, edge: EdgeConstraint, below: str) -> int:
    """A literal: the package has a dependency as ``edge`` asks for it."""
    kind = "edge" if edge.direct else below
    clauses = encoding.clauses
    name = edge.spec.name
    options: list[int] = []
    if encoding.is_virtual(name):
        plain = edge.spec.named("").with_versions("")
        virtuals = tuple(sorted({name, *edge.virtuals}))
        for provider in encoding.providers(name):
            for slot in encoding.copies(provider):
                child = encoding.package(slot)
                parts = [encoding.atom(package, (kind, slot, virtuals, edge.types))]
                if parts[0] == FALSE:
                    continue
                if edge.spec.version_text:
                    parts.append(encoding.atom(child, ("provides", name, edge.spec.version_text)))
                parts.append(holds(encoding, slot, plain, below=below))
                options.append(clauses.conjunction(parts))
    elif name:
        for slot in encoding.copies(name):
            if slot == package.slot:
                continue
            parts = [encoding.atom(package, (kind, slot, edge.virtuals, edge.types))]
            if parts[0] != FALSE:
                parts.append(holds(encoding, slot, edge.spec, below=below))
                options.append(clauses.conjunction(parts))
    found = clauses.disjunction(options) if options else FALSE
    if edge.when is not None:
        found = clauses.disjunction([-holds(encoding, package.slot, edge.when, below=below), found])
    return found if found != TRUE else package.node
