"""The store as the rest of the program sees it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from outcrop.base.files import write_atomic
from outcrop.spec.graph import Node, short
from outcrop.store.durable import sync_filesystem
from outcrop.store.errors import StoreError, writing
from outcrop.store.index import (
    IndexRecord,
    load_index,
    order,
    read_index,
    rebuild,
    seal_paths,
    write_index,
)
from outcrop.store.layout import Layout, hash_in_name, prefix_name
from outcrop.store.locks import file_lock, try_file_lock
from outcrop.store.protect import remove_prefix
from outcrop.store.seal import SEAL_SCHEMA, Seal

_seal_decoder = msgspec.json.Decoder(Seal)
_seal_encoder = msgspec.json.Encoder()
_SEAL_MODE = 0o444
_SETTLED_NS = 1_000_000_000

Records = dict[str, IndexRecord]
Stamp = tuple[tuple[int, int, int] | None, ...]


class ReindexReport(msgspec.Struct, frozen=True, kw_only=True):
    """What :meth:`Store.reindex` found. ``added`` and ``dropped`` are hashes, against the index as it was."""

    records: int
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    broken: tuple[tuple[Path, str], ...]
    """Directories without a good seal and why: a build that runs or was killed, or a damaged seal."""


class Store:
    """Installed prefixes below ``root``. Nothing is written until a method that writes is called.

    Methods that write raise :class:`StoreError` where the store is read-only or the disk full; what was there stays.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        """``durable``: :meth:`commit` waits for the disk. A test that makes hundreds of prefixes may turn it off."""
        self.layout = Layout(root.absolute())
        self._durable = durable
        self._records: Records = {}
        self._stamp: Stamp | None = None
        self._listed: tuple[Stamp, dict[str, str]] | None = None
        self._watched = tuple(map(str, (self.layout.index, self.layout.prefixes, self.layout.externals)))

    @property
    def root(self) -> Path:
        """The directory everything is in."""
        return self.layout.root

    # What is there ----------------------------------------------------------------------------------------------------

    def prefix(self, key: str, node: Node) -> Path:
        """Where the prefix of ``node`` is or would be; an external's own prefix."""
        if node.external is not None:
            return Path(node.external.prefix)
        return self.layout.prefixes / prefix_name(key, node)

    def installed(self, key: str) -> bool:
        """Its seal exists."""
        path = self._seal_path(key)
        return path is not None and path.exists()

    def record(self, key: str) -> IndexRecord | None:
        """What the index says of one hash."""
        return self._load().get(key)

    def records(self) -> list[IndexRecord]:
        """Everything installed, externals included, by (name, version, hash). Reads one file."""
        return sorted(self._load().values(), key=order)

    def seal(self, key: str) -> Seal:
        """The whole seal. Decoding takes time in proportion to the files of the prefix.

        Raises:
            StoreError: not installed, damaged, or written by a newer Outcrop.
        """
        path = self._seal_path(key)
        try:
            data = path.read_bytes() if path is not None else None
        except FileNotFoundError:
            data = None
        except OSError as error:
            raise StoreError(
                f"cannot read the seal {path}: {error.strerror}", path=path, code="seal-damaged"
            ) from error
        if path is None or data is None:
            raise StoreError(
                f"/{short(key)} is not installed in {self.root}",
                path=self.root,
                hint="install it first, or run 'outcrop reindex' if the store was changed by hand",
                code="not-installed",
            )
        try:
            seal = _seal_decoder.decode(data)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"the seal {path} is damaged: {error}",
                path=path,
                hint=f"remove it with 'outcrop uninstall /{short(key)}' and install it again",
                code="seal-damaged",
            ) from error
        if seal.schema > SEAL_SCHEMA:
            raise StoreError(
                f"{path} was written by a newer Outcrop (seal schema {seal.schema}, this one reads {SEAL_SCHEMA})",
                path=path,
                hint="use the newer Outcrop, or a store of its own (OUTCROP_ROOT)",
                code="seal-too-new",
            )
        return seal

    def seals(self, keys: Iterable[str]) -> list[Seal]:
        """The seals of several hashes, in the order given."""
        return [self.seal(key) for key in keys]

    def find_hash(self, path: Path) -> str | None:
        """The hash of the installed prefix that ``path`` is, or lies in; None where it is no prefix of this store's."""
        path = Path(os.path.normpath(path.absolute()))
        if path.is_relative_to(self.layout.prefixes) and path != self.layout.prefixes:
            key = hash_in_name(path.relative_to(self.layout.prefixes).parts[0])
            return key if key is not None and self.installed(key) else None
        for record in self._load().values():
            if record.external and Path(record.prefix) == path:
                return record.hash
        return None

    # Making and removing ----------------------------------------------------------------------------------------------

    def lock_prefix(self, key: str, *, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Hold the lock of one prefix while it is made. Whoever had to wait asks :meth:`installed` again.

        ``waiting`` is called once if another process holds it. Not re-entrant.
        """
        return file_lock(self.layout.prefix_lock(key), purpose=f"lock the prefix of /{short(key)}", waiting=waiting)

    def prepare(self, key: str, node: Node) -> Path:
        """Make the empty prefix of ``node``, removing what an unfinished install left. The prefix's lock must be held.

        Raises:
            StoreError: it is installed already, is an external, or cannot be made.
        """
        if node.external is not None:
            raise StoreError(f"{node.name} lies outside the store ({node.external.prefix})", code="external")
        prefix = self.prefix(key, node)
        if self.layout.seal_of_prefix(prefix).exists():
            raise StoreError(
                f"{node.name}@{node.version} is installed already: {prefix}", path=prefix, code="installed"
            )
        with writing(f"make the prefix of {node.name}@{node.version}", prefix):
            remove_prefix(self.layout.discarded(prefix))
            if os.path.lexists(prefix):
                remove_prefix(prefix)
            prefix.mkdir(parents=True)
        return prefix

    def commit(self, seal: Seal) -> None:
        """Seal a finished prefix: from here on it is installed. The prefix's lock must be held.

        The files of the prefix are on disk before the seal is, and the seal before this returns.
        """
        prefix = self.prefix(seal.hash, seal.node)
        if seal.node.external is not None or Path(seal.prefix) != prefix:
            raise StoreError(f"{seal.prefix} is not the prefix of {seal.node.name} in {self.root}", code="wrong-prefix")
        with writing(f"seal {seal.node.name}@{seal.node.version}", prefix):
            if self._durable:
                sync_filesystem(prefix)
            path = self.layout.seal_of_prefix(prefix)
            write_atomic(path, _seal_encoder.encode(seal), mode=_SEAL_MODE, durable=self._durable)
        self._change_index(lambda records: records.__setitem__(seal.hash, _record(seal)))

    def add_external(self, seal: Seal) -> None:
        """Record a package that lies outside the store; one that is recorded already is replaced."""
        if seal.node.external is None:
            raise StoreError(f"{seal.node.name} is not an external", code="wrong-prefix")
        path = self.layout.seal_of_external(seal.hash)
        data = _seal_encoder.encode(seal)
        with writing(f"record the external {seal.node.name}@{seal.node.version}", path):
            write_atomic(path, data, mode=_SEAL_MODE, durable=self._durable)
        self._change_index(lambda records: records.__setitem__(seal.hash, _record(seal)))

    def mark_explicit(self, key: str, explicit: bool) -> None:
        """Say whether a person asked for this package by name; does nothing if that is what is recorded."""
        known = self.record(key)
        if known is not None and known.explicit == explicit and self.installed(key):
            return

        def change(records: Records) -> None:
            seal = msgspec.structs.replace(self.seal(key), explicit=explicit)
            path = self._seal_path(key)
            assert path is not None  # seal() found it
            write_atomic(path, _seal_encoder.encode(seal), mode=_SEAL_MODE, durable=self._durable)
            records[key] = _record(seal)

        self._change_index(change)

    def remove(self, key: str) -> None:
        """Remove an installed prefix, or forget an external. Takes the prefix's lock.

        The prefix stops being installed by one rename; a killed removal leaves a directory that :meth:`reindex`
        deletes.

        Raises:
            StoreError: it is not installed, or cannot be removed.
        """
        with self.lock_prefix(key):
            path = self._seal_path(key)
            if path is None:
                raise StoreError(f"/{short(key)} is not installed in {self.root}", path=self.root, code="not-installed")
            external = path.is_relative_to(self.layout.externals)
            place = path.parent if external else path.parent.parent
            discarded = self.layout.discarded(place)
            with writing(f"remove {place.name}", place):
                remove_prefix(discarded)
                place.rename(discarded)
            self._change_index(lambda records: records.pop(key, None))
            with writing(f"remove {place.name}", discarded):
                remove_prefix(discarded)

    def reindex(self) -> ReindexReport:
        """Rebuild the index from the seals and delete what killed removals left."""
        before = read_index(self.layout) or {}
        if not self.root.exists():
            return ReindexReport(records=0, added=(), dropped=(), broken=())
        with file_lock(self.layout.index_lock, purpose="rebuild the index"), writing("rebuild the index", self.root):
            for parent in (self.layout.prefixes, self.layout.externals):
                for path in list(parent.iterdir()) if parent.is_dir() else []:
                    if Layout.is_discarded(path.name):
                        remove_prefix(path)
            records, broken = rebuild(self.layout)
            write_index(self.layout, records)
        self._stamp = None
        return ReindexReport(
            records=len(records),
            added=tuple(sorted(records.keys() - before.keys())),
            dropped=tuple(sorted(before.keys() - records.keys())),
            broken=tuple(sorted(broken.items())),
        )

    # Recipes ----------------------------------------------------------------------------------------------------------

    def keep_recipe(self, recipe_hash: str, text: str) -> None:
        """Keep the canonical text of a recipe under its hash."""
        path = self.layout.recipes / f"{recipe_hash}.py"
        if not path.exists():
            with writing("keep a recipe", path):
                write_atomic(path, text.encode())

    def recipe(self, recipe_hash: str) -> str | None:
        """The text kept under a recipe hash."""
        try:
            return (self.layout.recipes / f"{recipe_hash}.py").read_text()
        except FileNotFoundError:
            return None

    # The index in memory ----------------------------------------------------------------------------------------------

    def _seal_path(self, key: str) -> Path | None:
        record = self._load().get(key)
        if record is None:
            # Sealed a moment ago by another process that has not written the index yet, or was killed before it could.
            path = self._seal_paths().get(key)
            return Path(path) if path is not None and os.path.exists(path) else None  # noqa: PTH110  (a text)
        if record.node.external is not None:
            return self.layout.seal_of_external(key)
        return self.layout.seal_of_prefix(self.prefix(key, record.node))

    def _seal_paths(self) -> dict[str, str]:
        """:func:`seal_paths`, listed once while the directories stay as they are.

        A directory that has changed in this very moment may change again without looking different: what is listed of
        it is not remembered.
        """
        if self._listed is not None and self._listed[0] == self._stamp:
            return self._listed[1]
        before = self._current_stamp()
        found = seal_paths(self.layout)
        changed = max(stamp[0] if stamp is not None else 0 for stamp in before[1:])
        settled = before == self._stamp and time.time_ns() - changed > _SETTLED_NS
        self._listed = (before, found) if settled else None
        return found

    def _load(self) -> Records:
        stamp = self._current_stamp()
        if self._stamp is None or stamp != self._stamp:
            missing = stamp[0] is None
            self._records, fresh = load_index(self.layout)
            if self._records and not fresh and (missing or read_index(self.layout) is None):
                self._try_to_save()
                stamp = self._current_stamp()
            self._stamp = stamp
        return self._records

    def _try_to_save(self) -> None:
        with try_file_lock(self.layout.index_lock) as held:
            if held:
                records, _ = load_index(self.layout)
                try:
                    write_index(self.layout, records)
                except OSError:
                    return  # A reader of a store it may not write to goes without.

    def _change_index(self, change: Callable[[Records], object]) -> None:
        with (
            file_lock(self.layout.index_lock, purpose="update the index"),
            writing("update the index", self.layout.index),
        ):
            records, _ = load_index(self.layout)
            change(records)
            write_index(self.layout, records)
        self._stamp = None

    def _current_stamp(self) -> Stamp:
        return tuple(map(_stat, self._watched))


def _record(seal: Seal) -> IndexRecord:
    return IndexRecord(
        hash=seal.hash, node=seal.node, prefix=seal.prefix, explicit=seal.explicit, finished=seal.finished
    )


def _stat(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  (a text: asked for every node of a graph)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino, status.st_size)
