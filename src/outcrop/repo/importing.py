"""Imports recipes: serves ``spack.package`` from our own API and ``spack_repo.*`` from the configured repositories.

An :class:`Importer` is a meta path finder. While it is installed, ``spack``, ``spack_repo`` and everything below them
come from it and from nowhere else; when it is removed they are gone again. It notes which repository modules each
module imports, so that it can say which files a recipe was made from, and it never writes byte code into a
repository.

Importing runs other people's code. Nothing it prints reaches the terminal, and whatever it raises becomes a
:class:`RecipeError` that names the file and line. Endless loops and ``os._exit`` are the business of
:mod:`outcrop.repo.workers`.
"""

# Paths are texts here, as modules and directives have them.
# ruff: noqa: PTH112, PTH113, PTH119

from __future__ import annotations

import builtins
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from outcrop.base.errors import OutcropError, Place
from outcrop.repo.bytecode import ByteCode, compile_source
from outcrop.repo.errors import RecipeError
from outcrop.repo.layout import Repository, class_name

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase

# Any below: what modules hold is anything.

API_MODULES: Mapping[str, tuple[str, ...]] = {
    "spack": (),
    "spack.pkg": (),
    "spack.package": ("outcrop.package",),
    "spack.util": (),
    "spack.util.environment": (
        "outcrop.package.programs.environment",
        "outcrop.package.filesystem.systempaths",
        "outcrop.package",
    ),
    "spack.util.executable": ("outcrop.package.programs.executable", "outcrop.package"),
    "spack.install_test": ("outcrop.package",),
    "spack.detection": ("outcrop.package.classes.detection", "outcrop.package"),
}
"""The modules outside their repository that public recipes import, and which of our modules answer for each, first
found wins.
"""

_V1_PRELUDE = "spack_repo.builtin.build_systems._package_api_v1"
"""What old recipes expect from the star import beyond today's API; part of Spack's own repository."""

