"""Expanding a package: from a free node to everything its recipe and the configuration say about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from outcrop.solve.clauses import FALSE, Cause
from outcrop.solve.conditions import holds
from outcrop.solve.edges import (
    built_where,
    edge_atom,
    encode_edges,
    provides_atom,
    reach_atom,
    together_atom,
)
from outcrop.solve.encoding import Atom, Encoding, PackageVariables, Preference, Slot
from outcrop.solve.problem import Rule
from outcrop.solve.variants import encode_variants, has_variants, variant_atom
from outcrop.solve.versions import encode_versions, external_atom, version_atom
from outcrop.spec import Spec


def install_definers(encoding: Encoding) -> None:
    """Tell the encoding how atoms of expanded packages are defined."""
    encoding.definers = {
        "version": partial(version_atom, encoding),
        "external": partial(external_atom, encoding),
        "variant": partial(variant_atom, encoding),
        "provides": partial(provides_atom, encoding),
        "together": partial(together_atom, encoding),
        "namespace": partial(_namespace_atom, encoding),
        "edge": partial(edge_atom, encoding),
        "reach": partial(reach_atom, encoding),
        "below": partial(reach_atom, encoding),
        "anywhere": partial(reach_atom, encoding),
    }


def expand(encoding: Encoding, slot: Slot) -> None:
    """Add everything about one package; what others asked of it before is defined now."""
    package = encoding.package(slot)
    if package.expanded:
        return
    package.expanded = True
    encoding.order.append(slot)
    recipe = encoding.load(package.name)
    if isinstance(recipe, str):
        package.missing = recipe
        _close(encoding, package, ("missing", package.name))
        return
    package.model = recipe
    encode_versions(encoding, package)
    if not package.candidates:
        _close(encoding, package, ("unavailable", package.name))
        return
    encoding.define(package, "namespace")
    encode_variants(encoding, package)
    encoding.define(package, "provides", "together")
    encode_edges(encoding, package)
    _conflicts(encoding, package)
    _requirements(encoding, package)
    _configured(encoding, package)
    encoding.settle()


def _close(encoding: Encoding, package: PackageVariables, cause: Cause) -> None:
    """A package that cannot be there."""
    encoding.clauses.add([-package.node], cause)
    package.closed = True


def _namespace_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    return package.node if package.real.namespace == atom[1] else FALSE


def _conflicts(encoding: Encoding, package: PackageVariables) -> None:
    if package.built == FALSE:
        return
    for place, conflict in enumerate(package.real.conflicts):
        when = built_where(encoding, package, conflict.when)
        spec = holds(encoding, package.slot, conflict.spec)
        encoding.clauses.add((-when, -spec), ("conflict", package.name, place))


def _requirements(encoding: Encoding, package: PackageVariables) -> None:
    if package.built == FALSE:
        return
    for place, requirement in enumerate(package.real.requirements):
        when = built_where(encoding, package, requirement.when)
        options = [holds(encoding, package.slot, spec) for spec in requirement.specs]
        _group(encoding, when, options, requirement.policy, ("requirement", package.name, place))


def _group(encoding: Encoding, when: int, options: Sequence[int], policy: str, cause: Cause) -> None:
    encoding.clauses.add([-when, *options], cause)
    if policy == "one_of":
        for place, left in enumerate(options):
            for right in options[place + 1 :]:
                encoding.clauses.add((-when, -left, -right), cause)


def _configured(encoding: Encoding, package: PackageVariables) -> None:
    """``require``, ``conflict`` and ``prefer`` of the configuration."""
    name = package.name
    required = encoding.required(name)
    for place, (rule, general) in enumerate(required):
        specs = _applicable(package, rule, general)
        if not specs:
            continue
        when = holds(encoding, package.slot, rule.when)
        options = [holds(encoding, package.slot, spec) for spec in specs]
        cause = ("rule", "all" if general else name, "require", place)
        encoding.clauses.add([-when, *options], cause)
        if len(options) > 1:
            _wish(encoding, package, when, options, place)
        if rule.policy == "one_of":
            for position, left in enumerate(options):
                for right in options[position + 1 :]:
                    encoding.clauses.add((-when, -left, -right), cause)
    for owner in (name, "all"):
        rules = encoding.rules(owner)
        for place, rule in enumerate(rules.conflict):
            for spec in _applicable(package, rule, owner == "all"):
                when = holds(encoding, package.slot, rule.when)
                fits = holds(encoding, package.slot, spec)
                encoding.clauses.add((-when, -fits), ("rule", owner, "conflict", place))
        for place, rule in enumerate(rules.prefer):
            specs = _applicable(package, rule, owner == "all")
            if specs:
                when = holds(encoding, package.slot, rule.when)
                options = [holds(encoding, package.slot, spec) for spec in specs]
                _wish(encoding, package, when, options, place + 1000)


def _wish(encoding: Encoding, package: PackageVariables, when: int, options: list[int], place: int) -> None:
    """Earlier options are better; none of them is worst."""
    clauses = encoding.clauses
    fallback = clauses.conjunction([when, *[-option for option in options]])
    items: list[int] = []
    for option in options:
        items.append(clauses.conjunction([when, option, *[-item for item in items]]))
    labels = [str(rank) for rank in range(len(options) + 1)]
    encoding.wishes.append(
        (package.name, place, Preference("configuration", when, [*items, fallback], labels, clauses))
    )


def _applicable(package: PackageVariables, rule: Rule, general: bool) -> list[Spec]:
    """The specs of a rule that speak of this package; those for all packages only where it has the variants they
    name.
    """
    found = []
    for spec in rule.specs:
        if spec.name and spec.name != package.name:
            continue
        if general and not has_variants(package, spec):
            continue
        found.append(spec)
    return found
