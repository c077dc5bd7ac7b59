"""Extraction in child processes: many recipes at once, and a wall around code that loops, crashes or exits.

The parent side is :func:`extract_all`; the child side is :func:`main`, run as ``python -m outcrop.repo.workers``. A
child is told what world it is in, then names, a few at a time (:mod:`outcrop.repo.shares`), until its standard input
ends. It writes one answer per recipe, in order; so the first recipe that is not answered is the one that brought a
child down. Every message has its length in front. Children see an environment that is the same everywhere, so that
models do not depend on the user's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn

import msgspec

import outcrop
from outcrop.base.events import Event, Reporter
from outcrop.repo.bytecode import ByteCode, CodeBlobs
from outcrop.repo.cache import Failure, ModelCache
from outcrop.repo.errors import RecipeError
from outcrop.repo.files import Files
from outcrop.repo.index import Facts, facts_of
from outcrop.repo.layout import Repository, load_repository
from outcrop.repo.model import PackageModel
from outcrop.repo.shares import Shares

_LENGTH = struct.Struct("<I")
_SHARE = 24
"""Recipes for which a further child is worth its start."""
_PATIENCE = 60.0
"""Seconds one recipe may take; the slowest public one takes well below a tenth of one."""
_START = 60.0
"""Seconds a child may take to start."""
_PIPE = 1 << 20
"""Bytes of answers that a child may be ahead of its parent."""
_NAP = 0.02
"""Seconds the parent sleeps to find several answers at once."""


class _Job(msgspec.Struct, frozen=True):
    roots: tuple[str, ...]
    cache: str
    namespace: str


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a child says about one recipe: the facts, the entry for the cache, encoded, and byte code to keep."""

    facts: Facts
    entry: bytes
    code: CodeBlobs = {}


class _Child:
    """One running child."""

    def __init__(self, number: int, job: _Job, environment: dict[str, str]) -> None:
        self.number = number
        self.started = False
        self.waiting: deque[str] = deque()
        """Recipes it was given and has not answered for."""
        self._ends: deque[str] = deque()
        self.buffer = b""
        self.heard = time.monotonic()
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the child)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "outcrop.repo.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input: IO[bytes] = self.process.stdin
        self.output: IO[bytes] = self.process.stdout
        self.patient = _widen(self.output.fileno())
        """It can go on while nobody reads."""
        self._tell(job)

    def _tell(self, message: object) -> None:
        data = msgspec.msgpack.encode(message)
        # One that died is noticed when its output ends.
        with contextlib.suppress(BrokenPipeError):
            self.input.write(_LENGTH.pack(len(data)) + data)
            self.input.flush()

    def give(self, names: Sequence[str]) -> None:
        """More work; without names, it may go."""
        if names:
            self.waiting.extend(names)
            self._ends.append(names[-1])
            self._tell(names)
        else:
            with contextlib.suppress(BrokenPipeError):
                self.input.close()

    def take(self, data: bytes) -> list[_Answer]:
        """Answers that are complete with what was read just now."""
        self.heard = time.monotonic()
        self.buffer += data
        view = memoryview(self.buffer)
        answers: list[_Answer] = []
        start = 0
        while len(view) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(view, start)
            end = start + _LENGTH.size + length
            if len(view) < end:
                break
            answer = _ANSWERS.decode(view[start + _LENGTH.size : end])
            start = end
            if self.started:
                if self.waiting.popleft() == self._ends[0]:
                    self._ends.popleft()
                answers.append(answer)
            self.started = True
        self.buffer = self.buffer[start:]
        return answers

    @property
    def runs(self) -> int:
        """How many of the runs it was given are not finished."""
        return len(self._ends)

    @property
    def silence(self) -> float:
        """Seconds since it was last heard; of the time it may take to start, only what is beyond that."""
        return time.monotonic() - self.heard - (0 if self.started else _START)

    def end(self) -> tuple[int, str]:
        """Make sure it is gone; its status and the end of what it said."""
        self.give(())
        if self.process.poll() is None and self.waiting:
            self.process.kill()
        status = self.process.wait()
        self.output.close()
        self.errors.seek(0)
        text = self.errors.read().decode(errors="replace").strip()
        self.errors.close()
        return status, text


_ANSWERS = msgspec.msgpack.Decoder(_Answer)


