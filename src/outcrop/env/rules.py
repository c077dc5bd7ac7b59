"""The ``packages:`` configuration as the solver's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.config import ConcretizerSection, Configuration, PackageSection, Requirement
from outcrop.env.written import parse_written
from outcrop.solve import ExternalChoice, PackageRules, Rule
from outcrop.spec import Spec, SpecParseError, VariantConstraint, VersionList, make_version, parse_versions
from outcrop.spec.format import LANGUAGES
from outcrop.spec.parts import COMPILER_ALIASES

DEFAULT_COPIES: dict[str, int] = {
    "acfl": 3,
    "aocc": 3,
    "gcc": 3,
    "intel-oneapi-compilers": 3,
    "llvm": 3,
    "llvm-amdgpu": 3,
    "nvhpc": 3,
    "tools": 2,
    "default": 2,
}
"""How many copies a graph may have where the configuration does not say. Of what is neither a compiler nor a build
tool, a second one is only there where one is impossible: a compiler that is built links to what it will compile."""

EXPECTED_COPIES = (
    *("binutils", "gcc", "py-cython", "py-gast", "py-hatch-vcs", "py-numpy"),
    *("py-packaging", "py-setuptools", "py-setuptools-scm", "py-wheel"),
)
"""Public build tools of which one graph often needs two: compilers that lack a language, and Python packages that are
built with each other or in old versions. Found by counting, in solves of random packages, what they began anew for."""


def copies(concretizer: ConcretizerSection) -> dict[str, int]:
    """How many copies of a package a graph may have, as :attr:`Problem.copies` has it.

    ``max_dupes:default`` speaks of what is no build tool, like everywhere else.
    """
    if concretizer.duplicates.strategy == "none":
        return {"default": 1, "tools": 1}
    return {**DEFAULT_COPIES, **concretizer.duplicates.max_dupes}


def mixing(concretizer: ConcretizerSection) -> bool | tuple[str, ...]:
    """:attr:`Problem.compiler_mixing`."""
    said = concretizer.compiler_mixing
    return said if isinstance(said, bool) else tuple(said)


def package_rules(configuration: Configuration, externals: Sequence[ExternalChoice] = ()) -> dict[str, PackageRules]:
    """Rules by package name, virtual name and ``all``.

    ``compiler:`` lists compilers, best first. It is the order of providers of the languages for which ``providers:``
    gives none. A version there, ``gcc@12``, is wished for where an external has it and ``packages:gcc:version`` says
    nothing; what is not there is not built because of it.

    Raises:
        InputError: a spec in the configuration does not parse; names file and line.
    """
    sections = configuration.section("packages", dict[str, PackageSection], {})
    compilers = {name: _compilers(configuration, name, section) for name, section in sections.items()}
    found = {name: _rules(configuration, name, section, compilers[name]) for name, section in sections.items()}
    for name, versions in _compiler_versions(compilers.get("all", ()), externals).items():
        before = found.get(name, PackageRules())
        if not before.versions:
            found[name] = msgspec.structs.replace(before, versions=versions)
    return found


def _compilers(configuration: Configuration, name: str, section: PackageSection) -> tuple[Spec, ...]:
    place = _Reader(configuration, name).place("compiler")
    specs = [parse_written(text, place) for text in section.compiler]
    for spec in specs:
        if not spec.name:
            raise InputError(f"packages:{name}:compiler: '{spec}' names no compiler", place=place)
    return tuple(spec.named(COMPILER_ALIASES.get(spec.name, spec.name)) for spec in specs)


def _compiler_versions(
    compilers: Sequence[Spec], externals: Sequence[ExternalChoice]
) -> dict[str, tuple[VersionList, ...]]:
    found: dict[str, tuple[VersionList, ...]] = {}
    for spec in compilers:
        known = [make_version(external.version) for external in externals if external.name == spec.name]
        if spec.version_text and any(spec.versions.includes(version) for version in known):
            found[spec.name] = (*found.get(spec.name, ()), spec.versions)
    return found


def _rules(configuration: Configuration, name: str, section: PackageSection, compilers: Sequence[Spec]) -> PackageRules:
    reader = _Reader(configuration, name)
    require = section.require
    listed: Sequence[str | Requirement] = [require] if isinstance(require, str) else require or []
    return PackageRules(
        require=reader.rules("require", listed),
        prefer=reader.rules("prefer", section.prefer),
        conflict=reader.rules("conflict", section.conflict),
        versions=tuple(reader.versions(section.version)),
        variants=reader.variants(section.variants),
        providers={
            **(dict.fromkeys(LANGUAGES, tuple(dict.fromkeys(spec.name for spec in compilers))) if compilers else {}),
            **{virtual: tuple(names) for virtual, names in section.providers.items()},
        },
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
