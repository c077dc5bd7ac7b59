"""Progress bars: when they appear, what they say, and that they leave nothing behind."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading

import pytest

from outcrop.base.events import Event
from outcrop.cli.progress import Bars


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def bars(screen: io.StringIO, clock: Clock) -> Bars:
    return Bars(screen, colour=False, clock=clock)


def seen(screen: io.StringIO) -> str:
    """What was drawn, without control sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())


def progress(done: int, total: int | None = 8931, kind: str = "index", subject: str = "builtin") -> Event:
    return Event(f"{kind}.progress", subject, done=done, total=total)


def test_long_work_gets_a_bar(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(Event("index.started", "builtin", done=0, total=8931))
    clock.now += 1
    bars.report(progress(3120))
    bars.hide()
    assert "indexing builtin" in seen(screen)
    assert "3,120/8,931" in seen(screen)


def test_short_work_gets_none(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(Event("index.started", "core", done=0, total=20))
    clock.now += 0.2
    bars.report(progress(20, 20, subject="core"))
    bars.report(Event("index.done", "core", done=20, total=20))
    assert screen.getvalue() == ""


def test_the_cursor_comes_back_and_the_bar_goes(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(progress(1))
    clock.now += 1
    bars.report(progress(2))
    bars.report(Event("index.done", "builtin", done=8931, total=8931))
    drawn = screen.getvalue()
    assert drawn.rfind("\x1b[?25h") > drawn.rfind("\x1b[?25l") >= 0
    # The last thing that happens to the line is that it is erased.
    assert drawn.rfind("\x1b[2K") > drawn.rfind("indexing")
    bars.hide()
    assert screen.getvalue() == drawn


def test_a_line_may_come_between(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(progress(1))
    clock.now += 1
    bars.report(progress(2))
    bars.hide()
    screen.write("a line\n")
    bars.report(progress(5000))
    bars.hide()
    assert "5,000/8,931" in seen(screen).partition("a line\n")[2]


def test_several_downloads_at_once_from_several_threads(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    names = [f"p{number}@1.0" for number in range(4)]
    for name in names:
        bars.report(Event("fetch.started", name, "p.tar.gz"))
    clock.now += 1

    def load(name: str) -> None:
        for done in range(1, 50):
            bars.report(progress(done * 1_000_000, 49_000_000 if name != names[0] else None, "fetch", name))

    threads = [threading.Thread(target=load, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bars.hide()
    text = seen(screen)
    assert all(f"fetching {name}" in text for name in names)
    assert "49.0/49.0 MB" in text
    assert "49.0 MB" in text.replace("49.0/49.0 MB", "")


def test_work_that_is_not_heard_of_any_more_goes(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(progress(1, kind="fetch", subject="lost"))
    clock.now += 1
    bars.report(progress(2, kind="fetch", subject="lost"))
    clock.now += 60
    bars.report(progress(1))
    clock.now += 1
    bars.hide()
    before = len(screen.getvalue())
    bars.report(progress(2))
    bars.hide()
    assert "lost" not in screen.getvalue()[before:]
    assert "indexing builtin" in screen.getvalue()[before:]


def test_other_events_are_left_alone(bars: Bars, screen: io.StringIO) -> None:
    for kind in ("warning", "build.started", "build.done", "view.updated"):
        bars.report(Event(kind, "x"))
    assert screen.getvalue() == ""


def test_brackets_in_names_are_no_markup(bars: Bars, screen: io.StringIO, clock: Clock) -> None:
    bars.report(progress(1, kind="fetch", subject="x [bold]"))
    clock.now += 1
    bars.report(progress(2, kind="fetch", subject="x [bold]"))
    bars.hide()
    assert "x [bold]" in seen(screen)


def test_the_drawing_library_is_imported_for_bars_only() -> None:
    script = (
        "import sys; from outcrop.base.events import Event; from outcrop.cli.progress import Bars\n"
        "bars = Bars(sys.stderr)\n"
        "bars.report(Event('index.started', 'core', done=0, total=20))\n"
        "bars.report(Event('index.done', 'core', done=20, total=20))\n"
        "assert 'rich' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
