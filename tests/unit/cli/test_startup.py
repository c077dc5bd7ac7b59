"""What commands do not import: start-up time is the sum of what they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.program import Program

_RUN = """\
import sys
from outcrop.__main__ import main
record = sys.argv.pop(1)
try:
    main()
finally:
    with open(record, "w") as stream:
        stream.write(" ".join(sys.modules))
"""

RECIPE = """\
from spack.package import *

class Tiny(Package):
    "Nothing but a file."
    has_code = False
    version("1.0")
    def install(self, spec, prefix):
        mkdirp(prefix.share)
        with open(join_path(prefix.share, "tiny"), "w") as stream:
            stream.write("tiny")
"""

NEVER = {"archspec", "dataclasses", "filelock", "httpx", "platformdirs", "pysat", "rich", "ruamel", "unearth"} | {
    "difflib",
    "hashlib",
    "outcrop.spec.match",
    "shutil",
    "subprocess",
    "tempfile",
    "outcrop.fetch",
    "outcrop.host",
    "outcrop.package",
    "outcrop.python",
    "outcrop.repo.model",
    "outcrop.solve",
}
"""Modules that neither reading the store nor finding that nothing is to be done needs."""


def imported(program: Program, record: Path, *arguments: str) -> set[str]:
    """The modules in a process after a command has run in it."""
    command = [sys.executable, "-c", _RUN, str(record), *arguments]
    done = subprocess.run(command, env=program.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(record.read_text().split())


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """An installation with an environment in ``root/env`` that is installed."""
    root = tmp_path_factory.mktemp("startup")
    repository = root / "spack_repo" / "tiny"
    (repository / "packages" / "tiny").mkdir(parents=True)
    (repository / "repo.yaml").write_text("repo:\n  namespace: tiny\n  api: v2.0\n")
    (repository / "packages" / "tiny" / "package.py").write_text(RECIPE)
    program = Program(root=root / "root", home=root)
    program("repo", "add", str(repository))
    program.environment_at(root / "env", "spack:\n  specs: [tiny]\n  view: ./view\n")
    for _ in range(2):  # the second one remembers what the first one made
        program("-e", str(root / "env"), "install")
    assert (root / "env" / "view" / "share" / "tiny").read_text() == "tiny"
    return program


def test_the_version_needs_nothing(program: Program, tmp_path: Path) -> None:
    modules = imported(program, tmp_path / "modules", "--version")
    assert not modules & {"click", "msgspec", "re", "typing", "outcrop.cli", "outcrop.base"}


def test_find_reads_the_index_alone(program: Program, tmp_path: Path) -> None:
    modules = imported(program, tmp_path / "modules", "find")
    assert "outcrop.store.index" in modules
    assert not modules & (
        NEVER | {"outcrop.build", "outcrop.env.concretize", "outcrop.repo", "outcrop.spec.parse", "outcrop.view"}
    )


def test_an_unchanged_environment_is_compared_and_left_alone(program: Program, tmp_path: Path) -> None:
    environment = program.home / "env"
    before = {path: path.lstat() for path in program.home.rglob("*")}
    # A short option makes click look for a long one of that name, and for similar ones with difflib.
    modules = imported(program, tmp_path / "modules", f"--env={environment}", "install")
    assert "outcrop.env.drift" in modules
    lazy = {"outcrop.build.executor", "outcrop.env.concretize", "outcrop.view.apply", "outcrop.view.plan"}
    assert not modules & (NEVER | lazy)
    after = {path: path.lstat() for path in program.home.rglob("*")}
    assert {path: state.st_mtime_ns for path, state in after.items()} == {
        path: state.st_mtime_ns for path, state in before.items()
    }


def test_a_recipe_that_changes_is_noticed_though_no_drift_was_remembered(program: Program) -> None:
    environment = program.home / "env"
    recipe = program.home / "spack_repo" / "tiny" / "packages" / "tiny" / "package.py"
    program("-e", str(environment), "install")
    recipe.write_text(RECIPE.replace('write("tiny")', 'write("tidy")'))
    try:
        for _ in range(2):
            assert "tiny@1.0" in program("-e", str(environment), "install", status=1).stderr
    finally:
        recipe.write_text(RECIPE)
    # Other times, the same bytes.
    program("-e", str(environment), "install")


def test_a_repository_that_is_gone_is_noticed(program: Program) -> None:
    environment = program.home / "env"
    repository = program.home / "spack_repo" / "tiny"
    program("-e", str(environment), "install")
    hidden = repository.rename(repository.with_name("hidden"))
    try:
        assert "tiny" in program("-e", str(environment), "install", status=1).stderr
    finally:
        hidden.rename(repository)
    program("-e", str(environment), "install")


def test_nothing_is_cleaned_up_at_the_end(program: Program, tmp_path: Path) -> None:
    """What there is when a command ends is left to the system: the interpreter does not go through it once more."""
    code = "import gc\nfrom outcrop.__main__ import main\ntry:\n    main()\nfinally:\n    print(gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", code, "find"], env=program.environment(), capture_output=True, text=True, check=True
    )
    assert int(done.stdout.splitlines()[-1]) > 10_000
