"""Dependencies of a package: which lines apply, which provider stands in for a virtual, which copy, what lies below.

Languages (``c``, ``cxx``, ``fortran``) have a provider per dependent; every other virtual has one per graph. What the
first copy of a package links to or runs is the first copy of its kind, but for compilers and what installed ones bring
along; lines that are for the build only, and those of other copies, may lead to any copy, all lines of a package about
one name to the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from outcrop.repo.model import DependencyDecl
from outcrop.solve.circles import extend_knots
from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.conditions import holds, impose
from outcrop.solve.copies import bind_dependencies, picks
from outcrop.solve.encoding import (
    PATHS,
    RUNTIME,
    Atom,
    EdgeVariables,
    Encoding,
    PackageVariables,
    Preference,
    Slot,
    Use,
)
from outcrop.solve.injection import injected_uses, propagate_compilers
from outcrop.solve.provider_rules import apart, external_virtuals, provider_rules
from outcrop.solve.ranking import graph_providers, possible_providers, versions_at_hand
from outcrop.solve.reuse import carry_recorded_virtuals, recorded_uses
from outcrop.solve.variants import hanging_variants, hangs_on
from outcrop.spec import Spec
from outcrop.spec.format import LANGUAGES
from outcrop.spec.graph import DependencyType


def encode_edges(encoding: Encoding, package: PackageVariables) -> None:
    """Dependency lines, providers, edges, and what each line asks of its dependency."""
    package.named = frozenset(declaration.spec.name for declaration in package.real.dependencies) - {package.name}
    needs: dict[str, dict[DependencyType, list[int]]] = {}
    direct: dict[Slot, dict[DependencyType, list[int]]] = {}
    declared, given = _declared(encoding, package), _given(encoding, package)
    package.for_build = _for_build(encoding, [*declared, *given])
    _sort_out(encoding, package, [*declared, *given], needs, direct)
    for virtual in sorted(needs.keys() & LANGUAGES):
        _choose_provider(encoding, package, virtual, needs.pop(virtual), direct)
    # What compilers bring along hangs on which of them are taken.
    injected = injected_uses(encoding, package, declared, _use)
    package.for_build |= _for_build(encoding, injected)
    _sort_out(encoding, package, injected, needs, direct)
    for virtual in sorted(needs):
        _choose_provider(encoding, package, virtual, needs[virtual], direct)
    package.uses = [*declared, *injected, *given]
    for slot, kinds in direct.items():
        package.edges[slot] = _edge(encoding, package, slot, kinds)
    external_virtuals(encoding, package)
    carry_recorded_virtuals(
        encoding, package, lambda virtual: {} if virtual in LANGUAGES else graph_providers(encoding, virtual)
    )
    encoding.define(package, "needs", "edge", *PATHS)
    for use in package.uses:
        _impose(encoding, package, use)
    _together(encoding, package)
    bind_dependencies(encoding, package)
    propagate_compilers(encoding, package)
    extend_knots(encoding, package)


def _sort_out(
    encoding: Encoding,
    package: PackageVariables,
    uses: Iterable[Use],
    needs: dict[str, dict[DependencyType, list[int]]],
    direct: dict[Slot, dict[DependencyType, list[int]]],
) -> None:
    """Conditions of ``uses`` by virtual and type, or else as edges."""
    for use in uses:
        if not use.virtual:
            _need(encoding, package, use.name, use.types, use.condition, direct)
            continue
        for kind in use.types:
            needs.setdefault(use.name, {}).setdefault(kind, []).append(use.condition)


def _for_build(encoding: Encoding, uses: Iterable[Use]) -> frozenset[str]:
    """What the lines that are for the build only may lead to."""
    found: set[str] = set()
    for use in uses:
        if not set(use.types).intersection(RUNTIME):
            found.update(encoding.providers(use.name) if use.virtual else (use.name,))
    return frozenset(found)


def _declared(encoding: Encoding, package: PackageVariables) -> list[Use]:
    found: list[Use] = []
    tested = package.name in encoding.problem.tests
    hanging = hanging_variants(package)
    for place, declaration in enumerate(package.real.dependencies if package.built != FALSE else ()):
        types = tuple(kind for kind in declaration.types if kind != "test" or tested)
        name = declaration.spec.name
        if not types or name == package.name:
            continue
        use = _use(encoding, package, declaration, types, ("depends", package.name, place))
        if use.condition != FALSE:
            own = declaration.when.without_edges()
            use.unsure = bool(own.flags) or hangs_on(own, hanging)
            found.append(use)
    return found


def _given(encoding: Encoding, package: PackageVariables) -> list[Use]:
    """What externals and installed packages depend on."""
    found: list[Use] = []
    for candidate in package.candidates:
        for dependency in candidate.external.dependencies if candidate.external is not None else ():
            spec = dependency.spec
            found.append(
                Use(
                    name=spec.name,
                    condition=candidate.literal,
                    local=candidate.literal,
                    foreign=frozenset(),
                    types=dependency.types,
                    when=Spec(),
                    spec=spec,
                    origin="external",
                    virtual=encoding.is_virtual(spec.name),
                    cause=("external", package.name),
                )
            )
    return [*found, *recorded_uses(encoding, package)]


def _use(
    encoding: Encoding,
    package: PackageVariables,
    declaration: DependencyDecl,
    types: tuple[DependencyType, ...],
    cause: Cause,
    known: int = FALSE,
) -> Use:
    """A dependency line; ``known`` is its condition, if there is a literal for that already."""
    clauses = encoding.clauses
    when = declaration.when
    condition = local = known if known != FALSE else built_where(encoding, package, when)
    foreign: frozenset[str] = frozenset()
    if when.edges:
        local = built_where(encoding, package, when.without_edges())
        foreign = frozenset(name for edge in when.edges for name in edge.spec.names())
    if clauses.explain and condition != FALSE:
        switched = clauses.new()
        clauses.add((-switched, condition))
        clauses.add((-condition, switched), cause)
        condition = switched
    name = declaration.spec.name
    virtual = encoding.is_virtual(name)
    origin = str(declaration.origin)
    return Use(name, condition, local, foreign, types, when, declaration.spec, origin, virtual, cause)


def built_where(encoding: Encoding, package: PackageVariables, when: Spec) -> int:
    """A literal: the package is built here, not external, and fits ``when``."""
    here = holds(encoding, package.slot, when)
    return here if package.built == package.node else encoding.clauses.conjunction([package.built, here])


def _need(
    encoding: Encoding,
    package: PackageVariables,
    name: str,
    kinds: Iterable[DependencyType],
    condition: int,
    direct: dict[Slot, dict[DependencyType, list[int]]],
) -> None:
    """Where ``condition`` holds, there are edges of these kinds to one copy of ``name``."""
    clauses = encoding.clauses
    literals = picks(encoding, package, name)
    several = len(encoding.copies(name)) > 1
    to_first = not set(kinds).isdisjoint(RUNTIME) and encoding.leads_to_first(package.slot)
    if several:
        clauses.add([-condition, *literals.values()])
    for slot, literal in literals.items():
        types = direct.setdefault(slot, {})
        picked = condition if to_first and not several else clauses.conjunction((condition, literal))
        for kind in kinds:
            types.setdefault(kind, []).append(picked)
        if to_first and slot[1] != 0:
            clauses.add((-picked,))


def _choose_provider(
    encoding: Encoding,
    package: PackageVariables,
    virtual: str,
    needs: dict[DependencyType, list[int]],
    direct: dict[Slot, dict[DependencyType, list[int]]],
) -> None:
    clauses = encoding.clauses
    kinds = {kind: clauses.disjunction(conditions) for kind, conditions in needs.items()}
    need = clauses.disjunction(kinds.values())
    names = possible_providers(encoding, package, virtual)
    literals = [clauses.new(phase=place == 0) for place in range(len(names))]
    clauses.add([-need, *literals], ("provider", virtual))
    clauses.at_most_one(literals, None if virtual in LANGUAGES else ("shared", virtual))
    if virtual not in LANGUAGES:
        shared = graph_providers(encoding, virtual)
        for name, literal in zip(names, literals, strict=True):
            clauses.add((-literal, shared[name], apart(encoding, package, virtual, name)))
    external_only = encoding.rules(virtual).buildable is False
    for name, literal in zip(names, literals, strict=True):
        clauses.add((-literal, need))
        if name == package.name and len(encoding.copies(name)) == 1:
            clauses.add((-literal, -encoding.single(name)))
        for kind, condition in kinds.items():
            where = literal if condition == need else clauses.conjunction((literal, condition))
            _need(encoding, package, name, (kind,), where, direct)
        for slot, pick in picks(encoding, package, name).items():
            child = encoding.package(slot)
            clauses.add((-literal, -pick, encoding.atom(child, ("provides", virtual, ""))))
            if external_only:
                clauses.add((-literal, -pick, encoding.atom(child, ("external",))), ("unbuildable", virtual))
            edge = package.edges.setdefault(slot, EdgeVariables(slot))
            edge.virtuals[virtual] = clauses.conjunction((literal, pick))
    if virtual in LANGUAGES and encoding.thrifty:
        _compilers_at_hand(encoding, package, names, literals)
    provider_rules(encoding, package, virtual, need, names)
    package.virtuals[virtual] = Preference(f"provider of {virtual}", need, literals, names, clauses)


def _compilers_at_hand(encoding: Encoding, package: PackageVariables, names: list[str], literals: list[int]) -> None:
    """Only versions of compilers that lie on this machine, or are named; one may be built that has a language more."""
    for name, literal in zip(names, literals, strict=True):
        known = versions_at_hand(encoding, name)
        if known is None:
            continue
        for slot, pick in picks(encoding, package, name).items():
            fits = encoding.atom(encoding.package(slot), ("version", known)) if known else FALSE
            encoding.clauses.add((-literal, -pick, fits), ("thrifty", name))


def _edge(
    encoding: Encoding, package: PackageVariables, slot: Slot, kinds: dict[DependencyType, list[int]]
) -> EdgeVariables:
    clauses = encoding.clauses
    edge = package.edges.setdefault(slot, EdgeVariables(slot))
    edge.types = {kind: clauses.disjunction(conditions) for kind, conditions in kinds.items()}
    edge.exists = clauses.disjunction(edge.types.values())
    edge.runtime = clauses.disjunction([edge.types.get(kind, FALSE) for kind in RUNTIME])
    child = encoding.package(slot)
    clauses.add((-edge.exists, child.node))
    back = child.edges.get(package.slot)
    if back is not None and back.exists != FALSE:
        cause = ("cycle", package.slot, child.slot)
        clauses.add((-edge.exists, -back.exists), cause)
    return edge


def _impose(encoding: Encoding, package: PackageVariables, use: Use) -> None:
    """What a dependency line asks of its dependency, or of whatever provides it."""
    if not use.virtual:
        for slot, pick in picks(encoding, package, use.name).items():
            reasons = [use.condition] if pick == TRUE else [use.condition, pick]
            impose(encoding, reasons, slot, use.spec, use.cause, owner=package.slot)
        return
    if use.spec.is_bare:
        return
    asked = use.spec.named("").with_versions("")
    for name in package.providers[use.name]:
        for slot in picks(encoding, package, name):
            literal = package.edges[slot].virtuals[use.name]
            if use.spec.version_text:
                provides = encoding.atom(encoding.package(slot), ("provides", use.name, use.spec.version_text))
                encoding.clauses.add((-use.condition, -literal, provides), use.cause)
            if not asked.is_empty:
                impose(encoding, [use.condition, literal], slot, asked, use.cause, owner=package.slot)


def _together(encoding: Encoding, package: PackageVariables) -> None:
    """Whoever gets one virtual of a group from a provider gets all it needs of that group from there."""
    if len(package.providers) < 2:
        return
    clauses = encoding.clauses
    for virtual, names in package.providers.items():
        for name in names:
            groups = [{item.name for item in declaration.virtuals} for declaration in encoding.providers(virtual)[name]]
            for other in package.providers:
                if other == virtual or not any(other in group for group in groups):
                    continue
                pair = tuple(sorted((virtual, other)))
                need = package.virtuals[other].present
                for slot in picks(encoding, package, name):
                    both = encoding.atom(encoding.package(slot), ("together", *pair))
                    taken = package.edges[slot].virtuals
                    clauses.add((-taken[virtual], -both, -need, taken.get(other, FALSE)))


def provides_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package provides a virtual, at a version of the list if one is given."""
    virtual, text = str(atom[1]), str(atom[2])
    wanted = Spec(version_text=text).versions
    options = [
        holds(encoding, package.slot, declaration.when)
        for declaration in package.real.provides
        for item in declaration.virtuals
        if item.name.strip() == virtual and (not text or item.versions.intersects(wanted))
    ]
    return encoding.clauses.disjunction(options) if options else FALSE


