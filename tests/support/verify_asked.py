"""The part of the independent check that is about what somebody asks of a node by name, and what is passed down:
compiler flags, ``++variant``, ``variant==value``, ``%%compiler``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from outcrop.solve import Rule
from outcrop.spec import EdgeConstraint, FlagConstraint, Spec, VariantConstraint
from outcrop.spec.graph import Draft
from support.verify_compilers import LANGUAGES, without_flags

if TYPE_CHECKING:
    from support.verify_solution import Checker

Who = Literal["recipe", "configuration", "request"]
"""In the order in which flags are written; what is passed down comes before all of them."""
RUNTIME = frozenset({"link", "run"})


@dataclass(frozen=True)
class Asked:
    """Somebody says something about a node: ``spec`` of the node ``ident``; edges of ``spec`` are entered already."""

    ident: str
    spec: Spec
    who: Who


def required(checker: Checker, ident: str) -> Iterator[tuple[Rule, list[Spec]]]:
    """Requirements of the configuration that speak of a node: its package's own, or else those for all."""
    own = checker.rules_of(checker.drafts[ident].node.name).require
    for rule in own or checker.rules_of("all").require:
        specs = speaking(checker, ident, rule, everywhere=not own)
        if specs:
            yield rule, specs


def speaking(checker: Checker, ident: str, rule: Rule, *, everywhere: bool) -> list[Spec]:
    """The specs of a rule that are about a node; ``everywhere`` is a rule for all packages."""
    defined = {declaration.name for declaration in checker.model(ident).variants}
    return [
        spec
        for spec in rule.specs
        if spec.name in ("", checker.drafts[ident].node.name)
        and not (everywhere and any(variant.name not in defined for variant in spec.variants))
    ]


def provided(checker: Checker) -> Iterator[tuple[str, str, str]]:
    """(who, virtual, provider): of what is built, and of requests that name nothing but a virtual."""
    for ident in checker.graph:
        if _built(checker, ident):
            for edge in checker.drafts[ident].edges:
                yield from ((ident, virtual, edge.target) for virtual in edge.virtuals)
    for request, root in checker.requested:
        if checker.models.is_virtual(request.name):
            yield str(request), request.name, root


def about(checker: Checker, provider: str, virtual: str, rule: Rule) -> list[Spec]:
    """What a rule of a virtual says of a provider."""
    name = checker.drafts[provider].node.name
    return [spec.named("") if spec.name == name else spec for spec in rule.specs if spec.name in ("", name, virtual)]


def everything_asked(checker: Checker) -> list[Asked]:
    """What recipe lines, the configuration and the requests of a graph ask, of nodes in it."""
    found: list[Asked] = []
    for ident in checker.graph:
        for target, spec in checker.lines_asking(ident):
            found += _entered(checker, target, spec, "recipe")
        for rule, specs in required(checker, ident):
            if checker.fits(ident, rule.when):
                for spec in specs:
                    if checker.fits(ident, without_flags(spec)):
                        found += _entered(checker, ident, spec, "configuration")
    for _, virtual, provider in provided(checker):
        for rule in checker.rules_of(virtual).require:
            if checker.fits(provider, rule.when):
                for spec in about(checker, provider, virtual, rule):
                    if checker.fits(provider, without_flags(spec)):
                        found += _entered(checker, provider, spec, "configuration")
    for request, root in checker.requested:
        found += _entered(checker, root, request, "request")
    return found


def _entered(checker: Checker, ident: str, spec: Spec, who: Who) -> Iterator[Asked]:
    yield Asked(ident, spec, who)
    for wanted in spec.edges:
        if wanted.propagate or (wanted.when is not None and not checker.fits(ident, wanted.when)):
            continue
        seen = set()
        for edge in checker.below(ident, direct=wanted.direct, anywhere=who == "request"):
            named = wanted.spec.name in (checker.drafts[edge.target].node.name, *edge.virtuals)
            if named and set(wanted.virtuals) <= set(edge.virtuals) and set(wanted.types) <= set(edge.types):
                seen.add(edge.target)
        for target in sorted(seen):
            yield from _entered(checker, target, wanted.spec, who)


