"""What an interpreter says of itself, always about the *base* Python behind whatever was asked.

A pyenv-style shim, a wrapper script, a virtual environment or a view is run once and tells its base prefix and
program; a shim's directory is never taken for a prefix. Answers are remembered until the files they rest on change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from outcrop.base.patterns import pattern
from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, run
from outcrop.base.remembered import recall, remember
from outcrop.python.errors import InterpreterError

OLDEST = (3, 8)
"""The oldest Python that can be a base."""

_FACTS_SCHEMA = 1
_MARK = "outcrop-python-facts:"
_SCRIPT = Path(__file__).with_name("facts_script.py")
_TIMEOUT = 30.0
_SHIM_VARIABLES = ("HOME", "PYENV_ROOT", "PYENV_VERSION", "ASDF_DIR", "ASDF_DATA_DIR", "ASDF_PYTHON_VERSION")
_NAME = pattern(r"python3(\.[0-9]+)?\Z")


class Interpreter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts of a base Python.

    ``executable`` lies in the prefix's own ``bin`` and is ``python3.X`` where that is the same program. ``purelib``,
    ``platlib``, ``scripts`` and ``include`` are those of its *virtual environments*, relative to their prefix.
    ``include_dir`` is where its own headers are or would be; ``libpython`` the shared library, when there is one.
    ``found_as`` is what was asked.
    """

    executable: str
    prefix: str
    version: str
    xy: str
    implementation: str
    soabi: str
    platform: str
    purelib: str
    platlib: str
    scripts: str
    include: str
    lib64: bool
    include_dir: str
    has_headers: bool
    libpython: str = ""
    shared: bool = False
    has_venv: bool = True
    has_ensurepip: bool = True
    distribution: str = ""
    found_as: str = ""

    @property
    def abi(self) -> str:
        """What compiled modules depend on: ``3.11 cpython-311-x86_64-linux-gnu``."""
        return f"{self.xy} {self.soabi}"


class _Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered: facts, or why there are none."""

    facts: Interpreter | None = None
    failure: str = ""
    details: tuple[str, ...] = ()


def probe(path: Path, cache_dir: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Interpreter:
    """Facts of the base Python behind ``path``.

    Costs one process (two when ``path`` is a copy of its base), none when remembered. A shim is asked with its own
    variables from ``environ`` and from the root directory, so that the answer does not hang on the directory one
    happens to stand in.

    Raises:
        InterpreterError: nothing there, not a working Python, or older than :data:`OLDEST`.
    """
    question = _Question.about(path, environ or {})
    answer = recall(cache_dir, question.key, _Answer)
    if answer is None:
        answer = _ask(question, cache_dir)
    if answer.facts is None:
        raise InterpreterError(answer.failure, details=answer.details)
    return answer.facts


def probe_all(
    paths: Iterable[Path], cache_dir: Path | None = None, *, environ: Mapping[str, str] | None = None
) -> list[Interpreter]:
    """Facts of those that are usable, in order; others are passed over. Those not remembered are asked side by side."""
    answers: dict[_Question, _Answer] = {}
    unknown = []
    for path in paths:
        try:
            question = _Question.about(path, environ or {})
        except InterpreterError:
            continue
        answer = recall(cache_dir, question.key, _Answer)
        answers[question] = answer or _Answer()
        if answer is None:
            unknown.append(question)
    if unknown:
        from concurrent.futures import ThreadPoolExecutor  # here, not above: never needed by a warm start

        with ThreadPoolExecutor(max_workers=4) as pool:
            answers.update(zip(unknown, pool.map(lambda question: _ask(question, cache_dir), unknown), strict=True))
    return [answer.facts for answer in answers.values() if answer.facts is not None]


def find_interpreters(path: str) -> list[Path]:
    """Programs named ``python3`` or ``python3.X`` on a PATH, in its order, ``python3`` first in each directory.

    The same program under several names, and directories that are links to earlier ones, are listed once. Nothing is
    run: shims and broken ones are included.
    """
    found: list[Path] = []
    directories: set[str] = set()
    programs: set[str] = set()
    for entry in path.split(os.pathsep):
        directory = os.path.realpath(entry) if entry else ""
        if not directory or directory in directories:
            continue
        directories.add(directory)
        for name in sorted(filter(_NAME.match, _names(directory)), key=_order):
            candidate = Path(directory, name)
            program = os.path.realpath(candidate)
            if not os.access(candidate, os.X_OK) or (program in programs and not _is_shim(str(candidate))):
                continue
            programs.add(program)
            found.append(candidate)
    return found


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208  (names only: there may be thousands)
    except OSError:
        return []


def _order(name: str) -> tuple[int, int]:
    minor = name.partition(".")[2]
    return (1, -int(minor)) if minor else (0, 0)


def _is_shim(path: str) -> bool:
    """Whether what it starts may change while it stays as it is: a script, or a manager's program under our name."""
    if not os.path.realpath(path).rpartition("/")[2].startswith(("python", "pypy")):
        return True
    try:
        with open(path, "rb") as stream:
            return stream.read(2) == b"#!"
    except OSError:
        return False


