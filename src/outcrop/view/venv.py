"""What makes a view a virtual environment: ``pyvenv.cfg`` and the interpreter's names."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from outcrop.base.layout import VenvFacts
from outcrop.store.seal import Seal

CONFIGURATION = "pyvenv.cfg"


def python_of(seals: Sequence[Seal]) -> Seal | None:
    """The base Python among ``seals``."""
    return next((seal for seal in seals if seal.node.name == "python"), None)


def has_modules(seals: Sequence[Seal], facts: VenvFacts) -> bool:
    """Some package that is not the Python itself installed something into its site directories."""
    places = tuple({f"{facts.purelib}/", f"{facts.platlib}/", facts.purelib.replace("lib64/", "lib/", 1) + "/"})
    return any(
        entry.kind != "dir" and entry.path.startswith(places)
        for seal in seals
        if seal.node.name != "python"
        for entry in seal.entries
    )


def interpreter_links(python: VenvFacts | Seal) -> dict[str, str]:
    """``bin/python``, ``bin/python3``, ``bin/python3.X``: one is a link to the base Python, the others to that one."""
    if isinstance(python, VenvFacts):
        executable, version = python.base_executable, python.version
    else:
        external = python.node.external
        version = python.node.version
        executable = (external.executable if external else "") or f"{python.prefix}/bin/python{_minor(version)}"
    first = posixpath.basename(executable)
    names = dict.fromkeys([first, "python", f"python{version.split('.')[0]}", f"python{_minor(version)}"])
    return {f"bin/{name}": executable if name == first else first for name in names}


def configuration_text(facts: VenvFacts, root: str) -> str:
    """``pyvenv.cfg`` as ``python -m venv --without-pip`` of that Python version writes it for ``root``."""
    lines = [
        f"home = {posixpath.dirname(facts.base_executable)}",
        f"include-system-site-packages = {'true' if facts.system_site_packages else 'false'}",
        f"version = {facts.version}",
    ]
    if tuple(int(part) for part in facts.version.split(".")[:2]) >= (3, 11):
        system = "--system-site-packages " if facts.system_site_packages else ""
        lines.append(f"executable = {facts.base_executable}")
        lines.append(f"command = {facts.base_executable} -m venv --without-pip {system}{root}")
    return "".join(f"{line}\n" for line in lines)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
