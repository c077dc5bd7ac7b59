"""What one package of a small repository may be on its own: built in some version with some variants for some target,
an external, or installed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from outcrop.repo.model import DependencyDecl, Origin, PackageModel, VariantDecl
from outcrop.solve import ExternalChoice, PackageRules, Problem
from outcrop.spec import Spec, make_version, parse_versions
from outcrop.spec.graph import DependencyType, Node
from outcrop.spec.targets import target_satisfies
from support.small_models import SmallModels
from support.small_worlds import LANGUAGES, Config, Line, Slot, World, own_fit, values_of


def copies_of(problem: Problem, models: SmallModels, name: str) -> tuple[Slot, ...]:
    """The slots a package may fill."""
    most = problem.copies.get(name)
    if most is None:
        most = problem.copies.get("tools", 2) if models.is_tool(name) else problem.copies.get("default", 1)
    return tuple((name, copy) for copy in range(most))


def own_configs(problem: Problem, model: PackageModel) -> Iterator[Config]:
    """Externals, what is installed, and built versions with every allowed combination of variants."""
    externals = [external for external in problem.externals if external.name == model.name]
    said = [rules_of(problem, name).buildable for name in (model.name, "all")]
    buildable = model.buildable and next((answer for answer in said if answer is not None), True)
    nodes = {choice.hash: choice.node for choice in problem.installed}
    for choice in problem.installed:
        if choice.offered and choice.node.name == model.name and model.name not in problem.tests:
            variants = values_of(choice.node.variants)
            lines = tuple(_recorded_lines(choice.node, nodes))
            yield Config(
                model.name, choice.node.version, variants, installed=choice, lines=lines, target=choice.node.target
            )
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
        # Nothing here restricts the target of a compiler. Of externals nobody knows it; so it may be any.
        targets = targets_of(problem, model.name)
        free = any(spec.name in LANGUAGES for line in model.provides for spec in line.virtuals)
        for target, combination in itertools.product(targets[:1] if free else targets, itertools.product(*options)):
            present = tuple((name, values) for name, values in zip(names, combination, strict=True) if values)
            config = Config(model.name, version, present, external, target=target)
            if _variants_fit(model, config):
                yield replace(config, lines=tuple(_applying(problem, model, config)))


def targets_of(problem: Problem, name: str) -> list[str]:
    """The targets a package may have, best first: what the configuration wishes for, of the package before of all, then
    what the compiler at hand makes code for, then in the order of the problem.
    """
    compilers = [choice for choice in problem.externals if choice.name in ("gcc", "llvm")]
    usual = [choice for choice in compilers if choice.name == "gcc"] or compilers

    def wish(target: str, wishes: tuple[str, ...]) -> int:
        fitting = [place for place, text in enumerate(wishes) if target_satisfies(target, text)]
        return min(fitting, default=len(wishes))

    def rank(target: str) -> tuple[int, int, bool]:
        made = not usual or any(makes_code(problem, choice.name, choice.version, target) for choice in usual)
        own = rules_of(problem, name).targets
        return (wish(target, own), wish(target, rules_of(problem, "all").targets), not made)

    return sorted(problem.targets or (problem.target,), key=rank)


def makes_code(problem: Problem, compiler: str, version: str, target: str) -> bool:
    """Whether a compiler makes code for a target, as far as that is known."""
    facts = problem.target_facts.get(target)
    if facts is None or compiler not in facts.compilers:
        return True
    return any(parse_versions(text).includes(make_version(version)) for text in facts.compilers[compiler])


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


def recorded_world(problem: Problem) -> World:
    """Everything that is installed as it was recorded, with its build dependencies."""
    choices = {choice.hash: choice for choice in problem.installed}
    nodes = {key: choice.node for key, choice in choices.items()}
    world = World({}, {}, {}, [])
    for place, (key, node) in enumerate(sorted(nodes.items())):
        slot = (node.name, place)
        world.recorded[key] = slot
        world.configs[slot] = Config(node.name, node.version, values_of(node.variants), installed=choices[key])
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


def _applying(problem: Problem, model: PackageModel, config: Config) -> Iterator[Line]:
    """Dependency lines whose local condition holds."""
    if config.external is not None:
        return
    tested = model.name in problem.tests
    for declaration in model.dependencies:
        types = {kind for kind in declaration.types if kind != "test" or tested}
        if types and declaration.spec.name != model.name and own_fit(config, declaration.when.without_edges()):
            yield declaration, types