def _built(checker: Checker, ident: str) -> bool:
    return checker.drafts[ident].node.external is None and ident not in checker.reused


# -- what a node is asked ---------------------------------------------------------------------------------------------


def _variant_asked(checker: Checker, ident: str, name: str) -> bool:
    said = [ask.spec.variant(name) for ask in checker.asks if ask.ident == ident]
    return any(constraint is not None and not constraint.any for constraint in said)


def _flags_asked(checker: Checker, ident: str, name: str) -> bool:
    return any(ask.ident == ident and ask.spec.flag(name) for ask in checker.asks)


def _provider_asked(checker: Checker, ident: str, virtual: str) -> bool:
    for ask in checker.asks:
        for edge in ask.spec.edges if ask.ident == ident else ():
            if edge.direct and not edge.propagate:
                about = edge.virtuals or (virtual if _may_provide(checker, edge.spec.name, virtual) else "",)
                if virtual in about:
                    return True
    return False


def _may_provide(checker: Checker, name: str, virtual: str) -> bool:
    return name == virtual or any(name == provider for provider, _ in checker.models.providers(virtual))


# -- flags ------------------------------------------------------------------------------------------------------------


def flags(checker: Checker, ident: str) -> Iterator[str]:
    """The flags that somebody asks for and no others, the request's last."""
    node = checker.drafts[ident].node
    if node.external is not None:
        return
    said: dict[str, dict[tuple[str, ...], int]] = {}
    for place, source in enumerate(("passed down", "recipe", "configuration", "request")):
        for flag in _flags_from(checker, ident, source):
            for words in flag.groups():
                said.setdefault(flag.name, {}).setdefault(words, place)
    if ident in checker.reused:
        asked = [flag for ask in checker.asks if ask.ident == ident for flag in ask.spec.flags]
        for flag in asked:
            if not flag.admits(node.flags.get(flag.name, ())):
                yield f"{ident} was compiled without {flag}"
        return
    for name in sorted({*said, *node.flags}):
        have = FlagConstraint(name, node.flags.get(name, ())).groups()
        wanted = said.get(name, {})
        if set(have) != set(wanted):
            yield f"{ident} has the flags {have}, asked were {sorted(wanted)}"
            continue
        places = [wanted[words] for words in have if words[0].startswith("-")]
        if places != sorted(places):
            yield f"{ident}: flags in the wrong order: {have}"


def _flags_from(checker: Checker, ident: str, source: str) -> Iterator[FlagConstraint]:
    if source != "passed down":
        yield from (flag for ask in checker.asks if ask.ident == ident and ask.who == source for flag in ask.spec.flags)
    elif _built(checker, ident) and any(LANGUAGES & set(edge.virtuals) for edge in checker.drafts[ident].edges):
        for ask in _above(checker, ident):
            for flag in ask.spec.flags:
                if flag.propagate and not _flags_asked(checker, ident, flag.name):
                    yield flag


# -- passing down -----------------------------------------------------------------------------------------------------


def _above(checker: Checker, ident: str) -> list[Asked]:
    """What is asked of nodes that link to a node or run it, over any number of edges."""
    return [ask for ask in checker.asks if ask.ident != ident and ident in checker.linked_below(ask.ident)]


def passed_down(checker: Checker, ident: str) -> Iterator[str]:
    """No two that pass different things down to a node that is free to take one of them."""
    if not _built(checker, ident):
        return
    above = _above(checker, ident)
    sent = [constraint for ask in above for constraint in ask.spec.variants if constraint.propagate]
    for name in sorted({constraint.name for constraint in sent}):
        answer = checker.drafts[ident].node.variants.get(name)
        if answer is None or isinstance(answer, tuple) or _variant_asked(checker, ident, name):
            continue
        values = {one.values for one in sent if one.name == name and _allowed(checker, ident, one)}
        if len(values) > 1:
            yield f"{ident} is passed {sorted(values)} for {name}"
    compilers = [edge for ask in above for edge in ask.spec.edges if edge.propagate]
    for virtual in sorted({name for edge in checker.drafts[ident].edges for name in edge.virtuals}):
        if _provider_asked(checker, ident, virtual):
            continue
        here = [edge for edge in compilers if virtual in (edge.virtuals or (virtual,))]
        here = [edge for edge in here if _may_provide(checker, edge.spec.name, virtual)]
        for place, left in enumerate(here):
            for right in here[place + 1 :]:
                if not left.spec.intersects(right.spec):
                    yield f"{ident} is passed {left} and {right}"


