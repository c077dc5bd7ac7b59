from hypothesis import given
from hypothesis import strategies as st

from outcrop.config import merge
from outcrop.config.merge import strip

_names = st.sampled_from(["a", "b", "c"])
_values = st.recursive(
    st.integers() | st.booleans() | _names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)


def test_mappings_merge_key_by_key_higher_first() -> None:
    merged = merge({"a": 1, "b": {"x": 1}}, {"b": {"y": 2}, "c": 3})
    assert merged == {"b": {"y": 2, "x": 1}, "c": 3, "a": 1}
    assert isinstance(merged, dict)
    assert list(merged) == ["b", "c", "a"]


def test_lists_are_prepended_without_repetition() -> None:
    assert merge({"a": [1, 2]}, {"a": [3, 2]}) == {"a": [3, 2, 1]}


def test_scalars_override() -> None:
    assert merge({"a": 1}, {"a": 2}) == {"a": 2}


def test_double_colon_replaces() -> None:
    # "a::" in YAML is the key "a:".
    assert merge({"a": {"x": 1}}, {"a:": {"y": 2}}) == {"a": {"y": 2}}
    assert merge({"a": [1]}, {"a:": [2]}) == {"a": [2]}


def test_minus_colon_appends() -> None:
    assert merge({"a": [1]}, {"a-": [2]}) == {"a": [1, 2]}


def test_plus_colon_prepends() -> None:
    assert merge({"a": [1]}, {"a+": [2]}) == {"a": [2, 1]}


def test_nothing_above_hides_nothing() -> None:
    assert merge({"a": 1}, None) == {"a": 1}


@given(_values)
def test_merging_with_itself_changes_nothing(value: object) -> None:
    assert merge(value, value) == strip(value)


@given(_values, _values)
def test_inputs_are_not_changed(lower: object, higher: object) -> None:
    before = repr((lower, higher))
    merge(lower, higher)
    assert repr((lower, higher)) == before
