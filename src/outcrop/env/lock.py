"""``outcrop.lock``: the whole concrete graph of an environment, with recipe hashes and source checksums, as JSON.

Keyed by hash, so that one graph may hold two packages of one name; roots map requests to hashes. Written only when it
changes.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.base.files import write_if_changed
from outcrop.env.definitions import DEFAULT_GROUP
from outcrop.spec.graph import NODE_HASH_SCHEMA, Graph, Node, node_hash

LOCK = "outcrop.lock"
LOCK_SCHEMA = 1
FOREIGN_LOCK = "spack.lock"


class LockedRoot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request as written in the manifest, and the node that answers it; its group, and whether it is kept for its own
    sake."""

    spec: str
    hash: str
    group: str = DEFAULT_GROUP
    explicit: bool = True


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock file.

    ``inputs`` is the digest of everything besides the recipes that the solve depended on and that a person wrote:
    requests and
    configuration. While it and the recipes are the same, nothing is solved. ``older`` are nodes that were installed
    already, with a recipe that had changed since: hash -> the recipe hash that a build would have had.
    """

    kind: str = "outcrop-lock"
    schema: int = LOCK_SCHEMA
    hash_schema: int = NODE_HASH_SCHEMA
    inputs: str
    roots: tuple[LockedRoot, ...]
    nodes: dict[str, Node]
    older: dict[str, str] = {}

    def graph(self) -> Graph:
        """The graph; roots without repetition, in their order."""
        return Graph(self.nodes, dict.fromkeys(root.hash for root in self.roots))

    def hashes(self, groups: Collection[str]) -> list[str]:
        """What answers the requests of some groups, each once; those of all, if none is named."""
        return list(dict.fromkeys(root.hash for root in self.roots if not groups or root.group in groups))

    def explicit_hashes(self) -> list[str]:
        """What answers the requests that are kept for their own sake, each once."""
        return list(dict.fromkeys(root.hash for root in self.roots if root.explicit))


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock, unless the file says the same already; says whether it wrote."""
    ordered = msgspec.structs.replace(lock, nodes=dict(sorted(lock.nodes.items())))
    data = msgspec.json.format(msgspec.json.encode(ordered), indent=1)
    return write_if_changed(path, data + b"\n")


def read_lock(path: Path) -> Lock | None:
    """The lock, or None if there is no file.

    Raises:
        InputError: it is no lock, is newer than this program, or a node does not have the hash it is filed under.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    again = "remove it and run 'outcrop concretize' to make it anew"
    try:
        head = msgspec.json.decode(data, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise InputError(f"this is no lock file: {error}", place=Place(path), hint=again, code="bad-lock") from error
    schema, hash_schema = head.get("schema"), head.get("hash_schema")
    if head.get("kind") != "outcrop-lock" or not isinstance(schema, int):
        raise InputError("this is no lock file of Outcrop's", place=Place(path), hint=again, code="bad-lock")
    if schema > LOCK_SCHEMA or hash_schema != NODE_HASH_SCHEMA:
        raise InputError(
            f"the lock has schema {schema}.{hash_schema}; this program knows {LOCK_SCHEMA}.{NODE_HASH_SCHEMA}",
            place=Place(path),
            hint="use the Outcrop that wrote it, or " + again,
            code="bad-lock",
        )
    try:
        lock = msgspec.json.decode(data, type=Lock)
        lock.graph()
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"the lock is damaged: {error}", place=Place(path), hint=again, code="bad-lock") from error
    for key, node in lock.nodes.items():
        if node_hash(node) != key:
            raise InputError(
                f"the lock is damaged: what it says of {node.name}@{node.version} has not the hash {key}",
                place=Place(path),
                hint="restore the file from version control, or " + again,
                code="bad-lock",
            )
    return lock
