"""The part of the independent check that is about what is installed: reused packages are what was recorded.

Everything that was recorded makes a graph of its own, build dependencies included; :func:`recorded_graph` gives it in
the form of drafts, so that the same checker can be asked what a package was built with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from outcrop.solve import InstalledChoice
from outcrop.spec import EdgeConstraint
from outcrop.spec.graph import Draft, DraftEdge, node_hash

if TYPE_CHECKING:
    from support.verify_solution import Checker

RUNTIME = frozenset({"link", "run"})


def recorded_graph(installed: Sequence[InstalledChoice]) -> dict[str, Draft]:
    """Drafts by hash."""
    return {
        choice.hash: Draft(
            node=choice.node,
            edges=[DraftEdge(target=edge.hash, types=edge.types, virtuals=edge.virtuals) for edge in choice.node.edges],
        )
        for choice in installed
    }


def hash_of(checker: Checker, ident: str) -> str:
    """The hash of something that is there already; empty for what has to be built."""
    if ident in checker.reused:
        return checker.reused[ident]
    node = checker.drafts[ident].node
    return node_hash(node) if node.external is not None else ""


def reused(checker: Checker, ident: str) -> Iterator[str]:
    """What was recorded, with what it links to and runs, and allowed to be used here."""
    key = checker.reused[ident]
    choice = next((choice for choice in checker.problem.installed if choice.hash == key), None)
    if choice is None or not choice.offered or choice.node.external is not None:
        yield f"{ident} is an installed package that was not offered: {key}"
        return
    node, old = checker.drafts[ident].node, choice.node
    for what in ("name", "namespace", "version", "variants", "flags", "platform", "os", "target", "external"):
        if getattr(node, what) != getattr(old, what):
            yield f"{ident}: {what} is not as recorded: {getattr(node, what)!r}, {getattr(old, what)!r}"
    have = {
        (hash_of(checker, edge.target), frozenset(edge.types), edge.virtuals) for edge in checker.drafts[ident].edges
    }
    recorded = {
        (edge.hash, RUNTIME.intersection(edge.types), edge.virtuals)
        for edge in old.edges
        if RUNTIME.intersection(edge.types)
    }
    if have != recorded:
        yield f"{ident}: edges {sorted(map(str, have))}, recorded were {sorted(map(str, recorded))}"
    if node.name in checker.problem.tests:
        yield f"{ident} is to be tested, and is not built"


def reused_roots(checker: Checker) -> Iterator[str]:
    """Where roots are to be built, only what a request names by its hash is one that is installed."""
    if checker.problem.reuse_roots:
        return
    recorded = checker.recorded
    named: set[str] = set()
    stack = [spec.hash for request in checker.problem.requests for spec in request.walk() if spec.hash]
    stack = [key for key in recorded.drafts if any(key.startswith(start) for start in stack)]
    while stack:
        key = stack.pop()
        if key not in named:
            named.add(key)
            stack.extend(edge.target for edge in recorded.drafts[key].edges)
    for root in checker.roots:
        if checker.reused.get(root, root) not in named and root in checker.reused:
            yield f"{root} is requested, and is not built"


def was_built_with(checker: Checker, ident: str, wanted: EdgeConstraint, *, anywhere: bool) -> bool:
    """Whether a reused package was recorded with such a dependency; ``^x`` of a request speaks of every ``x``."""
    key, recorded = checker.reused[ident], checker.recorded
    if not recorded.has(key, wanted, anywhere=anywhere):
        return False
    if not anywhere or wanted.direct or checker.models.is_virtual(wanted.spec.name):
        return True
    return all(
        recorded.fits(edge.target, wanted.spec)
        for edge in recorded.below(key, direct=False, anywhere=True)
        if recorded.drafts[edge.target].node.name == wanted.spec.name
    )
