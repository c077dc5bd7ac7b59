"""What is known of a problem as variables: packages, their atoms, and which packages are expanded.

A package is laid out as a *slot*, (name, copy). A slot that is not expanded is a free node: what others ask of it
(an *atom*: a version range, a variant's value, an edge, something below it) is a free literal. Expanding the
package defines all its atoms, so every expansion only narrows what was possible before.

Atoms, by kind:

    ("version", text)                           its version lies in the list
    ("variant", VariantConstraint)              its variant fits
    ("provides", virtual, text)                 it provides the virtual at some version of the list
    ("together", virtual, virtual)              it provides both at once
    ("external",)                               it is an external
    ("installed", hash)                         it is that installed package, or that external
    ("reused",)                                 it is some installed package
    ("recorded", edge, kind)                    it is reused and was built with what the edge asks for
    ("recorded flags", FlagConstraint)          it is reused and was compiled with such flags
    ("needs", virtual)                          somebody has to provide the virtual to it
    ("namespace", text)                         its recipe comes from there
    ("edge", slot, virtuals, types)             it depends on the slot directly
    ("reach", slot, virtuals, types)            directly, or over link and run edges from there on (``^`` in recipes)
    ("below", slot, virtuals, types)            over link and run edges only
    ("runs", slot, virtuals, types)             over run edges only
    ("seen", slot, virtuals, types)             directly, over link and run edges, or run edges of what it depends on
    ("anywhere", slot, virtuals, types)         over edges of any type (``^`` in requests)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import OutcropError
from outcrop.repo.model import PackageModel, ProvideDecl, RuntimeRule, VariantDecl
from outcrop.solve.asks import Asks, Order
from outcrop.solve.clauses import FALSE, TRUE, Cause, Clauses
from outcrop.solve.installed import InstalledNodes
from outcrop.solve.problem import ExternalChoice, InstalledChoice, ModelSource, PackageRules, Problem, Rule
from outcrop.spec import Spec, Version
from outcrop.spec.format import LANGUAGES
from outcrop.spec.graph import DependencyType

if TYPE_CHECKING:
    from outcrop.solve.runtimes import GivenLine

PATHS = ("reach", "below", "runs", "seen", "anywhere")
"""The kinds of atoms that look further than a package's own edges."""

RUNTIME: tuple[DependencyType, ...] = ("link", "run")
"""What a package still needs when it is finished."""

Slot = tuple[str, int]
Atom = tuple[object, ...]

NO_RULES = PackageRules()


class Preference(msgspec.Struct, eq=False):
    """A decision to be made as well as possible: ``items`` best first, of which at most one holds, and none where
    ``present`` is false.

    ``at_most(k)`` is a literal that forbids everything worse than item ``k``.
    """

    what: str
    present: int
    items: list[int]
    labels: Sequence[str]
    clauses: Clauses
    _limits: dict[int, int] = {}

    def at_most(self, rank: int) -> int:
        """True where the decision does not matter or one of the first ``rank + 1`` items holds. Remembered."""
        literal = self._limits.get(rank)
        if literal is None:
            if rank + 1 >= len(self.items):
                literal = TRUE
            elif len(self.items) == 2:
                literal = -self.items[1]
            else:
                literal = self.clauses.disjunction([-self.present, *self.items[: rank + 1]])
            self._limits[rank] = literal
        return literal


class Candidate(msgspec.Struct, eq=False):
    """A version a package may have: an external, or one to build. ``place`` is the version's index in the ascending
    order.
    """

    version: Version
    place: int
    external: ExternalChoice | None = None
    literal: int = 0


class Reusable(msgspec.Struct, eq=False):
    """An installed package that a slot may be."""

    choice: InstalledChoice
    version: Version
    literal: int


class VariantVariables(msgspec.Struct, eq=False):
    """One variant of a package. ``rest`` stands for all values nobody has named yet (open domains only, else
    ``FALSE``).
    """

    name: str
    definitions: list[tuple[int, VariantDecl]]
    values: dict[str, int]
    exists: int
    rest: int = FALSE

    @property
    def single(self) -> bool:
        """Has one value only, under every definition."""
        return all(declaration.kind != "multi" for _, declaration in self.definitions)


