"""Running the phases of a build, in the source directory, with whoever wants to know told about each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, chdir, nullcontext
from pathlib import Path
from typing import TypeAlias

from outcrop.package.builds.adapter import create_builder
from outcrop.package.builds.builder import Phase
from outcrop.package.classes.base import PackageBase
from outcrop.package.errors import InstallError, NoMatchingMethodError

Around: TypeAlias = Callable[[str], AbstractContextManager[object]]
"""Phase name -> a context that the phase runs in (a log is opened, a time is taken)."""


def phases_of(package: PackageBase) -> Sequence[Phase]:
    """The phases of a package's build, in order."""
    builder = create_builder(package)
    return [builder[index] for index in range(len(builder))]


def run_patch_method(package: PackageBase) -> bool:
    """Run the recipe's ``patch`` method in the source directory; ``False`` if it has none that applies."""
    method = getattr(package, "patch", None)
    if method is None:
        return False
    with chdir(package.stage.source_path):
        try:
            method()
        except NoMatchingMethodError:
            return False
    return True


def run_phases(
    package: PackageBase,
    *,
    around: Around | None = None,
    until: str | None = None,
    stop_before: str | None = None,
) -> list[str]:
    """Run the phases of ``package`` in its source directory and say which ran.

    The stage is unpacked and patched, the environment is set.

    Args:
        package: what to build; its ``stage`` is set.
        around: what each phase runs in; entered before its first callback, left after its last.
        until: stop after this phase.
        stop_before: stop before this phase.

    Raises:
        InstallError: ``until`` or ``stop_before`` is no phase; or whatever the recipe raises.
    """
    phases = phases_of(package)
    names = [phase.name for phase in phases]
    for wanted in (until, stop_before):
        if wanted is not None and wanted not in names:
            raise InstallError(f"{package.name} has no phase {wanted!r}; it has {', '.join(names)}", pkg=package)
    enter = around or (lambda name: nullcontext())
    finished: list[str] = []
    source = package.stage.source_path
    for phase in phases:
        if phase.name == stop_before:
            break
        # Every phase begins in the source directory, wherever the last one went.
        with chdir(source), enter(phase.name):
            phase.execute()
        finished.append(phase.name)
        if phase.name == until:
            break
    return finished


def archive_build_files(package: PackageBase) -> list[str]:
    """Absolute paths of the files that the builder wants kept, as far as they lie in the stage and exist."""
    builder = create_builder(package)
    stage = os.path.realpath(package.stage.path)
    found: list[str] = []
    for pattern in builder.archive_files or ():
        path = os.path.realpath(os.path.join(package.stage.source_path, str(pattern)))
        if Path(path).is_file() and path.startswith(stage + os.sep):
            found.append(path)
    return found
