"""The part of the independent check that is about the packages configuration: what it requires and what it excludes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outcrop.spec import Spec
from support.verify_asked import about, passes, provided, required, speaking
from support.verify_compilers import without_flags

if TYPE_CHECKING:
    from support.verify_solution import Checker


def configuration(checker: Checker, ident: str) -> Iterator[str]:
    """A node fulfils what is required of its package, or else of all, and nothing that is excluded."""
    name = checker.drafts[ident].node.name
    general = not checker.rules_of(name).require
    for rule, specs in required(checker, ident):
        if checker.fits(ident, rule.when):
            count = sum(_as_required(checker, ident, without_flags(spec), general=general) for spec in specs)
            if count == 0 or (rule.policy == "one_of" and count != 1):
                yield f"{ident}: configuration requires {[str(spec) for spec in specs]}"
    for owner in (name, "all"):
        for rule in checker.rules_of(owner).conflict:
            specs = speaking(checker, ident, rule, everywhere=owner == "all")
            if checker.fits(ident, rule.when) and any(checker.fits(ident, spec) for spec in specs):
                yield f"{ident}: configuration excludes it"


def _as_required(checker: Checker, ident: str, spec: Spec, *, general: bool) -> bool:
    """A rule for all packages asks for ``%gcc`` only where something is needed that gcc provides."""
    direct = [edge for edge in spec.edges if edge.direct] if general else []
    plain = spec.with_edges(edge for edge in spec.edges if edge not in direct) if direct else spec
    return checker.fits(ident, plain) and all(passes(checker, ident, edge) for edge in direct)


def providers_allowed(checker: Checker) -> Iterator[str]:
    """What the configuration says of the providers of a virtual, by the virtual's name."""
    for who, virtual, provider in provided(checker):
        rules = checker.rules_of(virtual)
        if rules.buildable is False and checker.drafts[provider].node.external is None:
            yield f"{provider} provides {virtual}, and is no external"
        for rule in rules.require:
            fitting = [checker.fits(provider, without_flags(spec)) for spec in about(checker, provider, virtual, rule)]
            if checker.fits(provider, rule.when) and not any(fitting):
                yield f"{provider} may not provide {virtual} to {who}"
        for rule in rules.conflict:
            fitting = [checker.fits(provider, spec) for spec in about(checker, provider, virtual, rule)]
            if checker.fits(provider, rule.when) and any(fitting):
                yield f"{provider} may not provide {virtual} to {who}"