_ROOTS = ("spack", "spack_repo")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recipe that was imported: its class and the line it begins at, the files it was made from (its own first), and
    where it first printed something.
    """

    recipe: type[PackageBase]
    files: tuple[str, ...]
    line: int = 1
    printed: Place | None = None


class Importer(importlib.abc.MetaPathFinder):
    """Finder of recipe modules in ``repositories``; as a context manager it is installed inside the block only.

    With ``code``, modules whose byte code is kept are not compiled.
    """

    def __init__(self, repositories: Sequence[Repository], code: ByteCode | None = None) -> None:
        self.repositories = tuple(repositories)
        self._code = code
        self._by_label = {repository.label: repository for repository in repositories if not repository.is_v1}
        self._labels = {tuple(label.split("/")) for label in self._by_label}
        self._v1 = {tuple(item.namespace.split(".")): item for item in repositories if item.is_v1}
        self._pkg = {tuple(item.namespace.split(".")): item for item in repositories}
        self._identifiers: dict[str, dict[str, str]] = {}
        self._imports: dict[str, set[str]] = {}
        self._files: dict[str, str] = {}
        self._lines: dict[str, dict[str, int]] = {}
        self._prepared: dict[str, CodeType] = {}
        self._shelved: dict[str, ModuleType] = {}
        self._builtins = dict(vars(builtins), __import__=self._import)
        self.installed = False

    # -- being there ---

    def install(self) -> None:
        """Begin to serve; modules of these names that are there already are put aside."""
        if not self.installed:
            self._shelved = _take_modules()
            sys.meta_path.insert(0, self)
            self.installed = True

    def remove(self) -> None:
        """Stop serving, forget what was imported, and put back what was put aside."""
        if self.installed:
            sys.meta_path.remove(self)
            _take_modules()
            sys.modules.update(self._shelved)
            self._shelved = {}
            self._imports.clear()
            self._files.clear()
            self._lines.clear()
            self._prepared.clear()
            self.installed = False

    def __enter__(self) -> Importer:
        self.install()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    # -- finding ---

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Part of the finder protocol. No other finder is asked for our names."""
        root, _, rest = fullname.partition(".")
        if root not in _ROOTS:
            return None
        found: ModuleSpec | None = None
        if root == "spack_repo":
            found = self._find_in_repositories(fullname, tuple(rest.split(".")) if rest else ())
        elif fullname in API_MODULES:
            # A star import from a package would look for submodules of every name, in every recipe.
            found = ModuleSpec(fullname, _ApiLoader(), is_package=not API_MODULES[fullname])
        elif rest.startswith("pkg."):
            found = self._find_v1(fullname, tuple(rest.split("."))[1:])
        if found is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return found

    def _find_in_repositories(self, fullname: str, parts: tuple[str, ...]) -> ModuleSpec | None:
        for size in range(len(parts), 0, -1):
            repository = self._by_label.get("/".join(parts[:size]))
            if repository is not None:
                found = self._find_file(repository, fullname, parts[size:])
                if found is not None:
                    return found
        if not parts or any(label[: len(parts)] == parts for label in self._labels):
            return _namespace(fullname)
        return None

    def _find_file(self, repository: Repository, fullname: str, parts: tuple[str, ...]) -> ModuleSpec | None:
        path = "/".join((str(repository.root), *parts))
        file = f"{path}.py"
        # Every look counts, thousands of times: what most modules are is looked for first.
        if parts and parts[-1] == "package" and os.path.isfile(file):
            return self._spec(repository, fullname, file)
        if os.path.isdir(path):
            start = f"{path}/__init__.py"
            if not os.path.isfile(start):
                return _namespace(fullname, path)
            return self._spec(repository, fullname, start, package=path)
        return self._spec(repository, fullname, file) if os.path.isfile(file) else None

    def _spec(self, repository: Repository, fullname: str, file: str, *, package: str | None = None) -> ModuleSpec:
        loader = _RecipeLoader(self, repository, file)
        spec = ModuleSpec(fullname, loader, origin=file, is_package=package is not None)
        spec.has_location = True
        if package is not None:
            spec.submodule_search_locations = [package]
        self._files[fullname] = file
        return spec

    def _find_v1(self, fullname: str, parts: tuple[str, ...]) -> ModuleSpec | None:
        if any(namespace[: len(parts)] == parts for namespace in self._pkg):
            return _namespace(fullname)
        repository = self._pkg.get(parts[:-1])
        if repository is None:
            return None
        name = self._name_of(repository, parts[-1])
        if name is None:
            return None
        if repository.is_v1:
            return self._spec(repository, fullname, repository.recipe_path(name))
        real = repository.module_name(name)
        self._imports[fullname] = {real}
        return ModuleSpec(fullname, _AliasLoader(real))

    def _name_of(self, repository: Repository, identifier: str) -> str | None:
        known = self._identifiers.get(repository.identity)
        if known is None:
            known = {}
            for name in repository.candidates():
                plain = name.replace("-", "_")
                known.setdefault(f"num{plain}" if plain[:1].isdigit() else plain, name)
            self._identifiers[repository.identity] = known
        return known.get(identifier)

    # -- noting ---

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 (the names that __import__ has)
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """``__import__`` of recipe modules: the usual one, and a note of what came from a repository."""
        if level == 0 and not name.startswith(_ROOTS):
            return builtins.__import__(name, globals, locals, fromlist or ())
        importer = globals.get("__name__") if globals is not None else None
        if not isinstance(importer, str) or globals is None:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        start = importlib.util.resolve_name("." * level + name, str(globals.get("__package__"))) if level else name
        noted = self._imports.setdefault(importer, set())
        noted.add(start)
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        noted.update(f"{start}.{item}" for item in fromlist or () if f"{start}.{item}" in self._files)
        return module

    def files_of(self, module: str) -> tuple[str, ...]:
        """The repository files that were run to import ``module``: its own first, the others sorted."""
        seen: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            while name and name not in seen:
                seen.add(name)
                waiting.extend(self._imports.get(name, ()))
                name = name.rpartition(".")[0]
        own = self._files[module]
        return (own, *sorted({self._files[name] for name in seen if name in self._files} - {own}))

    def files_tried(self, repository: Repository, name: str) -> tuple[str, ...]:
        """The files that importing a recipe got hold of before it failed, the recipe first."""
        module = repository.module_name(name)
        return self.files_of(module) if module in self._files else (repository.recipe_path(name),)

    # -- loading ---

    def compile(self, repository: Repository, module: str, file: str) -> CodeType:
        """The code of a module that is about to run.

        Raises:
            OSError: the file cannot be read.
            SyntaxError: it is not Python.
        """
        code = self._prepared.pop(file, None) or self._compiled(repository, file)
        self._lines[module] = {
            item.co_name: item.co_firstlineno for item in code.co_consts if isinstance(item, CodeType)
        }
        return code

    def _compiled(self, repository: Repository, file: str) -> CodeType:
        if self._code is not None:
            return self._code.compile(repository, file)
        with open(file, "rb") as stream:
            return compile_source(stream.read(), file)

    def prepare(self, repository: Repository, names: Iterable[str]) -> None:
        """Compile recipes that are loaded next: all at once is a third faster, because the compiler stays in the
        processor's cache.
        """
        for name in names:
            if repository.module_name(name) not in sys.modules:
                file = repository.recipe_path(name)
                # Whatever is wrong with it, loading it will say.
                with contextlib.suppress(Exception):
                    self._prepared[file] = self._compiled(repository, file)

    def load(self, repository: Repository, name: str) -> Loaded:
        """Import the recipe of package ``name`` and return its class.

        Raises:
            RecipeError: it cannot be imported, or defines no package of that name.
        """
        module_name = repository.module_name(name)
        place = Place(repository.recipe_path(name))
        fullname = f"{repository.namespace}.{name}"
        recorder = _Recorder(self)
        try:
            with contextlib.redirect_stdout(recorder), contextlib.redirect_stderr(recorder):
                module = importlib.import_module(module_name)
        except OutcropError as error:
            where = self._blame(error.__traceback__) if error.place is None else error.place
            raise RecipeError(
                f"the recipe of {fullname} cannot be loaded: {error.message}",
                place=where or place,
                details=error.details,
                hint=error.hint,
            ) from error
        except SyntaxError as error:
            where = Place(error.filename, error.lineno, error.offset) if error.filename else place
            raise RecipeError(f"the recipe of {fullname} is not valid Python: {error.msg}", place=where) from error
        except SystemExit as error:
            raise RecipeError(
                f"the recipe of {fullname} exits (status {error.code!r}) while it is imported",
                place=self._blame(error.__traceback__) or place,
            ) from error
        except Exception as error:
            text = "".join(traceback.format_exception_only(error)).strip()
            raise RecipeError(
                f"the recipe of {fullname} cannot be loaded: {text}",
                place=self._blame(error.__traceback__) or place,
                hint=self._advise(repository, error),
            ) from error
        recipe = vars(module).get(class_name(name))
        if not isinstance(recipe, type) or not hasattr(recipe, "records"):
            raise RecipeError(
                f"the recipe of {fullname} defines no package class {class_name(name)}",
                place=place,
                hint="the class must be named after the directory and derive from a package class",
            )
        line = self._lines.get(module_name, {}).get(recipe.__name__, 1)
        return Loaded(recipe, self.files_of(module_name), line, recorder.place)

    def owns(self, file: str) -> bool:
        """The file lies in one of the repositories."""
        return any(repository.relative(file) is not None for repository in self.repositories)

    def _blame(self, trail: TracebackType | None) -> Place | None:
        """The innermost line of a repository in a traceback."""
        found = None
        for frame, line in traceback.walk_tb(trail):
            if self.owns(frame.f_code.co_filename):
                found = Place(frame.f_code.co_filename, line)
        return found

    def _advise(self, repository: Repository, error: Exception) -> str | None:
        if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("spack_repo."):
            wanted = str(error.name).split(".")[1]
            if (wanted,) not in {label[:1] for label in self._labels}:
                return f"it needs the repository {wanted}; add it with: outcrop repo add PATH"
        if isinstance(error, NameError) and repository.is_v1 and "builtin" not in self._by_label:
            return (
                "recipes of API v1 need the build systems of the repository builtin; add it with: outcrop repo add PATH"
            )
        return None


