"""The concrete graph: frozen nodes and typed edges, each node known by its hash.

A node's hash covers what it is made from (name, namespace, version, variants, flags, platform, os, target, recipe
hash, sources, patches) and every edge with its types and virtuals, build edges too. It does not cover paths, tests,
the sandbox or the number of jobs. An external is hashed by name, version and prefix; an external whose ``abi`` is set
(a Python) by prefix and abi only, so that a distribution's bug-fix update changes no hash.

This module knows nothing of recipes or stores, and touches no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from outcrop.base.digests import SHORT_HASH, base32_name
from outcrop.base.errors import RequestError

NODE_HASH_SCHEMA = 1
"""Part of every node hash; raised whenever what a hash covers changes."""

DependencyType = Literal["link", "run", "build", "test"]
DEPENDENCY_TYPES: tuple[DependencyType, ...] = ("link", "run", "build", "test")
"""In the order in which they are written and hashed."""

VariantScalar = bool | str
VariantAnswer = bool | str | tuple[str, ...]
"""A concrete variant: boolean, one value, or several (sorted)."""


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the sources of a node come from, as its recipe said when it was locked.

    ``kind`` is ``archive`` (``urls``, ``sha256``), ``index`` (``project`` and ``filename`` on the configured package
    index, ``sha256``), ``git``, ``svn``, ``hg``, ``cvs`` (``urls`` has the repository) or ``none``. A resource names
    its ``destination``; ``placement`` is a name, or a JSON object of paths inside the resource and names. ``checksum``
    is another digest (``md5:...``), only where the recipe gives no sha256.

    Of a repository, ``commit`` is a git commit; ``ref`` a git tag or branch, a Subversion or Mercurial revision, or a
    CVS branch, which ``date`` may narrow down. ``submodules`` are all of git's unless ``submodule_paths`` names some,
    without ``submodules_left_out``; ``sparse_paths`` are the only directories that are checked out.
    """

    kind: Literal["archive", "index", "git", "svn", "hg", "cvs", "none"]
    sha256: str = ""
    checksum: str = ""
    urls: tuple[str, ...] = ()
    project: str = ""
    filename: str = ""
    commit: str = ""
    ref: str = ""
    expand: bool = True
    extension: str = ""
    name: str = ""
    destination: str = ""
    placement: str = ""
    submodules: bool = False
    submodule_paths: tuple[str, ...] = ()
    submodules_left_out: tuple[str, ...] = ()
    full_history: bool = False
    sparse_paths: tuple[str, ...] = ()
    date: str = ""

    @property
    def is_checkout(self) -> bool:
        """Comes from a version control system: fetched, it is a tar file of what was checked out."""
        return self.kind in ("git", "svn", "hg", "cvs")


class PatchSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One patch of a node: ``file`` is relative to the package ``package`` that declares it, or ``url`` is where it
    is fetched.

    ``sha256`` is the patch's own; ``archive_sha256`` is that of the download where it comes compressed.
    """

    sha256: str
    package: str
    file: str = ""
    url: str = ""
    archive_sha256: str = ""
    level: int = 1
    working_dir: str = "."
    reverse: bool = False


class External(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package that lies outside the store.

    ``executable`` is the program it was found by (an interpreter, a compiler). ``abi`` is empty except for a Python:
    ``"3.11 cpython-311-x86_64-linux-gnu"``. ``extra`` are the extra attributes of the configuration entry
    (``{"compilers": {"c": "/usr/bin/gcc"}}``).
    """

    prefix: str
    executable: str = ""
    abi: str = ""
    modules: tuple[str, ...] = ()
    extra: dict[str, object] = {}


class Edge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dependency on the node with hash ``hash``: ``types`` in :data:`DEPENDENCY_TYPES` order, ``virtuals`` sorted."""

    hash: str
    types: tuple[DependencyType, ...]
    virtuals: tuple[str, ...] = ()


class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One concrete package. ``edges`` are sorted by (hash, types)."""

    name: str
    namespace: str
    version: str
    platform: str
    os: str
    target: str
    variants: dict[str, VariantAnswer] = {}
    flags: dict[str, tuple[str, ...]] = {}
    recipe: str = ""
    sources: tuple[Source, ...] = ()
    patches: tuple[PatchSource, ...] = ()
    edges: tuple[Edge, ...] = ()
    external: External | None = None

    @property
    def is_external(self) -> bool:
        """Lies outside the store."""
        return self.external is not None


