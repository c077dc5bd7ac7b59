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
    ("namespace", text)                         its recipe comes from there
    ("edge", slot, virtuals, types)             it depends on the slot directly
    ("reach", slot, virtuals, types)            directly, or over link and run edges from there on (``^`` in recipes)
    ("below", slot, virtuals, types)            over link and run edges only
    ("anywhere", slot, virtuals, types)         over edges of any type (``^`` in requests)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from outcrop.base.errors import OutcropError
from outcrop.repo.model import PackageModel, ProvideDecl, VariantDecl
from outcrop.solve.clauses import FALSE, TRUE, Cause, Clauses
from outcrop.solve.problem import ExternalChoice, ModelSource, PackageRules, Problem, Rule
from outcrop.spec import FlagConstraint, Spec, Version
from outcrop.spec.graph import DependencyType

Slot = tuple[str, int]
Atom = tuple[object, ...]

NO_RULES = PackageRules()


@dataclass(slots=True)
class Preference:
    """A decision to be made as well as possible: ``items`` best first, of which at most one holds, and none where
    ``present`` is false.

    ``at_most(k)`` is a literal that forbids everything worse than item ``k``.
    """

    what: str
    present: int
    items: list[int]
    labels: Sequence[str]
    clauses: Clauses

    def at_most(self, rank: int) -> int:
        """True where the decision does not matter or one of the first ``rank + 1`` items holds."""
        if rank + 1 >= len(self.items):
            return TRUE
        if len(self.items) == 2 and rank == 0:
            return -self.items[1]
        return self.clauses.disjunction([-self.present, *self.items[: rank + 1]])


@dataclass(slots=True)
class Candidate:
    """A version a package may have: an external, or one to build. ``place`` is the version's index in the ascending
    order.
    """

    version: Version
    place: int
    external: ExternalChoice | None = None
    literal: int = 0


@dataclass(slots=True)
class VariantVariables:
    """One variant of a package. ``rest`` stands for all values nobody has named yet (open domains only, else
    ``FALSE``).
    """

    name: str
    definitions: list[tuple[int, VariantDecl]]
    values: dict[str, int]
    exists: int
    rest: int = FALSE
    unknown: int = FALSE
    """Of a sticky variant: a dependent that is not known yet asks for another value."""
    late: list[str] = field(default_factory=list)

    @property
    def single(self) -> bool:
        """Has one value only, under every definition."""
        return all(declaration.kind != "multi" for _, declaration in self.definitions)


@dataclass(slots=True)
class EdgeVariables:
    """A dependency on one slot: literal per type and per virtual."""

    child: Slot
    types: dict[DependencyType, int] = field(default_factory=dict)
    virtuals: dict[str, int] = field(default_factory=dict)
    exists: int = FALSE
    runtime: int = FALSE
    """Has the type link or run."""


@dataclass(slots=True)
class Use:
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


@dataclass(slots=True)
class PackageVariables:
    """Everything about one slot."""

    slot: Slot
    node: int
    expanded: bool = False
    model: PackageModel | None = None
    missing: str = ""
    """Why there is no recipe."""
    closed: bool = False
    """Expanded, and it cannot be there."""
    atoms: dict[Atom, int] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    versions: list[Version] = field(default_factory=list)
    at_least: list[int] = field(default_factory=list)
    """``at_least[i]``: present, and the version is ``versions[i]`` or greater."""
    candidates: list[Candidate] = field(default_factory=list)
    external: int = FALSE
    built: int = FALSE
    variants: dict[str, VariantVariables] = field(default_factory=dict)
    edges: dict[Slot, EdgeVariables] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    named: frozenset[str] = frozenset()
    """What its dependency lines name, whatever they hang on."""
    virtuals: dict[str, Preference] = field(default_factory=dict)
    providers: dict[str, list[str]] = field(default_factory=dict)
    own: list[Preference] = field(default_factory=list)
    free: list[Preference] = field(default_factory=list)
    """Of an external: decided last, because its recipe's wishes count for nothing."""
    targets: dict[str, int] = field(default_factory=dict)

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

    def __init__(self, problem: Problem, models: ModelSource, clauses: Clauses) -> None:
        self.problem = problem
        self.models = models
        self.clauses = clauses
        self.packages: dict[Slot, PackageVariables] = {}
        self.order: list[Slot] = []
        """Expanded slots in the order in which that happened."""
        self.definers: dict[str, Callable[[PackageVariables, Atom], int]] = {}
        self.wishes: list[tuple[str, int, Preference]] = []
        """Decided before the roots, anchors and what the configuration prefers: (package, index, preference)."""
        self.flags: list[tuple[int, Slot, FlagConstraint]] = []
        self.imposed: dict[tuple[Slot, str], list[int]] = {}
        """(slot, variant) -> where somebody asks for a value of it."""
        self.externals: dict[str, list[ExternalChoice]] = {}
        for external in problem.externals:
            self.externals.setdefault(external.name, []).append(external)
        self.targets: tuple[str, ...] = ()
        self.mentioned: dict[str, list[Spec]] = {}
        """What requests and configuration say about a package, by its name."""
        self.graph_providers: dict[str, dict[str, int]] = {}
        self.holding: dict[tuple[Slot, Spec], int] = {}
        self.cycles: list[Cause] = []
        self.unfounded: list[Callable[[Encoding], None]] = []
        self._virtual: dict[str, bool] = {}
        self._providers: dict[str, dict[str, list[ProvideDecl]]] = {}
        self._queue: list[tuple[PackageVariables, Atom, int]] = []

    def unknowns(self) -> list[int]:
        """Literals that stand for what packages nobody knows yet may say."""
        return [
            literal
            for package in self.packages.values()
            for variant in package.variants.values()
            for literal in (variant.rest, variant.unknown)
            if literal != FALSE
        ]

    def package(self, slot: Slot) -> PackageVariables:
        """The variables of a slot; made when first asked for."""
        found = self.packages.get(slot)
        if found is None:
            found = self.packages[slot] = PackageVariables(slot, self.clauses.new(phase=False))
        return found

    def copies(self, name: str) -> tuple[Slot, ...]:
        """The slots a package may fill."""
        return ((name, 0),)

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
        if ready and kind not in ("reach", "below", "anywhere"):
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