class _RecipeLoader(importlib.abc.Loader):
    """Runs one file of a repository, with an ``__import__`` that takes notes."""

    def __init__(self, importer: Importer, repository: Repository, file: str) -> None:
        self._importer = importer
        self._repository = repository
        self._file = file

    def exec_module(self, module: ModuleType) -> None:
        namespace = module.__dict__
        namespace["__builtins__"] = self._importer._builtins
        if self._repository.is_v1:
            _run_prelude(namespace)
        exec(self._importer.compile(self._repository, module.__name__, self._file), namespace)

    def get_source(self, fullname: str) -> str:
        """For :mod:`inspect` and tracebacks."""
        with open(self._file, encoding="utf-8") as stream:
            return stream.read()

    def is_package(self, fullname: str) -> bool:
        """Part of what :mod:`inspect` and resource readers ask."""
        return os.path.basename(self._file) == "__init__.py"


class _ApiLoader(importlib.abc.Loader):
    """Fills a ``spack`` module from the modules that :data:`API_MODULES` names for it."""

    def exec_module(self, module: ModuleType) -> None:
        sources = []
        for name in API_MODULES[module.__name__]:
            with contextlib.suppress(ModuleNotFoundError):
                sources.append(importlib.import_module(name))
        namespace = module.__dict__
        for source in reversed(sources):
            names = getattr(source, "__all__", None)
            if names is None:
                names = [name for name in vars(source) if not name.startswith("_")]
            namespace.update((name, getattr(source, name)) for name in names)
        if module.__name__ == "spack":
            namespace.update(
                spack_version="1.0.0", spack_version_info=(1, 0, 0), __all__=["spack_version", "spack_version_info"]
            )
        elif sources and hasattr(sources[-1], "__all__"):
            namespace["__all__"] = list(sources[-1].__all__)


