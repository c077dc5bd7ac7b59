"""Groups of requests as a manifest writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.errors import InputError, RequestError
from outcrop.config import Configuration, Scope, parse_document
from outcrop.env.groups import find_group, with_needs
from outcrop.env.manifest import Manifest, read_manifest


def read(tmp_path: Path, text: str) -> Manifest:
    (tmp_path / "spack.yaml").write_text(f"spack:\n  specs:\n{text}")
    return read_manifest(tmp_path / "spack.yaml")


CHAIN = """\
  - group: apps
    needs: [mpi]
    specs: [hdf5, $^none]
  - zlib
  - group: mpi
    needs: [compiler, default]
    explicit: false
    specs: [openmpi]
  - matrix: [[bzip2], [+pic, ~pic]]
  - group: lone
    matrix: [[zlib], [+pic]]
    exclude: []
  - group: compiler
    override: {packages: {c: {prefer: [gcc]}}, concretizer: {unify: false}}
    specs: [gcc@13]
  - specs: [curl]
  definitions: [{none: []}]
"""


def test_groups_come_after_those_they_need_and_else_as_they_are_written(tmp_path: Path) -> None:
    manifest = read(tmp_path, CHAIN)
    assert [(group.name, [root.text for root in group.roots]) for group in manifest.groups] == [
        ("default", ["zlib", "bzip2 +pic", "bzip2 ~pic", "curl"]),
        ("lone", ["zlib +pic"]),
        ("compiler", ["gcc@13"]),
        ("mpi", ["openmpi"]),
        ("apps", ["hdf5"]),
    ]
    assert [group.explicit for group in manifest.groups] == [True, True, True, False, True]
    assert {root.group for root in manifest.groups[3].roots} == {"mpi"}
    override = manifest.groups[2].override
    assert override is not None and override.section("concretizer") is not None
    assert manifest.has_groups


def test_needs_reach_through(tmp_path: Path) -> None:
    groups = read(tmp_path, CHAIN).groups
    assert [group.name for group in with_needs(groups, ["apps"])] == ["default", "compiler", "mpi", "apps"]
    assert [group.name for group in with_needs(groups, ["lone"])] == ["lone"]
    assert find_group(groups, "mpi").needs == ("compiler", "default")
    with pytest.raises(RequestError, match="no group 'mpj'") as caught:
        find_group(groups, "mpj")
    assert caught.value.hint == "did you mean mpi?"


def test_a_manifest_without_groups_has_the_default_one(tmp_path: Path) -> None:
    manifest = read(tmp_path, "  - zlib\n")
    assert [group.name for group in manifest.groups] == ["default"] and not manifest.has_groups
    assert [group.name for group in read(tmp_path, "").groups] == ["default"]
    assert [group.name for group in read(tmp_path, "  - {group: a, specs: []}\n").groups] == ["a"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("  - group: a\n    specs: []\n  - group: a\n    specs: []\n", 5, "there is a group 'a' already"),
        ("  - group: a\n    need: [b]\n", 4, "has no key 'need'"),
        ("  - group: a\n    needs: [a b]\n", 4, "needs 'a b', and there is no such group"),
        ("  - group: a\n    needs: b\n", 4, "needs should be a list"),
        ("  - group: 3\n    specs: []\n", 3, "group should be text"),
        ("  - group: ''\n", 3, "needs a name"),
        ("  - group: a\n    specs: zlib\n", 4, "specs should be a list"),
        ("  - group: a\n    specs: [3]\n", 4, "expected a spec"),
        ("  - group: a\n    specs: ['zlib@@']\n", 4, ""),
        ("  - group: a\n    specs: ['+pic']\n", 4, "names no package"),
        ("  - group: a\n    specs: [$b]\n", 4, "no definition 'b'"),
        ("  - group: a\n    specs: []\n    matrix: []\n", 5, "either 'specs' or one 'matrix'"),
        ("  - group: a\n    exclude: []\n", 4, "belongs to a matrix"),
        ("  - group: a\n    explicit: maybe\n", 4, "explicit should be true or false"),
        ("  - group: a\n    override:\n      mirrors: {}\n", 5, "cannot override 'mirrors'"),
        ("  - group: a\n    override:\n      package: {}\n", 5, "cannot override 'package'"),
        ("  - group: a\n    override: [b]\n", 4, "override should be a mapping"),
        ("  - group: default\n    needs: [a]\n  - group: a\n", 4, "has no 'needs'"),
        ("  - specs: [zlib]\n    explicit: false\n", 4, "has no 'explicit'"),
        ("  - group: a\n    needs: [a]\n", 4, "circle: a -> a"),
        ("  - {group: a, specs: []}\n  view:\n    v: {root: v, group: b}\n", 5, "no group 'b' for the view"),
        ("  - {group: a, specs: []}\n  view:\n    v: {root: v, group: [a, b]}\n", 5, "no group 'b' for the view"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in caught.value.message
    assert caught.value.place is not None and caught.value.place.line == line


def test_a_circle_of_needs_is_shown(tmp_path: Path) -> None:
    text = "".join(
        f"  - group: {name}\n    needs: [{', '.join(needs)}]\n"
        for name, needs in {"outside": ["a"], "a": ["fine", "c"], "b": ["a"], "c": ["b"], "fine": []}.items()
    )
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert caught.value.message == "groups need each other in a circle: a -> c -> b -> a"
    assert caught.value.code == "group-circle"
    path = tmp_path / "spack.yaml"
    assert [line.rpartition("spack.yaml:")[2].partition(":")[0] for line in caught.value.details] == ["6", "10", "8"]
    assert [line.rpartition(": ")[2] for line in caught.value.details] == ["a needs c", "c needs b", "b needs a"]
    assert all(line.startswith(str(path)) for line in caught.value.details)


def test_an_override_with_two_colons_replaces(tmp_path: Path) -> None:
    text = "  - group: a\n    specs: [zlib]\n    override:\n      packages:: {xz: {version: [5]}}\n"
    override = read(tmp_path, text).groups[0].override
    assert override is not None
    below = Scope("user", None, {"packages": parse_document("{gcc: {version: [13]}}", "packages.yaml")})
    assert Configuration([below, override]).merged("packages") == {"xz": {"version": [5]}}
