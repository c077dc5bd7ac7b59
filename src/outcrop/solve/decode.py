"""From a model to drafts: which nodes the roots reach, what they are, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from outcrop.solve.encoding import Encoding, PackageVariables, Slot
from outcrop.solve.optimise import Decisions
from outcrop.solve.problem import Choice, Reason
from outcrop.solve.versions import chosen
from outcrop.spec.graph import DEPENDENCY_TYPES, Draft, DraftEdge, Node, VariantAnswer

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
        drafts[draft_id(slot)] = Draft(node=_node(encoding, package, truth), edges=edges)
    return drafts


def _node(encoding: Encoding, package: PackageVariables, truth: Truth) -> Node:
    candidate = chosen(package, truth)
    flags: dict[str, tuple[str, ...]] = {}
    for condition, slot, flag in encoding.flags:
        if slot == package.slot and truth(condition):
            have = flags.get(flag.name, ())
            flags[flag.name] = (*have, *[word for word in flag.words if word not in have])
    return Node(
        name=package.name,
        namespace=package.real.namespace,
        version=str(candidate.version),
        platform=encoding.problem.platform,
        os=encoding.problem.os,
        target=_target(encoding, package, truth),
        variants=_variants(package, truth),
        flags=dict(sorted(flags.items())),
        external=None if candidate.external is None else candidate.external.external,
    )


def _target(encoding: Encoding, package: PackageVariables, truth: Truth) -> str:
    for target, literal in package.targets.items():
        if truth(literal):
            return target
    return encoding.targets[0] if encoding.targets else encoding.problem.target


def _variants(package: PackageVariables, truth: Truth) -> dict[str, VariantAnswer]:
    found: dict[str, VariantAnswer] = {}
    for name, variant in sorted(package.variants.items()):
        for active, declaration in variant.definitions:
            if not truth(active):
                continue
            values = tuple(sorted(value for value, literal in variant.values.items() if truth(literal)))
            if declaration.kind == "bool":
                found[name] = values == ("true",)
            elif declaration.kind == "multi":
                found[name] = values
            else:
                found[name] = values[0]
    return found


def explain_nodes(
    encoding: Encoding, slots: Sequence[Slot], roots: Sequence[tuple[int, Slot]], decisions: Decisions, truth: Truth
) -> dict[str, Reason]:
    """Why each node is there and as it is."""
    dependents: dict[Slot, list[tuple[str, tuple[str, ...]]]] = {}
    for slot in sorted(slots):
        package = encoding.packages[slot]
        for child, edge in sorted(package.edges.items()):
            if truth(edge.exists):
                origins = tuple(
                    dict.fromkeys(
                        use.origin
                        for use in package.uses
                        if truth(use.condition)
                        and (use.name == child[0] or (use.virtual and truth(edge.virtuals.get(use.name, -1))))
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
    return {
        draft_id(slot): Reason(
            requests=tuple(place for place, root in roots if root == slot),
            dependents=tuple(dependents.get(slot, ())),
            choices=tuple(choices.get(slot, ())),
        )
        for slot in sorted(slots)
    }
