"""Scanning real trees."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.base.digests import sha256_bytes
from outcrop.store import Entry, StoreError, content_digest, protect, remove_prefix, scan_prefix, unprotect
from outcrop.store.scan import interpreter_of
from support.prefixes import write_tree


def by_path(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.path: entry for entry in entries}


def test_every_kind_of_entry(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    write_tree(
        prefix,
        {
            "bin/tool": f"#!{prefix}/bin/python -w\nprint()\n",
            "bin/again": Path("tool"),
            "lib/data": b"\0\1\2",
            "lib/dead": Path("/nowhere"),
            "share/empty/inner": None,
            "lib/p/__pycache__/m.cpython-311.pyc": b"code",
            ".outcrop/build.log": "log",
            "lib/.outcrop/kept": "kept",
        },
    )
    entries = scan_prefix(prefix)
    assert [entry.path for entry in entries] == sorted(entry.path for entry in entries)
    found = by_path(entries)
    assert set(found) == {
        "bin/again",
        "bin/tool",
        "lib/.outcrop/kept",
        "lib/data",
        "lib/dead",
        "lib/p/__pycache__/m.cpython-311.pyc",
        "share/empty/inner",
    }
    tool = found["bin/tool"]
    assert (tool.kind, tool.mode, tool.size) == ("file", 0o755, (prefix / "bin/tool").stat().st_size)
    assert tool.sha256 == sha256_bytes((prefix / "bin/tool").read_bytes())
    assert tool.interpreter == f"{prefix}/bin/python -w"
    assert tool.names == ("own",)
    assert (found["bin/again"].kind, found["bin/again"].target) == ("link", "tool")
    assert found["lib/dead"].target == "/nowhere"
    assert found["share/empty/inner"].kind == "dir"
    assert found["lib/p/__pycache__/m.cpython-311.pyc"].compiled
    assert not found["lib/data"].compiled


def test_names_are_found_in_text_only_and_at_their_end(tmp_path: Path) -> None:
    venv, base, prefix = (tmp_path / name for name in ("venv-1-abc", "python-3-abc", "prefix"))
    write_tree(
        prefix,
        {
            "kernel.json": f'{{"argv": ["{venv}/bin/python3"]}}',
            "both": f"{base}/bin/python3 and {venv}",
            "longer": f"{venv}def/bin/python3 {base}-config",
            "binary": f"\0{venv}/bin/python3",
            "late": "x" * ((1 << 20) - 10) + f"{venv}/bin/python3",
        },
    )
    found = by_path(scan_prefix(prefix, venv=venv, base=base))
    assert {path: entry.names for path, entry in found.items()} == {
        "kernel.json": ("venv",),
        "both": ("venv", "base"),
        "longer": (),
        "binary": (),
        "late": ("venv",),
    }


@pytest.mark.parametrize(
    ("head", "line", "trampoline"),
    [
        (b"#!/usr/bin/python3\nprint()", "/usr/bin/python3", False),
        (b"#! /usr/bin/env python3 -w\n", "/usr/bin/env python3 -w", False),
        (b"#!/bin/sh\necho\n", "/bin/sh", False),
        (b"#!/bin/sh\n'''exec' \"/a b/python\" \"$0\" \"$@\"\n' '''\nprint()", "/a b/python", True),
        (b"#!/bin/sh\n'''exec' '/a b/python' -w \"$0\" \"$@\"\n' '''\n", "/a b/python -w", True),
        (b"#!/bin/sh\n'''exec' /long/python \"$0\" \"$@\"\n' '''\n", "/long/python", True),
    ],
)
def test_interpreter_lines(head: bytes, line: str, trampoline: bool) -> None:
    found = interpreter_of(head)
    assert found is not None
    assert (found.line, found.trampoline) == (line, trampoline)
    assert head[found.length :] == (b"print()" if head.endswith(b"print()") else head[found.length :])
    assert head[: found.length].endswith(b"\n")


@pytest.mark.parametrize("head", [b"", b"print()", b"\x7fELF", b" #!/bin/sh"])
def test_no_interpreter_line(head: bytes) -> None:
    assert interpreter_of(head) is None


def test_special_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="pipe"):
        scan_prefix(tmp_path)


def test_content_ignores_byte_code_and_write_permission(tmp_path: Path) -> None:
    write_tree(tmp_path, {"bin/a": "a", "lib/b.py": "b"})
    before = content_digest(scan_prefix(tmp_path))
    write_tree(tmp_path, {"lib/__pycache__/b.cpython-311.pyc": b"code"})
    assert content_digest(scan_prefix(tmp_path)) == before
    protect(tmp_path)
    assert content_digest(scan_prefix(tmp_path)) == before
    unprotect(tmp_path)
    (tmp_path / "lib/b.py").chmod(0o755)
    assert content_digest(scan_prefix(tmp_path)) != before


entry_strategy = st.builds(
    Entry,
    path=st.text("ab/.", min_size=1, max_size=6),
    kind=st.sampled_from(["file", "link", "dir"]),
    mode=st.sampled_from([0o644, 0o755]),
    size=st.integers(0, 3),
    sha256=st.sampled_from(["", "x"]),
    target=st.sampled_from(["", "y"]),
)


@given(st.lists(entry_strategy, unique_by=lambda entry: entry.path), st.randoms())
def test_content_does_not_depend_on_order(entries: list[Entry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content_digest(shuffled) == content_digest(entries)


@given(entry_strategy, entry_strategy)
def test_content_tells_entries_apart(one: Entry, other: Entry) -> None:
    def identity(entry: Entry) -> tuple[object, ...]:
        runs = entry.kind == "file" and entry.mode & 0o111
        return (entry.path, entry.kind, bool(runs), entry.size, entry.sha256, entry.target)

    assert (content_digest([one]) == content_digest([other])) == (identity(one) == identity(other))


def test_protect_and_remove(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    outside = tmp_path / "outside"
    outside.write_text("outside")
    write_tree(prefix, {"bin/a": "a", "lib/deep/b": "b", "lib/link": outside, "lib/dirlink": tmp_path})
    protect(prefix)
    for path in [prefix, *prefix.rglob("*")]:
        writable = stat.S_IMODE(path.lstat().st_mode) & 0o222
        assert path.is_symlink() or bool(writable) == (path == prefix / ".outcrop"), path
    assert outside.stat().st_mode & 0o200
    assert os.access(prefix / "bin/a", os.X_OK)
    unprotect(prefix)
    (prefix / "lib/deep/b").write_text("changed")
    protect(prefix)
    remove_prefix(prefix)
    assert not prefix.exists()
    assert outside.read_text() == "outside"
    remove_prefix(prefix)


def test_a_whole_standard_library_scans_quickly() -> None:
    library = Path(sys.base_prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "json"
    found = by_path(scan_prefix(library, own=Path(sys.base_prefix)))
    assert "decoder.py" in found
    assert all(entry.compiled == ("__pycache__" in entry.path) for entry in found.values())
