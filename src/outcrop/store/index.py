"""The index: one file that says what all seals say, without their entries. It is a cache and may vanish at any time.

Readers take no lock: the file is replaced by rename, and what it says is checked against the names of the directories,
so that a process killed between sealing a prefix and writing the index hides nothing and invents nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from outcrop.base.files import write_atomic
from outcrop.spec.graph import Node
from outcrop.store.layout import Layout, hash_in_name
from outcrop.store.seal import SEAL_DIRECTORY, SEAL_FILE, SEAL_SCHEMA

INDEX_SCHEMA = 1


class IndexRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an installed package without reading its seal."""

    hash: str
    node: Node
    prefix: str
    explicit: bool = False
    finished: str = ""

    @property
    def name(self) -> str:
        """The package's name."""
        return self.node.name

    @property
    def version(self) -> str:
        """The package's version."""
        return self.node.version

    @property
    def external(self) -> bool:
        """Lies outside the store."""
        return self.node.external is not None


class IndexFile(msgspec.Struct, kw_only=True):
    """The index as written."""

    schema: int = INDEX_SCHEMA
    seal_schema: int = SEAL_SCHEMA
    records: dict[str, IndexRecord] = {}


class SealHead(msgspec.Struct, kw_only=True):
    """The part of a seal that the index keeps; decoding it skips the entries."""

    schema: int
    hash: str
    node: Node
    prefix: str
    explicit: bool = False
    finished: str = ""

    def record(self) -> IndexRecord:
        """As an index record."""
        return IndexRecord(
            hash=self.hash, node=self.node, prefix=self.prefix, explicit=self.explicit, finished=self.finished
        )


_index_decoder = msgspec.json.Decoder(IndexFile)
_head_decoder = msgspec.json.Decoder(SealHead)
_encoder = msgspec.json.Encoder()


def read_head(path: Path, key: str) -> IndexRecord | str:
    """The record in the seal ``path``, or why there is none."""
    try:
        head = _head_decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return "has no seal"
    except OSError as error:
        return f"its seal cannot be read: {error.strerror}"
    except msgspec.MsgspecError as error:
        return f"its seal is damaged: {error}"
    if head.schema > SEAL_SCHEMA:
        return f"sealed by a newer Outcrop (seal schema {head.schema}, this one reads {SEAL_SCHEMA})"
    if head.hash != key:
        return f"its seal is for {head.hash}"
    return head.record()


def seal_paths(layout: Layout) -> dict[str, str]:
    """Hash -> where its seal is, or would be: every directory in the store that is named after a hash.

    Texts, because there are thousands of them and few are looked at.
    """
    found: dict[str, str] = {}
    prefixes, externals = str(layout.prefixes), str(layout.externals)
    for name in _names(prefixes):
        key = hash_in_name(name)
        if key is not None:
            found[key] = f"{prefixes}/{name}/{SEAL_DIRECTORY}/{SEAL_FILE}"
    for name in _names(externals):
        if not name.startswith("."):
            found[name] = f"{externals}/{name}/{SEAL_FILE}"
    return found


def load_index(layout: Layout) -> tuple[dict[str, IndexRecord], bool]:
    """Records by hash as they are on disk now, and whether the file said the same.

    Costs one read and one directory listing; seals are read only where the index does not know them.
    """
    stored = read_index(layout)
    records = {} if stored is None else stored
    fresh = stored is not None
    paths = seal_paths(layout)
    for key in [key for key in records if key not in paths]:
        del records[key]
        fresh = False
    for key, path in paths.items():
        if key not in records:
            record = read_head(Path(path), key)
            if isinstance(record, IndexRecord):
                records[key] = record
                fresh = False
    return records, fresh


def read_index(layout: Layout) -> dict[str, IndexRecord] | None:
    """What the file says; None where it is missing, damaged, or of another schema."""
    try:
        index = _index_decoder.decode(layout.index.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    if index.schema != INDEX_SCHEMA or index.seal_schema != SEAL_SCHEMA:
        return None
    return index.records


def rebuild(layout: Layout) -> tuple[dict[str, IndexRecord], dict[Path, str]]:
    """Records from the seals alone, and for every directory without a good seal the reason."""
    records: dict[str, IndexRecord] = {}
    broken: dict[Path, str] = {}
    for key, text in seal_paths(layout).items():
        path = Path(text)
        record = read_head(path, key)
        if isinstance(record, IndexRecord):
            records[key] = record
        else:
            broken[path.parent.parent if path.parent.parent.parent == layout.prefixes else path.parent] = record
    return records, broken


def write_index(layout: Layout, records: dict[str, IndexRecord]) -> None:
    """Replace the file; the writers' lock must be held."""
    ordered = dict(sorted(records.items(), key=lambda item: order(item[1])))
    write_atomic(layout.index, _encoder.encode(IndexFile(records=ordered)))


def order(record: IndexRecord) -> tuple[str, str, str]:
    """By name, version (as text) and hash."""
    return (record.node.name, record.node.version, record.hash)


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208  (see seal_paths)
    except (FileNotFoundError, NotADirectoryError):
        return []
