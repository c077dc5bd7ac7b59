from outcrop.base.errors import InputError, OutcropError, Place, RequestError, UsageError


def test_a_place_is_file_line_and_column() -> None:
    assert str(Place("a.yaml")) == "a.yaml"
    assert str(Place("a.yaml", 3)) == "a.yaml:3"
    assert str(Place("a.yaml", 3, 5)) == "a.yaml:3:5"


def test_the_text_of_an_error_begins_with_its_place() -> None:
    assert str(OutcropError("wrong", place=Place("f", 1))) == "f:1: wrong"
    assert str(OutcropError("wrong")) == "wrong"


def test_exit_statuses() -> None:
    assert UsageError("x").exit_status == 2
    assert InputError("x").exit_status == RequestError("x").exit_status == 1


def test_a_code_of_its_own() -> None:
    assert RequestError("x", code="special").code == "special"
    assert RequestError("x").code == "request-failed"
