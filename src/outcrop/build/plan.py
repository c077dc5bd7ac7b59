"""What an install has to do, as a frozen value: reuse, record an external, build. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from outcrop.spec.graph import Graph


class Action(StrEnum):
    """What is to be done about one node."""

    REUSE = "reuse"
    EXTERNAL = "external"
    BUILD = "build"


class BuildPlan(msgspec.Struct, frozen=True):
    """``actions`` has every node that is needed, dependencies first; nodes that only installed ones needed to be built
    are absent."""

    graph: Graph
    actions: dict[str, Action]
    roots: tuple[str, ...]

    def keys(self, action: Action) -> list[str]:
        """Hashes with this action, dependencies first."""
        return [key for key, each in self.actions.items() if each is action]

    @property
    def is_empty(self) -> bool:
        """Everything is installed already."""
        return all(action is Action.REUSE for action in self.actions.values())

    def waits_for(self, key: str) -> list[str]:
        """The nodes that must be there before ``key`` can be built or recorded."""
        if self.actions[key] is Action.REUSE:
            return []
        return [edge.hash for edge in self.graph[key].edges if edge.hash in self.actions]


def plan_build(graph: Graph, roots: Iterable[str], installed: Callable[[str], bool]) -> BuildPlan:
    """Decide what installing ``roots`` takes.

    An installed node needs its link and run closure only; a node to build needs all its dependencies.

    Args:
        graph: holds the roots and all they depend on.
        roots: hashes.
        installed: whether a node has a seal; asked once a node.
    """
    roots = tuple(dict.fromkeys(roots))
    decided: dict[str, Action] = {}
    stack = list(roots)
    while stack:
        key = stack.pop()
        if key in decided:
            continue
        node = graph[key]
        if installed(key):
            decided[key] = Action.REUSE
            stack.extend(edge.hash for edge, _ in graph.dependencies(key, ("link", "run")))
        else:
            decided[key] = Action.EXTERNAL if node.is_external else Action.BUILD
            stack.extend(edge.hash for edge in node.edges)
    ordered = {key: decided[key] for key in graph.topological() if key in decided}
    return BuildPlan(graph, ordered, roots)
