"""Progress as frozen events to a reporter; whoever draws them lives in ``cli``."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Something happened.

    ``kind`` is a dotted name (``build.started``, ``fetch.done``, ``view.updated``, ``warning``); ``subject`` what it
    happened to, in
    words; ``text`` one line for a person; ``done``/``total`` a progress in units the kind defines, when known.
    """

    kind: str
    subject: str = ""
    text: str = ""
    done: int | None = None
    total: int | None = None


class Reporter(Protocol):
    """Is told what happens. Must be cheap, must not raise."""

    def report(self, event: Event) -> None:
        """Take one event; called from the thread that works."""


class Quiet:
    """The reporter that draws nothing."""

    def report(self, event: Event) -> None:
        """Drop the event."""
