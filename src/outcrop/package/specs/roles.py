"""Which part every node plays when a root is built, tested or used: a pure question about the graph.

In a build of R: direct build and test dependencies are found, on ``PATH`` and runnable; everything R links with is
found; what build dependencies link with is runnable; what those run is on ``PATH`` too. A dependency that R only runs
plays no part.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Literal

from outcrop.spec.graph import Graph

Context = Literal["build", "run", "test"]


class Role(enum.Flag):
    """What is done for a node."""

    ROOT = enum.auto()
    """It is what is being built."""
    FOUND = enum.auto()
    """Build tools find it, and its setup_dependent_build_environment runs."""
    PATH = enum.auto()
    """Its programs are on ``PATH``."""
    RUN = enum.auto()
    """Its run environment and those that its dependencies give it are set."""


NOTHING = Role(0)


def plan_roles(graph: Graph, roots: Iterable[str], context: Context) -> dict[str, Role]:
    """Hash -> roles of every node that takes part, in the order in which their hooks run: externals first, dependencies
    first.
    """
    roles: dict[str, Role] = {}
    for root in roots:
        if context == "build":
            _plan_build(graph, root, roles)
        elif context == "test":
            roles[root] = roles.get(root, NOTHING) | Role.PATH | Role.RUN
            _plan_running(graph, [edge.hash for edge, _ in graph.dependencies(root, ("run", "test"))], roles)
            _plan_libraries(graph, [edge.hash for edge, _ in graph.dependencies(root, ("link",))], roles)
        else:
            _plan_running(graph, [root], roles)
    order = [key for key in graph.topological() if key in roles]
    return {key: roles[key] for key in sorted(order, key=lambda key: not graph[key].is_external)}


def _plan_build(graph: Graph, root: str, roles: dict[str, Role]) -> None:
    roles[root] = roles.get(root, NOTHING) | Role.ROOT
    for key in graph.closure((root,), ("link",), include_start=False):
        roles[key] = roles.get(key, NOTHING) | Role.FOUND
    tools = [edge.hash for edge, _ in graph.dependencies(root, ("build", "test"))]
    for key in tools:
        roles[key] = roles.get(key, NOTHING) | Role.FOUND
    _plan_running(graph, tools, roles)


def _plan_running(graph: Graph, keys: list[str], roles: dict[str, Role]) -> None:
    _spread(graph, [(key, Role.PATH | Role.RUN) for key in keys], roles)


def _plan_libraries(graph: Graph, keys: list[str], roles: dict[str, Role]) -> None:
    _spread(graph, [(key, Role.RUN) for key in keys], roles)


def _spread(graph: Graph, waiting: list[tuple[str, Role]], roles: dict[str, Role]) -> None:
    """From nodes that are runnable: what they link with becomes runnable, what they run comes on ``PATH`` as well."""
    reached: dict[str, Role] = {}
    while waiting:
        key, role = waiting.pop()
        before = reached.get(key, NOTHING)
        if before | role == before:
            continue
        first = before is NOTHING or not before
        reached[key] = before | role
        roles[key] = roles.get(key, NOTHING) | role
        if first:
            for edge, _ in graph.dependencies(key, ("link", "run")):
                waiting.append((edge.hash, Role.PATH | Role.RUN if "run" in edge.types else Role.RUN))
