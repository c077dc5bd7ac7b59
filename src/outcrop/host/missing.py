"""What a machine lacks to build, said early and with the name of the distribution's package that brings it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from outcrop.host.detect import Host
from outcrop.python import Interpreter

_INSTALL = {
    "debian": "apt install",
    "fedora": "dnf install",
    "suse": "zypper install",
    "alpine": "apk add",
    "arch": "pacman -S",
}
_COMPILER = {"debian": "build-essential", "fedora": "gcc gcc-c++", "alpine": "build-base", "arch": "base-devel"}
_VENV = {"debian": "python{version}-venv", "fedora": "python{version}-libs"}
_HEADERS = {"debian": "python{version}-dev", "fedora": "python{version}-devel", "suse": "python{plain}-devel"}
_HEADERS |= {"alpine": "python3-dev", "arch": "python"}


class MissingPiece(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not there: ``what``, ``why`` it is needed, the ``package`` that brings it (empty: not known),
    and a ``hint`` that says what to do."""

    what: str
    why: str
    package: str
    hint: str


def missing_pieces(host: Host, interpreter: Interpreter | None = None) -> list[MissingPiece]:
    """What building Python packages with ``interpreter`` (else the first one on PATH) still needs on this machine."""
    base = interpreter if interpreter is not None else next(iter(host.pythons), None)
    found = []
    if base is None:
        why = "everything written in Python is built and run by it"
        found.append(_piece("a Python 3.8 or newer on PATH", why, "python3", host.family))
    else:
        found.extend(filter(None, (missing_venv(base, host.family), missing_headers(base, host.family))))
    if not any("c" in compiler.paths for compiler in host.compilers):
        package = _COMPILER.get(host.family, "gcc")
        found.append(_piece("a C compiler on PATH", "compiled modules are built with it", package, host.family))
    if not any(tool.name == "gmake" for tool in host.tools):
        found.append(_piece("GNU make on PATH", "many packages are built with it", "make", host.family))
    return found


def missing_headers(interpreter: Interpreter, family: str) -> MissingPiece | None:
    """Are the headers of this Python missing? To be said when something that compiles against them is solved for."""
    if interpreter.has_headers:
        return None
    what = f"the headers of Python {interpreter.xy} ({interpreter.include_dir}/Python.h)"
    return _of_python(what, "compiled modules include them", interpreter, family, _HEADERS)


def missing_venv(interpreter: Interpreter, family: str) -> MissingPiece | None:
    """Is the ``venv`` module of this Python missing?"""
    if interpreter.has_venv:
        return None
    what = f"the venv module of {interpreter.executable}"
    return _of_python(what, "python-venv is made with it", interpreter, family, _VENV)


def _of_python(what: str, why: str, interpreter: Interpreter, family: str, packages: dict[str, str]) -> MissingPiece:
    if interpreter.prefix != "/usr":
        hint = f"install Python {interpreter.version} in {interpreter.prefix} with it, or choose another Python"
        return MissingPiece(what=what, why=why, package="", hint=hint)
    usual = os.path.realpath(Path(interpreter.prefix, "bin", "python3")) == os.path.realpath(interpreter.executable)
    version = "3" if usual else interpreter.xy
    package = packages.get(family, "").format(version=version, plain=version.replace(".", ""))
    return _piece(what, why, package, family)


def _piece(what: str, why: str, package: str, family: str) -> MissingPiece:
    install = _INSTALL.get(family)
    if install and package:
        hint = f"{install} {package}"
    else:
        hint = f"install {package}" if package else "install it with your distribution's packages"
    return MissingPiece(what=what, why=why, package=package, hint=hint)
