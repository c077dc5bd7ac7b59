"""Dependencies that no recipe names: what is compiled needs the compiler's wrapper, its runtime libraries and the C
library of this machine.

Nothing is injected where no recipe of the name exists, nor into packages with the tag ``runtime``. What is injected
into a package depends on its own lines and on rules (``runtimes``), never on what is expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from outcrop.repo.model import DependencyDecl, RuntimeRule
from outcrop.solve.clauses import FALSE, TRUE, Cause
from outcrop.solve.conditions import holds, impose
from outcrop.solve.encoding import Encoding, PackageVariables, Slot, Use
from outcrop.solve.ranking import possible_providers
from outcrop.solve.runtimes import (
    LIBC,
    TAG,
    WRAPPER,
    GivenLine,
    Instance,
    compiler_rules,
    has_recipe,
    in_force,
    instances,
    libraries_at_hand,
    spec_at,
)
from outcrop.solve.versions import find_candidates
from outcrop.spec import EdgeConstraint, Spec, Version
from outcrop.spec.format import LANGUAGES
from outcrop.spec.graph import DependencyType

MakeUse = Callable[[Encoding, PackageVariables, DependencyDecl, tuple[DependencyType, ...], Cause, int], Use]

_COMPILED = "of everything that is compiled"


def injected_uses(
    encoding: Encoding, package: PackageVariables, declared: Sequence[Use], make_use: MakeUse
) -> list[Use]:
    """The lines to be added to those a recipe has; ``make_use`` makes a line of a declaration."""
    if package.built == FALSE:
        return []
    _require(encoding, package)
    if TAG in package.real.tags:
        return []
    languages = [use for use in declared if use.virtual and use.name in LANGUAGES and "build" in use.types]
    if not languages:
        return []
    found: list[Use] = []
    if package.name != WRAPPER and has_recipe(encoding, WRAPPER):
        found.extend(_along(encoding, package, languages, WRAPPER, "build"))
    if libraries_at_hand(encoding):
        found.extend(_along(encoding, package, languages, LIBC, "link"))
    certain = not any(use.foreign or use.unsure for use in languages)
    mixed = {use.name for use in declared if use.virtual and use.name in LANGUAGES and "build" not in use.types}
    for given, use in _ruled(encoding, package, {use.name for use in languages}, mixed, make_use):
        if certain and given.plain:
            # Settled with the package's own choice of a compiler, which is made before: nothing to leave out.
            use.foreign, use.local = frozenset(), use.condition
        found.append(use)
    return found


def _along(
    encoding: Encoding, package: PackageVariables, languages: Sequence[Use], name: str, kind: DependencyType
) -> list[Use]:
    """A dependency wherever one of the language lines applies."""
    clauses = encoding.clauses
    certain = [use for use in languages if not (use.foreign or use.unsure)]
    groups = [certain] if certain else []
    groups.extend([use] for use in languages if use.foreign or use.unsure)
    found = []
    for place, group in enumerate(groups):
        cause = ("runtime", package.name, name, "", "", place)
        condition = clauses.disjunction([use.condition for use in group])
        local = clauses.disjunction([use.local for use in group])
        if clauses.explain:
            switched = clauses.new()
            clauses.add((-switched, condition))
            clauses.add((-condition, switched), cause)
            condition = switched
        found.append(
            Use(
                name=name,
                condition=condition,
                local=local,
                foreign=group[0].foreign,
                types=(kind,),
                when=group[0].when,
                spec=Spec(name=name),
                origin=_COMPILED,
                virtual=encoding.is_virtual(name),
                cause=cause,
                unsure=group[0].unsure,
            )
        )
    return found


def _ruled(
    encoding: Encoding, package: PackageVariables, languages: set[str], mixed: set[str], make_use: MakeUse
) -> Iterable[tuple[GivenLine, Use]]:
    """Dependencies that a compiler's recipe gives to packages that use it for ``languages``, of which ``mixed`` may be
    needed for something else than the build, too.
    """
    compilers = {language: possible_providers(encoding, package, language) for language in languages}
    for place, given in enumerate(_given(encoding)):
        if given.rule.package not in ("*", package.name) or given.target == package.name:
            continue
        if not all(given.compiler in compilers.get(language, ()) for language in given.languages):
            continue
        cause = ("runtime", package.name, given.rule.spec, given.compiler, str(given.rule.origin), place)
        known = FALSE if given.languages & mixed else _taken(encoding, package, given)
        use = make_use(encoding, package, given.line, given.rule.types, cause, known)
        if use.condition != FALSE:
            if given.instance.relation:
                _relate(encoding, package, use, given.compiler, given.rule, given.instance)
            yield given, use


def _taken(encoding: Encoding, package: PackageVariables, given: GivenLine) -> int:
    """The literal that the package is built with the compiler, where the line asks for nothing else; else ``FALSE``."""
    if not given.plain:
        return FALSE
    parts = [package.built]
    for language in given.languages:
        choice = package.virtuals[language]
        parts.append(choice.items[choice.labels.index(given.compiler)])
    return encoding.clauses.conjunction(parts)


def _given(encoding: Encoding) -> list[GivenLine]:
    """What compilers' recipes give to packages that use them, as lines. Remembered."""
    if encoding.given_lines is None:
        encoding.given_lines = list(_read_given(encoding))
    return encoding.given_lines


