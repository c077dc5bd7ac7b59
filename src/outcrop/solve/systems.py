"""Operating systems: a node has the machine's, or one that a request or a requirement names; an external has its own.

Where nothing names another one there is nothing to decide and there are no variables. Only names that something here
knows can be asked for, see :func:`known_systems`; others are most likely misspelt.
"""

from __future__ import annotations

from collections.abc import Iterator

from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.encoding import Encoding, PackageVariables, Preference
from outcrop.solve.targets import Truth
from outcrop.spec import Spec
from outcrop.spec.targets import HOST_WORDS


def candidate_systems(encoding: Encoding) -> tuple[str, ...]:
    """The machine's operating system, those that are asked for, and those of externals and what is installed."""
    return tuple(dict.fromkeys([*_buildable(encoding), *sorted({*_there(encoding)})]))


def _buildable(encoding: Encoding) -> list[str]:
    """The machine's own, and what was asked for by name."""
    asked = (spec for specs in encoding.mentioned.values() for spec in specs)
    named = {system for spec in asked for system in _named(encoding, spec)} - {encoding.problem.os}
    known = known_systems(encoding) if named else {}
    return [encoding.problem.os, *sorted(named.intersection(known))]


def known_systems(encoding: Encoding) -> dict[str, str]:
    """The operating systems that may be asked for, the machine's first, each with how it is known: an external or
    something installed has it, or the configuration speaks of it.
    """
    problem = encoding.problem
    found = {problem.os: "this machine"}
    for name, others in sorted(problem.os_compatible.items()):
        for system in (name, *others):
            found.setdefault(system, "concretizer:os_compatible")
    for external in problem.externals:
        if external.os:
            found.setdefault(external.os, f"the external {external.name}@{external.version}")
    for choice in problem.installed:
        if choice.node.os:
            found.setdefault(choice.node.os, f"the installed {choice.node.name}@{choice.node.version}")
    return found


def _named(encoding: Encoding, spec: Spec) -> Iterator[str]:
    for node in spec.walk():
        if node.os:
            yield system_name(encoding, node.os)


def _there(encoding: Encoding) -> Iterator[str]:
    problem = encoding.problem
    yield from (external.os for external in problem.externals if external.os)
    if problem.os_compatible:
        yield from (choice.node.os for choice in problem.installed if choice.offered)


def system_name(encoding: Encoding, text: str) -> str:
    """The name, where it is not one of the words for the machine's own."""
    return encoding.problem.os if text in HOST_WORDS else text


def os_atom(encoding: Encoding, package: PackageVariables, text: str) -> int:
    """A literal: the node's operating system is ``text``. The same for known and unknown packages."""
    name = system_name(encoding, text)
    if name not in encoding.systems:
        return FALSE
    return TRUE if len(encoding.systems) == 1 else system_literals(encoding, package)[name]


def system_literals(encoding: Encoding, package: PackageVariables) -> dict[str, int]:
    """A literal for each operating system the node may have, the machine's first."""
    if not package.systems:
        clauses = encoding.clauses
        package.systems = {name: clauses.new(phase=place == 0) for place, name in enumerate(encoding.systems)}
        literals = list(package.systems.values())
        clauses.add([-package.node, *literals])
        for literal in literals:
            clauses.add((-literal, package.node))
        clauses.at_most_one(literals)
        package.own.append(Preference("os", package.node, literals, encoding.systems, clauses))
    return package.systems


def encode_systems(encoding: Encoding, package: PackageVariables) -> None:
    """An external has its own; what a package links to or runs has the package's or a compatible one, and tools of a
    build may have the machine's as well.
    """
    if len(encoding.systems) == 1:
        return
    add = encoding.clauses.add
    own = system_literals(encoding, package)
    for candidate in package.candidates:
        if candidate.external is not None:
            name = candidate.external.os or encoding.problem.os
            add((-candidate.literal, own[name]), ("os-external", package.name, name))
    if package.built == FALSE:
        return
    add([-package.built, *(own[name] for name in _buildable(encoding))])
    here = compatible(encoding, encoding.problem.os)
    for slot, edge in sorted(package.edges.items()):
        if edge.exists == FALSE:
            continue
        child = system_literals(encoding, encoding.package(slot))
        cause: Cause = ("os-below", package.name, slot[0])
        for name, literal in own.items():
            able = compatible(encoding, name)
            linked = [found for other, found in child.items() if other in able]
            add([-edge.runtime, -package.built, -literal, *linked], cause)
            used = [found for other, found in child.items() if other in able or other in here]
            add([-edge.exists, -package.built, -literal, *used], ("os-tool", package.name, slot[0]))


def compatible(encoding: Encoding, name: str) -> set[str]:
    """The operating system, and those that the configuration says it can use libraries of."""
    others = encoding.problem.os_compatible.get(name, ())
    return {other for other in encoding.systems if other == name or other in others}


def os_of(encoding: Encoding, package: PackageVariables, truth: Truth) -> str:
    """The node's operating system in a model."""
    return next((name for name, literal in package.systems.items() if truth(literal)), encoding.problem.os)
