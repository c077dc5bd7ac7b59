"""Answers of the solver as if they had been installed."""

from __future__ import annotations

from collections.abc import Iterable

from outcrop.solve import InstalledChoice, Solution
from outcrop.spec.graph import Graph, seal_graph


def sealed(solution: Solution, installed: Iterable[InstalledChoice] = ()) -> Graph:
    """The graph of an answer: what is reused as it was recorded, everything else hashed."""
    known = {choice.hash: choice.node for choice in installed}
    graph = seal_graph(solution.drafts, solution.roots, made=solution.reused, known=known)
    return graph.subgraph(graph.roots)


def install(solution: Solution, installed: Iterable[InstalledChoice] = ()) -> tuple[InstalledChoice, ...]:
    """Everything that is installed once the answer is, by name, version and hash."""
    before = tuple(installed)
    nodes = {choice.hash: choice.node for choice in before}
    nodes.update(sealed(solution, before).nodes)
    order = sorted(nodes, key=lambda key: (nodes[key].name, nodes[key].version, key))
    return tuple(InstalledChoice(hash=key, node=nodes[key], offered=nodes[key].external is None) for key in order)


def root_hashes(solution: Solution, installed: Iterable[InstalledChoice] = ()) -> list[str]:
    """The hash of the answer to each request."""
    known = {choice.hash: choice.node for choice in installed}
    return list(seal_graph(solution.drafts, solution.roots, made=solution.reused, known=known).roots)
