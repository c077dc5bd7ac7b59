"""What other requests have come to, in a further problem: nodes to choose from, and compilers that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from outcrop.env.context import Context
from outcrop.spec import EdgeConstraint, Spec
from outcrop.spec.format import LANGUAGES
from outcrop.spec.graph import Graph
from outcrop.spec.match import node_satisfies

if TYPE_CHECKING:
    from outcrop.solve import InstalledChoice, PackageRules, Problem, Rule


def with_decided(choices: Sequence[InstalledChoice], decided: Graph | None) -> tuple[InstalledChoice, ...]:
    """``choices`` and the nodes of a graph, of which the roots and what they link to and run are offered; in the order
    of :func:`installed_choices`.
    """
    if decided is None:
        return tuple(choices)
    from outcrop.solve import InstalledChoice

    offered = {choice.hash for choice in choices if choice.offered}
    offered.update(key for key in decided.closure(decided.roots, ("link", "run")) if not decided[key].is_external)
    nodes = {choice.hash: choice.node for choice in choices} | dict(decided.nodes)
    made = [InstalledChoice(hash=key, node=node, offered=key in offered) for key, node in nodes.items()]
    return tuple(sorted(made, key=lambda choice: (choice.node.name, choice.node.version, choice.hash)))


def compilers(context: Context, decided: Graph) -> list[str]:
    """The compilers among a graph's roots that are built."""
    names = {name for language in LANGUAGES for name, _ in context.repositories.providers(language)}
    return [key for key in decided.roots if decided[key].name in names and not decided[key].is_external]


def pinned(problem: Problem, decided: Graph, keys: Sequence[str]) -> Problem:
    """``problem`` in which ``%gcc@13`` of a request, and what the configuration requires or prefers as a compiler, is
    the one node among ``keys`` that fits it."""
    pins = _Pins(decided, keys)
    packages = {name: pins.rules(name, rules) for name, rules in problem.packages.items()}
    requests = tuple(pins.spec(request) for request in problem.requests)
    return msgspec.structs.replace(problem, requests=requests, packages=packages)


class _Pins:
    def __init__(self, decided: Graph, keys: Sequence[str]) -> None:
        self._decided = decided
        self._keys = keys

    def rules(self, name: str, rules: PackageRules) -> PackageRules:
        compiler = name in LANGUAGES
        return msgspec.structs.replace(
            rules,
            require=tuple(self._rule(rule, compiler) for rule in rules.require),
            prefer=tuple(self._rule(rule, compiler) for rule in rules.prefer),
        )

    def _rule(self, rule: Rule, compiler: bool) -> Rule:
        specs = tuple(self._named(spec) if compiler else self.spec(spec) for spec in rule.specs)
        return rule if specs == rule.specs else msgspec.structs.replace(rule, specs=specs)

    def spec(self, spec: Spec) -> Spec:
        """With compilers in it."""
        edges = [self._edge(edge) for edge in spec.edges]
        return spec if edges == list(spec.edges) else spec.with_edges(edges)

    def _edge(self, edge: EdgeConstraint) -> EdgeConstraint:
        below = self._named(edge.spec) if edge.direct else self.spec(edge.spec)
        return edge if below is edge.spec else msgspec.structs.replace(edge, spec=below)

    def _named(self, spec: Spec) -> Spec:
        """Perhaps a compiler itself."""
        spec = self.spec(spec)
        if not spec.name or spec.hash:
            return spec
        fits = [
            key
            for key in self._keys
            if self._decided[key].name == spec.name and node_satisfies(self._decided, key, spec)
        ]
        return msgspec.structs.replace(spec, hash=fits[0]) if len(fits) == 1 else spec
