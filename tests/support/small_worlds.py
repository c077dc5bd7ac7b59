"""Whole graphs of small repositories as plain values, and what they fit.

Understands what ``small_models`` can write, without guarded dependencies of edges; conditions of variants
speak of their own package, not of its flags. A package's place in a graph is a slot, (name, copy).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace as replace_struct

from outcrop.repo.model import DependencyDecl
from outcrop.solve import ExternalChoice, InstalledChoice, Solution
from outcrop.spec import EdgeConstraint, FlagConstraint, Spec, make_version
from outcrop.spec.graph import DependencyType, Node, VariantAnswer, node_hash
from outcrop.spec.targets import target_satisfies
from support.small_models import SmallModels

LANGUAGES = {"c", "cxx", "fortran"}

Slot = tuple[str, int]
Line = tuple[DependencyDecl, set[DependencyType]]
Values = tuple[tuple[str, tuple[str, ...]], ...]
Flags = dict[str, set[tuple[str, ...]]]
"""Kind of flags -> flags with their arguments."""
Facts = tuple[str, str, Values, str, str]
"""Name, version and target, variants, flags, where it comes from."""
Links = list[tuple[str, tuple[str, ...], tuple[str, ...]]]
"""Child, types and virtuals of each edge."""


@dataclass(frozen=True)
class Config:
    """One package on its own; ``lines`` are its dependency lines whose local condition holds, of an installed one the
    edges it was recorded with.
    """

    name: str
    version: str
    variants: Values
    external: ExternalChoice | None = None
    installed: InstalledChoice | None = None
    lines: tuple[Line, ...] = ()
    target: str = ""

    def values(self, variant: str) -> tuple[str, ...]:
        return dict(self.variants).get(variant, ())

    @property
    def is_built(self) -> bool:
        return self.external is None and self.installed is None

    @property
    def hash(self) -> str:
        """Of what is there already."""
        if self.installed is not None:
            return self.installed.hash
        return external_hash(self.external) if self.external is not None else ""

    def recorded_flags(self) -> Flags:
        """Of what is installed."""
        given = self.installed.node.flags if self.installed is not None else {}
        return {kind: set(FlagConstraint(kind, words).groups()) for kind, words in given.items()}

    @property
    def recorded_virtuals(self) -> dict[str, str]:
        """Of what is installed: virtual -> hash of what provided it to what it links to or runs."""
        edges = self.installed.node.edges if self.installed is not None else ()
        return {virtual: edge.hash for edge in edges if {"link", "run"} & set(edge.types) for virtual in edge.virtuals}


@dataclass
class World:
    """A whole graph: ``taken`` is the copy of a package that a dependent has, ``providers`` the package that stands
    in for a virtual there.
    """

    configs: dict[Slot, Config]
    providers: dict[tuple[Slot, str], str]
    taken: dict[tuple[Slot, str], Slot]
    roots: list[Slot]
    edges: dict[Slot, dict[Slot, set[DependencyType]]] = field(default_factory=dict)
    flags: dict[Slot, Flags] = field(default_factory=dict)
    recorded: dict[str, Slot] = field(default_factory=dict)
    """Of :func:`recorded_world`: hash -> slot."""
    before: World | None = None
    """What is installed, as it was recorded."""

    def carried(self, parent: Slot, child: Slot) -> set[str]:
        return {virtual for (owner, virtual), name in self.providers.items() if owner == parent and name == child[0]}

    def summary(self) -> list[str]:
        """What two graphs have in common that differ in the numbers of copies only."""
        facts: dict[str, Facts] = {}
        links: dict[str, Links] = {}
        for slot, config in self.configs.items():
            facts[str(slot)] = (
                config.name,
                f"{config.version} {config.target}",
                tuple(sorted(config.variants)),
                _flag_text(self.flags.get(slot, {})),
                "external" if config.external is not None else config.hash,
            )
            links[str(slot)] = [
                (str(child), tuple(sorted(map(str, types))), tuple(sorted(self.carried(slot, child))))
                for child, types in self.edges[slot].items()
            ]
        return _canonical(facts, links, [str(slot) for slot in self.roots])


def summary(solution: Solution) -> list[str]:
    """A solution in the words of :meth:`World.summary`."""
    facts: dict[str, Facts] = {}
    links: dict[str, Links] = {}
    for ident, draft in solution.drafts.items():
        node = draft.node
        given = {kind: set(FlagConstraint(kind, words).groups()) for kind, words in node.flags.items()}
        where = "external" if node.external is not None else solution.reused.get(ident, "")
        facts[ident] = (
            node.name,
            f"{node.version} {node.target}",
            values_of(node.variants),
            _flag_text(given),
            where,
        )
        links[ident] = [
            (edge.target, tuple(sorted(map(str, edge.types))), tuple(sorted(edge.virtuals))) for edge in draft.edges
        ]
    return _canonical(facts, links, list(solution.roots))


def _canonical(facts: dict[str, Facts], links: dict[str, Links], roots: list[str]) -> list[str]:
    """Lines of text in which equal nodes with equal sub-graphs are one, numbered by what they hold."""
    contents: dict[str, str] = {}

    def content(ident: str) -> str:
        if ident not in contents:
            below = sorted((content(child), types, virtuals) for child, types, virtuals in links[ident])
            contents[ident] = hashlib.sha256(repr((facts[ident], below)).encode()).hexdigest()
        return contents[ident]

    distinct = {content(ident): ident for ident in facts}
    labels: dict[str, str] = {}
    counts: dict[str, int] = {}
    for text in sorted(distinct):
        name = facts[distinct[text]][0]
        counts[name] = counts.get(name, 0) + 1
        labels[text] = name if counts[name] == 1 else f"{name}'{counts[name]}"
    lines = [f"roots {' '.join(labels[contents[root]] for root in roots)}"]
    for text, ident in distinct.items():
        _, version, variants, flags, where = facts[ident]
        shown = " ".join(f"{name}={','.join(values)}" for name, values in variants)
        lines.append(" ".join(f"{labels[text]} @{version} {shown} {flags} {where}".split()))
        for child, types, virtuals in links[ident]:
            carried = f" [{','.join(virtuals)}]" if virtuals else ""
            lines.append(f"{labels[text]} -> {labels[contents[child]]} : {','.join(types)}{carried}")
    return [lines[0], *sorted(lines[1:])]


def values_of(variants: Mapping[str, VariantAnswer]) -> Values:
    """The variants of a node, all as texts."""
    found = []
    for name, answer in sorted(variants.items()):
        texts = (str(answer).lower(),) if isinstance(answer, bool) else answer
        found.append((name, (texts,) if isinstance(texts, str) else texts))
    return tuple(found)


def _flag_text(flags: Flags) -> str:
    return " ".join(f"{kind}={sorted(groups)}" for kind, groups in sorted(flags.items()) if groups)


def external_hash(external: ExternalChoice) -> str:
    """The hash of an external."""
    node = Node(
        name=external.name,
        namespace="",
        version=external.version,
        platform="",
        os="",
        target="",
        external=external.external,
    )
    return node_hash(node)


def own_fit(config: Config, spec: Spec) -> bool:
    """Whether a package fits what a spec says about itself; flags are those of a place in a graph, and ignored."""
    if spec.name not in ("", config.name):
        return False
    if spec.hash and not config.hash.startswith(spec.hash):
        return False
    if spec.target and not target_satisfies(config.target, spec.target):
        return False
    if spec.version_text and not spec.versions.includes(make_version(config.version)):
        return False
    for variant in spec.variants:
        values = config.values(variant.name)
        if (
            not values
            or not set(variant.values) <= set(values)
            or (variant.exact and len(values) != len(variant.values))
        ):
            return False
    return True


# -- flags ----------------------------------------------------------------------------------------------------------


def without_flags(spec: Spec) -> Spec:
    """The same, but for flags."""
    edges = [replace_struct(edge, spec=without_flags(edge.spec)) for edge in spec.edges]
    return replace_struct(spec, flags=()).with_edges(edges)


def give_flags(world: World, slot: Slot, spec: Spec) -> bool:
    """Give a node that is built the flags a spec asks for; whether any of them are new."""
    if not world.configs[slot].is_built:
        return False
    changed = False
    for flag in spec.flags:
        have = world.flags[slot].setdefault(flag.name, set())
        changed |= not have.issuperset(flag.groups())
        have.update(flag.groups())
    return changed


# -- a package among others -----------------------------------------------------------------------------------------


def fits(models: SmallModels, world: World, slot: Slot, spec: Spec, *, anywhere: bool = False) -> bool:
    """Whether a node of a world fits a spec; ``anywhere`` lets ``^`` follow edges of every type."""
    if spec.is_empty:
        return True
    if not own_fit(world.configs[slot], spec.without_edges()):
        return False
    given = world.flags.get(slot, {})
    if any(not set(flag.groups()) <= given.get(flag.name, set()) for flag in spec.flags):
        return False
    return all(_has(models, world, slot, edge, anywhere) for edge in spec.edges)


def _has(models: SmallModels, world: World, slot: Slot, edge: EdgeConstraint, anywhere: bool) -> bool:
    wanted = edge.spec.name
    virtual = models.is_virtual(wanted)
    if _was_built_with(models, world, slot, edge, anywhere):
        return True
    for parent, child in _pairs(world, slot, edge.direct, anywhere):
        carried = world.carried(parent, child)
        if not set(edge.virtuals) <= carried or (virtual and wanted not in carried):
            continue
        if virtual:
            if not provides(models, world, child, edge.spec) or not fits(
                models, world, child, edge.spec.named("").with_versions(""), anywhere=anywhere
            ):
                continue
        elif child[0] != wanted or not fits(models, world, child, edge.spec, anywhere=anywhere):
            continue
        return True
    return False


def _was_built_with(models: SmallModels, world: World, slot: Slot, edge: EdgeConstraint, anywhere: bool) -> bool:
    """Whether an installed package was recorded with a dependency; ``^x`` of a request means every ``x``."""
    config = world.configs[slot]
    if config.installed is None or world.before is None:
        return False
    before, here = world.before, world.before.recorded[config.installed.hash]
    if not _has(models, before, here, edge, anywhere):
        return False
    if edge.direct or not anywhere or models.is_virtual(edge.spec.name):
        return True
    return all(
        fits(models, before, child, edge.spec, anywhere=True)
        for _, child in _pairs(before, here, False, True)
        if child[0] == edge.spec.name
    )


def _pairs(world: World, slot: Slot, direct: bool, anywhere: bool) -> Iterator[tuple[Slot, Slot]]:
    stack = []
    for child, types in world.edges[slot].items():
        yield slot, child
        if not direct and (anywhere or types & {"link", "run"}):
            stack.append(child)
    seen: set[Slot] = set()
    while stack:
        parent = stack.pop()
        if parent in seen:
            continue
        seen.add(parent)
        for child, types in world.edges[parent].items():
            if anywhere or types & {"link", "run"}:
                yield parent, child
                stack.append(child)


def provides(models: SmallModels, world: World, slot: Slot, wanted: Spec) -> bool:
    """Whether a node provides a virtual at a version asked for."""
    return any(
        spec.name == wanted.name and spec.versions.intersects(wanted.versions)
        for declaration in models.models[slot[0]].provides
        if own_fit(world.configs[slot], declaration.when)
        for spec in declaration.virtuals
    )
