"""Dependencies of a package: which lines apply, which provider stands in for a virtual, what lies below.

Languages (``c``, ``cxx``, ``fortran``) have a provider per dependent; every other virtual has one per graph.
"""

from __future__ import annotations

from typing import cast

from outcrop.repo.model import DependencyDecl
from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.conditions import holds, impose
from outcrop.solve.encoding import (
    Atom,
    EdgeVariables,
    Encoding,
    PackageVariables,
    Preference,
    Slot,
    Use,
)
from outcrop.spec import Spec
from outcrop.spec.graph import DependencyType

LANGUAGES = frozenset({"c", "cxx", "fortran"})
_RUNTIME: tuple[DependencyType, ...] = ("link", "run")


def encode_edges(encoding: Encoding, package: PackageVariables) -> None:
    """Dependency lines, providers, edges, and what each line asks of its dependency."""
    package.uses = _uses(encoding, package)
    package.named = frozenset(declaration.spec.name for declaration in package.real.dependencies) - {package.name}
    needs: dict[str, dict[DependencyType, list[int]]] = {}
    direct: dict[Slot, dict[DependencyType, list[int]]] = {}
    for use in package.uses:
        if use.virtual:
            types = needs.setdefault(use.name, {})
        else:
            slots = encoding.copies(use.name)
            types = direct.setdefault(slots[0], {})
        for kind in use.types:
            types.setdefault(kind, []).append(use.condition)
    for virtual in sorted(needs):
        _choose_provider(encoding, package, virtual, needs[virtual], direct)
    for slot, kinds in direct.items():
        package.edges[slot] = _edge(encoding, package, slot, kinds)
    encoding.define(package, "edge", "reach", "below", "anywhere")
    for use in package.uses:
        _impose(encoding, package, use)
    _together(encoding, package)


