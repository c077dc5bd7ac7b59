"""Packages built for real by core's build system for Python, in an environment that core's python-venv made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from outcrop.package import PackageBase
from outcrop.package.builds.hooks import setup_package
from outcrop.package.builds.phases import run_phases
from outcrop.package.errors import BuildTestError, InstallError
from outcrop.package.specs.facade import NodeSpec, build_facades
from outcrop.python import Interpreter
from outcrop.repo.repositories import Repositories
from outcrop.spec.graph import DependencyType, Draft, DraftEdge, External, Node, VariantAnswer, seal_graph
from support.pythons import chosen_pythons, label, output
from support.recipe_files import CORE
from support.recipes import RecipeRepository, python_project

PYTHONS = chosen_pythons()
BOTH: tuple[DependencyType, ...] = ("run", "build")


def draft(name: str, namespace: str, edges: tuple[str, ...] = (), **facts: object) -> Draft:
    plain = {"version": "1.0", "platform": "linux", "os": "testos", "target": "x86_64", **facts}
    return Draft(
        node=Node(name=name, namespace=namespace, **plain),  # type: ignore[arg-type]  # facts of a node
        edges=[DraftEdge(target=target, types=BOTH) for target in edges],
    )


class Workshop:
    """A place to build packages of one test repository in, with one base Python."""

    def __init__(self, place: Path, interpreter: Interpreter, *, system_site_packages: bool = False) -> None:
        self.place = place
        self.interpreter = interpreter
        self.recipes = RecipeRepository(place / "repository")
        self.repositories = Repositories([self.recipes.root, CORE], place / "cache")
        self.venv = place / "prefixes" / "python-venv"
        self.answers: dict[str, VariantAnswer] = {"system_site_packages": system_site_packages}

    def package(self, name: str, files: dict[str, str] | None = None) -> PackageBase:
        """The package object, its environment hooks run and its sources unpacked."""
        external = External(
            prefix=self.interpreter.prefix, executable=self.interpreter.executable, abi=self.interpreter.abi
        )
        drafts = {
            "python": draft("python", "core", version=self.interpreter.version, external=external),
            "python-venv": draft("python-venv", "core", ("python",), variants=self.answers),
        }
        if name not in drafts:
            variants = {"build_system": "python_pep517"}
            drafts[name] = draft(name, "trial", ("python", "python-venv"), variants=variants)
        graph = seal_graph(drafts, [name])
        (key,) = graph.roots
        facades = build_facades(
            graph, key, prefixes=self._prefix, load_class=lambda space, name: self.repositories.load_class(space, name)
        )
        setup_package(facades, key)
        return self._staged(facades[key], files)

    def _prefix(self, key: str, node: Node) -> Path:
        return Path(node.external.prefix) if node.external else self.place / "prefixes" / node.name

    def _staged(self, spec: NodeSpec, files: dict[str, str] | None) -> PackageBase:
        stage = self.place / "stage" / spec.name
        source = stage / "spack-src"
        source.mkdir(parents=True)
        for path, text in (files or {}).items():
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        spec.package.stage = SimpleNamespace(path=str(stage), source_path=str(source))
        return spec.package

    def build(self, name: str, files: dict[str, str] | None = None, *, tests: bool = False) -> Path:
        """Build a package and return its prefix."""
        package = self.package(name, files)
        package.run_tests = tests
        run_phases(package)
        return Path(package.prefix)


MakeWorkshop = Callable[..., Workshop]


@pytest.fixture
def make_workshop(tmp_path: Path) -> Iterator[MakeWorkshop]:
    opened: list[Workshop] = []

    def make(interpreter: Interpreter, *, system_site_packages: bool = False) -> Workshop:
        workshop = Workshop(tmp_path / str(len(opened)), interpreter, system_site_packages=system_site_packages)
        opened.append(workshop)
        workshop.build("python-venv")
        return workshop

    yield make
    for workshop in opened:
        workshop.repositories.close()


each_python = pytest.mark.parametrize("interpreter", PYTHONS, ids=label)


@each_python
def test_the_environment_is_one_without_pip(make_workshop: MakeWorkshop, interpreter: Interpreter) -> None:
    venv = make_workshop(interpreter).venv
    assert "include-system-site-packages = false" in (venv / "pyvenv.cfg").read_text()
    assert (venv / "bin" / "activate").is_file()
    where = output([venv / "bin" / "python3", "-I", "-c", "import sys; print(sys.prefix, sys.base_prefix)"])
    assert where.split() == [str(venv), interpreter.prefix]
    modules = list((venv / interpreter.purelib).iterdir())
    assert [path.suffix for path in modules] == [".pth"]


def test_the_base_can_be_let_in(make_workshop: MakeWorkshop) -> None:
    venv = make_workshop(PYTHONS[-1], system_site_packages=True).venv
    assert "include-system-site-packages = true" in (venv / "pyvenv.cfg").read_text()


@each_python
def test_a_package_is_built_and_laid_out(make_workshop: MakeWorkshop, interpreter: Interpreter) -> None:
    workshop = make_workshop(interpreter)
    files = python_project(
        "py-sample", scripts={"sample": "sample:main"}, modules={"sample.py": "def main(): print(7)\n"}
    )
    workshop.recipes.python_package("py-sample", files)
    prefix = workshop.build("py-sample", files, tests=True)
    assert (prefix / interpreter.purelib / "sample.py").is_file()
    assert (prefix / "bin" / "sample").read_text().startswith(f"#!{workshop.venv}/bin/python3\n")
    assert {path.name for path in prefix.iterdir()} == {"bin", interpreter.purelib.split("/")[0]}
    (info,) = (prefix / interpreter.purelib).glob("*.dist-info")
    assert (info / "INSTALLER").read_text() == "outcrop\n"


def test_recipes_are_told_the_layout(make_workshop: MakeWorkshop) -> None:
    interpreter = PYTHONS[-1]
    workshop = make_workshop(interpreter)
    workshop.recipes.python_package("py-sample")
    package = workshop.package("py-sample")
    told = package.module
    assert told.python.path == str(workshop.venv / "bin" / "python3")
    assert told.python_purelib == str(Path(package.prefix, interpreter.purelib))
    assert told.python_platlib == str(Path(package.prefix, interpreter.platlib))
    assert told.python_include == str(Path(package.prefix, interpreter.include))


def test_the_base_tells_headers_and_the_environment_the_program(make_workshop: MakeWorkshop) -> None:
    interpreter = PYTHONS[-1]
    workshop = make_workshop(interpreter)
    workshop.recipes.python_package("py-sample")
    python = workshop.package("py-sample").spec["python"]
    assert python.command.path == str(workshop.venv / "bin" / "python3")
    assert python.package.command.path == interpreter.executable
    assert python.prefix == interpreter.prefix
    assert python.headers.directories == [interpreter.include_dir]


def test_settings_reach_the_back_end(make_workshop: MakeWorkshop) -> None:
    workshop = make_workshop(PYTHONS[-1])
    files = python_project("py-sample")
    files["backend.py"] = files["backend.py"].replace(
        "    files = {}", '    files = {"chosen.py": repr(config_settings).encode()}'
    )
    body = 'def config_settings(self, spec, prefix):\n    return {"flavour": ["sweet", str(spec.version)]}\n'
    workshop.recipes.python_package("py-sample", files, body=body)
    prefix = workshop.build("py-sample", files)
    chosen = prefix / PYTHONS[-1].purelib / "chosen.py"
    assert chosen.read_text() == "{'flavour': ['sweet', '1.0']}"


def test_a_module_that_cannot_be_imported_fails_the_test_and_only_that(make_workshop: MakeWorkshop) -> None:
    workshop = make_workshop(PYTHONS[-1])
    files = python_project("py-sample", modules={"sample/__init__.py": "import not_declared\n"})
    workshop.recipes.python_package("py-sample", files)
    with pytest.raises(BuildTestError):
        workshop.build("py-sample", files, tests=True)


def test_the_import_test_wants_the_module_of_this_prefix(
    make_workshop: MakeWorkshop, capfd: pytest.CaptureFixture[str]
) -> None:
    """A module of the standard library with the same name does not pass for the package's."""
    workshop = make_workshop(PYTHONS[-1])
    files = python_project("py-sample")
    workshop.recipes.python_package("py-sample", files, body='import_modules = ["json"]')
    with pytest.raises(BuildTestError):
        workshop.build("py-sample", files, tests=True)
    assert "json was imported from" in capfd.readouterr().err


