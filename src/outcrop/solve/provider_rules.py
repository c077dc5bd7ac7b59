"""What configuration and requests say about who provides a virtual, dependent by dependent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.conditions import holds
from outcrop.solve.encoding import Encoding, PackageVariables, Preference, Slot
from outcrop.solve.flags import without_flags
from outcrop.solve.problem import Rule
from outcrop.spec import Spec

PREFERRED = 1000
"""The place of the first wish that is a ``prefer``; those of ``require`` come before it."""
_APART = -3


def provider_rules(
    encoding: Encoding, package: PackageVariables, virtual: str, need: int, names: Sequence[str]
) -> None:
    """``require``, ``conflict`` and ``prefer`` of a virtual, for one dependent whose edges know their virtuals."""
    clauses = encoding.clauses
    rules = encoding.rules(virtual)
    if not (rules.require or rules.conflict or rules.prefer):
        return
    taken = list(_taken(encoding, package, virtual, names))
    for place, rule in enumerate(rules.require):
        for slot, literal in taken:
            when = holds(encoding, slot, rule.when)
            clauses.add(
                [-literal, -when, *_fitting(encoding, slot, virtual, rule)], ("rule", virtual, "require", place)
            )
    for place, rule in enumerate(rules.conflict):
        for slot, literal in taken:
            when = holds(encoding, slot, rule.when)
            for fits in _fitting(encoding, slot, virtual, rule):
                clauses.add((-literal, -when, -fits), ("rule", virtual, "conflict", place))
    for place, rule in enumerate(rules.prefer):
        options = []
        for spec in rule.specs:
            single = Rule(specs=(spec,), when=rule.when)
            parts = [
                clauses.conjunction(
                    (literal, holds(encoding, slot, rule.when), *_fitting(encoding, slot, virtual, single))
                )
                for slot, literal in taken
                if spec.name in ("", slot[0], virtual)
            ]
            options.append(clauses.disjunction(parts) if parts else FALSE)
        wish(encoding, package.slot, need, rule.specs, options, PREFERRED + place, f"provider of {virtual}")


def _taken(
    encoding: Encoding, package: PackageVariables, virtual: str, names: Sequence[str]
) -> Iterator[tuple[Slot, int]]:
    for name in names:
        for slot in encoding.copies(name):
            edge = package.edges.get(slot)
            literal = edge.virtuals.get(virtual, FALSE) if edge is not None else FALSE
            if literal != FALSE:
                yield slot, literal


def _fitting(encoding: Encoding, slot: Slot, virtual: str, rule: Rule) -> list[int]:
    return [
        holds(encoding, slot, without_flags(spec.named("") if spec.name == slot[0] else spec))
        for spec in rule.specs
        if spec.name in ("", slot[0], virtual)
    ]


def wish(
    encoding: Encoding,
    slot: Slot,
    when: int,
    specs: Sequence[Spec],
    options: Sequence[int],
    place: int,
    about: str = "",
) -> None:
    """Earlier options are better; none of them is worst. ``place`` and then ``about`` order the wishes of a package."""
    clauses = encoding.clauses
    # What is installed is as it is.
    when = clauses.conjunction([when, -encoding.package(slot).reused])
    fallback = clauses.conjunction([when, *[-option for option in options]])
    items: list[int] = []
    for option in options:
        items.append(clauses.conjunction([when, option, *[-item for item in items]]))
    labels = [*(str(spec) for spec in specs), "none of these"]
    what = f"{about or 'configuration'} (copy {slot[1] + 1})" if slot[1] else about or "configuration"
    encoding.wishes.append((slot[0], place, Preference(what, when, [*items, fallback], labels, clauses)))


def apart(encoding: Encoding, package: PackageVariables, virtual: str, name: str) -> int:
    """A literal: the package has ``name`` as provider though the rest of the graph shares another one.

    Possible only where a request or the configuration names that provider for this package, ``app %mpi=mpich``, and
    avoided where everything can share it.
    """
    if not any(_names(encoding, spec, virtual, name) for spec in _said(encoding, package.name)):
        return FALSE
    clauses = encoding.clauses
    literal = clauses.new(phase=False)
    what = f"sharing {virtual}" if package.slot[1] == 0 else f"sharing {virtual} (copy {package.slot[1] + 1})"
    choice = Preference(what, TRUE, [-literal, literal], ["as everybody", f"{name} for itself"], clauses)
    encoding.wishes.append((package.name, _APART, choice))
    return literal


def _said(encoding: Encoding, name: str) -> Iterator[Spec]:
    for request in encoding.problem.requests:
        yield from (spec for spec in request.walk() if spec.name == name)
    for rule, _ in encoding.required(name):
        yield from (spec for spec in rule.specs if spec.name in ("", name))


def _names(encoding: Encoding, spec: Spec, virtual: str, name: str) -> bool:
    return any(
        virtual in edge.virtuals if edge.virtuals else edge.direct for edge in spec.edges if edge.spec.name == name
    )


def external_virtuals(encoding: Encoding, package: PackageVariables) -> None:
    """What dependencies of externals provide, as their configuration says."""
    clauses = encoding.clauses
    for candidate in package.candidates:
        for dependency in candidate.external.dependencies if candidate.external is not None else ():
            for slot in encoding.copies(dependency.spec.name) if dependency.virtuals else ():
                edge = package.edges.get(slot)
                if edge is None:
                    continue
                here = clauses.conjunction((candidate.literal, edge.exists))
                for virtual in dependency.virtuals:
                    edge.virtuals[virtual] = clauses.disjunction((edge.virtuals.get(virtual, FALSE), here))