def _uses(encoding: Encoding, package: PackageVariables) -> list[Use]:
    built: list[Use] = []
    tested = package.name in encoding.problem.tests
    for place, declaration in enumerate(package.real.dependencies if package.built != FALSE else ()):
        types = tuple(kind for kind in declaration.types if kind != "test" or tested)
        name = declaration.spec.name
        if not types or name == package.name:
            continue
        use = _use(encoding, package, declaration, types, ("depends", package.name, place))
        if use.condition != FALSE:
            built.append(use)
    for candidate in package.candidates:
        for dependency in candidate.external.dependencies if candidate.external is not None else ():
            spec = dependency.spec
            built.append(
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
    return built


def _use(
    encoding: Encoding,
    package: PackageVariables,
    declaration: DependencyDecl,
    types: tuple[DependencyType, ...],
    cause: Cause,
) -> Use:
    clauses = encoding.clauses
    when = declaration.when
    condition = local = built_where(encoding, package, when)
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
    names = [name for name in ranked_providers(encoding, package.name, virtual) if name != package.name]
    literals = [clauses.new(phase=place == 0) for place in range(len(names))]
    clauses.add([-need, *literals], ("provider", virtual))
    if virtual in LANGUAGES:
        clauses.at_most_one(literals)
    else:
        shared = _graph_providers(encoding, virtual)
        for name, literal in zip(names, literals, strict=True):
            clauses.add((-literal, shared[name]))
    external_only = encoding.rules(virtual).buildable is False
    for name, literal in zip(names, literals, strict=True):
        slot = encoding.copies(name)[0]
        child = encoding.package(slot)
        clauses.add((-literal, need))
        clauses.add((-literal, encoding.atom(child, ("provides", virtual, ""))))
        if external_only:
            clauses.add((-literal, encoding.atom(child, ("external",))), ("unbuildable", virtual))
        for kind, condition in kinds.items():
            types = direct.setdefault(slot, {})
            types.setdefault(kind, []).append(
                literal if condition == need else clauses.conjunction((literal, condition))
            )
        edge = package.edges.setdefault(slot, EdgeVariables(slot))
        edge.virtuals[virtual] = literal
    _provider_rules(encoding, virtual, names, literals)
    package.providers[virtual] = names
    package.virtuals[virtual] = Preference(f"provider of {virtual}", need, literals, names, clauses)


def _provider_rules(encoding: Encoding, virtual: str, names: list[str], literals: list[int]) -> None:
    """What the configuration requires of a virtual restricts its providers."""
    for place, rule in enumerate(encoding.rules(virtual).require):
        for name, literal in zip(names, literals, strict=True):
            slot = encoding.copies(name)[0]
            fitting = [
                holds(encoding, slot, spec.named("") if spec.name == name else spec)
                for spec in rule.specs
                if spec.name in ("", name, virtual)
            ]
            encoding.clauses.add([-literal, *fitting], ("rule", virtual, "require", place))


def _graph_providers(encoding: Encoding, virtual: str) -> dict[str, int]:
    """One provider per graph: a literal per candidate, of which at most one holds."""
    found = encoding.graph_providers.get(virtual)
    if found is None:
        found = {name: encoding.clauses.new() for name in ranked_providers(encoding, "all", virtual)}
        encoding.clauses.at_most_one(list(found.values()), ("shared", virtual))
        encoding.graph_providers[virtual] = found
    return found


def ranked_providers(encoding: Encoding, package: str, virtual: str) -> list[str]:
    """Providers of a virtual, best first: the configuration's order (of the package, then of all), then those that
    exist as externals, then the default order, then by name.
    """
    own = encoding.rules(package).providers.get(virtual) or encoding.rules("all").providers.get(virtual) or ()
    default = encoding.problem.default_providers.get(virtual, ())

    def rank(name: str) -> tuple[int, bool, int, str]:
        wished = own.index(name) if name in own else len(own)
        usual = default.index(name) if name in default else len(default)
        return (wished, name not in encoding.externals, usual, name)

    return sorted(encoding.providers(virtual), key=rank)


def _edge(
    encoding: Encoding, package: PackageVariables, slot: Slot, kinds: dict[DependencyType, list[int]]
) -> EdgeVariables:
    clauses = encoding.clauses
    edge = package.edges.setdefault(slot, EdgeVariables(slot))
    edge.types = {kind: clauses.disjunction(conditions) for kind, conditions in kinds.items()}
    edge.exists = clauses.disjunction(edge.types.values())
    edge.runtime = clauses.disjunction([edge.types.get(kind, FALSE) for kind in _RUNTIME])
    child = encoding.package(slot)
    clauses.add((-edge.exists, child.node))
    back = child.edges.get(package.slot)
    if back is not None and back.exists != FALSE:
        cause = ("cycle", package.name, child.name)
        clauses.add((-edge.exists, -back.exists), cause)
    return edge


def _impose(encoding: Encoding, package: PackageVariables, use: Use) -> None:
    """What a dependency line asks of its dependency, or of whatever provides it."""
    if not use.virtual:
        impose(encoding, [use.condition], encoding.copies(use.name)[0], use.spec, use.cause)
        return
    if use.spec.is_bare:
        return
    asked = use.spec.named("").with_versions("")
    for name in package.providers[use.name]:
        slot = encoding.copies(name)[0]
        literal = package.edges[slot].virtuals[use.name]
        if use.spec.version_text:
            provides = encoding.atom(encoding.package(slot), ("provides", use.name, use.spec.version_text))
            encoding.clauses.add((-use.condition, -literal, provides), use.cause)
        if not asked.is_empty:
            impose(encoding, [use.condition, literal], slot, asked, use.cause)


def _together(encoding: Encoding, package: PackageVariables) -> None:
    """Whoever gets one virtual of a group from a provider gets all it needs of that group from there."""
    if len(package.providers) < 2:
        return
    clauses = encoding.clauses
    for virtual, names in package.providers.items():
        for name in names:
            groups = [{item.name for item in declaration.virtuals} for declaration in encoding.providers(virtual)[name]]
            slot = encoding.copies(name)[0]
            for other in package.providers:
                if other == virtual or not any(other in group for group in groups):
                    continue
                pair = tuple(sorted((virtual, other)))
                both = encoding.atom(encoding.package(slot), ("together", *pair))
                taken = package.edges[slot].virtuals
                need = package.virtuals[other].present
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
        options.append(_fits(encoding, edge, virtuals, wanted))
    further = "anywhere" if kind == "anywhere" else "below"
    for child, between in package.edges.items():
        step = between.exists if kind == "anywhere" else between.runtime
        if step == FALSE or child == slot:
            continue
        beyond = encoding.atom(encoding.package(child), (further, slot, virtuals, types))
        options.append(clauses.conjunction((step, beyond)))
    return clauses.disjunction(options) if options else FALSE


def _edge_terms(atom: Atom) -> tuple[Slot, tuple[str, ...], tuple[DependencyType, ...]]:
    return cast(Slot, atom[1]), cast(tuple[str, ...], atom[2]), cast(tuple[DependencyType, ...], atom[3])


def _fits(encoding: Encoding, edge: EdgeVariables, virtuals: tuple[str, ...], wanted: list[int]) -> int:
    carried = [edge.virtuals.get(virtual, FALSE) for virtual in virtuals]
    found = encoding.clauses.conjunction([*wanted, *carried])
    return found if found != TRUE else edge.exists
