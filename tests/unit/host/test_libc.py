"""The C library, by the loader that programs name."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from outcrop.host.libc import find_libc, loader_of
from support.machine import script


def program(path: Path, loader: str, *, wide: bool = True, big: bool = False) -> Path:
    """An ELF file with two program headers, of which the second names a loader."""
    order = ">" if big else "<"
    start, size = (64, 56) if wide else (52, 32)
    text = start + 2 * size
    head = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
    if wide:
        head += struct.pack(order + "HHIQQQIHHHHHH", 2, 62, 1, 0, start, 0, 0, 64, size, 2, 0, 0, 0)
        first = struct.pack(order + "IIQQQQQQ", 6, 4, start, 0, 0, 0, 0, 0)
        second = struct.pack(order + "IIQQQQQQ", 3, 4, text, 0, 0, len(loader) + 1, 0, 0)
    else:
        head += struct.pack(order + "HHIIIIIHHHHHH", 2, 3, 1, 0, start, 0, 0, 52, size, 2, 0, 0, 0)
        first = struct.pack(order + "IIIIIIII", 6, start, 0, 0, 0, 0, 4, 0)
        second = struct.pack(order + "IIIIIIII", 3, text, 0, 0, len(loader) + 1, 0, 4, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + first + second + loader.encode() + b"\0")
    return path


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("big", [True, False])
def test_the_loader_a_program_names(tmp_path: Path, wide: bool, big: bool) -> None:
    assert loader_of(program(tmp_path / "x", "/lib/ld-test.so.1", wide=wide, big=big)) == "/lib/ld-test.so.1"


def test_what_names_no_loader(tmp_path: Path) -> None:
    whole = program(tmp_path / "x", "/lib/ld-test.so.1").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:40])
    assert loader_of(tmp_path / "cut") == ""
    assert loader_of(script(tmp_path / "script", "#!/bin/sh\n")) == ""
    assert loader_of(tmp_path / "missing") == ""


MUSL = "#!/bin/sh\nprintf 'musl libc (x86_64)\\nVersion 1.2.4\\nDynamic Program Loader\\n' >&2\nexit 1\n"
GLIBC = "#!/bin/sh\n[ $1 = --version ] && echo 'ld.so (Debian GLIBC 2.36-9+deb12u13) stable release version 2.36.'\n"


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("opt/lib/ld-musl-x86_64.so.1", MUSL, ("musl", "1.2.4", "opt")),
        ("opt/lib64/ld-linux-x86-64.so.2", GLIBC, ("glibc", "2.36", "opt")),
        ("opt/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", GLIBC, ("glibc", "2.36", "opt")),
    ],
)
def test_name_version_and_prefix(tmp_path: Path, place: str, text: str, expected: tuple[str, str, str]) -> None:
    loader = script(tmp_path / place, text)
    found = find_libc(None, [str(tmp_path / "missing"), str(program(tmp_path / "x", str(loader)))])
    assert found is not None
    assert (found.name, found.version, found.prefix) == (*expected[:2], str(tmp_path / expected[2]))
    assert found.loader == str(loader)


def test_a_loader_that_says_nothing_is_passed_over(tmp_path: Path) -> None:
    silent = script(tmp_path / "lib/ld-linux.so.2", "#!/bin/sh\n")
    good = script(tmp_path / "other/lib/ld-linux.so.2", GLIBC)
    programs = [str(program(tmp_path / "x", str(silent))), str(program(tmp_path / "y", str(good)))]
    found = find_libc(None, programs)
    assert found is not None
    assert found.loader == str(good)
    assert find_libc(None, programs[:1]) is None


def test_asked_once_until_the_loader_changes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    loader = script(tmp_path / "lib/ld-linux.so.2", f"{GLIBC}echo x >> {log}\n")
    programs = [str(program(tmp_path / "x", str(loader)))]
    first = find_libc(tmp_path / "cache", programs)
    assert find_libc(tmp_path / "cache", programs) == first
    assert log.read_text() == "x\n"
    script(loader, GLIBC.replace("2.36", "2.37"))
    changed = find_libc(tmp_path / "cache", programs)
    assert changed is not None
    assert changed.version == "2.37"
