"""What the solver is asked, and what it answers: plain values that can be saved, compared and replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.spec import Spec, VariantConstraint, Version, VersionList
from outcrop.spec.graph import DependencyType, Draft, External, Node, VariantAnswer
from outcrop.spec.targets import HOST_WORDS, TargetFacts

Unify = bool | Literal["when_possible"]


class ModelSource(Protocol):
    """Where recipes come from. Must answer the same way during one solve; called often, so it should remember."""

    def model(self, name: str) -> PackageModel:
        """The recipe ``name`` (or ``namespace.name``).

        Raises:
            OutcropError: there is none, or it cannot be read.
        """

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        """(package name, declaration) of everything that may provide ``virtual``."""

    def is_virtual(self, name: str) -> bool:
        """Whether ``name`` stands for whatever provides it."""

    def is_tool(self, name: str) -> bool:
        """Whether builds use the package for what it does: it is tagged so, is Python, or extends it."""


class ExternalDependency(msgspec.Struct, frozen=True, kw_only=True):
    """What an external is known to depend on; ``spec`` is named."""

    spec: Spec
    types: tuple[DependencyType, ...] = ("link", "run", "build")
    virtuals: tuple[str, ...] = ()


class ExternalChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One external package the solver may use. A variant it names has these values and no others, with ``:=`` or not:
    nothing is added to what is there. Variants it does not name are free; without an ``os`` it has the machine's.
    """

    name: str
    version: str
    external: External
    variants: tuple[VariantConstraint, ...] = ()
    dependencies: tuple[ExternalDependency, ...] = ()
    os: str = ""

    @classmethod
    def from_answers(
        cls,
        name: str,
        version: str,
        variants: Mapping[str, VariantAnswer],
        external: External,
        *,
        dependencies: tuple[ExternalDependency, ...] = (),
        os: str = "",
    ) -> ExternalChoice:
        """From what a probe found out or a configuration says, variants as a node has them."""
        facts = []
        for variant, answer in sorted(variants.items()):
            if isinstance(answer, bool):
                facts.append(VariantConstraint.boolean(variant, answer))
            else:
                facts.append(
                    VariantConstraint.make(variant, (answer,) if isinstance(answer, str) else answer, exact=True)
                )
        return cls(
            name=name,
            version=version,
            external=external,
            variants=tuple(facts),
            dependencies=dependencies,
            os="" if os in HOST_WORDS else os,
        )

    @classmethod
    def from_spec(
        cls, spec: Spec, external: External, dependencies: tuple[ExternalDependency, ...] = ()
    ) -> ExternalChoice:
        """From what a configuration entry or a probe says, ``gcc@12.2.0 languages:=c,c++``.

        Raises:
            ValueError: ``spec`` names no single version.
        """
        items = spec.versions.items
        if spec.versions.is_any or len(items) != 1:
            raise ValueError(f"the external '{spec}' needs one version")
        item = items[0]
        version = item if isinstance(item, Version) else item.low
        if version is None or (not isinstance(item, Version) and item.low != item.high):
            raise ValueError(f"the external '{spec}' needs one version")
        return cls(
            name=spec.name,
            version=str(version),
            external=external,
            variants=spec.variants,
            dependencies=dependencies,
            os="" if spec.os in HOST_WORDS else spec.os,
        )


class InstalledChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A package in the store, as it was recorded: ``node.edges`` lead to others of the same problem.

    Where ``offered`` is false it is only known, because something offered was built with it; externals never are.
    """

    hash: str
    node: Node
    offered: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A ``require``, ``prefer`` or ``conflict`` of the packages configuration; ``place`` says where it was written."""

    specs: tuple[Spec, ...]
    policy: Literal["one_of", "any_of"] = "one_of"
    when: Spec = Spec()
    message: str = ""
    place: str = ""


