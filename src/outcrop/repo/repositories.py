"""All configured recipe repositories as one: names, models, providers; the first repository that has a package wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.base.events import Event, Quiet, Reporter
from outcrop.base.remembered import Witness, witness
from outcrop.repo.cache import ModelCache, program_files
from outcrop.repo.errors import RecipeError, RepositoryError, UnknownPackageError
from outcrop.repo.files import Files
from outcrop.repo.index import Facts, Index, IndexFile, Summary
from outcrop.repo.layout import REPOSITORY_FILE, Repository, load_repository
from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.spec import Spec

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase
    from outcrop.repo.bytecode import ByteCode
    from outcrop.repo.importing import Importer
    from outcrop.repo.recipe_hash import CanonicalRecipe, RecipeHasher

_SMALL = 200
"""A repository of at most so many packages is extracted as a whole as soon as one of its models is missing."""

_SINGLE = 12
"""Models of a larger one that are made one by one before it is extracted as a whole: each costs a process."""

_TOOLS = "build-tools"
"""The tag of what is there to build other things."""

_PYTHONS = ("python", "python-venv")

_SHOWN = 5
"""Broken recipes that are named one by one when an index is built."""


class Repositories:
    """The repositories at ``roots``, in the order in which they are searched.

    A root that is no usable repository is left out: its error is in :attr:`problems` and reported as a warning. Files
    are looked at once in the life of this object (see :meth:`refresh`). Nothing is imported here but in
    :meth:`load_class`; models that are not kept in ``cache`` are made by child processes.
    """

    def __init__(self, roots: Sequence[Path], cache: Path, *, reporter: Reporter | None = None) -> None:
        self._reporter = reporter or Quiet()
        self._root = cache
        self.problems: list[InputError] = []
        self.repositories: tuple[Repository, ...] = tuple(self._load(roots))
        self._by_namespace = {repository.namespace: repository for repository in self.repositories}
        self._files = Files(self.repositories)
        self._cache = ModelCache(cache, self.repositories, self._files)
        self._models: dict[str, PackageModel] = {}
        self._homes: dict[str, Repository | None] = {}
        self._indexes: dict[str, Index] = {}
        self._index_files: dict[str, IndexFile] = {}
        self._complained = False
        self._singles = 0
        self._providers: Mapping[str, tuple[tuple[str, ProvideDecl], ...]] | None = None
        self._tools: frozenset[str] | None = None
        self._importer: Importer | None = None
        self._code: ByteCode | None = None

    def _load(self, roots: Sequence[Path]) -> Iterator[Repository]:
        taken: dict[str, Path] = {}
        for root in roots:
            try:
                repository = load_repository(root)
                if repository.root == taken.get(repository.namespace):
                    continue
                if repository.namespace in taken:
                    raise RepositoryError(
                        f"{repository.root} has the namespace {repository.namespace}, "
                        f"like {taken[repository.namespace]}; only the first one is used",
                        hint="remove one of the two from the configured repositories",
                    )
            except InputError as error:
                self._complain(error)
            else:
                taken[repository.namespace] = repository.root
                yield repository

    def _complain(self, error: InputError) -> None:
        self.problems.append(error)
        self._reporter.report(Event("warning", text=str(error)))

    # -- finding ---

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces in search order."""
        return tuple(self._by_namespace)

    def home(self, name: str) -> Repository | None:
        """The repository that a name, qualified or not, is taken from."""
        if name not in self._homes:
            namespace, _, last = name.rpartition(".")
            searched = [item for item in self.repositories if not namespace or item.namespace == namespace]
            self._homes[name] = next((item for item in searched if item.exists(last)), None)
        return self._homes[name]

    def exists(self, name: str) -> bool:
        """There is a recipe of this name (``zlib`` or ``builtin.zlib``)."""
        return self.home(name) is not None

    def names(self) -> list[str]:
        """Every package there is a recipe of, without namespaces, sorted; the recipes may be broken."""
        return sorted({name for repository in self.repositories for name in self._index_file(repository).looks})

    def recipe_path(self, name: str) -> Path:
        """The recipe file of a package.

        Raises:
            UnknownPackageError: there is none.
        """
        return Path(self._need(name).recipe_path(name.rpartition(".")[2]))

    def path(self, file: str) -> Path | None:
        """A file as models and origins name it (``core/packages/zlib/package.py``) on this machine."""
        found = self._files.path(file)
        return Path(found) if found is not None else None

    def _need(self, name: str) -> Repository:
        repository = self.home(name)
        if repository is None:
            raise self._unknown(name)
        return repository

    def _unknown(self, name: str) -> InputError | UnknownPackageError:
        from outcrop.base.near import near_misses  # brings in difflib, which only this error needs

        namespace, _, last = name.rpartition(".")
        if namespace and namespace not in self._by_namespace:
            near = near_misses(namespace, self._by_namespace)
            return UnknownPackageError(
                f"there is no repository {namespace}, asked for {name}",
                hint=f"did you mean {near[0]}.{last}?"
                if near
                else f"the repositories are {', '.join(self._by_namespace)}",
            )
        searched = [self._by_namespace[namespace]] if namespace else self.repositories
        for repository in searched:
            directory = Path(repository.recipe_path(last)).parent
            if last and directory.is_dir() and any(directory.iterdir()):
                return RepositoryError(
                    f"the directory of {repository.namespace}.{last} has no package.py",
                    place=Place(directory),
                    hint="remove the directory, or write the recipe",
                )
        known = {name for repository in searched for name in repository.candidates()}
        near = near_misses(last, known)
        hint = f"did you mean {', '.join(near)}?" if near else None
        where = f"the repository {namespace}" if namespace else "any repository"
        if hint is None and self.problems:
            hint = f"a repository could not be used: {self.problems[0]}"
        return UnknownPackageError(f"there is no package {last} in {where}", hint=hint)

    # -- models ---

    def model(self, name: str) -> PackageModel:
        """The recipe of a package as data.

        Raises:
            UnknownPackageError: no repository has it; the hint names similar ones.
            RecipeError: its recipe cannot be loaded.
        """
        known = self._models.get(name)
        if known is None:
            repository = self._need(name)
            last = name.rpartition(".")[2]
            full = f"{repository.namespace}.{last}"
            known = self._models.get(full) or self._kept(repository, last) or self._make(repository, last)
            self._models[name] = self._models[full] = known
        return known

    def content(self, name: str) -> str:
        """A name for the bytes of all files that the model of a package was made from; cheap once the model is kept.

        Raises: as :meth:`model`.
        """
        repository = self._need(name)
        last = name.rpartition(".")[2]
        entry = self._cache.entry(repository, last)
        if entry is None:
            self.model(name)
            entry = self._cache.entry(repository, last)
        return entry.content if entry is not None else ""

    def _kept(self, repository: Repository, name: str) -> PackageModel | None:
        entry = self._cache.entry(repository, name)
        if entry is None:
            return None
        try:
            return self._cache.model(entry)
        except msgspec.MsgspecError:
            return None

    def _make(self, repository: Repository, name: str) -> PackageModel:
        self._singles += 1
        if repository.namespace not in self._indexes and (
            self._singles > _SINGLE or len(repository.candidates()) <= _SMALL
        ):
            failure = self._look_up(repository).failures.get(name)
            if failure is not None:
                raise failure.error()
            found = self._kept(repository, name)
            if found is not None:
                return found
        for facts in self._extract(repository, [name]):
            if facts.failure is not None:
                raise facts.failure.error()
        found = self._kept(repository, name)
        if found is None:
            raise RecipeError(
                f"the recipe of {repository.namespace}.{name} changed while it was read", hint="try again"
            )
        return found

    def _extract(self, repository: Repository, names: Sequence[str]) -> Iterator[Facts]:
        from outcrop.repo.workers import extract_all  # needs subprocess and more: 20 ms that a warm start does without

        for facts in extract_all(self.repositories, repository, names, self._cache, self._reporter):
            if facts.printed:
                text = (
                    f"the recipe of {repository.namespace}.{facts.name} prints while it is imported ({facts.printed})"
                )
                self._reporter.report(Event("warning", subject=facts.name, text=text))
            yield facts
        problem = self._cache.problem
        if problem is not None and not self._complained:
            self._complained = True
            text = (
                f"what is made of recipes cannot be kept in {self._root} ({problem.strerror}), so every command has to "
                "load them again; make that directory writable, or set OUTCROP_ROOT"
            )
            self._reporter.report(Event("warning", text=text))

    # -- the whole ---

    def refresh(self) -> None:
        """Look at the files anew, and bring every index up to date."""
        self._files.forget()
        self.__dict__.pop("_hasher", None)
        for kept in (self._models, self._homes, self._indexes, self._index_files):
            kept.clear()
        self._providers = None
        self._tools = None
        for repository in self.repositories:
            self._look_up(repository)

    def _look_up(self, repository: Repository) -> Index:
        index = self._indexes.get(repository.namespace)
        if index is None:
            file = self._index_file(repository)
            index = self._indexes[repository.namespace] = file.refresh(lambda names: self._build(repository, names))
        return index

    def _index_file(self, repository: Repository) -> IndexFile:
        file = self._index_files.get(repository.namespace)
        if file is None:
            file = self._index_files[repository.namespace] = IndexFile(repository, self._cache, self._files)
        return file

    def _build(self, repository: Repository, names: Sequence[str]) -> Iterator[Facts]:
        self._reporter.report(Event("index.started", repository.namespace, done=0, total=len(names)))
        failures: list[RecipeError] = []
        for facts in self._extract(repository, names):
            if facts.failure is not None:
                failures.append(facts.failure.error())
            yield facts
        for error in failures[:_SHOWN]:
            self._reporter.report(Event("warning", subject=repository.namespace, text=str(error)))
        if len(failures) > _SHOWN:
            text = f"{len(failures) - _SHOWN} more recipes of {repository.namespace} cannot be loaded"
            self._reporter.report(Event("warning", subject=repository.namespace, text=text))
        self._cache.prune(self.repositories)
        for directory in repository.misnamed():
            text = f"{repository.packages}/{directory} is passed over: no package can have this name"
            self._reporter.report(Event("warning", subject=directory, text=text))
        self._reporter.report(Event("index.done", repository.namespace, done=len(names), total=len(names)))

    def failures(self) -> dict[str, RecipeError]:
        """Recipes that cannot be loaded, by full name."""
        return {
            f"{repository.namespace}.{name}": failure.error()
            for repository in self.repositories
            for name, failure in self._look_up(repository).failures.items()
        }

    def providers(self, virtual: str) -> list[tuple[str, ProvideDecl]]:
        """Packages that may provide ``virtual``, each with the declaration that says so, in search order, then by
        name.
        """
        return list(self._all_providers().get(virtual, ()))

    def virtuals(self) -> list[str]:
        """Every name that some package provides, sorted."""
        return sorted(self._all_providers())

    def is_virtual(self, name: str) -> bool:
        """Some recipe provides ``name``, or its own recipe says that it is virtual."""
        if name in self._all_providers():
            return True
        repository = self.home(name)
        return repository is not None and name.rpartition(".")[2] in self._look_up(repository).virtuals

    def is_tool(self, name: str) -> bool:
        """Whether builds use the package for what it does: it has the tag ``build-tools``, is Python or extends it.

        Answered from the indexes; no recipe is loaded.
        """
        if self._tools is None:
            self._tools = frozenset(self._find_tools())
        return name in self._tools

    def _find_tools(self) -> Iterator[str]:
        yield from _PYTHONS
        for index, hidden in self._all_indexes():
            tagged = [name for name, tags in index.tags.items() if _TOOLS in tags]
            yield from {*tagged, *index.extensions.get("python", ())} - hidden

    def _all_indexes(self) -> Iterator[tuple[Index, frozenset[str]]]:
        """Every index in search order, and the names that stand for packages of earlier repositories."""
        hidden: frozenset[str] = frozenset()
        for number, repository in enumerate(self.repositories):
            if number:
                hidden = hidden.union(self._look_up(self.repositories[number - 1]).names)
            yield self._look_up(repository), hidden

    def _all_providers(self) -> Mapping[str, tuple[tuple[str, ProvideDecl], ...]]:
        if self._providers is None:
            found: dict[str, list[tuple[str, ProvideDecl]]] = {}
            for index, hidden in self._all_indexes():
                for name, declared in index.provides.items():
                    if name not in hidden:
                        for decl in declared:
                            for virtual in dict.fromkeys(spec.name for spec in decl.virtuals):
                                found.setdefault(virtual, []).append((name, decl))
            self._providers = {virtual: tuple(pairs) for virtual, pairs in found.items()}
        return self._providers

    def tagged(self, tag: str) -> list[str]:
        """Packages with a tag, sorted."""
        return sorted(
            name
            for index, hidden in self._all_indexes()
            for name, tags in index.tags.items()
            if tag in tags and name not in hidden
        )

    def tags(self) -> dict[str, list[str]]:
        """Tag -> packages that have it, both sorted."""
        found: dict[str, list[str]] = {}
        for index, hidden in self._all_indexes():
            for name, tags in index.tags.items():
                if name not in hidden:
                    for tag in dict.fromkeys(tags):
                        found.setdefault(tag, []).append(name)
        return {tag: sorted(found[tag]) for tag in sorted(found)}

    def summaries(self) -> dict[str, Summary]:
        """A few lines about every package, by name, sorted: for searches, dependents and maintainers."""
        found: dict[str, Summary] = {}
        for repository in reversed(self.repositories):
            self._look_up(repository)
            found.update(self._index_file(repository).summaries())
        return dict(sorted(found.items()))

    # -- recipe hashes ---

    @cached_property
    def _hasher(self) -> RecipeHasher:
        from outcrop.repo.recipe_hash import RecipeHasher  # only locking and checking locks need it

        return RecipeHasher(self.repositories, self._cache, self._files)

    def recipe(
        self, model: PackageModel, version: str, satisfies: Callable[[Spec], bool], *, subject: str = ""
    ) -> CanonicalRecipe:
        """The recipe hash of a node, and the text it names.

        ``satisfies`` tells whether the node fits a constraint. With ``subject``, the node's own hash, the answer is
        remembered for :meth:`known_recipe_hash`.

        Raises:
            RecipeError: a module of the recipe cannot be read any more.
        """
        made = self._hasher.recipe(model, version, satisfies)
        if subject:
            self._hasher.remember(self._need(model.fullname), self.content(model.fullname), subject, made.hash)
        return made

    def known_recipe_hash(self, name: str, subject: str) -> str | None:
        """What :meth:`recipe` said about the node with hash ``subject``, if its recipe's files are still the same.

        Costs a few file looks and imports nothing. ``None`` means: ask :meth:`recipe`.
        """
        repository = self.home(name)
        if repository is None:
            return None
        entry = self._cache.entry(repository, name.rpartition(".")[2])
        return self._hasher.known(repository, entry.content, subject) if entry is not None else None

    def witnesses(self, names: Iterable[str]) -> list[Witness] | None:
        """The files that :meth:`known_recipe_hash` rests on for these packages (by full name), as they looked.

        Those of the recipes, of the repositories and of this program. ``None`` where something is not kept or a
        repository has a problem: the answer is not to be remembered then.
        """
        found = {path: witness(path) for path in program_files()}
        found.update((path, witness(path)) for path in (str(item.root / REPOSITORY_FILE) for item in self.repositories))
        for name in dict.fromkeys(names):
            repository = self.home(name)
            entry = self._cache.entry(repository, name.rpartition(".")[2]) if repository is not None else None
            if entry is None:
                return None
            for stamp in entry.stamps:
                path, look = self._files.path(stamp.name), self._files.look(stamp.name)
                if path is None or look is None:
                    return None
                found[path] = Witness(path, *look)
        return list(found.values()) if not self.problems else None

    # -- classes ---

    def load_class(self, namespace: str, name: str) -> type[PackageBase]:
        """Import a recipe here and return its class; for workers. From then on ``spack_repo`` is importable in this
        process.

        Raises:
            UnknownPackageError: there is no such recipe.
            RecipeError: it cannot be loaded.
        """
        repository = self._need(f"{namespace}.{name}")
        if self._importer is None or self._code is None:
            from outcrop.repo.bytecode import ByteCode
            from outcrop.repo.importing import Importer  # brings in the whole Package API: only workers need it

            self._code = ByteCode(self._cache)
            self._importer = Importer(self.repositories, self._code)
        self._importer.install()
        try:
            return self._importer.load(repository, name).recipe
        finally:
            self._code.keep(self._code.take())

    def close(self) -> None:
        """Take back what :meth:`load_class` did to this process's imports."""
        if self._importer is not None:
            self._importer.remove()

    def __enter__(self) -> Repositories:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