class _Question(msgspec.Struct, frozen=True):
    """Which program is asked, and with what variables."""

    path: str
    variables: tuple[tuple[str, str], ...]

    @classmethod
    def about(cls, path: Path, environ: Mapping[str, str]) -> _Question:
        asked = os.path.abspath(path)  # noqa: PTH100  (not Path.absolute: that keeps "..")
        if not Path(asked).exists():
            raise InterpreterError(
                f"there is no Python at {asked}",
                hint="name another interpreter, or install this one again",
                code="python-gone",
            )
        if Path(asked).is_dir() or not os.access(asked, os.X_OK):
            raise InterpreterError(f"{asked} is not a program")
        # A program gets none of the user's variables, a shim those that choose what it starts.
        chosen = {name: environ[name] for name in _SHIM_VARIABLES if name in environ} if _is_shim(asked) else {}
        return cls(asked, tuple(sorted({**PLAIN_ENVIRONMENT, **chosen}.items())))

    @property
    def key(self) -> str:
        return msgspec.json.encode([_FACTS_SCHEMA, self.path, self.variables]).decode()

    def deciders(self) -> Iterable[str]:
        """Files that decide what the path stands for: a venv's configuration; for a shim, the chosen versions."""
        above = Path(self.path).parent.parent
        yield self.path
        yield str(above / "pyvenv.cfg")
        if _is_shim(self.path):
            yield str(above / "version")
            yield str(above / "versions")
            home = dict(self.variables).get("HOME")
            if home:
                yield str(Path(home, ".tool-versions"))


def _ask(question: _Question, cache_dir: Path | None) -> _Answer:
    """Run the program, follow it to its base, remember what it said."""
    path = question.path
    watch: list[str] = []
    try:
        raw = _run_script(path, dict(question.variables))
        _check_age(path, str(raw["xy"]), str(raw["version"]))
        executable = str(raw["executable"])
        if os.path.realpath(executable) != raw["program"]:
            base = raw["prefix"]
            raw = _run_script(executable, PLAIN_ENVIRONMENT)
            if raw["prefix"] != base:
                raise InterpreterError(f"{path} says its base is {base}, but {executable} says {raw['prefix']}")
        watch = [*raw.pop("watch"), executable]
        answer = _Answer(facts=msgspec.convert({**raw, "found_as": path}, Interpreter))
    except InterpreterError as error:
        answer = _Answer(failure=error.message, details=error.details)
        cause = error.__cause__
        # Failures of programs are quick, and may be cured out of our sight; so may one that took too long.
        if not _is_shim(path) or (isinstance(cause, ProcessError) and cause.status is None):
            return answer
    remember(cache_dir, question.key, answer, [*question.deciders(), *watch])
    return answer


def _run_script(path: str, variables: Mapping[str, str]) -> dict[str, Any]:
    try:
        done = run([path, "-I", "-S", _SCRIPT], env=variables, cwd=Path("/"), timeout=_TIMEOUT)
    except ProcessError as error:
        raise InterpreterError(f"{path} does not run as a Python: {error.message}", details=error.details) from error
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(_MARK):
            return msgspec.json.decode(line.removeprefix(_MARK), type=dict[str, Any])
    raise InterpreterError(f"{path} is not a Python interpreter", details=done.stdout.splitlines()[-3:])


def _check_age(path: str, xy: str, version: str) -> None:
    if tuple(int(part) for part in xy.split(".")) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise InterpreterError(f"{path} is Python {version}; {oldest} is the oldest that can be used")
