"""What must be known of a whole repository: its names, who provides what, tags, and a line or two about each package.

One file per repository beside its models. It is checked by looking at every recipe file and at the modules they
share; what changed by content is extracted anew, and nothing else.
"""

# Texts, not Path objects: thousands of files are looked at, and this is on the way of every command.

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from outcrop.repo.cache import Entry, Failure, ModelCache
from outcrop.repo.files import Files, Look, Stamp
from outcrop.repo.layout import RECIPE_FILE, Repository
from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.repo.shards import replace_file


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What the index keeps of one package, as it comes from whoever extracted it. ``stamps`` has the recipe first."""

    name: str
    stamps: tuple[Stamp, ...]
    provides: tuple[ProvideDecl, ...] = ()
    tags: tuple[str, ...] = ()
    virtual: bool = False
    failure: Failure | None = None
    printed: str = ""
    summary: Summary | None = None
    extends: tuple[str, ...] = ()


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """What searches over all packages read; kept apart because solving does not need it."""

    version: str
    """The preferred one, or empty."""
    description: str
    """Its first sentence or line."""
    dependencies: tuple[str, ...]
    maintainers: tuple[str, ...]
    homepage: str


class _Own(msgspec.Struct, frozen=True, array_like=True):
    look: Look
    digest: bytes
    shared: int
    """Which of ``Index.groups`` are the other modules of the package."""


class Index(msgspec.Struct, frozen=True, array_like=True):
    """One repository at one moment. Packages with a ``failure`` have no model; ``groups`` index into ``shared``."""

    shared: tuple[Stamp, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    own: dict[str, _Own] = {}
    provides: dict[str, tuple[ProvideDecl, ...]] = {}
    tags: dict[str, tuple[str, ...]] = {}
    virtuals: frozenset[str] = frozenset()
    failures: dict[str, Failure] = {}
    around: str = ""
    extensions: dict[str, tuple[str, ...]] = {}
    """What is extended -> who extends it, under whatever condition."""

    @property
    def names(self) -> Iterable[str]:
        """Every package that has a recipe, sorted."""
        return self.own.keys()


Extract = Callable[[Sequence[str]], Iterable[Facts]]
"""Makes facts of packages that changed, in any order, keeping their models on the way."""


def facts_of(name: str, entry: Entry, model: PackageModel | None) -> Facts:
    """The facts of a package from what is kept of it; patches decide about models, not about facts."""
    if model is None:
        return Facts(name, entry.stamps, failure=entry.failure, printed=entry.printed)
    count = len(model.modules)
    return Facts(
        name,
        entry.stamps[:count],
        model.provides,
        model.tags,
        model.virtual,
        printed=entry.printed,
        summary=Summary(
            version=model.versions[0].version if model.versions else "",
            description=_first_line(model.description),
            dependencies=tuple(sorted({declared.spec.name for declared in model.dependencies})),
            maintainers=model.maintainers,
            homepage=model.homepage,
        ),
        extends=tuple(sorted({extend.name for extend in model.extends})),
    )


class IndexFile:
    """The kept index of one repository."""

    def __init__(self, repository: Repository, cache: ModelCache, files: Files) -> None:
        self._repository = repository
        self._cache = cache
        self._files = files
        directory = cache.directory(repository)
        self._path = f"{directory}/index"
        self._summaries = f"{directory}/summaries"
        self._unkept: dict[str, Summary] | None = None
        self._looks: dict[str, Look] | None = None

    def load(self) -> Index:
        """The index as it was kept, unchecked; an empty one if there is none."""
        try:
            return msgspec.msgpack.decode(Path(self._path).read_bytes(), type=Index)
        except (OSError, msgspec.MsgspecError):
            return Index()

    def summaries(self) -> dict[str, Summary]:
        """What is kept for searches, by package."""
        if self._unkept is not None:
            return self._unkept
        try:
            return msgspec.msgpack.decode(Path(self._summaries).read_bytes(), type=dict[str, Summary])
        except (OSError, msgspec.MsgspecError):
            return {}

    def refresh(self, extract: Extract) -> Index:
        """The index as it should be now, and kept so.

        ``extract`` is called once, with the packages whose model is not kept, if there are any.
        """
        old = self.load()
        looks = self.looks()
        stale, touched = self._compare(old, looks)
        gone = [name for name in old.own if name not in looks]
        if not (stale or gone or touched) and old.own.keys() == looks.keys():
            return old
        fresh: dict[str, Facts] = {}
        missing: list[str] = []
        for name in stale:
            kept = self._kept(name)
            if kept is not None:
                fresh[name] = kept
            else:
                missing.append(name)
        if missing:
            fresh.update((facts.name, facts) for facts in extract(missing))
        if gone:
            self._cache.write(self._repository, {}, gone)
        index = self._merge(old, looks, fresh)
        summaries = {name: summary for name, summary in self.summaries().items() if name in looks}
        summaries.update((name, facts.summary) for name, facts in fresh.items() if facts.summary is not None)
        summaries = dict(sorted(summaries.items()))
        try:
            replace_file(self._summaries, msgspec.msgpack.encode(summaries))
            replace_file(self._path, msgspec.msgpack.encode(index))
        except OSError as error:
            self._cache.problem = error
            self._unkept = summaries
        return index

    def looks(self) -> dict[str, Look]:
        """How every recipe file looks, by package name, sorted; looked at once. Needs nothing that is kept."""
        if self._looks is None:
            self._looks = self._look()
        return self._looks

    def _look(self) -> dict[str, Look]:
        repository = self._repository
        found: dict[str, Look] = {}
        start = f"{repository.label}/{repository.subdirectory}/" if repository.subdirectory else f"{repository.label}/"
        try:
            descriptor = os.open(repository.packages, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return {}
        try:
            for directory, name in repository.directories().items():
                relative = f"{directory}/{RECIPE_FILE}"
                try:
                    state = os.stat(relative, dir_fd=descriptor)
                except OSError:
                    continue
                look = (state.st_mtime_ns, state.st_size, state.st_ino)
                found[name] = look
                self._files.note(start + relative, look)
        finally:
            os.close(descriptor)
        return dict(sorted(found.items()))

    def _compare(self, old: Index, looks: Mapping[str, Look]) -> tuple[list[str], bool]:
        """Packages whose files changed by content, and whether any file looks different at all."""
        changed = {number for number, stamp in enumerate(old.shared) if not self._files.unchanged(stamp)}
        touched = any(self._files.look(stamp.name) != stamp.look for stamp in old.shared)
        bad_groups = {number for number, group in enumerate(old.groups) if changed.intersection(group)}
        retry = old.failures.keys() if old.around != self._cache.around else ()
        stale: list[str] = []
        for name, look in looks.items():
            own = old.own.get(name)
            if own is None or own.shared in bad_groups or name in retry:
                stale.append(name)
            elif own.look != look:
                touched = True
                if self._files.digest(self._recipe(name)) != own.digest:
                    stale.append(name)
        return stale, touched

    def _recipe(self, name: str) -> str:
        found = self._repository.relative(self._repository.recipe_path(name))
        assert found is not None, "a recipe lies in its repository"
        return found

    def _kept(self, name: str) -> Facts | None:
        entry = self._cache.entry(self._repository, name)
        if entry is None:
            return None
        try:
            model = self._cache.model(entry) if entry.has_model else None
        except msgspec.MsgspecError:
            return None
        return facts_of(name, entry, model)

    def _merge(self, old: Index, looks: Mapping[str, Look], fresh: Mapping[str, Facts]) -> Index:
        numbers: dict[str, int] = {}
        shared: list[Stamp] = []
        groups: dict[tuple[int, ...], int] = {}
        regrouped: dict[int, int] = {}

        def group(stamps: Iterable[Stamp]) -> int:
            members = []
            for stamp in stamps:
                number = numbers.get(stamp.name)
                if number is None:
                    number = numbers[stamp.name] = len(shared)
                    shared.append(self._files.stamp(stamp.name))
                members.append(number)
            return groups.setdefault(tuple(members), len(groups))

        own: dict[str, _Own] = {}
        for name, look in looks.items():
            facts = fresh.get(name)
            if facts is not None:
                digest = facts.stamps[0].digest if facts.stamps else self._files.digest(self._recipe(name))
                own[name] = _Own(look, digest, group(facts.stamps[1:]))
            elif name in old.own:
                before = old.own[name]
                if before.shared not in regrouped:
                    regrouped[before.shared] = group(old.shared[member] for member in old.groups[before.shared])
                own[name] = _Own(look, before.digest, regrouped[before.shared])

        def kept(names: Iterable[str]) -> list[str]:
            return [name for name in names if name in own and name not in fresh]

        provides = {name: old.provides[name] for name in kept(old.provides)}
        provides.update((name, facts.provides) for name, facts in fresh.items() if facts.provides)
        tags = {name: old.tags[name] for name in kept(old.tags)}
        tags.update((name, facts.tags) for name, facts in fresh.items() if facts.tags)
        failures = {name: old.failures[name] for name in kept(old.failures)}
        failures.update((name, facts.failure) for name, facts in fresh.items() if facts.failure is not None)
        virtuals = {*kept(old.virtuals), *(name for name, facts in fresh.items() if facts.virtual)}
        extensions = {extended: kept(extending) for extended, extending in old.extensions.items()}
        for name, facts in fresh.items():
            for extended in facts.extends:
                extensions.setdefault(extended, []).append(name)
        return Index(
            shared=tuple(shared),
            groups=tuple(groups),
            own=own,
            provides=dict(sorted(provides.items())),
            tags=dict(sorted(tags.items())),
            virtuals=frozenset(virtuals),
            failures=dict(sorted(failures.items())),
            around=self._cache.around,
            extensions={extended: tuple(sorted(names)) for extended, names in sorted(extensions.items()) if names},
        )


def _first_line(text: str) -> str:
    """The first paragraph's first sentence, on one line."""
    paragraph = " ".join(text.split("\n\n", 1)[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]
