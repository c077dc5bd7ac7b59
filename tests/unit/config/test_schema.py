import pytest

from outcrop.base.errors import InputError
from outcrop.config import PackageSection, ViewSection, convert, parse_document


def _error(text: str, kind: object, what: str = "the section") -> InputError:
    with pytest.raises(InputError) as caught:
        convert(parse_document(text, "packages.yaml"), kind, what=what)  # type: ignore[arg-type]
    return caught.value


def test_wrong_type_names_place_and_expectation() -> None:
    error = _error("buildable: maybe\n", PackageSection)
    assert str(error) == "packages.yaml:1:1: the section: buildable should be true or false, not text"


def test_wrong_type_in_a_list() -> None:
    error = _error("externals:\n- spec: gcc@12\n  prefix: 3\n", PackageSection)
    assert error.place is not None and (error.place.line, error.place.column) == (3, 3)
    assert "prefix should be text, not a number" in error.message


def test_wrong_type_below_a_free_key() -> None:
    error = _error("python:\n  buildable: 3\n", dict[str, PackageSection])
    assert error.place is not None and error.place.line == 2
    assert "python:buildable should be true or false" in error.message


def test_unknown_key_with_near_miss() -> None:
    error = _error("python:\n  bildable: true\n", dict[str, PackageSection])
    assert error.code == "unknown-key"
    assert error.place is not None and error.place.line == 2
    assert error.hint == "did you mean buildable?"


def test_missing_key() -> None:
    assert "lacks the key 'root'" in _error("link: all\n", ViewSection).message


def test_choice() -> None:
    error = _error("root: x\nlink: some\n", ViewSection)
    assert error.place is not None and error.place.line == 2
