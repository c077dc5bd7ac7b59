"""Where things lie below the root of a store. Names only: nothing here touches a file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from outcrop.base.digests import HASH_LENGTH
from outcrop.base.patterns import pattern
from outcrop.spec.graph import Node
from outcrop.store.seal import SEAL_DIRECTORY, SEAL_FILE

_UNUSUAL = pattern(r"[^A-Za-z0-9._+-]+")
_HASH_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_LONGEST_VERSION = 80
_DISCARDED = ".removing-"


def prefix_name(key: str, node: Node) -> str:
    """The directory name of a prefix: ``<name>-<version>-<hash>``, safe for shells and file systems."""
    version = node.version
    if not version.replace(".", "").isdigit() or not version.isascii():
        version = _UNUSUAL.sub("_", version)
    return f"{node.name}-{version[:_LONGEST_VERSION]}-{key}"


def hash_in_name(name: str) -> str | None:
    """The hash at the end of a prefix's directory name; None where the name is not one of ours."""
    key = name[-HASH_LENGTH:]
    if name.startswith(".") or name[-HASH_LENGTH - 1 : -HASH_LENGTH] != "-" or not _HASH_LETTERS.issuperset(key):
        return None
    return key


class Layout(msgspec.Struct, frozen=True):
    """The directories and files of one store."""

    root: Path

    @property
    def prefixes(self) -> Path:
        """One directory a package."""
        return self.root / "prefixes"

    @property
    def externals(self) -> Path:
        """Seals of packages that lie outside, ``<hash>/seal.json``."""
        return self.root / "externals"

    @property
    def index(self) -> Path:
        """The cache of all seals."""
        return self.root / "index.json"

    @property
    def locks(self) -> Path:
        """Lock files; they may be deleted while nothing runs."""
        return self.root / "locks"

    @property
    def recipes(self) -> Path:
        """Recipes as they were used, by recipe hash."""
        return self.root / "recipes"

    @property
    def failed(self) -> Path:
        """What is kept of builds that failed."""
        return self.root / "failed"

    def seal_of_prefix(self, prefix: Path) -> Path:
        """The seal inside ``prefix``."""
        return prefix / SEAL_DIRECTORY / SEAL_FILE

    def seal_of_external(self, key: str) -> Path:
        """The seal of an external."""
        return self.externals / key / SEAL_FILE

    def prefix_lock(self, key: str) -> Path:
        """The lock held while the prefix with this hash is made or removed."""
        return self.locks / f"{key}.lock"

    @property
    def index_lock(self) -> Path:
        """The writers' lock of the index."""
        return self.locks / "index.lock"

    def discarded(self, prefix: Path) -> Path:
        """Where ``prefix`` is renamed to before it is deleted."""
        return prefix.parent / f"{_DISCARDED}{prefix.name}"

    @staticmethod
    def is_discarded(name: str) -> bool:
        """A directory name made by :meth:`discarded`."""
        return name.startswith(_DISCARDED)
