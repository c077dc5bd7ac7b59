"""Bars for what takes a while: indexing recipes and fetching sources, on terminals only.

:class:`Bars` takes events beside the lines that :class:`outcrop.cli.output.Output` writes. What is over in half a
second gets no bar, and the library that draws is not even imported for it. Bars vanish when their work ends; whoever
writes a line calls :meth:`Bars.hide` first, and the next event brings them back below it.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from outcrop.base.events import Event

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 0.5
"""Seconds of work before a bar appears."""
_FORGOTTEN = 20.0
"""Seconds without news after which a bar goes: its work has failed, or waits for something else."""
_WORDS = {"index": "indexing", "fetch": "fetching"}


@dataclass
class _Work:
    """One thing that goes on."""

    words: str
    unit: str
    began: float
    heard: float
    done: int = 0
    total: int | None = None
    task: TaskID | None = field(default=None, compare=False)


class Bars:
    """Progress bars on ``stream``, a terminal. Events may come from several threads."""

    def __init__(self, stream: TextIO, *, colour: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._colour = colour
        self._clock = clock
        self._lock = threading.Lock()
        self._works: dict[tuple[str, str], _Work] = {}
        self._progress: Progress | None = None
        self._registered = False

    def report(self, event: Event) -> None:
        """Draw what an event says about progress; other events are left alone."""
        kind, _, what = event.kind.partition(".")
        if kind not in _WORDS:
            return
        with self._lock:
            key = (kind, event.subject)
            if what == "started":
                self._begin(key, event)
            elif what == "progress":
                work = self._works.get(key) or self._begin(key, event)
                work.done, work.total, work.heard = event.done or 0, event.total, self._clock()
                self._draw()
            else:
                self._end(key)

    def hide(self) -> None:
        """Take the bars off the terminal, so that lines can be written; work that goes on brings them back."""
        with self._lock:
            self._erase()

    def _begin(self, key: tuple[str, str], event: Event) -> _Work:
        self._end(key)
        now = self._clock()
        words = f"{_WORDS[key[0]]} {event.subject}"
        work = self._works[key] = _Work(words, key[0], now, now, total=event.total)
        return work

    def _end(self, key: tuple[str, str]) -> None:
        work = self._works.pop(key, None)
        if work is not None and work.task is not None and self._progress is not None:
            self._progress.remove_task(work.task)
            if not self._progress.tasks:
                self._erase()

    def _draw(self) -> None:
        now = self._clock()
        for key in [key for key, work in self._works.items() if now - work.heard > _FORGOTTEN]:
            self._end(key)
        shown = [work for work in self._works.values() if work.done and now - work.began >= _PATIENCE]
        if not shown:
            return
        progress = self._progress or self._start()
        for work in shown:
            amount = _bytes(work.done, work.total) if work.unit == "fetch" else _count(work.done, work.total)
            if work.task is None:
                work.task = progress.add_task(work.words, total=work.total, completed=work.done, amount=amount)
            else:
                progress.update(work.task, total=work.total, completed=work.done, amount=amount)

    def _start(self) -> Progress:
        from rich.console import Console  # slow to import, and short work needs none of it
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(file=self._stream, force_terminal=True, no_color=not self._colour, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[amount]}", markup=False),
            console=console,
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        if not self._registered:
            # The cursor is hidden meanwhile: it must come back however the program ends.
            self._registered = True
            atexit.register(self.hide)
        self._progress.start()
        return self._progress

    def _erase(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            for work in self._works.values():
                work.task = None


def _count(done: int, total: int | None) -> str:
    return f"{done:,}" if total is None else f"{done:,}/{total:,}"


def _bytes(done: int, total: int | None) -> str:
    return f"{done / 1e6:.1f} MB" if total is None else f"{done / 1e6:.1f}/{total / 1e6:.1f} MB"
