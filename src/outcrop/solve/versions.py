"""Versions of a package: externals, installed ones and versions to build, in one order of preference.

Versions are laid out in ascending order with one variable per step ("this one or greater"), so that a range is two
literals.
"""

from __future__ import annotations

from collections.abc import Callable

from outcrop.repo.model import PackageModel
from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import Atom, Candidate, Encoding, PackageVariables, Preference
from outcrop.solve.problem import ExternalChoice
from outcrop.solve.ranking import versions_at_hand
from outcrop.solve.reuse import ranked_installed, reuse_preference
from outcrop.solve.runtimes import followed_compilers
from outcrop.spec import GitVersion, Spec, Version, VersionList, make_version, parse_versions
from outcrop.spec.format import LANGUAGES


def encode_versions(encoding: Encoding, package: PackageVariables) -> None:
    """Candidates, their literals, and the preference among them; none at all if nothing can be had."""
    clauses = encoding.clauses
    node = package.node
    candidates = find_candidates(encoding, package.name, package.model)
    reusable = ranked_installed(encoding, package, [candidate.version for candidate in candidates])
    known = [*[each.version for each in candidates], *[each.version for each in reusable]]
    if not known:
        return
    externals = [candidate for candidate in candidates if candidate.external is not None]
    declared = [candidate for candidate in candidates if candidate.external is None]
    outside = not reusable and candidates[0].external is not None
    package.versions = sorted(set(known))
    places = {version: place for place, version in enumerate(package.versions)}
    best = places[reusable[0].version if reusable else known[0]]
    package.at_least = [node, *[clauses.new(phase=place < best) for place in range(len(package.versions) - 1)]]
    for lower, higher in zip(package.at_least, package.at_least[1:], strict=False):
        clauses.add((-higher, lower))
    if externals:
        package.external = node if not declared and not reusable else clauses.new(phase=outside)
        clauses.add((-package.external, node))
    for rank, installed in enumerate(reusable):
        installed.literal = clauses.new(phase=rank == 0)
        clauses.add((-installed.literal, exactly(encoding, package, places[installed.version])))
    package.reusable = reusable
    package.reused = clauses.disjunction([installed.literal for installed in reusable])
    package.given = clauses.disjunction([package.external, package.reused])
    if declared:
        package.built = node if package.given == FALSE else clauses.conjunction([node, -package.given])
    else:
        clauses.add((-node, package.given))
    for candidate in candidates:
        candidate.place = places[candidate.version]
        candidate.literal = _candidate_literal(encoding, package, candidate, len(externals))
    if (
        externals
        and (declared or reusable)
        and package.name in encoding.problem.anchors
        and not encoding.rules(package.name).versions
    ):
        other = clauses.conjunction([node, -package.external])
        choice = Preference("external", node, [package.external, other], ["external", "built"], clauses)
        encoding.wishes.append((package.name, -1, choice))
    if package.slot[1] and not encoding.spare and not encoding.chosen_by_each(package.name):
        # A further copy of what an installed compiler brings along is what it brings along.
        clauses.add((-node, package.given))
        encoding.held_back = True
    if package.given != FALSE:
        _tell_apart(encoding, package, externals, declared)
    package.candidates = candidates
    if encoding.clauses.explain:
        _without_followed(encoding, package)
    if reusable:
        package.own.append(reuse_preference(encoding, package))
    if candidates:
        fresh = node if not reusable else clauses.conjunction([node, -package.reused])
        labels = [str(candidate.version) for candidate in candidates]
        items = [candidate.literal for candidate in candidates]
        package.own.append(Preference("version", fresh, items, labels, clauses))
    encoding.define(package, "version", "external", "installed", "reused", "recorded", "recorded flags")


def _tell_apart(
    encoding: Encoding, package: PackageVariables, externals: list[Candidate], declared: list[Candidate]
) -> None:
    """The package is one external or one installed package; what is built has a version that can be built."""
    clauses = encoding.clauses
    outside = [candidate.literal for candidate in externals]
    clauses.at_most_one([*outside, *[each.literal for each in package.reusable]])
    clauses.add([-package.external, *outside])
    buildable = {candidate.place for candidate in declared}
    if declared:
        for place in range(len(package.versions)):
            if place not in buildable:
                clauses.add((-package.built, -exactly(encoding, package, place)))


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

    A compiler that is built because the machine's lacks a language had better be of the machine's version, deprecated
    or not: then it may be mixed with it.
    """
    wishes = encoding.rules(name).versions
    found: list[tuple[tuple[int, int, int], Candidate]] = []

    def wish(version: Version) -> int:
        return next((place for place, versions in enumerate(wishes) if versions.includes(version)), len(wishes))

    for rank, external in enumerate(ordered_externals(encoding, name)):
        version = make_version(external.version)
        found.append(((wish(version), 0, rank), Candidate(version, 0, external)))
    if is_buildable(encoding, name, model):
        twins = _twins(encoding, name, model, [candidate.version for _, candidate in found])
        versions = [*twins, *buildable_versions(encoding, name, model)]
        for rank, version in enumerate(dict.fromkeys(versions)):
            found.append(((wish(version), 1, rank), Candidate(version, 0)))
    found.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in found]


def _twins(encoding: Encoding, name: str, model: PackageModel | None, externals: list[Version]) -> list[Version]:
    """Versions of the externals of a compiler that is not what is requested, as far as the recipe has them."""
    if model is None or not externals or any(request.name == name for request in encoding.problem.requests):
        return []
    if not any(item.name in LANGUAGES for line in model.provides for item in line.virtuals):
        return []
    declared = {make_version(line.version) for line in model.versions}
    return [version for version in externals if version in declared]


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
    good.extend(_followed_versions(encoding, model))
    old = [make_version(decl.version) for decl in model.versions if decl.deprecated]
    asked = [version for version in old if any(_asks_for(spec, version, good) for spec in mentions)]
    return [*good, *asked, *[version for spec in mentions for version in _git_versions(spec)]]


def _followed_versions(encoding: Encoding, model: PackageModel) -> list[Version]:
    """Those of the compilers that a runtime belongs to, in their order. No compiler is built for the sake of its
    runtime: explanations have the others as well, to say why not.
    """
    found: dict[Version, None] = {}
    for compiler in followed_compilers(encoding, model):
        recipe = encoding.load(compiler)
        if isinstance(recipe, PackageModel):
            wanted = None if encoding.clauses.explain else _at_hand(encoding, compiler)
            for candidate in find_candidates(encoding, compiler, recipe):
                if wanted is None or wanted.includes(candidate.version):
                    found[candidate.version] = None
    return list(found)


def _at_hand(encoding: Encoding, compiler: str) -> VersionList | None:
    """The versions a compiler may have, ``None`` for all."""
    known = versions_at_hand(encoding, compiler) if encoding.thrifty else None
    return None if known is None else parse_versions(known)


def _without_followed(encoding: Encoding, package: PackageVariables) -> None:
    """The clauses to what :func:`_followed_versions` leaves out, for explanations."""
    for compiler in followed_compilers(encoding, package.real):
        wanted = _at_hand(encoding, compiler)
        for candidate in package.candidates:
            if wanted is not None and candidate.external is None and not wanted.includes(candidate.version):
                encoding.clauses.add((-candidate.literal,), ("thrifty", compiler))


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
