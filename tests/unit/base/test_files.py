import stat
from pathlib import Path

import pytest

from outcrop.base.files import remove_tree, write_atomic, write_if_changed


def test_content_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two", mode=0o600, durable=True)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()  # os.replace refuses to put a file over a directory
    (path / "inside").touch()
    with pytest.raises(OSError):
        write_atomic(path, b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert (path / "inside").exists()


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_if_changed(path, b"one")
    before = path.stat()
    assert not write_if_changed(path, b"one")
    assert path.stat().st_ino == before.st_ino
    assert write_if_changed(path, b"two")


def test_a_read_only_tree_is_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "file").touch()
    (tree / "link").symlink_to(outside)
    (tree / "deep").chmod(0o500)
    tree.chmod(0o500)
    remove_tree(tree)
    assert not tree.exists()
    assert (outside / "kept").exists()
    remove_tree(tree)
