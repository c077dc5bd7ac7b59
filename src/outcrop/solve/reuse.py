"""Installed packages as choices: which come first, what they are, what they were built with.

A reused package is what was recorded: version, variants, target and namespace, and over link and run edges exactly the
installed packages it was built with. Its recipe's own rules play no part, nor do its build dependencies, except where a
request or a rule of the configuration asks what it was built with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec

from outcrop.repo.model import VariantDecl
from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import RUNTIME, Atom, Encoding, PackageVariables, Preference, Reusable, Slot, Use
from outcrop.solve.installed import answer_values, asked_for
from outcrop.solve.problem import ExternalChoice, InstalledChoice
from outcrop.solve.systems import os_atom
from outcrop.solve.targets import fix_target
from outcrop.solve.variants import value_literal, wanted_values
from outcrop.spec import EdgeConstraint, FlagConstraint, Spec, Version, make_version
from outcrop.spec.graph import DependencyType, Node, node_hash, short
from outcrop.spec.match import node_satisfies

Wanted = list[tuple[VariantDecl, tuple[str, ...]]]
"""Variants as declared, each with the values that a fresh build should have."""


def ranked_installed(encoding: Encoding, package: PackageVariables, order: Sequence[Version]) -> list[Reusable]:
    """What may be reused in a slot, best first: by version as in ``order``, then others from the newest down; then
    those with fewer variants that differ from a fresh build's, then the better target, then by hash.
    """
    choices = encoding.installed.named(package.name)
    if not choices:
        return []
    places: dict[Version, int] = {}
    for version in order:
        places.setdefault(version, len(places))
    found = [Reusable(choice, make_version(choice.node.version), FALSE) for choice in choices]
    if len(found) > 1:
        wanted = wanted_of(encoding, package)
        targets = {target: place for place, target in enumerate(encoding.targets)}
        found.sort(
            key=lambda each: (
                len(differences(encoding, each.choice, wanted)) + len(each.choice.node.flags),
                targets.get(each.choice.node.target, len(targets)),
                each.choice.hash,
            )
        )
        found.sort(key=lambda each: each.version, reverse=True)
        found.sort(key=lambda each: places.get(each.version, len(places)))
    return found


def wanted_of(encoding: Encoding, package: PackageVariables) -> Wanted:
    """What a fresh build of a package would have, as far as that can be wished for."""
    model = package.model
    if model is None:
        return []
    return [(declaration, wanted_values(encoding, package, declaration)) for declaration in model.variants]


def differences(encoding: Encoding, choice: InstalledChoice, wanted: Wanted) -> list[str]:
    """Variants of an installed package that have other values than a fresh build of the same would prefer."""
    preferred: dict[str, tuple[str, ...]] = {}
    for declaration, values in wanted:
        if declaration.when.is_empty or node_satisfies(encoding.installed.graph, choice.hash, declaration.when):
            preferred[declaration.name] = values
    found = []
    for name, values in preferred.items():
        have = answer_values(choice.node.variants, name)
        if have is None or set(have) != set(values):
            found.append(name)
    return found


def reuse_preference(encoding: Encoding, package: PackageVariables) -> Preference:
    """To use what is installed rather than an external or a build."""
    clauses = encoding.clauses
    items = [each.literal for each in package.reusable]
    labels = [f"{each.version} /{short(each.choice.hash)}" for each in package.reusable]
    fresh = clauses.conjunction([package.node, -package.reused])
    return Preference("reuse", package.node, [*items, fresh], [*labels, "not reused"], clauses)


def encode_recorded(encoding: Encoding, package: PackageVariables) -> None:
    """Variants and target of what may be reused are those recorded."""
    add = encoding.clauses.add
    for each in package.reusable:
        recorded = each.choice.node
        fix_target(encoding, package, each.literal, recorded.target)
        add((-each.literal, os_atom(encoding, package, recorded.os)))
        for name, variant in package.variants.items():
            values = answer_values(recorded.variants, name) or ()
            for value in values:
                add((-each.literal, value_literal(encoding, variant, value)))
            if len(values) == 1 and variant.single:
                continue
            for value, literal in variant.values.items():
                if value not in values:
                    add((-each.literal, -literal))
            add((-each.literal, -variant.rest))


def recorded_uses(encoding: Encoding, package: PackageVariables) -> list[Use]:
    """What installed packages link to and run, as dependency lines on exactly that."""
    found: dict[tuple[str, tuple[DependencyType, ...]], list[int]] = {}
    for each in package.reusable:
        for edge in each.choice.node.edges:
            types = tuple([kind for kind in edge.types if kind in RUNTIME])
            if types:
                found.setdefault((edge.hash, types), []).append(each.literal)
    uses = []
    for (key, types), literals in sorted(found.items()):
        name = encoding.installed.node(key).name
        condition = encoding.clauses.disjunction(literals)
        uses.append(
            Use(
                name=name,
                condition=condition,
                local=condition,
                foreign=frozenset(),
                types=types,
                when=Spec(),
                spec=Spec(name=name, hash=key),
                origin="installed",
                virtual=False,
                cause=("installed", package.name, key),
            )
        )
    return uses


def carry_recorded_virtuals(
    encoding: Encoding, package: PackageVariables, shared: Callable[[str], Mapping[str, int]]
) -> None:
    """Recorded edges carry the virtuals they were recorded with.

    Args:
        encoding: the variables.
        package: an expanded package whose edges are known.
        shared: the literal of each provider of a virtual that has one provider in the graph; empty for others.
    """
    clauses = encoding.clauses
    carried: dict[tuple[Slot, str], list[int]] = {}
    for each in package.reusable:
        for edge in each.choice.node.edges:
            if not edge.virtuals or set(RUNTIME).isdisjoint(edge.types):
                continue
            name = encoding.installed.node(edge.hash).name
            for virtual in edge.virtuals:
                one = shared(virtual).get(name)
                if one is not None:
                    clauses.add((-each.literal, one))
                for slot, pick in package.picks.get(name, {}).items():
                    carried.setdefault((slot, virtual), []).append(clauses.conjunction((each.literal, pick)))
    for (slot, virtual), literals in carried.items():
        virtuals = package.edges[slot].virtuals
        virtuals[virtual] = clauses.disjunction([virtuals.get(virtual, FALSE), *literals])


def forbid_reuse(encoding: Encoding, guard: Sequence[int], slot: Slot) -> None:
    """Where ``guard`` holds, the slot is not reused, unless it belongs to what a request names by its hash."""
    if encoding.installed.named(slot[0]):
        package = encoding.package(slot)
        asked = asked_for(encoding.problem.requests, encoding.problem.installed)
        named = [choice.hash for choice in asked if choice.node.name == slot[0]]
        allowed = [encoding.atom(package, ("installed", key)) for key in named]
        encoding.clauses.add([*[-literal for literal in guard], -encoding.atom(package, ("reused",)), *allowed])


def installed_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the slot is the installed package with this hash, or the external that was recorded so."""
    key = str(atom[1])
    options = [each.literal for each in package.reusable if each.choice.hash == key]
    for candidate in package.candidates:
        if candidate.external is not None and external_hash(candidate.external) == key:
            options.append(candidate.literal)
    return encoding.clauses.disjunction(options)


