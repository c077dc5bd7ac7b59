"""Targets: every node has one, the best allowed one of the problem unless something about it says otherwise.

A node gets target variables only when a spec tells its candidates apart or a rule between nodes (``target_rules``)
turns out to be broken; until then it has the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding, PackageVariables, Preference
from outcrop.spec.targets import HOST_WORDS, ancestry, target_lies_in

Truth = Callable[[int], bool]


def wish_rank(encoding: Encoding, wishes: tuple[str, ...], target: str) -> int:
    """The first of the wishes that the target lies in; behind all of them if there is none."""
    return next((place for place, wish in enumerate(wishes) if _lies_in(encoding, target, wish)), len(wishes))


def _lies_in(encoding: Encoding, target: str, text: str) -> bool:
    # Names that stand alone need no family, and archspec may have to be loaded for that.
    return target_lies_in(target, text, target_lines(encoding) if ":" in text else {})


def own_targets(encoding: Encoding, name: str) -> tuple[str, ...]:
    """The targets of the problem as one package prefers them."""
    wishes = encoding.rules(name).targets
    if not wishes:
        return encoding.targets
    return tuple(sorted(encoding.targets, key=lambda target: wish_rank(encoding, wishes, target)))


def target_lines(encoding: Encoding) -> Mapping[str, Collection[str]]:
    """Target -> its ancestors: by the problem's facts, else by archspec."""
    if not encoding.lines:
        facts = encoding.problem.target_facts
        encoding.lines.update({name: frozenset(found.ancestors) for name, found in facts.items()} or ancestry())
    return encoding.lines


def makers(encoding: Encoding, compiler: str, target: str) -> str | None:
    """The versions of a compiler that make code for a target, as a list; empty if none does, ``None`` if nothing is
    known.
    """
    facts = encoding.problem.target_facts.get(target)
    ranges = None if facts is None else facts.compilers.get(compiler)
    return None if ranges is None else ",".join(ranges)


def serves(encoding: Encoding, user: str, target: str) -> bool:
    """Whether code for ``target`` runs wherever code for ``user`` does."""
    return user == target or target in target_lines(encoding).get(user, ())


def runs_here(encoding: Encoding, target: str) -> bool:
    """Whether this machine runs code for the target."""
    host = encoding.problem.host_target or encoding.problem.target
    return not encoding.problem.target_facts or serves(encoding, host, target)


def fitting_targets(encoding: Encoding, text: str) -> list[str]:
    """The targets of the problem that lie in a list of names and ranges, best first."""
    host = encoding.problem.target
    text = ",".join(host if item in HOST_WORDS else item for item in text.split(","))
    return [target for target in encoding.targets if _lies_in(encoding, target, text)]


def target_atom(encoding: Encoding, package: PackageVariables, text: str) -> int:
    """A literal: the node's target lies in ``text``. The same for known and unknown packages."""
    fitting = fitting_targets(encoding, text)
    if not fitting:
        return FALSE
    if len(fitting) == len(encoding.targets):
        return TRUE
    literals = target_literals(encoding, package)
    return encoding.clauses.disjunction([literals[target] for target in fitting])


def target_literals(encoding: Encoding, package: PackageVariables) -> dict[str, int]:
    """A literal for each target the node may have, best first; made when first asked for."""
    if not package.targets:
        clauses = encoding.clauses
        order = own_targets(encoding, package.name)
        package.targets = {target: clauses.new(phase=place == 0) for place, target in enumerate(order)}
        literals = list(package.targets.values())
        clauses.add([-package.node, *literals])
        for literal in literals:
            clauses.add((-literal, package.node))
        clauses.at_most_one(literals)
        for condition, target in package.fixed_targets:
            clauses.add((-condition, package.targets.get(target, FALSE)))
        package.own.append(Preference("target", package.node, literals, order, clauses))
    return package.targets


def fix_target(encoding: Encoding, package: PackageVariables, condition: int, target: str) -> None:
    """Where ``condition`` holds, the node has this target, one that is installed; no variables are made for it."""
    package.fixed_targets.append((condition, target))
    if target not in encoding.targets:
        encoding.clauses.add((-condition,))
    elif package.targets:
        encoding.clauses.add((-condition, package.targets[target]))


def target_of(encoding: Encoding, package: PackageVariables, truth: Truth) -> str:
    """The node's target in a model."""
    for target, literal in package.targets.items():
        if truth(literal):
            return target
    for condition, target in package.fixed_targets:
        if truth(condition):
            return target
    order = own_targets(encoding, package.name)
    return order[0] if order else encoding.problem.target
