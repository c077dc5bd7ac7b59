"""Concrete specs as recipes see them: one mutable facade per node, and views on it that remember how it was asked for.

A facade is an instance of the API's ``Spec``. Everything a recipe attaches to it (``spec.mpicc = ...``) is seen by
everyone who reaches the node. ``spec["blas:shared"]`` gives a view: the same node with the same attributes, and the
query beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Any: answers of recipes, and extra attributes from the configuration.
from typing import TYPE_CHECKING, Any, cast

from outcrop.package.errors import SpackError
from outcrop.package.filesystem.prefix import Prefix
from outcrop.package.specs.answers import Architecture, CompilerFlags, VariantAnswers
from outcrop.package.specs.compilers import OldCompilerSpec
from outcrop.package.specs.queries import Query, forward, parse_query
from outcrop.package.specs.spec_api import Spec, SpecLike, as_constraint, parse_constraint
from outcrop.package.specs.traversal import TypesArgument, traverse, wanted_types
from outcrop.package.specs.world import PYTHON, LoadClass, Prefixes, World, interpreter_node
from outcrop.spec import Spec as Constraint
from outcrop.spec import VersionList, make_version
from outcrop.spec.format import format_node, node_to_spec_text
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType, Graph, Node
from outcrop.spec.graph import VariantAnswer as Answer

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase


@dataclass(frozen=True)
class EdgeSpec:
    """A dependency between two facades."""

    parent: NodeSpec
    spec: NodeSpec
    types: tuple[DependencyType, ...]
    virtuals: tuple[str, ...]

    @property
    def depflag(self) -> int:
        """The types as bits: link 1, run 2, build 4, test 8."""
        return sum(1 << DEPENDENCY_TYPES.index(kind) for kind in self.types)


class NodeSpec(Spec):
    """The facade of one node."""

    concrete = True

    def __init__(self, world: World, key: str) -> None:
        node = world.graph[key]
        self._world = world
        self._key = key
        self._answers: dict[str, bool] = {}
        self._variants: VariantAnswers | None = None
        self._architecture: Architecture | None = None
        self._prefix: Prefix | None = None
        self.queries: list[Query] = []
        """The queries that are being answered right now, innermost last."""
        external = node.external
        self.external = external is not None
        self.external_path = external.prefix if external is not None else None
        self.external_modules = list(external.modules) if external is not None and external.modules else None
        self.extra_attributes = dict(external.extra) if external is not None else {}

    # -- facts of the node
    # -------------------------------------------------------------------------------------

    @property
    def node(self) -> Node:
        """The node itself."""
        return self._world.graph[self._key]

    @property
    def constraint(self) -> Constraint:
        """The abstract spec that this node alone satisfies."""
        return Constraint(name=self.node.name, hash=self._key)

    @property
    def name(self) -> str:
        """Package name."""
        return self.node.name

    @property
    def namespace(self) -> str:
        """Repository the recipe came from."""
        return self.node.namespace

    @property
    def version(self) -> Any:
        """The exact version."""
        return make_version(self.node.version)

    @property
    def versions(self) -> VersionList:
        """The list with the one version."""
        return VersionList.exactly(self.version)

    @property
    def variants(self) -> VariantAnswers:
        """Variants by name, with ``patches`` where patches apply."""
        if self._variants is None:
            answers: dict[str, Answer] = dict(self.node.variants)
            if self.node.patches:
                answers["patches"] = tuple(patch.sha256 for patch in self.node.patches)
            self._variants = VariantAnswers(answers)
        return self._variants

    @property
    def compiler_flags(self) -> CompilerFlags:
        """A fresh copy of the compiler flags; all six kinds are there."""
        return CompilerFlags(self.node.flags)

    @property
    def architecture(self) -> Architecture:
        """Platform, os and target."""
        if self._architecture is None:
            self._architecture = Architecture(self.node.platform, self.node.os, self.node.target)
        return self._architecture

    arch = architecture

    @property
    def platform(self) -> str:
        """Platform name."""
        return self.node.platform

    @property
    def os(self) -> str:
        """Operating system name."""
        return self.node.os

    @property
    def target(self) -> Any:
        """The microarchitecture object."""
        return self.architecture.target

    @property
    def compiler(self) -> OldCompilerSpec:
        """Name and version of the compiler, as they were called before compilers were packages.

        Raises:
            AttributeError: the package has none.
        """
        return OldCompilerSpec(self)

    @property
    def is_develop(self) -> bool:
        """Built from a user's own source directory."""
        return "dev_path" in self.node.variants

    @property
    def build_spec(self) -> NodeSpec:
        """The spec this was built as: itself."""
        return self

    @property
    def spliced(self) -> bool:
        """Has dependencies exchanged after it was built: never."""
        return False

    @property
    def installed(self) -> bool:
        """Its prefix exists."""
        return Path(self.prefix).is_dir()

    def dag_hash(self, length: int | None = None) -> str:
        """The node's hash, or its first letters."""
        return self._key if length is None else self._key[:length]

    # -- the package
    # -------------------------------------------------------------------------------------------

    @property
    def package(self) -> PackageBase:
        """The package object; one per node."""
        return self._world.package(self._key)

    @property
    def package_class(self) -> type[PackageBase]:
        """The recipe's class."""
        return type(self.package)

    @property
    def prefix(self) -> Prefix:
        """Install prefix; a recipe may set it."""
        if self._prefix is None:
            self._prefix = self._world.prefix(self._key)
        return self._prefix

    @prefix.setter
    def prefix(self, value: object) -> None:
        self._prefix = Prefix(str(value))

    def set_prefix(self, value: object) -> None:
        """Set :attr:`prefix`."""
        self.prefix = value

    @property
    def last_query(self) -> Query:
        """How this node is being asked for: the innermost query that its package is answering, else the plain one."""
        return self.queries[-1] if self.queries else Query(self.name)

    @property
    def libs(self) -> Any:
        """The package's libraries, see :func:`outcrop.package.specs.queries.forward`."""
        return forward(self.facade, "libs", self.last_query)

    @property
    def headers(self) -> Any:
        """The package's headers."""
        return forward(self.facade, "headers", self.last_query)

    @property
    def command(self) -> Any:
        """The package's main program."""
        return forward(self.facade, "command", self.last_query)

    @property
    def home(self) -> Any:
        """Where the software lives."""
        return forward(self.facade, "home", self.last_query)

    @property
    def facade(self) -> NodeSpec:
        """The facade behind a view; a facade itself."""
        return self

    # -- asking
    # ------------------------------------------------------------------------------------------------

    def satisfies(self, other: SpecLike, deps: bool = True) -> bool:
        """Does this node fit ``other``? Another node fits only if it is the same one."""
        if isinstance(other, NodeSpec):
            return other._key == self._key
        if isinstance(other, str):
            known = self._answers.get(other)
            if known is None:
                known = self._answers[other] = self._world.satisfies(self._key, parse_constraint(other))
            return known
        return self._world.satisfies(self._key, as_constraint(other))

    def intersects(self, other: SpecLike, deps: bool = True) -> bool:
        """As :meth:`satisfies`: nothing about a node is open."""
        return self.satisfies(other)

    def constrain(self, other: SpecLike, deps: bool = True) -> bool:
        """Nothing about a node can change.

        Raises:
            SpackError: ``other`` does not hold already.
        """
        if not self.satisfies(other):
            raise SpackError(f"{self.name}@{self.version} is concrete and does not satisfy {other}")
        return False

    def copy(self, deps: bool = True) -> NodeSpec:
        """Itself: a node cannot change."""
        return self

    def __contains__(self, other: SpecLike) -> bool:
        if isinstance(other, NodeSpec):
            return any(node == other for node in self.traverse())
        wanted = as_constraint(other)
        if not wanted.name:
            return self.satisfies(other)
        found = self._world.graph.find_dependency(self._key, wanted.name)
        if found is None:
            return False
        if wanted.name != self._world.graph[found].name and wanted.version_text == "":
            # Asked for by a virtual's name: the rest is about the provider.
            wanted = wanted.named("")
        return self._world.satisfies(found, wanted)

    def __getitem__(self, key: str) -> NodeView:
        name, words = parse_query(key)
        found = self._world.graph.find_dependency(self._key, name)
        if found is None:
            raise KeyError(f"{self.name} has no dependency {name!r}")
        node = self._world.facades[found]
        return NodeView(node, Query(name, words, name != node.name), self._key)

    def has_virtual_dependency(self, virtual: str) -> bool:
        """Does a direct dependency provide ``virtual`` to this node?"""
        return any(virtual in edge.virtuals for edge in self.node.edges)

    def virtual_dependencies(self) -> list[str]:
        """Sorted names of the virtual packages that direct dependencies provide."""
        return sorted({virtual for edge in self.node.edges for virtual in edge.virtuals})

    # -- the graph around it
    # -----------------------------------------------------------------------------------

    def edges_to_dependencies(
        self,
        name: str | None = None,
        depflag: TypesArgument = "all",
        *,
        virtuals: str | Iterable[str] | None = None,
        deptype: TypesArgument | None = None,
    ) -> list[EdgeSpec]:
        """Edges to direct dependencies, by name; ``virtuals`` asks for edges that carry one of them."""
        types = wanted_types(depflag if deptype is None else deptype)
        asked = {virtuals} if isinstance(virtuals, str) else set(virtuals or ())
        return [
            EdgeSpec(self.facade, self._world.facades[edge.hash], edge.types, edge.virtuals)
            for edge, node in self._world.graph.dependencies(self._key, types)
            if (name is None or node.name == name) and (virtuals is None or asked.intersection(edge.virtuals))
        ]

    def edges_from_dependents(self, name: str | None = None, depflag: TypesArgument = "all") -> list[EdgeSpec]:
        """Edges from direct dependents within this graph."""
        return [
            EdgeSpec(self._world.facades[parent], self.facade, edge.types, edge.virtuals)
            for edge, parent, node in self._world.graph.dependents(self._key, wanted_types(depflag))
            if (name is None or node.name == name) and parent in self._world.facades
        ]

    def dependencies(  # the base class's arguments are the same in wider types
        self,
        name: str | None = None,
        deptype: object = "all",
        *,
        virtuals: object = None,
    ) -> list[NodeSpec]:
        """Direct dependencies, each once."""
        edges = self.edges_to_dependencies(
            name, cast(TypesArgument, deptype), virtuals=cast("str | Iterable[str] | None", virtuals)
        )
        return list(dict.fromkeys(edge.spec for edge in edges))

    def dependents(self, name: str | None = None, deptype: TypesArgument = "all") -> list[NodeSpec]:
        """Direct dependents within this graph, each once."""
        return list(dict.fromkeys(edge.parent for edge in self.edges_from_dependents(name, deptype)))

    def traverse(self, **options: Any) -> Iterator[Any]:
        """The nodes below, see :func:`outcrop.package.specs.traversal.traverse`."""
        return traverse(self.facade, **options)

    def format(self, format_string: str = "", **options: object) -> str:
        """The node as text, by a format of fields in braces."""
        if not format_string:
            return str(self)
        return format_node(self._world.graph, self._key, format_string, prefixes=self._prefix_text)

    def _prefix_text(self, key: str, node: Node) -> str:
        return str(self._world.facades[key].prefix)

    def tree(self, **options: object) -> str:
        """The nodes below as indented lines."""
        lines = [f"{'    ' * depth}{node}" for depth, node in self.traverse(depth=True)]
        return "\n".join(lines) + "\n"

    @property
    def short_spec(self) -> str:
        """Name, version and short hash."""
        return f"{self.name}@{self.version}/{self._key[:7]}"

    def __str__(self) -> str:
        return node_to_spec_text(self._world.graph, self._key)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NodeSpec):
            return self._key == other._key
        return NotImplemented if not isinstance(other, Spec) else False

    def __hash__(self) -> int:
        return hash(self._key)

    def __lt__(self, other: Spec) -> bool:
        return (self.name, str(self.version), str(self)) < (other.name, str(other.version), str(other))


