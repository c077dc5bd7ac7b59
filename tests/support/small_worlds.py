"""Whole graphs of small repositories as plain values, and what they fit.

Understands what ``small_models`` can write, without guarded dependencies of edges, flags and targets; conditions of
variants speak of their own package. A package's place in a graph is a slot, (name, copy).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from outcrop.repo.model import DependencyDecl, PackageModel, VariantDecl
from outcrop.solve import ExternalChoice, Problem, Solution
from outcrop.spec import EdgeConstraint, Spec, make_version
from outcrop.spec.graph import DependencyType
from support.small_models import SmallModels

LANGUAGES = {"c", "cxx", "fortran"}

Slot = tuple[str, int]
Line = tuple[DependencyDecl, set[DependencyType]]
Values = tuple[tuple[str, tuple[str, ...]], ...]
Facts = tuple[str, str, Values, bool]
"""Name, version, variants, whether external."""
Links = list[tuple[str, tuple[str, ...], tuple[str, ...]]]
"""Child, types and virtuals of each edge."""


@dataclass(frozen=True)
class Config:
    """One package on its own; ``lines`` are its dependency lines whose local condition holds."""

    name: str
    version: str
    variants: Values
    external: ExternalChoice | None = None
    lines: tuple[Line, ...] = ()

    def values(self, variant: str) -> tuple[str, ...]:
        return dict(self.variants).get(variant, ())


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
                config.external is not None,
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
        variants: list[tuple[str, tuple[str, ...]]] = []
        for name, answer in node.variants.items():
            if isinstance(answer, bool):
                variants.append((name, (str(answer).lower(),)))
            else:
                variants.append((name, (answer,) if isinstance(answer, str) else answer))
        facts[ident] = (node.name, node.version, tuple(sorted(variants)), node.external is not None)
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
        _, version, variants, external = facts[ident]
        shown = " ".join(f"{name}={','.join(values)}" for name, values in variants)
        lines.append(f"{labels[text]} @{version} {shown}{' external' if external else ''}".rstrip())
        for child, types, virtuals in links[ident]:
            carried = f" [{','.join(virtuals)}]" if virtuals else ""
            lines.append(f"{labels[text]} -> {labels[contents[child]]} : {','.join(types)}{carried}")
    return [lines[0], *sorted(lines[1:])]


def copies_of(problem: Problem, models: SmallModels, name: str) -> tuple[Slot, ...]:
    """The slots a package may fill."""
    most = problem.copies.get(name)
    if most is None:
        most = problem.copies.get("tools", 2) if models.is_tool(name) else problem.copies.get("default", 1)
    return tuple((name, copy) for copy in range(most))


# -- one package ----------------------------------------------------------------------------------------------------


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
                yield replace(config, lines=tuple(_applying(problem, model, config)))


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


def _applying(problem: Problem, model: PackageModel, config: Config) -> Iterator[Line]:
    """Dependency lines whose local condition holds."""
    if config.external is not None:
        return
    tested = model.name in problem.tests
    for declaration in model.dependencies:
        types = {kind for kind in declaration.types if kind != "test" or tested}
        if types and declaration.spec.name != model.name and own_fit(config, declaration.when.without_edges()):
            yield declaration, types


# -- a package among others -----------------------------------------------------------------------------------------


def fits(models: SmallModels, world: World, slot: Slot, spec: Spec, *, anywhere: bool = False) -> bool:
    """Whether a node of a world fits a spec; ``anywhere`` lets ``^`` follow edges of every type."""
    if spec.is_empty:
        return True
    if not own_fit(world.configs[slot], spec.without_edges()):
        return False
    return all(_has(models, world, slot, edge, anywhere) for edge in spec.edges)


def _has(models: SmallModels, world: World, slot: Slot, edge: EdgeConstraint, anywhere: bool) -> bool:
    wanted = edge.spec.name
    virtual = models.is_virtual(wanted)
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
