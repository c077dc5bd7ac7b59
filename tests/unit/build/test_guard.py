"""What a build leaves running ends with it, however it ends: each test starts real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.build.trees import descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs subreapers")

GUARD = """
import os, signal, subprocess, sys, time
from pathlib import Path
from outcrop.build.guard import guarded

def build():
    os.chdir({directory!r})
{body}

sys.exit(guarded(build, os.getppid(), grace={grace}))
"""

LEAVE = """
# In a session of its own, its parent gone at once.
subprocess.run(["sh", "-c", "setsid sh -c 'echo $$ > left; while :; do sleep 0.1; done' &"])
while not Path("left").exists() or not Path("left").read_text(): time.sleep(0.01)
"""
STUBBORN = """
subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; echo $$ > stubborn; while :; do sleep 0.1; done"])
while not Path("stubborn").exists() or not Path("stubborn").read_text(): time.sleep(0.01)
"""
POLITE = """
polite = "trap 'echo asked > polite; exit' TERM; echo $$ > waiting; while :; do sleep 0.1; done"
subprocess.Popen(["sh", "-c", polite])
while not Path("waiting").exists() or not Path("waiting").read_text(): time.sleep(0.01)
"""


class Guarded:
    """A guard in a process, and where its build works."""

    def __init__(self, directory: Path, body: str, *, grace: float, between: bool = False) -> None:
        self.directory = directory
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        script = GUARD.format(directory=str(directory), body=lines, grace=grace)
        command = [sys.executable, "-c", script]
        if between:
            # A parent that does nothing but wait, and can be killed.
            command = [sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"]
        self.process = subprocess.Popen(command, start_new_session=True)

    def pids(self, *files: str) -> list[int]:
        """The processes that have written their numbers to files, once they have."""
        deadline = time.monotonic() + 30
        paths = [self.directory / name for name in files]
        while not all(path.exists() and path.read_text().strip() for path in paths):
            assert time.monotonic() < deadline, "the build never began"
            time.sleep(0.02)
        return [int(path.read_text()) for path in paths]


@pytest.fixture
def started() -> Iterator[list[Guarded]]:
    found: list[Guarded] = []
    yield found
    for each in found:
        for pid in [*descendants(each.process.pid), each.process.pid]:
            os.kill(pid, signal.SIGKILL)
        each.process.wait()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _wait_for_end(*pids: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while any(map(_alive, pids)):
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.02)


def test_a_build_ends_with_its_own_status(tmp_path: Path) -> None:
    for body, status in (("return 0", 0), ("return 7", 7), ("os.kill(os.getpid(), 9)", -9)):
        assert Guarded(tmp_path, body, grace=5).process.wait(30) == status


def test_what_a_finished_build_leaves_behind_is_ended(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, LEAVE + "return 3", grace=5)
    assert guarded.process.wait(30) == 3
    assert not _alive(*guarded.pids("left"))


def test_asked_to_end_it_asks_first_and_kills_then(tmp_path: Path, started: list[Guarded]) -> None:
    guarded = Guarded(tmp_path, LEAVE + STUBBORN + POLITE + "time.sleep(600)", grace=2)
    started.append(guarded)
    pids = guarded.pids("left", "stubborn", "waiting")
    guarded.process.terminate()
    assert guarded.process.wait(30) == -signal.SIGTERM
    assert not any(map(_alive, pids))
    assert (tmp_path / "polite").read_text() == "asked\n"
    started.clear()


def test_asked_twice_it_waits_no_longer(tmp_path: Path, started: list[Guarded]) -> None:
    guarded = Guarded(tmp_path, STUBBORN + "time.sleep(600)", grace=500)
    started.append(guarded)
    (stubborn,) = guarded.pids("stubborn")
    guarded.process.terminate()
    time.sleep(0.5)
    assert _alive(stubborn) and _alive(guarded.process.pid), "it has its grace"
    guarded.process.terminate()
    guarded.process.wait(30)
    assert not _alive(stubborn)
    started.clear()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_when_its_parent_is_killed_everything_ends(tmp_path: Path, signum: signal.Signals) -> None:
    guarded = Guarded(tmp_path, LEAVE + STUBBORN + POLITE + "time.sleep(600)", grace=1, between=True)
    pids = guarded.pids("left", "stubborn", "waiting")
    below = descendants(guarded.process.pid)
    assert len(below) >= 3
    guarded.process.send_signal(signum)
    guarded.process.wait(30)
    _wait_for_end(*pids, *below)
    assert (tmp_path / "polite").exists(), "it was asked before it was killed"


def test_a_guard_whose_parent_is_gone_begins_nothing(tmp_path: Path) -> None:
    script = GUARD.format(directory=str(tmp_path), body="    Path('begun').touch()", grace=1)
    # The process that it takes for its parent is not.
    script = script.replace("os.getppid()", "os.getpid()")
    assert subprocess.run([sys.executable, "-c", script], timeout=30).returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "begun").exists()


def test_a_build_hears_signals_though_they_were_ignored_where_it_was_started(tmp_path: Path) -> None:
    inner = GUARD.format(directory=str(tmp_path), body="    os.kill(os.getpid(), signal.SIGTERM); return 0", grace=1)
    deaf = f"signal.signal(15, signal.SIG_IGN); done = subprocess.run([sys.executable, '-c', {inner!r}])"
    script = f"import signal, subprocess, sys; {deaf}; sys.exit(done.returncode != -15)"
    assert subprocess.run([sys.executable, "-c", script], timeout=30).returncode == 0
