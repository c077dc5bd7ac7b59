"""Writing for people and for programs: results to stdout, talk to stderr, colour on terminals only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

import msgspec

from outcrop.base.errors import OutcropError
from outcrop.base.events import Event

if TYPE_CHECKING:
    from outcrop.cli.progress import Bars

JSON_SCHEMA = 1
"""The ``schema`` of every ``--json`` record; raised when a field changes its meaning or goes away."""

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "bold": "1", "dim": "2"}


def use_colour(stream: TextIO, wish: str = "auto") -> bool:
    """Whether to colour ``stream``: ``always``, ``never``, or ``auto``: a terminal, and ``NO_COLOR`` not set."""
    if wish != "auto":
        return wish == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Output:
    """What a command writes with."""

    def __init__(self, *, colour: str = "auto", quiet: bool = False) -> None:
        self._colour = colour
        self.quiet = quiet
        drawn = sys.stderr.isatty() and not quiet and os.environ.get("TERM") != "dumb"
        self._bars: Bars | None = None
        if drawn:
            from outcrop.cli.progress import Bars  # on terminals only

            self._bars = Bars(sys.stderr, colour=use_colour(sys.stderr, colour))

    def _above_bars(self) -> None:
        if self._bars is not None:
            self._bars.hide()

    def paint(self, text: str, *styles: str, stream: TextIO | None = None) -> str:
        """``text`` in colours, where the stream takes them."""
        if not text or not use_colour(stream or sys.stdout, self._colour):
            return text
        codes = ";".join(_COLOURS[style] for style in styles)
        return f"\033[{codes}m{text}\033[0m"

    def line(self, text: str = "") -> None:
        """One line of result."""
        self._above_bars()
        print(text)

    def json(self, record: Mapping[str, object]) -> None:
        """One record of result: an object with ``schema``; absent is null or left out."""
        self._above_bars()
        data = msgspec.json.encode({"schema": JSON_SCHEMA, **record})
        print(msgspec.json.format(data, indent=2).decode())

    def talk(self, text: str) -> None:
        """One line on stderr, unless quiet."""
        if not self.quiet:
            self._above_bars()
            # One write: lines of fetch threads must not run into each other.
            sys.stderr.write(f"{self.paint('==>', 'blue', 'bold', stream=sys.stderr)} {text}\n")
            sys.stderr.flush()

    def warning(self, text: str) -> None:
        """A warning on stderr."""
        self._above_bars()
        mark = self.paint("Warning:", "yellow", stream=sys.stderr)
        print(f"{self.paint('==>', 'yellow', 'bold', stream=sys.stderr)} {mark} {text}", file=sys.stderr, flush=True)

    def error(self, error: OutcropError) -> None:
        """An error on stderr: what happened, where, details, what to do next."""
        self._above_bars()
        mark = self.paint("Error:", "red", "bold", stream=sys.stderr)
        print(f"{self.paint('==>', 'red', 'bold', stream=sys.stderr)} {mark} {error}", file=sys.stderr)
        for line in error.details:
            print(f"    {line}", file=sys.stderr)
        if error.hint:
            self.hint(error.hint)

    def hint(self, text: str) -> None:
        """What to do next, on stderr."""
        print(f"{self.paint('hint:', 'cyan', stream=sys.stderr)} {text}", file=sys.stderr, flush=True)

    # the Reporter protocol

    def report(self, event: Event) -> None:
        """Draw one event: a line, and on terminals a bar for what takes a while; phases and the like are left out."""
        if self._bars is not None:
            self._bars.report(event)
        if event.kind == "warning":
            self.warning(event.text)
        elif event.kind in _TOLD:
            verb, colour = _TOLD[event.kind]
            self.talk(f"{self.paint(verb, colour, stream=sys.stderr)} {event.text or event.subject}")


_TOLD = {
    "fetch.started": ("fetching", "dim"),
    "fetch.resolved": ("resolved", "dim"),
    "build.started": ("building", "cyan"),
    "build.done": ("installed", "green"),
    "build.failed": ("failed", "red"),
    "index.started": ("indexing", "dim"),
    "view.updated": ("view", "green"),
    "solve.kept": ("kept", "dim"),
}


def columns(rows: Sequence[Sequence[str]], *, gap: int = 2) -> list[str]:
    """Rows as aligned lines; the last column is not padded."""
    if not rows:
        return []
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append((" " * gap).join(cells).rstrip())
    return lines
