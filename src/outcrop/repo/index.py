"""What must be known of a whole repository: its names, who provides what, tags, and a line or two about each package.

One file per repository beside its models. It is checked by looking at every recipe file and at the modules they
share; what changed by content is extracted anew, and nothing else.
"""

# Texts, not Path objects: thousands of files are looked at, and this is on the way of every command.
# ruff: noqa: PTH208

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from outcrop.repo.cache import Entry, Failure, ModelCache
from outcrop.repo.files import DIGEST_SIZE, Files, Look, Stamp
from outcrop.repo.layout import RECIPE_FILE, Repository
from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.repo.shards import replace_file

_RECIPE_BELOW = f"/{RECIPE_FILE}"
_NOT_THERE: Look = (-1, -1, -1)


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


class _Own(NamedTuple):
    directory: str
    look: Look
    digest: bytes
    shared: int
    """Which of ``Index.groups`` are the other modules of the package."""


class Index(msgspec.Struct, frozen=True, array_like=True):
    """One repository at one moment. Packages with a ``failure`` have no model; ``groups`` index into ``shared``.

    What is known of each recipe file stands in columns: nearly always it is compared as a whole and found to be the
    same, and reading it must not take longer than that.
    """

    shared: tuple[Stamp, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    names: tuple[str, ...] = ()
    """Every package that has a recipe, sorted."""
    directories: tuple[str, ...] = ()
    """Of each name."""
    looks: tuple[int, ...] = ()
    """Of each name's recipe, three numbers."""
    digests: bytes = b""
    """Of each name's recipe."""
    group_of: tuple[int, ...] = ()
    """Of each name, which group."""
    provides: dict[str, tuple[ProvideDecl, ...]] = {}
    tags: dict[str, tuple[str, ...]] = {}
    virtuals: frozenset[str] = frozenset()
    failures: dict[str, Failure] = {}
    around: str = ""
    extensions: dict[str, tuple[str, ...]] = {}
    """What is extended -> who extends it, under whatever condition."""
    is_v1: bool = False
    """The layout."""

    def own(self) -> dict[str, _Own]:
        """The columns as rows, by name."""
        looks = iter(self.looks)
        digests = (self.digests[start : start + DIGEST_SIZE] for start in range(0, len(self.digests), DIGEST_SIZE))
        rows = zip(self.directories, zip(looks, looks, looks, strict=True), digests, self.group_of, strict=True)
        return dict(zip(self.names, itertools.starmap(_Own, rows), strict=True))


class _Seen(NamedTuple):
    """How recipe files look: of the directories that the kept index has, in its order, and of other packages."""

    looks: tuple[int, ...]
    others: dict[str, Look]


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

    @cached_property
    def _old(self) -> Index:
        """The index as it was kept, unchecked; an empty one if there is none."""
        empty = Index(is_v1=self._repository.is_v1)
        try:
            kept = msgspec.msgpack.decode(Path(self._path).read_bytes(), type=Index)
        except (OSError, msgspec.MsgspecError):
            return empty
        # Which package lies in which directory is another question in another layout.
        return kept if kept.is_v1 == empty.is_v1 else empty

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
        old = self._old
        if self._is_as_it_was():
            return old
        own, looks = old.own(), self.looks
        stale = self._stale(old, own, looks)
        gone = [name for name in own if name not in looks]
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
        index = self._merge(own, looks, fresh)
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

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How every recipe file looks, by package name, sorted. Right whatever is kept."""
        seen = iter(self._seen.looks)
        known = zip(self._old.names, zip(seen, seen, seen, strict=True), strict=True)
        found = {**{name: look for name, look in known if look != _NOT_THERE}, **self._seen.others}
        for name, look in found.items():
            self._files.note(self._recipe(name), look)
        return dict(sorted(found.items()))

    @cached_property
    def _seen(self) -> _Seen:
        """Look at all recipe files, once."""
        known = self._old.directories
        looks: list[int] = []
        add, stat = looks.extend, os.stat  # nine thousand times
        try:
            descriptor = os.open(self._repository.packages, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return _Seen(_NOT_THERE * len(known), {})
        try:
            for directory in known:
                try:
                    state = stat(directory + _RECIPE_BELOW, dir_fd=descriptor)
                except OSError:
                    add(_NOT_THERE)
                else:
                    add((state.st_mtime_ns, state.st_size, state.st_ino))
            others: dict[str, Look] = {}
            for directory in {*os.listdir(descriptor)}.difference(known):
                name = self._repository.package_in(directory)
                if name is not None:
                    with contextlib.suppress(OSError):
                        state = stat(directory + _RECIPE_BELOW, dir_fd=descriptor)
                        others[name] = (state.st_mtime_ns, state.st_size, state.st_ino)
        finally:
            os.close(descriptor)
        return _Seen(tuple(looks), others)

    def _is_as_it_was(self) -> bool:
        """No file looks different, there is none more, and nothing that failed may succeed now."""
        old = self._old
        return (
            not self._seen.others
            and self._seen.looks == old.looks
            and all(self._files.look(stamp.name) == stamp.look for stamp in old.shared)
            and (old.around == self._cache.around or not old.failures)
        )

    def _stale(self, old: Index, own: Mapping[str, _Own], looks: Mapping[str, Look]) -> list[str]:
        """Packages whose files changed by content, or that failed among other repositories."""
        changed = {number for number, stamp in enumerate(old.shared) if not self._files.unchanged(stamp)}
        bad_groups = {number for number, group in enumerate(old.groups) if changed.intersection(group)}
        retry = old.failures.keys() if old.around != self._cache.around else ()
        stale: list[str] = []
        for name, look in looks.items():
            before = own.get(name)
            if (
                before is None
                or before.shared in bad_groups
                or name in retry
                or (before.look != look and self._files.digest(self._recipe(name)) != before.digest)
            ):
                stale.append(name)
        return stale

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

    def _merge(self, before: Mapping[str, _Own], looks: Mapping[str, Look], fresh: Mapping[str, Facts]) -> Index:
        old = self._old
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
                own[name] = _Own(self._repository.directory(name), look, digest, group(facts.stamps[1:]))
            elif name in before:
                row = before[name]
                if row.shared not in regrouped:
                    regrouped[row.shared] = group(old.shared[member] for member in old.groups[row.shared])
                own[name] = row._replace(look=look, shared=regrouped[row.shared])

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
            names=tuple(own),
            directories=tuple(row.directory for row in own.values()),
            looks=tuple(number for row in own.values() for number in row.look),
            digests=b"".join(row.digest for row in own.values()),
            group_of=tuple(row.shared for row in own.values()),
            provides=dict(sorted(provides.items())),
            tags=dict(sorted(tags.items())),
            virtuals=frozenset(virtuals),
            failures=dict(sorted(failures.items())),
            around=self._cache.around,
            is_v1=old.is_v1,
            extensions={extended: tuple(sorted(names)) for extended, names in sorted(extensions.items()) if names},
        )


def _first_line(text: str) -> str:
    """The first paragraph's first sentence, on one line."""
    paragraph = " ".join(text.split("\n\n", 1)[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]
