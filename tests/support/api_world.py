"""Facades of small graphs, and recipe modules written for one test."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from outcrop.package.classes.base import Package, PackageBase
from outcrop.package.specs.facade import NodeSpec, build_facades
from outcrop.spec.graph import (
    DEPENDENCY_TYPES,
    Draft,
    DraftEdge,
    External,
    Node,
    PatchSource,
    VariantAnswer,
    seal_graph,
)


@dataclass
class Described:
    """A node in words: ``needs`` are ``name:types`` or ``name:types:virtuals``, the name a key of the description."""

    needs: Sequence[str] = ()
    version: str = "1.0"
    variants: Mapping[str, VariantAnswer] = field(default_factory=dict)
    external: External | None = None
    patches: Sequence[str] = ()
    name: str = ""
    target: str = "zen2"
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Plain(Package):
    """The class of nodes that a test gives none."""

    def install(self, spec: object, prefix: object) -> None:
        """Nothing."""


def make_world(
    root: str,
    described: Mapping[str, Described],
    classes: Mapping[str, type[PackageBase]] | None = None,
    prefixes: Path | None = None,
) -> dict[str, NodeSpec]:
    """Description key -> facade, for everything that ``root`` reaches. Prefixes are ``<prefixes>/<key>``."""
    drafts = {}
    for key, words in described.items():
        node = Node(
            name=words.name or key,
            namespace="test",
            version=words.version,
            platform="linux",
            os="testos",
            target=words.target,
            variants=dict(words.variants),
            flags=dict(words.flags),
            external=words.external,
            recipe=key,
            patches=tuple(PatchSource(sha256=digest, package="test.x", file="x.patch") for digest in words.patches),
        )
        drafts[key] = Draft(node=node, edges=[_edge(text) for text in words.needs])
    graph = seal_graph(drafts, list(described))
    keys = dict(zip(described, graph.roots, strict=True))
    names = {value: key for key, value in keys.items()}

    def prefix(key: str, node: Node) -> str:
        return node.external.prefix if node.external is not None else str((prefixes or Path("/opt")) / names[key])

    def load_class(namespace: str, name: str) -> type[PackageBase]:
        return (classes or {}).get(name, Plain)

    facades = build_facades(graph, keys[root], prefixes=prefix, load_class=load_class)
    return {names[key]: facade for key, facade in facades.items()}


def by_hash(world: Mapping[str, NodeSpec]) -> dict[str, NodeSpec]:
    """The same facades as the core's functions take them."""
    return {facade.dag_hash(): facade for facade in world.values()}


def _edge(text: str) -> DraftEdge:
    target, types, virtuals = [*text.split(":"), "", ""][:3]
    return DraftEdge(
        target=target,
        types=tuple(kind for kind in DEPENDENCY_TYPES if kind in types.split(",")),
        virtuals=tuple(word for word in virtuals.split(",") if word),
    )


@contextmanager
def imported_recipe(root: Path, name: str, source: str, namespace: str = "test") -> Iterator[ModuleType]:
    """Write a recipe below ``root`` and import it under its proper module name, with the API's names in it."""
    directory = name.replace("-", "_")
    file = root / "spack_repo" / namespace / "packages" / directory / "package.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"from outcrop.package import *\n{source}", encoding="utf-8")
    module_name = f"spack_repo.{namespace}.packages.{directory}.package"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[module_name]
