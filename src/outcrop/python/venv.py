"""Virtual environments of a base Python, made by that Python itself, and how declared dependencies get into one.

The only place that knows how a base Python lays out a virtual environment: everybody else asks the :class:`VenvFacts`
made here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from outcrop.base.files import write_atomic
from outcrop.base.layout import VenvFacts
from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, run
from outcrop.python.errors import VenvError
from outcrop.python.interpreter import Interpreter

ISOLATION_VARIABLE = "OUTCROP_PYTHON_PATH"
"""Directories of modules, joined like PATH, that an interpreter of a python-venv node adds to its own."""

ISOLATION_FILE = "_outcrop_isolation.pth"
"""In the site directory of a python-venv node; no part of a view. ``site`` reads these by name: this one is first."""

# One line, because that is what ``site`` runs; no comprehension: names bound by the line are not seen inside one.
_ISOLATION_LINE = (
    "import os, site; list(map(site.addsitedir, "
    f'filter(os.path.isdir, os.environ.get("{ISOLATION_VARIABLE}", "").split(os.pathsep))))\n'
)


def isolation_pth() -> tuple[str, str]:
    """Name and content of the ``.pth`` file that adds the directories of :data:`ISOLATION_VARIABLE`, in their order.

    Each becomes a site directory, so that its own ``.pth`` files work; also under ``python -I``, which ignores
    PYTHONPATH. Without the variable it does nothing.
    """
    return ISOLATION_FILE, _ISOLATION_LINE


def isolation_variables(directories: Iterable[str | Path]) -> dict[str, str]:
    """The variables that make ``directories`` importable for an interpreter of a python-venv node and all it starts."""
    joined = os.pathsep.join(str(directory) for directory in directories)
    variables = {"PYTHONNOUSERSITE": "1", ISOLATION_VARIABLE: joined}
    if joined:  # set but empty, it would mean the current directory
        variables["PYTHONPATH"] = joined
    return variables


def describe_venv(interpreter: Interpreter, *, system_site_packages: bool = False) -> VenvFacts:
    """What :func:`create_venv` of this base Python gives, before it is made."""
    return VenvFacts(
        base_prefix=interpreter.prefix,
        base_executable=interpreter.executable,
        version=interpreter.version,
        purelib=interpreter.purelib,
        platlib=interpreter.platlib,
        scripts=interpreter.scripts,
        include=interpreter.include,
        lib64=interpreter.lib64,
        system_site_packages=system_site_packages,
    )


def create_venv(
    interpreter: Interpreter, prefix: Path, *, system_site_packages: bool = False, prompt: str | None = None
) -> VenvFacts:
    """Make ``prefix`` (missing or empty) a virtual environment without pip, and give it the isolation ``.pth``.

    The base Python's own ``venv`` does the work, without ``site`` and with an environment that holds nothing of the
    user's; it needs no ``ensurepip``. ``bin/python``, ``bin/python3`` and ``bin/python3.X`` are links to the base
    Python.

    Raises:
        VenvError: ``venv`` is missing from this Python, or fails.
    """
    if not interpreter.has_venv:
        raise VenvError(
            f"{interpreter.executable} has no venv module",
            hint=f"install the package that brings it (python{interpreter.xy}-venv or python3-venv)",
            code="venv-missing",
        )
    # -S matters: a .pth file or sitecustomize of the base must have no say in this.
    command = [interpreter.executable, "-I", "-S", "-m", "venv", "--without-pip", "--symlinks"]
    if system_site_packages:
        command.append("--system-site-packages")
    if prompt is not None:
        command.extend(["--prompt", prompt])
    try:
        run([*command, str(prefix)], env=PLAIN_ENVIRONMENT, cwd=Path("/"))
    except ProcessError as error:
        raise VenvError(
            f"cannot make {prefix} a virtual environment: {error.message}", details=error.details
        ) from error
    facts = describe_venv(interpreter, system_site_packages=system_site_packages)
    facts = _as_made(prefix, facts)
    _link_versioned_name(prefix, facts, f"python{interpreter.xy}")
    name, line = isolation_pth()
    write_atomic(prefix / facts.purelib / name, line.encode())
    return facts


def _as_made(prefix: Path, facts: VenvFacts) -> VenvFacts:
    """``facts`` with what only the made environment shows; raises where it is not laid out as foretold."""
    for place in (facts.purelib, facts.platlib, facts.scripts):
        if not (prefix / place).is_dir():
            raise VenvError(
                f"the venv module of {facts.base_executable} made no {place} in {prefix}",
                details=sorted(path.name for path in prefix.iterdir()),
            )
    return VenvFacts(
        base_prefix=facts.base_prefix,
        base_executable=facts.base_executable,
        version=facts.version,
        purelib=facts.purelib,
        platlib=facts.platlib,
        scripts=facts.scripts,
        include=facts.include,
        lib64=(prefix / "lib64").is_symlink(),
        system_site_packages=facts.system_site_packages,
    )


def _link_versioned_name(prefix: Path, facts: VenvFacts, name: str) -> None:
    """Before 3.10 ``venv`` makes ``python3.X`` only when it was started under that name."""
    path = prefix / facts.scripts / name
    if not path.is_symlink():
        path.symlink_to("python3")
