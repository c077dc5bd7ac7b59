from __future__ import annotations

import os
import time
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
    (file,) = tmp_path.glob("*.json")
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


def test_what_nobody_has_renewed_for_long_is_forgotten(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    remember(cache, "old", Answer("yes"), [])
    remember(cache, "young", Answer("yes"), [])
    (old,) = (path for path in cache.glob("*.json") if b'"old"' in path.read_bytes())
    other = cache / "left by nobody"
    other.mkdir()
    for path in (old, other):
        os.utime(path, (time.time() - 91 * 86400,) * 2)
    remember(cache, "more", Answer("yes"), [])
    assert recall(cache, "old", Answer) == Answer("yes"), "it was looked at today already"
    os.utime(cache / ".pruned", (time.time() - 2 * 86400,) * 2)
    remember(cache, "more", Answer("yes"), [])
    assert recall(cache, "old", Answer) is None
    assert recall(cache, "young", Answer) == recall(cache, "more", Answer) == Answer("yes")
    assert other.is_dir(), "what it has not made is not its business"


def test_an_answer_that_is_renewed_stays(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    remember(cache, "key", Answer("yes"), [])
    for path in cache.iterdir():
        os.utime(path, (time.time() - 91 * 86400,) * 2)
    remember(cache, "key", Answer("again"), [])
    assert recall(cache, "key", Answer) == Answer("again")
