"""``scripts/check-machine``, which ``make setup`` runs first."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.machine import script
from support.pythons import SYSTEM, every_python

CHECK = Path(__file__).parents[3] / "scripts" / "check-machine"


def check(python: str, *arguments: str, path: str = "/usr/bin:/bin") -> tuple[int, list[str]]:
    done = subprocess.run(
        [python, str(CHECK), *arguments], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def tools(tmp_path: Path) -> str:
    for name in ("gcc", "make"):
        script(tmp_path / "tools" / name, "#!/bin/sh\n")
    return str(tmp_path / "tools")


def test_silent_when_nothing_is_missing(tools: str) -> None:
    complete = next((one.executable for one in every_python() if one.has_headers), None)
    if complete is None:
        pytest.skip("needs a Python with headers")
    assert check(sys.executable, complete, path=tools) == (0, [])


def test_programs_that_path_lacks(tmp_path: Path) -> None:
    complete = next((one.executable for one in every_python() if one.has_headers), str(SYSTEM))
    status, lines = check(sys.executable, complete, path=str(tmp_path))
    assert status == 1
    assert lines == [
        "missing: a C compiler (gcc or clang) on PATH -- Debian, Ubuntu: build-essential; Fedora: gcc gcc-c++",
        "missing: GNU make on PATH -- Debian, Ubuntu: make; Fedora: make",
    ]


def test_base_python_that_is_gone_broken_or_incomplete(tmp_path: Path, tools: str) -> None:
    assert check(sys.executable, "/no/such/python3", path=tools)[1] == [
        "missing: /no/such/python3, the base Python of the demonstration -- Debian, Ubuntu: python3; Fedora: python3"
    ]
    broken = script(tmp_path / "broken", "#!/bin/sh\nexit 127\n")
    status, (line,) = check(sys.executable, str(broken), path=tools)
    assert (status, line.startswith(f"missing: a working {broken}")) == (1, True)
    facts = '{"version": [3, 11, 2], "venv": false, "headers": false, "header": "/usr/include/python3.11/Python.h"}'
    split = script(tmp_path / "split", f"#!/bin/sh\necho '{facts}'\n")
    _, lines = check(sys.executable, str(split), path=tools)
    assert [line.partition(" -- ")[2] for line in lines] == [
        "Debian, Ubuntu: python3.11-venv; Fedora: python3-libs",
        "Debian, Ubuntu: python3.11-dev; Fedora: python3.11-devel",
    ]


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.10"])
def test_old_python_complains_properly(version: str, tools: str) -> None:
    found = list(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    if not found:
        pytest.skip(f"needs a Python {version}")
    status, lines = check(str(found[0]), path=tools)
    assert status == 1
    assert lines[0].startswith(f"missing: Python 3.11 or newer to run Outcrop ({found[0]} is {version}.")


def test_usage(tools: str) -> None:
    assert check(sys.executable, "--help", path=tools)[0] == 2
    assert shutil.which(str(CHECK)) == str(CHECK)
