from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcrop.package.filesystem.filtering import FileFilter, change_sed_delimiter, filter_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_every_match_of_every_line(file: Path) -> None:
    file.write_text("CC = gcc\nCXX = gcc gcc\n")
    filter_file(r"gcc", "clang", file)
    assert file.read_text() == "CC = clang\nCXX = clang clang\n"


def test_lines_are_matched_one_by_one_with_their_ends(file: Path) -> None:
    file.write_bytes(b"a\r\nb\r\na")
    filter_file(r"^a\s*$", "x", file)
    assert file.read_bytes() == b"xb\r\nx"
    filter_file(r"b.*x", "never", file)
    assert file.read_bytes() == b"xb\r\nx"


def test_dollar_leaves_the_newline(file: Path) -> None:
    file.write_bytes(b"a\na\n")
    filter_file("a$", "b", file)
    assert file.read_bytes() == b"b\nb\n"


@pytest.mark.parametrize(
    ("regex", "repl", "expected"),
    [
        (r"(\w+)=(\w+)", r"\2=\1", "value=key"),
        (r"key", r"a\nb", r"a\nb=value"),
        (r"(?P<k>key)", r"\g<k>", r"\g<k>=value"),
        (r"key", r"a\\b", r"a\b=value"),
        (r"(key)", r"\\1", "key=value"),
        (r"key", r"\0", r"\0=value"),
        (r"(key)|(no)", r"[\2]", "[]=value"),
        (r"key", r"C:\dir", r"C:\dir=value"),
    ],
)
def test_what_a_replacement_may_hold(file: Path, regex: str, repl: str, expected: str) -> None:
    file.write_text("key=value")
    filter_file(regex, repl, file)
    assert file.read_text() == expected


def test_plain_text(file: Path) -> None:
    file.write_text("$(CC) a.c $(CC)")
    filter_file("$(CC)", "cc", file, string=True)
    assert file.read_text() == "cc a.c cc"


def test_callables_get_the_match(file: Path) -> None:
    file.write_text("a1 b22")
    filter_file(r"\d+", lambda match: str(len(match.group())), file)
    assert file.read_text() == "a1 b2"


def test_compiled_expressions(file: Path) -> None:
    file.write_text("ABC")
    filter_file(re.compile("abc", re.IGNORECASE), "x", file)
    assert file.read_text() == "x"


def test_several_files_none_of_them_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    filter_file("x", "y", str(tmp_path / "a"), tmp_path / "b")
    assert [(tmp_path / name).read_text() for name in "ab"] == ["y", "y"]
    with pytest.raises(FileNotFoundError):
        filter_file("x", "y", str(tmp_path / "*"))


def test_absent_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        filter_file("x", "y", tmp_path / "absent")
    filter_file("x", "y", tmp_path / "absent", ignore_absent=True)
    assert list(tmp_path.iterdir()) == []


def test_between_marks(file: Path) -> None:
    file.write_text("a BEGIN\na\n  BEGIN \na\nBEGIN\na\n END\na\nBEGIN\na\n")
    filter_file("a|BEGIN|END", "x", file, start_at="BEGIN", stop_at="END")
    assert file.read_text() == "a BEGIN\na\n  BEGIN \nx\nx\nx\n END\na\nBEGIN\na\n"


def test_up_to_a_mark_with_binary_behind(file: Path) -> None:
    behind = bytes(range(256)) * 10
    file.write_bytes(b"sh\n__ARCHIVE__\nsh" + behind)
    filter_file("sh", "bash", file, stop_at="__ARCHIVE__")
    assert file.read_bytes() == b"bash\n__ARCHIVE__\nsh" + behind


def test_a_mark_that_never_comes(file: Path) -> None:
    file.write_text("a\n")
    filter_file("a", "x", file, start_at="BEGIN")
    assert file.read_text() == "a\n"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_survive(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    filter_file("never-in-there", "x", path)
    assert path.read_bytes() == data
    path.write_bytes(data + b"\nMARK")
    filter_file("MARK", "GONE", path)
    assert path.read_bytes() == data + b"\nGONE"


def test_other_encodings(file: Path) -> None:
    file.write_bytes("naïve".encode("latin-1"))
    filter_file("ï", "i", file, encoding="latin-1")
    assert file.read_bytes() == b"naive"


def test_mode_inode_and_links_stay(file: Path, tmp_path: Path) -> None:
    file.write_text("a much longer text")
    file.chmod(0o751)
    (tmp_path / "link").symlink_to("file")
    os.link(file, tmp_path / "hard")
    inode = file.stat().st_ino
    filter_file("a much longer", "short", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "hard").read_text() == "short text"
    assert (file.stat().st_ino, stat.S_IMODE(file.stat().st_mode)) == (inode, 0o751)


def test_a_read_only_file_stays_read_only(file: Path) -> None:
    file.write_text("a")
    file.chmod(0o444)
    filter_file("a", "b", file)
    assert file.read_text() == "b"
    assert stat.S_IMODE(file.stat().st_mode) == 0o444


def test_a_failing_callable_leaves_the_file_alone(file: Path) -> None:
    file.write_text("1\n2\n")

    def fail(match: re.Match[str]) -> str:
        if match.group() == "2":
            raise ValueError("no")
        return "x"

    with pytest.raises(ValueError, match="no"):
        filter_file(r"\d", fail, file)
    assert file.read_text() == "1\n2\n"


def test_no_match_does_not_touch_the_file(file: Path) -> None:
    file.write_text("a")
    os.utime(file, ns=(1, 1))
    filter_file("b", "c", file)
    assert file.stat().st_mtime_ns == 1


def test_backup(file: Path, tmp_path: Path) -> None:
    file.write_text("a")
    filter_file("a", "b", file)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    filter_file("b", "c", file, backup=True)
    assert (tmp_path / "file~").read_text() == "b"


def test_file_filter_can_be_used_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1.2")
    both = FileFilter(tmp_path / "a", str(tmp_path / "absent"))
    both.filter("1", "x", ignore_absent=True)
    both.filter(".", ",", string=True, ignore_absent=True)
    assert (tmp_path / "a").read_text() == "x,2"


def test_sed_delimiters(file: Path) -> None:
    file.write_text(
        "sed -e 's@A@/usr/lib@g' -e \"s@B@b@\" x\n  s@/one@/two@g\nsed 's@a;b@c@' y\nmail me@home@work\nsed 's,x,y,'\n"
    )
    change_sed_delimiter("@", ";", file)
    assert file.read_text() == (
        "sed -e 's;A;/usr/lib;g' -e \"s;B;b;\" x\n  s;/one;/two;g\nsed 's@a;b@c@' y\nmail me@home@work\nsed 's,x,y,'\n"
    )
