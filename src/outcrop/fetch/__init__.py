"""Getting sources: from the cache, mirrors, plain addresses, the package index or version control, into a stage.

A file is verified by its sha256 before anything reads it, and an archive cannot write outside the directory it is
unpacked into. This room knows nothing of recipes: it is told what to get by :class:`outcrop.spec.graph.Source`.
"""

from outcrop.fetch.cache import source_filename
from outcrop.fetch.errors import ChecksumError, FetchError, OfflineError, StageError, UnpackError, UnsafeArchiveError
from outcrop.fetch.fetcher import Fetcher
from outcrop.fetch.stage import Stage
from outcrop.fetch.unpack import unpack

__all__ = [
    "ChecksumError",
    "FetchError",
    "Fetcher",
    "OfflineError",
    "Stage",
    "StageError",
    "UnpackError",
    "UnsafeArchiveError",
    "source_filename",
    "unpack",
]
