"""What files look like and what is in them: looked at once, read once."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from outcrop.repo.files import Files, look_at
from support.recipe_world import World

NAME = "first/packages/x/package.py"


@pytest.fixture
def file(world: World) -> Path:
    return world.repository().recipe("x")


@pytest.fixture
def files(world: World, file: Path) -> Files:
    from outcrop.repo.layout import load_repository

    return Files([load_repository(file.parent.parent.parent)])


def test_names_are_found(files: Files, file: Path) -> None:
    assert files.path(NAME) == str(file)
    assert files.path("elsewhere/packages/x/package.py") is None
    assert files.look("elsewhere/packages/x/package.py") is None


def test_a_file_is_looked_at_once(files: Files, file: Path) -> None:
    before = files.look(NAME)
    stamp = files.stamp(NAME)
    assert before is not None
    file.write_text("")
    assert files.look(NAME) == before
    assert files.stamp(NAME) == stamp
    files.forget()
    assert files.look(NAME) == look_at(str(file)) != before
    assert files.stamp(NAME) != stamp


def test_reading_counts_as_the_last_look(files: Files, file: Path) -> None:
    before = files.stamp(NAME)
    file.write_text("other")
    assert files.read(NAME, str(file)) == b"other"
    assert files.sha256(NAME) == hashlib.sha256(b"other").digest()
    assert files.look(NAME) == look_at(str(file))
    assert not files.unchanged(before)
    assert files.stamp(NAME).digest == files.digest(NAME) == hashlib.sha256(b"other").digest()[:16]


def test_a_missing_file_has_the_digest_of_nothing(files: Files, file: Path) -> None:
    file.unlink()
    assert files.sha256(NAME) == hashlib.sha256().digest()
    assert files.stamp(NAME).look == (-1, -1, -1)


def test_a_file_outside_is_read_where_it_is_said_to_be(files: Files, tmp_path: Path) -> None:
    other = tmp_path / "other.patch"
    other.write_bytes(b"diff")
    assert files.sha256("nowhere/other.patch", str(other)) == hashlib.sha256(b"diff").digest()


def test_a_file_that_does_not_know_its_size(files: Files, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"x" * 5000,))
    writer.start()
    assert files.read("pipe", str(pipe)) == b"x" * 5000
    writer.join()


def test_a_new_look_of_the_same_bytes_is_no_change(files: Files, file: Path) -> None:
    stamp = files.stamp(NAME)
    os.utime(file, ns=(1, 1))
    files.forget()
    assert files.look(NAME) != stamp.look
    assert files.unchanged(stamp)


def test_a_file_that_looks_as_it_did_is_not_read(files: Files, file: Path) -> None:
    stamp = files.stamp(NAME)
    text = file.read_text()
    files.forget()
    assert files.unchanged(stamp)
    state = file.stat()
    # Nobody can tell these bytes from the old ones without reading them.
    file.write_text(text.swapcase())
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert files.digest(NAME) == stamp.digest
    assert files.stamp(NAME) == stamp
    files.forget()
    assert files.digest(NAME) == hashlib.sha256(text.swapcase().encode()).digest()[:16]


def test_what_is_read_counts_more_than_a_stamp(files: Files, file: Path) -> None:
    stamp = files.stamp(NAME)
    files.forget()
    assert files.unchanged(stamp)
    file.write_text("other")
    files.read(NAME, str(file))
    assert files.digest(NAME) == hashlib.sha256(b"other").digest()[:16]
    assert not files.unchanged(stamp)
