"""Several answers as one set of drafts: equal sub-graphs become one, different nodes of one package get ids of
their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from outcrop.solve.decode import draft_id
from outcrop.solve.encoding import Slot
from outcrop.solve.problem import Choice, Reason, Solution, Statistics
from outcrop.spec.graph import Draft, DraftEdge


class Part(msgspec.Struct, eq=False):
    """The answer to some requests: ``roots`` maps their places to slots."""

    drafts: dict[str, Draft]
    roots: dict[int, Slot]
    reasons: dict[str, Reason]
    statistics: Statistics
    reused: dict[str, str] = {}


def merge_parts(parts: Sequence[Part], requests: int) -> Solution:
    """One solution of all parts; ids of the first part stay as they are."""
    drafts: dict[str, Draft] = {}
    reasons: dict[str, Reason] = {}
    roots: dict[int, str] = {}
    reused: dict[str, str] = {}
    total = Statistics()
    known: dict[tuple[bytes, str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]], str] = {}
    for part in parts:
        total.add(part.statistics)
        names: dict[str, str] = {}
        for ident in _dependencies_first(part.drafts):
            draft = part.drafts[ident]
            edges = [
                DraftEdge(target=names[edge.target], types=edge.types, virtuals=edge.virtuals) for edge in draft.edges
            ]
            content = msgspec.json.encode(draft.node, order="sorted")
            installed = part.reused.get(ident, "")
            key = (content, installed, tuple((edge.target, edge.types, edge.virtuals) for edge in edges))
            name = known.get(key)
            if name is None:
                name, copy = ident, 0
                while name in drafts:
                    name, copy = draft_id((draft.node.name, copy)), copy + 1
                known[key] = name
                drafts[name] = Draft(node=draft.node, edges=edges)
                if installed:
                    reused[name] = installed
            names[ident] = name
        for ident, reason in part.reasons.items():
            dependents = tuple((names[parent], origins) for parent, origins in reason.dependents)
            moved = msgspec.structs.replace(reason, dependents=dependents)
            reasons[names[ident]] = _joined(reasons.get(names[ident]), moved)
        roots.update({place: names[draft_id(slot)] for place, slot in part.roots.items()})
    return Solution(
        drafts=dict(sorted(drafts.items())),
        roots=tuple(roots[place] for place in range(requests)),
        reasons=dict(sorted(reasons.items())),
        statistics=total,
        reused=dict(sorted(reused.items())),
    )


def _joined(old: Reason | None, new: Reason) -> Reason:
    if old is None:
        return new
    choices: tuple[Choice, ...] = old.choices
    return Reason(
        requests=tuple(sorted({*old.requests, *new.requests})),
        dependents=tuple(dict.fromkeys([*old.dependents, *new.dependents])),
        choices=choices,
    )


def _dependencies_first(drafts: dict[str, Draft]) -> list[str]:
    order: list[str] = []
    seen: set[str] = set()
    for start in drafts:
        stack = [(start, iter(drafts[start].edges))]
        if start in seen:
            continue
        seen.add(start)
        while stack:
            ident, edges = stack[-1]
            edge = next(edges, None)
            if edge is None:
                order.append(ident)
                stack.pop()
            elif edge.target not in seen:
                seen.add(edge.target)
                stack.append((edge.target, iter(drafts[edge.target].edges)))
    return order
