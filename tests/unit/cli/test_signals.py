"""Signals that ask the program to end, in a process that really gets them."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from outcrop.cli.signals import Interrupted, end_as_usual, raise_interrupted

{before}
raise_interrupted()
try:
    os.kill(os.getpid(), {signum})
    print("went on")
except Interrupted as error:
    {inside}
    print(error.exit_status, error.message)
end_as_usual()
{after}
"""


def run(signum: signal.Signals, *, before: str = "", inside: str = "pass", after: str = "") -> tuple[int, str]:
    text = PROGRAM.format(signum=int(signum), before=before, inside=inside, after=after)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("signum", "said"),
    [
        (signal.SIGINT, "130 interrupted"),
        (signal.SIGTERM, "143 interrupted by SIGTERM"),
        (signal.SIGHUP, "129 interrupted by SIGHUP"),
    ],
    ids=lambda value: str(value),
)
def test_they_come_as_an_exception_that_says_what_happened(signum: signal.Signals, said: str) -> None:
    assert run(signum) == (0, said)


def test_who_had_something_to_end_says_so() -> None:
    _, said = run(signal.SIGTERM, inside='error.add_note("builds ended: a@1")')
    assert said == (
        "143 interrupted by SIGTERM; builds ended: a@1; what was finished stays; the same command goes on from there"
    )


def test_what_was_ignored_stays_ignored() -> None:
    before = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    after = "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    assert run(signal.SIGHUP, before=before, after=after) == (0, "went on\nTrue")


def test_afterwards_they_end_the_program() -> None:
    assert run(signal.SIGTERM, after="os.kill(os.getpid(), signal.SIGTERM)")[0] == -signal.SIGTERM
