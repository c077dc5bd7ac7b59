"""The part of the independent check that is about one node: its version, its variants, what an external is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outcrop.repo.model import VariantDecl
from outcrop.solve import ExternalChoice
from outcrop.spec import Spec, make_version
from outcrop.spec.graph import Draft
from support.verify_compilers import LANGUAGES, follows_a_compiler

if TYPE_CHECKING:
    from support.verify_solution import Checker


def said_of(checker: Checker, name: str) -> list[Spec]:
    """What requests and requirements of the configuration say about a package."""
    found = [spec for request in checker.problem.requests for spec in request.walk() if spec.name == name]
    for owner, rules in checker.problem.packages.items():
        for rule in rules.require:
            found += [spec for spec in rule.specs if (spec.name or owner) == name]
    return found


def version(checker: Checker, ident: str) -> Iterator[str]:
    """A declared version, or one that somebody asked for; of a package that may be built."""
    node, model = checker.drafts[ident].node, checker.model(ident)
    declared = {decl.version: decl for decl in model.versions}
    if follows_a_compiler(checker, ident):
        return
    said = said_of(checker, node.name)
    if node.version not in declared:
        if not any(node.version in spec.version_text for spec in said):
            yield f"{ident} has a version nobody declared: {node.version}"
    elif declared[node.version].deprecated:
        asked = any(spec.version_text and spec.versions.includes(make_version(node.version)) for spec in said)
        # A compiler may be built that has a language more than the machine's own of that version.
        languages = {item.name for line in model.provides for item in line.virtuals} & LANGUAGES
        known = {external.version for external in checker.problem.externals if external.name == node.name}
        if not asked and not (languages and node.version in known):
            yield f"{ident} has a deprecated version nobody asked for"
    buildable = checker.rules_of(node.name).buildable
    if buildable is None:
        buildable = checker.rules_of("all").buildable is not False
    if not buildable or not model.buildable:
        yield f"{ident} is built but not buildable"


def external(checker: Checker, ident: str) -> Iterator[str]:
    """One that the problem names, with the dependencies named there."""
    draft = checker.drafts[ident]
    fitting = [choice for choice in checker.problem.externals if _is(checker, choice, draft)]
    if not fitting:
        yield f"{ident} is an external nobody named"
        return
    if not any(_external_edges(checker, draft, choice) for choice in fitting):
        yield f"{ident}: edges of an external that it does not have"


def _is(checker: Checker, choice: ExternalChoice, draft: Draft) -> bool:
    node = draft.node
    if (choice.name, choice.version, choice.external) != (node.name, node.version, node.external):
        return False
    if (choice.os or checker.problem.os) != node.os or node.flags:
        return False
    return all(fact.name not in node.variants or fact.admits(node.variants[fact.name]) for fact in choice.variants)


def _external_edges(checker: Checker, draft: Draft, choice: ExternalChoice) -> bool:
    if len(draft.edges) != len({dependency.spec.name for dependency in choice.dependencies}):
        return False
    return all(
        any(checker.fits(edge.target, dependency.spec) for edge in draft.edges) for dependency in choice.dependencies
    )


def external_lines(checker: Checker, ident: str) -> list[Spec]:
    """What an external's entry says of its dependencies."""
    fitting = [choice for choice in checker.problem.externals if _is(checker, choice, checker.drafts[ident])]
    return [dependency.spec for choice in fitting[:1] for dependency in choice.dependencies]


def variants(checker: Checker, ident: str) -> Iterator[str]:
    """Each variant whose definition applies, and no other; with values it may have."""
    node, model = checker.drafts[ident].node, checker.model(ident)
    active: dict[str, VariantDecl] = {}
    for declaration in model.variants:
        if checker.fits(ident, declaration.when):
            active[declaration.name] = declaration
    yield from (f"{ident} has no variant {name}" for name in active if name not in node.variants)
    for name, answer in node.variants.items():
        found = active.get(name)
        if found is None:
            yield f"{ident} has a variant {name} that does not apply"
            continue
        shape = bool if found.kind == "bool" else tuple if found.kind == "multi" else str
        if not isinstance(answer, shape) or answer == ():
            yield f"{ident}: {name} is {answer!r}"
            continue
        if node.external is not None:
            continue
        values = answer if isinstance(answer, tuple) else (str(answer).lower() if found.kind == "bool" else answer,)
        if found.kind != "bool":
            yield from _values(checker, ident, found, tuple(map(str, values)))
        if found.sticky and set(map(str, values)) != set(found.default) and not _spoken_of(checker, ident, name):
            yield f"{ident}: nobody asks for {name} to leave its default"


def _values(checker: Checker, ident: str, found: VariantDecl, values: tuple[str, ...]) -> Iterator[str]:
    guards = {value.value: value for value in found.values}
    for value in values:
        guard = guards.get(value)
        if guard is None:
            if not found.open and value not in found.default:
                yield f"{ident}: {found.name}={value} is no value"
        elif guard.never or (guard.when is not None and not checker.fits(ident, guard.when)):
            yield f"{ident}: {found.name}={value} does not apply"
    if found.sets and not any(set(values) <= set(group) for group in found.sets):
        yield f"{ident}: {found.name}={values} lies in no allowed group"


def _spoken_of(checker: Checker, ident: str, name: str) -> bool:
    """Whether anybody says something about a sticky variant, the configuration among them."""
    package = checker.drafts[ident].node.name
    wishes = [*checker.rules_of(package).variants, *checker.rules_of("all").variants]
    return (
        any(wish.name == name for wish in wishes)
        or any(spec.variant(name) for spec in said_of(checker, package))
        or any(ask.ident == ident and ask.spec.variant(name) for ask in checker.asks)
    )
