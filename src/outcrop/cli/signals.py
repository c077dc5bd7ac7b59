"""Signals that ask the program to end, as an exception: so that everything below can clean up on the way out."""

from __future__ import annotations

import errno
import os
import signal
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The program shall end. Not an ``Exception``, which somebody might swallow, and not a ``KeyboardInterrupt``, which
    the command line library answers by writing to a terminal that may be gone.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signal.Signals(signum)

    @property
    def exit_status(self) -> int:
        """What shells say of a program that the signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.signum

    @property
    def message(self) -> str:
        """What happened and how to go on, in one line."""
        how = "" if self.signum is signal.SIGINT else f" by {self.signum.name}"
        notes = [*getattr(self, "__notes__", ())]
        if notes:
            notes.append("what was finished stays; the same command goes on from there")
        return "; ".join([f"interrupted{how}", *notes])


def raise_interrupted() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise :class:`Interrupted` in the main thread.

    What was ignored when the program started stays so: ``nohup`` means it.
    """
    for signum in _SIGNALS:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _raise)


def end_as_usual() -> None:
    """From now on these signals end the program at once, as they do with others: there is nothing left to clean up."""
    for signum in _SIGNALS:
        if signal.getsignal(signum) is _raise:
            signal.signal(signum, signal.SIG_DFL)


def _raise(signum: int, frame: FrameType | None) -> NoReturn:
    if signum == signal.SIGHUP:
        _leave_closed_terminal()
    raise Interrupted(signum)


def _leave_closed_terminal() -> None:
    """Let what is written to a terminal that is gone vanish; it would be an error."""
    import termios  # almost no run of the program needs it

    for descriptor in (1, 2):
        try:
            termios.tcgetattr(descriptor)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
