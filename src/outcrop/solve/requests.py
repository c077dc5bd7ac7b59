"""Requests: a root each, and everything that is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from outcrop.base.errors import UsageError
from outcrop.solve.conditions import edge_literal, impose
from outcrop.solve.encoding import Encoding, Preference, Slot
from outcrop.solve.expansion import install_definers
from outcrop.solve.targets import candidate_targets
from outcrop.spec import Spec


@dataclass(slots=True)
class Root:
    """One request: the slots that may answer it (several for a virtual), each with its literal."""

    place: int
    spec: Spec
    slots: list[Slot]
    literals: list[int]
    choice: Preference | None = None
    switch: int = 0
    parts: list[Spec] = field(default_factory=list)


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
                mentioned.setdefault(spec.name or name, []).append(spec)
    encoding.targets = candidate_targets(encoding)
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
        impose_request(encoding, guard, slots[0], spec, place)
        return Root(place, spec, slots, [encoding.package(slots[0]).node], switch=switch)
    literals = [clauses.new(phase=rank == 0) for rank in range(len(slots))]
    clauses.add([*[-literal for literal in guard], *literals], cause)
    clauses.at_most_one(literals)
    plain = spec.named("").with_versions("")
    for slot, literal in zip(slots, literals, strict=True):
        package = encoding.package(slot)
        clauses.add((-literal, encoding.atom(package, ("provides", spec.name, spec.version_text))), cause)
        impose_request(encoding, [literal], slot, plain, place)
    present = switch if optional else encoding.clauses.disjunction(literals)
    choice = Preference(f"provider of {spec.name}", present, literals, names, clauses)
    return Root(place, spec, slots, literals, choice, switch)


def impose_request(encoding: Encoding, guard: list[int], slot: Slot, spec: Spec, place: int) -> None:
    """Each part of the request has its own cause, so that an explanation names the parts that matter."""
    impose(encoding, guard, slot, Spec(name=spec.name), ("request", place))
    node = spec.without_edges()
    if not node.is_bare:
        for part, piece in enumerate(pieces_of(node)):
            impose(encoding, guard, slot, piece, ("request", place, "part", part), below="anywhere")
    package = encoding.package(slot)
    for position, edge in enumerate(spec.edges):
        literal = edge_literal(encoding, package, edge, "anywhere")
        encoding.clauses.add([*[-other for other in guard], literal], ("request", place, "edge", position))
        if edge.spec.flags:
            for child in encoding.copies(edge.spec.name):
                condition = encoding.clauses.conjunction([encoding.package(child).node, *guard])
                encoding.flags.extend((condition, child, flag) for flag in edge.spec.flags)


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
    )
    if not rest.is_bare:
        found.append(rest)
    return found