def node_hash(node: Node) -> str:
    """The 32-letter hash of a node; see the module's docstring for what it covers."""
    external = node.external
    if external is not None:
        identity = ["abi", external.abi] if external.abi else ["version", node.version]
        covered: object = ["external", NODE_HASH_SCHEMA, node.name, external.prefix, *identity]
    else:
        covered = [
            "node",
            NODE_HASH_SCHEMA,
            node.name,
            node.namespace,
            node.version,
            sorted(node.variants.items()),
            sorted(node.flags.items()),
            [node.platform, node.os, node.target],
            node.recipe,
            [_source_identity(source) for source in node.sources],
            [[patch.sha256, patch.level, patch.working_dir, patch.reverse] for patch in node.patches],
            sorted([edge.hash, edge.types, edge.virtuals] for edge in node.edges),
        ]
    return base32_name(msgspec.json.encode(covered))


def _source_identity(source: Source) -> list[object]:
    content = source.sha256 or source.checksum or source.commit or [source.urls, source.ref]
    identity: list[object] = [
        *(source.kind, content, source.name, source.destination),
        *(source.placement, source.expand, source.submodules),
    ]
    # Only where one of them says anything: hashes of all other nodes stay what they were.
    details = [
        *(source.date, source.submodule_paths, source.submodules_left_out),
        *(source.full_history, source.sparse_paths),
    ]
    return [*identity, details] if any(details) else identity


class Graph:
    """Nodes by hash, and roots. Immutable; every edge leads to a node of the same graph.

    Raises:
        ValueError: an edge leads nowhere, or a root is unknown.
    """

    def __init__(self, nodes: Mapping[str, Node], roots: Iterable[str]) -> None:
        self._nodes = dict(nodes)
        self._direct: dict[str, dict[str, Edge]] = {}
        self._visible: dict[str, dict[str, Edge]] = {}
        self.roots: tuple[str, ...] = tuple(roots)
        for node in self._nodes.values():
            for edge in node.edges:
                if edge.hash not in self._nodes:
                    raise ValueError(f"{node.name} has an edge to {edge.hash}, which is not in the graph")
        for root in self.roots:
            if root not in self._nodes:
                raise ValueError(f"root {root} is not in the graph")

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Hash -> node; do not write to it."""
        return self._nodes

    def __getitem__(self, key: str) -> Node:
        return self._nodes[key]

    def __contains__(self, key: object) -> bool:
        return key in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def dependencies(self, key: str, types: Iterable[DependencyType] = DEPENDENCY_TYPES) -> Iterator[tuple[Edge, Node]]:
        """Direct dependencies that have one of ``types``, by (name, version, hash)."""
        wanted = set(types)
        found = [edge for edge in self._nodes[key].edges if wanted.intersection(edge.types)]
        for edge in sorted(found, key=lambda edge: self._order(edge.hash)):
            yield edge, self._nodes[edge.hash]

    @cached_property
    def _parents(self) -> dict[str, list[tuple[Edge, str]]]:
        parents: dict[str, list[tuple[Edge, str]]] = {key: [] for key in self._nodes}
        for key in sorted(self._nodes, key=self._order):
            for edge in self._nodes[key].edges:
                parents[edge.hash].append((edge, key))
        return parents

    def dependents(
        self, key: str, types: Iterable[DependencyType] = DEPENDENCY_TYPES
    ) -> Iterator[tuple[Edge, str, Node]]:
        """Direct dependents as (edge, hash of the dependent, dependent)."""
        wanted = set(types)
        for edge, parent in self._parents[key]:
            if wanted.intersection(edge.types):
                yield edge, parent, self._nodes[parent]

    def direct(self, key: str) -> Mapping[str, Edge]:
        """Direct dependencies by hash, all edges to the same node made one. Remembered; do not write to it."""
        found = self._direct.get(key)
        if found is None:
            found = self._direct[key] = _united(self._nodes[key].edges)
        return found

    def visible(self, key: str) -> Mapping[str, Edge]:
        """What ``^`` means at a node: its direct dependencies and what link and run edges reach from it, by hash.

        The edge has the types and virtuals of all edges seen into the dependency. Build dependencies of dependencies,
        and what only they reach, are not seen. Remembered; do not write to it.
        """
        found = self._visible.get(key)
        if found is None:
            edges = list(self._nodes[key].edges)
            for below in self.closure((key,), ("link", "run"), include_start=False):
                edges.extend(edge for edge in self._nodes[below].edges if "link" in edge.types or "run" in edge.types)
            found = self._visible[key] = _united(edges)
        return found

    def find_dependency(self, key: str, name: str) -> str | None:
        """The node that ``spec["name"]`` means at ``key``: by its name or by a virtual on the edge to it.

        Direct build and test dependencies come first, then what link and run edges reach, breadth first.
        """
        if self._nodes[key].name == name:
            return key
        for edge, node in self.dependencies(key, ("build", "test")):
            if node.name == name or name in edge.virtuals:
                return edge.hash
        level, seen = [key], {key}
        while level:
            following: list[str] = []
            for parent in level:
                for edge, node in self.dependencies(parent, ("link", "run")):
                    if node.name == name or name in edge.virtuals:
                        return edge.hash
                    if edge.hash not in seen:
                        seen.add(edge.hash)
                        following.append(edge.hash)
            level = following
        return None

    def closure(
        self, start: Iterable[str], types: Iterable[DependencyType] = DEPENDENCY_TYPES, *, include_start: bool = True
    ) -> list[str]:
        """What edges of ``types`` reach, dependents before dependencies, each once; cycles end quietly."""
        wanted = tuple(types)
        starts = list(dict.fromkeys(start))
        order: list[str] = []
        seen: set[str] = set()

        for first in starts:
            if first in seen:
                continue
            seen.add(first)
            stack = [(first, iter([edge.hash for edge, _ in self.dependencies(first, wanted)]))]
            while stack:
                key, children = stack[-1]
                for child in children:
                    if child not in seen:
                        seen.add(child)
                        stack.append((child, iter([edge.hash for edge, _ in self.dependencies(child, wanted)])))
                        break
                else:
                    order.append(key)
                    stack.pop()
        order.reverse()
        if include_start:
            return order
        dropped = set(starts)
        return [key for key in order if key not in dropped]

    def topological(self) -> list[str]:
        """Every node, dependencies before dependents, in an order that is the same on every machine."""
        return list(reversed(self.closure(sorted(self._nodes, key=self._order))))

    def find(self, name: str) -> list[str]:
        """Hashes of all nodes with this package name, sorted."""
        return sorted((key for key, node in self._nodes.items() if node.name == name), key=self._order)

    def subgraph(self, roots: Iterable[str]) -> Graph:
        """The graph of what ``roots`` reach."""
        chosen = tuple(dict.fromkeys(roots))
        return Graph({key: self._nodes[key] for key in self.closure(chosen)}, chosen)

    def _order(self, key: str) -> tuple[str, str, str]:
        node = self._nodes[key]
        return (node.name, node.version, key)


def _united(edges: Iterable[Edge]) -> dict[str, Edge]:
    found: dict[str, Edge] = {}
    for edge in edges:
        other = found.get(edge.hash)
        if other is not None and (other.types != edge.types or other.virtuals != edge.virtuals):
            types = {*other.types, *edge.types}
            edge = Edge(
                hash=edge.hash,
                types=tuple([kind for kind in DEPENDENCY_TYPES if kind in types]),
                virtuals=tuple(sorted({*other.virtuals, *edge.virtuals})),
            )
        found[edge.hash] = edge
    return found


class DraftEdge(msgspec.Struct, kw_only=True):
    """An edge of a graph that is not hashed yet; ``target`` is the dependency's draft id."""

    target: str
    types: tuple[DependencyType, ...]
    virtuals: tuple[str, ...] = ()


