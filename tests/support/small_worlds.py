"""Whole graphs of small repositories as plain values, and what they fit.

Understands what ``small_models`` can write, without guarded dependencies of edges and targets; conditions of variants
speak of their own package, not of its flags. A package's place in a graph is a slot, (name, copy).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as replace_struct

from outcrop.repo.model import DependencyDecl, Origin, PackageModel, VariantDecl
from outcrop.solve import ExternalChoice, InstalledChoice, PackageRules, Problem, Solution
from outcrop.spec import EdgeConstraint, FlagConstraint, Spec, make_version
from outcrop.spec.graph import DependencyType, Node, VariantAnswer, node_hash
from support.small_models import SmallModels

LANGUAGES = {"c", "cxx", "fortran"}

Slot = tuple[str, int]
Line = tuple[DependencyDecl, set[DependencyType]]
Values = tuple[tuple[str, tuple[str, ...]], ...]
Flags = dict[str, set[tuple[str, ...]]]
"""Kind of flags -> flags with their arguments."""
Facts = tuple[str, str, Values, str, str]
"""Name, version, variants, flags, where it comes from."""
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
                config.version,
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
        facts[ident] = (node.name, node.version, _values_of(node.variants), _flag_text(given), where)
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


def _values_of(variants: Mapping[str, VariantAnswer]) -> Values:
    found = []
    for name, answer in sorted(variants.items()):
        texts = (str(answer).lower(),) if isinstance(answer, bool) else answer
        found.append((name, (texts,) if isinstance(texts, str) else texts))
    return tuple(found)


def _flag_text(flags: Flags) -> str:
    return " ".join(f"{kind}={sorted(groups)}" for kind, groups in sorted(flags.items()) if groups)


def copies_of(problem: Problem, models: SmallModels, name: str) -> tuple[Slot, ...]:
    """The slots a package may fill."""
    most = problem.copies.get(name)
    if most is None:
        most = problem.copies.get("tools", 2) if models.is_tool(name) else problem.copies.get("default", 1)
    return tuple((name, copy) for copy in range(most))


# -- one package ----------------------------------------------------------------------------------------------------


def own_configs(problem: Problem, model: PackageModel) -> Iterator[Config]:
    """Externals, what is installed, and built versions with every allowed combination of variants."""
    externals = [external for external in problem.externals if external.name == model.name]
    said = [rules_of(problem, name).buildable for name in (model.name, "all")]
    buildable = model.buildable and next((answer for answer in said if answer is not None), True)
    nodes = {choice.hash: choice.node for choice in problem.installed}
    for choice in problem.installed:
        if choice.offered and choice.node.name == model.name and model.name not in problem.tests:
            variants = _values_of(choice.node.variants)
            lines = tuple(_recorded_lines(choice.node, nodes))
            yield Config(model.name, choice.node.version, variants, installed=choice, lines=lines)
    starts: list[tuple[str, ExternalChoice | None]] = [(external.version, external) for external in externals]
    if buildable:
        starts += [(decl.version, None) for decl in model.versions if not decl.deprecated]
    names = list(dict.fromkeys(declaration.name for declaration in model.variants))
    for version, external in starts:
        options: list[list[tuple[str, ...]]] = []
        for name in names:
            found: list[tuple[str, ...]] = [()]
            for declaration in model.variants:
                if declaration.name == name:
                    found += [values for values in _value_sets(declaration) if values not in found]
            options.append(found)
        for combination in itertools.product(*options):
            present = tuple((name, values) for name, values in zip(names, combination, strict=True) if values)
            config = Config(model.name, version, present, external)
            if _variants_fit(model, config):
                yield replace(config, lines=tuple(_applying(problem, model, config)))


def rules_of(problem: Problem, name: str) -> PackageRules:
    """The configuration of one package, of one virtual, or of all."""
    return problem.packages.get(name, PackageRules())


def _recorded_lines(node: Node, nodes: Mapping[str, Node]) -> Iterator[Line]:
    """What a package links to and runs, as lines that ask for exactly that."""
    for edge in sorted(node.edges, key=lambda edge: (edge.hash, edge.types)):
        types: set[DependencyType] = {kind for kind in edge.types if kind in ("link", "run")}
        if types:
            spec = Spec(name=nodes[edge.hash].name, hash=edge.hash)
            yield DependencyDecl(spec=spec, origin=Origin("installed", 0), types=tuple(sorted(types))), types


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


def recorded_world(problem: Problem) -> World:
    """Everything that is installed as it was recorded, with its build dependencies."""
    choices = {choice.hash: choice for choice in problem.installed}
    nodes = {key: choice.node for key, choice in choices.items()}
    world = World({}, {}, {}, [])
    for place, (key, node) in enumerate(sorted(nodes.items())):
        slot = (node.name, place)
        world.recorded[key] = slot
        world.configs[slot] = Config(node.name, node.version, _values_of(node.variants), installed=choices[key])
        world.flags[slot] = world.configs[slot].recorded_flags()
    for key, node in nodes.items():
        slot = world.recorded[key]
        edges = world.edges.setdefault(slot, {})
        for edge in node.edges:
            edges.setdefault(world.recorded[edge.hash], set()).update(edge.types)
            world.providers.update({(slot, virtual): nodes[edge.hash].name for virtual in edge.virtuals})
    return world


def _value_sets(declaration: VariantDecl) -> list[tuple[str, ...]]:
    if declaration.kind == "bool":
        return [("true",), ("false",)]
    values = sorted({value.value for value in declaration.values} | set(declaration.default))
    if declaration.kind == "single":
        return [(value,) for value in values]
    return [group for size in range(1, len(values) + 1) for group in itertools.combinations(values, size)]


def _variants_fit(model: PackageModel, config: Config) -> bool:
    active: dict[str, VariantDecl] = {}
    for declaration in model.variants:
        if own_fit(config, declaration.when):
            active[declaration.name] = declaration
    if set(active) != {name for name, _ in config.variants}:
        return False
    for name, values in config.variants:
        declaration = active[name]
        if values not in _value_sets(declaration):
            return False
        if config.external is not None:
            continue
        for value in declaration.values:
            if value.value in values and value.when is not None and not own_fit(config, value.when):
                return False
    if config.external is not None:
        return all(set(fact.values) == set(config.values(fact.name)) for fact in config.external.variants)
    return True


def own_fit(config: Config, spec: Spec) -> bool:
    """Whether a package fits what a spec says about itself; flags are those of a place in a graph, and ignored."""
    if spec.name not in ("", config.name):
        return False
    if spec.hash and not config.hash.startswith(spec.hash):
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


def _applying(problem: Problem, model: PackageModel, config: Config) -> Iterator[Line]:
    """Dependency lines whose local condition holds."""
    if config.external is not None:
        return
    tested = model.name in problem.tests
    for declaration in model.dependencies:
        types = {kind for kind in declaration.types if kind != "test" or tested}
        if types and declaration.spec.name != model.name and own_fit(config, declaration.when.without_edges()):
            yield declaration, types


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
