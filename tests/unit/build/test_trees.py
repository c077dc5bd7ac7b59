"""Who descends from whom, and how all of them are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from outcrop.build.trees import adopt_orphans, children, descendants, end_processes, session_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

SLEEPY = "import time; print('ready', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPY
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a program and waits until it, or what it starts, is ready."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process

    yield run
    for process in started:
        for pid in [*descendants(process.pid), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def test_descendants_are_found_nearest_first(start: Callable[[str], subprocess.Popen[str]]) -> None:
    upper = start(PARENT.format(PARENT.format(SLEEPY)))
    middle, lower = descendants(upper.pid)
    assert children(upper.pid) == [middle] and children(middle) == [lower]
    assert descendants(upper.pid, spared=[lower]) == [middle]
    assert descendants(upper.pid, spared=[middle]) == []
    assert session_of(upper.pid) == session_of(0)


def test_a_zombie_is_no_more_and_has_no_session(start: Callable[[str], subprocess.Popen[str]]) -> None:
    process = start(SLEEPY)
    process.kill()
    deadline = time.monotonic() + 20
    while process.pid in children(os.getpid()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.wait()
    assert session_of(process.pid) is None


def test_who_ends_when_asked_is_not_killed(start: Callable[[str], subprocess.Popen[str]]) -> None:
    polite, deaf = start(SLEEPY), start(DEAF)

    def left() -> list[int]:
        return [pid for pid in children(os.getpid()) if pid in (polite.pid, deaf.pid)]

    end_processes(left, grace=1.0)
    assert (polite.wait(20), deaf.wait(20)) == (-signal.SIGTERM, -signal.SIGKILL)


def test_the_grace_may_be_cut_short(start: Callable[[str], subprocess.Popen[str]]) -> None:
    deaf = start(DEAF)
    began = time.monotonic()
    end_processes(lambda: [pid for pid in children(os.getpid()) if pid == deaf.pid], grace=500, hurried=lambda _: True)
    assert deaf.wait(20) == -signal.SIGKILL
    assert time.monotonic() - began < 60


def test_orphans_are_adopted(start: Callable[[str], subprocess.Popen[str]]) -> None:
    before = adopt_orphans()
    try:
        upper = start(PARENT.format(SLEEPY))
        (lower,) = children(upper.pid)
        upper.kill()
        upper.wait()
        assert lower in children(os.getpid())
        os.kill(lower, signal.SIGKILL)
        os.waitpid(lower, 0)
    finally:
        assert adopt_orphans(before) is True
