"""Requirements of Python packages in the words of recipes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from outcrop.env.requirements import (
    Condition,
    package_name,
    translate_marker,
    translate_python,
    translate_requirement,
    translate_specifiers,
)
from outcrop.spec import Version, parse_spec
from outcrop.spec.graph import DependencyType

RUN: tuple[DependencyType, ...] = ("run",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo", 'depends_on("py-foo", type="run")'),
        ("Foo.Bar_x>=1.2.0,<2", 'depends_on("py-foo-bar-x@1.2:1", type="run")'),
        ("foo<2.0.0", 'depends_on("py-foo@:1", type="run")'),
        ("foo~=1.4.2", 'depends_on("py-foo@1.4.2:1.4", type="run")'),
        ("foo~=2.2", 'depends_on("py-foo@2.2:2", type="run")'),
        ("foo==1.2.*", 'depends_on("py-foo@1.2", type="run")'),
        ("foo==1.2.3", 'depends_on("py-foo@=1.2.3", type="run")'),
        ("foo!=1.5.*,>=1,<2", 'depends_on("py-foo@1:1.4,1.6:1", type="run")'),
        ('foo; python_version < "3.11"', 'depends_on("py-foo", type="run", when="^python@:3.10")'),
        ('foo; "win" not in "x" and os_name == "posix"', None),
        ('foo; sys_platform != "win32"', 'depends_on("py-foo", type="run")'),
    ],
)
def test_what_translates_exactly_is_one_line(text: str, expected: str | None) -> None:
    line = translate_requirement(text, RUN)
    assert line is not None
    if expected is None:
        assert line.commented
        return
    assert line.render() == [expected]
    parse_spec(line.spec)
    parse_spec(line.when)


@pytest.mark.parametrize("text", ["foo<=1.2", "foo>1.2", "foo!=1.5", "foo===1.2", "foo>=1.0rc1", "foo==1.0.post1"])
def test_what_has_no_exact_range_is_said_beside_a_wider_dependency(text: str) -> None:
    line = translate_requirement(text, RUN)
    assert line is not None
    note, directive = line.render()
    assert note.startswith("# FIXME: ") and text in note and "no exact range" in note
    assert directive == 'depends_on("py-foo", type="run")'


def test_only_the_exact_part_of_several_is_in_force() -> None:
    line = translate_requirement("foo>=1,!=1.5,<2", RUN)
    assert line is not None
    assert line.render()[1] == 'depends_on("py-foo@1", type="run")'


@pytest.mark.parametrize("text", ['foo; platform_machine == "x86_64"', 'foo; python_version in "3.8 3.9"', "foo>=2,<1"])
def test_a_condition_that_is_not_translated_comments_the_line_out(text: str) -> None:
    line = translate_requirement(text, RUN)
    assert line is not None
    assert line.commented
    assert all(each.startswith("# ") for each in line.render())


def test_what_can_never_hold_here_is_left_out() -> None:
    for marker in ('sys_platform == "win32"', 'extra == "test"', 'python_version < "3.8" and python_version > "3.9"'):
        assert translate_requirement(f"foo; {marker}", RUN) is None


def test_extras_and_addresses_are_noted() -> None:
    line = translate_requirement("foo[bar]>=1", RUN)
    assert line is not None and "extras bar" in line.note and not line.commented
    line = translate_requirement("foo @ https://example.org/foo.zip", RUN)
    assert line is not None and "https://example.org/foo.zip" in line.note


def test_nonsense_is_a_comment() -> None:
    line = translate_requirement("??", RUN)
    assert line is not None and line.commented and "??" in line.note


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('python_version >= "3.8" and python_version < "3.12"', Condition("^python@3.8:3.11")),
        ('python_version < "3.9" or python_version >= "3.12"', Condition("^python@:3.8,3.12:")),
        ('python_version < "3" or sys_platform == "linux"', Condition()),
        ('(python_version > "3.9" or extra == "x") and os_name != "nt"', Condition("^python@3.10:")),
        ('python_version == "3"', Condition("^python@3")),
        ('python_version != "3.9"', Condition("^python@:3.8,3.10:")),
        ('python_full_version >= "3.9.1"', Condition("^python@3.9.1:")),
        ('python_full_version < "3.11.0a7"', Condition(exact=False)),
        ('platform_system == "Windows" and platform_machine == "AMD64"', Condition(never=True)),
        ('"3.8" <= python_version', Condition(exact=False)),
    ],
)
def test_markers(marker: str, expected: Condition) -> None:
    assert translate_marker(Marker(marker)) == expected


RELEASE = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
SPECIFIER = st.one_of(
    st.tuples(st.sampled_from([">=", "<", "<=", ">", "!="]), RELEASE).map("".join),
    RELEASE.map(lambda release: f"=={release}.*"),
    RELEASE.map(lambda release: f"!={release}.*"),
    RELEASE.filter(lambda release: "." in release).map(lambda release: f"~={release}"),
)


@given(st.lists(SPECIFIER, max_size=3), RELEASE)
def test_ranges_hold_the_same_versions(specifiers: list[str], release: str) -> None:
    translated = translate_specifiers(SpecifierSet(",".join(specifiers)))
    exact = [text for text in specifiers if text not in translated.inexact]
    assert translated.versions.includes(Version(release)) == SpecifierSet(",".join(exact)).contains(release)


@given(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(7, 12), st.integers(6, 13))
def test_conditions_hold_for_the_same_pythons(operator: str, limit: int, minor: int) -> None:
    marker = Marker(f'python_version {operator} "3.{limit}"')
    condition = translate_marker(marker)
    version = parse_spec(condition.when).edges[0].spec.versions
    assert version.includes(Version(f"3.{minor}.2")) == marker.evaluate(
        {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.2"}
    )


def test_requires_python() -> None:
    assert [line.render() for line in translate_python(">=3.8")] == [
        ['depends_on("python@3.8:", type=("build", "run"))']
    ]
    assert translate_python("") == []
    (line,) = translate_python("!=3.9.0,>=3.7")
    assert line.spec == "python@3.7:" and "!=3.9.0" in line.note


def test_names_of_packages() -> None:
    assert package_name("PyYAML") == "py-pyyaml"
    assert package_name("ninja") == "ninja"
    assert package_name("ninja", {"py-ninja"}.__contains__) == "py-ninja"
    assert package_name("py-cpuinfo", {"py-cpuinfo"}.__contains__) == "py-cpuinfo"
    assert package_name("py-cpuinfo", {"py-py-cpuinfo"}.__contains__) == "py-py-cpuinfo"
    assert package_name("py") == "py-py"
