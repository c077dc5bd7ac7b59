from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from outcrop.package.filesystem.trees import LinkTree, MergeConflictError, copy, copy_tree, install, install_tree


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def listing(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "sub/empty").mkdir(parents=True)
    (root / "one").write_text("1")
    (root / "one").chmod(0o600)
    (root / "sub/run").write_text("2")
    (root / "sub/run").chmod(0o750)
    (root / "sub").chmod(0o700)
    (root / "to-one").symlink_to("one")
    (root / "to-sub").symlink_to("sub")
    (root / "absolute").symlink_to(root / "sub/run")
    (root / "elsewhere").symlink_to("/etc/hostname")
    (root / "dangling").symlink_to("nowhere")
    return root


def test_copy_into_a_directory_and_to_a_name(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    copy(source / "one", target)
    copy(str(source / "one"), str(target / "renamed"))
    copy(source / "to-one", target / "followed")
    assert listing(target) == ["followed", "one", "renamed"]
    assert mode(target / "one") == 0o600
    assert not (target / "followed").is_symlink()


def test_install_sets_modes(source: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    install(source / "one", tmp_path / "bin")
    install(source / "sub/run", tmp_path / "bin")
    assert mode(tmp_path / "bin/one") == 0o644
    assert mode(tmp_path / "bin/run") == 0o754


def test_patterns_need_a_directory(source: Path, tmp_path: Path) -> None:
    (source / "two").write_text("2")
    target = tmp_path / "target"
    with pytest.raises(ValueError, match="matches 2 files"):
        copy(str(source / "[ot][nw][eo]"), target)
    target.mkdir()
    copy(str(source / "[ot][nw][eo]"), target)
    assert listing(target) == ["one", "two"]
    copy(str(source / "tw?"), target / "single")
    assert (target / "single").read_text() == "2"


def test_no_match_is_an_error(tmp_path: Path) -> None:
    for function in (copy, install, copy_tree, install_tree):
        with pytest.raises(OSError, match="no such file or directory"):
            function(str(tmp_path / "no*"), tmp_path)


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "a[1]").write_text("x")
    copy(str(tmp_path / "a[1]"), tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x"


def test_copy_tree_makes_links_again(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep/target"
    copy_tree(source, target)
    assert os.readlink(target / "to-one") == "one"
    assert os.readlink(target / "to-sub") == "sub"
    assert os.readlink(target / "absolute") == str(target / "sub/run")
    assert os.readlink(target / "elsewhere") == "/etc/hostname"
    assert os.readlink(target / "dangling") == "nowhere"
    assert mode(target / "one") == 0o600
    assert (target / "sub/empty").is_dir()


def test_install_tree_sets_modes(source: Path, tmp_path: Path) -> None:
    install_tree(str(source), str(tmp_path / "target"))
    target = tmp_path / "target"
    assert mode(target / "one") == 0o644
    assert mode(target / "sub/run") == 0o754
    assert mode(target / "sub") == 0o755


def test_trees_keep_times(source: Path, tmp_path: Path) -> None:
    os.utime(source / "one", ns=(5, 5_000_000_000))
    install_tree(source, tmp_path / "target")
    assert (tmp_path / "target/one").stat().st_mtime_ns == 5_000_000_000


def test_links_can_be_followed(source: Path, tmp_path: Path) -> None:
    copy_tree(source, tmp_path / "target", symlinks=False)
    target = tmp_path / "target"
    assert not (target / "to-one").is_symlink()
    assert (target / "to-sub/run").read_text() == "2"
    assert not (target / "to-sub").is_symlink()
    assert (target / "dangling").is_symlink()


def test_following_links_in_a_circle_is_an_error(source: Path, tmp_path: Path) -> None:
    (source / "sub/up").symlink_to("..")
    copy_tree(source, tmp_path / "with-links")
    with pytest.raises(OSError, match="leads back"):
        copy_tree(source, tmp_path / "target", symlinks=False)


def test_merging_replaces_files_and_keeps_others(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "sub").mkdir(parents=True)
    (target / "one").write_text("old")
    (target / "kept").write_text("kept")
    install_tree(source, target, ignore=lambda path: path.startswith(("to-", "abs", "else", "dang")))
    assert (target / "one").read_text() == "1"
    assert (target / "kept").read_text() == "kept"
    assert (target / "sub/run").exists()


def test_a_link_in_the_place_of_a_link_is_an_error(source: Path, tmp_path: Path) -> None:
    copy_tree(source, tmp_path / "target")
    with pytest.raises(OSError, match="exists"):
        copy_tree(source, tmp_path / "target")


def test_not_into_itself(source: Path) -> None:
    with pytest.raises(ValueError, match="into itself"):
        copy_tree(source, source / "sub/copy")
    with pytest.raises(ValueError, match="into itself"):
        install_tree(source, source)


def test_a_neighbour_with_the_same_start_is_not_itself(source: Path) -> None:
    copy_tree(source, f"{source}-copy")
    assert Path(f"{source}-copy/one").exists()


def test_ignore_sees_relative_paths_and_prunes(source: Path, tmp_path: Path) -> None:
    seen: list[str] = []

    def ignore(path: str) -> bool:
        seen.append(path)
        return path in ("sub", "one")

    install_tree(source, tmp_path / "target", ignore=ignore)
    assert sorted(seen) == ["absolute", "dangling", "elsewhere", "one", "sub", "to-one", "to-sub"]
    assert listing(tmp_path / "target") == ["absolute", "dangling", "elsewhere", "to-one", "to-sub"]


def test_patterns_of_directories_are_merged(tmp_path: Path) -> None:
    for name in ("lib-a", "lib-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    install_tree(str(tmp_path / "lib-*"), tmp_path / "target")
    assert listing(tmp_path / "target") == ["lib-a", "lib-b"]


def test_a_file_is_no_tree(source: Path, tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        install_tree(source / "one", tmp_path / "target")


def test_link_tree_merges_and_unmerges(source: Path, tmp_path: Path) -> None:
    view = tmp_path / "view"
    (view / "sub").mkdir(parents=True)
    (view / "sub/own").touch()
    tree = LinkTree(source)
    tree.merge(view)
    assert os.readlink(view / "one") == str(source / "one")
    assert os.readlink(view / "sub/run") == str(source / "sub/run")
    assert (view / "sub/empty").is_dir()
    tree.unmerge(view)
    assert listing(view) == ["sub", "sub/own"]


def test_link_tree_relative_and_other_links(source: Path, tmp_path: Path) -> None:
    LinkTree(str(source)).merge(tmp_path / "relative", relative=True)
    assert os.readlink(tmp_path / "relative/sub/run") == "../../source/sub/run"
    LinkTree(source).merge(
        tmp_path / "hard", link=os.link, ignore=lambda path: path not in ("one",) and not path.startswith("sub")
    )
    assert (tmp_path / "hard/one").stat().st_ino == (source / "one").stat().st_ino


def test_link_tree_conflicts(source: Path, tmp_path: Path) -> None:
    view = tmp_path / "view"
    view.mkdir()
    (view / "one").write_text("1")
    LinkTree(source).merge(view)
    assert not (view / "one").is_symlink()
    (view / "one").write_text("other")
    with pytest.raises(MergeConflictError, match="one"):
        LinkTree(source).merge(view)
    LinkTree(source).merge(view, ignore_conflicts=True)
    assert (view / "one").read_text() == "other"
    with pytest.raises(FileNotFoundError):
        LinkTree(tmp_path / "absent")