def together_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package provides two virtuals at once."""
    pair = {str(atom[1]), str(atom[2])}
    options = [
        holds(encoding, package.slot, declaration.when)
        for declaration in package.real.provides
        if pair.issubset({item.name for item in declaration.virtuals})
    ]
    return encoding.clauses.disjunction(options) if options else FALSE


def edge_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package depends on a slot directly, by an edge with these virtuals and types."""
    slot, virtuals, types = _edge_terms(atom)
    edge = package.edges.get(slot)
    if edge is None:
        return FALSE
    return _fits(encoding, edge, virtuals, [edge.types.get(kind, FALSE) for kind in types] or [edge.exists])


def reach_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: a slot lies below the package; what counts as below depends on the atom's kind, see ``encoding``."""
    kind = str(atom[0])
    slot, virtuals, types = _edge_terms(atom)
    clauses = encoding.clauses
    options: list[int] = []
    edge = package.edges.get(slot)
    if edge is not None:
        wanted = [edge.types.get(name, FALSE) for name in types] or [edge.exists]
        if kind == "below":
            wanted.append(edge.runtime)
        elif kind == "runs":
            wanted.append(edge.types.get("run", FALSE))
        options.append(_fits(encoding, edge, virtuals, wanted))
    for child, between in package.edges.items():
        if child == slot:
            continue
        for step, further in _steps(kind, between):
            if step != FALSE:
                beyond = encoding.atom(encoding.package(child), (further, slot, virtuals, types))
                options.append(clauses.conjunction((step, beyond)))
    return clauses.disjunction(options) if options else FALSE


def _steps(kind: str, edge: EdgeVariables) -> list[tuple[int, str]]:
    """(literal of a step over ``edge``, kind of atom that goes on from there)."""
    if kind == "anywhere":
        return [(edge.exists, "anywhere")]
    if kind == "runs":
        return [(edge.types.get("run", FALSE), "runs")]
    if kind == "seen":
        return [(edge.runtime, "below"), (edge.exists, "runs")]
    return [(edge.runtime, "below")]


def _edge_terms(atom: Atom) -> tuple[Slot, tuple[str, ...], tuple[DependencyType, ...]]:
    return cast(Slot, atom[1]), cast(tuple[str, ...], atom[2]), cast(tuple[DependencyType, ...], atom[3])


def _fits(encoding: Encoding, edge: EdgeVariables, virtuals: tuple[str, ...], wanted: list[int]) -> int:
    carried = [edge.virtuals.get(virtual, FALSE) for virtual in virtuals]
    found = encoding.clauses.conjunction([*wanted, *carried])
    return found if found != TRUE else edge.exists
