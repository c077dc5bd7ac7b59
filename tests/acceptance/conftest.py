"""One installation that the acceptance tests share: the two example environments, built once from source in a root of
its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import pytest

from support.program import Program, clean_run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

_TELL_SITE = "import sys; print('lib/python%d.%d/site-packages' % sys.version_info[:2])"
SITE = clean_run(["/usr/bin/python3", "-c", _TELL_SITE]).stdout.strip()
"""Where this system's own Python looks for modules below a prefix."""


@dataclass(frozen=True)
class World:
    """The shared installation. Tests may add packages and environments; they must not remove any."""

    program: Program
    tools: Path
    pip: Path

    @property
    def tools_view(self) -> Path:
        """The view of examples/tools."""
        return self.tools / "view"

    @property
    def pip_view(self) -> Path:
        """The view of examples/venv."""
        return self.pip / "view"

    @property
    def prefixes(self) -> Path:
        """Where the store keeps its prefixes."""
        return self.program.root / "store" / "prefixes"

    def prefix(self, name: str) -> Path:
        """The prefix of the one installed package of this name."""
        return Path(self.program("location", name).stdout.strip())


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all workers of one run share. Its path is short: interpreter lines have a limit."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def home(shared: Path) -> Path:
    """An empty home directory."""
    path = shared / "home"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture(scope="session")
def world(shared: Path, home: Path) -> World:
    """The shared installation; the first worker that asks builds it, the others wait."""
    directory = shared / "world"
    program = Program(root=directory / "root", home=home)
    tools, pip = directory / "tools", directory / "pip"
    with filelock.FileLock(shared / "world.lock"):
        if not (directory / "ready").exists():
            for name, place in (("venv", pip), ("tools", tools)):
                place.mkdir(parents=True)
                shutil.copy(EXAMPLES / name / "spack.yaml", place / "spack.yaml")
                program("-e", place, "install", timeout=1500)
            (directory / "ready").touch()
    return World(program, tools, pip)


@pytest.fixture
def program(world: World, tmp_path: Path) -> Program:
    """An empty installation of the test's own that shares the downloaded sources."""
    return world.program.with_root(tmp_path / "root", sources=world.program.root / "cache" / "sources")


@pytest.fixture
def fresh(tmp_path: Path, home: Path) -> Iterator[Program]:
    """An empty installation with nothing downloaded."""
    yield Program(root=tmp_path / "root", home=home)
