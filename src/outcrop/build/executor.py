"""Carries a plan out: fetches in threads, each build in a process of its own, events through one queue.

Processes and time live here; what comes next is the scheduler's decision, and what a build does is the worker's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from outcrop.base.errors import OutcropError
from outcrop.base.events import Event, Reporter
from outcrop.base.files import remove_tree
from outcrop.build.guard import GRACE
from outcrop.build.job import BuildDirectories, Job, Said
from outcrop.build.plan import Action, BuildPlan
from outcrop.build.report import BuildReport, Failure, Fetched
from outcrop.build.scheduler import Fetch, Scheduler, Start, State
from outcrop.build.trees import adopt_orphans, children, descendants, end_processes, session_of
from outcrop.spec.graph import short
from outcrop.store import Store, remove_prefix

LOG_LINES = 20
"""How many last lines of a log a failure shows."""

_GUARDS_GRACE = GRACE + 1.0
"""Seconds between asking the builds' guards to end them and killing all that is left."""


@dataclass(frozen=True, slots=True)
class _FetchEnded:
    key: str
    result: Fetched | OutcropError


@dataclass(frozen=True, slots=True)
class _WorkerSaid:
    key: str
    said: Said


@dataclass(frozen=True, slots=True)
class _WorkerEnded:
    key: str
    status: int


_Happening = _FetchEnded | _WorkerSaid | _WorkerEnded


