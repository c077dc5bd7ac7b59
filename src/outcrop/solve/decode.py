"""From a model to drafts: which nodes the roots reach, what they are, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from outcrop.solve.encoding import Encoding, PackageVariables, Slot
from outcrop.solve.flags import flags_of
from outcrop.solve.kept import reused_as
from outcrop.solve.optimise import Decisions
from outcrop.solve.problem import Choice, Reason
from outcrop.solve.systems import os_of
from outcrop.solve.targets import target_of
from outcrop.solve.variants import answers_of
from outcrop.solve.versions import chosen
from outcrop.spec.graph import DEPENDENCY_TYPES, Draft, DraftEdge, Node

Truth = Callable[[int], bool]


def reachable(encoding: Encoding, roots: Iterable[Slot], truth: Truth) -> list[Slot]:
    """Slots that the roots reach over edges of the model, roots first."""
    found = dict.fromkeys(roots)
    stack = list(found)
    while stack:
        for slot, edge in encoding.packages[stack.pop()].edges.items():
            if slot not in found and truth(edge.exists):
                found[slot] = None
                stack.append(slot)
    return list(found)


def draft_id(slot: Slot) -> str:
    """``name#copy``."""
    return f"{slot[0]}#{slot[1]}"


def decode(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> dict[str, Draft]:
    """Drafts of the slots, by id and in the order of ids."""
    drafts = {}
    graph = frozenset(slots)
    for slot in sorted(slots):
        package = encoding.packages[slot]
        edges = [
            DraftEdge(
                target=draft_id(child),
                types=tuple(kind for kind in DEPENDENCY_TYPES if truth(edge.types.get(kind, -1))),
                virtuals=tuple(sorted(name for name, literal in edge.virtuals.items() if truth(literal))),
            )
            for child, edge in sorted(package.edges.items())
            if truth(edge.exists)
        ]
        drafts[draft_id(slot)] = Draft(node=_node(encoding, package, graph, truth), edges=edges)
    return drafts


def _node(encoding: Encoding, package: PackageVariables, graph: frozenset[Slot], truth: Truth) -> Node:
    reused = reused_as(package, truth)
    if reused is not None:
        return msgspec.structs.replace(reused.choice.node, recipe="", sources=(), patches=(), edges=())
    candidate = chosen(package, truth)
    return Node(
        name=package.name,
        namespace=package.real.namespace,
        version=str(candidate.version),
        platform=encoding.problem.platform,
        os=os_of(encoding, package, truth),
        target=target_of(encoding, package, truth),
        variants=answers_of(package, truth),
        flags={} if candidate.external is not None else flags_of(encoding, package.slot, graph, truth),
        external=None if candidate.external is None else candidate.external.external,
    )


def reused_drafts(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> dict[str, str]:
    """Draft id -> hash of the slots that are installed packages."""
    found = {slot: reused_as(encoding.packages[slot], truth) for slot in sorted(slots)}
    return {draft_id(slot): each.choice.hash for slot, each in found.items() if each is not None}


def explain_nodes(
    encoding: Encoding,
    slots: Sequence[Slot],
    roots: Sequence[tuple[int, Slot]],
    decisions: Decisions,
    kept: Mapping[Slot, Choice],
    truth: Truth,
) -> dict[str, Reason]:
    """Why each node is there and as it is; ``kept`` are choices to be told besides those decided."""
    dependents: dict[Slot, list[tuple[str, tuple[str, ...]]]] = {}
    for slot in sorted(slots):
        package = encoding.packages[slot]
        uses = [use for use in package.uses if truth(use.condition)]
        for child, edge in sorted(package.edges.items()):
            if truth(edge.exists):
                origins = tuple(
                    dict.fromkeys(
                        use.origin
                        for use in uses
                        if (use.name == child[0] or (use.virtual and truth(edge.virtuals.get(use.name, -1))))
                    )
                )
                dependents.setdefault(child, []).append((draft_id(slot), origins))
    choices: dict[Slot, list[Choice]] = {}
    for subject, preference, rank in decisions.ranks:
        if subject is None or not truth(preference.present) or not preference.items:
            continue
        choices.setdefault(subject, []).append(
            Choice(
                what=preference.what,
                chosen=preference.labels[rank],
                rank=rank,
                options=len(preference.items),
                best=preference.labels[0],
            )
        )
    for slot, choice in kept.items():
        choices.setdefault(slot, []).append(choice)
    return {
        draft_id(slot): Reason(
            requests=tuple(place for place, root in roots if root == slot),
            dependents=tuple(dependents.get(slot, ())),
            choices=tuple(choices.get(slot, ())),
        )
        for slot in sorted(slots)
    }
