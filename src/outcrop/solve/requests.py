"""Requests: a root each, and everything that is asked of it."""

from __future__ import annotations

import msgspec

from outcrop.base.errors import UsageError
from outcrop.solve.asks import REQUESTED
from outcrop.solve.clauses import Cause
from outcrop.solve.conditions import ask, asked_edge, impose
from outcrop.solve.copies import bind_root
from outcrop.solve.encoding import Encoding, Preference, Slot
from outcrop.solve.expansion import install_definers
from outcrop.solve.provider_rules import root_rules, wish_provider
from outcrop.solve.reuse import forbid_reuse
from outcrop.solve.systems import candidate_systems
from outcrop.solve.target_rules import candidate_targets
from outcrop.spec import EdgeConstraint, Spec


class Root(msgspec.Struct, eq=False):
    """One request: the slots that may answer it (several for a virtual), each with its literal."""

    place: int
    spec: Spec
    slots: list[Slot]
    literals: list[int]
    choice: Preference | None = None
    switch: int = 0
    parts: list[Spec] = []


def collect_mentions(encoding: Encoding) -> None:
    """What requests and requirements of the configuration say about packages, and the targets there are."""
    mentioned = encoding.mentioned
    for request in encoding.problem.requests:
        for spec in request.walk():
            if spec.name:
                mentioned.setdefault(spec.name, []).append(spec)
    for name, rules in encoding.problem.packages.items():
        for rule in rules.require:
            for spec in rule.specs:
                for each in spec.walk():
                    if each is spec or each.name:
                        mentioned.setdefault(each.name or name, []).append(each)
    encoding.targets = candidate_targets(encoding)
    encoding.systems = candidate_systems(encoding)
    install_definers(encoding)


def encode_request(encoding: Encoding, place: int, *, optional: bool) -> Root:
    """The clauses of request ``place``.

    Args:
        encoding: the variables.
        place: index into the problem's requests.
        optional: the request gets a switch; its clauses are in force where that holds.

    Raises:
        UsageError: the request names no package.
    """
    spec = encoding.problem.requests[place]
    if not spec.name:
        raise UsageError(f"the request '{spec}' names no package", hint=f"put a name in front: 'NAME {spec}'")
    clauses = encoding.clauses
    virtual = encoding.is_virtual(spec.name)
    if virtual:
        names = list(encoding.providers(spec.name))
        usual = encoding.rules("all").providers.get(spec.name, ()) or encoding.problem.default_providers.get(
            spec.name, ()
        )
        names.sort(key=lambda name: (name not in usual, usual.index(name) if name in usual else 0, name))
    else:
        names = [spec.name]
    slots = [encoding.copies(name)[0] for name in names]
    switch = clauses.new(phase=True) if optional else 0
    guard = [switch] if optional else []
    cause = ("request", place)
    if not virtual:
        encoding.asks.roots.append((slots[0], switch or encoding.package(slots[0]).node))
        bind_root(encoding, slots[0], switch or encoding.package(slots[0]).node)
        impose_request(encoding, guard, slots[0], spec, place)
        return Root(place, spec, slots, [encoding.package(slots[0]).node], switch=switch)
    literals = [clauses.new(phase=rank == 0) for rank in range(len(slots))]
    clauses.add([*[-literal for literal in guard], *literals], cause)
    clauses.at_most_one(literals)
    plain = spec.named("").with_versions("")
    encoding.asks.roots.extend(zip(slots, literals, strict=True))
    for slot, literal in zip(slots, literals, strict=True):
        bind_root(encoding, slot, literal)
        package = encoding.package(slot)
        clauses.add((-literal, encoding.atom(package, ("provides", spec.name, spec.version_text))), cause)
        impose_request(encoding, [literal], slot, plain, place)
    present = switch if optional else encoding.clauses.disjunction(literals)
    root_rules(encoding, spec.name, present, list(zip(slots, literals, strict=True)))
    choice = Preference(f"provider of {spec.name}", present, literals, names, clauses)
    return Root(place, spec, slots, literals, choice, switch)


def impose_request(encoding: Encoding, guard: list[int], slot: Slot, spec: Spec, place: int) -> None:
    """Each part of the request has its own cause, so that an explanation names the parts that matter."""
    impose(encoding, guard, slot, Spec(name=spec.name), ("request", place))
    if not spec.hash and not encoding.problem.reuse_roots:
        forbid_reuse(encoding, guard, slot)
    node = spec.without_edges()
    if not node.is_bare:
        for part, piece in enumerate(pieces_of(node)):
            impose(encoding, guard, slot, piece, ("request", place, "part", part), below="anywhere")
    clauses, package = encoding.clauses, encoding.package(slot)
    for position, edge in enumerate(spec.edges):
        cause = ("request", place, "edge", position)
        if not edge.propagate:
            literal = asked_edge(encoding, package, edge, "anywhere")
            clauses.add([*[-other for other in guard], literal], cause)
            if not edge.direct:
                _impose_on_copies(encoding, guard, slot, edge, cause)
                if edge.spec.name and not encoding.is_virtual(edge.spec.name):
                    wish_provider(encoding, slot[0], clauses.conjunction([*guard, package.node]), edge.spec.name)
        order = (REQUESTED, "", 0, place)
        ask(encoding, guard, slot, Spec(name=spec.name, edges=(edge,)), cause, order, below="anywhere")


def _impose_on_copies(encoding: Encoding, guard: list[int], root: Slot, edge: EdgeConstraint, cause: Cause) -> None:
    """``^x@1`` speaks of every copy of x below the root, but for those that something installed brings along."""
    spec = edge.spec
    if not spec.name or spec.hash or edge.when is not None or edge.virtuals or encoding.is_virtual(spec.name):
        return
    copies = [slot for slot in encoding.copies(spec.name) if slot != root]
    if len(copies) > 1:
        for slot in copies:
            reasons = [*guard, encoding.atom(encoding.package(root), ("anywhere", slot, (), ()))]
            if slot[1] and spec.name in encoding.brought_along:
                reasons.append(-encoding.atom(encoding.package(slot), ("reused",)))
            for piece in pieces_of(spec.without_edges()):
                impose(encoding, reasons, slot, piece, cause, below="anywhere")
            for further in spec.edges:
                if not further.propagate:
                    literal = asked_edge(encoding, encoding.package(slot), further, "anywhere")
                    encoding.clauses.add([*[-reason for reason in reasons], literal], cause)


def pieces_of(node: Spec) -> list[Spec]:
    """A constraint on a node taken apart: versions, each variant, the rest."""
    found = []
    if node.version_text:
        found.append(Spec(name=node.name, version_text=node.version_text))
    found.extend(Spec(name=node.name, variants=(variant,)) for variant in node.variants)
    rest = Spec(
        name=node.name,
        namespace=node.namespace,
        flags=node.flags,
        platform=node.platform,
        os=node.os,
        target=node.target,
        hash=node.hash,
    )
    if not rest.is_bare:
        found.append(rest)
    return found
