"""Versions of a package: externals and versions to build, in one order of preference.

Versions are laid out in ascending order with one variable per step ("this one or greater"), so that a range is two
literals.
"""

from __future__ import annotations

from collections.abc import Callable

from outcrop.repo.model import PackageModel
from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import Atom, Candidate, Encoding, PackageVariables, Preference
from outcrop.solve.problem import ExternalChoice
from outcrop.spec import GitVersion, Spec, Version, make_version, parse_versions


def encode_versions(encoding: Encoding, package: PackageVariables) -> None:
    """Candidates, their literals, and the preference among them; none at all if nothing can be had."""
    clauses = encoding.clauses
    node = package.node
    candidates = find_candidates(encoding, package.name, package.model)
    package.versions = sorted({candidate.version for candidate in candidates})
    places = {version: place for place, version in enumerate(package.versions)}
    externals = [candidate for candidate in candidates if candidate.external is not None]
    declared = [candidate for candidate in candidates if candidate.external is None]
    if not candidates:
        return
    best = places[candidates[0].version]
    package.at_least = [node, *[clauses.new(phase=place < best) for place in range(len(package.versions) - 1)]]
    for lower, higher in zip(package.at_least, package.at_least[1:], strict=False):
        clauses.add((-higher, lower))
    if not externals:
        package.external, package.built = FALSE, node
    elif not declared:
        package.external, package.built = node, FALSE
    else:
        package.external = clauses.new(phase=candidates[0].external is not None)
        clauses.add((-package.external, node))
        package.built = clauses.conjunction([node, -package.external])
    for candidate in candidates:
        candidate.place = places[candidate.version]
        candidate.literal = _candidate_literal(encoding, package, candidate, len(externals))
    if (
        externals
        and declared
        and package.name in encoding.problem.anchors
        and not encoding.rules(package.name).versions
    ):
        choice = Preference("external", node, [package.external, package.built], ["external", "built"], clauses)
        encoding.wishes.append((package.name, -1, choice))
    if externals:
        clauses.at_most_one([candidate.literal for candidate in externals])
        clauses.add([-package.external, *[candidate.literal for candidate in externals]])
        buildable = {candidate.place for candidate in declared}
        if declared:
            for place in range(len(package.versions)):
                if place not in buildable:
                    clauses.add((-package.built, -exactly(encoding, package, place)))
    package.candidates = candidates
    labels = [str(candidate.version) for candidate in candidates]
    package.own.append(Preference("version", node, [candidate.literal for candidate in candidates], labels, clauses))
    encoding.define(package, "version", "external")


def _candidate_literal(encoding: Encoding, package: PackageVariables, candidate: Candidate, externals: int) -> int:
    here = exactly(encoding, package, candidate.place)
    if candidate.external is None:
        return here if package.built == package.node else encoding.clauses.conjunction([package.built, here])
    if externals == 1:
        encoding.clauses.add((-package.external, here))
        return package.external
    literal = encoding.clauses.new()
    encoding.clauses.add((-literal, package.external))
    encoding.clauses.add((-literal, here))
    return literal


def exactly(encoding: Encoding, package: PackageVariables, place: int) -> int:
    """A literal: the version is the one at ``place``."""
    return span(encoding, package, place, place + 1)


def span(encoding: Encoding, package: PackageVariables, low: int, high: int) -> int:
    """A literal: the version's place is ``low`` or greater and below ``high``."""
    steps = package.at_least
    return steps[low] if high >= len(steps) else encoding.clauses.conjunction((steps[low], -steps[high]))


def version_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the version lies in a list."""
    places = parse_versions(str(atom[1])).indexes(package.versions)
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    if not runs:
        return FALSE
    return encoding.clauses.disjunction([span(encoding, package, low, high) for low, high in runs])


def external_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package is an external."""
    return package.external


def find_candidates(encoding: Encoding, name: str, model: PackageModel | None) -> list[Candidate]:
    """Externals and versions that may be built, best first: versions the configuration wishes for, then externals,
    then the recipe's order of preference. Deprecated versions take part only where a request or the configuration
    leaves nothing else.
    """
    wishes = encoding.rules(name).versions
    found: list[tuple[tuple[int, int, int], Candidate]] = []

    def wish(version: Version) -> int:
        return next((place for place, versions in enumerate(wishes) if versions.includes(version)), len(wishes))

    for rank, external in enumerate(ordered_externals(encoding, name)):
        version = make_version(external.version)
        found.append(((wish(version), 0, rank), Candidate(version, 0, external)))
    if is_buildable(encoding, name, model):
        for rank, version in enumerate(buildable_versions(encoding, name, model)):
            found.append(((wish(version), 1, rank), Candidate(version, 0)))
    found.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in found]


def ordered_externals(encoding: Encoding, name: str) -> list[ExternalChoice]:
    """Externals of a package, greater versions first, else as given."""
    return sorted(encoding.externals.get(name, ()), key=lambda external: make_version(external.version), reverse=True)


def is_buildable(encoding: Encoding, name: str, model: PackageModel | None) -> bool:
    """Whether the configuration and the recipe let the package be built."""
    if model is None or not model.buildable:
        return False
    own = encoding.rules(name).buildable
    if own is not None:
        return own
    return encoding.rules("all").buildable is not False


def buildable_versions(encoding: Encoding, name: str, model: PackageModel | None) -> list[Version]:
    """Declared versions and requested git revisions, best first."""
    if model is None:
        return []
    mentions = encoding.mentioned.get(name, [])
    good = [make_version(decl.version) for decl in model.versions if not decl.deprecated]
    old = [make_version(decl.version) for decl in model.versions if decl.deprecated]
    asked = [version for version in old if any(_asks_for(spec, version, good) for spec in mentions)]
    return [*good, *asked, *[version for spec in mentions for version in _git_versions(spec)]]


def _asks_for(spec: Spec, version: Version, others: list[Version]) -> bool:
    if not spec.version_text or not spec.versions.includes(version):
        return False
    return spec.versions.concrete is not None or not spec.versions.indexes(sorted(others))


def _git_versions(spec: Spec) -> list[Version]:
    return [item for item in spec.versions.items if isinstance(item, GitVersion) and item.ref_version is not None]


def chosen(package: PackageVariables, truth: Callable[[int], bool]) -> Candidate:
    """The candidate that holds in a model; ``truth`` tells whether a literal does."""
    for candidate in package.candidates:
        if truth(candidate.literal):
            return candidate
    raise LookupError(f"{package.name} has no version in this model")
