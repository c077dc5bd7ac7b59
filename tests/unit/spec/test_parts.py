"""Variants and flags by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec import FlagConstraint, VariantConstraint

VALUES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
OPEN_OR_CLOSED = st.builds(
    lambda values, exact: VariantConstraint.make("v", values, exact=exact), VALUES, st.booleans()
)
VARIANTS = st.one_of(
    OPEN_OR_CLOSED,
    st.just(VariantConstraint.make("v", ["*"])),
    st.builds(VariantConstraint.boolean, st.just("v"), st.booleans()),
)
ANSWERS = st.one_of(
    st.booleans(), st.sampled_from("abc"), st.sets(st.sampled_from("abc")).map(lambda found: tuple(sorted(found)))
)


def test_normal_form() -> None:
    assert VariantConstraint.make("v", ["b", "a", "b"]).values == ("a", "b")
    assert VariantConstraint.make("v", ["TRUE"], exact=True) == VariantConstraint.boolean("v", True)
    assert VariantConstraint.make("v", ["true", "a"]).values == ("a", "true")
    assert VariantConstraint.make("v", ["*"]).any
    assert VariantConstraint.make("v", ["False"]).is_boolean
    assert not VariantConstraint.make("v", ["a"]).closed


@given(VARIANTS, VARIANTS, ANSWERS)
def test_relations_agree_with_answers(
    a: VariantConstraint, b: VariantConstraint, answer: bool | str | tuple[str, ...]
) -> None:
    assert a.intersects(b) == b.intersects(a)
    fits_both = a.admits(answer) and b.admits(answer)
    if a.satisfies(b):
        assert a.intersects(b)
        assert b.admits(answer) or not a.admits(answer)
    if fits_both:
        assert a.intersects(b)
    if a.intersects(b):
        both = a.constrain(b)
        assert both.satisfies(a)
        assert both.satisfies(b)
        assert both.admits(answer) == fits_both


@pytest.mark.parametrize(
    ("words", "wanted", "answer"),
    [
        (("-O2", "-g"), ("-g",), True),
        (("-g",), ("-O2", "-g"), False),
        (("-isystem", "/x", "-g"), ("-isystem", "/x"), True),
        (("-isystem", "/x", "-g"), ("-isystem", "/y"), False),
        (("-isystem", "/x"), ("-isystem",), False),
        (("@file", "-g"), ("@file",), True),
        ((), (), True),
    ],
)
def test_flags(words: tuple[str, ...], wanted: tuple[str, ...], answer: bool) -> None:
    assert FlagConstraint("cflags", words).satisfies(FlagConstraint("cflags", wanted)) is answer
    assert FlagConstraint("cflags", wanted).admits(list(words)) is answer


FLAGS = st.lists(st.sampled_from(["-O2", "-g", "-isystem", "/x", "@f"]), max_size=4).map(
    lambda words: FlagConstraint("cflags", tuple(words))
)


@given(FLAGS, FLAGS)
def test_flags_together_have_both(a: FlagConstraint, b: FlagConstraint) -> None:
    both = a.constrain(b)
    assert both.satisfies(a)
    assert both.satisfies(b)
    assert a.constrain(a) == a
