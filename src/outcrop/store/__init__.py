"""The store: immutable prefixes, the seals that say what is in them, and an index that can be rebuilt from the seals.

The truth is on disk in the prefixes: one is installed when its seal exists, and the seal is written last. This room
knows nothing of recipes, of how a prefix was built, or of views.

What looks at the files of a prefix is imported on first use: most commands read the index alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from outcrop.store.errors import StoreError
from outcrop.store.index import IndexRecord
from outcrop.store.protect import protect, remove_prefix, unprotect
from outcrop.store.seal import (
    SEAL_DIRECTORY,
    SEAL_FILE,
    SEAL_SCHEMA,
    Change,
    Entry,
    Hooks,
    Seal,
    VenvFacts,
)
from outcrop.store.store import ReindexReport, Store

if TYPE_CHECKING:
    from outcrop.store.scan import content_digest, scan_prefix

__all__ = [
    "SEAL_DIRECTORY",
    "SEAL_FILE",
    "SEAL_SCHEMA",
    "Change",
    "Entry",
    "Hooks",
    "IndexRecord",
    "ReindexReport",
    "Seal",
    "Store",
    "StoreError",
    "VenvFacts",
    "content_digest",
    "protect",
    "remove_prefix",
    "scan_prefix",
    "unprotect",
]

_ON_FIRST_USE = {"content_digest": "scan", "scan_prefix": "scan"}


def __getattr__(name: str) -> object:
    module = _ON_FIRST_USE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
