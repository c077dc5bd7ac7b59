"""Concrete graphs and nodes in words: one line a node, trees, JSON records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from outcrop.cli.output import Output
from outcrop.spec.graph import DEPENDENCY_TYPES, Edge, Graph, Node, short

if TYPE_CHECKING:
    from outcrop.env.groups import Group

INSTALLED = "[+]"
EXTERNAL = "[e]"
MISSING = " - "


def node_text(node: Node, *, variants: bool = True) -> str:
    """``name@version~v+w key=value`` as people write it."""
    text = f"{node.name}@{node.version}"
    if not variants:
        return text
    flags, values = "", ""
    for name, value in sorted(node.variants.items()):
        if name in ("build_system", "patches"):
            continue
        if isinstance(value, bool):
            flags += f"{'+' if value else '~'}{name}"
        else:
            values += f" {name}={value if isinstance(value, str) else ','.join(value)}"
    return f"{text}{flags}{values}"


def group_text(group: Group) -> str:
    """The line above what belongs to a group."""
    needs = f", after {', '.join(group.needs)}" if group.needs else ""
    return f"group {group.name}{needs}{'' if group.explicit else ' (kept only while needed)'}"


def place_text(node: Node) -> str:
    """Where an external lies; empty for everything else."""
    return node.external.executable or node.external.prefix if node.external is not None else ""


class TreeRenderer:
    """Draws a graph as a tree; a node that was drawn before is named again but not followed."""

    def __init__(
        self,
        graph: Graph,
        output: Output,
        *,
        installed: Callable[[str], bool],
        types: bool = False,
        hashes: bool = True,
        max_depth: int | None = None,
    ) -> None:
        self.graph = graph
        self.output = output
        self.installed = installed
        self.types = types
        self.hashes = hashes
        self.max_depth = max_depth

    def mark(self, key: str) -> str:
        """``[e]`` external, ``[+]`` installed, `` - `` to build."""
        if self.graph[key].is_external:
            return self.output.paint(EXTERNAL, "cyan")
        return self.output.paint(INSTALLED, "green") if self.installed(key) else MISSING

    def lines(self, roots: Iterable[str]) -> list[str]:
        """The trees of ``roots``."""
        result: list[str] = []
        seen: set[str] = set()
        for root in roots:
            self._draw(root, None, 0, seen, result)
        return result

    def _draw(self, key: str, edge: Edge | None, depth: int, seen: set[str], result: list[str]) -> None:
        node = self.graph[key]
        cells = [self.mark(key)]
        if self.hashes:
            cells.append(self.output.paint(short(key), "dim"))
        if self.types:
            held = edge.types if edge is not None else ()
            cells.append("[" + "".join(kind[0] if kind in held else " " for kind in DEPENDENCY_TYPES) + "]")
        virtuals = f"  ({', '.join(edge.virtuals)})" if edge is not None and edge.virtuals else ""
        where = place_text(node)
        text = node_text(node) + (f"  {where}" if where else "") + virtuals
        again = key in seen and bool(node.edges)
        lead = "    " * depth + ("^" if depth else "")
        result.append("  ".join(cells) + "  " + lead + text + ("  (see above)" if again else ""))
        if again or (self.max_depth is not None and depth >= self.max_depth):
            return
        seen.add(key)
        for child_edge, _ in self.graph.dependencies(key):
            self._draw(child_edge.hash, child_edge, depth + 1, seen, result)


def node_record(key: str, node: Node) -> dict[str, object]:
    """One node for ``--json``."""
    built = msgspec.to_builtins(node)
    assert isinstance(built, dict)
    return {"hash": key, **built}


def graph_record(graph: Graph, roots: Iterable[str]) -> dict[str, object]:
    """A graph for ``--json``: roots by hash, nodes by hash."""
    return {"roots": list(roots), "nodes": {key: msgspec.to_builtins(graph[key]) for key in sorted(graph.nodes)}}


def dot_lines(graph: Graph) -> list[str]:
    """The graph in Graphviz's language; build edges are dashed."""
    lines = ["digraph G {", '  node [shape=box, fontname="sans-serif"];']
    for key in graph.topological():
        lines.append(f'  "{key}" [label="{node_text(graph[key], variants=False)}\\n/{short(key)}"];')
    for key in graph.topological():
        for edge, _ in graph.dependencies(key):
            style = "dashed" if set(edge.types) <= {"build", "test"} else "solid"
            lines.append(f'  "{key}" -> "{edge.hash}" [style={style}, label="{",".join(edge.types)}"];')
    lines.append("}")
    return lines
