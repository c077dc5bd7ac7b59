"""Running programs from recipes: ``Executable``, ``which``, ``MakeExecutable``.

Nothing here writes a word of its own: a child inherits the output of the worker unless the recipe asks for its text.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol, Self

from outcrop.package.errors import SpackError
from outcrop.package.programs.jobs import get_effective_jobs
from outcrop.package.programs.talk import tty


class ProcessError(SpackError):
    """A program failed, or could not be started; ``long_message`` has its command line and captured text."""

    code = "program-failed"


class ProcessTimeoutError(ProcessError):
    """A program was killed because its time was over."""

    code = "program-timeout"


class CommandNotFoundError(SpackError):
    """None of the programs asked for is on the search path."""

    code = "program-not-found"


class Modifications(Protocol):
    """What ``env=`` and ``extra_env=`` need to know of ``EnvironmentModifications``."""

    def apply(self, environ: MutableMapping[str, str]) -> None:
        """Change ``environ``."""


EnvironmentArgument = Mapping[str, str] | Modifications
Command = str | os.PathLike[str]
OutputTarget = None | type[str] | Callable[..., Any] | IO[Any] | str | os.PathLike[str]
"""None: inherit. ``str``: capture. ``str.split``: capture and echo. Otherwise an open file or the name of one."""


class Executable:
    """A program with arguments and environment that every call of it gets.

    ``command`` is one program name or path and is never split at blanks. Two executables are equal when their command
    lines are.
    """

    def __init__(self, command: Command) -> None:
        name = os.fspath(command)
        if not isinstance(name, str):
            raise TypeError(f"a program's name must be text, got {type(name).__name__}")
        if not name:
            raise ProcessError("an Executable needs the name of a program, got an empty text")
        self.exe: list[str] = [str(name)]
        self.default_env: dict[str, str] = {}
        self.default_envmod: list[Modifications] = []
        self.returncode: int | None = None

    @property
    def path(self) -> str:
        """The program as it was given."""
        return self.exe[0]

    @property
    def name(self) -> str:
        """Base name of the program."""
        return Path(self.path).name

    @property
    def command(self) -> str:
        """Program and default arguments, joined by blanks."""
        return " ".join(self.exe)

    def add_default_arg(self, *args: str) -> None:
        """Arguments that precede those of every call."""
        self.exe.extend(args)

    def with_default_args(self, *args: str) -> Self:
        """A copy with further default arguments."""
        other = self.copy()
        other.add_default_arg(*args)
        return other

    def add_default_env(self, key: str, value: object) -> None:
        """A variable that every call gets."""
        self.default_env[key] = str(value)

    def add_default_envmod(self, envmod: Modifications) -> None:
        """Modifications applied to the environment of every call, before :meth:`add_default_env`'s variables."""
        self.default_envmod.append(envmod)

    def copy(self) -> Self:
        """Another executable with the same program and defaults of its own."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.exe = list(self.exe)
        other.default_env = dict(self.default_env)
        other.default_envmod = list(self.default_envmod)
        other.returncode = None
        return other

    def __call__(
        self,
        *args: str,
        output: OutputTarget = None,
        error: OutputTarget = None,
        input: IO[Any] | str | os.PathLike[str] | None = None,  # noqa: A002 - recipes say input=
        env: EnvironmentArgument | None = None,
        extra_env: EnvironmentArgument | None = None,
        fail_on_error: bool = True,
        ignore_errors: int | Iterable[int] = (),
        ignore_quotes: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Run the program and wait for it.

        Returns:
            The captured text: output, then error text. None when nothing is captured.

        Raises:
            ProcessError: the program cannot be started, or ends with a status that is not 0 and not in
                ``ignore_errors`` (unless ``fail_on_error`` is false).
            ProcessTimeoutError: it ran longer than ``timeout`` seconds and was killed.
        """
        command = [*self.exe, *args]
        if not ignore_quotes:
            _warn_of_quotes(command)
        ignored = (ignore_errors,) if isinstance(ignore_errors, int) else tuple(ignore_errors)
        environ = self._environment(env, extra_env)
        with ExitStack() as files:
            stdin = _open_input(files, input)
            stdout, stderr = _open_outputs(files, output, error)
            _flush()
            try:
                process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=environ)
            except OSError as problem:
                self.returncode = problem.errno
                reason = problem.strerror or str(problem)
                raise ProcessError(f"cannot start {self.path}: {reason}", f"command: {_quoted(command)}") from problem
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as late:
                _kill(process)
                self.returncode = process.returncode
                raise ProcessTimeoutError(
                    f"{self.name} was killed after {timeout} seconds", f"command: {_quoted(command)}"
                ) from late
            except BaseException:
                _kill(process)
                raise
        self.returncode = process.returncode
        result = _collect(out, output, sys.stdout) + _collect(err, error, sys.stderr)
        if fail_on_error and self.returncode != 0 and self.returncode not in ignored:
            raise ProcessError(_failure(self.name, self.returncode), _long_failure(command, result))
        return result if _captured(output) or _captured(error) else None

    def _environment(self, env: EnvironmentArgument | None, extra: EnvironmentArgument | None) -> dict[str, str]:
        environ = dict(os.environ) if env is None else {}
        for modifications in self.default_envmod:
            modifications.apply(environ)
        environ.update(self.default_env)
        for argument in (env, extra):
            if isinstance(argument, Mapping):
                environ.update({str(name): str(value) for name, value in argument.items()})
            elif argument is not None:
                argument.apply(environ)
        return environ

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Executable) and self.exe == other.exe

    def __hash__(self) -> int:
        return hash((Executable, tuple(self.exe)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.exe}>"

    def __str__(self) -> str:
        return self.command


def _captured(target: OutputTarget) -> bool:
    return target is str or target is str.split


def _open_input(files: ExitStack, source: object) -> int | IO[Any] | None:
    if source is str or source is str.split:
        raise ValueError("input= takes an open file or a file's name; a program's input cannot be captured")
    if isinstance(source, (str, os.PathLike)):
        return files.enter_context(open(source, "rb"))
    return source  # type: ignore[return-value]


def _open_outputs(files: ExitStack, output: OutputTarget, error: OutputTarget) -> tuple[Any, Any]:
    opened: dict[str, IO[bytes]] = {}

    def target(wanted: OutputTarget) -> Any:
        if wanted is str or wanted is str.split:
            return subprocess.PIPE
        if isinstance(wanted, (str, os.PathLike)):
            # One name for both streams is one file: two openings would overwrite each other.
            name = os.fspath(wanted)
            if name not in opened:
                opened[name] = files.enter_context(Path(name).open("wb"))  # noqa: SIM115 - closed by the stack
            return opened[name]
        return wanted

    return target(output), target(error)


def _flush() -> None:
    # What Python has written so far must stand before what the child writes.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # closed, or replaced by something without a file
            continue


def _collect(data: bytes | None, target: OutputTarget, stream: Any) -> str:
    if data is None:
        return ""
    text = data.decode("utf-8", errors="replace")
    if target is str.split:
        stream.write(text)
        stream.flush()
    return text


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    try:
        # Grandchildren may hold the pipes open for ever, so what they write is not waited for.
        process.communicate(timeout=1)
    except subprocess.TimeoutExpired:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def _quoted(command: Iterable[str]) -> str:
    return " ".join(f"'{word}'" for word in command)


def _failure(name: str, status: int) -> str:
    if status < 0:
        return f"{name} was ended by signal {-status}"
    return f"{name} ended with exit status {status}"


def _long_failure(command: list[str], captured: str) -> str:
    text = f"command: {_quoted(command)}"
    return f"{text}\n{captured}" if captured else text


_QUOTED = re.compile(r"""^(?:"[^"]*"|'[^']*')$""")


def _warn_of_quotes(command: list[str]) -> None:
    quoted = [word for word in command[1:] if _QUOTED.match(word)]
    if quoted:
        tty.warn(
            f"{command[0]}: the program will see these quotes, as no shell removes them: {' '.join(quoted)}",
            "say ignore_quotes=True if that is meant",
        )


def which_string(*names: str, path: Command | Iterable[Command] | None = None, required: bool = False) -> str | None:
    """Like :func:`which`, but the program's path as text."""
    if path is None:
        path = os.environ.get("PATH", "")
    if isinstance(path, (str, os.PathLike)):
        entries = os.fspath(path).split(os.pathsep)
    else:
        entries = [os.fspath(entry) for entry in path]
    for name in names:
        folders = [".", *entries] if name.startswith(".") else entries
        for folder in folders:
            candidate = Path(folder).expanduser() / name
            if candidate.is_file() and os.access(candidate, os.X_OK):
                found = str(candidate)
                # pathlib drops the "./" that tells execvp to look here and not on the PATH.
                return found if "/" in found else f"./{found}"
    if required:
        wanted = " or ".join(names)
        raise CommandNotFoundError(f"program not found: {wanted}", f"searched: {os.pathsep.join(entries)}")
    return None


def which(*names: str, path: Command | Iterable[Command] | None = None, required: bool = False) -> Executable | None:
    """The first of ``names`` that is a program on ``path`` (a list, or text as in ``PATH``; default ``PATH``).

    Raises:
        CommandNotFoundError: none is there and ``required`` is true.
    """
    found = which_string(*names, path=path, required=required)
    return Executable(found) if found is not None else None


class MakeExecutable(Executable):
    """``make`` and its like: a call passes the number of jobs first."""

    def __init__(self, name: Command, *, jobs: int, supports_jobserver: bool = True) -> None:
        super().__init__(name)
        self.jobs = jobs
        self.supports_jobserver = supports_jobserver

    def __call__(
        self,
        *args: str,
        parallel: bool = True,
        jobs_env: str | None = None,
        jobs_env_supports_jobserver: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Run with ``-jN`` unless a job server is active.

        ``parallel=False`` means one job. ``jobs_env`` names a variable that gets the number too. Everything else is
        as for :class:`Executable`.
        """
        jobs = get_effective_jobs(self.jobs, parallel, self.supports_jobserver)
        if jobs is not None:
            args = (f"-j{jobs}", *args)
        if jobs_env:
            exported = get_effective_jobs(self.jobs, parallel, jobs_env_supports_jobserver)
            if exported is not None:
                kwargs["extra_env"] = _with_variable(kwargs.get("extra_env"), jobs_env, str(exported))
        return super().__call__(*args, **kwargs)


class _WithVariable:
    def __init__(self, base: Modifications, name: str, value: str) -> None:
        self._base, self._name, self._value = base, name, value

    def apply(self, environ: MutableMapping[str, str]) -> None:
        self._base.apply(environ)
        environ[self._name] = self._value


def _with_variable(base: EnvironmentArgument | None, name: str, value: str) -> EnvironmentArgument:
    if base is None:
        return {name: value}
    if isinstance(base, Mapping):
        return {**base, name: value}
    return _WithVariable(base, name, value)
