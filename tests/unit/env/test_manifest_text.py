from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.errors import InputError, RequestError
from outcrop.env.manifest import read_manifest
from outcrop.env.manifest_text import edit_specs, new_manifest_text

GROUPED = """\
# ours
spack:
  specs:
  - py-pip  # for pip
  # what builds the rest
  - group: tools  # first
    specs:
    - gcc@13  # new enough
  - group: apps
    needs: [tools]
    specs: [hdf5, zlib]
  view: ./view
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "spack.yaml").write_text(GROUPED)
    return tmp_path / "spack.yaml"


def requests(path: Path) -> dict[str, list[str]]:
    return {group.name: [root.text for root in group.roots] for group in read_manifest(path).groups}


def test_a_new_manifest_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    path.write_text(new_manifest_text(("py-pip", "py-black@24: +d"), "./view"))
    assert requests(path) == {"default": ["py-pip", "py-black@24: +d"]}
    path.write_text(new_manifest_text())
    assert requests(path) == {"default": []}


def test_editing_keeps_comments(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    path.write_text("# ours\nspack:\n  specs:\n  - py-pip  # for pip\n  view: ./view\n")
    assert edit_specs(path, add=("py-black", "py-pip")) == (["py-black"], [])
    text = path.read_text()
    assert "# ours" in text and "# for pip" in text
    assert requests(path) == {"default": ["py-pip", "py-black"]}
    assert edit_specs(path, remove=("py-pip", "nothing")) == ([], ["py-pip"])
    assert requests(path) == {"default": ["py-black"]}


def test_editing_a_broken_manifest_leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    path.write_text("spack: [\n")
    with pytest.raises(InputError):
        edit_specs(path, add=("py-pip",))
    assert path.read_text() == "spack: [\n"


def test_groups_are_edited_each_by_itself_and_comments_stay(path: Path) -> None:
    assert edit_specs(path, add=("gcc@14", "gcc@13"), group="tools") == (["gcc@14"], [])
    assert edit_specs(path, add=("hdf5", "bzip2"), group="apps") == (["bzip2"], [])
    assert edit_specs(path, add=("zlib",)) == (["zlib"], [])
    expected = {"default": ["py-pip", "zlib"], "tools": ["gcc@13", "gcc@14"], "apps": ["hdf5", "zlib", "bzip2"]}
    assert requests(path) == expected
    assert edit_specs(path, remove=("zlib", "gcc@13"), group="apps") == ([], ["zlib"])
    assert requests(path) == expected | {"apps": ["hdf5", "bzip2"]}
    text = path.read_text()
    assert all(comment in text for comment in ("# ours", "# for pip", "# what builds", "# first", "# new enough"))
    assert read_manifest(path).groups[2].needs == ("tools",)


def test_a_group_is_made_for_what_is_added(path: Path) -> None:
    assert edit_specs(path, remove=("zlib",), group="new") == ([], [])
    assert path.read_text() == GROUPED
    assert edit_specs(path, add=("zlib",), group="new") == (["zlib"], [])
    assert requests(path)["new"] == ["zlib"]
    assert edit_specs(path, add=("bzip2",), group="new") == (["bzip2"], [])
    assert requests(path)["new"] == ["zlib", "bzip2"]


def test_a_group_is_made_in_a_manifest_that_had_none(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    path.write_text(new_manifest_text())
    edit_specs(path, add=("gcc@13",), group="tools")
    assert requests(path) == {"tools": ["gcc@13"]}
    edit_specs(path, add=("zlib",))
    assert requests(path) == {"default": ["zlib"], "tools": ["gcc@13"]}


def test_a_group_without_a_list_gets_one_and_a_matrix_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    text = "spack:\n  specs:\n  - group: empty\n  - group: square\n    matrix: [[zlib], [+pic]]\n"
    path.write_text(text)
    with pytest.raises(RequestError, match="is a matrix") as caught:
        edit_specs(path, add=("bzip2",), group="square")
    assert caught.value.place is not None and caught.value.place.line == 4
    assert path.read_text() == text
    edit_specs(path, add=("bzip2",), group="empty")
    assert requests(path) == {"empty": ["bzip2"], "square": ["zlib +pic"]}


def test_what_would_make_the_manifest_wrong_is_not_written(path: Path) -> None:
    with pytest.raises(RequestError, match="would be wrong then: a group needs a name"):
        edit_specs(path, add=("zlib",), group="")
    assert path.read_text() == GROUPED
