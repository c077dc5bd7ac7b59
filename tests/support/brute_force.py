"""The solver's answer by exhaustion: every graph that the recipes allow, and the written order of decisions applied
to that list.

For repositories of a few packages only. Understands what ``small_models`` can write, without guarded dependencies
of edges, flags and targets; conditions of variants speak of their own package.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from outcrop.repo.model import DependencyDecl, PackageModel, VariantDecl
from outcrop.solve import ExternalChoice, Problem
from outcrop.spec import EdgeConstraint, Spec, make_version
from outcrop.spec.graph import DependencyType
from support.small_models import SmallModels

LANGUAGES = {"c", "cxx", "fortran"}


Summary = tuple[
    list[tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...], bool]], list[tuple[str, str, list[str], list[str]]]
]
"""Nodes (name, version, variants, whether external) and edges (parent, child, types, virtuals), sorted."""


@dataclass(frozen=True)
class Config:
    """One package on its own."""

    name: str
    version: str
    variants: tuple[tuple[str, tuple[str, ...]], ...]
    external: ExternalChoice | None = None

    def values(self, variant: str) -> tuple[str, ...]:
        return dict(self.variants).get(variant, ())


@dataclass
class World:
    """A whole graph."""

    configs: dict[str, Config]
    providers: dict[tuple[str, str], str]
    edges: dict[str, dict[str, set[DependencyType]]] = field(default_factory=dict)

    def carried(self, parent: str, child: str) -> set[str]:
        return {virtual for (owner, virtual), name in self.providers.items() if owner == parent and name == child}

    def summary(self) -> Summary:
        """What two equal graphs have in common."""
        nodes = [
            (config.name, config.version, tuple(sorted(config.variants)), config.external is not None)
            for config in self.configs.values()
        ]
        edges = [
            (parent, child, sorted(str(kind) for kind in types), sorted(self.carried(parent, child)))
            for parent, children in self.edges.items()
            for child, types in children.items()
        ]
        return sorted(nodes), sorted(edges)


def candidates(problem: Problem, models: SmallModels) -> int:
    """How many combinations of packages there are at most; exhaustion takes about 0.1 ms for each."""
    return math.prod(1 + len(list(own_configs(problem, model))) for model in models.models.values())


def best_world(problem: Problem, models: SmallModels) -> World | None:
    """The optimum of a unified problem, or ``None`` if there is no solution."""
    worlds = list(all_worlds(problem, models))
    return _Decider(problem, models, worlds).run() if worlds else None


# -- all graphs -----------------------------------------------------------------------------------------------------


def all_worlds(problem: Problem, models: SmallModels) -> Iterator[World]:
    """Every graph that fulfils the requests."""
    roots = [request.name for request in problem.requests]
    for configs in _assign(problem, models, list(dict.fromkeys(roots)), {}, set(roots)):
        chosen = {name: config for name, config in configs.items() if config is not None}
        for providers in _provider_choices(models, chosen):
            world = World(chosen, providers)
            if _link(problem, models, world) and _valid(problem, models, world, roots):
                yield world


def _assign(
    problem: Problem, models: SmallModels, queue: list[str], configs: dict[str, Config | None], sure: set[str]
) -> Iterator[dict[str, Config | None]]:
    if not queue:
        yield dict(configs)
        return
    name, rest = queue[0], queue[1:]
    if name not in models.models:
        if name not in sure:
            yield from _assign(problem, models, rest, {**configs, name: None}, sure)
        return
    if name not in sure:
        yield from _assign(problem, models, rest, {**configs, name: None}, sure)
    for config in own_configs(problem, models.models[name]):
        certain, possible = set(sure), list(rest)
        for declaration, _ in applying(problem, models.models[name], config):
            target = declaration.spec.name
            names = [provider for provider, _ in models.providers(target)] if models.is_virtual(target) else [target]
            if not models.is_virtual(target) and not declaration.when.edges:
                certain.add(target)
            possible.extend(dict.fromkeys(other for other in names if other not in configs and other not in possible))
        possible = [other for other in possible if other != name]
        if any(configs.get(other, config) is None for other in certain):
            continue
        yield from _assign(problem, models, possible, {**configs, name: config}, certain)


def own_configs(problem: Problem, model: PackageModel) -> Iterator[Config]:
    """Externals and built versions with every allowed combination of variants."""
    externals = [external for external in problem.externals if external.name == model.name]
    rules = problem.packages.get(model.name)
    buildable = model.buildable and (rules is None or rules.buildable is not False)
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
                yield config


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
    """Whether a package fits what a spec says about itself."""
    if spec.name not in ("", config.name):
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


def applying(problem: Problem, model: PackageModel, config: Config) -> list[tuple[DependencyDecl, set[DependencyType]]]:
    """Dependency lines whose local condition holds."""
    if config.external is not None:
        return []
    tested = model.name in problem.tests
    found: list[tuple[DependencyDecl, set[DependencyType]]] = []
    for declaration in model.dependencies:
        types = {kind for kind in declaration.types if kind != "test" or tested}
        if types and declaration.spec.name != model.name and own_fit(config, declaration.when.without_edges()):
            found.append((declaration, types))
    return found


def _provider_choices(models: SmallModels, configs: dict[str, Config]) -> Iterator[dict[tuple[str, str], str]]:
    pairs: list[tuple[str, str]] = []
    for name, config in configs.items():
        if config.external is None:
            for declaration in models.models[name].dependencies:
                if models.is_virtual(declaration.spec.name) and (name, declaration.spec.name) not in pairs:
                    pairs.append((name, declaration.spec.name))
    options = []
    for name, virtual in pairs:
        candidates = sorted({provider for provider, _ in models.providers(virtual)} & set(configs) - {name})
        options.append(["", *candidates])
    for combination in itertools.product(*options):
        yield {pair: chosen for pair, chosen in zip(pairs, combination, strict=True) if chosen}


def _link(problem: Problem, models: SmallModels, world: World) -> bool:
    """The least set of edges that the conditions ask for; false if a chosen provider is not asked for or one is
    missing.
    """
    lines = {name: applying(problem, models.models[name], config) for name, config in world.configs.items()}
    world.edges = {name: {} for name in world.configs}
    changed = True
    while changed:
        changed = False
        for name, declarations in lines.items():
            for declaration, types in declarations:
                if not fits(models, world, name, declaration.when):
                    continue
                target = declaration.spec.name
                if models.is_virtual(target):
                    target = world.providers.get((name, target), "")
                if target not in world.configs:
                    return False
                have = world.edges[name].setdefault(target, set())
                if not types <= have:
                    have.update(types)
                    changed = True
    needed = {
        (name, declaration.spec.name)
        for name, declarations in lines.items()
        for declaration, _ in declarations
        if models.is_virtual(declaration.spec.name) and fits(models, world, name, declaration.when)
    }
    return needed == set(world.providers)


def fits(models: SmallModels, world: World, name: str, spec: Spec, *, anywhere: bool = False) -> bool:
    """Whether a node of a world fits a spec."""
    if not own_fit(world.configs[name], spec.without_edges()):
        return False
    return all(_has(models, world, name, edge, anywhere) for edge in spec.edges)


def _has(models: SmallModels, world: World, name: str, edge: EdgeConstraint, anywhere: bool) -> bool:
    wanted = edge.spec.name
    virtual = models.is_virtual(wanted)
    for parent, child in _pairs(world, name, edge.direct, anywhere):
        carried = world.carried(parent, child)
        if not set(edge.virtuals) <= carried or (virtual and wanted not in carried):
            continue
        if virtual:
            if not provides(models, world, child, edge.spec) or not fits(
                models, world, child, edge.spec.named("").with_versions(""), anywhere=anywhere
            ):
                continue
        elif child != wanted or not fits(models, world, child, edge.spec, anywhere=anywhere):
            continue
        return True
    return False


def _pairs(world: World, name: str, direct: bool, anywhere: bool) -> Iterator[tuple[str, str]]:
    stack = []
    for child, types in world.edges[name].items():
        yield name, child
        if not direct and (anywhere or types & {"link", "run"}):
            stack.append(child)
    seen: set[str] = set()
    while stack:
        parent = stack.pop()
        if parent in seen:
            continue
        seen.add(parent)
        for child, types in world.edges[parent].items():
            if anywhere or types & {"link", "run"}:
                yield parent, child
                stack.append(child)


def provides(models: SmallModels, world: World, name: str, wanted: Spec) -> bool:
    """Whether a node provides a virtual at a version asked for."""
    return any(
        spec.name == wanted.name and spec.versions.intersects(wanted.versions)
        for declaration in models.models[name].provides
        if own_fit(world.configs[name], declaration.when)
        for spec in declaration.virtuals
    )


def _valid(problem: Problem, models: SmallModels, world: World, roots: Sequence[str]) -> bool:
    reached = set(roots)
    stack = list(roots)
    while stack:
        for child in world.edges[stack.pop()]:
            if child not in reached:
                reached.add(child)
                stack.append(child)
    if reached != set(world.configs) or _cyclic(world):
        return False
    shared: dict[str, str] = {}
    for (_, virtual), provider in world.providers.items():
        if virtual not in LANGUAGES and shared.setdefault(virtual, provider) != provider:
            return False
    if not all(_dependencies_fit(problem, models, world, name) for name in world.configs):
        return False
    if not all(_directives_fit(models, world, name) for name in world.configs):
        return False
    return all(fits(models, world, request.name, request, anywhere=True) for request in problem.requests)


def _cyclic(world: World) -> bool:
    left = {name: set(children) for name, children in world.edges.items()}
    while left:
        leaves = [name for name, children in left.items() if not children & set(left)]
        if not leaves:
            return True
        for name in leaves:
            del left[name]
    return False


def _dependencies_fit(problem: Problem, models: SmallModels, world: World, name: str) -> bool:
    for declaration, _ in applying(problem, models.models[name], world.configs[name]):
        if not fits(models, world, name, declaration.when):
            continue
        spec = declaration.spec
        if models.is_virtual(spec.name):
            provider = world.providers[(name, spec.name)]
            if not provides(models, world, provider, spec):
                return False
            if not fits(models, world, provider, spec.named("").with_versions("")):
                return False
        elif not fits(models, world, spec.name, spec):
            return False
    for (owner, virtual), provider in world.providers.items():
        if owner != name:
            continue
        for offer in models.models[provider].provides:
            group = {spec.name for spec in offer.virtuals}
            if virtual in group and own_fit(world.configs[provider], offer.when):
                for (other_owner, other), elsewhere in world.providers.items():
                    if other_owner == name and other in group and elsewhere != provider:
                        return False
    return True


def _directives_fit(models: SmallModels, world: World, name: str) -> bool:
    if world.configs[name].external is not None:
        return True
    model = models.models[name]
    for conflict in model.conflicts:
        if fits(models, world, name, conflict.when) and fits(models, world, name, conflict.spec):
            return False
    for requirement in model.requirements:
        if fits(models, world, name, requirement.when):
            count = sum(fits(models, world, name, spec) for spec in requirement.specs)
            if count == 0 or (requirement.policy == "one_of" and count > 1):
                return False
    return True


# -- the written order of decisions -----------------------------------------------------------------------------------


class _Decider:
    def __init__(self, problem: Problem, models: SmallModels, worlds: list[World]) -> None:
        self.problem = problem
        self.models = models
        self.worlds = worlds
        self.decided: list[str] = []
        self.depths: dict[str, int] = {}
        self.waiting: dict[str, int] = {}
        self.open: list[tuple[str, DependencyDecl]] = []
        self.last: list[tuple[str, str]] = []

    def keep(self, rank: Callable[[World], int]) -> None:
        best = min(rank(world) for world in self.worlds)
        self.worlds = [world for world in self.worlds if rank(world) == best]

    def run(self) -> World:
        for request in self.problem.requests:
            if request.name not in self.decided:
                self.package(request.name, 0)
        while True:
            ready = [entry for entry in self.open if _foreign(entry[1]) <= set(self.decided)]
            if ready:
                self.open = [entry for entry in self.open if entry not in ready]
                for entry in sorted(ready, key=_order):
                    self.settle(*entry)
            elif self.waiting:
                name = self.next()
                self.package(name, self.waiting.pop(name))
            elif self.open:
                self.open.sort(key=_order)
                self.settle(*self.open.pop(0))
            else:
                break
        for name, variant in sorted(self.last):
            self.variant(name, variant)
        return self.worlds[0]

    def next(self) -> str:
        extended = {extend.name for name in self.decided for extend in self.models.models[name].extends}
        needed = {
            declaration.spec.name
            for name in self.waiting
            for declaration in self.models.models[name].dependencies
            if declaration.spec.name != name
        }
        return min(self.waiting, key=lambda name: (name not in extended, name in needed, self.waiting[name], name))

    def package(self, name: str, depth: int) -> None:
        self.waiting.pop(name, None)
        self.decided.append(name)
        self.depths[name] = depth
        model = self.models.models[name]
        externals = [external for external in self.problem.externals if external.name == name]
        externals.sort(key=lambda external: make_version(external.version), reverse=True)
        versions = [decl.version for decl in model.versions]

        def version(world: World) -> int:
            config = world.configs[name]
            if config.external is not None:
                return externals.index(config.external)
            return len(externals) + versions.index(config.version)

        self.keep(version)
        variants = sorted({declaration.name for declaration in model.variants})
        if self.worlds[0].configs[name].external is not None:
            self.last.extend((name, variant) for variant in variants)
            return
        for variant in variants:
            self.variant(name, variant)
        config = self.worlds[0].configs[name]
        for declaration, _ in applying(self.problem, model, config):
            if declaration.when.edges:
                self.open.append((name, declaration))
            else:
                self.follow(name, declaration)

    def variant(self, name: str, variant: str) -> None:
        for definition in [found for found in self.models.models[name].variants if found.name == variant]:
            self.definition(name, definition)

    def definition(self, name: str, definition: VariantDecl) -> None:
        model = self.models.models[name]
        same = [declaration for declaration in model.variants if declaration.name == definition.name]

        def active(world: World) -> bool:
            config = world.configs[name]
            holding = [declaration for declaration in same if own_fit(config, declaration.when)]
            return bool(holding) and holding[-1] is definition

        known = list(dict.fromkeys(value for found in same for value in _values(found)))
        if definition.kind == "multi":
            for value in known:
                wanted = value in definition.default

                def wrong(world: World, value: str = value, wanted: bool = wanted) -> int:
                    return int(active(world) and (value in world.configs[name].values(definition.name)) != wanted)

                self.keep(wrong)
            return
        order = list(dict.fromkeys([*definition.default, *known]))

        def rank(world: World) -> int:
            return order.index(world.configs[name].values(definition.name)[0]) if active(world) else 0

        self.keep(rank)

    def settle(self, name: str, declaration: DependencyDecl) -> None:
        self.keep(lambda world: int(fits(self.models, world, name, declaration.when)))
        if fits(self.models, self.worlds[0], name, declaration.when):
            self.follow(name, declaration)

    def follow(self, name: str, declaration: DependencyDecl) -> None:
        target = declaration.spec.name
        if self.models.is_virtual(target):
            virtual = target
            default = self.problem.default_providers.get(virtual, ())
            outside = {external.name for external in self.problem.externals}
            order = sorted(
                {provider for provider, _ in self.models.providers(virtual)} - {name},
                key=lambda other: (
                    other not in outside,
                    default.index(other) if other in default else len(default),
                    other,
                ),
            )
            self.keep(lambda world: order.index(world.providers[(name, virtual)]))
            target = self.worlds[0].providers[(name, virtual)]
        if target not in self.decided:
            depth = self.depths[name] + 1
            self.waiting[target] = min(depth, self.waiting.get(target, depth))


def _values(declaration: VariantDecl) -> list[str]:
    known = ["true", "false"] if declaration.kind == "bool" else [value.value for value in declaration.values]
    return [*declaration.default, *known]


def _order(entry: tuple[str, DependencyDecl]) -> tuple[str, str, str]:
    name, declaration = entry
    return (declaration.spec.name, name, str(declaration.origin))


def _foreign(declaration: DependencyDecl) -> set[str]:
    return {name for edge in declaration.when.edges for name in edge.spec.names()}
