from __future__ import annotations

import os
from pathlib import Path

import msgspec

from outcrop.base.remembered import recall, remember


class Answer(msgspec.Struct):
    text: str


def test_remembered_until_a_witness_changes(tmp_path: Path) -> None:
    seen, cache = tmp_path / "seen", tmp_path / "cache"
    seen.write_text("one")
    remember(cache, "key", Answer("yes"), [str(seen)])
    assert recall(cache, "key", Answer) == Answer("yes")
    assert recall(cache, "other key", Answer) is None
    seen.write_text("two!")
    assert recall(cache, "key", Answer) is None


def test_same_size_and_time_but_another_file_is_a_change(tmp_path: Path) -> None:
    seen, other, cache = tmp_path / "seen", tmp_path / "other", tmp_path / "cache"
    seen.write_text("one")
    other.write_text("two")
    for path in (seen, other):
        os.utime(path, ns=(5, 5))
    remember(cache, "key", Answer("yes"), [str(seen)])
    other.replace(seen)
    assert recall(cache, "key", Answer) is None


def test_absence_is_a_witness(tmp_path: Path) -> None:
    absent, cache = tmp_path / "Python.h", tmp_path / "cache"
    remember(cache, "key", Answer("no headers"), [str(absent)])
    assert recall(cache, "key", Answer) is not None
    absent.touch()
    assert recall(cache, "key", Answer) is None


def test_damage_is_forgetting(tmp_path: Path) -> None:
    remember(tmp_path, "key", Answer("yes"), [])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-4])
    assert recall(tmp_path, "key", Answer) is None
    remember(tmp_path, "key", {"other": 1}, [])
    assert recall(tmp_path, "key", Answer) is None


def test_no_cache_and_unwritable_cache_are_fine(tmp_path: Path) -> None:
    remember(None, "key", Answer("yes"), [])
    assert recall(None, "key", Answer) is None
    (tmp_path / "file").touch()
    remember(tmp_path / "file", "key", Answer("yes"), [])
    assert recall(tmp_path / "file", "key", Answer) is None
