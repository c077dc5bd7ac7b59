"""Interrupted, killed and competing installs: afterwards every prefix in the index is whole, and the next run finishes
the job."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
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


MAKEFILE = """\
# Two things at a time: one that only takes long; one that leaves a process which ends for nobody's asking, in a session
# of its own and with its parent gone.
all: slow stray
slow:
\t[ -e {go} ] || sleep 600
stray:
\t[ -e {go} ] || {{ setsid sh -c 'trap "" TERM HUP INT; touch ../started; while :; do sleep 0.2; done' & sleep 600; }}
"""
MAKING = """\
from spack.package import *


class Making(Package):
    \"""A build that runs make.\"""

    url = "{url}"
    version("1.0", sha256="{sha256}")

    def install(self, spec, prefix):
        which("make")("-j2")
        mkdirp(prefix.bin)
        {further}
"""
LEAVE_A_SERVER = """\
import subprocess
        subprocess.run(["sh", "-c", "setsid sh -c 'touch ../started; while :; do sleep 0.2; done' &"])
"""


def _making_repository(tmp_path: Path, *, further: str = "") -> tuple[RecipeRepository, Path]:
    go = tmp_path / "go"
    repository = RecipeRepository(tmp_path)
    url, sha256 = repository.source({"Makefile": MAKEFILE.format(go=go)}, "making")
    repository.recipe("making", MAKING.format(url=url, sha256=sha256, further=further))
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


def _wait_until_it_builds(program: Program, name: str = "py-slow") -> Path:
    """The stage of a slow build, once it has said that it runs."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for marker in (program.root / "stage").glob(f"{name}-*/started"):
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


def _build_processes(program: Program) -> dict[int, str]:
    """Processes of builds in this root: their home is there, whatever else they have changed. Number -> command."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                home = f"HOME={program.root}".encode()
                if any(each.startswith(home) for each in (entry / "environ").read_bytes().split(b"\0")):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if command:
                        found[int(entry.name)] = command
    return found


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


ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -signal.SIGKILL}


@pytest.mark.parametrize("signum", ENDINGS, ids=lambda signum: signum.name)
def test_an_install_that_is_ended_leaves_no_process_behind(
    fresh: Program, tmp_path: Path, signum: signal.Signals
) -> None:
    repository, go = _making_repository(tmp_path)
    fresh("repo", "add", repository.root)
    process = _start(fresh, "install", "making")
    _wait_until_it_builds(fresh, "making")
    commands = " ".join(_build_processes(fresh).values())
    assert "make" in commands and "sleep 600" in commands and "touch ../started" in commands
    process.send_signal(signum)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ENDINGS[signum], errors
    deadline = time.monotonic() + (20 if signum == signal.SIGKILL else 0)
    while (left := _build_processes(fresh)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == {}
    if signum != signal.SIGKILL:
        how = "" if signum == signal.SIGINT else f" by {signum.name}"
        assert errors.splitlines()[-1] == (
            f"==> interrupted{how}; builds ended: making@1.0; "
            "what was finished stays; the same command goes on from there"
        )
        assert not list((fresh.root / "store" / "prefixes").glob("making-*"))
    assert "making" not in fresh("find").stdout
    go.touch()
    fresh("install", "making")
    assert "making@1.0" in fresh("find").stdout
    assert fresh("reindex", "--json").json()["broken"] == []


def test_the_next_install_need_not_wait_for_what_a_killed_one_left(fresh: Program, tmp_path: Path) -> None:
    repository, go = _making_repository(tmp_path)
    fresh("repo", "add", repository.root)
    process = _start(fresh, "install", "making")
    _wait_until_it_builds(fresh, "making")
    go.touch()
    process.kill()
    process.communicate(timeout=60)
    # What the killed one started has its grace now, and the stage still.
    fresh("install", "making")
    assert "making@1.0" in fresh("find").stdout


def test_a_closed_terminal_ends_an_install(fresh: Program, tmp_path: Path) -> None:
    repository, _ = _making_repository(tmp_path)
    fresh("repo", "add", repository.root)
    inside, outside = os.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"),
            *fresh.command("install", "making"),
        ],
        env=fresh.environment() | {"TERM": "xterm"},
        cwd=fresh.home,
        stdin=outside,
        stdout=outside,
        stderr=outside,
    )
    os.close(outside)
    _wait_until_it_builds(fresh, "making")
    os.close(inside)
    assert process.wait(60) == 129
    assert _build_processes(fresh) == {}


def test_a_build_whose_guard_is_killed_fails_and_leaves_nothing(fresh: Program, tmp_path: Path) -> None:
    repository, go = _making_repository(tmp_path)
    fresh("repo", "add", repository.root)
    process = _start(fresh, "install", "making")
    _wait_until_it_builds(fresh, "making")
    (guard,) = (Path("/proc") / str(process.pid) / "task" / str(process.pid) / "children").read_text().split()
    os.kill(int(guard), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and "the build process was ended by SIGKILL" in errors
    assert _build_processes(fresh) == {}
    go.touch()
    fresh("install", "making")


def test_a_build_that_leaves_a_server_behind_does_not(fresh: Program, tmp_path: Path) -> None:
    repository, go = _making_repository(tmp_path, further=LEAVE_A_SERVER)
    go.touch()
    fresh("repo", "add", repository.root)
    fresh("install", "--keep-stage", "making")
    _wait_until_it_builds(fresh, "making")
    assert _build_processes(fresh) == {}


def test_nobody_waits_for_a_download_when_all_shall_end(fresh: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/making-1.0.tar.gz"
        repository.recipe("making", MAKING.format(url=url, sha256="0" * 64, further=""))
        fresh("repo", "add", repository.root)
        process = _start(fresh, "install", "making")
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "==> interrupted"


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
