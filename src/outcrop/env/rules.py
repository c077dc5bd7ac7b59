"""The ``packages:`` configuration as the solver's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from outcrop.base.errors import InputError, Place
from outcrop.config import Configuration, PackageSection, Requirement
from outcrop.env.written import parse_written
from outcrop.solve import PackageRules, Rule
from outcrop.spec import Spec, SpecParseError, VariantConstraint, VersionList, parse_versions


def package_rules(configuration: Configuration) -> dict[str, PackageRules]:
    """Rules by package name, virtual name and ``all``.

    Raises:
        InputError: a spec in the configuration does not parse; names file and line.
    """
    sections = configuration.section("packages", dict[str, PackageSection], {})
    return {name: _rules(configuration, name, section) for name, section in sections.items()}


def _rules(configuration: Configuration, name: str, section: PackageSection) -> PackageRules:
    reader = _Reader(configuration, name)
    require = section.require
    listed: Sequence[str | Requirement] = [require] if isinstance(require, str) else require or []
    return PackageRules(
        require=reader.rules("require", listed),
        prefer=reader.rules("prefer", section.prefer),
        conflict=reader.rules("conflict", section.conflict),
        versions=tuple(reader.versions(section.version)),
        variants=reader.variants(section.variants),
        providers={virtual: tuple(names) for virtual, names in section.providers.items()},
        targets=tuple(section.target),
        buildable=section.buildable,
    )


class _Reader:
    """Parses the texts of one package's section; errors name the file the text stands in."""

    def __init__(self, configuration: Configuration, name: str) -> None:
        self._configuration = configuration
        self._name = name

    def place(self, *trail: str | int) -> Place | None:
        document = self._configuration.place("packages", self._name, *trail)
        return document.place(self._name, *trail) if document is not None else None

    def rules(
        self, key: Literal["require", "prefer", "conflict"], listed: Iterable[str | Requirement]
    ) -> tuple[Rule, ...]:
        result = []
        place = self.place(key)
        where = str(place) if place is not None else ""
        for item in listed:
            if isinstance(item, str):
                result.append(Rule(specs=(parse_written(item, place),), place=where))
                continue
            texts = [item.spec] if item.spec is not None else item.one_of or item.any_of or []
            if not texts or sum(part is not None for part in (item.spec, item.one_of, item.any_of)) != 1:
                raise InputError(
                    f"packages:{self._name}:{key}: an entry has exactly one of 'spec', 'one_of' and 'any_of'",
                    place=place,
                )
            result.append(
                Rule(
                    specs=tuple(parse_written(text, place) for text in texts),
                    policy="any_of" if item.any_of is not None else "one_of",
                    when=parse_written(item.when, place) if item.when else Spec(),
                    message=item.message or "",
                    place=where,
                )
            )
        return tuple(result)

    def versions(self, listed: Iterable[str | float | int]) -> Iterable[VersionList]:
        for item in listed:
            text = str(item)
            if isinstance(item, float):
                raise InputError(
                    f"packages:{self._name}:version: YAML takes {text} for a number, which loses zeros at its end",
                    place=self.place("version"),
                    hint=f"quote it: '{text}'",
                )
            try:
                yield parse_versions(text)
            except SpecParseError as error:
                raise InputError(error.message, place=self.place("version"), details=error.details) from error

    def variants(self, value: str | list[str] | None) -> tuple[VariantConstraint, ...]:
        if value is None:
            return ()
        text = value if isinstance(value, str) else " ".join(value)
        return tuple(parse_written(text, self.place("variants")).variants)