@dataclass(slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    phase: str = ""
    verdict: Said | None = None


class Executor:
    """One run of one plan; not to be used twice."""

    def __init__(
        self,
        plan: BuildPlan,
        directories: BuildDirectories,
        *,
        fetch: Callable[[str], Fetched],
        reporter: Reporter,
        slots: int,
        fail_fast: bool = False,
        keep_stage: bool = False,
        tests: Iterable[str] = (),
        explicit: Iterable[str] = (),
    ) -> None:
        self.plan = plan
        self.directories = directories
        self.reporter = reporter
        self.keep_stage = keep_stage
        self.tests = frozenset(tests)
        self.explicit = frozenset(explicit)
        self._fetch = fetch
        self._scheduler = Scheduler(plan, slots=slots, fail_fast=fail_fast)
        self._happenings: queue.SimpleQueue[_Happening] = queue.SimpleQueue()
        self._running: dict[str, _Running] = {}
        self._fetched: dict[str, Fetched] = {}
        self._stages: dict[Path, int] = {}
        self._spared: frozenset[int] = frozenset()
        self.report = BuildReport(reused=plan.keys(Action.REUSE))

    def run(self) -> BuildReport:
        """Do everything the plan says; never raises for a failed build, see the report.

        Whatever else is raised here, such as what a signal's handler raises, comes out after all processes of all
        builds have ended, with a note of which builds these were. Raised once more meanwhile, it cuts short their
        grace.
        """
        # Guards end what their builds leave behind; this is for what a guard leaves that was killed itself.
        adopting = adopt_orphans()
        self._spared = frozenset(children(os.getpid()))
        try:
            self._carry_out()
        except BaseException as error:
            running = [self.plan.graph[key] for key in self._running]
            self._end_everything()
            if names := sorted(f"{node.name}@{node.version}" for node in running if not node.is_external):
                error.add_note(f"builds ended: {', '.join(names)}")
            raise
        finally:
            for lock in self._stages.values():
                os.close(lock)
            adopt_orphans(adopting)
        self.report.skipped = dict(self._scheduler.skipped)
        for key in self._scheduler.keys(State.WAITING):
            self.report.skipped.setdefault(key, self.report.failures[0].key)
        return self.report

    def _carry_out(self) -> None:
        while not self._scheduler.is_over:
            for instruction in self._scheduler.next():
                if isinstance(instruction, Fetch):
                    # Nobody waits for a download when all is to end.
                    threading.Thread(target=self._fetch_sources, args=(instruction.key,), daemon=True).start()
                else:
                    self._start(instruction)
            if not self._scheduler.is_over:
                self._take(self._happenings.get())

    # what is started

    def _fetch_sources(self, key: str) -> None:
        try:
            result: Fetched | OutcropError = self._fetch(key)
        except OutcropError as error:
            result = error
        except Exception as error:
            result = OutcropError(f"fetching failed unexpectedly: {error!r}")
        self._happenings.put(_FetchEnded(key, result))

    def _start(self, instruction: Start) -> None:
        key = instruction.key
        node = self.plan.graph[key]
        stage = self._stage(key)
        fetched = self._fetched.get(key, Fetched())
        reached = self.plan.graph.closure([key])
        job = Job(
            key=key,
            nodes={each: self.plan.graph[each] for each in reached},
            store=self.directories.store,
            stage=str(stage),
            repositories=self.directories.repositories,
            recipe_cache=self.directories.recipe_cache,
            licenses=self.directories.licenses,
            archives=fetched.archives,
            patches=fetched.patches,
            jobs=instruction.jobs,
            tests=key in self.tests,
            explicit=key in self.explicit,
            keep_stage=self.keep_stage,
            external=self.plan.actions[key] is Action.EXTERNAL,
        )
        job_file = stage / "job.json"
        job_file.write_bytes(msgspec.json.encode(job))
        log = stage / "build.log"
        reading, writing = os.pipe()
        # The guard holds the stage's lock, too: nobody takes the stage while processes of a dead run still work in it.
        shared = [writing, *([self._stages[stage]] if stage in self._stages else [])]
        with open(log, "wb") as stream:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-m", "outcrop.build.worker"),
                    *(str(job_file), str(os.getpid()), *map(str, shared)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=worker_environment(),
                pass_fds=shared,
                start_new_session=True,
            )
        os.close(writing)
        self._running[key] = _Running(process, log, time.monotonic())
        threading.Thread(target=self._listen, args=(key, process, reading), daemon=True).start()
        if not node.is_external:
            self._say("build.started", node.name, f"{node.name}@{node.version} /{short(key)}")

    def _stage(self, key: str) -> Path:
        """An empty directory for one build: always the same one, unless another run is using that."""
        node = self.plan.graph[key]
        usual = Path(self.directories.stage) / f"{node.name}-{node.version}-{short(key)}"
        # Lock files stay: one that is removed while somebody waits for it locks nothing.
        locks = usual.parent / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        lock = os.open(locks / usual.name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            other = Path(tempfile.mkdtemp(prefix=f"{usual.name}-", dir=usual.parent))
            self._stages[other] = lock = os.open(locks / other.name, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(lock, fcntl.LOCK_EX)
            other.mkdir(exist_ok=True)  # whoever cleans up may have been quicker
            return other
        self._stages[usual] = lock
        remove_tree(usual)
        usual.mkdir()
        return usual

    def _listen(self, key: str, process: subprocess.Popen[bytes], reading: int) -> None:
        with open(reading, "rb") as stream:
            for line in stream:
                with contextlib.suppress(msgspec.DecodeError):
                    self._happenings.put(_WorkerSaid(key, msgspec.json.decode(line, type=Said)))
        self._happenings.put(_WorkerEnded(key, process.wait()))

    # what happens

    def _take(self, happening: _Happening) -> None:
        if isinstance(happening, _FetchEnded):
            self._take_fetch(happening)
        elif isinstance(happening, _WorkerSaid):
            self._take_said(happening)
        else:
            self._take_end(happening)

    def _take_fetch(self, happening: _FetchEnded) -> None:
        key, result = happening.key, happening.result
        if isinstance(result, Fetched):
            self._fetched[key] = result
            self._scheduler.fetched(key)
            return
        self._fail(key, "fetch", str(result), details=result.details, hint=result.hint or "")

    def _take_said(self, happening: _WorkerSaid) -> None:
        running = self._running[happening.key]
        said = happening.said
        name = self.plan.graph[happening.key].name
        if said.kind == "phase":
            running.phase = said.phase
            self._say("build.phase", name, said.phase)
        elif said.kind == "warning":
            self._say("warning", name, said.text)
        else:
            running.verdict = said

    def _take_end(self, happening: _WorkerEnded) -> None:
        key = happening.key
        running = self._running.pop(key)
        node = self.plan.graph[key]
        said = running.verdict
        if said is not None and said.kind in ("done", "present") and happening.status == 0:
            self._scheduler.finished(key)
            if said.kind == "present":
                self.report.reused.append(key)
            else:
                self.report.built.append(key)
            if not node.is_external:
                seconds = time.monotonic() - running.started
                text = "installed by another run" if said.kind == "present" else f"{seconds:.1f} s"
                self._say("build.done", node.name, f"{node.name}@{node.version} /{short(key)} ({text})")
            return
        if said is not None and said.kind == "error":
            message = f"{said.place}: {said.text}" if said.place else said.text
            self._fail(key, said.phase, message, said.details, said.hint, running.log, said.defect)
        elif happening.status < 0:
            self._end_strays()
            name = signal.Signals(-happening.status).name
            self._discard(key)
            self._fail(key, running.phase, f"the build process was ended by {name}", log=running.log)
        else:
            text = f"the build process ended with status {happening.status} and no word of why"
            self._fail(key, running.phase, text, log=running.log, defect=True)

    def _fail(
        self,
        key: str,
        phase: str,
        message: str,
        details: tuple[str, ...] = (),
        hint: str = "",
        log: Path | None = None,
        defect: bool = False,
    ) -> None:
        node = self.plan.graph[key]
        self._scheduler.failed(key)
        tail = tuple(last_lines(log, LOG_LINES)) if log is not None else ()
        self.report.failures.append(
            Failure(key, node.name, node.version, phase, message, details, hint, log, tail, defect)
        )
        self._say("build.failed", node.name, f"{node.name}@{node.version} /{short(key)} in phase {phase or 'start'}")

    # how it ends

    def _discard(self, key: str) -> None:
        """Remove what a worker that was killed left of its prefix."""

        def leave_it() -> None:
            raise OutcropError("another run makes this prefix now")

        store = Store(Path(self.directories.store))
        with contextlib.suppress(OutcropError), store.lock_prefix(key, waiting=leave_it):
            if not store.installed(key):
                remove_prefix(store.prefix(key, self.plan.graph[key]))

    def _end_everything(self) -> None:
        """Have the guards end their builds; then end what is left, fetches included, and remove what was begun."""
        for grace in (_GUARDS_GRACE, 0.0, 0.0, 0.0):
            try:
                guards = children(os.getpid())
                asked = [pid for pid in self._left() if pid < 0 or pid in guards]
                end_processes(self._left, grace=grace, asked=asked)
                for key in self._running:
                    if not self.plan.graph[key].is_external:
                        self._discard(key)
                break
            except Exception:
                raise
            except BaseException:
                continue

    def _left(self) -> list[int]:
        """Processes of this run that live; process groups, negative, where the system tells no more."""
        if sys.platform != "linux":
            return [-running.process.pid for running in self._running.values() if running.process.poll() is None]
        return descendants(os.getpid(), spared=self._spared)

    def _end_strays(self) -> None:
        """End processes of builds whose guard was killed. Fetches have their processes in this one's session."""
        guards = {running.process.pid for running in self._running.values()}
        strays: set[int] = set()

        def left() -> list[int]:
            below = descendants(os.getpid(), spared=self._spared | guards)
            strays.update(pid for pid in below if session_of(pid) not in (None, session_of(0)))
            return [pid for pid in below if pid in strays]

        end_processes(left, grace=0.0)
        for pid in strays:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def _say(self, kind: str, subject: str, text: str) -> None:
        self.reporter.report(Event(kind, subject, text))


def worker_environment() -> dict[str, str]:
    """The environment a worker starts from: an allow-list, so that nothing of the user's shell reaches a build.

    ``HOME`` and ``TMPDIR`` are set by the worker, inside its stage.
    """
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "315619200",  # 1980-01-02: the first whole day that a zip archive can hold
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def last_lines(path: Path, count: int) -> list[str]:
    """The last ``count`` lines of a log that are not blank; only its last 64 KiB are read."""
    try:
        with open(path, "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 65536))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
