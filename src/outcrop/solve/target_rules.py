"""What the targets of two nodes have to do with each other:

- a compiler must be able to make code for the target of whatever it compiles;
- what a package links to or runs is code for the package's target or an ancestor of that;
- what a build uses without linking to it runs on this machine;
- a package of a target that this machine does not run has its libraries of the same target, where that is possible.

Nearly always the best target of every node fulfils all of them. So they are no clauses at first: an answer is looked
at, and packages that break one of them are *woken*, get target variables and the clauses. Such a step narrows what was
possible before, and an answer that breaks nothing is the one that all clauses together would have led to, because its
targets are the best ones of nodes that were not woken.

Only what is built obeys; externals have whatever target they have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outcrop.solve.clauses import FALSE, Cause
from outcrop.solve.encoding import EdgeVariables, Encoding, PackageVariables, Preference, Slot
from outcrop.solve.ranking import ranked_providers
from outcrop.solve.targets import Truth, makers, runs_here, serves, target_literals, target_of, wish_rank
from outcrop.spec import Version, make_version, parse_versions
from outcrop.spec.format import LANGUAGES


def candidate_targets(encoding: Encoding) -> tuple[str, ...]:
    """The targets of the problem, best first: what the configuration wishes for, then what the compiler at hand makes
    code for, so that no compiler is built or preferred for the sake of a newer target.
    """
    problem = encoding.problem
    targets = problem.targets or ((problem.target,) if problem.target else ())
    wishes = encoding.rules("all").targets
    compilers = _usual_compilers(encoding)

    def rank(target: str) -> tuple[int, bool, bool]:
        made = not compilers or any(_makes(encoding, *compiler, target) for compiler in compilers)
        return (wish_rank(encoding, wishes, target), not runs_here(encoding, target), not made)

    return tuple(sorted(targets, key=rank))


def _usual_compilers(encoding: Encoding) -> list[tuple[str, Version]]:
    """The externals of the best provider of C that has any."""
    if len(encoding.problem.target_facts) < 2 or not encoding.externals:
        return []
    for name in ranked_providers(encoding, "all", "c"):
        if name in encoding.externals:
            return [(name, make_version(external.version)) for external in encoding.externals[name]]
    return []


def _makes(encoding: Encoding, compiler: str, version: Version, target: str) -> bool:
    ranges = makers(encoding, compiler, target)
    # An empty list of ranges is no version at all here, not any version.
    return ranges is None or (ranges != "" and parse_versions(ranges).includes(version))


def wake_targets(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> bool:
    """Add the rules of the packages that break one in this model, and of all these link to or run; whether there were
    any.
    """
    stack = [slot for slot in slots if slot not in encoding.woken and _breaks_a_rule(encoding, slot, truth)]
    found = dict.fromkeys(stack)
    while stack:
        for child, edge in encoding.packages[stack.pop()].edges.items():
            if truth(edge.runtime) and child not in found and child not in encoding.woken:
                found[child] = None
                stack.append(child)
    for slot in sorted(found):
        wake(encoding, slot)
    return bool(found)


def wake_all(encoding: Encoding) -> None:
    """Make clauses of the rules of everything that is expanded."""
    if encoding.problem.target_facts:
        for slot in sorted(set(encoding.order).difference(encoding.woken)):
            wake(encoding, slot)


def wake(encoding: Encoding, slot: Slot) -> None:
    """Target variables for one package, and the clauses about it and what it depends on."""
    encoding.woken.append(slot)
    package = encoding.packages[slot]
    if package.built == FALSE:
        return
    target_literals(encoding, package)
    foreign = [target for target in encoding.targets if not runs_here(encoding, target)]
    for child, edge in sorted(package.edges.items()):
        if edge.exists == FALSE:
            continue
        _compiled(encoding, package, edge)
        if edge.runtime != FALSE:
            _linked(encoding, package, edge)
        if foreign:
            _used(encoding, package, edge, foreign)
            _alike(encoding, package, child, edge, foreign)


def _compiled(encoding: Encoding, package: PackageVariables, edge: EdgeVariables) -> None:
    clauses = encoding.clauses
    used = clauses.disjunction(literal for name, literal in edge.virtuals.items() if name in LANGUAGES)
    if used == FALSE:
        return
    compiler = encoding.package(edge.child)
    for target, literal in package.targets.items():
        ranges = makers(encoding, compiler.name, target)
        if ranges is None:
            continue
        able = FALSE if not ranges else compiler.node
        if ranges and not parse_versions(ranges).is_any:
            able = encoding.atom(compiler, ("version", ranges))
        cause = ("target", package.name, compiler.name, target)
        clauses.add((-used, -package.built, -literal, able), cause)


def _linked(encoding: Encoding, package: PackageVariables, edge: EdgeVariables) -> None:
    clauses = encoding.clauses
    child = encoding.package(edge.child)
    outside = encoding.atom(child, ("external",))
    cause: Cause = ("target-below", package.name, child.name)
    for target, literal in target_literals(encoding, child).items():
        users = [user for name, user in package.targets.items() if serves(encoding, name, target)]
        if len(users) < len(package.targets):
            clauses.add([-edge.runtime, -package.built, -literal, outside, *users], cause)


def _used(encoding: Encoding, package: PackageVariables, edge: EdgeVariables, foreign: Iterable[str]) -> None:
    child = encoding.package(edge.child)
    outside = encoding.atom(child, ("external",))
    literals = target_literals(encoding, child)
    for target in foreign:
        literal = literals[target]
        cause = ("target-tool", package.name, child.name)
        encoding.clauses.add((-edge.exists, edge.runtime, -package.built, -literal, outside), cause)


def _alike(
    encoding: Encoding, package: PackageVariables, slot: Slot, edge: EdgeVariables, foreign: Iterable[str]
) -> None:
    if edge.runtime == FALSE:
        return
    child = encoding.package(slot)
    literals = target_literals(encoding, child)
    outside = encoding.atom(child, ("external",))
    other = encoding.unlike.get(slot)
    if other is None:
        other = encoding.unlike[slot] = encoding.clauses.new(phase=False)
        encoding.clauses.add((-other, child.node))
        items, labels = [-other, other], ["that of its dependents", "another"]
        child.own.append(Preference("same target", child.node, items, labels, encoding.clauses))
    for target in foreign:
        wanted = package.targets[target]
        encoding.clauses.add((-edge.runtime, -package.built, -wanted, literals[target], outside, other))


def _version(package: PackageVariables, truth: Truth) -> Version:
    """The version in a model, of whatever kind the package is."""
    return max(version for version, literal in zip(package.versions, package.at_least, strict=True) if truth(literal))


def _breaks_a_rule(encoding: Encoding, slot: Slot, truth: Truth) -> bool:
    package = encoding.packages[slot]
    if not truth(package.built):
        return False
    target = target_of(encoding, package, truth)
    edges = [edge for edge in package.edges.values() if truth(edge.exists)]
    return any(
        _is_too_old(encoding, edge, target, truth) or _is_out_of_line(encoding, edge, target, truth) for edge in edges
    )


def _is_too_old(encoding: Encoding, edge: EdgeVariables, target: str, truth: Truth) -> bool:
    if not any(truth(literal) for name, literal in edge.virtuals.items() if name in LANGUAGES):
        return False
    compiler = encoding.packages[edge.child]
    return not _makes(encoding, compiler.name, _version(compiler, truth), target)


def _is_out_of_line(encoding: Encoding, edge: EdgeVariables, target: str, truth: Truth) -> bool:
    child = encoding.packages[edge.child]
    if truth(child.external):
        return False
    below = target_of(encoding, child, truth)
    if not truth(edge.runtime):
        return not runs_here(encoding, below)
    return not serves(encoding, target, below) or (below != target and not runs_here(encoding, target))
