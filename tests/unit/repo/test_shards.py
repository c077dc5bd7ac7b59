"""Many blobs in few files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcrop.repo.shards import Shards, replace_file

blobs = st.dictionaries(st.text(min_size=1, max_size=8), st.binary(max_size=50), max_size=40)


@given(blobs, blobs, st.data())
@settings(max_examples=40)
def test_it_behaves_like_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes], data: st.DataObject
) -> None:
    directory = str(tmp_path_factory.mktemp("shards"))
    drop = data.draw(st.sets(st.sampled_from(sorted(first)))) if first else set()
    Shards(directory).change(first)
    shards = Shards(directory)
    assert {name: shards.get(name) for name in first} == first
    shards.change(second, drop)
    expected = {name: blob for name, blob in first.items() if name not in drop} | second
    known = {name: shards.get(name) for name in {*first, *second}}
    assert {name: blob for name, blob in known.items() if blob is not None} == expected


def test_thousands_of_names_lie_in_few_files(tmp_path: Path) -> None:
    shards = Shards(str(tmp_path / "a" / "b"))
    many = {f"package-{number}": f"{number}".encode() * 100 for number in range(6000)}
    shards.change(many)
    assert len(list((tmp_path / "a/b").iterdir())) == 256
    assert all(shards.get(name) == blob for name, blob in many.items())
    assert shards.get("package-6000") is None


def test_a_long_table(tmp_path: Path) -> None:
    # Longer than what is read first.
    shards = Shards(str(tmp_path))
    names = [name for name in (f"{'long' * 10}-{number}" for number in range(60000)) if shards._file(name)[-2:] == "00"]
    shards.change({name: name.encode() for name in names})
    assert (tmp_path / "00").stat().st_size > 2 * 4096
    assert all(shards.get(name) == name.encode() for name in names)


@pytest.mark.parametrize(
    "data", [b"", b"oc", b"ocs1", b"xxxx\x00\x00\x00\x00", b"ocs1\xff\xff\xff\xff\x81", bytes(100)]
)
def test_damage_is_as_good_as_absence(tmp_path: Path, data: bytes) -> None:
    shards = Shards(str(tmp_path))
    shards.change({"x": b"1"})
    (file,) = tmp_path.iterdir()
    file.write_bytes(data)
    assert shards.get("x") is None
    shards.change({"x": b"2"})
    assert shards.get("x") == b"2"


def test_a_blob_that_was_cut_off(tmp_path: Path) -> None:
    shards = Shards(str(tmp_path))
    shards.change({"x": b"12345"})
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert shards.get("x") is None


def test_a_failed_replacement_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(str(tmp_path / "target"), b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
