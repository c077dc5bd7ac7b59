"""``compiler_mixing: false``: what links to or runs something else has the same compiler for the same language."""

from __future__ import annotations

from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import Atom, Encoding, PackageVariables
from outcrop.spec.format import LANGUAGES


def forbid_mixing(encoding: Encoding, package: PackageVariables) -> None:
    """Clauses for the link and run edges of one expanded package. Packages that the setting names are exempt."""
    allowed = encoding.problem.compiler_mixing
    if allowed is True:
        return
    exempt = () if allowed is False else allowed
    if package.name in exempt:
        return
    languages = [language for language in LANGUAGES if language in package.virtuals]
    for child, edge in package.edges.items() if languages else ():
        if edge.runtime == FALSE or child[0] in exempt:
            continue
        below = encoding.package(child)
        for language in languages:
            needs = encoding.atom(below, ("needs", language))
            if needs == FALSE:
                continue
            for compiler, own in package.edges.items():
                mine = own.virtuals.get(language, FALSE)
                if mine != FALSE:
                    same = encoding.atom(below, ("edge", compiler, (language,), ()))
                    cause = ("mixing", package.name, child[0], language)
                    encoding.clauses.add((-edge.runtime, -mine, -needs, same), cause)


def needs_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the package needs a virtual."""
    choice = package.virtuals.get(str(atom[1]))
    return choice.present if choice is not None else FALSE
