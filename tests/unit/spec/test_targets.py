"""Targets: ranges in the family order."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec.targets import (
    ancestry,
    expand_target,
    normal_target,
    target_intersection,
    target_intersects,
    target_lies_in,
    target_satisfies,
)


@pytest.mark.parametrize(
    ("target", "other", "satisfies", "intersects"),
    [
        ("zen2", "zen2", True, True),
        ("zen2", "x86_64:", True, True),
        ("zen2", ":zen3", True, True),
        ("zen2", "zen3", False, False),
        ("zen3", ":zen2", False, False),
        ("x86_64", "x86_64:", True, True),
        ("skylake", "nehalem:skylake", True, True),
        ("haswell", "nehalem:skylake", True, True),
        ("zen2", "nehalem:skylake", False, False),
        ("zen2:", "x86_64:", True, True),
        ("x86_64:", "zen2:", False, True),
        ("aarch64:", "x86_64:", False, False),
        ("zen2", "icelake,zen2", True, True),
        ("icelake,zen2", "zen2", False, True),
        ("zen2", "icelake:,zen:", True, True),
        ("zen2", "", True, True),
        ("", "zen2", False, True),
        ("m68k", "m68k", True, True),
        ("m68k", "x86_64:", False, False),
        ("m68k", "m68k:", True, True),
    ],
)
def test_relations(target: str, other: str, satisfies: bool, intersects: bool) -> None:
    assert target_satisfies(target, other) is satisfies
    assert target_intersects(target, other) is intersects
    assert target_intersects(other, target) is intersects


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ("x86_64_v2:", ":skylake", "x86_64_v2:skylake"),
        ("x86_64:", "zen2", "zen2"),
        ("icelake,zen2", "zen2,zen3", "zen2"),
        ("", "zen2", "zen2"),
        ("zen2:", "", "zen2:"),
        (":x86_64_v3", "x86_64_v3:", "x86_64_v3"),
    ],
)
def test_intersection(left: str, right: str, both: str) -> None:
    assert target_intersection(left, right) == both


def test_normal_form() -> None:
    assert normal_target("zen3, zen2 ,zen3:zen3") == "zen2,zen3"
    assert normal_target("zen2,:") == ""
    assert normal_target("*") == ""


ENDS = st.sampled_from(["", "x86_64", "x86_64_v3", "nehalem", "skylake", "zen", "zen3", "icelake", "odd"])
RANGES = st.one_of(ENDS.filter(bool), st.builds("{}:{}".format, ENDS, ENDS).filter(lambda text: text != ":"))
LISTS = st.lists(RANGES.filter(expand_target), min_size=1, max_size=2).map(lambda items: normal_target(",".join(items)))


@given(LISTS, LISTS)
def test_relations_are_those_of_sets(left: str, right: str) -> None:
    both = target_intersection(left, right)
    assert target_intersects(left, right) == bool(expand_target(left) & expand_target(right))
    assert target_satisfies(left, right) == (expand_target(left) <= expand_target(right))
    if both:
        assert expand_target(both) == expand_target(left) & expand_target(right)
        assert normal_target(both) == both


def test_names_alone_do_not_load_archspec() -> None:
    program = (
        "import sys; from outcrop.spec import parse_spec;"
        "a = parse_spec('p target=zen2'); assert a.satisfies(a); assert not a.intersects(parse_spec('p target=zen3'));"
        "assert parse_spec('p target=x86_64:').satisfies(parse_spec('target=x86_64:'));"
        "assert not any(name.startswith('archspec') for name in sys.modules);"
        "assert a.satisfies(parse_spec('target=x86_64:')); assert 'archspec' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


CONCRETE = st.sampled_from(["x86_64", "x86_64_v3", "nehalem", "skylake", "zen", "zen3", "icelake", "aarch64"])


@given(CONCRETE, st.one_of(LISTS, st.just("")))
def test_lines_say_the_same_as_archspec(target: str, text: str) -> None:
    assert target_lies_in(target, text, ancestry()) == target_satisfies(target, text)


def test_lies_in_without_lines() -> None:
    assert target_lies_in("t2", "t1,t2", {})
    assert target_lies_in("t2", "t2:", {})
    assert not target_lies_in("t2", "t1:", {})
    assert target_lies_in("t2", "t1:t3", {"t2": ["t1"], "t3": ["t2", "t1"]})


@given(st.sampled_from(sorted(ancestry())), st.sampled_from(sorted(ancestry())), st.sampled_from(sorted(ancestry())))
def test_lines_answer_as_archspec_does(target: str, low: str, high: str) -> None:
    for other in (f"{low}:{high}", f"{low}:", f":{high}", f"{low},{high}:", high):
        assert target_satisfies(target, other, ancestry()) == target_satisfies(target, other)


def test_lines_are_all_that_is_known() -> None:
    lines = {"small": (), "large": ("small",)}
    assert target_satisfies("large", "small:", lines)
    assert not target_satisfies("small", "large:", lines)
    assert not target_satisfies("zen2", "x86_64:", lines)
