"""The dictionaries that recipes read on classes (``versions``, ``variants``, ``dependencies``, ...), filled from
records when read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

# Any: each dictionary has its own shape; see each directive.
from typing import Any, TypeVar

from outcrop.package.language.meta import RecipeMeta, collect_records
from outcrop.package.language.records import (
    ConflictRecord,
    DependencyRecord,
    DirectiveRecord,
    ExtendRecord,
    LicenseRecord,
    PatchRecord,
    ProvideRecord,
    RedistributeRecord,
    RequirementRecord,
    ResourceRecord,
    SpliceRecord,
    VariantRecord,
    VersionRecord,
)
from outcrop.package.specs.spec_api import Spec
from outcrop.spec import Spec as Constraint
from outcrop.spec import Version
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType

R = TypeVar("R", bound=DirectiveRecord)


@dataclass(eq=False)
class Dependency:
    """All that a recipe says about one dependency under one condition."""

    spec: Spec
    types: tuple[DependencyType, ...]
    patches: dict[Spec, list[PatchRecord]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the dependency, maybe virtual."""
        return self.spec.name

    def add(self, record: DependencyRecord) -> None:
        """Take in another declaration: constraints conjoined, types united."""
        self.spec = Spec(self.spec.constraint.constrain(record.spec))
        self.types = tuple(kind for kind in DEPENDENCY_TYPES if kind in (*self.types, *record.types))
        for patch in record.patches:
            self.patches.setdefault(Spec(patch.when), []).append(patch)


@dataclass(eq=False)
class Resource:
    """A resource as recipes read it. ``fetcher`` is set by whoever stages it (``fetcher.stage.source_path``)."""

    name: str
    destination: str
    placement: str | dict[str, str]
    fetch: dict[str, Any]
    fetcher: Any = None


Filler = Callable[[Iterable[DirectiveRecord]], dict[Any, Any]]


def _only(records: Iterable[DirectiveRecord], kind: type[R]) -> Iterator[tuple[Spec, R]]:
    conditions: dict[Constraint, Spec] = {}
    for record in records:
        if isinstance(record, kind):
            condition = conditions.get(record.when)
            if condition is None:
                condition = conditions[record.when] = Spec(record.when)
            yield condition, record


def _versions(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for _, record in _only(records, VersionRecord):
        keywords = dict(record.fetch)
        if record.preferred:
            keywords["preferred"] = True
        if record.deprecated:
            keywords["deprecated"] = True
        result[Version(record.version)] = keywords
    return result


def _variants(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for when, record in _only(records, VariantRecord):
        result.setdefault(when, {})[record.name] = record.definition
    return result


def _dependencies(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    result: dict[Any, dict[str, Dependency]] = {}
    for when, record in _only(records, DependencyRecord):
        named = result.setdefault(when, {})
        if record.spec.name not in named:
            named[record.spec.name] = Dependency(Spec(record.spec), ())
        named[record.spec.name].add(record)
    return result


def _extendees(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    return {record.name: (Spec(record.spec), when) for when, record in _only(records, ExtendRecord)}


def _provided(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    result: dict[Any, set[Spec]] = {}
    for when, record in _only(records, ProvideRecord):
        result.setdefault(when, set()).update(Spec(virtual) for virtual in record.virtuals)
    return result


def _provided_together(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
    result: dict[Any, list[set[str]]] = {}
    for when, record in _only(records, ProvideRecord):
        result.setdefault(when, []).append({virtual.name for virtual in record.virtuals})
    return result


def _lists(kind: type[R], value: Callable[[R], object]) -> Filler:
    def fill(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
        result: dict[Any, list[object]] = {}
        for when, record in _only(records, kind):
            result.setdefault(when, []).append(value(record))
        return result

    return fill


def _values(kind: type[R], value: Callable[[R], object]) -> Filler:
    def fill(records: Iterable[DirectiveRecord]) -> dict[Any, Any]:
        return {when: value(record) for when, record in _only(records, kind)}

    return fill


class DirectiveDictionary:
    """Class attribute: the dictionary that directives fill, made for each class when it is first read there."""

    def __init__(self, filler: Filler, doc: str) -> None:
        self._filler = filler
        self._slot = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_filled_{name}"

    def __get__(self, instance: object, owner: type) -> dict[Any, Any]:
        filled = vars(owner).get(self._slot)
        if filled is None:
            filled = self._filler(records_of(owner))
            setattr(owner, self._slot, filled)
        result: dict[Any, Any] = filled
        return result


def records_of(owner: type) -> list[DirectiveRecord]:
    """The records of a class, collected once."""
    records: list[DirectiveRecord] | None = vars(owner).get("_records")
    if records is None:
        assert isinstance(owner, RecipeMeta)
        records = collect_records(owner)
        owner._records = records  # type: ignore[attr-defined]  # kept on the class it belongs to
    return records


class DirectiveDictionaries:
    """Mixin: the dictionaries that directives fill."""

    versions = DirectiveDictionary(_versions, "Version -> fetch keywords.")
    variants = DirectiveDictionary(_variants, "Condition -> name -> Variant.")
    dependencies = DirectiveDictionary(_dependencies, "Condition -> name -> Dependency.")
    extendees = DirectiveDictionary(_extendees, "Name -> (spec, condition).")
    provided = DirectiveDictionary(_provided, "Condition -> virtual specs.")
    provided_together = DirectiveDictionary(_provided_together, "Condition -> groups of virtual names.")
    conflicts = DirectiveDictionary(
        _lists(ConflictRecord, lambda record: (Spec(record.spec), record.message or None)),
        "Condition -> (spec, message).",
    )
    requirements = DirectiveDictionary(
        _lists(
            RequirementRecord,
            lambda record: (tuple(Spec(spec) for spec in record.specs), record.policy, record.message or None),
        ),
        "Condition -> (specs, policy, message).",
    )
    patches = DirectiveDictionary(_lists(PatchRecord, lambda record: record), "Condition -> patches.")
    resources = DirectiveDictionary(
        _lists(
            ResourceRecord,
            lambda record: Resource(record.name, record.destination, record.placement, record.fetch),
        ),
        "Condition -> resources.",
    )
    licenses = DirectiveDictionary(_values(LicenseRecord, lambda record: record.expression), "Condition -> SPDX text.")
    splice_specs = DirectiveDictionary(
        _values(SpliceRecord, lambda record: (Spec(record.target), list(record.match_variants) or None)),
        "Condition -> (target, variants to match).",
    )
    disable_redistribute = DirectiveDictionary(
        _values(RedistributeRecord, lambda record: (not record.source, not record.binary)),
        "Condition -> (source forbidden, binary forbidden).",
    )
