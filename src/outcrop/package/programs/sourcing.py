"""What a sourced shell script does to the environment, and ``set_env``."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from outcrop.package.programs.executable import ProcessError
from outcrop.store.seal import Change

# Variables that describe the shell or the environment-modules program, not the software that was set up.
_NOT_OF_INTEREST = (
    r"_|SHLVL|PWD|OLDPWD|PS1|PS2|ENV|SHELLOPTS|BASHOPTS|LINES|COLUMNS",
    r"LOADEDMODULES|_LMFILES_|MODULEPATH|MODULERCFILE|MODULEPATH_.*|MODULES_.*|.*_modshare|.*_modquar",
    r"LMOD_.*|__LMOD_.*|_ModuleTable.*",
    r"BASH_FUNC_.*",
)
_PATH_LIKE_NAME = re.compile(r"(?:^|_)[A-Z]*PATH(?:_|$)|_DIRS$")


def environment_after_sourcing(
    filename: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    shell: str = "/bin/bash",
    shell_options: str = "-c",
    source_command: str = "source",
    suppress_output: str = "&> /dev/null",
    concatenate_on_success: str = "&&",
) -> dict[str, str]:
    """The environment of a shell started with ``environ`` once it has sourced ``filename``.

    Raises:
        RuntimeError: there is no such file.
        ProcessError: the shell or the script fails.
    """
    if not Path(filename).exists():
        raise RuntimeError(f"cannot source {filename}: there is no such file")
    # By its full path, because the script may well change PATH.
    lister = shutil.which("env") or "/usr/bin/env"
    words = " ".join(shlex.quote(str(word)) for word in (filename, *arguments))
    script = f"{source_command} {words} {suppress_output} {concatenate_on_success} {shlex.quote(lister)} -0"
    try:
        command = [shell, *shell_options.split(), script]
        done = subprocess.run(command, env=dict(environ), capture_output=True, check=False)
    except OSError as problem:
        raise ProcessError(f"cannot start {shell} to source {filename}: {problem.strerror}") from problem
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", errors="replace")
        raise ProcessError(f"sourcing {filename} ended with exit status {done.returncode}", said or None)
    listed = done.stdout.decode("utf-8", errors="surrogateescape").split("\0")
    return {name: value for name, _, value in (item.partition("=") for item in listed if item)}


def environment_difference(
    before: Mapping[str, str], after: Mapping[str, str], *, include: Iterable[str] = (), exclude: Iterable[str] = ()
) -> Iterator[Change]:
    """Changes that turn ``before`` into ``after``, by variable; what only concerns the shell itself is left out.

    ``include`` and ``exclude`` are regular expressions for whole names; a name that is included is never left out.
    Lists of paths that only grew become prepended and appended entries.
    """
    wanted = [re.compile(pattern) for pattern in include]
    unwanted = [re.compile(pattern) for pattern in (*_NOT_OF_INTEREST, *exclude)]
    for name in sorted({*before, *after}):
        left_out = any(pattern.fullmatch(name) for pattern in unwanted)
        if left_out and not any(pattern.fullmatch(name) for pattern in wanted):
            continue
        old, new = before.get(name), after.get(name)
        if new is None:
            yield Change(action="unset", name=name)
        elif old != new:
            yield from _value_difference(name, old, new)


def _value_difference(name: str, old: str | None, new: str) -> Iterator[Change]:
    if not _is_path_list(name, new):
        yield Change(action="set", name=name, value=new)
        return
    entries, inherited = new.split(":"), old.split(":") if old else []
    for start in range(len(entries) - len(inherited) + 1):
        if entries[start : start + len(inherited)] == inherited:
            middle = len(entries) if not inherited else start
            break
    else:
        yield Change(action="set", name=name, value=new)
        return
    for entry in reversed(entries[:middle]):
        yield Change(action="prepend", name=name, value=entry)
    for entry in entries[middle + len(inherited) :]:
        yield Change(action="append", name=name, value=entry)


def _is_path_list(name: str, value: str) -> bool:
    if not value:
        return False
    if _PATH_LIKE_NAME.search(name):
        return True
    return ":" in value and all(entry.startswith("/") for entry in value.split(":") if entry)


@contextmanager
def set_env(**variables: object) -> Iterator[None]:
    """Within the block, variables of this process have these values (None: unset); afterwards what they had before."""
    saved = {name: os.environ.get(name) for name in variables}

    def assign(values: Mapping[str, object]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = str(value)

    assign(variables)
    try:
        yield
    finally:
        assign(saved)