class PackageRules(msgspec.Struct, frozen=True, kw_only=True):
    """The packages configuration of one package, one virtual, or ``all``.

    ``versions``, ``variants``, ``targets`` and ``providers`` (virtual -> package names, best first) are wishes;
    ``require`` and ``conflict`` are not. ``buildable`` is ``None`` where nothing is said.
    """

    require: tuple[Rule, ...] = ()
    prefer: tuple[Rule, ...] = ()
    conflict: tuple[Rule, ...] = ()
    versions: tuple[VersionList, ...] = ()
    variants: tuple[VariantConstraint, ...] = ()
    providers: dict[str, tuple[str, ...]] = {}
    targets: tuple[str, ...] = ()
    buildable: bool | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a solve depends on besides the recipes.

    ``target`` is the machine's as far as the configuration lets it be used, ``host_target`` what it really is (empty:
    the same). ``targets`` are the targets a node may have, best first; empty means ``target`` alone; ``target_facts``
    is what is known of these and their relatives. ``os_compatible`` maps an operating system to others whose libraries
    it can use. ``packages`` is keyed by
    package or virtual name and by ``all``. ``tests`` names the packages whose test dependencies are wanted.
    ``default_providers`` orders the providers of a virtual where the configuration does not. ``anchors`` are packages
    whose externals are used wherever that is possible, whatever versions of other packages it costs. ``copies`` is how
    many copies of a package one graph may have: by name, else ``tools`` (2) for what :meth:`ModelSource.is_tool` names,
    else ``default`` (1). ``expected_copies`` names packages that probably need several, so that the search has all of
    theirs from the beginning: it takes less time, and the answer is the same. Without ``build_compilers``, compilers
    nobody named have the versions of the externals, built or not, unless there is no solution otherwise. ``installed``
    is closed under its nodes' edges; without ``reuse_roots`` only what is below the requested packages may be one of
    them, and what a request names by its hash.
    ``compiler_mixing`` is whether what links to or runs something else may have another compiler for the same
    language; a tuple names who may.
    """

    requests: tuple[Spec, ...]
    platform: str = "linux"
    os: str = ""
    target: str = ""
    targets: tuple[str, ...] = ()
    host_target: str = ""
    target_facts: dict[str, TargetFacts] = {}
    os_compatible: dict[str, tuple[str, ...]] = {}
    externals: tuple[ExternalChoice, ...] = ()
    packages: dict[str, PackageRules] = {}
    unify: Unify = True
    tests: frozenset[str] = frozenset()
    default_providers: dict[str, tuple[str, ...]] = {}
    anchors: tuple[str, ...] = ("python",)
    copies: dict[str, int] = {}
    expected_copies: tuple[str, ...] = ()
    build_compilers: bool = True
    compiler_mixing: bool | tuple[str, ...] = True
    installed: tuple[InstalledChoice, ...] = ()
    reuse_roots: bool = True


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Better ``options`` that were impossible, and the smallest set of requests, rules, recipe lines and earlier
    decisions that excludes them, a line each.
    """

    options: tuple[str, ...]
    lines: tuple[str, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about a node: ``rank`` 0 was the best of ``options``, everything before it was impossible.

    ``criterion`` is what puts ``best`` first. It and ``obstacles`` are there only where an explanation was wanted.
    """

    what: str
    chosen: str
    rank: int
    options: int
    best: str = ""
    criterion: str = ""
    obstacles: tuple[Obstacle, ...] = ()


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a node is as it is.

    ``requests`` are indexes into the problem's requests; ``dependents`` are (draft id, recipe lines that asked for it).
    """

    requests: tuple[int, ...] = ()
    dependents: tuple[tuple[str, tuple[str, ...]], ...] = ()
    choices: tuple[Choice, ...] = ()


class Statistics(msgspec.Struct, kw_only=True):
    """What a solve took: packages expanded, rounds, calls of the engine, clauses and variables."""

    expanded: int = 0
    rounds: int = 0
    calls: int = 0
    clauses: int = 0
    variables: int = 0

    def add(self, other: Statistics) -> None:
        """Count ``other`` in."""
        self.expanded += other.expanded
        self.rounds += other.rounds
        self.calls += other.calls
        self.clauses += other.clauses
        self.variables += other.variables


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: drafts by id, the root of each request in request order, reasons by draft id.

    The nodes lack recipe hash, sources and patches. ``reused`` says which drafts are installed packages, by draft id;
    those have edges of the types link and run only.
    """

    drafts: dict[str, Draft]
    roots: tuple[str, ...]
    reasons: dict[str, Reason]
    statistics: Statistics
    reused: dict[str, str] = {}
