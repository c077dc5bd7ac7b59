"""Digests: sha256 of files, and the 32-letter base32 names that nodes and recipes are known by."""

from __future__ import annotations

from pathlib import Path

# For names. hashlib loads OpenSSL, 4 ms on the way of every command, which only much data is worth; the standard
# library's own random does the same.
try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # from Python 3.12 on
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

HASH_LENGTH = 32
"""Letters in a node or recipe hash: 160 bits in lower-case base32 without padding."""

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_SHIFTS = tuple(range(5 * (HASH_LENGTH - 1), -1, -5))
# Written out here: importing base64 takes 2 ms, on the way of every command.

_LARGE = 1 << 14

SHA256_OF_NOTHING: bytes = sha256(b"").digest()

SHORT_HASH = 7
"""Letters shown to people."""


def sha256_file(path: Path) -> str:
    """Hexadecimal sha256 of a file's content, read in pieces."""
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Hexadecimal sha256 of ``data``."""
    return _digest(data).hex()


def _digest(data: bytes) -> bytes:
    if len(data) < _LARGE:
        digest: bytes = sha256(data).digest()
        return digest
    import hashlib

    return hashlib.sha256(data).digest()


def base32_name(data: bytes) -> str:
    """The first 160 bits of sha256 as 32 lower-case base32 letters."""
    number = int.from_bytes(_digest(data)[:20], "big")
    return "".join([_BASE32[number >> shift & 31] for shift in _SHIFTS])