def extract_all(
    repositories: Sequence[Repository],
    repository: Repository,
    names: Sequence[str],
    cache: ModelCache,
    reporter: Reporter,
    *,
    jobs: int | None = None,
    patience: float = _PATIENCE,
) -> Iterator[Facts]:
    """Import recipes of ``repository`` in as many processes as there is work for, and keep what was made when it ends.

    Reports ``index.progress`` when more than one process works. A recipe that fails yields facts with a ``failure``;
    one that brings its process down or takes longer than ``patience`` seconds, too.
    """
    count = max(1, min(jobs or len(os.sched_getaffinity(0)), -(-len(names) // _SHARE)))
    job = _Job(tuple(str(item.root) for item in repositories), str(cache.root), repository.namespace)
    team = _Team(repository, job, Shares(names, count), patience)
    done = 0
    try:
        for answers in team.work():
            for answer in answers:
                done += 1
                yield answer.facts
            if count > 1 and answers:
                reporter.report(Event("index.progress", repository.namespace, done=done, total=len(names)))
    finally:
        team.close()
        cache.write(repository, team.entries)
        ByteCode(cache).keep(team.code)


class _Team:
    """The children that work at one time."""

    def __init__(self, repository: Repository, job: _Job, shares: Shares, patience: float) -> None:
        self._repository = repository
        self._job = job
        self._shares = shares
        self._patience = patience
        self._environment = _environment()
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self.entries: dict[str, bytes] = {}
        """For the cache, by package."""
        self.code: CodeBlobs = {}
        """Likewise."""

    def work(self) -> Iterator[list[_Answer]]:
        """Answers as they come in, also for recipes that brought a child down."""
        for number in range(self._shares.count):
            self._start(number)
        while self._children:
            ready = self._selector.select(timeout=min(self._patience, 1.0))
            for key, _ in ready:
                child: _Child = key.data
                data = os.read(child.output.fileno(), _PIPE)
                answers = child.take(data)
                for answer in answers:
                    self.entries[answer.facts.name] = answer.entry
                    for identity, blobs in answer.code.items():
                        self.code.setdefault(identity, {}).update(blobs)
                self._feed(child)
                yield answers
                if not data:
                    yield self._bury(child)
            for child in [child for child in self._children if child.silence > self._patience]:
                yield self._bury(child, silent=True)
            if len(self._children) > 1 and all(child.patient for child in self._children):
                time.sleep(_NAP)

    def _start(self, number: int) -> None:
        child = _Child(number, self._job, self._environment)
        self._children.append(child)
        self._selector.register(child.output, selectors.EVENT_READ, child)
        self._feed(child)

    def _feed(self, child: _Child) -> None:
        """Let it have two runs of recipes, so that it never waits for the next."""
        while child.runs < 2 and not child.input.closed:
            child.give(self._shares.take(child.number))

    def _bury(self, child: _Child, *, silent: bool = False) -> list[_Answer]:
        """End a child, and hand on what is left of its work; the recipe that brought it down is answered for here."""
        self._selector.unregister(child.output)
        self._children.remove(child)
        waiting = list(child.waiting)
        status, text = child.end()
        if not child.started:
            raise RuntimeError(f"a process that should import recipes did not start (status {status}):\n{text}")
        if not waiting:
            return []
        culprit, *rest = waiting
        if silent:
            happened = f"has not ended after {self._patience:g} s"
        elif status < 0:
            happened = f"killed the process that imported it ({signal.Signals(-status).name})"
        else:
            happened = f"ended the process that imported it (status {status})"
        failure = Failure(
            f"the recipe of {self._repository.namespace}.{culprit} {happened}",
            self._repository.recipe_path(culprit),
            details=tuple(text.splitlines()[-5:]),
            hint="look at what it does outside of functions",
        )
        self._shares.give_back(rest)
        if self._shares:
            self._start(child.number)
        return [_Answer(Facts(culprit, (), failure=failure), b"")]

    def close(self) -> None:
        """End whatever still runs."""
        for child in self._children:
            child.end()
        self._selector.close()


def _widen(descriptor: int) -> bool:
    """Let a pipe hold more, where that is possible."""
    setting = getattr(fcntl, "F_SETPIPE_SZ", None)
    if setting is None:
        return False
    try:
        fcntl.fcntl(descriptor, setting, _PIPE)
    except OSError:
        return False
    return True


def _environment() -> dict[str, str]:
    """What a child sees: nothing that differs between users, except where Python finds our modules."""
    home = str(Path(outcrop.__file__).parent.parent)
    search = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(search),
    }


def main() -> NoReturn:
    """The child: answer for the recipes it is given until there are no more, then exit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.dup(1)
    # Whatever recipes write to the descriptor itself goes nowhere.
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    job = msgspec.msgpack.decode(_message(questions) or b"", type=_Job)
    for answer in answer_all(job, _runs(questions)):
        data = msgspec.msgpack.encode(answer)
        data = _LENGTH.pack(len(data)) + data
        while data:
            data = data[os.write(answers, data) :]
    os._exit(0)


def _message(stream: IO[bytes]) -> bytes | None:
    """The next message; ``None`` at the end."""
    head = stream.read(_LENGTH.size)
    return stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def _runs(stream: IO[bytes]) -> Iterator[Sequence[str]]:
    while (message := _message(stream)) is not None:
        yield msgspec.msgpack.decode(message, type=tuple[str, ...])


def answer_all(job: _Job, runs: Iterable[Sequence[str]]) -> Iterator[_Answer]:
    """A first sign of life, then an answer for each recipe."""
    import gc

    from outcrop.repo.extract import Extractor
    from outcrop.repo.importing import Importer

    # Everything lives until the end: collecting would only look at it again and again.
    gc.disable()
    repositories = [load_repository(Path(root)) for root in job.roots]
    repository = next(item for item in repositories if item.namespace == job.namespace)
    files = Files(repositories)
    cache = ModelCache(Path(job.cache), repositories, files)
    extractor = Extractor(repositories, files)
    code = ByteCode(cache)
    importer = Importer(repositories, code)
    importer.install()
    yield _Answer(Facts("", ()), b"")
    for names in runs:
        importer.prepare(repository, names)
        for name in names:
            model: PackageModel | None = None
            failure: Failure | None = None
            printed = ""
            try:
                loaded = importer.load(repository, name)
                model, paths = extractor.extract(repository, name, loaded)
                printed = str(loaded.printed or "")
            except RecipeError as error:
                failure = Failure.of(error)
                paths = importer.files_tried(repository, name)
            entry = cache.make(map(extractor.relative, paths), model, failure, printed)
            yield _Answer(facts_of(name, entry, model), msgspec.msgpack.encode(entry), code.take())


if __name__ == "__main__":
    main()
