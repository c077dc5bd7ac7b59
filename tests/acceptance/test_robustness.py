"""Interrupted, killed and competing installs: afterwards every prefix in the index is whole, and the next run finishes
the job."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from acceptance.conftest import World
from support.program import Program
from support.recipes import RecipeRepository, python_project

SLOW = """
import time, pathlib, os
pathlib.Path(os.environ["HOME"], "..", "started").resolve().touch()
time.sleep(60 if not pathlib.Path("{go}").exists() else 0)
"""


def _slow_repository(tmp_path: Path) -> tuple[RecipeRepository, Path]:
    go = tmp_path / "go"
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-slow", python_project("py-slow", during_build=SLOW.format(go=go)))
    return repository, go


def _start(program: Program, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program.command(*arguments),
        env=program.environment(),
        cwd=program.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _wait_until_it_builds(program: Program) -> Path:
    """The stage of the slow build, once its back end runs."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for marker in (program.root / "stage").glob("py-slow-*/started"):
            return marker.parent
        time.sleep(0.05)
    raise AssertionError("the slow build never began")


def _processes_in(directory: Path) -> list[str]:
    """Command lines of processes that work below ``directory``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if Path(os.readlink(entry / "cwd")).is_relative_to(directory):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def _wait_until_nobody_works_in(directory: Path) -> None:
    deadline = time.monotonic() + 20
    while (left := _processes_in(directory)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_install_leaves_nothing_half_done(
    world: World, program: Program, tmp_path: Path, signum: signal.Signals
) -> None:
    repository, go = _slow_repository(tmp_path)
    program("repo", "add", repository.root)
    process = _start(program, "install", "py-slow")
    stage = _wait_until_it_builds(program)
    process.send_signal(signum)
    _, errors = process.communicate(timeout=60)
    if signum == signal.SIGINT:
        assert process.returncode == 130, errors
        assert "Traceback" not in errors
        assert not list((program.root / "store" / "prefixes").glob("py-slow-*"))
        _wait_until_nobody_works_in(stage)
    assert "py-slow" not in program("find").stdout
    go.touch()
    program("install", "py-slow")
    assert "py-slow@1.0" in program("find").stdout
    assert program("reindex", "--json").json()["broken"] == []


def test_two_installs_of_the_same_thing_at_once(world: World, program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-twice", python_project("py-twice", during_build="import time; time.sleep(1)"))
    program("repo", "add", repository.root)
    processes = [_start(program, "install", "py-twice") for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert len(program("find", "py-twice", "--json").json()["installed"]) == 1
    assert len(list((program.root / "store" / "prefixes").glob("py-twice-*"))) == 1


def test_a_lost_index_is_rebuilt(world: World, program: Program) -> None:
    program("install", "python-venv")
    before = program("find", "--json").json()
    for path in (program.root / "store").glob("index*"):
        path.unlink()
    assert program("find", "--json").json() == before
    assert program("reindex", "--json").json()["records"] == len(before["installed"])


def test_uninstall_and_gc_take_away_only_what_nobody_needs(world: World, program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-tool")
    repository.python_package("py-lib")
    repository.python_package(
        "py-app", body='depends_on("py-lib", type=("build", "run"))\ndepends_on("py-tool", type="build")'
    )
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [py-lib]\n  view: ./view\n")
    program("-e", environment, "install")
    program("install", "py-app")
    refused = program("uninstall", "-y", "py-lib", status=1)
    assert "py-app" in refused.stderr and str(environment) in refused.stderr
    program("gc", "-y")
    assert "py-tool" not in program("find").stdout, "only the build needed it"
    program("uninstall", "-y", "py-app")
    program("gc", "-y")
    names = {each["name"] for each in program("find", "--json").json()["installed"]}
    assert names == {"py-lib", "python", "python-venv"}
    program("env", "remove", "-y", environment)
    assert not (environment / "view").exists() and not (environment / "spack.yaml").exists()
    program("gc", "-y")
    assert program("find", "--json").json()["installed"] == []
