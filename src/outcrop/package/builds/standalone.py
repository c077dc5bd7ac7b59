"""What recipes' own tests use: parts, expected output, sources kept for later, small programs."""

# ruff: noqa: PTH117 - recipes hand paths in and out as text
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Any: packages are whatever recipe class the test belongs to.
from typing import Any

from outcrop.package.errors import InstallError, SkipTest
from outcrop.package.filesystem.files import mkdirp, working_dir
from outcrop.package.filesystem.trees import install, install_tree
from outcrop.package.programs.executable import Executable, which


@contextmanager
def test_part(pkg: Any, test_name: str, purpose: str, work_dir: str = ".", verbose: bool = False) -> Iterator[None]:
    """One part of a package's test: what fails in it is remembered in ``pkg.tester``, and the next part goes on.

    Raises:
        ValueError: the name does not begin with ``test_``.
    """
    if not test_name.startswith("test_"):
        raise ValueError(f"a part's name begins with test_, got {test_name!r}")
    tester = pkg.tester
    try:
        with working_dir(work_dir):
            yield
    except SkipTest as skipped:
        tester.status(test_name, "skipped", str(skipped))
    except Exception as failure:
        tester.status(test_name, "failed", f"{purpose}: {failure}")
        tester.add_failure(failure, f"{test_name}: {purpose}: {failure}")
        if getattr(tester, "fail_fast", False):
            raise
    else:
        tester.status(test_name, "passed", purpose)


# pytest must not take it for a test where a test module imports it.
test_part.__test__ = False  # type: ignore[attr-defined]


def install_test_root(pkg: Any) -> str:
    """Where a package keeps what its tests need later, below its prefix."""
    return os.path.join(str(pkg.prefix), ".spack", "test")


def cache_extra_test_sources(pkg: Any, srcs: str | Iterable[str]) -> None:
    """Keep files and directories of the source, named relative to it, below :func:`install_test_root`.

    Raises:
        InstallError: a path is absolute, leads out of the source, or does not exist.
    """
    root = Path(pkg.stage.source_path)
    for name in [srcs] if isinstance(srcs, str) else srcs:
        if os.path.isabs(name) or ".." in Path(name).parts:
            raise InstallError(f"cannot keep {name} for tests: the path must be one inside the source")
        source, target = root / name, Path(install_test_root(pkg), name)
        if source.is_dir():
            install_tree(source, target)
        elif source.exists():
            mkdirp(target.parent)
            install(source, target)
        else:
            raise InstallError(f"cannot keep {name} for tests: {root} has no such file")


def get_escaped_text_output(filename: str | os.PathLike[str]) -> list[str]:
    """A file's lines as regular expressions that match just them."""
    return [re.escape(line) for line in Path(filename).read_text(encoding="utf-8").splitlines()]


def check_outputs(expected: str | Iterable[str], actual: str) -> None:
    """Search every regular expression of ``expected`` in ``actual``.

    Raises:
        RuntimeError: some are not there; names them all.
    """
    wanted = [expected] if isinstance(expected, str) else list(expected)
    missing = [pattern for pattern in wanted if not re.search(pattern, actual)]
    if missing:
        listed = "\n".join(f"    {pattern}" for pattern in missing)
        raise RuntimeError(f"expected in the output, but not there:\n{listed}\nin:\n{actual}")


def make_package_test_rpath(pkg: Any, test_dir: str | os.PathLike[str]) -> None:
    """Let programs of a test find the package's libraries; needed on Windows only, nothing here."""


def compare_output(current_output: str, blessed_output: str) -> None:
    """Raise a RuntimeError that shows both texts unless they are equal."""
    if current_output != blessed_output:
        raise RuntimeError(f"output differs\nexpected:\n{blessed_output}\ngot:\n{current_output}")


def compare_output_file(current_output: str, blessed_output_file: str | os.PathLike[str]) -> None:
    """:func:`compare_output` with the content of a file."""
    compare_output(current_output, Path(blessed_output_file).read_text(encoding="utf-8"))


def compile_c_and_execute(source_file: str | os.PathLike[str], include_flags: list[str], link_flags: list[str]) -> str:
    """Compile and link a C program with ``cc`` from ``PATH`` in the current directory, run it and return its output.

    The source is added to ``include_flags``.
    """
    compiler = which("cc", required=True)
    assert compiler is not None  # required
    include_flags.append(os.fspath(source_file))
    compiler("-c", *include_flags)
    compiler("-o", "check", f"{Path(source_file).stem}.o", *link_flags)
    return str(Executable("./check")(output=str))
