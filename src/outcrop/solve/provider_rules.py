"""What configuration and requests say about who provides a virtual, dependent by dependent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.solve.asks import CONFIGURED
from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.conditions import ask, holds
from outcrop.solve.encoding import Encoding, PackageVariables, Preference, Slot
from outcrop.solve.flags import without_flags
from outcrop.solve.problem import Rule
from outcrop.solve.ranking import graph_providers
from outcrop.spec import Spec
from outcrop.spec.format import LANGUAGES

PREFERRED = 1000
"""The place of the first wish that is a ``prefer``; those of ``require`` come before it."""
_APART = -3
_NAMED = -5


def provider_rules(
    encoding: Encoding, package: PackageVariables, virtual: str, need: int, names: Sequence[str]
) -> None:
    """``require``, ``conflict`` and ``prefer`` of a virtual, for one dependent whose edges know their virtuals."""
    rules = encoding.rules(virtual)
    if not (rules.require or rules.conflict or rules.prefer):
        return
    taken = list(_taken(encoding, package, virtual, names))
    _impose(encoding, virtual, taken, package.slot)
    for place, specs, options in _preferred(encoding, virtual, taken):
        wish(encoding, package.slot, need, specs, options, place, f"provider of {virtual}")


def root_rules(encoding: Encoding, virtual: str, present: int, taken: Sequence[tuple[Slot, int]]) -> None:
    """The same, and ``buildable``, for a request that names nothing but the virtual: where it holds, and where which
    slot answers it.
    """
    if encoding.rules(virtual).buildable is False:
        for slot, literal in taken:
            external = encoding.atom(encoding.package(slot), ("external",))
            encoding.clauses.add((-literal, external), ("unbuildable", virtual))
    _impose(encoding, virtual, taken, None)
    for place, specs, options in _preferred(encoding, virtual, taken):
        _wish(encoding, virtual, f"provider of {virtual}", present, specs, options, place)


def _impose(encoding: Encoding, virtual: str, taken: Sequence[tuple[Slot, int]], owner: Slot | None) -> None:
    clauses = encoding.clauses
    rules = encoding.rules(virtual)
    for place, rule in enumerate(rules.require):
        cause: Cause = ("rule", virtual, "require", place)
        # What is required of the provider itself has a later word about its flags.
        order = (CONFIGURED, "", 0, place)
        for slot, literal in taken:
            when = holds(encoding, slot, rule.when)
            options = [(spec, holds(encoding, slot, without_flags(spec))) for spec in _about(slot, virtual, rule)]
            clauses.add([-literal, -when, *(fits for _, fits in options)], cause)
            for spec, fits in options:
                ask(encoding, [literal, when, fits], slot, spec, cause, order, owner=owner)
    for place, rule in enumerate(rules.conflict):
        for slot, literal in taken:
            when = holds(encoding, slot, rule.when)
            for spec in _about(slot, virtual, rule):
                clauses.add((-literal, -when, -holds(encoding, slot, spec)), ("rule", virtual, "conflict", place))


def _preferred(
    encoding: Encoding, virtual: str, taken: Sequence[tuple[Slot, int]]
) -> Iterator[tuple[int, tuple[Spec, ...], list[int]]]:
    """For each ``prefer``: its place, its specs, and for each of these where a provider fits it."""
    clauses = encoding.clauses
    for place, rule in enumerate(encoding.rules(virtual).prefer):
        options = []
        for spec in rule.specs:
            single = Rule(specs=(spec,), when=rule.when)
            parts = [
                clauses.conjunction(
                    (literal, holds(encoding, slot, rule.when), holds(encoding, slot, without_flags(own)))
                )
                for slot, literal in taken
                for own in _about(slot, virtual, single)
            ]
            options.append(clauses.disjunction(parts) if parts else FALSE)
        yield PREFERRED + place, rule.specs, options


def _taken(
    encoding: Encoding, package: PackageVariables, virtual: str, names: Sequence[str]
) -> Iterator[tuple[Slot, int]]:
    for name in names:
        for slot in encoding.copies(name):
            edge = package.edges.get(slot)
            literal = edge.virtuals.get(virtual, FALSE) if edge is not None else FALSE
            if literal != FALSE:
                yield slot, literal


def _about(slot: Slot, virtual: str, rule: Rule) -> list[Spec]:
    """What a rule says of this provider."""
    return [
        spec.named("") if spec.name == slot[0] else spec for spec in rule.specs if spec.name in ("", slot[0], virtual)
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
    # What is installed is as it is.
    when = encoding.clauses.conjunction([when, -encoding.package(slot).reused])
    what = f"{about or 'configuration'} (copy {slot[1] + 1})" if slot[1] else about or "configuration"
    _wish(encoding, slot[0], what, when, specs, options, place)


def _wish(
    encoding: Encoding, name: str, what: str, when: int, specs: Sequence[Spec], options: Sequence[int], place: int
) -> None:
    clauses = encoding.clauses
    fallback = clauses.conjunction([when, *[-option for option in options]])
    items: list[int] = []
    for option in options:
        items.append(clauses.conjunction([when, option, *[-item for item in items]]))
    labels = [*(str(spec) for spec in specs), "none of these"]
    encoding.wishes.append((name, place, Preference(what, when, [*items, fallback], labels, clauses)))


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


def wish_provider(encoding: Encoding, owner: str, present: int, name: str) -> None:
    """What a request for ``owner`` names with ``^`` is the graph's provider of whatever it provides, where that is
    possible: ``hdf5+mpi ^mpich`` is not met by an mpich somewhere beside another MPI.
    """
    recipe = encoding.load(name)
    if isinstance(recipe, str):
        return
    clauses = encoding.clauses
    for virtual in sorted({item.name for line in recipe.provides for item in line.virtuals} - set(LANGUAGES)):
        literal = graph_providers(encoding, virtual).get(name)
        if literal is not None:
            items = [clauses.conjunction((present, literal)), clauses.conjunction((present, -literal))]
            choice = Preference(f"naming {name} for {virtual}", present, items, [name, "another one"], clauses)
            encoding.wishes.append((owner, _NAMED, choice))


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
