"""Lazily compiled expressions behave like compiled ones."""

from __future__ import annotations

import re

import pytest

from outcrop.base.patterns import pattern


def test_every_method_answers_as_the_compiled_expression_does() -> None:
    text = r"(?P<word>[a-z]+)-(\d+)"
    for name, arguments in (
        ("match", ("ab-12 cd-3",)),
        ("fullmatch", ("ab-12",)),
        ("search", (" ab-12",)),
        ("findall", ("ab-12 cd-3",)),
        ("split", ("x ab-12 y",)),
        ("sub", ("<\\2>", "ab-12 cd-3")),
    ):
        answers = [getattr(each, name)(*arguments) for each in (pattern(text), re.compile(text))]
        if isinstance(answers[1], re.Match):
            answers = [(answer.span(), answer.groups(), answer["word"]) for answer in answers]
        assert answers[0] == answers[1], name
    assert [match[2] for match in pattern(text).finditer("ab-12 cd-3")] == ["12", "3"]


def test_a_position_and_flags_count() -> None:
    assert pattern("B", re.IGNORECASE).match("ab", 1) is not None
    assert pattern("B").match("ab", 1) is None
    assert pattern(rb"\d").search(b"a1") is not None


def test_what_is_wrong_is_said_at_the_first_use() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("x")
    with pytest.raises(AttributeError):
        broken.nothing  # type: ignore[attr-defined]  # noqa: B018  (that is what is tested)
