"""All facades of one process: the graph they stand for, one object a node, and how their packages are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from outcrop.package.filesystem.prefix import Prefix
from outcrop.spec import Spec as Constraint
from outcrop.spec import VersionList
from outcrop.spec.graph import Graph, Node
from outcrop.spec.match import Provides, node_satisfies

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase
    from outcrop.package.specs.facade import NodeSpec

LoadClass: TypeAlias = "Callable[[str, str], type[PackageBase]]"
"""(namespace, name) -> the recipe's class."""
Prefixes: TypeAlias = Callable[[str, Node], object]
"""(hash, node) -> its prefix."""

PYTHON = "python"
PYTHON_VENV = "python-venv"


class World:
    """What the facades of one graph share."""

    def __init__(self, graph: Graph, prefixes: Prefixes, load_class: LoadClass) -> None:
        self.graph = graph
        self.facades: dict[str, NodeSpec] = {}
        self._prefixes = prefixes
        self._load_class = load_class
        self._packages: dict[str, PackageBase] = {}
        self._keys = {id(node): key for key, node in graph.nodes.items()}
        self._provided: dict[str, dict[str, VersionList]] = {}

    def prefix(self, key: str) -> Prefix:
        """Where a node is or will be."""
        return Prefix(str(self._prefixes(key, self.graph[key])))

    def package(self, key: str) -> PackageBase:
        """The package object of a node, made when first asked for."""
        package = self._packages.get(key)
        if package is None:
            node = self.graph[key]
            package = self._load_class(node.namespace, node.name)(self.facades[key])
            self._packages[key] = package
        return package

    def satisfies(self, key: str, constraint: Constraint) -> bool:
        """Does the node fit? Virtual names count where the recipe provides them."""
        return node_satisfies(self.graph, key, constraint, provides=self._provider_for(key))

    def _provider_for(self, asking: str) -> Provides:
        def provides(node: Node) -> Mapping[str, VersionList]:
            key = self._keys[id(node)]
            # A recipe is loaded only where the answer can be yes: for the node itself, and for what an edge calls by a
            # virtual.
            if key == asking or any(edge.virtuals for edge, _, _ in self.graph.dependents(key)):
                return self.provided(key)
            return {}

        return provides

    def provided(self, key: str) -> Mapping[str, VersionList]:
        """Virtual -> versions of it that a node provides."""
        known = self._provided.get(key)
        if known is None:
            # While this is being found out, a condition that asks for it again gets "nothing".
            known = self._provided[key] = {}
            for when, virtuals in self.package(key).provided.items():
                if self.satisfies(key, when.constraint):
                    for virtual in virtuals:
                        before = known.get(virtual.name)
                        known[virtual.name] = virtual.versions if before is None else before.union(virtual.versions)
        return known


def interpreter_node(graph: Graph, asking: str, python: str | None = None) -> str | None:
    """The node whose program runs Python for ``asking``; ``None``: no python-venv does.

    It is the python-venv that ``asking`` depends on itself; else the one in its link and run closure. This is the
    only place that says so. Only the program is the venv's: headers, libraries and prefix stay the base Python's.

    Args:
        python: the hash of the base Python that ``asking`` sees; one that stands on it is chosen before others.
    """
    direct = [edge.hash for edge, node in graph.dependencies(asking) if node.name == PYTHON_VENV]
    closure = graph.closure((asking,), ("link", "run"), include_start=False)
    reached = [key for key in closure if graph[key].name == PYTHON_VENV]
    fitting = [
        key for key in (*direct, *reached) if python is None or any(edge.hash == python for edge in graph[key].edges)
    ]
    chosen = [key for key in fitting if key in direct] or direct or fitting
    return chosen[0] if chosen else None
