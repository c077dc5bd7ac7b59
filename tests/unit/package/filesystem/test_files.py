from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from outcrop.package.filesystem import files
from outcrop.package.filesystem.completion import bash_completion_path, fish_completion_path, zsh_completion_path
from outcrop.package.filesystem.prefix import Prefix


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_join_path_takes_anything() -> None:
    assert files.join_path(Prefix("/a"), Path("b"), 3) == "/a/b/3"
    assert files.join_path("/a", "/b") == "/b"


def test_ancestor() -> None:
    assert files.ancestor("/a/b/c") == "/a/b"
    assert files.ancestor("/a/b/c", 2) == "/a"
    assert files.ancestor("/a", 9) == "/"


@pytest.mark.parametrize(
    ("path", "root", "inside"),
    [("/a/b", "/a", True), ("/a", "/a/", True), ("/ab", "/a", False), ("/a/../b", "/a", False), ("/x", "/", True)],
)
def test_containment_is_lexical(path: str, root: str, inside: bool) -> None:
    assert files.path_contains_subdirectory(path, root) is inside


def test_mkdirp_makes_parents_and_accepts_what_is_there(tmp_path: Path) -> None:
    files.mkdirp(tmp_path / "a/b", str(tmp_path / "c"))
    files.mkdirp(tmp_path / "a/b")
    assert (tmp_path / "a/b").is_dir()
    assert (tmp_path / "c").is_dir()


def test_mkdirp_refuses_files(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="something else is there"):
        files.mkdirp(tmp_path / "file")
    with pytest.raises(OSError, match="Not a directory"):
        files.mkdirp(tmp_path / "file/below")


def test_mkdirp_modes(tmp_path: Path) -> None:
    files.mkdirp(tmp_path / "a/b", mode=0o700)
    assert mode(tmp_path / "a/b") == 0o700
    files.mkdirp(tmp_path / "c/d", mode=0o710, default_perms="args", group=os.getgid())
    assert mode(tmp_path / "c") == 0o710
    (tmp_path / "c/d").chmod(0o750)
    files.mkdirp(tmp_path / "c/d/e/f", default_perms="parents")
    assert mode(tmp_path / "c/d/e") == 0o750


def test_mkdir_is_plain(tmp_path: Path) -> None:
    files.mkdir(tmp_path / "a")
    with pytest.raises(FileExistsError):
        files.mkdir(tmp_path / "a")


def test_working_dir_comes_back(tmp_path: Path) -> None:
    before = files.pwd()
    with files.working_dir(tmp_path / "new", create=True):
        assert files.pwd() == str(tmp_path / "new")
    with pytest.raises(RuntimeError), files.working_dir(tmp_path / "new"):
        raise RuntimeError
    assert files.pwd() == before
    with pytest.raises(FileNotFoundError), files.working_dir(tmp_path / "absent"):
        pass
    assert files.pwd() == before


def test_force_symlink_replaces_links_and_files(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files.force_symlink("one", tmp_path / "link")
    files.force_symlink("two", tmp_path / "link")
    files.force_symlink("three", tmp_path / "file")
    assert files.readlink(tmp_path / "link") == "two"
    assert files.readlink(tmp_path / "file") == "three"


def test_force_remove_never_takes_directories(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dir").mkdir()
    files.force_remove(tmp_path / "absent", tmp_path / "dir", tmp_path / "file")
    assert names(tmp_path) == ["dir"]


def test_remove_linked_tree_takes_the_target_too(tmp_path: Path) -> None:
    (tmp_path / "real/in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("link", "dangling", "absent"):
        files.remove_linked_tree(tmp_path / name)
    assert names(tmp_path) == []


def test_remove_linked_tree_removes_what_nobody_may_write(tmp_path: Path) -> None:
    (tmp_path / "cache/mod").mkdir(parents=True)
    (tmp_path / "cache/mod/file").touch()
    (tmp_path / "cache/mod").chmod(0o555)
    files.remove_linked_tree(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_remove_directory_contents(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "sub").mkdir(parents=True)
    (target / "file").touch()
    (tmp_path / "kept").mkdir()
    (target / "link").symlink_to(tmp_path / "kept")
    files.remove_directory_contents(target)
    files.remove_directory_contents(tmp_path / "absent")
    assert names(target) == []
    assert (tmp_path / "kept").is_dir()


def test_safe_remove_removes_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.la").write_text("1")
    (tmp_path / "d.la").mkdir()
    (tmp_path / "d.la/x").write_text("2")
    with files.safe_remove(str(tmp_path / "*.la"), str(tmp_path / "d.la/x"), str(tmp_path / "none*")) as moved:
        assert sorted(moved) == [str(tmp_path / "a.la"), str(tmp_path / "d.la")]
        assert Path(moved[str(tmp_path / "a.la")]).read_text() == "1"
        assert not (tmp_path / "a.la").exists()
    assert names(tmp_path) == []


def test_safe_remove_puts_everything_back_when_the_block_fails(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/x").write_text("2")
    with pytest.raises(RuntimeError), files.safe_remove(str(tmp_path / "*")):
        (tmp_path / "a").write_text("new")
        (tmp_path / "d").mkdir()
        raise RuntimeError
    assert (tmp_path / "a").read_text() == "1"
    assert (tmp_path / "d/x").read_text() == "2"
    assert sorted(names(tmp_path)) == ["a", "d"]


def test_touch(tmp_path: Path) -> None:
    files.touch(tmp_path / "new")
    os.utime(tmp_path / "new", (1, 1))
    files.touch(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mtime > 1
    with pytest.raises(FileNotFoundError):
        files.touch(tmp_path / "absent/new")


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o755), (0o600, 0o700), (0o640, 0o750), (0o222, 0o222)])
def test_set_executable_follows_read_bits(tmp_path: Path, before: int, after: int) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "f").chmod(before)
    files.set_executable(tmp_path / "f")
    assert mode(tmp_path / "f") == after


def test_set_install_permissions(tmp_path: Path) -> None:
    (tmp_path / "f").touch(mode=0o777)
    (tmp_path / "d").mkdir(mode=0o700)
    (tmp_path / "target").touch()
    (tmp_path / "target").chmod(0o600)
    (tmp_path / "l").symlink_to("target")
    for name in "fdl":
        files.set_install_permissions(tmp_path / name)
    assert (mode(tmp_path / "f"), mode(tmp_path / "d"), mode(tmp_path / "target")) == (0o644, 0o755, 0o600)


def test_questions(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert files.has_shebang(script)
    assert not files.is_exe(script)
    assert files.can_access(script)
    script.chmod(0o755)
    (tmp_path / "link").symlink_to("script")
    assert files.is_exe(tmp_path / "link")
    assert not files.is_exe(tmp_path)
    assert not files.is_exe(tmp_path / "absent")
    assert not files.can_access(tmp_path / "absent")
    script.write_text("no")
    assert not files.has_shebang(script)
    assert files.windows_sfn("/a/b") == "/a/b"


def test_keep_modification_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.touch()
        os.utime(path, ns=(5, 123456789))
    with files.keep_modification_time(one, str(two), tmp_path / "absent"):
        one.write_text("changed")
        two.unlink()
    assert one.stat().st_mtime_ns == 123456789
    assert one.read_text() == "changed"
    assert not two.exists()


def test_completion_directories() -> None:
    root = Prefix("/p")
    assert bash_completion_path(root) == Path("/p/share/bash-completion/completions")
    assert zsh_completion_path(root) == Path("/p/share/zsh/site-functions")
    assert fish_completion_path(root) == Path("/p/share/fish/vendor_completions.d")
