"""Closing what is open: where everything in the answer is known, nobody is left who could say anything more."""

from __future__ import annotations

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding


def close(encoding: Encoding) -> int:
    """A literal under which what is left to packages nobody knows yet holds only in graphs that have such a package.

    Every solution has that property, so a search in which the literal is assumed loses none. It says nothing of
    packages that are expanded later: close anew then.
    """
    clauses = encoding.clauses
    closed = clauses.new()
    beyond = _beyond(encoding)
    for literal in encoding.unknowns():
        clauses.add((-closed, -literal, beyond))
    return closed


def _beyond(encoding: Encoding) -> int:
    """A literal that holds only where a root reaches a package that is not expanded."""
    clauses = encoding.clauses
    known = [slot for slot in encoding.order if not encoding.packages[slot].closed]
    leads = {slot: clauses.new(phase=False) for slot in known}
    for slot, literal in leads.items():
        ways = []
        for child, edge in encoding.packages[slot].edges.items():
            if edge.exists != FALSE and not encoding.package(child).closed:
                ways.append(clauses.conjunction((edge.exists, leads.get(child, TRUE))))
        clauses.add([-literal, *ways])
    roots = [clauses.conjunction((literal, leads.get(slot, TRUE))) for slot, literal in encoding.asks.roots]
    return clauses.disjunction(roots) if roots else FALSE
