"""Stands between the executor and one build, and leaves none of the build's processes behind.

A build may start whatever it likes: servers, processes in sessions of their own, processes whose parents are gone.
The guard adopts them all, and when the build is over, by itself or because the executor asks for it or is no more, it
ends what is left. It does nothing else, so that nothing can bring it down together with the build.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable

from outcrop.build.trees import adopt_orphans, descendants, die_with, end_processes

GRACE = 3.0
"""Seconds between asking a build's processes to end and killing them."""

_ASKED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_LOOK = 1.0
"""Seconds between two looks at who the parent is, where no signal says that it is gone."""
_ORPHANED = 128 + signal.SIGTERM
"""The status of a guard or a build whose parent was gone before it began."""


def guarded(build: Callable[[], int], parent: int, *, grace: float = GRACE) -> int:
    """Run ``build`` in a child process that leads a session of its own, and return its status once all is over.

    A build that a signal ended ends this process in the same way. SIGTERM ends the build, a second one at once.

    Args:
        build: returns an exit status. It is called in the child, and what it returns is returned there, too.
        parent: the process on whose behalf this runs; when that ends, the build is ended.
        grace: in seconds.
    """
    if sys.platform != "linux":
        die_with(parent, signal.SIGKILL)
        return build()
    # A build that was started while these were ignored must not be born deaf to them.
    for signum in (*_ASKED, signal.SIGCHLD):
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, {*_ASKED, signal.SIGCHLD})
    if not die_with(parent, signal.SIGTERM):
        return _ORPHANED
    adopt_orphans()
    sys.stdout.flush()
    sys.stderr.flush()
    own = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        return build() if die_with(own, signal.SIGKILL) else _ORPHANED
    status = _Watch(child, parent, grace).run()
    if os.WIFSIGNALED(status):
        _end_likewise(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status) & 0xFF


class _Watch:
    """One build that is waited for."""

    def __init__(self, child: int, parent: int, grace: float) -> None:
        self._child = child
        self._parent = parent
        self._grace = grace
        self._status: int | None = None

    def run(self) -> int:
        """Wait until the build has ended or shall end, end what is left, and return the wait status."""
        while self._reap() and self._status is None and not self._told(_LOOK):
            if os.getppid() != self._parent:
                break
        end_processes(self._left, grace=self._grace, hurried=self._told)
        self._reap()
        return signal.SIGKILL if self._status is None else self._status

    def _reap(self) -> bool:
        """Take leave of children that have ended; false where there are none at all any more."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self._child:
                    self._status = status
        except ChildProcessError:
            return False

    def _left(self) -> list[int]:
        return descendants(os.getpid()) if self._reap() else []

    def _told(self, seconds: float) -> bool:
        """Wait for a signal, so many seconds at most; whether one says that this build shall end."""
        heard = signal.sigtimedwait({*_ASKED, signal.SIGCHLD}, seconds)
        return heard is not None and heard.si_signo != signal.SIGCHLD


def _end_likewise(signum: int) -> None:
    """End by the same signal, without another core file."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if signum not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.kill(os.getpid(), signum)
