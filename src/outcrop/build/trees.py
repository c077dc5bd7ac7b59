"""Trees of processes: who descends from whom, how to end them all, and how the kernel helps to find them.

What a process starts may leave its group and session and lose its parent. It stays findable all the same: below a
*subreaper* (Linux: prctl(2)) orphans become children of that process and not of process 1. Where there is no ``/proc``
nothing is found.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37

_PAUSE = 0.02
"""Seconds between the first looks at what is left."""
_LONGEST_PAUSE = 0.2
_KILLED = 3.0
"""Seconds after which nobody waits any longer for what was killed: it hangs inside the kernel."""


def die_with(parent: int, signum: signal.Signals) -> bool:
    """Have the kernel send this process ``signum`` when ``parent`` ends; false where that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signum))
    return os.getppid() == parent


def adopt_orphans(wanted: bool = True) -> bool:
    """From now on whatever descends from this process and loses its parent becomes its child, or no longer does;
    returns what was so before.
    """
    if sys.platform != "linux":
        return False
    prctl = ctypes.CDLL(None).prctl
    before = ctypes.c_int(0)
    prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before))
    prctl(_PR_SET_CHILD_SUBREAPER, int(wanted))
    return bool(before.value)


def children(parent: int) -> list[int]:
    """The living processes that ``parent`` has started, or adopted."""
    return [pid for pid, other in _living() if other == parent]


def session_of(pid: int) -> int | None:
    """The session of a process, this one's for 0; ``None`` where it is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def descendants(ancestor: int, *, spared: Collection[int] = ()) -> list[int]:
    """All living processes below ``ancestor``, nearest first, without the ``spared`` ones and what is below them."""
    children: dict[int, list[int]] = {}
    for pid, parent in _living():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    level = [ancestor]
    while level:
        level = [pid for parent in level for pid in children.get(parent, ()) if pid not in spared]
        found.extend(level)
    return found


def _living() -> Iterator[tuple[int, int]]:
    """(process, its parent) of all that are not zombies."""
    with contextlib.suppress(OSError):
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                # It may have ended by now.
                with contextlib.suppress(OSError):
                    # pid (name) state parent ...; the name may hold anything.
                    state, parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:2]
                    if state not in (b"Z", b"X"):
                        yield int(entry.name), int(parent)


def send(pid: int, signum: signal.Signals) -> None:
    """Send a signal to a process that may be gone or may not be ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signum)


def end_processes(
    left: Callable[[], Collection[int]],
    *,
    grace: float,
    hurried: Callable[[float], bool] | None = None,
    asked: Collection[int] | None = None,
) -> None:
    """Ask processes to end, and kill those that have not done so after ``grace`` seconds.

    Args:
        left: those that still run, looked up again and again: they may start others.
        grace: in seconds; what is started meanwhile is killed without having been asked.
        hurried: waits for so many seconds, or less, and says whether the grace is over at once.
        asked: those that are asked; all that run if not given.
    """
    for pid in left() if asked is None else asked:
        send(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    pause = _PAUSE
    while time.monotonic() < deadline and left():
        if hurried is None:
            time.sleep(pause)
        elif hurried(pause):
            break
        pause = min(2 * pause, _LONGEST_PAUSE)
    deadline = time.monotonic() + _KILLED
    while (remaining := left()) and time.monotonic() < deadline:
        for pid in remaining:
            send(pid, signal.SIGKILL)
        time.sleep(_PAUSE)
