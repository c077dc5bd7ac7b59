"""What a compiler links with on its own: its loader, its C library, directories only it knows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

# Any: specs and compiler packages are the facade's.
from typing import Any

from outcrop.package.specs.compilers import compiler_nodes
from outcrop.package.specs.spec_api import Spec
from outcrop.spec.format import LANGUAGES

_LINKER_LINE = re.compile(r"(?:^|[/\s\"])(?:collect2|ld|lld|ld\.(?:bfd|gold|lld|mold)|link)(?:\"|\s|$)")
_SYSTEM_ROOTS = (
    "/lib",
    "/lib64",
    "/lib32",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib32",
    "/usr/local/lib",
    "/usr/local/lib64",
)
_PROGRAMS = {
    "c": ("cc", "main.c", "int main(void) { return 0; }\n"),
    "cxx": ("cxx", "main.cc", "int main() { return 0; }\n"),
    "fortran": ("fortran", "main.f90", "program main\nend program\n"),
}


def compiler_spec(node: Any) -> Any:
    """The compiler of a node, for C if it has one, else for C++, else for Fortran; ``None`` where it has none."""
    found = compiler_nodes(node)
    return next((found[language] for language in LANGUAGES if language in found), None)


def parse_dynamic_linker(output: str) -> str | None:
    """The path after ``-dynamic-linker`` in what a compiler says with ``-v`` or ``-###``; the last one counts."""
    found = None
    for line in output.splitlines():
        if "-dynamic-linker" not in line:
            continue
        words = _words(line)
        for index, word in enumerate(words):
            if word in ("-dynamic-linker", "--dynamic-linker") and index + 1 < len(words):
                found = words[index + 1]
            elif word.startswith(("-dynamic-linker=", "--dynamic-linker=")):
                found = word.partition("=")[2]
    return found


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def libc_from_dynamic_linker(dynamic_linker: str) -> Spec | None:
    """The C library that belongs to a loader, as an external spec; None if the loader says nothing we understand."""
    path = Path(dynamic_linker)
    if not path.exists():
        return None
    if path.name.startswith("ld-musl-"):
        done = subprocess.run([dynamic_linker], capture_output=True, text=True, check=False)
        match = re.search(r"^Version ([0-9.]+)", done.stderr, re.MULTILINE)
        return _external("musl", match.group(1), path) if match else None
    done = subprocess.run([dynamic_linker, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\((?:GNU libc|[^)]*GLIBC[^)]*)\).*?version ([0-9]+\.[0-9]+(?:\.[0-9]+)?)", done.stdout)
    return _external("glibc", match.group(1), path) if match else None


def _external(name: str, version: str, loader: Path) -> Spec:
    parent = loader.resolve().parent
    # /lib64 and /lib/<triplet> alike belong to the prefix that has "lib" in it.
    while parent.name and not parent.name.startswith("lib"):
        parent = parent.parent
    prefix = parent.parent if parent.name else Path("/usr")
    return Spec.from_detection(f"{name}@={version}", external_path=str(Path("/usr") if prefix == Path("/") else prefix))


class CompilerPropertyDetector:
    """Asks one compiler (by its concrete spec) how it links."""

    def __init__(self, compiler_spec: Any) -> None:
        self.spec = compiler_spec
        self._said: str | None = None

    def compiler_verbose_output(self) -> str | None:
        """What the compiler says while it compiles and links an empty program; None if it cannot."""
        if self._said is None:
            self._said = _verbose_output(self.spec.package) or ""
        return self._said or None

    def default_dynamic_linker(self) -> str | None:
        """Path of the loader that programs get."""
        output = self.compiler_verbose_output()
        return parse_dynamic_linker(output) if output else None

    def default_libc(self) -> Spec | None:
        """The C library programs are linked with."""
        loader = self.default_dynamic_linker()
        return libc_from_dynamic_linker(loader) if loader else None

    def implicit_rpaths(self) -> list[str]:
        """Directories outside the system's that the compiler links from and that hold its runtime libraries.

        Programs must find those again, and the loader does not look there by itself.
        """
        output = self.compiler_verbose_output()
        if not output:
            return []
        names = tuple(getattr(self.spec.package, "implicit_rpath_libs", ()) or ())
        found = []
        for directory in _link_directories(output):
            path = os.path.realpath(directory)
            if any(path == root or path.startswith(root + "/") for root in _SYSTEM_ROOTS) or not Path(path).is_dir():
                continue
            if any(any(Path(path).glob(f"{name}*.so*")) for name in names):
                found.append(path)
        return list(dict.fromkeys(found))


def _link_directories(output: str) -> list[str]:
    directories = []
    for line in output.splitlines():
        if _LINKER_LINE.search(line):
            words = _words(line)
            directories += [word[2:] for word in words if word.startswith("-L") and len(word) > 2]
            directories += [after for word, after in pairwise(words) if word == "-L"]
    return directories


def _verbose_output(package: Any) -> str | None:
    for language in ("c", "cxx", "fortran"):
        attribute, filename, text = _PROGRAMS[language]
        program = getattr(package, attribute, None)
        if not program or not os.access(program, os.X_OK):
            continue
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, filename)
            source.write_text(text)
            flags = str(getattr(package, "verbose_flags", "-v") or "-v").split()
            done = subprocess.run(
                [str(program), *flags, str(source), "-o", str(Path(folder, "program"))],
                env={**os.environ, "LC_ALL": "C"},
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode == 0:
                return done.stdout.decode("utf-8", errors="replace")
    return None


def find_compilers(path_hints: object = None) -> list[Any]:
    """Compilers found in directories: always none, because finding compilers is not a recipe's work here.

    Recipes ask this while they describe an external installation, and are content with no answer.
    """
    return []
