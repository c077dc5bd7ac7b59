"""Python interpreters and what is done with them: probe one, make a virtual environment of it, build, install wheels.

Must not know packages, recipes or the store: it is given interpreters, prefixes and environments. Everything that
depends on how a Python is laid out is asked here once (:class:`Interpreter`, :class:`VenvFacts`) and carried as data
afterwards.

Wheels are built and installed by :func:`build_wheel` and :func:`install_wheel`. They load libraries that take 80 ms, so
this room loads them on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcrop.base.layout import VenvFacts
from outcrop.python.bytecode import byte_compile
from outcrop.python.errors import BackendError, InterpreterError, VenvError, WheelError
from outcrop.python.interpreter import Interpreter, find_interpreters, probe, probe_all
from outcrop.python.scripts import interpreter_lines, retarget_script
from outcrop.python.venv import (
    ISOLATION_FILE,
    ISOLATION_VARIABLE,
    create_venv,
    describe_venv,
    isolation_pth,
    isolation_variables,
)

if TYPE_CHECKING:
    from outcrop.python.backend import BuildSystem, build_wheel, read_build_system
    from outcrop.python.wheel import install_wheel

__all__ = [
    "ISOLATION_FILE",
    "ISOLATION_VARIABLE",
    "BackendError",
    "BuildSystem",
    "Interpreter",
    "InterpreterError",
    "VenvError",
    "VenvFacts",
    "WheelError",
    "build_wheel",
    "byte_compile",
    "create_venv",
    "describe_venv",
    "find_interpreters",
    "install_wheel",
    "interpreter_lines",
    "isolation_pth",
    "isolation_variables",
    "probe",
    "probe_all",
    "read_build_system",
    "retarget_script",
]

_ON_FIRST_USE = {
    "BuildSystem": "backend",
    "build_wheel": "backend",
    "read_build_system": "backend",
    "install_wheel": "wheel",
}


def __getattr__(name: str) -> object:
    module = _ON_FIRST_USE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    import importlib  # here, not above: see the module's docstring

    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
