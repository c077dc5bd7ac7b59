"""What a node passes down to everything below it: ``++shared``, ``mode==fast``, ``cflags==-O3``, ``%%gcc@11``.

Below means over link and run edges. A package that is built, has the variant and may have the value takes it; one
that needs a language takes the flags; one that needs what the dependency behind ``%%`` provides takes it from there.
Three things come first:

* what somebody asks of the package itself (a dependent's line, a request, ``require`` in the configuration): then
  nothing is passed down to it about that variant, that kind of flags, that virtual;
* what is required or impossible: passing down is a wish, the first of all that are decided, and no constraint;
* for ``%%``, the node that passes it down has to have it itself, where it needs such a thing at all.

Two nodes that pass different things about one variant or virtual down to a package contradict each other.
"""

from __future__ import annotations

import msgspec

from outcrop.solve.asking import asked_where, edge_asked, variant_asked
from outcrop.solve.asks import Ask, Source
from outcrop.solve.clauses import FALSE
from outcrop.solve.conditions import edge_literal, holds
from outcrop.solve.encoding import Encoding, PackageVariables, Preference
from outcrop.solve.flags import flags_asked, note_flags, without_flags
from outcrop.solve.reuse import recorded_offer
from outcrop.spec import EdgeConstraint, FlagConstraint, Spec, VariantConstraint
from outcrop.spec.format import LANGUAGES


def pass_down(encoding: Encoding) -> None:
    """Lay out, for each source, the packages that were expanded since this was done last."""
    for source in encoding.asks.sources:
        for slot in encoding.order[source.done :]:
            package = encoding.packages[slot]
            if package.closed or package.model is None or package.built == FALSE:
                continue
            if slot != source.slot:
                _reach(encoding, source, package)
            elif isinstance(source.ask.what, EdgeConstraint):
                _own_dependency(encoding, source, source.ask.what, package)
        source.done = len(encoding.order)


def _reach(encoding: Encoding, source: Source, package: PackageVariables) -> None:
    below = encoding.atom(encoding.package(source.slot), ("below", package.slot, (), ()))
    if below == FALSE:
        return
    where = encoding.clauses.conjunction((asked_where(encoding, source.ask), below, package.built))
    what = source.ask.what
    if isinstance(what, VariantConstraint):
        _variant(encoding, source, what, package, where)
    elif isinstance(what, FlagConstraint):
        _flags(encoding, source, what, package, where)
    else:
        _dependency(encoding, source, what, package, where)


def _variant(
    encoding: Encoding, source: Source, what: VariantConstraint, package: PackageVariables, where: int
) -> None:
    variant = package.variants.get(what.name)
    if variant is None:
        return
    fits = encoding.atom(package, ("variant", msgspec.structs.replace(what, propagate=False)))
    if fits == FALSE:
        return
    free = -variant_asked(encoding, package.slot, what.name)
    present = encoding.clauses.conjunction((where, variant.exists, free))
    _wish(encoding, source, what.name, package, present, fits)
    for other, also in _earlier(encoding, source, package, what.name, present):
        their = other.ask.what
        if isinstance(their, VariantConstraint) and _differ(what, their, single=variant.single):
            _clash(encoding, package, source, other, (present, also))


def _differ(left: VariantConstraint, right: VariantConstraint, *, single: bool) -> bool:
    if not left.intersects(right):
        return True
    return single and not (left.any or right.any) and left.values != right.values


def _flags(encoding: Encoding, source: Source, what: FlagConstraint, package: PackageVariables, where: int) -> None:
    needs = [choice.present for virtual, choice in package.virtuals.items() if virtual in LANGUAGES]
    if not needs:
        return
    clauses = encoding.clauses
    free = -flags_asked(encoding, package.slot, what.name)
    literal = clauses.conjunction((where, clauses.disjunction(needs), free))
    note_flags(encoding, package.slot, Ask(literal, None, what, source.ask.order))


def _dependency(
    encoding: Encoding, source: Source, what: EdgeConstraint, package: PackageVariables, where: int
) -> None:
    for virtual, need, fits in offers(encoding, what, package):
        free = -edge_asked(encoding, package.slot, virtual) if virtual else -FALSE
        present = encoding.clauses.conjunction((where, need, free))
        label = virtual or what.spec.name
        _wish(encoding, source, label, package, present, fits)
        for other, also in _earlier(encoding, source, package, label, present):
            their = other.ask.what
            if isinstance(their, EdgeConstraint) and not what.spec.intersects(their.spec):
                _clash(encoding, package, source, other, (present, also))


def _own_dependency(encoding: Encoding, source: Source, what: EdgeConstraint, package: PackageVariables) -> None:
    for _, need, fits in offers(encoding, what, package):
        encoding.clauses.add((-source.ask.literal, -need, fits), source.cause)


def offers(encoding: Encoding, what: EdgeConstraint, package: PackageVariables) -> list[tuple[str, int, int]]:
    """What a direct dependency can be for a package that may have no use for it.

    Returns:
        (a virtual, where the package needs that, where it has it as ``what`` says); with an empty name for a
        dependency that is no provider of anything.
    """
    name = what.spec.name
    spec = without_flags(what.spec)
    found = []
    for virtual in what.virtuals or sorted(package.virtuals):
        if virtual in package.virtuals and (name == virtual or name in package.providers[virtual]):
            edge = EdgeConstraint.make(spec, direct=True, virtuals=(virtual,), types=what.types)
            fits = edge_literal(encoding, package, edge, "reach")
            found.append((virtual, package.virtuals[virtual].present, fits))
    if not found and not what.virtuals:
        clauses = encoding.clauses
        for slot in encoding.copies(name):
            edges = package.edges.get(slot)
            if edges is not None and edges.exists != FALSE:
                fits = clauses.conjunction((edges.exists, holds(encoding, slot, spec)))
                found.append(("", edges.exists, fits))
    if package.reusable:
        found.append(("", *recorded_offer(encoding, package, what)))
    return found


def _wish(encoding: Encoding, source: Source, label: str, package: PackageVariables, present: int, fits: int) -> None:
    if FALSE in (present, fits):
        return
    clauses = encoding.clauses
    items = [clauses.conjunction((present, fits)), clauses.conjunction((present, -fits))]
    text = _text(source)
    wish = Preference("passed down", present, items, [text, f"not {text}"], clauses)
    order = (package.name, package.slot[1], label, source.ask.order, text)
    encoding.passed.append((order, package.slot, wish))


def _earlier(
    encoding: Encoding, source: Source, package: PackageVariables, label: str, present: int
) -> list[tuple[Source, int]]:
    """What others pass down to the package about the same thing; ``source`` is one of them from now on."""
    known = encoding.asks.passed.setdefault((package.slot, label), [])
    found = list(known)
    known.append((source, present))
    return found


def _clash(
    encoding: Encoding, package: PackageVariables, source: Source, other: Source, present: tuple[int, int]
) -> None:
    left, right = sorted((_text(source), _text(other)))
    encoding.clauses.add([-literal for literal in present], ("passed", package.name, left, right))


def _text(source: Source) -> str:
    what = source.ask.what
    name = source.slot[0]
    if isinstance(what, VariantConstraint):
        return str(Spec(name=name, variants=(what,)))
    if isinstance(what, FlagConstraint):
        return str(Spec(name=name, flags=(what,)))
    return str(Spec(name=name, edges=(what,)))
