"""What `spack_recipes.py` wrote, as a source of recipe models: the solver then works on the very declarations that
Spack works on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from outcrop.base.errors import RequestError
from outcrop.repo.model import (
    ConflictDecl,
    DependencyDecl,
    ExtendDecl,
    Origin,
    PackageModel,
    ProvideDecl,
    RequirementDecl,
    VariantDecl,
    VariantValue,
    VersionDecl,
)
from outcrop.spec import Spec, make_version, parse_spec
from outcrop.spec.graph import DependencyType


class Written(msgspec.Struct, frozen=True):
    """One definition of a variant; ``values`` are (value, guard, whether it is never allowed)."""

    name: str
    kind: str
    default: tuple[str, ...]
    values: tuple[tuple[str, str | None, bool], ...]
    sets: tuple[tuple[str, ...], ...]
    open: bool
    sticky: bool
    when: str


class Recorded(msgspec.Struct, frozen=True):
    """One recipe, as texts. Versions are (version, preferred, deprecated, of development)."""

    versions: tuple[tuple[str, bool, bool, bool], ...]
    variants: tuple[Written, ...]
    dependencies: tuple[tuple[str, tuple[DependencyType, ...], str], ...]
    conflicts: tuple[tuple[str, str], ...]
    requirements: tuple[tuple[tuple[str, ...], str, str], ...]
    provides: tuple[tuple[tuple[str, ...], str], ...]
    extends: tuple[str, ...]
    tags: tuple[str, ...]
    virtual: bool
    has_code: bool


class SpackRecipes:
    """A model source over the file."""

    def __init__(self, path: Path) -> None:
        self._data = msgspec.json.decode(path.read_bytes(), type=dict[str, Recorded])
        self._models: dict[str, PackageModel] = {}
        self._providers: dict[str, list[tuple[str, ProvideDecl]]] = {}
        for name, data in sorted(self._data.items()):
            for declaration in _provides(name, data):
                for spec in declaration.virtuals:
                    self._providers.setdefault(spec.name, []).append((name, declaration))

    def model(self, name: str) -> PackageModel:
        """Part of the model source."""
        name = name.rpartition(".")[2]
        if name not in self._data:
            raise RequestError(f"there is no recipe for {name}", code="unknown-package")
        found = self._models.get(name)
        if found is None:
            found = self._models[name] = _make(name, self._data[name])
        return found

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        """Part of the model source."""
        return self._providers.get(virtual, [])

    def is_virtual(self, name: str) -> bool:
        """Part of the model source."""
        return name in self._providers or (name in self._data and self._data[name].virtual)

    def is_tool(self, name: str) -> bool:
        """Part of the model source."""
        data = self._data.get(name)
        tagged = data is not None and ("build-tools" in data.tags or "python" in data.extends)
        return tagged or name in ("python", "python-venv")


def _make(name: str, data: Recorded) -> PackageModel:
    def when(text: str) -> Spec:
        return _when(name, text)

    return PackageModel(
        name=name,
        namespace="builtin",
        class_name=name,
        file=name,
        line=0,
        versions=tuple(_versions(data)),
        variants=tuple(_variant(name, place, written) for place, written in enumerate(data.variants)),
        dependencies=tuple(
            DependencyDecl(spec=parse_spec(spec), origin=Origin(name, place), types=types, when=when(condition))
            for place, (spec, types, condition) in enumerate(data.dependencies)
        ),
        conflicts=tuple(
            ConflictDecl(spec=when(spec), origin=Origin(name, place), when=when(condition))
            for place, (spec, condition) in enumerate(data.conflicts)
        ),
        requirements=tuple(
            RequirementDecl(
                specs=tuple(when(spec) for spec in specs),
                origin=Origin(name, place),
                policy=policy,
                when=when(condition),
            )
            for place, (specs, policy, condition) in enumerate(data.requirements)
        ),
        provides=tuple(_provides(name, data)),
        extends=tuple(ExtendDecl(name=other, origin=Origin(name, 0), types=("build", "run")) for other in data.extends),
        tags=data.tags,
        virtual=data.virtual,
        has_code=data.has_code,
    )


def _when(name: str, text: str) -> Spec:
    spec = parse_spec(text) if text else Spec()
    return spec.named("") if spec.name == name else spec


def _provides(name: str, data: Recorded) -> Iterable[ProvideDecl]:
    for place, (specs, when) in enumerate(data.provides):
        virtuals = tuple(parse_spec(text) for text in specs)
        yield ProvideDecl(virtuals=virtuals, origin=Origin(name, place), when=_when(name, when))


def _variant(name: str, place: int, written: Written) -> VariantDecl:
    return VariantDecl(
        name=written.name,
        kind=written.kind,
        origin=Origin(name, place),
        default=tuple(sorted(written.default)),
        values=tuple(
            VariantValue(value=value, when=_when(name, guard) if guard is not None else None, never=never)
            for value, guard, never in written.values
        ),
        sets=written.sets,
        open=written.open,
        sticky=written.sticky,
        when=_when(name, written.when),
    )


def _versions(data: Recorded) -> list[VersionDecl]:
    """Best first: what the recipe prefers, then releases, then the newest; deprecated ones last."""

    def key(entry: tuple[str, bool, bool, bool]) -> tuple[bool, bool, bool]:
        text, preferred, deprecated, development = entry
        return (preferred, not deprecated, not development and not make_version(text).is_prerelease)

    ordered = sorted(data.versions, key=lambda entry: make_version(entry[0]), reverse=True)
    ordered.sort(key=key, reverse=True)
    return [
        VersionDecl(version=text, origin=Origin("", 0), preferred=preferred, deprecated=deprecated)
        for text, preferred, deprecated, _ in ordered
    ]