def external_hash(choice: ExternalChoice) -> str:
    """The hash under which an external is recorded."""
    node = Node(
        name=choice.name,
        namespace="",
        version=choice.version,
        platform="",
        os="",
        target="",
        external=choice.external,
    )
    return node_hash(node)


def namespace_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package's recipe comes from a namespace."""
    clauses = encoding.clauses
    options = [each.literal for each in package.reusable if each.choice.node.namespace == atom[1]]
    if package.real.namespace == atom[1]:
        options.append(clauses.conjunction([package.node, -package.reused]))
    return clauses.disjunction(options)


def recorded_offer(encoding: Encoding, package: PackageVariables, what: EdgeConstraint) -> tuple[int, int]:
    """Two literals: the package is an installed one that was built with something which ``what`` could have been (a
    provider of the same virtual), and with what fits it.
    """
    name = what.spec.name
    needing, fitting = [], []
    for each in package.reusable:
        used = {virtual for edge in each.choice.node.edges for virtual in edge.virtuals}
        if what.virtuals:
            used &= set(what.virtuals)
        by_name = not what.virtuals and any(
            encoding.installed.node(edge.hash).name == name for edge in each.choice.node.edges
        )
        if by_name or any(name in encoding.providers(virtual) for virtual in used):
            needing.append(each.literal)
            if encoding.installed.fits(each.choice.hash, msgspec.structs.replace(what, propagate=False), "edge"):
                fitting.append(each.literal)
    return encoding.clauses.disjunction(needing), encoding.clauses.disjunction(fitting)


def recorded_flags_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package is an installed one that was compiled with such flags."""
    flag = cast(FlagConstraint, atom[1])
    fitting = [each.literal for each in package.reusable if flag.admits(each.choice.node.flags.get(flag.name, ()))]
    return encoding.clauses.disjunction(fitting)


def reused_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package is an installed one."""
    return package.reused


def recorded_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package is an installed one that was built with what an edge asks for."""
    edge, kind = cast(EdgeConstraint, atom[1]), str(atom[2])
    fitting = [each.literal for each in package.reusable if encoding.installed.fits(each.choice.hash, edge, kind)]
    return encoding.clauses.disjunction(fitting)
