"""Child processes: a command, an explicit environment, its output; failures that name the command.

Nothing is inherited: whoever starts a process says which variables it sees. Builds with a log of their own do not come
here.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from outcrop.base.errors import RequestError

PLAIN_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
"""What a program needs that should depend on nothing of the user's."""

_TAIL = 12
"""Lines of output that go into an error."""


class ProcessError(RequestError):
    """A command could not be started, failed, or took too long.

    ``status`` is its exit status (negative: killed by that signal), ``None`` when it never ended by itself.
    """

    code = "command-failed"

    def __init__(self, message: str, *, command: Sequence[str], status: int | None, output: str = "") -> None:
        super().__init__(message, details=output.strip().splitlines()[-_TAIL:])
        self.command = tuple(command)
        self.status = status


class Completed(msgspec.Struct, frozen=True):
    """What a command wrote, decoded as UTF-8 with undecodable bytes escaped."""

    stdout: str
    stderr: str
    status: int


def render_command(command: Sequence[str]) -> str:
    """The command as one would type it."""
    return shlex.join(command)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout: float | None = None,
    check: bool = True,
) -> Completed:
    """Run a command to its end, with no standard input.

    Args:
        env: its whole environment.
        timeout: in seconds; the command is killed then.
        check: raise when it fails; otherwise look at ``status``.

    Raises:
        ProcessError: it cannot be started, takes too long, or fails while ``check`` is set.
    """
    import subprocess  # here, not above: costs 5 ms, and a warm start never runs anything

    words = [str(word) for word in command]
    shown = render_command(words)
    try:
        done = subprocess.run(
            words,
            env=dict(env),
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"no end after {timeout:g} s: {shown}", command=words, status=None) from error
    except OSError as error:
        raise ProcessError(f"cannot run {shown}: {error.strerror or error}", command=words, status=None) from error
    if check and done.returncode != 0:
        raise ProcessError(
            f"{describe_status(done.returncode)}: {shown}",
            command=words,
            status=done.returncode,
            output=done.stderr or done.stdout,
        )
    return Completed(done.stdout, done.stderr, done.returncode)


def describe_status(status: int) -> str:
    """An exit status in words: ``exit status 2``, ``killed by signal 9``."""
    return f"exit status {status}" if status >= 0 else f"killed by signal {-status}"
