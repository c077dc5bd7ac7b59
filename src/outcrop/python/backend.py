"""Building a wheel from a source tree with its own back end (PEP 517), in another interpreter and a given environment.

Nothing is fetched and nothing is installed: what the back end needs must be importable for the interpreter already.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyproject_hooks

from outcrop.base.errors import InputError, Place
from outcrop.base.process import describe_status, render_command
from outcrop.python.errors import BackendError

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
"""For a source tree that names no back end (PEP 517)."""

ConfigSettings = Mapping[str, str | list[str]]

_TAIL = 15


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """The ``[build-system]`` table of a source tree, or what stands in for it (``declared`` is false then)."""

    backend: str
    requires: tuple[str, ...]
    backend_path: tuple[str, ...] = ()
    declared: bool = True


def read_build_system(source: Path) -> BuildSystem:
    """What builds ``source``: its ``pyproject.toml``, else setuptools in the way ``setup.py install`` worked.

    Raises:
        InputError: ``pyproject.toml`` is broken, or its table is not what PEP 518 says.
    """
    file = source / "pyproject.toml"
    legacy = BuildSystem(LEGACY_BACKEND, ("setuptools",), declared=False)
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return legacy
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not valid TOML: {error}", place=Place(file)) from error
    table = document.get("build-system")
    if table is None:
        return legacy
    if not isinstance(table, dict):
        raise InputError("build-system must be a table", place=Place(file))
    requires = _texts(file, table, "requires")
    backend = table.get("build-backend")
    if backend is None:
        return BuildSystem(LEGACY_BACKEND, requires, declared=False)
    if not isinstance(backend, str):
        raise InputError("build-system.build-backend must be a string", place=Place(file))
    return BuildSystem(backend, requires, _texts(file, table, "backend-path"))


def _texts(file: Path, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"build-system.{key} must be a list of strings", place=Place(file))
    return tuple(str(item) for item in value)


def build_wheel(
    source: Path,
    out: Path,
    *,
    python: Path,
    env: Mapping[str, str],
    config_settings: ConfigSettings | None = None,
    log: IO[str] | IO[bytes] | int | None = None,
) -> Path:
    """Build the wheel of ``source`` into ``out`` and return it.

    Args:
        python: the interpreter that runs the back end (the venv node's); also the ``sys.executable`` the back end sees.
        env: the whole environment of the back end; nothing of ours is added but the names of the hook.
        log: where the back end's output goes, as a file or a descriptor; without one its last lines are in the error.

    Raises:
        BackendError: the back end cannot be imported (names it and what the source tree requires), fails, or returns no
            wheel.
        InputError: ``pyproject.toml`` is broken.
    """
    system = read_build_system(source)
    out.mkdir(parents=True, exist_ok=True)
    with _output(log) as sink:
        runner = _Runner(env, sink, keep_tail=log is None)
        try:
            caller = pyproject_hooks.BuildBackendHookCaller(
                str(source), system.backend, system.backend_path or None, runner=runner, python_executable=str(python)
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the back end's own warnings, which are in its output already
                name = caller.build_wheel(str(out), dict(config_settings) if config_settings else None)
        except pyproject_hooks.BackendUnavailable as error:
            raise _unavailable(system, python, error.traceback) from error
        except ValueError as error:
            raise InputError(f"build-system.backend-path: {error}", place=Place(source / "pyproject.toml")) from error
        except _HookFailed as failure:
            raise BackendError(
                f"the build back end {system.backend} failed: {describe_status(failure.status)}",
                details=failure.tail,
            ) from failure
        except OSError as error:
            raise BackendError(f"the build back end {system.backend} ended without an answer: {error}") from error
    wheel = out / os.path.basename(name)  # noqa: PTH119
    if not wheel.is_file():
        raise BackendError(f"the build back end {system.backend} said it made {name}, which is not in {out}")
    return wheel


def _unavailable(system: BuildSystem, python: Path, traceback: str) -> BackendError:
    reason = traceback.strip().splitlines()[-1:]
    requires = ", ".join(system.requires) or "nothing"
    asked = "requires in pyproject.toml" if system.declared else "requires, as it names no back end of its own"
    return BackendError(
        f"the build back end {system.backend} cannot be imported by {python}",
        details=[*reason, f"the source tree {asked}: {requires}"],
        hint='add what is missing to the recipe: depends_on("py-...", type="build")',
        code="build-backend-missing",
    )


class _HookFailed(Exception):
    def __init__(self, status: int, tail: Sequence[str]) -> None:
        super().__init__(status)
        self.status = status
        self.tail = tuple(tail)


class _Runner:
    """Runs a hook for pyproject_hooks: its output to ``sink``, its environment given whole."""

    def __init__(self, env: Mapping[str, str], sink: IO[bytes] | IO[str] | int, *, keep_tail: bool) -> None:
        self._env = env
        self._sink = sink
        self._keep_tail = keep_tail

    def __call__(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        import subprocess  # here, not above: costs 5 ms where only the interface of this room is imported

        try:
            done = subprocess.run(
                list(cmd),
                cwd=cwd,
                env={**self._env, **(extra_environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=self._sink,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            raise BackendError(f"cannot run {render_command(cmd)}: {error.strerror or error}") from error
        if done.returncode != 0:
            raise _HookFailed(done.returncode, self._tail())

    def _tail(self) -> list[str]:
        if not self._keep_tail or isinstance(self._sink, int):
            return []
        self._sink.seek(0)
        data = self._sink.read()
        text = data if isinstance(data, str) else data.decode("utf-8", "backslashreplace")
        return text.strip().splitlines()[-_TAIL:]


@contextmanager
def _output(log: IO[str] | IO[bytes] | int | None) -> Iterator[IO[bytes] | IO[str] | int]:
    if log is None:
        with tempfile.TemporaryFile() as sink:
            yield sink
        return
    if not isinstance(log, int):
        log.flush()
    yield log
