"""Expanding a package: from a free node to everything its recipe and the configuration say about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from outcrop.repo.model import PackageModel
from outcrop.solve.asks import CONFIGURED
from outcrop.solve.clauses import FALSE, Cause
from outcrop.solve.conditions import ask, holds
from outcrop.solve.edges import (
    built_where,
    edge_atom,
    encode_edges,
    provides_atom,
    reach_atom,
    together_atom,
)
from outcrop.solve.encoding import PATHS, Encoding, PackageVariables, Slot
from outcrop.solve.flags import without_flags
from outcrop.solve.mixing import forbid_mixing, needs_atom
from outcrop.solve.problem import Rule
from outcrop.solve.propagation import offers, pass_down
from outcrop.solve.provider_rules import PREFERRED, wish
from outcrop.solve.reuse import (
    encode_recorded,
    installed_atom,
    namespace_atom,
    recorded_atom,
    recorded_flags_atom,
    reused_atom,
)
from outcrop.solve.systems import encode_systems
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
        "namespace": partial(namespace_atom, encoding),
        "needs": partial(needs_atom, encoding),
        "installed": partial(installed_atom, encoding),
        "reused": partial(reused_atom, encoding),
        "recorded": partial(recorded_atom, encoding),
        "recorded flags": partial(recorded_flags_atom, encoding),
        "edge": partial(edge_atom, encoding),
        **dict.fromkeys(PATHS, partial(reach_atom, encoding)),
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
        installed = encoding.installed.named(package.name)
        if not installed:
            package.missing = recipe
            _close(encoding, package, ("missing", package.name))
            return
        # Nothing can be built any more, but what is there can be used.
        namespace = installed[0].node.namespace
        recipe = PackageModel(name=package.name, namespace=namespace, class_name="", file="", line=0, buildable=False)
    package.model = recipe
    encode_versions(encoding, package)
    if not package.candidates and not package.reusable:
        _close(encoding, package, ("unavailable", package.name))
        return
    encoding.define(package, "namespace")
    encode_variants(encoding, package)
    encode_recorded(encoding, package)
    encoding.define(package, "provides", "together")
    encode_edges(encoding, package)
    encode_systems(encoding, package)
    _conflicts(encoding, package)
    _requirements(encoding, package)
    _configured(encoding, package)
    forbid_mixing(encoding, package)
    pass_down(encoding)
    encoding.settle()


def _close(encoding: Encoding, package: PackageVariables, cause: Cause) -> None:
    """A package that cannot be there."""
    encoding.clauses.add([-package.node], cause)
    package.closed = True


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
        options = [_option(encoding, package, spec, general) for spec in specs]
        cause = ("rule", "all" if general else name, "require", place)
        encoding.clauses.add([-when, *options], cause)
        for spec, option in zip(specs, options, strict=True):
            ask(encoding, [when, option], package.slot, spec, cause, (CONFIGURED, name, package.slot[1], place))
        if len(options) > 1:
            wish(encoding, package.slot, when, specs, options, place)
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
                options = [_option(encoding, package, spec, owner == "all") for spec in specs]
                wish(encoding, package.slot, when, specs, options, place + PREFERRED)


def _option(encoding: Encoding, package: PackageVariables, spec: Spec, general: bool) -> int:
    """A literal: the package is as a rule says. A rule for all packages asks for ``%gcc`` only where something is
    needed that gcc provides.
    """
    spec = without_flags(spec)
    direct = [edge for edge in spec.edges if edge.direct]
    if not general or not direct:
        return holds(encoding, package.slot, spec)
    clauses = encoding.clauses
    parts = [holds(encoding, package.slot, spec.with_edges(edge for edge in spec.edges if not edge.direct))]
    for edge in direct:
        parts.extend(clauses.disjunction((-need, fits)) for _, need, fits in offers(encoding, edge, package))
    return clauses.conjunction(parts)


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
