"""Byte code for a prefix that is about to be sealed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from outcrop.base.layout import VenvFacts
from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, describe_status, run
from outcrop.python.errors import InterpreterError


def byte_compile(prefix: Path, *, python: Path, facts: VenvFacts, jobs: int = 1) -> None:
    """Compile the modules in the site directories of ``prefix``; nothing is done where it has none.

    It is *unchecked hash* byte code (PEP 552): Python uses it without comparing it with the source. A sealed source
    never changes, so there is nothing to compare; and byte code that a modification time must match would go stale in
    every copy or archive that does not keep times to the second, and would then be compiled anew and written, by root
    even through a link into the store. The price: who changes a ``.py`` of an installed prefix (a relocation, a view
    that retargets a file) must leave out or compile anew its byte code.

    Files that are no valid Python (templates, another version's syntax) are skipped, as every installer does.

    Raises:
        InterpreterError: the interpreter does not run.
    """
    directories = [prefix / place for place in dict.fromkeys((facts.purelib, facts.platlib))]
    present = _distinct(directories)
    if not present:
        return
    command: list[str | Path] = [python, "-I", "-S", "-m", "compileall", "-qq", "-f", "-r", "200", "-j", str(jobs)]
    try:
        done = run(
            [*command, "--invalidation-mode", "unchecked-hash", *present],
            env=PLAIN_ENVIRONMENT,
            cwd=prefix,
            check=False,
        )
    except ProcessError as error:
        raise InterpreterError(f"cannot compile the modules of {prefix}: {error.message}") from error
    if done.status not in (0, 1):  # 1: some file is no valid Python
        raise InterpreterError(
            f"cannot compile the modules of {prefix}: {python}: {describe_status(done.status)}",
            details=done.stderr.strip().splitlines()[-5:],
        )


def _distinct(directories: Sequence[Path]) -> list[Path]:
    """Those that exist, each once however it is reached (``lib64`` may be a link to ``lib``)."""
    found: dict[Path, Path] = {}
    for directory in directories:
        if directory.is_dir():
            found.setdefault(directory.resolve(), directory)
    return list(found.values())