def _allowed(checker: Checker, ident: str, constraint: VariantConstraint) -> bool:
    """Whether the recipe knows the value at all."""
    for declaration in checker.model(ident).variants:
        if declaration.name == constraint.name:
            known = {value.value for value in declaration.values} | set(declaration.default)
            known |= {"true", "false"} if declaration.kind == "bool" else set()
            if declaration.open or known.issuperset(constraint.values):
                return True
    return False


def passes(checker: Checker, ident: str, wanted: EdgeConstraint) -> bool:
    """``%%`` at the node that says it, and ``%`` of a rule for all packages: where the node needs what the dependency
    provides, it has it from there.
    """
    name = wanted.spec.name
    plain = msgspec.structs.replace(wanted.spec, name="") if checker.models.is_virtual(name) else wanted.spec
    edges = checker.drafts[ident].edges
    found = False
    for edge in edges:
        for virtual in edge.virtuals:
            if virtual in (wanted.virtuals or (virtual,)) and _may_provide(checker, name, virtual):
                found = True
                if name == virtual and wanted.spec.version_text and not checker.provides(edge.target, wanted.spec):
                    return False
                if not checker.fits(edge.target, without_flags(plain if name == virtual else wanted.spec)):
                    return False
    if not found and not wanted.virtuals:
        for edge in edges:
            if checker.drafts[edge.target].node.name == name and not checker.fits(
                edge.target, without_flags(wanted.spec)
            ):
                return False
    if ident in checker.reused:
        return passes(checker.recorded, checker.reused[ident], wanted)
    return True


def could_take(checker: Checker, ident: str) -> Iterator[tuple[Draft, str]]:
    """The node as it would be if it took what is passed down to it and what it has not taken: a value of one variant
    instead of another.
    """
    if not _built(checker, ident):
        return
    draft = checker.drafts[ident]
    for ask in _above(checker, ident):
        for constraint in ask.spec.variants:
            answer = draft.node.variants.get(constraint.name)
            if not constraint.propagate or answer is None or constraint.admits(answer) or constraint.any:
                continue
            if isinstance(answer, tuple) or len(constraint.values) != 1 or not _allowed(checker, ident, constraint):
                continue
            if _variant_asked(checker, ident, constraint.name):
                continue
            value = constraint.values == ("true",) if isinstance(answer, bool) else constraint.values[0]
            node = msgspec.structs.replace(draft.node, variants={**draft.node.variants, constraint.name: value})
            yield Draft(node=node, edges=draft.edges), f"{ident} could be {constraint}, as {ask.ident} passes down"


# -- mixing -----------------------------------------------------------------------------------------------------------


def mixing(checker: Checker, ident: str) -> Iterator[str]:
    """Where compilers may not be mixed, what a package that is built links to or runs has its compiler."""
    allowed = checker.problem.compiler_mixing
    exempt = () if isinstance(allowed, bool) else allowed
    if allowed is True or checker.drafts[ident].node.name in exempt:
        return
    mine = _compilers(checker, ident)
    for edge in checker.drafts[ident].edges:
        if RUNTIME.isdisjoint(edge.types) or checker.drafts[edge.target].node.name in exempt:
            continue
        for language, compiler in _compilers(checker, edge.target).items():
            if mine.get(language, compiler) != compiler:
                yield f"{ident} has {mine[language]} for {language}, {edge.target} has {compiler}"


def _compilers(checker: Checker, ident: str) -> dict[str, str]:
    edges = checker.drafts[ident].edges
    return {language: edge.target for edge in edges for language in LANGUAGES.intersection(edge.virtuals)}
