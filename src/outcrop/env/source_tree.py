"""What an unpacked source tree tells about itself: how it is built, in which languages, and what a Python project says
of its dependencies. Nothing of it is run.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

BUILD_SYSTEMS = ("python", "cmake", "autotools", "meson", "makefile", "generic")
"""In the order in which they are looked for."""

_LANGUAGES = {
    ".c": "c",
    ".cc": "cxx",
    ".cpp": "cxx",
    ".cxx": "cxx",
    ".c++": "cxx",
    ".f": "fortran",
    ".f90": "fortran",
    ".f95": "fortran",
    ".pyx": "c",
}
_ASIDE = re.compile(
    r"\.|(?:tests?|docs?|examples?|benchmarks?|samples?|contrib|third[_-]?party|vendor)$", re.IGNORECASE
)
"""Directories that say nothing about what has to be built."""

_EXTENSION = re.compile(r"ext[_-]modules|\bExtension\(|cythonize|CMakeExtension|skbuild|cffi_modules")
"""What a Python project's own files say where it compiles something."""

_LICENSES = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}
_SPDX = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonProject:
    """What a source distribution declares. ``known`` is false where its run-time dependencies are computed by code.

    ``license`` is an SPDX expression, or empty.
    """

    name: str = ""
    summary: str = ""
    homepage: str = ""
    license: str = ""
    requires_python: str = ""
    build_requires: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """The answers for one tree. ``needs_autoreconf`` is an autotools project whose ``configure`` must be made."""

    build_system: str
    languages: tuple[str, ...] = ()
    needs_autoreconf: bool = False
    python: PythonProject | None = field(default=None)


def read_source_tree(root: Path, build_system: str | None = None) -> SourceTree:
    """Look at a tree; ``build_system`` overrides what would be guessed."""
    chosen = build_system or guess_build_system(root)
    is_compiled = chosen != "python" or _is_compiled(root)
    return SourceTree(
        build_system=chosen,
        languages=tuple(sorted(set(_languages(root)))) if is_compiled else (),
        needs_autoreconf=chosen == "autotools" and not (root / "configure").is_file(),
        python=read_python_project(root) if chosen == "python" else None,
    )


def guess_build_system(root: Path) -> str:
    """One of :data:`BUILD_SYSTEMS`, from the files at the top."""
    if (root / "setup.py").is_file() or not {"build-system", "project"}.isdisjoint(_pyproject(root)):
        return "python"
    marks = {
        "cmake": ("CMakeLists.txt",),
        "autotools": ("configure", "configure.ac", "configure.in"),
        "meson": ("meson.build",),
        "makefile": ("Makefile", "makefile", "GNUmakefile"),
    }
    return next(
        (system for system, files in marks.items() if any((root / file).is_file() for file in files)), "generic"
    )


def read_python_project(root: Path) -> PythonProject:
    """What ``pyproject.toml``, ``PKG-INFO`` and an ``egg-info`` directory say, the more reliable one first."""
    pyproject = _pyproject(root)
    project = _table(pyproject.get("project"))
    build = pyproject.get("build-system")
    information = _package_information(root)
    requires, known = _requires(root, project, information)
    return PythonProject(
        name=_text(project.get("name")) or information.get("Name", ""),
        summary=_text(project.get("description")) or _one_line(information.get("Summary", "")),
        homepage=_homepage(project, information),
        license=_license(project, information),
        requires_python=_text(project.get("requires-python")) or information.get("Requires-Python", ""),
        build_requires=tuple(_texts(_table(build).get("requires"))) if build is not None else ("setuptools",),
        requires=requires,
        known=known,
    )


def _requires(root: Path, project: dict[str, object], information: Message) -> tuple[tuple[str, ...], bool]:
    """Run-time requirements, and whether they are known at all."""
    dynamic = _texts(project.get("dynamic"))
    if project and "dependencies" not in dynamic:
        return tuple(_texts(project.get("dependencies"))), True
    stated = tuple(_one_line(str(text)) for text in information.get_all("Requires-Dist", ()))
    if stated:
        return stated, True
    for file in sorted([*root.glob("*.egg-info/requires.txt"), *root.glob("*/*.egg-info/requires.txt")]):
        return tuple(_legacy_requires(file.read_text(encoding="utf-8", errors="replace").splitlines())), True
    # An egg-info without the file has none; and only setuptools writes metadata that leave requirements out.
    has_egg = any(root.glob("*.egg-info")) or any(root.glob("*/*.egg-info"))
    backend = _text(_table(_pyproject(root).get("build-system")).get("build-backend"))
    is_whole = bool(information) and backend != "" and not backend.startswith("setuptools")
    computed = {name.lower() for name in information.get_all("Dynamic", ())}
    return (), has_egg or (is_whole and "requires-dist" not in computed)


def _legacy_requires(lines: Iterable[str]) -> Iterator[str]:
    """The requirements of an ``egg-info``'s file: sections are extras, with a marker behind a colon."""
    marker = ""
    wanted = True
    for line in map(str.strip, lines):
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
            wanted = not extra
        elif line and wanted:
            yield f"{line}; {marker}" if marker else line


def _languages(root: Path) -> Iterator[str]:
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if not _ASIDE.match(name)]
        # Where a build begins, programs that test the compiler lie about.
        for file in files:
            language = _LANGUAGES.get(Path(file).suffix.lower())
            if language is not None and not (Path(directory) == root and file.startswith("conftest")):
                yield language


def _is_compiled(root: Path) -> bool:
    """A Python project that has more than Python to build, as far as its own files say so."""
    backend = _text(_table(_pyproject(root).get("build-system")).get("build-backend"))
    if backend.startswith(("scikit_build_core", "mesonpy")):
        return True
    texts = [_contents(root / name) for name in ("setup.py", "setup.cfg", "pyproject.toml")]
    return any(_EXTENSION.search(text) for text in texts)


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _pyproject(root: Path) -> dict[str, object]:
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _package_information(root: Path) -> Message:
    found = [root / "PKG-INFO", *sorted(root.glob("*.egg-info/PKG-INFO"))]
    text = next((file.read_text(encoding="utf-8", errors="replace") for file in found if file.is_file()), "")
    return HeaderParser().parsestr(text)


def _homepage(project: dict[str, object], information: Message) -> str:
    links = {label.lower(): _text(link) for label, link in _table(project.get("urls")).items()}
    for stated in information.get_all("Project-URL", ()):
        label, _, link = str(stated).partition(",")
        links.setdefault(label.strip().lower(), link.strip())
    for label in ("homepage", "home", "source", "source code", "repository", "code", "github", "documentation"):
        if links.get(label):
            return links[label]
    return _one_line(information.get("Home-page", "")).removesuffix("UNKNOWN")


def _license(project: dict[str, object], information: Message) -> str:
    stated = _text(project.get("license")) or information.get("License-Expression", "")
    if stated and _SPDX.fullmatch(stated):
        return stated
    classifiers = [*_texts(project.get("classifiers")), *map(str, information.get_all("Classifier", ()))]
    for classifier in classifiers:
        if classifier.startswith("License ::"):
            found = _LICENSES.get(classifier.rpartition(":: ")[2])
            if found:
                return found
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
