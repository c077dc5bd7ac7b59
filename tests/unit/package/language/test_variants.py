from __future__ import annotations

from typing import Any

import pytest

from outcrop.package import any_combination_of, auto_or_any_combination_of, conditional, disjoint_sets
from outcrop.package.errors import DirectiveError
from outcrop.package.language.variants import DisjointSets, Variant, make_variant
from outcrop.spec import parse_spec


def define(default: Any = None, values: Any = None, multi: bool | None = None, **more: Any) -> Variant:
    return make_variant("v", default, "", values, multi, more.get("validator"), more.get("sticky", False))


@pytest.mark.parametrize(("default", "expected"), [(True, True), (False, False), ("TRUE", True), ("false", False)])
def test_bool_like_defaults_make_boolean_variants(default: bool | str, expected: bool) -> None:
    variant = define(default)
    assert (variant.kind, variant.default, variant.values) == ("bool", expected, (True, False))


def test_a_text_default_without_values_is_open() -> None:
    variant = define("hello")
    assert (variant.kind, variant.open, variant.default_values) == ("single", True, ("hello",))
    assert variant.check("anything")


def test_listed_values_become_texts() -> None:
    variant = define(11, (11, 14, "17"))
    assert variant.values == ("11", "14", "17")
    assert variant.check("14") and not variant.check("20")


@pytest.mark.parametrize("default", ["a,b", ("a", "b")])
def test_several_defaults(default: Any) -> None:
    assert define(default, ("a", "b", "c"), multi=True).default_values == ("a", "b")


@pytest.mark.parametrize("default", [None, "", ()])
def test_a_default_is_needed(default: Any) -> None:
    with pytest.raises(DirectiveError, match="no default"):
        define(default, ("a", "b"))


def test_reserved_names() -> None:
    with pytest.raises(DirectiveError, match="reserved"):
        make_variant("patches", True, "", None, None, None, False)


def test_types_and_predicates_decide_for_themselves() -> None:
    number = define("0", int)
    assert number.check("12") and not number.check("x")
    assert number.open and number.value_records() == ()
    even = define("0", lambda text: int(text) % 2 == 0)
    assert even.check("4") and not even.check("5")
    assert define("x", "*").check("whatever")


def test_conditional_values_are_flattened_equal_to_text_and_guarded() -> None:
    variant = define("a", ("a", conditional("b", "c", when="@2:"), conditional("d", when=False)))
    assert variant.values == ("a", "b", "c", "d")
    assert [(record.value, record.when, record.never) for record in variant.value_records()] == [
        ("a", None, False),
        ("b", parse_spec("@2:"), False),
        ("c", parse_spec("@2:"), False),
        ("d", None, True),
    ]
    assert {str(conditional("b", when="+x")[0]): 1, "b": 2} == {"b": 2} and conditional("b")[0] in {"b"}
    assert conditional("b")[0].value == "b"


def test_any_combination() -> None:
    variant = define(values=any_combination_of("x", "y"))
    assert (variant.kind, variant.default_values) == ("multi", ("none",))
    assert variant.sets == (("none",), ("x", "y"))
    assert isinstance(variant.values, DisjointSets) and variant.values.feature_values == ("x", "y")
    variant.validate("p", ("x", "y"))
    with pytest.raises(DirectiveError, match="do not go together"):
        variant.validate("p", ("none", "x"))


def test_auto_is_no_feature() -> None:
    values = auto_or_any_combination_of("x")
    assert (values.default, values.feature_values, list(values)) == ("auto", ("x",), ["auto", "x"])


def test_disjoint_sets_and_their_fluent_methods() -> None:
    values = disjoint_sets(("auto",), ("a", "b")).with_non_feature_values("auto")
    assert values.sets == (("none",), ("auto",), ("a", "b"))
    assert values.default == "none"
    fewer = values.with_error("{package} {variant} {values}").prohibit_empty_set()
    assert fewer.default is None
    assert fewer.feature_values == ("a", "b")
    assert fewer.with_default("auto").default == "auto"
    assert "none" not in fewer and len(fewer) == 3 and fewer[1] == "a"
    with pytest.raises(DirectiveError, match="p v auto, a"):
        fewer.validator("p", "v", ("auto", "a"))


def test_groups_may_not_overlap() -> None:
    with pytest.raises(DirectiveError, match="overlap"):
        disjoint_sets(("a", "b"), ("b", "c"))
    with pytest.raises(DirectiveError, match="own"):
        DisjointSets(("none", "a"))


@pytest.mark.parametrize("argument", [{"default": "x"}, {"multi": True}, {"validator": lambda *_: None}])
def test_what_the_values_say_is_not_said_again(argument: dict[str, Any]) -> None:
    with pytest.raises(DirectiveError, match="given twice"):
        define(values=any_combination_of("x"), **argument)


def test_validators_of_recipes_see_all_values() -> None:
    seen: list[object] = []
    define("a", ("a", "b"), multi=True, validator=lambda *arguments: seen.append(arguments)).validate("p", ("a", "b"))
    assert seen == [("p", "v", ("a", "b"))]
