"""What is installed, as the solver asks for it: by name, by hash, and as the graph in which it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from outcrop.solve.problem import InstalledChoice
from outcrop.spec import EdgeConstraint, Spec
from outcrop.spec.format import node_variants_text
from outcrop.spec.graph import Graph, Node, VariantAnswer, short
from outcrop.spec.match import matching_dependency, node_satisfies


class InstalledNodes:
    """The installed packages of a problem. Making one costs a step per package; all else is done when asked for."""

    def __init__(self, choices: Sequence[InstalledChoice], left_out: Iterable[str] = ()) -> None:
        """``left_out`` are names of packages that are not to be reused."""
        self._nodes = {choice.hash: choice.node for choice in choices}
        self._named: dict[str, list[InstalledChoice]] = {}
        self._answers: dict[tuple[str, Spec], bool] = {}
        without = frozenset(left_out)
        for choice in choices:
            if choice.offered and choice.node.external is None and choice.node.name not in without:
                self._named.setdefault(choice.node.name, []).append(choice)

    def named(self, name: str) -> Sequence[InstalledChoice]:
        """What may be reused under a name."""
        return self._named.get(name, ())

    def node(self, key: str) -> Node:
        """The recorded node of a hash."""
        return self._nodes[key]

    def brought_along(self, names: Iterable[str]) -> frozenset[str]:
        """The packages that installed ones of these names link to or run."""
        stack = [choice.hash for name in names for choice in self.named(name)]
        known = set(stack)
        found: set[str] = set()
        while stack:
            for edge in self._nodes[stack.pop()].edges:
                if edge.hash not in known and not set(edge.types).isdisjoint(("link", "run")):
                    known.add(edge.hash)
                    stack.append(edge.hash)
                    found.add(self._nodes[edge.hash].name)
        return frozenset(found)

    def words(self, key: str, *, whole: bool = False) -> str:
        """An installed package as people see it: name, version and hash, or ``whole``, with variants."""
        node = self._nodes[key]
        return (
            f"{node.name}@{node.version}{node_variants_text(node)}"
            if whole
            else f"{node.name}@{node.version} /{short(key)}"
        )

    @cached_property
    def graph(self) -> Graph:
        """Everything as it was recorded, build dependencies and externals included."""
        return Graph(self._nodes, ())

    def values(self, name: str, variant: str) -> list[str]:
        """Values that installed packages of a name have for a variant, in the order of the packages."""
        found: dict[str, None] = {}
        for choice in self.named(name):
            found.update(dict.fromkeys(answer_values(choice.node.variants, variant) or ()))
        return list(found)

    def fits(self, key: str, edge: EdgeConstraint, kind: str) -> bool:
        """Whether a node was recorded with a dependency that ``edge`` asks for.

        ``kind`` is ``edge`` (direct), ``reach`` (as recipes mean ``^``) or ``anywhere`` (over edges of all types; then
        every dependency of that name has to fit).
        """
        graph = self.graph
        if edge.when is not None and not node_satisfies(graph, key, edge.when):
            return True
        if kind == "edge":
            return self._fits_directly(key, edge)
        if kind != "anywhere":
            return matching_dependency(graph, key, edge) is not None
        closure = graph.closure((key,))
        if all(graph[other].name != edge.spec.name for other in closure[1:]):
            # A virtual: some edge carries it.
            return any(matching_dependency(graph, other, edge) is not None for other in closure)
        named = [other for other in closure[1:] if graph[other].name == edge.spec.name]
        if not all(node_satisfies(graph, other, edge.spec) for other in named):
            return False
        if not edge.virtuals and not edge.types:
            return True
        return any(matching_dependency(graph, other, edge) is not None for other in closure)

    def _fits_directly(self, key: str, wanted: EdgeConstraint) -> bool:
        """Like :func:`matching_dependency`; what many packages were built with is looked at once."""
        spec = wanted.spec
        for edge in self.graph.direct(key).values():
            by_name = spec.name in ("", self._nodes[edge.hash].name)
            if not by_name and (spec.version_text or spec.name not in edge.virtuals):
                continue
            if not (set(wanted.virtuals) <= set(edge.virtuals) and set(wanted.types) <= set(edge.types)):
                continue
            question = (edge.hash, spec)
            found = self._answers.get(question)
            if found is None:
                found = node_satisfies(self.graph, edge.hash, spec if by_name else spec.named(""))
                self._answers[question] = found
            if found:
                return True
        return False


def answer_values(variants: Mapping[str, VariantAnswer], name: str) -> tuple[str, ...] | None:
    """The values a node has for a variant, as texts; ``None`` if it has no such variant."""
    answer = variants.get(name)
    if answer is None:
        return None
    if isinstance(answer, bool):
        return ("true" if answer else "false",)
    return (answer,) if isinstance(answer, str) else answer


def asked_for(requests: Iterable[Spec], installed: Sequence[InstalledChoice]) -> tuple[InstalledChoice, ...]:
    """Of what is installed, what requests name by its hash, with everything it was built with."""
    edges = {choice.hash: choice.node.edges for choice in installed}
    stack = [spec.hash for request in requests for spec in request.walk() if spec.hash]
    wanted: set[str] = set()
    while stack:
        key = stack.pop()
        if key not in wanted:
            wanted.add(key)
            stack.extend(edge.hash for edge in edges.get(key, ()))
    return tuple(choice for choice in installed if choice.hash in wanted)
