import io
import json

import pytest

from outcrop.base.errors import OutcropError, Place
from outcrop.base.events import Event
from outcrop.cli.output import Output, columns, use_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert use_colour(Terminal())
    assert not use_colour(io.StringIO())
    assert use_colour(io.StringIO(), "always")
    assert not use_colour(Terminal(), "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not use_colour(Terminal())


def test_an_error_says_what_where_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    Output(colour="never").error(
        OutcropError("it is wrong", place=Place("f.yaml", 3), details=["py-pip@@", "       ^"], hint="make it right")
    )
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "==> Error: f.yaml:3: it is wrong\n    py-pip@@\n           ^\nhint: make it right\n"


def test_records_carry_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    Output().json({"a": [1, None]})
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "a": [1, None]}


def test_events_are_lines_on_stderr_and_quiet_hides_all_but_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        Event("build.started", "py-pip", "py-pip@1"),
        Event("build.phase", "py-pip", "install"),
        Event("warning", "", "look out"),
    ]
    for quiet in (False, True):
        output = Output(colour="never", quiet=quiet)
        for event in events:
            output.report(event)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["==> building py-pip@1", "==> Warning: look out", "==> Warning: look out"]


def test_columns_are_aligned_and_the_last_is_not_padded() -> None:
    assert columns([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc  d"]
    assert columns([]) == []
