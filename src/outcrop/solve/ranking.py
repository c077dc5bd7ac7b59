"""Who may provide a virtual to a package, best first."""

from __future__ import annotations

from outcrop.solve.encoding import Encoding, PackageVariables
from outcrop.solve.runtimes import at_hand
from outcrop.spec.format import LANGUAGES


def possible_providers(encoding: Encoding, package: PackageVariables, virtual: str) -> list[str]:
    """The providers among which an expanded package has a choice. Remembered."""
    found = package.providers.get(virtual)
    if found is None:
        found = [
            name
            for name in ranked_providers(encoding, package.name, virtual)
            if name != package.name or encoding.chosen_by_each(name) or len(encoding.copies(name)) > 1
        ]
        if virtual in LANGUAGES:
            found = _usual_compilers(encoding, package, virtual, found)
        if virtual in LANGUAGES and encoding.thrifty and not encoding.clauses.explain:
            found = [name for name in found if versions_at_hand(encoding, name) != ""]
        package.providers[virtual] = found
    return found


def graph_providers(encoding: Encoding, virtual: str) -> dict[str, int]:
    """One provider per graph: a literal per candidate, of which at most one holds. Remembered."""
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
        return (wished, not at_hand(encoding, name, virtual), usual, name)

    return sorted(encoding.providers(virtual), key=rank)


def _usual_compilers(encoding: Encoding, package: PackageVariables, virtual: str, names: list[str]) -> list[str]:
    """Without compilers that would have to be installed although nobody named them. Where the problem has no usual
    ones, all of them.
    """
    default = encoding.problem.default_providers.get(virtual, ())
    if not default:
        return names
    rules = encoding.rules(package.name), encoding.rules("all")
    wished = {name for rule in rules for name in rule.providers.get(virtual, ())}
    named = {name for line in package.real.requirements for spec in line.specs for name in spec.names()}
    named.update(line.spec.name for line in package.real.dependencies)
    return [
        name
        for name in names
        if name in default
        or name in wished
        or name in named
        or name in encoding.mentioned
        or at_hand(encoding, name, virtual)
        or encoding.installed.named(name)
    ]


def versions_at_hand(encoding: Encoding, compiler: str) -> str | None:
    """The versions of a compiler that are external or installed, and those that somebody asks for, as a list; empty
    where there are none, ``None`` where somebody asks for the compiler in any version.
    """
    asked = [spec.version_text for spec in encoding.mentioned.get(compiler, ()) if not spec.hash]
    if "" in asked:
        return None
    outside = [external.version for external in encoding.externals.get(compiler, ())]
    installed = [choice.node.version for choice in encoding.installed.named(compiler)]
    return ",".join(dict.fromkeys([*[f"={version}" for version in (*outside, *installed)], *asked]))
