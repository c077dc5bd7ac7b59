from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from outcrop.host import Host, detect_host, missing_headers, missing_pieces
from outcrop.python import Interpreter
from support.machine import gcc, script
from support.pythons import every_python

SYSTEM_PYTHON = next(one for one in every_python() if one.prefix == "/usr")


def host(family: str, *pythons: Interpreter) -> Host:
    return Host(platform="linux", os="x1", family=family, target="x86_64", targets=("x86_64",), pythons=pythons)


def bare(**changes: object) -> Interpreter:
    return msgspec.structs.replace(SYSTEM_PYTHON, has_headers=False, has_venv=False, **changes)


def test_everything_missing_on_debian() -> None:
    pieces = missing_pieces(host("debian", bare()))
    assert [(piece.package, piece.hint) for piece in pieces] == [
        ("python3-venv", "apt install python3-venv"),
        ("python3-dev", "apt install python3-dev"),
        ("build-essential", "apt install build-essential"),
        ("make", "apt install make"),
    ]
    assert pieces[1].what == f"the headers of Python {SYSTEM_PYTHON.xy} ({SYSTEM_PYTHON.include_dir}/Python.h)"
    assert all(piece.why for piece in pieces)


@pytest.mark.parametrize(
    ("family", "package"),
    [("debian", "python3.9-dev"), ("fedora", "python3.9-devel"), ("suse", "python39-devel"), ("", "")],
)
def test_p13_headers_of_a_second_system_python(family: str, package: str) -> None:
    second = bare(executable="/usr/bin/python3.9", xy="3.9")
    piece = missing_headers(second, family)
    assert piece is not None
    assert piece.package == package
    assert piece.hint


def test_headers_of_a_python_of_ones_own() -> None:
    own = bare(prefix="/opt/python", executable="/opt/python/bin/python3.11")
    piece = missing_headers(own, "debian")
    assert piece is not None
    assert piece.package == ""
    assert "/opt/python" in piece.hint


def test_no_python_at_all() -> None:
    assert missing_pieces(host("fedora"))[0].hint == "dnf install python3"


def test_nothing_is_missing(tmp_path: Path) -> None:
    complete = next((one for one in every_python() if one.has_headers), None)
    if complete is None:
        pytest.skip("needs a Python with headers")
    gcc(tmp_path / "gcc", "12.2.0")
    script(tmp_path / "make", "#!/bin/sh\necho GNU Make 4.3\n")
    found = detect_host(str(tmp_path), None)
    assert missing_pieces(found, complete) == []
    assert missing_headers(complete, "debian") is None
