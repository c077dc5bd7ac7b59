"""Answers about all recipes at once, from what the index keeps of each: who may need whom, who looks after what.

Pure: everything is computed from summaries and from who provides what. Conditions are not looked at, so every answer
is about what may be, not about what one concrete graph has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from outcrop.repo.index import Summary
from outcrop.repo.model import DependencyDecl, PackageModel
from outcrop.repo.repositories import Repositories
from outcrop.spec import Spec
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType

Providers = Mapping[str, Collection[str]]
"""Virtual -> packages that may provide it."""


@dataclass(frozen=True, slots=True, order=True)
class Dependent:
    """A package whose recipe names another: by its own name, or (``through``) by virtuals that the other may provide.

    ``through`` is empty where it is named itself.
    """

    name: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a recipe says of one name, all its directives together; ``specs`` are distinct, with their conditions."""

    name: str
    types: tuple[DependencyType, ...]
    always: bool
    specs: tuple[tuple[Spec, Spec], ...]


def provider_names(repositories: Repositories) -> dict[str, tuple[str, ...]]:
    """Virtual -> packages that may provide it, both sorted."""
    return {
        virtual: tuple(sorted({name for name, _ in repositories.providers(virtual)}))
        for virtual in repositories.virtuals()
    }


def direct_dependencies(model: PackageModel, types: Collection[str] = ()) -> list[Dependency]:
    """What a recipe names, by name; only dependencies of one of ``types``, if any are given."""
    found: dict[str, list[DependencyDecl]] = {}
    for declared in model.dependencies:
        if not types or not set(types).isdisjoint(declared.types):
            found.setdefault(declared.spec.name, []).append(declared)
    answer = []
    for name, declarations in sorted(found.items()):
        held = {kind for declared in declarations for kind in declared.types}
        answer.append(
            Dependency(
                name,
                tuple(kind for kind in DEPENDENCY_TYPES if kind in held),
                any(declared.when.is_empty for declared in declarations),
                tuple(dict.fromkeys((declared.spec, declared.when) for declared in declarations)),
            )
        )
    return answer


def possible_dependencies(
    names: Iterable[str], summaries: Mapping[str, Summary], providers: Providers, *, expand: bool = True
) -> list[str]:
    """Everything that may come with packages: what they name, what that names, and so on; sorted.

    Args:
        expand: put a virtual's providers in its place, and follow them; otherwise it is listed by its own name.
    """
    start = list(names)
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        summary = summaries.get(waiting.pop())
        for name in summary.dependencies if summary is not None else ():
            behind = providers.get(name, ())
            reached = [*behind, *([name] if name in summaries else [])] if expand and behind else [name]
            for other in reached:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return sorted(seen.difference(start))


def dependents(name: str, summaries: Mapping[str, Summary], providers: Providers) -> list[Dependent]:
    """Packages whose recipe names ``name`` (a package or a virtual), or a virtual that it may provide; by name."""
    provided = {virtual for virtual, behind in providers.items() if name in behind}
    found = []
    for other, summary in summaries.items():
        if other == name:
            continue
        if name in summary.dependencies:
            found.append(Dependent(other))
        elif provided and (through := provided.intersection(summary.dependencies)):
            found.append(Dependent(other, tuple(sorted(through))))
    return sorted(found)


def possible_dependents(name: str, summaries: Mapping[str, Summary], providers: Providers) -> list[str]:
    """Everything that ``name`` may come into: its dependents, theirs, and so on; sorted."""
    naming: dict[str, list[str]] = {}
    for other, summary in summaries.items():
        for dependency in summary.dependencies:
            naming.setdefault(dependency, []).append(other)
    provided: dict[str, list[str]] = {}
    for virtual, behind in providers.items():
        for provider in behind:
            provided.setdefault(provider, []).append(virtual)
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        for known_as in (current, *provided.get(current, ())):
            for other in naming.get(known_as, ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return sorted(seen - {name})


def packages_by_maintainer(summaries: Mapping[str, Summary]) -> dict[str, list[str]]:
    """Maintainer -> packages, both sorted; a maintainer spelled in different letter cases is one, by the first."""
    spelled: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, summary in summaries.items():
        for maintainer in summary.maintainers:
            spelling = spelled.setdefault(maintainer.lower(), maintainer)
            packages = found.setdefault(spelling, [])
            if name not in packages:
                packages.append(name)
    return {maintainer: sorted(found[maintainer]) for maintainer in sorted(found, key=str.lower)}
