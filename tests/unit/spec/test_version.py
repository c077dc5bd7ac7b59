"""Versions: order, components, derived texts, git revisions."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given

from outcrop.spec import GitVersion, Version, VersionError, VersionWord, make_version, parse_versions
from outcrop.spec.version import key_after, key_just_above
from support.spec_strategies import versions

COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("small", "great"),
    [
        ("1.9", "1.10"),
        ("1.2", "1.2.0"),
        ("1.2", "1.2a"),
        ("1.2a", "1.2.1"),
        ("8.7", "8.7p1"),
        ("1.2p1", "1.2.1"),
        ("2023a", "2023.1"),
        ("1.2", "1.2-foo"),
        ("1.2", "1.2.dev"),
        ("1.2.alpha", "1.2"),
        ("1.2alpha1", "1.2"),
        ("1.2-rc1", "1.2"),
        ("1.2alpha1", "1.2beta"),
        ("1.2rc", "1.2rc1"),
        ("1.2rc2", "1.2rc10"),
        ("foo", "1"),
        ("alpha", "1"),
        ("999", "develop"),
        ("main", "develop"),
        ("master", "main"),
        ("head", "master"),
        ("trunk", "head"),
        ("stable", "trunk"),
        ("999999", "stable"),
        ("zzz", "stable"),
        ("1.999", "1.develop"),
        ("1.develop", "develop"),
        ("develop", "develop-2"),
        ("1.2rc1", "1.2.0"),
        ("1.1", "1.2alpha1"),
    ],
)
def test_order(small: str, great: str) -> None:
    left, right = Version(small), Version(great)
    assert left < right
    assert right > left
    assert left <= right
    assert right >= left
    assert left != right
    assert not left > right


@pytest.mark.parametrize(
    ("left", "right"), [("1.2", "1-2"), ("1.2", "1_2"), ("01", "1"), ("1.2-rc1", "1.2.rc1"), ("1a2", "1.a.2")]
)
def test_equal(left: str, right: str) -> None:
    assert Version(left) == Version(right)
    assert hash(Version(left)) == hash(Version(right))
    assert Version(left) <= Version(right)
    assert str(Version(left)) == left


@given(versions(), versions(), versions())
def test_order_is_total(a: Version, b: Version, c: Version) -> None:
    assert (a < b) + (a == b) + (a > b) == 1
    if a <= b and b <= c:
        assert a <= c


@given(versions(), versions())
def test_keys_around_a_version(a: Version, b: Version) -> None:
    assert a.key < key_just_above(a.key) <= key_after(a.key)
    if b > a:
        assert key_just_above(a.key) <= b.key


@given(versions())
def test_copies_are_equal(version: Version) -> None:
    assert pickle.loads(pickle.dumps(version)) == version
    assert copy.deepcopy(version) == version
    assert make_version(str(version)) == version
    assert str(make_version(str(version))) == str(version)


@pytest.mark.parametrize("text", ["", "=1.2", "1.2:", "1,2", "1 2", "1/2", "...", "_", "1.2+x"])
def test_malformed(text: str) -> None:
    with pytest.raises(VersionError):
        Version(text)


def test_numbers_are_refused() -> None:
    with pytest.raises(VersionError, match="made from text"):
        Version(1.2)  # type: ignore[arg-type]


def test_comparing_with_text_is_an_error() -> None:
    with pytest.raises(TypeError):
        _ = Version("1.2") < "1.3"
    assert Version("1.2") != "1.2"


@pytest.mark.parametrize(
    ("count", "result"), [(1, "1"), (2, "1.23"), (3, "1.23-4"), (4, "1.23-4b"), (9, "1.23-4b"), (-1, "1.23-4"), (0, "")]
)
def test_up_to(count: int, result: str) -> None:
    assert str(Version("1.23-4b").up_to(count)) == result


def test_up_to_elsewhere() -> None:
    assert str(Version("4.5.6").up_to(10)) == "4.5.6"
    assert str(Version("develop").up_to(1)) == "develop"
    assert str(Version("1.2rc1").up_to(3)) == "1.2"
    version = Version("4.5.6")
    assert [str(part) for part in (version.up_to_1, version.up_to_2, version.up_to_3)] == ["4", "4.5", "4.5.6"]
    assert isinstance(version.up_to(2), Version)


def test_derived_texts() -> None:
    version = Version("1.23-4b")
    assert str(version.dotted) == "1.23.4b"
    assert str(version.dashed) == "1-23-4b"
    assert str(version.underscored) == "1_23_4b"
    assert str(version.joined) == "1234b"
    assert str(Version("1.2-rc1").joined) == "12rc1"
    assert version.string == "1.23-4b"
    assert f"{version:>10}" == "   1.23-4b"


def test_dotted_numeric_string() -> None:
    assert Version("1.2-a.3").dotted_numeric_string == "1.2.0.3"
    assert Version("1.2rc3").dotted_numeric_string == "1.2.0.3"


def test_components() -> None:
    version = Version("1.23-4b")
    assert version[0] == 1
    assert str(version[:2]) == "1.23"
    assert str(version[1:]) == "23-4b"
    assert len(version) == 4
    assert list(version)[:3] == [1, 23, 4]
    assert version[3] == "b"
    assert isinstance(version[3], VersionWord)
    assert list(Version("1.2rc1")) == [1, 2]
    assert Version("1.2rc1").version == ((1, 2), ("rc", 1))
    assert Version("1.2").version == ((1, 2), ("final",))
    with pytest.raises(IndexError):
        _ = version[7]


def test_words_compare_with_numbers() -> None:
    first = Version("develop")[0]
    assert first > 3
    assert first >= 3
    assert not first < 10**9
    assert VersionWord("a") < 0
    assert VersionWord("a") < VersionWord("b")
    assert VersionWord("a") < "b"
    assert VersionWord("a") != 1
    assert {VersionWord("a"): 1}["a"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "answer"), [("develop", True), ("1.main", True), ("1.2", False), ("1.development", False)]
)
def test_isdevelop(text: str, answer: bool) -> None:
    assert Version(text).isdevelop() is answer


@pytest.mark.parametrize(
    ("text", "answer"), [("1.2rc1", True), ("1.2alpha", True), ("1.2", False), ("rc1", False), ("1.2pre", False)]
)
def test_is_prerelease(text: str, answer: bool) -> None:
    assert Version(text).is_prerelease is answer


def test_git_version() -> None:
    version = Version("git.releases/v1=1.2")
    assert isinstance(version, GitVersion)
    assert version.ref == "releases/v1"
    assert version.ref_version == Version("1.2")
    assert not version.is_commit
    assert str(version) == "git.releases/v1=1.2"
    assert str(version.up_to(1)) == "1"
    assert version.satisfies(parse_versions("1:"))
    assert not version.satisfies(parse_versions("1.3:"))
    assert not version.satisfies(parse_versions("=1.2"))
    assert version.satisfies(parse_versions("git.releases/v1"))
    assert version.satisfies(parse_versions("git.releases/v1=1.2"))
    assert not version.satisfies(parse_versions("git.releases/v1=1.3"))
    assert version != Version("1.2")
    assert Version("1.2") < version < Version("1.2.0")
    assert pickle.loads(pickle.dumps(version)) == version


def test_git_commit() -> None:
    version = Version(COMMIT)
    assert isinstance(version, GitVersion)
    assert version.is_commit
    assert version.ref_version is None
    assert version.satisfies(parse_versions(":"))
    assert not version.satisfies(parse_versions(":9"))
    assert not Version("1.2").satisfies(parse_versions(COMMIT))
    assigned = version.assign(Version("develop"))
    assert str(assigned) == f"{COMMIT}=develop"
    assert assigned.satisfies(parse_versions("9:"))
    assert isinstance(Version(f"git.{COMMIT}"), GitVersion)
    assert not isinstance(Version(COMMIT[:39]), GitVersion)
    assert not isinstance(Version(COMMIT + "0"), GitVersion)


@pytest.mark.parametrize("text", ["git.", "git.=1.2", "git.main=", "git.main=1.2=3", "git.a b"])
def test_malformed_git_version(text: str) -> None:
    with pytest.raises(VersionError):
        Version(text)