def test_what_is_imported_is_found_out(make_workshop: MakeWorkshop) -> None:
    """Packages, modules and what is in namespaces; nothing private, no metadata, no data directories."""
    workshop = make_workshop(PYTHONS[-1])
    seen = 'import pathlib; pathlib.Path(__file__).with_suffix(".seen").touch()\n'
    files = python_project(
        "py-sample",
        modules={
            "alone.py": seen,
            "whole/__init__.py": seen,
            "space/inner/__init__.py": seen,
            "_private.py": "raise RuntimeError\n",
            "data-files/broken.py": "raise RuntimeError\n",
        },
    )
    workshop.recipes.python_package("py-sample", files)
    prefix = workshop.build("py-sample", files, tests=True)
    purelib = prefix / PYTHONS[-1].purelib
    found = {str(path.relative_to(purelib)) for path in purelib.rglob("*.seen")}
    assert found == {"alone.seen", "whole/__init__.seen", "space/inner/__init__.seen"}


def test_the_packages_own_pth_files_count_in_its_test(make_workshop: MakeWorkshop) -> None:
    workshop = make_workshop(PYTHONS[-1])
    files = python_project("py-sample", modules={"sample.pth": "hidden\n", "hidden/treasure.py": ""})
    workshop.recipes.python_package("py-sample", files, body='import_modules = ["treasure"]')
    workshop.build("py-sample", files, tests=True)


def test_an_install_that_brings_no_module_is_an_error(make_workshop: MakeWorkshop) -> None:
    workshop = make_workshop(PYTHONS[-1])
    files = python_project("py-sample")
    body = "def install(self, spec, prefix):\n    touch(join_path(mkdirp(prefix.bin) or prefix.bin, 'only'))\n"
    workshop.recipes.python_package("py-sample", files, body=body)
    with pytest.raises(InstallError, match="installed nothing into"):
        workshop.build("py-sample", files)