class Draft(msgspec.Struct, kw_only=True):
    """A node of a graph that is not hashed yet: ``node.edges`` is empty, ``edges`` name other drafts."""

    node: Node
    edges: list[DraftEdge] = []


def seal_graph(
    drafts: Mapping[str, Draft],
    roots: Iterable[str],
    *,
    made: Mapping[str, str] | None = None,
    known: Mapping[str, Node] | None = None,
) -> Graph:
    """Hash drafts bottom up and return the graph.

    Args:
        drafts: draft id -> draft; ids are the caller's own (a solver names them ``py-pip#0``).
        roots: draft ids, in the order of the requests.
        made: drafts that are nodes already: draft id -> hash of a node in ``known``, which is taken as it is.
        known: nodes that belong to the graph in any case, with everything they have edges to.

    Raises:
        RequestError: the drafts depend on each other in a circle (the message names it).
    """
    hashes: dict[str, str] = dict(made or {})
    nodes: dict[str, Node] = dict(known or {})
    path: list[str] = []

    def visit(ident: str) -> str:
        known = hashes.get(ident)
        if known is not None:
            return known
        if ident in path:
            circle = [*path[path.index(ident) :], ident]
            words = " -> ".join(drafts[step].node.name for step in circle)
            raise RequestError(f"packages depend on each other in a circle: {words}", code="dependency-cycle")
        path.append(ident)
        draft = drafts[ident]
        edges = [
            Edge(
                hash=visit(edge.target),
                types=tuple(kind for kind in DEPENDENCY_TYPES if kind in edge.types),
                virtuals=tuple(sorted(edge.virtuals)),
            )
            for edge in draft.edges
        ]
        path.pop()
        node = msgspec.structs.replace(draft.node, edges=tuple(sorted(edges, key=lambda edge: (edge.hash, edge.types))))
        key = node_hash(node)
        hashes[ident] = key
        nodes[key] = node
        return key

    keys = [visit(ident) for ident in roots]
    return Graph(nodes, keys)


def short(key: str) -> str:
    """A hash as people see it: seven letters."""
    return key[:SHORT_HASH]
