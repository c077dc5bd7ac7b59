"""Names of bytes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from outcrop.base.digests import SHA256_OF_NOTHING, base32_name, sha256_bytes, sha256_file


@pytest.mark.parametrize("size", [0, 1, (1 << 14) - 1, 1 << 14, 100_000])
def test_small_and_large_data_are_named_alike(size: int, tmp_path: Path) -> None:
    data = bytes(number % 251 for number in range(size))
    digest = hashlib.sha256(data)
    assert sha256_bytes(data) == digest.hexdigest()
    assert base32_name(data) == base64.b32encode(digest.digest()[:20]).decode().lower()
    (tmp_path / "file").write_bytes(data)
    assert sha256_file(tmp_path / "file") == digest.hexdigest()


def test_nothing() -> None:
    assert hashlib.sha256().digest() == SHA256_OF_NOTHING
