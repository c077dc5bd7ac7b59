"""One look at the machine: system, processor, and what PATH shows of compilers, make and Pythons."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from outcrop.host.libc import PROGRAMS, Libc, find_libc
from outcrop.host.platforms import CPUINFO, OS_RELEASE, read_operating_system, read_processor
from outcrop.host.programs import Compiler, Tool, find_programs
from outcrop.python import Interpreter, find_interpreters, probe_all
from outcrop.spec.targets import TargetFacts


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine is and has.

    ``targets`` are all microarchitectures it runs, ``target`` first; ``known_targets`` has the facts of these and
    of the others of their family. ``compilers``, ``pythons`` (base Pythons, each once) and ``tools`` are in the order
    of PATH. ``family`` says which distribution's package names fit.
    """

    platform: str
    os: str
    family: str
    target: str
    targets: tuple[str, ...]
    known_targets: dict[str, TargetFacts] = {}
    compilers: tuple[Compiler, ...] = ()
    pythons: tuple[Interpreter, ...] = ()
    tools: tuple[Tool, ...] = ()
    libc: Libc | None = None


def detect_host(
    path: str,
    cache: Path | None,
    *,
    environ: Mapping[str, str] | None = None,
    os_release: Path = OS_RELEASE,
    cpuinfo: Path = CPUINFO,
    programs: Sequence[str] = PROGRAMS,
) -> Host:
    """Look at the machine as far as ``path`` (a PATH) shows it.

    Every answer of a program is remembered in ``cache``; when all are, no process is started. Interpreters that do not
    run, are too old, or are not CPython are passed over. ``environ`` is only asked for the variables that choose what a
    Python shim stands for. The C library is that of the first of ``programs`` which has one.
    """
    system = read_operating_system(os_release)
    processor = read_processor(cache, cpuinfo)
    compilers, tools = find_programs(path, cache)
    pythons: dict[tuple[str, str], Interpreter] = {}
    for interpreter in probe_all(find_interpreters(path), cache, environ=environ):
        if interpreter.implementation == "cpython":
            pythons.setdefault((interpreter.prefix, interpreter.abi), interpreter)
    return Host(
        platform=sys.platform,
        os=system.name,
        family=system.family,
        target=processor.target,
        targets=processor.targets,
        known_targets=processor.family,
        compilers=tuple(compilers),
        pythons=tuple(pythons.values()),
        tools=tuple(tools),
        libc=find_libc(cache, programs),
    )