class EdgeVariables(msgspec.Struct, eq=False):
    """A dependency on one slot: literal per type and per virtual."""

    child: Slot
    types: dict[DependencyType, int] = {}
    virtuals: dict[str, int] = {}
    exists: int = FALSE
    runtime: int = FALSE
    """Has the type link or run."""


class Use(msgspec.Struct, eq=False):
    """One dependency line of an expanded package.

    ``condition`` holds where the line applies; ``local`` where the part about the package itself does; ``foreign``
    are the names that the other part speaks of.
    """

    name: str
    condition: int
    local: int
    foreign: frozenset[str]
    types: tuple[DependencyType, ...]
    when: Spec
    spec: Spec
    origin: str
    virtual: bool
    cause: Cause
    unsure: bool = False
    """``local`` hangs on what is decided elsewhere: flags, or a variant that exists only with something else."""


class PackageVariables(msgspec.Struct, eq=False):
    """Everything about one slot."""

    slot: Slot
    node: int
    expanded: bool = False
    model: PackageModel | None = None
    missing: str = ""
    """Why there is no recipe."""
    closed: bool = False
    """Expanded, and it cannot be there."""
    atoms: dict[Atom, int] = {}
    ready: set[str] = set()
    versions: list[Version] = []
    at_least: list[int] = []
    """``at_least[i]``: present, and the version is ``versions[i]`` or greater."""
    candidates: list[Candidate] = []
    reusable: list[Reusable] = []
    """Best first."""
    external: int = FALSE
    reused: int = FALSE
    given: int = FALSE
    """External or reused: what its recipe says of building it does not matter."""
    built: int = FALSE
    variants: dict[str, VariantVariables] = {}
    edges: dict[Slot, EdgeVariables] = {}
    uses: list[Use] = []
    for_build: frozenset[str] = frozenset()
    """What it may depend on for its build only."""
    named: frozenset[str] = frozenset()
    """What its dependency lines name, whatever they hang on."""
    virtuals: dict[str, Preference] = {}
    providers: dict[str, list[str]] = {}
    picks: dict[str, dict[Slot, int]] = {}
    """Which copy of a package it depends on, by name: at most one literal holds, ``TRUE`` where there is only one."""
    own: list[Preference] = []
    targets: dict[str, int] = {}
    """Empty until something tells them apart, see ``targets``."""
    fixed_targets: list[tuple[int, str]] = []
    """(condition, target) of installed nodes."""
    systems: dict[str, int] = {}

    @property
    def name(self) -> str:
        """The package's name."""
        return self.slot[0]

    @property
    def real(self) -> PackageModel:
        """The recipe of an expanded package that has one."""
        if self.model is None:
            raise LookupError(f"{self.name} has no recipe")
        return self.model


