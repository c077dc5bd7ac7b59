"""Targets: every node has one, the best allowed one of the problem unless something about it says otherwise.

A node gets target variables only when a spec tells its candidates apart; until then it has the first one.
"""

from __future__ import annotations

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding, PackageVariables, Preference
from outcrop.spec.targets import target_satisfies


def candidate_targets(encoding: Encoding) -> tuple[str, ...]:
    """The targets of the problem, best first: a root's own wish comes before the order of the host."""
    problem = encoding.problem
    targets = problem.targets or ((problem.target,) if problem.target else ())
    wished = [wish for wish in encoding.rules("all").targets if wish in targets]
    targets = tuple(dict.fromkeys([*wished, *targets]))
    for request in problem.requests:
        if request.target:
            asked = [target for target in targets if target_satisfies(target, request.target)]
            if asked:
                return tuple(dict.fromkeys([*asked, *targets]))
    return targets


def target_atom(encoding: Encoding, package: PackageVariables, text: str) -> int:
    """A literal: the node's target lies in ``text``. The same for known and unknown packages."""
    if text == "default_target":
        text = encoding.problem.target
    fitting = [target for target in encoding.targets if target_satisfies(target, text)]
    if not fitting:
        return FALSE
    if len(fitting) == len(encoding.targets):
        return TRUE
    literals = _variables(encoding, package)
    return encoding.clauses.disjunction([literals[target] for target in fitting])


def _variables(encoding: Encoding, package: PackageVariables) -> dict[str, int]:
    if not package.targets:
        clauses = encoding.clauses
        package.targets = {target: clauses.new(phase=place == 0) for place, target in enumerate(encoding.targets)}
        literals = list(package.targets.values())
        clauses.add([-package.node, *literals])
        for literal in literals:
            clauses.add((-literal, package.node))
        clauses.at_most_one(literals)
        wished = [target for target in encoding.rules(package.name).targets if target in package.targets]
        order = list(dict.fromkeys([*wished, *encoding.targets]))
        package.own.append(
            Preference("target", package.node, [package.targets[target] for target in order], order, clauses)
        )
    return package.targets
