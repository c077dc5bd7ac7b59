"""Ranges and lists of versions: the tables, and the algebra as laws over membership."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec import GitVersion, Version, VersionError, VersionList, VersionRange, make_version, parse_versions, ver
from support.spec_strategies import git_versions, ranges, version_lists, versions

RELATIONS = [
    ("=1.2.3", "1.2", True, True),
    ("=1.2", "1.2", True, True),
    ("1.2", "=1.2", False, True),
    ("=1.2", "1.2.0", False, False),
    ("=1.20", "1.2", False, False),
    ("=3.10", ":3.1", False, False),
    ("=1.2.3", ":1.2", True, True),
    ("=1.3", ":1.2", False, False),
    ("=1.2b1", "1.2", True, True),
    ("=1.2a", "1.2", True, True),
    ("=1.2-foo", "1.2", True, True),
    ("=1.2foo", ":1.2", True, True),
    ("=8.7p1", ":8.7", True, True),
    ("=1.2rc1", "1.2", False, False),
    ("=1.2rc1", "1.2:", False, False),
    ("=1.2rc1", ":1.2", True, True),
    ("=1.3rc1", ":1.2", True, True),
    ("=1.2", "1.2alpha1:", True, True),
    ("=develop", "1.2:", True, True),
    ("=develop", ":999", False, False),
    ("=main", ":develop", True, True),
    ("=master", "main", False, False),
    ("=1.2.develop", "1.2", True, True),
    ("1.2:1.4", "1.2:", True, True),
    ("1.2:1.4", "1.1:1.3", False, True),
    ("=3.1.5", "3.1,3.3", True, True),
]


@pytest.mark.parametrize(("left", "right", "satisfies", "intersects"), RELATIONS)
def test_relations(left: str, right: str, satisfies: bool, intersects: bool) -> None:
    a, b = parse_versions(left), parse_versions(right)
    assert a.satisfies(b) is satisfies
    assert a.intersects(b) is intersects
    assert b.intersects(a) is intersects


COMBINATIONS = [
    ("1:2", "3:4", "1:4", ""),
    ("1:2", "4:5", "1:2,4:5", ""),
    ("1.2:1.4", "1.4:1.6", "1.2:1.6", "1.4"),
    (":1.2", "1.2:", ":", "1.2"),
    ("=1.2", "1.2:1.3", "1.2:1.3", "=1.2"),
    ("1", "1.2", "1", "1.2"),
    ("1.2", "1.2.5:2", "1.2:2", "1.2.5:1.2"),
]


@pytest.mark.parametrize(("left", "right", "union", "intersection"), COMBINATIONS)
def test_combinations(left: str, right: str, union: str, intersection: str) -> None:
    a, b = parse_versions(left), parse_versions(right)
    assert str(a.union(b)) == str(b.union(a)) == union
    assert str(a.intersection(b)) == str(b.intersection(a)) == intersection


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1.2:1.4,1.5:1.6", "1.2:1.6"),
        ("1:2,=2.5", "1:2"),
        ("3,1,2", "1:3"),
        ("1.2:1.2", "1.2"),
        ("=1.2,1.2", "1.2"),
        ("=3,=1", "=1,=3"),
        ("=1-2,=1.2", "=1-2"),
        ("", ":"),
        (":,=1", ":"),
        (" 1.2 , 1.4: ", "1.2,1.4:"),
        ("git.main=1.2,1", "1"),
        ("git.main,git.main=2", "git.main"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert str(parse_versions(text)) == normal


@pytest.mark.parametrize("text", ["1.2:1", "1.2.3:1.2", "develop:", ":develop", "1:develop"])
def test_legal_ranges(text: str) -> None:
    assert str(parse_versions(text)) == text


@pytest.mark.parametrize("text", ["1.4:1.2", "develop:1", "=1:2", "1:2:3", ",", "1,", "=", "git.main:2", "main:stable"])
def test_malformed(text: str) -> None:
    with pytest.raises(VersionError):
        parse_versions(text)


def test_concrete() -> None:
    assert parse_versions("=1.2").concrete == Version("1.2")
    assert parse_versions("1.2").concrete is None
    assert parse_versions("=1.2,=1.3").concrete is None
    assert parse_versions("git.main").concrete == Version("git.main")


def test_any() -> None:
    assert VersionList.any().is_any
    assert parse_versions("").is_any
    assert parse_versions(":") is VersionList.any()
    assert not parse_versions(":9").is_any
    assert VersionList.any().includes(Version("git.x"))
    assert not VersionList().includes(Version("1"))
    assert VersionList().is_empty


def test_ver() -> None:
    assert ver("=1.2") == Version("1.2")
    assert ver("1.2") == VersionRange(Version("1.2"), Version("1.2"))
    assert ver(1.2) == ver("1.2")
    assert ver("1:2") == VersionRange(Version("1"), Version("2"))
    assert ver("1,3") == parse_versions("1,3")
    assert isinstance(ver("git.main"), GitVersion)


def test_contains() -> None:
    assert Version("1.2.3") in parse_versions("1.2")
    assert Version("1.2.3") in VersionRange(Version("1.2"), None)
    assert Version("1.1") not in VersionRange(Version("1.2"), None)
    assert parse_versions("1.3") in parse_versions("1.2:")
    assert VersionRange(Version("1.3"), None) in parse_versions("1.2:")


def test_highest() -> None:
    assert parse_versions("1:2").highest == Version("2")
    assert parse_versions("1:2,=5").highest == Version("5")
    assert parse_versions("1:").highest is None
    assert VersionList().highest is None


@given(version_lists(git=True))
def test_text_and_pickle_keep_the_list(versions: VersionList) -> None:
    assert parse_versions(str(versions)) == versions
    assert str(parse_versions(str(versions))) == str(versions)
    assert pickle.loads(pickle.dumps(versions)) == versions
    assert hash(parse_versions(str(versions))) == hash(versions)


any_version = st.one_of(versions(), versions(), git_versions())


def _assigned(version: Version) -> bool:
    return not isinstance(version, GitVersion) or version.ref_version is not None


@given(version_lists(), version_lists(), any_version.filter(_assigned))
def test_union_is_membership_in_either_or_between_touching(a: VersionList, b: VersionList, version: Version) -> None:
    both = a.union(b)
    if a.includes(version) or b.includes(version):
        assert both.includes(version)
    elif both.includes(version):
        # Ranges that touch leave no version between them.
        pytest.fail(f"{version} is in the union {both} of {a} and {b}")
    assert both == b.union(a)
    assert a.satisfies(both)
    assert b.satisfies(both)
    assert a.union(a) == a


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ("git.main", "git.main=1", "git.main=1"),
        ("git.main", "git.dev", ""),
        ("git.main=1", "git.main=2", ""),
        ("git.main=1.5", "1", "git.main=1.5"),
        ("git.main=1.5", "2:", ""),
        ("git.main", ":", "git.main"),
        ("git.main", ":9", ""),
        ("git.main=1", "=1", ""),
        ("git.main=1,git.dev=2", "1,git.dev", "git.dev=2,git.main=1"),
    ],
)
def test_git_revisions(left: str, right: str, both: str) -> None:
    a, b = parse_versions(left), parse_versions(right)
    assert set(str(a.intersection(b)).split(",")) == set(both.split(","))
    assert a.intersects(b) is b.intersects(a) is bool(both)


@given(version_lists(git=True), version_lists(git=True), any_version)
def test_intersection_is_membership_in_both(a: VersionList, b: VersionList, version: Version) -> None:
    both = a.intersection(b)
    assert both.includes(version) == (a.includes(version) and b.includes(version))
    assert a.intersects(b) == (not both.is_empty)
    assert a.intersects(b) == b.intersects(a)
    if not both.is_empty:
        assert both.satisfies(a)
        assert both.satisfies(b)
        assert parse_versions(str(both)) == both


@given(version_lists(git=True), version_lists(git=True), any_version)
def test_satisfies_is_inclusion(a: VersionList, b: VersionList, version: Version) -> None:
    assert a.satisfies(a)
    if a.satisfies(b):
        assert a.intersects(b)
        if a.includes(version):
            assert b.includes(version)
    assert a.intersection(b).satisfies(a)
    if a.includes(version):
        assert VersionList.exactly(version).satisfies(a)


@given(version_lists(git=True), version_lists(git=True), version_lists(git=True))
def test_algebra(a: VersionList, b: VersionList, c: VersionList) -> None:
    if a.satisfies(b) and b.satisfies(c):
        assert a.satisfies(c)
    assert a.intersection(b).intersection(c) == a.intersection(b.intersection(c))
    if c.satisfies(a) and c.satisfies(b):
        assert c.satisfies(a.intersection(b))
    if a.satisfies(b):
        assert a.intersection(b).satisfies(a)
        assert a.satisfies(a.intersection(b))
    if a.satisfies(c) and b.satisfies(c):
        assert a.union(b).satisfies(c)


@given(ranges(), ranges())
def test_ranges_alone_agree_with_lists(a: VersionRange, b: VersionRange) -> None:
    left, right = a.as_list(), b.as_list()
    assert a.satisfies(b) == left.satisfies(right)
    assert a.intersects(b) == left.intersects(right)
    assert a.union(b) == left.union(right)
    assert a.intersection(b) == left.intersection(right)


@given(version_lists(git=True), st.lists(any_version, max_size=12))
def test_indexes(wanted: VersionList, known: list[Version]) -> None:
    known = sorted(known)
    assert wanted.indexes(known) == [place for place, version in enumerate(known) if wanted.includes(version)]


@given(versions())
def test_a_range_has_its_ends_and_what_begins_with_them(version: Version) -> None:
    alone = VersionRange(version, version)
    assert alone.includes(version)
    if not version.is_prerelease:
        assert alone.includes(make_version(f"{version}.0"))
        assert alone.includes(make_version(f"{version}.develop"))
        assert not alone.includes(make_version(f"{version}-rc1"))
