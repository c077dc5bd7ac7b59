"""What holds in a model only because of itself: dependency lines, definitions of variants, guarded values.

``depends_on("x", when="^x")`` is no reason for ``x``; neither is ``variant("v", when="^x")`` together with
``depends_on("x", when="+v")``. Clauses cannot see that, so a finished model is looked at: what needs no reason comes
first, then whatever has one among that, and so on. The rest has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from outcrop.solve.clauses import FALSE, Cause
from outcrop.solve.encoding import RUNTIME, Encoding, PackageVariables, Slot, Use
from outcrop.solve.variants import hanging_variants, hangs_on
from outcrop.spec import EdgeConstraint, Spec, VariantConstraint

Truth = Callable[[int], bool]
Fact = tuple[str, Slot, object]
"""``line`` with the cause of a dependency line, ``definition`` with (variant, index), ``value`` with (variant, index,
value); among what could be a reason also ``edge`` with a slot, ``virtual`` with (slot, virtual) and ``given``.
"""


class Unfounded(msgspec.Struct, frozen=True):
    """``facts`` hold only because of each other. A sound answer lacks one of them or has one of ``others``, because
    nothing else could be their reason.
    """

    facts: tuple[Fact, ...]
    others: tuple[Fact, ...]

    def exclude(self, encoding: Encoding) -> None:
        """Add the clause that says so."""
        conditions: dict[Fact, int] = {
            ("line", slot, use.cause): use.condition
            for slot, package in encoding.packages.items()
            for use in package.uses
        }

        def literal(fact: Fact) -> int:
            return conditions[fact] if fact in conditions else _literal(encoding, fact)

        clause = [-literal(fact) for fact in self.facts]
        clause.extend(literal(fact) for fact in self.others)
        encoding.clauses.add(clause, self._cause())

    def _cause(self) -> Cause:
        kind, slot, what = self.facts[0]
        if kind == "line" and isinstance(what, tuple):
            return ("unfounded", *what[1:])
        return ("unfounded", slot[0], what[0] if isinstance(what, tuple) else what)


def _literal(encoding: Encoding, fact: Fact) -> int:
    kind, slot, what = fact
    package = encoding.packages.get(slot)
    if package is None:
        return FALSE
    if kind == "edge":
        edge = package.edges.get(what)  # type: ignore[call-overload]  # of this kind are slots
        return edge.exists if edge is not None else FALSE
    if kind == "given":
        return package.given
    if not isinstance(what, tuple):
        return FALSE
    if kind == "virtual":
        edge = package.edges.get(what[0])
        return edge.virtuals.get(what[1], FALSE) if edge is not None else FALSE
    if kind in ("definition", "value"):
        variant = package.variants[what[0]]
        active = variant.definitions[what[1]][0]
        if kind == "definition":
            return encoding.clauses.conjunction((package.built, active))
        return encoding.clauses.conjunction((package.built, active, variant.values[what[2]]))
    return FALSE


class _Edge(msgspec.Struct, eq=False):
    runtime: bool = False
    virtuals: set[str] = set()


class _Pending(msgspec.Struct, eq=False):
    """Something that needs a reason: what ``when`` says, founded. ``variant`` is what it gives or sets."""

    fact: Fact
    package: PackageVariables
    when: Spec
    use: Use | None = None
    variant: str = ""


class _Search:
    def __init__(self, encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> None:
        self.encoding = encoding
        self.truth = truth
        self.packages = [encoding.packages[slot] for slot in slots]
        self.pending: list[_Pending] = []
        self.edges: dict[Slot, dict[Slot, _Edge]] = {slot: {} for slot in slots}

    def run(self) -> list[Fact]:
        """What has no reason."""
        for package in self.packages:
            self.pending.extend(_variants(package, self.truth))
        doubtful = {(entry.package.slot, entry.variant) for entry in self.pending}
        for package in self.packages:
            for use in package.uses:
                if self.truth(use.condition):
                    own = any((package.slot, variant.name) in doubtful for variant in use.when.variants)
                    if use.foreign or own:
                        self.pending.append(_Pending(("line", package.slot, use.cause), package, use.when, use))
                    else:
                        self._add(package, use)
        while self.pending:
            doubtful = {(entry.package.slot, entry.variant) for entry in self.pending if entry.variant}
            reasoned = [entry for entry in self.pending if self._has_reason(entry, doubtful)]
            if not reasoned:
                break
            for entry in reasoned:
                if entry.use is not None:
                    self._add(entry.package, entry.use)
            done = {entry.fact for entry in reasoned}
            self.pending = [entry for entry in self.pending if entry.fact not in done]
        return [entry.fact for entry in sorted(self.pending, key=lambda entry: entry.use is None)]

    def _add(self, package: PackageVariables, use: Use) -> None:
        for child, variables in package.edges.items():
            if self.truth(variables.virtuals.get(use.name, FALSE)) if use.virtual else child[0] == use.name:
                if not self.truth(variables.exists):
                    continue
                edge = self.edges[package.slot].setdefault(child, _Edge())
                edge.runtime = edge.runtime or not set(RUNTIME).isdisjoint(use.types)
                if use.virtual:
                    edge.virtuals.add(use.name)
                elif self.truth(package.given):
                    edge.virtuals.update(name for name, literal in variables.virtuals.items() if self.truth(literal))

    def _has_reason(self, entry: _Pending, doubtful: set[tuple[Slot, str]]) -> bool:
        slot = entry.package.slot
        named = [variant for variant in entry.when.variants if variant.name != entry.variant]
        if any(self._doubtful(slot, variant, doubtful) for variant in named):
            return False
        direct = list(self.edges[slot].items())
        below = self._below(direct)
        return all(
            self._fits(wanted, direct if wanted.direct else below, doubtful)
            for wanted in entry.when.edges
            if wanted.when is None
        )

    def _fits(
        self, wanted: EdgeConstraint, edges: Sequence[tuple[Slot, _Edge]], doubtful: set[tuple[Slot, str]]
    ) -> bool:
        name = wanted.spec.name
        virtual = self.encoding.is_virtual(name)
        carried = {*wanted.virtuals, name} if virtual else set(wanted.virtuals)
        return any(
            (virtual or child[0] == name)
            and carried <= edge.virtuals
            and not any(self._doubtful(child, variant, doubtful) for variant in wanted.spec.variants)
            for child, edge in edges
        )

    def _doubtful(self, slot: Slot, variant: VariantConstraint, doubtful: set[tuple[Slot, str]]) -> bool:
        return (slot, variant.name) in doubtful

    def _below(self, direct: Sequence[tuple[Slot, _Edge]]) -> list[tuple[Slot, _Edge]]:
        found = list(direct)
        stack = [child for child, edge in direct if edge.runtime]
        seen: set[Slot] = set()
        while stack:
            slot = stack.pop()
            if slot not in seen:
                seen.add(slot)
                further = [(child, edge) for child, edge in self.edges.get(slot, {}).items() if edge.runtime]
                found.extend(further)
                stack.extend(child for child, _ in further)
        return found


def _variants(package: PackageVariables, truth: Truth) -> Iterator[_Pending]:
    """Active definitions and chosen values of the model that hang on the graph, or on a variant that does. What is
    given is as it is, without a reason.
    """
    if truth(package.given):
        return
    hanging = hanging_variants(package)
    for name in sorted(hanging):
        variant = package.variants[name]
        for index, (active, declaration) in enumerate(variant.definitions):
            if not truth(active):
                continue
            if hangs_on(declaration.when, hanging):
                yield _Pending(("definition", package.slot, (name, index)), package, declaration.when, variant=name)
            for value in declaration.values:
                if value.when is None or value.never or not truth(variant.values.get(value.value, FALSE)):
                    continue
                if hangs_on(value.when, hanging):
                    fact = ("value", package.slot, (name, index, value.value))
                    yield _Pending(fact, package, value.when, variant=name)


def find_unfounded(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> Unfounded | None:
    """What holds in the model only because of itself.

    Returns:
        A clause that the model violates and every sound answer fulfils: some of it does not hold, or something does
        that could be its reason. ``None`` if everything has a reason.
    """
    facts = _Search(encoding, slots, truth).run()
    return Unfounded(tuple(facts), tuple(_absent(encoding, slots, truth))) if facts else None


def _absent(encoding: Encoding, slots: Sequence[Slot], truth: Truth) -> Iterator[Fact]:
    """Lines, edges, providers and definitions that the packages of the model might have as well, and that they might be
    external or installed.
    """
    for slot in slots:
        package = encoding.packages[slot]
        if not truth(package.given):
            yield ("given", slot, None)
        for use in package.uses:
            if not truth(use.condition):
                yield ("line", slot, use.cause)
        for child, edge in package.edges.items():
            if edge.exists != FALSE and not truth(edge.exists):
                yield ("edge", slot, child)
            for virtual, literal in edge.virtuals.items():
                if literal != FALSE and not truth(literal):
                    yield ("virtual", slot, (child, virtual))
        for name, variant in package.variants.items():
            for index, (active, _) in enumerate(variant.definitions):
                if active != FALSE and not truth(active):
                    yield ("definition", slot, (name, index))
