"""Hand-made prefixes, sealed like built ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from outcrop.base.layout import VenvFacts
from outcrop.spec.graph import Edge, External, Node, node_hash
from outcrop.store import SEAL_SCHEMA, Hooks, Seal, Store, content_digest, protect, scan_prefix


def make_node(name: str, version: str = "1.0", *, edges: tuple[Edge, ...] = (), **more: object) -> Node:
    """A node with the fields that do not matter filled in."""
    return Node(
        name=name,
        namespace="test",
        version=version,
        platform="linux",
        os="debian12",
        target="x86_64",
        edges=edges,
        **more,  # type: ignore[arg-type]
    )


def write_tree(root: Path, files: Mapping[str, str | bytes | Path | None]) -> None:
    """Write files below ``root``: text, bytes, ``Path`` for a link to it, None for an empty directory.

    Anything under ``bin/`` may be run.
    """
    for relative, content in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(exist_ok=True)
        elif isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            if "bin" in Path(relative).parts:
                path.chmod(0o755)


def seal_prefix(
    store: Store,
    node: Node,
    *,
    venv: Path | None = None,
    base: Path | None = None,
    facts: VenvFacts | None = None,
    hooks: Hooks | None = None,
    explicit: bool = False,
) -> Seal:
    """Scan, protect and commit the finished prefix of ``node``."""
    key = node_hash(node)
    prefix = store.prefix(key, node)
    entries = scan_prefix(prefix, venv=venv, base=base)
    protect(prefix)
    seal = Seal(
        schema=SEAL_SCHEMA,
        hash=key,
        node=node,
        prefix=str(prefix),
        entries=entries,
        venv=facts,
        hooks=hooks or Hooks(),
        explicit=explicit,
        content=content_digest(entries),
        finished="2030-01-01T00:00:00+00:00",
    )
    store.commit(seal)
    return seal


def install_files(
    store: Store,
    node: Node,
    files: Mapping[str, str | bytes | Path | None],
    *,
    venv: Path | None = None,
    base: Path | None = None,
    hooks: Hooks | None = None,
    explicit: bool = False,
    before_seal: Callable[[Path], None] | None = None,
) -> Seal:
    """A whole install of a package that consists of ``files``."""
    prefix = store.prepare(node_hash(node), node)
    write_tree(prefix, files)
    if before_seal is not None:
        before_seal(prefix)
    return seal_prefix(store, node, venv=venv, base=base, hooks=hooks, explicit=explicit)


def external_node(name: str, version: str, prefix: Path, *, executable: Path | None = None, abi: str = "") -> Node:
    """A node that lies outside the store."""
    return make_node(name, version, external=External(prefix=str(prefix), executable=str(executable or ""), abi=abi))


def external_seal(node: Node) -> Seal:
    """The seal of an external."""
    assert node.external is not None
    return Seal(schema=SEAL_SCHEMA, hash=node_hash(node), node=node, prefix=node.external.prefix)
