"""Small concrete graphs for tests, written as ``{"app": ["lib:link", "tool:build,run"]}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from outcrop.spec.graph import DependencyType, Draft, DraftEdge, External, Graph, Node, Source, seal_graph


def make_graph(
    edges: Mapping[str, Sequence[str]],
    *,
    roots: Sequence[str] = (),
    externals: Mapping[str, str] | None = None,
    sources: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> Graph:
    """A graph of nodes named by the keys, or as ``names`` says; roots are those nobody depends on, unless given."""
    drafts = {}
    pointed: set[str] = set()
    for name, targets in edges.items():
        prefix = (externals or {}).get(name)
        node = Node(
            name=(names or {}).get(name, name),
            namespace="test",
            version="1.0",
            platform="linux",
            os="testos",
            target="x86_64",
            sources=(Source(kind="archive", sha256="0" * 64, urls=(f"file:///{name}.tar.gz",)),)
            if name in sources
            else (),
            external=External(prefix=prefix) if prefix else None,
        )
        draft_edges = []
        for text in targets:
            target, _, types = text.partition(":")
            pointed.add(target)
            draft_edges.append(DraftEdge(target=target, types=_types(types)))
        drafts[name] = Draft(node=node, edges=draft_edges)
    return seal_graph(drafts, roots or [name for name in edges if name not in pointed])


def _types(text: str) -> tuple[DependencyType, ...]:
    wanted = text.split(",")
    return tuple(kind for kind in get_args(DependencyType) if kind in wanted)