class Encoding:
    """The variables of one solve. Modules of this room add to it; it knows no recipe semantics itself."""

    def __init__(
        self,
        problem: Problem,
        models: ModelSource,
        clauses: Clauses,
        *,
        raised: frozenset[str] = frozenset(),
        spare: bool = False,
        thrifty: bool = False,
    ) -> None:
        self.problem = problem
        self.raised = raised
        """Packages chosen by each dependent that have all their copies here."""
        self.spare = spare
        """All other packages have all their copies here."""
        self.thrifty = thrifty
        """Compilers that nobody named have the versions of those at hand."""
        self.held_back = False
        """Something has one copy here that could have more if there is no solution otherwise."""
        self.singles: dict[str, int] = {}
        self._chosen_by_each: dict[str, bool] = {}
        self.models = models
        self.clauses = clauses
        self.packages: dict[Slot, PackageVariables] = {}
        self.order: list[Slot] = []
        """Expanded slots in the order in which that happened."""
        self.definers: dict[str, Callable[[PackageVariables, Atom], int]] = {}
        self.wishes: list[tuple[str, int, Preference]] = []
        """Decided before the roots, anchors and what the configuration prefers: (package, index, preference)."""
        self.asks = Asks()
        self.passed: list[tuple[tuple[str, int, str, Order, str], Slot, Preference]] = []
        """What is passed down, decided before everything else: (order, slot, preference)."""
        self.externals: dict[str, list[ExternalChoice]] = {}
        for external in problem.externals:
            self.externals.setdefault(external.name, []).append(external)
        self.installed = InstalledNodes(problem.installed, problem.tests)
        self.targets: tuple[str, ...] = ()
        self.systems: tuple[str, ...] = ()
        self.lines: dict[str, Collection[str]] = {}
        """Target -> its ancestors, see ``targets.target_lines``."""
        self.mentioned: dict[str, list[Spec]] = {}
        """What requests and configuration say about a package, by its name."""
        self.graph_providers: dict[str, dict[str, int]] = {}
        self.holding: dict[tuple[Slot, Spec], int] = {}
        self.compilers: dict[str, tuple[RuntimeRule, ...]] | None = None
        """Rules of compilers about packages that use them; ``None`` until somebody asks, see ``runtimes``."""
        self.given_lines: list[GivenLine] | None = None
        """What those rules come to as dependency lines, see ``injection``."""
        self.recipes: dict[str, bool] = {}
        """Whether there is a recipe, for names that were asked for."""
        self.versions_of: dict[str, list[Version]] = {}
        self.relations: dict[tuple[Slot, Slot, str], int] = {}
        """(compiler, dependency, text) -> the version of one follows that of the other, see ``injection``."""
        self.woken: list[Slot] = []
        """Packages that obey the rules about targets by clauses, see ``target_rules``."""
        self.unlike: dict[Slot, int] = {}
        self.knots: dict[Slot, Cause] = {}
        """Packages that no circle of dependencies may go through, each with such a circle; see ``circles``."""
        self.leads: dict[Slot, dict[Slot, int]] = {}
        """Knot -> slot -> literal: the slot leads to the knot."""
        self.unfounded: list[Callable[[Encoding], None]] = []
        self.doubles: list[tuple[Slot, Slot, Slot]] = []
        """(who, copy, other copy) of which only one may be seen in the build of who."""
        self.bound: dict[Slot, int] = {}
        """Literals of first copies: a root links to the package or runs it, see ``copies``."""
        self._copies: dict[str, tuple[Slot, ...]] = {}
        self._virtual: dict[str, bool] = {}
        self._providers: dict[str, dict[str, list[ProvideDecl]]] = {}
        self._queue: list[tuple[PackageVariables, Atom, int]] = []

    def unknowns(self) -> list[int]:
        """Literals that stand for what packages nobody knows yet may say."""
        rests = [variant.rest for package in self.packages.values() for variant in package.variants.values()]
        return [*(rest for rest in rests if rest != FALSE), *self.asks.tails()]

    def package(self, slot: Slot) -> PackageVariables:
        """The variables of a slot; made when first asked for."""
        found = self.packages.get(slot)
        if found is None:
            found = self.packages[slot] = PackageVariables(slot, self.clauses.new(phase=False))
        return found

    def copies(self, name: str) -> tuple[Slot, ...]:
        """The slots a package may fill, in this encoding."""
        found = self._copies.get(name)
        if found is None:
            limit = self._limit(name)
            if limit > 1 and self.chosen_by_each(name):
                limit = limit if name in self.raised else 1
            elif limit > 1 and not self.spare and name not in self.brought_along:
                self.held_back = True
                limit = 1
            found = self._copies[name] = tuple((name, copy) for copy in range(limit))
        return found

    @cached_property
    def brought_along(self) -> frozenset[str]:
        """What installed compilers link to or run: there may be another copy of it beside theirs."""
        return self.installed.brought_along(self.compiler_names)

    @cached_property
    def compiler_names(self) -> frozenset[str]:
        """Packages that may provide a language."""
        return frozenset(name for language in LANGUAGES for name in self.providers(language))

    def leads_to_first(self, slot: Slot) -> bool:
        """What a first copy links to or runs is the first copy of its kind, but for compilers and what those that are
        installed bring along.
        """
        return slot[1] == 0 and slot[0] not in self.brought_along and slot[0] not in self.compiler_names

    def _limit(self, name: str) -> int:
        limits = self.problem.copies
        limit = limits.get(name)
        if limit is None:
            limit = limits.get("tools", 2) if self.models.is_tool(name) else limits.get("default", 1)
        return max(1, limit)

    def chosen_by_each(self, name: str) -> bool:
        """Several copies of the package may be there because dependents want different ones, not only where there is no
        solution otherwise.
        """
        found = self._chosen_by_each.get(name)
        if found is None:
            found = (
                name not in self.problem.anchors
                and self._limit(name) > 1
                and (name in self.problem.copies or self.models.is_tool(name))
            )
            self._chosen_by_each[name] = found
        return found

    def single(self, name: str) -> int:
        """A literal to be assumed: the package has one copy. Where it is false, nothing is known of others.

        ``TRUE`` for a package of which there are never more copies, or of which all are in this encoding.
        """
        if name in self.raised or not self.chosen_by_each(name):
            return TRUE
        found = self.singles.get(name)
        if found is None:
            found = self.singles[name] = self.clauses.new(phase=True)
        return found

    def recipe(self, name: str) -> PackageModel:
        """The recipe of a package of which at least one copy is expanded."""
        package = self.known(name)
        if package is None:
            raise LookupError(f"{name} is not known")
        return package.real

    def known(self, name: str) -> PackageVariables | None:
        """A copy of a package of which the recipe is known."""
        for slot in self.copies(name):
            package = self.packages.get(slot)
            if package is not None and package.model is not None:
                return package
        return None

    def load(self, name: str) -> PackageModel | str:
        """The recipe, or why there is none."""
        namespace = next((spec.namespace for spec in self.mentioned.get(name, ()) if spec.namespace), "")
        try:
            return self.models.model(f"{namespace}.{name}" if namespace else name)
        except OutcropError as error:
            return str(error)

    def is_virtual(self, name: str) -> bool:
        """Whether the name stands for its providers."""
        found = self._virtual.get(name)
        if found is None:
            found = self._virtual[name] = self.models.is_virtual(name)
        return found

    def providers(self, virtual: str) -> dict[str, list[ProvideDecl]]:
        """Package name -> its declarations for ``virtual``, by name."""
        found = self._providers.get(virtual)
        if found is None:
            found = {}
            for name, declaration in sorted(self.models.providers(virtual), key=lambda pair: pair[0]):
                found.setdefault(name, []).append(declaration)
            self._providers[virtual] = found
        return found

    def rules(self, name: str) -> PackageRules:
        """The configuration of one package."""
        return self.problem.packages.get(name, NO_RULES)

    def required(self, name: str) -> list[tuple[Rule, bool]]:
        """What the configuration requires of a package; the flag marks rules for all packages, which one of its own
        switches off.
        """
        own = self.rules(name).require
        if own:
            return [(rule, False) for rule in own]
        return [(rule, True) for rule in self.rules("all").require]

    def atom(self, package: PackageVariables, atom: Atom) -> int:
        """The literal of an atom: defined where the package is known, free where it is not."""
        literal = package.atoms.get(atom)
        if literal is not None:
            return literal
        if package.closed:
            return FALSE
        kind = str(atom[0])
        ready = kind in package.ready
        if ready and kind not in PATHS:
            literal = self.definers[kind](package, atom)
        else:
            literal = self.clauses.new(phase=False)
            self.clauses.add((-literal, package.node))
            if ready:
                self._queue.append((package, atom, literal))
        package.atoms[atom] = literal
        return literal

    def define(self, package: PackageVariables, *kinds: str) -> None:
        """From now on atoms of these kinds are known; those asked for already become so."""
        package.ready.update(kinds)
        for atom, literal in list(package.atoms.items()):
            if atom[0] in kinds:
                self._queue.append((package, atom, literal))

    def settle(self) -> None:
        """Define the atoms that wait for it, and those that turn up on the way."""
        while self._queue:
            package, atom, literal = self._queue.pop()
            self.clauses.same(literal, self.definers[str(atom[0])](package, atom))
