"""Variants of a package: which exist under what condition, which values they may have, which they should have.

Where several definitions of one variant hold, the later one wins. The values of an open domain are those somebody
has named so far; all others together are one more value, ``rest``, which is split when another one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from outcrop.repo.model import VariantDecl
from outcrop.solve.asking import variant_asked
from outcrop.solve.clauses import FALSE
from outcrop.solve.conditions import holds
from outcrop.solve.encoding import Atom, Encoding, PackageVariables, Preference, VariantVariables
from outcrop.spec import Spec, VariantConstraint
from outcrop.spec.graph import VariantAnswer

_BOOLEAN = ("true", "false")


def encode_variants(encoding: Encoding, package: PackageVariables) -> None:
    """Variables, domains and preferences of all variants."""
    declared: dict[str, list[VariantDecl]] = {}
    for declaration in package.real.variants:
        declared.setdefault(declaration.name, []).append(declaration)
    for name, declarations in declared.items():
        package.variants[name] = _variables(encoding, package, name, declarations)
    encoding.define(package, "variant")
    for name, variant in package.variants.items():
        _domain(encoding, package, variant)
        for preference in _preferences(encoding, package, variant):
            package.own.append(preference)
        _external_facts(encoding, package, name)


def _variables(
    encoding: Encoding, package: PackageVariables, name: str, declarations: list[VariantDecl]
) -> VariantVariables:
    clauses = encoding.clauses
    conditions = [holds(encoding, package.slot, declaration.when) for declaration in declarations]
    definitions = []
    for place, declaration in enumerate(declarations):
        later = [-condition for condition in conditions[place + 1 :]]
        definitions.append((clauses.conjunction([conditions[place], *later]), declaration))
    exists = clauses.disjunction(conditions)
    cause = ("variant", package.name, name)
    if exists != package.node:
        guarded = clauses.new()
        clauses.add((-guarded, exists), cause)
        clauses.add((-exists, guarded))
        exists = guarded
    values: dict[str, int] = {}
    for _, declaration in definitions:
        known = _BOOLEAN if declaration.kind == "bool" else [value.value for value in declaration.values]
        for value in [*declaration.default, *known]:
            if value not in values:
                values[value] = clauses.new(phase=value in declarations[-1].default)
    for value in _values_at_hand(encoding, package.name, name):
        if value not in values:
            values[value] = clauses.new(phase=False)
    found = VariantVariables(name, definitions, values, exists)
    if any(declaration.open for _, declaration in definitions):
        found.rest = clauses.new(phase=False)
        clauses.add((-found.rest, exists))
    for literal in values.values():
        clauses.add((-literal, exists, package.reused))
    return found


def _values_at_hand(encoding: Encoding, package: str, variant: str) -> list[str]:
    """Values that externals and installed packages have, whether or not the recipe knows them."""
    externals = encoding.externals.get(package, ())
    found = [value for each in externals for fact in each.variants if fact.name == variant for value in fact.values]
    return [*found, *encoding.installed.values(package, variant)]


def _domain(encoding: Encoding, package: PackageVariables, variant: VariantVariables) -> None:
    clauses = encoding.clauses
    if variant.single:
        clauses.at_most_one([*variant.values.values(), variant.rest])
    for active, declaration in variant.definitions:
        if active == FALSE:
            continue
        allowed = set(_BOOLEAN if declaration.kind == "bool" else declaration.default)
        if declaration.kind != "bool":
            allowed.update(value.value for value in declaration.values if not value.never)
        options = [literal for value, literal in variant.values.items() if value in allowed or declaration.open]
        clauses.add([-active, *options, variant.rest if declaration.open else FALSE, package.given])
        for value, literal in variant.values.items():
            if value not in allowed and not declaration.open:
                clauses.add((-active, -literal, package.given))
        if not declaration.open and variant.rest != FALSE:
            clauses.add((-active, -variant.rest))
        if declaration.kind != "multi" and not variant.single:
            literals = [*variant.values.values(), variant.rest]
            for place, left in enumerate(literals):
                for right in literals[place + 1 :]:
                    clauses.add((-active, -left, -right))
        for value_declaration in declaration.values:
            if value_declaration.when is not None and not value_declaration.never:
                condition = holds(encoding, package.slot, value_declaration.when)
                cause = ("value", package.name, variant.name, value_declaration.value)
                literal = variant.values[value_declaration.value]
                clauses.add((-active, -literal, condition, package.given), cause)
        _sets(encoding, package, variant, active, declaration)
        _sticky(encoding, package, variant, active, declaration)
    if variant.single or package.external != FALSE:
        # An external's unnamed variants are free, not valueless.
        clauses.add([-variant.exists, *variant.values.values(), variant.rest, package.reused])


def _sets(
    encoding: Encoding, package: PackageVariables, variant: VariantVariables, active: int, declaration: VariantDecl
) -> None:
    """All chosen values lie in one of the allowed groups."""
    if not declaration.sets:
        return
    clauses = encoding.clauses
    groups = []
    for group in declaration.sets:
        literal = clauses.new()
        groups.append(literal)
        for value, chosen in variant.values.items():
            if value not in group:
                clauses.add((-literal, -chosen))
    clauses.add([-active, package.given, *groups])


def _sticky(
    encoding: Encoding, package: PackageVariables, variant: VariantVariables, active: int, declaration: VariantDecl
) -> None:
    """The default stays unless a person or a dependent says otherwise; who else may say so is not known yet."""
    if not declaration.sticky:
        return
    name = variant.name
    rules = [encoding.rules(package.name), encoding.rules("all")]
    spoken_of = [spec.variant(name) for spec in encoding.mentioned.get(package.name, ())]
    spoken_of += [wish for rule in rules for wish in rule.variants if wish.name == name]
    if any(spoken_of):
        return
    asked = variant_asked(encoding, package.slot, name)
    for value, literal in variant.values.items():
        wanted = literal if value in declaration.default else -literal
        encoding.clauses.add((-active, wanted, package.given, asked), ("sticky", package.name, name))


def wanted_values(encoding: Encoding, package: PackageVariables, declaration: VariantDecl) -> tuple[str, ...]:
    """The values to prefer: the configuration's for this package, for all packages, then the recipe's default."""
    known = {value.value for value in declaration.values if not value.never}
    if declaration.kind == "bool":
        known = set(_BOOLEAN)
    for wishes in (encoding.rules(package.name).variants, encoding.rules("all").variants):
        for wish in wishes:
            if wish.name == declaration.name and wish.values and (declaration.open or known.issuperset(wish.values)):
                return wish.values if declaration.kind == "multi" else wish.values[:1]
    return declaration.default


def _preferences(encoding: Encoding, package: PackageVariables, variant: VariantVariables) -> Iterable[Preference]:
    clauses = encoding.clauses
    for active, declaration in variant.definitions:
        if active == FALSE:
            continue
        wanted = wanted_values(encoding, package, declaration)
        for value in wanted:
            if declaration.open:
                value_literal(encoding, variant, value)
        present = active if len(variant.definitions) > 1 else variant.exists

        def guarded(literal: int, active: int = active) -> int:
            return literal if len(variant.definitions) == 1 else clauses.conjunction([active, literal])

        if declaration.kind == "multi":
            for value, literal in variant.values.items():
                items = [guarded(literal), guarded(-literal)]
                labels = [value, f"no {value}"]
                if value not in wanted:
                    items.reverse()
                    labels.reverse()
                if items[1] != literal:
                    items[1] = clauses.conjunction([present, items[1]])
                yield Preference(variant.name, present, items, labels, clauses)
            continue
        order = list(dict.fromkeys([*wanted, *variant.values]))
        items = [guarded(variant.values[value]) for value in order]
        if variant.rest != FALSE:
            order.append("another value")
            items.append(guarded(variant.rest))
        for value in wanted[:1]:
            clauses.prefer(variant.values[value])
        yield Preference(variant.name, present, items, order, clauses)


def _external_facts(encoding: Encoding, package: PackageVariables, name: str) -> None:
    """What an external is known to be; variants that its recipe lacks are left out, values it lacks are believed."""
    variant = package.variants[name]
    for candidate in package.candidates:
        external = candidate.external
        if external is None:
            continue
        for fact in external.variants:
            if fact.name != name or fact.any:
                continue
            said = [value_literal(encoding, variant, value) for value in fact.values]
            for literal in said:
                encoding.clauses.add((-candidate.literal, -variant.exists, literal))
            for value, literal in list(variant.values.items()):
                if value not in fact.values:
                    encoding.clauses.add((-candidate.literal, -literal))
            encoding.clauses.add((-candidate.literal, -variant.rest))


def value_literal(encoding: Encoding, variant: VariantVariables, value: str) -> int:
    """The literal of one value; a new one where the domain is open, else ``FALSE`` for a value that does not exist."""
    found = variant.values.get(value)
    if found is not None:
        return found
    if variant.rest == FALSE:
        return FALSE
    clauses = encoding.clauses
    literal, rest = clauses.new(phase=False), clauses.new(phase=False)
    old = variant.rest
    clauses.add((-literal, old))
    clauses.add((-rest, old))
    clauses.add((-old, literal, rest))
    for active, declaration in variant.definitions:
        if declaration.kind != "multi":
            clauses.add((-active, -literal, -rest))
    variant.values[value] = literal
    variant.rest = rest
    return literal


def variant_atom(encoding: Encoding, package: PackageVariables, atom: Atom) -> int:
    """A literal: the variant fits a constraint; ``FALSE`` for a variant that the package does not have."""
    constraint = atom[1]
    if not isinstance(constraint, VariantConstraint):
        raise TypeError(f"not a variant constraint: {constraint!r}")
    variant = package.variants.get(constraint.name)
    if variant is None:
        return FALSE
    if constraint.any:
        without = [each.literal for each in package.reusable if constraint.name not in each.choice.node.variants]
        return encoding.clauses.conjunction([variant.exists, *[-literal for literal in without]])
    literals = [value_literal(encoding, variant, value) for value in constraint.values]
    if constraint.exact:
        others = [literal for value, literal in variant.values.items() if value not in constraint.values]
        literals.extend(-literal for literal in others)
        literals.append(-variant.rest)
    return encoding.clauses.conjunction(literals)


def hanging_variants(package: PackageVariables) -> set[str]:
    """Variants of which a definition or value speaks of other packages, or of such a variant."""
    conditions = [
        (name, when)
        for name, variant in package.variants.items()
        for _, declaration in variant.definitions
        for when in (declaration.when, *[value.when for value in declaration.values if value.when is not None])
        if when.edges or when.variants
    ]
    found: set[str] = set()
    while True:
        more = {name for name, when in conditions if hangs_on(when, found)} - found
        if not more:
            return found
        found |= more


def hangs_on(when: Spec, hanging: Collection[str]) -> bool:
    """Whether a condition speaks of other packages, or of a variant that hangs on them."""
    return bool(when.edges) or any(variant.name in hanging for variant in when.variants)


def has_variants(package: PackageVariables, spec: Spec) -> bool:
    """Whether the package defines every variant that ``spec`` names for it."""
    return all(variant.name in package.variants for variant in spec.variants)


def answers_of(package: PackageVariables, truth: Callable[[int], bool]) -> dict[str, VariantAnswer]:
    """The variants of a package that is not reused, in a model, as a node has them."""
    found: dict[str, VariantAnswer] = {}
    for name, variant in sorted(package.variants.items()):
        for active, declaration in variant.definitions:
            if not truth(active):
                continue
            values = tuple(sorted(value for value, literal in variant.values.items() if truth(literal)))
            if declaration.kind == "bool":
                found[name] = values == ("true",)
            elif declaration.kind == "multi":
                found[name] = values
            else:
                found[name] = values[0]
    return found
