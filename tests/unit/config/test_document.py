import os
from pathlib import Path

import pytest

from outcrop.base.errors import InputError, Place
from outcrop.config import load_document, parse_document


def test_places_of_keys_and_items() -> None:
    document = parse_document("spack:\n  specs:\n  - py-pip\n  - py-black\n  view: ./view\n", "spack.yaml")
    assert document.data == {"spack": {"specs": ["py-pip", "py-black"], "view": "./view"}}
    assert str(document.place("spack", "specs", 1)) == "spack.yaml:4:5"
    assert str(document.place("spack", "view")) == "spack.yaml:5:3"


def test_place_of_something_unknown_is_its_nearest_ancestor() -> None:
    document = parse_document("a:\n  b: 1\n", "f")
    assert str(document.place("a", "x", "y")) == "f:1:1"


def test_below_keeps_places() -> None:
    part = parse_document("a:\n  b:\n    c: 1\n", "f").below("a", "b")
    assert part.data == {"c": 1}
    assert str(part.place("c")) == "f:3:5"


def test_below_something_missing_is_empty() -> None:
    assert parse_document("a: 1", "f").below("b", "c").data is None


def test_values_are_plain_python() -> None:
    data = parse_document("a: 0x10\nb: 1.50\nc: yes\nd: true\ne: 'x'\nf: 2024-01-01\n", "f").data
    assert isinstance(data, dict)
    assert type(data["a"]) is int and data["a"] == 16
    assert type(data["b"]) is float
    assert data["c"] == "yes"
    assert data["d"] is True


def test_bad_yaml_names_line_and_shows_a_caret() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("spack:\n  specs: [py-pip\n  view: x\n", "spack.yaml")
    assert caught.value.code == "bad-yaml"
    assert caught.value.place is not None and caught.value.place.line == 3
    assert caught.value.details[1].strip() == "^"


def test_duplicate_keys_are_refused() -> None:
    with pytest.raises(InputError, match="duplicate key"):
        parse_document("a: 1\na: 2\n", "f")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        load_document(tmp_path / "nothing.yaml")


def test_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        load_document(path)


def test_a_file_is_kept_for_as_long_as_its_bytes_stay(tmp_path: Path) -> None:
    path, cache = tmp_path / "a.yaml", tmp_path / "cache"
    path.write_text("a:\n  - 1\n  - b: [true, 1.5, null, 'x']\n")
    first = load_document(path, cache=cache)
    (kept,) = cache.glob("*.json")
    written = kept.stat().st_mtime_ns
    again = load_document(path, cache=cache)
    assert again == first == load_document(path)
    assert again.place("a", 1, "b", 1) == first.place("a", 1, "b", 1) == Place(str(path), 3, 15)
    assert kept.stat().st_mtime_ns == written

    state = path.stat()
    path.write_text("a:\n  - 2\n  - b: [true, 1.5, null, 'x']\n")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert load_document(path, cache=cache).below("a", 0).data == 2

    kept.write_bytes(b"{")
    assert load_document(path, cache=cache) == load_document(path)


def test_what_is_kept_is_what_was_read(tmp_path: Path) -> None:
    """Values that JSON has no word for are read anew each time."""
    path, cache = tmp_path / "a.yaml", tmp_path / "cache"
    for text in ("a: 2024-01-02", "a: .inf", f"a: {1 << 70}", r'a: "\ud800"', "a: 1.0", "1: {yes: no}"):
        path.write_text(text + "\n")
        for _ in range(2):
            found, wanted = load_document(path, cache=cache).data, load_document(path).data
            assert repr(found) == repr(wanted), text


def test_an_error_has_its_line_though_the_file_was_kept_before(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    for _ in range(2):
        path.write_text("a: 1\n")
        load_document(path, cache=tmp_path / "cache")
        path.write_text("a: 1\nb: [\n")
        with pytest.raises(InputError) as caught:
            load_document(path, cache=tmp_path / "cache")
        assert caught.value.place is not None and caught.value.place.line == 3
