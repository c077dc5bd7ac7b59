"""Whether a node of a concrete graph fits a spec.

``^dep`` means a direct dependency of any type or one that link and run edges reach; ``%dep`` a direct dependency of
any type. A name may also be a virtual: on a dependency if the edge carries it, on the node itself if ``provides``
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from outcrop.spec.format import format_node, node_to_spec_text
from outcrop.spec.graph import Edge, Graph, Node
from outcrop.spec.parts import FlagConstraint, VariantConstraint
from outcrop.spec.ranges import VersionList
from outcrop.spec.spec import EdgeConstraint, Spec
from outcrop.spec.targets import target_satisfies
from outcrop.spec.version import make_version

__all__ = [
    "Provides",
    "format_node",
    "matching_dependency",
    "matching_nodes",
    "node_satisfies",
    "node_to_spec_text",
]

Provides = Callable[[Node], Mapping[str, VersionList]]
"""Virtual -> versions of it that the node provides in the configuration it has."""

Lines = Mapping[str, Collection[str]]
"""Target -> its ancestors."""


class _Facts(NamedTuple):
    """What is known besides the graph."""

    provides: Provides | None = None
    lines: Lines | None = None


def node_satisfies(
    graph: Graph, key: str, spec: Spec, *, provides: Provides | None = None, lines: Lines | None = None
) -> bool:
    """Whether the node ``key`` fits ``spec``.

    Without ``provides`` a virtual's name fits no node by itself, and a version behind a virtual's name no dependency.
    Without ``lines`` archspec is asked what lies in a range of targets.
    """
    return _fits_as(graph, key, spec, (), _Facts(provides, lines))


def matching_nodes(graph: Graph, spec: Spec, *, provides: Provides | None = None) -> list[str]:
    """Hashes of the nodes that fit, by name, version and hash."""
    keys = [key for key in graph.nodes if node_satisfies(graph, key, spec, provides=provides)]
    return sorted(keys, key=lambda key: (graph[key].name, make_version(graph[key].version), key))


def matching_dependency(
    graph: Graph, key: str, wanted: EdgeConstraint, *, provides: Provides | None = None
) -> Edge | None:
    """The first dependency of ``key`` that fits ``wanted``; its condition plays no part."""
    edges = graph.direct(key) if wanted.direct else graph.visible(key)
    for edge in edges.values():
        if _edge_fits(graph, edge, wanted, _Facts(provides)):
            return edge
    return None


def _has_dependency(graph: Graph, key: str, wanted: EdgeConstraint, facts: _Facts) -> bool:
    edges = graph.direct(key) if wanted.direct else graph.visible(key)
    return any(_edge_fits(graph, edge, wanted, facts) for edge in edges.values())


def _edge_fits(graph: Graph, edge: Edge, wanted: EdgeConstraint, facts: _Facts) -> bool:
    if wanted.virtuals and not set(edge.virtuals).issuperset(wanted.virtuals):
        return False
    if wanted.types and not set(edge.types).issuperset(wanted.types):
        return False
    name = wanted.spec.name
    if name and name != graph[edge.hash].name and name not in edge.virtuals:
        # gcc provides C++ too, but to a package of C it is no C++ compiler.
        return False
    return _fits_as(graph, edge.hash, wanted.spec, edge.virtuals, facts)


def _fits_as(graph: Graph, key: str, spec: Spec, virtuals: tuple[str, ...], facts: _Facts) -> bool:
    """Whether the node fits, where it may also go by one of ``virtuals``."""
    node = graph[key]
    if not spec.name or spec.name == node.name:
        if spec.version_text and not spec.versions.includes(make_version(node.version)):
            return False
    elif spec.version_text or spec.name not in virtuals:
        # A version behind a virtual's name is a version of the virtual.
        offered = facts.provides(node).get(spec.name) if facts.provides is not None else None
        if offered is None or not offered.intersects(spec.versions):
            return False
    if not _own_facts_fit(node, key, spec, facts.lines):
        return False
    return all(
        (edge.when is not None and not _fits_as(graph, key, edge.when, (), facts))
        or _has_dependency(graph, key, edge, facts)
        for edge in spec.edges
    )


def _own_facts_fit(node: Node, key: str, spec: Spec, lines: Lines | None) -> bool:
    if spec.namespace and spec.namespace != node.namespace:
        return False
    if (spec.platform and spec.platform != node.platform) or (spec.os and spec.os != node.os):
        return False
    if spec.target and not target_satisfies(node.target, spec.target, lines):
        return False
    if spec.hash and not key.startswith(spec.hash):
        return False
    return all(_variant_fits(node, variant) for variant in spec.variants) and all(
        _flag_fits(node, flag) for flag in spec.flags
    )


def _variant_fits(node: Node, variant: VariantConstraint) -> bool:
    answer = node.variants.get(variant.name)
    if answer is None and variant.name == "patches" and node.patches:
        answer = tuple(patch.sha256 for patch in node.patches)
    return answer is not None and variant.admits(answer)


def _flag_fits(node: Node, flag: FlagConstraint) -> bool:
    return flag.admits(node.flags.get(flag.name, ()))