def _read_given(encoding: Encoding) -> Iterator[GivenLine]:
    for compiler, rules in compiler_rules(encoding).items():
        versions = compiler_versions(encoding, compiler)
        for rule in rules:
            target = spec_at(rule.spec, versions[0]).name if rule.kind == "depends" and versions else ""
            if not target:
                continue
            for instance in instances(rule, compiler, versions, virtual=encoding.is_virtual(target)):
                languages = frozenset(virtual for edge in instance.when.edges for virtual in edge.virtuals)
                line = DependencyDecl(spec=instance.spec, origin=rule.origin, types=rule.types, when=instance.when)
                when = instance.when
                plain = when.without_edges().is_empty and all(_is_plain(edge, compiler) for edge in when.edges)
                yield GivenLine(compiler, rule, instance, target, languages, line, plain)


def _is_plain(edge: EdgeConstraint, compiler: str) -> bool:
    if not (edge.direct and edge.virtuals) or edge.when is not None or edge.propagate:
        return False
    return edge.types == ("build",) and edge.spec == Spec(name=compiler)


def _relate(
    encoding: Encoding, package: PackageVariables, use: Use, compiler: str, rule: RuntimeRule, instance: Instance
) -> None:
    """The version of the dependency follows that of the compiler which the package uses."""
    edge = instance.when.edges[0]
    several = len(encoding.copies(compiler)) > 1 or len(encoding.copies(use.name)) > 1
    for upper in encoding.copies(compiler):
        for lower in encoding.copies(use.name):
            if package.slot in (upper, lower):
                continue
            literals = [-use.condition]
            if several:
                literals.append(-encoding.atom(package, ("edge", upper, edge.virtuals, edge.types)))
                literals.append(-encoding.atom(package, ("edge", lower, (), ())))
            relation = _relation(encoding, upper, lower, rule, instance.relation)
            encoding.clauses.add([*literals, relation], use.cause)


def _relation(encoding: Encoding, upper: Slot, lower: Slot, rule: RuntimeRule, text: str) -> int:
    """A literal: whatever version the compiler in ``upper`` has, ``lower`` fits the text for that version. It need not
    be true where that is so.
    """
    key = (upper, lower, text)
    found = encoding.relations.get(key)
    if found is None:
        clauses = encoding.clauses
        found = encoding.relations[key] = clauses.new(phase=True)
        compiler, dependency = encoding.package(upper), encoding.package(lower)
        for version in compiler_versions(encoding, upper[0]):
            if in_force(rule, version):
                has = encoding.atom(compiler, ("version", f"={version}"))
                fits = encoding.atom(dependency, ("version", spec_at(text, version).version_text))
                clauses.add((-found, -has, fits))
    return found


def _require(encoding: Encoding, package: PackageVariables) -> None:
    """What compilers' recipes require of this package."""
    place = 0
    for compiler, rules in compiler_rules(encoding).items():
        for rule in rules:
            if rule.kind != "requires" or rule.package != package.name:
                continue
            for version in compiler_versions(encoding, compiler):
                if not in_force(rule, version):
                    continue
                place += 1
                spec = spec_at(rule.spec, version)
                when = holds(encoding, package.slot, spec_at(rule.when, version))
                if package.built != package.node:
                    when = encoding.clauses.conjunction((package.built, when))
                cause = ("runtime", package.name, str(spec), compiler, str(rule.origin), place)
                if when != FALSE:
                    impose(encoding, [when], package.slot, spec, cause)


def propagate_compilers(encoding: Encoding, package: PackageVariables) -> None:
    """What a package links with was not made with a newer compiler of the same name than itself. Edges are known.

    A limit is handed down from dependents, so that packages in between which use no compiler pass it on. Runtimes are
    as new as the newest user wants.
    """
    if package.model is None or TAG in package.model.tags:
        return
    for compiler, rules in compiler_rules(encoding).items():
        copies = encoding.copies(compiler)
        if len(copies) == 1:
            continue
        for rule in rules:
            if rule.kind == "propagate" and rule.package == "*":
                for upper in copies:
                    _limit(encoding, package, upper, rule)


def _limit(encoding: Encoding, package: PackageVariables, upper: Slot, rule: RuntimeRule) -> None:
    clauses = encoding.clauses
    cause = ("runtime", package.name, "", upper[0], str(rule.origin), 0)
    obeys = _limit_literal(encoding, package.slot, upper, rule)
    for lower in encoding.copies(upper[0]):
        used = _used(package, lower, rule)
        if used == FALSE or lower == package.slot:
            continue
        if lower != upper:
            clauses.add((-obeys, -used, _relation(encoding, upper, lower, rule, rule.spec)), cause)
    passes = clauses.disjunction([obeys, _used(package, upper, rule)])
    for child, edge in package.edges.items():
        link = edge.types.get("link", FALSE)
        if link not in (FALSE, TRUE):
            clauses.add((-passes, -link, _limit_literal(encoding, child, upper, rule)))


def _used(package: PackageVariables, compiler: Slot, rule: RuntimeRule) -> int:
    """A literal: the package is built with that compiler."""
    edge = package.edges.get(compiler)
    if edge is None or package.built == FALSE:
        return FALSE
    return edge.types.get("build", FALSE)


def _limit_literal(encoding: Encoding, slot: Slot, upper: Slot, rule: RuntimeRule) -> int:
    """A literal: some dependent wants of this package that it was not made with a newer compiler than ``upper``."""
    key = (slot, upper, f"below {rule.spec}")
    found = encoding.relations.get(key)
    if found is None:
        found = encoding.relations[key] = encoding.clauses.new(phase=False)
    return found


def compiler_versions(encoding: Encoding, name: str) -> list[Version]:
    """The versions a compiler may have, best first. Remembered."""
    found = encoding.versions_of.get(name)
    if found is None:
        recipe = encoding.load(name)
        candidates = [] if isinstance(recipe, str) else find_candidates(encoding, name, recipe)
        found = encoding.versions_of[name] = list(dict.fromkeys(candidate.version for candidate in candidates))
    return found
