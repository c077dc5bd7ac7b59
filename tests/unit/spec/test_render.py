"""Printing specs: what is printed reads back as an equal spec."""

from __future__ import annotations

import pytest
from hypothesis import given

from outcrop.spec import EdgeConstraint, Spec, VariantConstraint, parse_spec, parse_specs
from outcrop.spec.render import quoted
from support.spec_strategies import specs


@given(specs())
def test_round_trip(spec: Spec) -> None:
    text = str(spec)
    assert parse_spec(text) == spec
    assert str(parse_spec(text)) == text


@given(specs(names=("p", "q-2")), specs(names=("p", "q-2")))
def test_several_specs_stay_apart(first: Spec, second: Spec) -> None:
    assert parse_specs(f"{first} {second}") == [first, second]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a,b", "a,b"),
        ("a b", '"a b"'),
        ('a"b', "'a\"b'"),
        ("a'b", '"a\'b"'),
        ("""a'b"c""", '''"a'b\\"c"'''),
        ("a b\\", '"a b\\\\"'),
        ("", '""'),
    ],
)
def test_quoted(value: str, text: str) -> None:
    assert quoted(value) == text
    if value:
        assert parse_spec(f"dev_path={text}").variant("dev_path") == VariantConstraint("dev_path", (value,))


def test_anonymous_targets_are_not_taken_for_bindings() -> None:
    inner = Spec(variants=(VariantConstraint("x", ("1",)),))
    spec = Spec(name="p", edges=(EdgeConstraint(inner),))
    assert str(spec) == "p ^* x=1"
    assert parse_spec(str(spec)) == spec
    spec = Spec(name="p", edges=(EdgeConstraint(Spec(), direct=True, virtuals=("c",)),))
    assert str(spec) == "p %[virtuals=c] *"
    assert parse_spec(str(spec)) == spec
