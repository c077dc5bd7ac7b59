"""Compilers and make: found by name on PATH, believed only after they told their version."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from outcrop.base.patterns import pattern
from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, run
from outcrop.base.remembered import recall, remember

_TIMEOUT = 20.0
_NAME = pattern(
    r"(?P<gcc>gcc|g\+\+|gfortran|clang|clang\+\+|flang|flang-new|gmake|make)(?P<suffix>-[0-9]+(?:\.[0-9]+)*)?\Z"
)
_LANGUAGES = {
    "gcc": ("gcc", "c"),
    "g++": ("gcc", "cxx"),
    "gfortran": ("gcc", "fortran"),
    "clang": ("llvm", "c"),
    "clang++": ("llvm", "cxx"),
    "flang": ("llvm", "fortran"),
    "flang-new": ("llvm", "fortran"),
}
_LAUNCHERS = frozenset({"ccache", "sccache", "distcc", "icecc", "colorgcc"})
_QUESTIONS = {
    "gcc": (("-dumpfullversion", "-dumpversion"), pattern(r"\A(\d+(?:\.\d+)*)\s*\Z")),
    "llvm": (("--version",), pattern(r"\b(?:clang|flang|flang-new) version (\d+(?:\.\d+)+)")),
    "gmake": (("--version",), pattern(r"\AGNU Make (\d+(?:\.\d+)+)")),
}


class Compiler(msgspec.Struct, frozen=True, kw_only=True):
    """The compilers of one version and prefix: ``name`` is the package (``gcc``, ``llvm``), ``paths`` go by language
    (``c``, ``cxx``, ``fortran``)."""

    name: str
    version: str
    prefix: str
    paths: dict[str, str]


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A program that stands for a package, as ``make`` does for ``gmake``."""

    name: str
    version: str
    prefix: str
    executable: str


def find_programs(path: str, cache: Path | None) -> tuple[list[Compiler], list[Tool]]:
    """Compilers and tools on a PATH, in its order; of one directory those without a number in their names first.

    What does not run, links to compiler launchers, and directories seen before are left out.
    """
    compilers: list[Compiler] = []
    tools: list[Tool] = []
    for directory in _directories(path):
        names = sorted(_names(directory), key=_order)
        compilers.extend(compilers_in(directory, names, cache))
        tool = _make_in(directory, names, cache)
        if tool is not None and all(other.name != tool.name for other in tools):
            tools.append(tool)
    return compilers, tools


def compilers_in(directory: str, names: Iterable[str] | None, cache: Path | None) -> list[Compiler]:
    """The compilers in one directory, gcc first; programs of one version belong together. ``names`` spares listing."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name in sorted(_names(directory), key=_order) if names is None else names:
        base = name.partition("-")[0] if name not in _LANGUAGES else name
        base = "flang-new" if name.startswith("flang-new") else base
        if base not in _LANGUAGES:
            continue
        package, language = _LANGUAGES[base]
        path = str(Path(directory, name))
        version = program_version(package, path, cache)
        if version:
            found.setdefault((package, version), {}).setdefault(language, path)
    prefix = _prefix(directory)
    return [
        Compiler(name=package, version=version, prefix=prefix, paths=dict(sorted(paths.items())))
        for (package, version), paths in sorted(found.items(), key=lambda item: item[0][0])
    ]


def program_version(package: str, path: str, cache: Path | None) -> str:
    """What the program answers when asked as programs of ``package`` are; empty when it is none. Remembered."""
    real = os.path.realpath(path)
    if os.path.basename(real) in _LAUNCHERS or not os.access(real, os.X_OK):  # noqa: PTH119
        return ""
    key = f"program 1 {package} {path}"
    known = recall(cache, key, str)
    if known is None:
        arguments, pattern = _QUESTIONS[package]
        try:
            done = run([path, *arguments], env=PLAIN_ENVIRONMENT, cwd=Path("/"), timeout=_TIMEOUT)
        except ProcessError as error:
            if error.status is None:
                return ""
            known = ""
        else:
            match = pattern.search(done.stdout)
            known = match[1] if match is not None else ""
        remember(cache, key, known, [path])
    return known


def _make_in(directory: str, names: Iterable[str], cache: Path | None) -> Tool | None:
    for name in names:
        if name in ("gmake", "make"):
            path = str(Path(directory, name))
            version = program_version("gmake", path, cache)
            if version:
                return Tool(name="gmake", version=version, prefix=_prefix(directory), executable=path)
    return None


def _directories(path: str) -> Iterator[str]:
    seen = set()
    for entry in path.split(os.pathsep):
        directory = os.path.realpath(entry) if entry else ""
        if directory and directory not in seen:
            seen.add(directory)
            yield directory


def _names(directory: str) -> list[str]:
    try:
        listed = os.listdir(directory)  # noqa: PTH208  (names only: there may be thousands)
    except OSError:
        return []
    return [name for name in listed if _NAME.match(name)]


def _order(name: str) -> tuple[bool, list[int], str]:
    """Names without a number first, then the highest."""
    match = _NAME.match(name)
    suffix = match["suffix"] if match is not None else None
    return (suffix is not None, [-int(part) for part in (suffix or "").strip("-").split(".") if part], name)


def _prefix(directory: str) -> str:
    return str(Path(directory).parent) if Path(directory).name == "bin" else directory
