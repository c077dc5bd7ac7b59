"""Walking the graph of facades in the orders that recipes ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType

if TYPE_CHECKING:
    from outcrop.package.specs.facade import EdgeSpec, NodeSpec

TypesArgument: TypeAlias = "str | Iterable[str] | int"
"""``"all"``, one type, several, or bits (link 1, run 2, build 4, test 8)."""

Visit: TypeAlias = "tuple[int, EdgeSpec | None, NodeSpec]"
"""Depth, the edge it was reached by (``None`` for the root), the node."""


def wanted_types(argument: TypesArgument) -> tuple[DependencyType, ...]:
    """The dependency types that an argument stands for.

    Raises:
        ValueError: one of them is none.
    """
    if isinstance(argument, int):
        return tuple(kind for bit, kind in enumerate(DEPENDENCY_TYPES) if argument & (1 << bit))
    if argument == "all":
        return DEPENDENCY_TYPES
    given = {argument} if isinstance(argument, str) else set(argument)
    unknown = given - set(DEPENDENCY_TYPES)
    if unknown:
        raise ValueError(f"unknown dependency type {', '.join(sorted(map(str, unknown)))}")
    return tuple(kind for kind in DEPENDENCY_TYPES if kind in given)


def traverse(
    start: NodeSpec,
    *,
    root: bool = True,
    deptype: TypesArgument = "all",
    order: Literal["pre", "post", "breadth", "topo"] = "pre",
    cover: Literal["nodes", "edges", "paths"] = "nodes",
    direction: Literal["children", "parents"] = "children",
    depth: bool = False,
    key: Callable[[NodeSpec], object] | None = None,
    visited: set[object] | None = None,
) -> Iterator[NodeSpec | tuple[int, NodeSpec]]:
    """Everything reachable over edges of the types ``deptype``.

    Args: start: where to begin. root: give ``start`` itself too. deptype: which edges to follow. order: ``pre``
        (dependents first), ``post`` (dependencies first), ``breadth``, ``topo`` (dependents before dependencies).
        cover: give every node once, once for every edge into it, or once for every path to it. direction: follow
        dependencies, or dependents. depth: give (depth, node) instead of the node. key: tells nodes apart; by default
        their hash. visited: filled with the keys seen.
    """
    identity = key or (lambda node: node.dag_hash())
    seen: set[object] = set() if visited is None else visited
    steps: Callable[[NodeSpec], list[EdgeSpec]]
    if direction == "children":
        steps = lambda node: node.edges_to_dependencies(None, deptype)  # noqa: E731 - one of two
    else:
        steps = lambda node: node.edges_from_dependents(None, deptype)  # noqa: E731

    def far_end(edge: EdgeSpec) -> NodeSpec:
        return edge.spec if direction == "children" else edge.parent

    if order == "breadth":
        walk = _breadth_first(start, steps, far_end, identity, seen, cover)
    elif order == "topo":
        walk = iter(list(_depth_first(start, steps, far_end, identity, seen, cover, 0, True))[::-1])
    else:
        walk = _depth_first(start, steps, far_end, identity, seen, cover, 0, order == "post")
    for level, node in walk:
        if root or node != start:
            yield (level, node) if depth else node


def _depth_first(
    node: NodeSpec,
    steps: Callable[[NodeSpec], list[EdgeSpec]],
    far_end: Callable[[EdgeSpec], NodeSpec],
    identity: Callable[[NodeSpec], object],
    seen: set[object],
    cover: str,
    level: int,
    post: bool,
) -> Iterator[tuple[int, NodeSpec]]:
    again = identity(node) in seen
    if again and cover == "nodes":
        return
    seen.add(identity(node))
    if not post:
        yield level, node
    if not again or cover == "paths":
        for edge in steps(node):
            yield from _depth_first(far_end(edge), steps, far_end, identity, seen, cover, level + 1, post)
    if post:
        yield level, node


def _breadth_first(
    start: NodeSpec,
    steps: Callable[[NodeSpec], list[EdgeSpec]],
    far_end: Callable[[EdgeSpec], NodeSpec],
    identity: Callable[[NodeSpec], object],
    seen: set[object],
    cover: str,
) -> Iterator[tuple[int, NodeSpec]]:
    level, waiting = 0, [start]
    while waiting:
        following: list[NodeSpec] = []
        for node in waiting:
            again = identity(node) in seen
            if again and cover == "nodes":
                continue
            seen.add(identity(node))
            yield level, node
            if not again or cover == "paths":
                following.extend(far_end(edge) for edge in steps(node))
        level, waiting = level + 1, following