class _AliasLoader(importlib.abc.Loader):
    """``spack.pkg.<namespace>.<name>`` of a repository that has moved to the new layout."""

    def __init__(self, module: str) -> None:
        self._module = module

    def exec_module(self, module: ModuleType) -> None:
        real = importlib.import_module(self._module)
        module.__dict__.update((key, value) for key, value in vars(real).items() if not key.startswith("__"))


class _Recorder(io.TextIOBase):
    """Swallows what a recipe prints and remembers where it did so first."""

    def __init__(self, importer: Importer) -> None:
        super().__init__()
        self._importer = importer
        self.place: Place | None = None

    def write(self, text: str) -> int:
        """Take text."""
        if self.place is None and text.strip():
            frame = sys._getframe(1)
            while frame is not None:
                if self._importer.owns(frame.f_code.co_filename):
                    self.place = Place(frame.f_code.co_filename, frame.f_lineno)
                    break
                if frame.f_back is None:
                    break
                frame = frame.f_back
        return len(text)

    def writable(self) -> bool:
        """It is."""
        return True


def _run_prelude(namespace: dict[str, Any]) -> None:
    try:
        exec(f"from {_V1_PRELUDE} import *", namespace)
    except ModuleNotFoundError as error:
        if not f"{_V1_PRELUDE}.".startswith(f"{error.name}."):
            raise


def _namespace(fullname: str, *paths: str) -> ModuleSpec:
    spec = ModuleSpec(fullname, None, is_package=True)
    spec.submodule_search_locations = list(paths)
    return spec


def _take_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in _ROOTS]
    return {name: sys.modules.pop(name) for name in names}