class NodeView(NodeSpec):
    """A facade as it was asked for by another node: shares all attributes, has a query and knows who asked."""

    __slots__ = ("_asked_by", "_facade", "_query")

    def __init__(self, facade: NodeSpec, query: Query, asked_by: str) -> None:
        self.__dict__ = facade.__dict__
        self._facade = facade
        self._query = query
        self._asked_by = asked_by

    @property
    def facade(self) -> NodeSpec:
        """The facade behind the view."""
        return self._facade

    @property
    def last_query(self) -> Query:
        """The query this view was made by."""
        return self._query

    @property
    def command(self) -> Any:
        """The package's main program; of Python, the interpreter that belongs to whoever asked
        (:meth:`World.interpreter`).
        """
        if self.name == PYTHON:
            venv = interpreter_node(self._world.graph, self._asked_by, self._key)
            if venv is not None:
                return self._world.package(venv).command
        return forward(self._facade, "command", self._query)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return NodeView, (self._facade, self._query, self._asked_by)


def build_facades(graph: Graph, key: str, *, prefixes: Prefixes, load_class: LoadClass) -> dict[str, NodeSpec]:
    """A facade for ``key`` and everything it reaches, by hash. Recipes are loaded only when a facade's package is asked
    for.

    Args:
        graph: the graph; nodes that ``key`` does not reach get no facade.
        key: hash of the node that will be built or asked.
        prefixes: (hash, node) -> where it is or will be installed.
        load_class: (namespace, name) -> the recipe's class.
    """
    world = World(graph.subgraph((key,)), prefixes, load_class)
    world.facades.update({reached: NodeSpec(world, reached) for reached in world.graph.nodes})
    return dict(world.facades)
