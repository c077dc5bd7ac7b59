"""Every graph that the recipes of a small repository allow: generated line by line, then checked as a whole.

What a graph with copies may look like:

- roots, and what copy 0 of a package links to or runs, are copy 0; lines of the types build and test only, and lines
  of further copies, may lead to any copy;
- a dependent has one copy of a package, however many of its lines and virtuals name it; another copy of itself may
  provide what it needs;
- what a node sees in its build (direct dependencies and what they run, and what it links to or runs itself) has one
  copy of each package, compilers apart;
- ``^x@1`` of a request speaks of every copy of ``x`` below its root; such a condition of a recipe holds if some copy
  below fits.

A compiler makes code for the target of what it compiles, and what is linked or run works wherever its user does.

What is installed has the edges that were recorded, and no rules of its recipe. Flags are those that somebody asks for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from outcrop.repo.model import DependencyDecl
from outcrop.solve import Problem
from outcrop.spec import Spec
from outcrop.spec.graph import DependencyType
from support.small_configs import copies_of, makes_code, own_configs, recorded_world, rules_of
from support.small_models import SmallModels
from support.small_rules import allowed_provider, asked_by_rules, fits_rules
from support.small_worlds import (
    LANGUAGES,
    Config,
    Slot,
    World,
    fits,
    give_flags,
    own_fit,
    provides,
    without_flags,
)


class TooManyWorldsError(Exception):
    """Exhaustion would take too long."""


def every_world(problem: Problem, models: SmallModels, *, steps: int = 20_000) -> list[World]:
    """Every graph that fulfils the requests.

    Raises:
        TooManyWorldsError: there are more than ``steps`` partial graphs to look at.
    """
    roots = [(request.name, 0) for request in problem.requests]
    search = _Search(problem, models, list(dict.fromkeys(roots)), steps)
    return [
        world
        for world in search.worlds(roots)
        if _link(problem, models, world)
        and all(search.one_of_each(world.edges, slot) for slot, config in world.configs.items() if config.is_built)
        and _valid(problem, models, world)
    ]


@dataclass
class _Partial:
    """A graph that is being made: ``sure`` are slots that some line asks for whatever the rest looks like, ``asks``
    what such lines say about them. ``None`` stands for a slot that is not there.
    """

    configs: dict[Slot, Config | None] = field(default_factory=dict)
    providers: dict[tuple[Slot, str], str] = field(default_factory=dict)
    taken: dict[tuple[Slot, str], Slot] = field(default_factory=dict)
    queue: list[Slot] = field(default_factory=list)
    sure: set[Slot] = field(default_factory=set)
    asks: dict[Slot, list[Spec]] = field(default_factory=dict)
    edges: dict[Slot, dict[Slot, set[DependencyType]]] = field(default_factory=dict)
    """Those of sure lines."""

    def copy(self) -> _Partial:
        asks = {slot: list(specs) for slot, specs in self.asks.items()}
        return _Partial(
            dict(self.configs),
            dict(self.providers),
            dict(self.taken),
            list(self.queue),
            set(self.sure),
            asks,
            dict(self.edges),
        )

    def ask(self, slot: Slot, sure: bool, spec: Spec) -> bool:
        """Note that a line may lead to a slot; false if that is already impossible."""
        if slot not in self.configs and slot not in self.queue:
            self.queue.append(slot)
        if not sure:
            return True
        self.sure.add(slot)
        self.asks.setdefault(slot, []).append(spec)
        config = self.configs.get(slot)
        return own_fit(config, spec) if config is not None else slot not in self.configs


class _Search:
    def __init__(self, problem: Problem, models: SmallModels, roots: list[Slot], steps: int) -> None:
        self.problem = problem
        self.models = models
        self.steps = steps
        self.start = _Partial(queue=list(roots), sure=set(roots))
        for request in problem.requests:
            self.start.asks.setdefault((request.name, 0), []).append(request.without_edges())
        self.before = recorded_world(problem)
        self.configs: dict[str, list[Config]] = {}
        self.compilers = {
            model.name
            for model in models.models.values()
            if any(spec.name in LANGUAGES for offer in model.provides for spec in offer.virtuals)
        }

    def worlds(self, roots: list[Slot]) -> Iterator[World]:
        for found in self.extend(self.start):
            present = {slot: config for slot, config in found.configs.items() if config is not None}
            yield World(present, found.providers, found.taken, roots, before=self.before)

    def extend(self, partial: _Partial) -> Iterator[_Partial]:
        self.steps -= 1
        if self.steps < 0:
            raise TooManyWorldsError
        if not partial.queue:
            yield partial
            return
        slot = next((slot for slot in partial.queue if slot in partial.sure), partial.queue[0])
        partial.queue.remove(slot)
        if slot not in partial.sure:
            without = partial.copy()
            without.configs[slot] = None
            yield from self.extend(without)
        for config in self.configs_of(slot[0]):
            if all(own_fit(config, spec) for spec in partial.asks.get(slot, ())):
                for further in self.choices(partial, slot, config):
                    yield from self.extend(further)

    def configs_of(self, name: str) -> list[Config]:
        if name not in self.models.models:
            return []
        if name not in self.configs:
            self.configs[name] = list(own_configs(self.problem, self.models.models[name]))
        return self.configs[name]

    def choices(self, partial: _Partial, slot: Slot, config: Config) -> Iterator[_Partial]:
        """The slot has this configuration: every choice of providers and copies for its lines."""
        virtuals: dict[str, bool] = {}
        for declaration, _ in config.lines:
            if self.models.is_virtual(declaration.spec.name):
                sure = is_sure(declaration)
                virtuals[declaration.spec.name] = virtuals.get(declaration.spec.name, False) or sure
        offers = []
        for virtual, sure in virtuals.items():
            names = sorted({provider for provider, _ in self.models.providers(virtual)})
            offers.append(names if sure else ["", *names])
        for chosen in itertools.product(*offers):
            stand_in = dict(zip(virtuals, chosen, strict=True))
            for virtual, key in config.recorded_virtuals.items():
                stand_in[virtual] = self.before.recorded[key][0]
            yield from self.copies(partial, slot, config, stand_in)

    def copies(
        self,
        partial: _Partial,
        slot: Slot,
        config: Config,
        stand_in: dict[str, str],
    ) -> Iterator[_Partial]:
        targets: dict[str, set[DependencyType]] = {}
        for declaration, types in config.lines:
            name = stand_in.get(declaration.spec.name, declaration.spec.name)
            if name:
                bound = targets.setdefault(name, set())
                if is_sure(declaration):
                    bound.update(types)
        options = []
        for name, types in targets.items():
            bound_to_first = slot[1] == 0 and types & {"link", "run"}
            slots = copies_of(self.problem, self.models, name)
            options.append([child for child in (slots[:1] if bound_to_first else slots) if child != slot])
        for combination in itertools.product(*options):
            taken = dict(zip(targets, combination, strict=True))
            further = partial.copy()
            further.configs[slot] = config
            further.providers.update({(slot, virtual): name for virtual, name in stand_in.items() if name})
            further.taken.update({(slot, name): child for name, child in taken.items()})
            if self.ask_all(further, slot, config, stand_in, taken):
                yield further

    def ask_all(
        self, partial: _Partial, slot: Slot, config: Config, stand_in: dict[str, str], taken: dict[str, Slot]
    ) -> bool:
        edges: dict[Slot, set[DependencyType]] = {}
        for declaration, types in config.lines:
            spec = declaration.spec
            name = stand_in.get(spec.name, spec.name)
            plain = spec.named("").with_versions("") if spec.name in stand_in else spec
            sure = is_sure(declaration)
            if name and not partial.ask(taken[name], sure, plain.without_edges()):
                return False
            if sure:
                edges.setdefault(taken[name], set()).update(types)
        partial.edges[slot] = edges
        built = [other for other in partial.edges if (found := partial.configs[other]) and found.is_built]
        return all(self.one_of_each(partial.edges, other) for other in built)

    def one_of_each(self, edges: dict[Slot, dict[Slot, set[DependencyType]]], slot: Slot) -> bool:
        """What a node sees in its build has one copy of each package."""
        names = [name for name, _ in _seen_in_build(edges, slot) if name not in self.compilers]
        return len(names) == len(set(names))


def is_sure(declaration: DependencyDecl) -> bool:
    """Whether a line applies whatever else the graph looks like, if what it says of its own package holds."""
    return not (declaration.when.edges or declaration.when.flags)


def _link(problem: Problem, models: SmallModels, world: World) -> bool:
    """The least sets of edges and flags that the conditions ask for; false if an edge is missing, or if a choice was
    made for a line that does not apply.
    """
    world.edges = {slot: {} for slot in world.configs}
    world.flags = {slot: config.recorded_flags() for slot, config in world.configs.items()}
    needed = {(slot, virtual) for slot, config in world.configs.items() for virtual in config.recorded_virtuals}
    used: set[tuple[Slot, str]] = set()
    changed = True
    while changed:
        changed = False
        for slot, config in world.configs.items():
            for declaration, types in config.lines:
                if not fits(models, world, slot, declaration.when):
                    continue
                name = declaration.spec.name
                if models.is_virtual(name):
                    needed.add((slot, name))
                    name = world.providers.get((slot, name), "")
                child = world.taken.get((slot, name), ("", 0))
                if child not in world.configs:
                    return False
                used.add((slot, name))
                have = world.edges[slot].setdefault(child, set())
                if not types <= have:
                    have.update(types)
                    changed = True
                changed |= give_flags(world, child, declaration.spec)
        changed |= _flags_of_others(problem, models, world)
    if needed != set(world.providers):
        return False
    for (owner, name), child in world.taken.items():
        if (owner, name) not in used and child[1] != int(owner == (name, 0)):
            return False  # the same graph turns up with the first copy here
    world.taken = {key: child for key, child in world.taken.items() if key in used}
    return True


def _flags_of_others(problem: Problem, models: SmallModels, world: World) -> bool:
    """Give the flags that requests and the configuration ask for; whether any of them are new."""
    changed = False
    for slot in world.configs:
        for spec in asked_by_rules(problem, models, world, slot):
            changed |= give_flags(world, slot, spec)
    for request in problem.requests:
        root = (request.name, 0)
        changed |= give_flags(world, root, request)
        for edge in request.edges:
            below = set(world.edges[root]) if edge.direct else reached(world, [root]) - {root}
            for slot in below:
                if slot[0] == edge.spec.name:
                    changed |= give_flags(world, slot, edge.spec)
    return changed


# -- whether a graph is right as a whole ------------------------------------------------------------------------------


def _valid(problem: Problem, models: SmallModels, world: World) -> bool:
    if reached(world, world.roots) != set(world.configs) or _cyclic(world):
        return False
    if not all(sharable(problem, world).values()):
        return False
    return (
        _first_copies_fit(models, world)
        and all(_dependencies_fit(problem, models, world, slot) for slot in world.configs)
        and all(_directives_fit(models, world, slot) for slot in world.configs)
        and all(_targets_fit(problem, world, slot) for slot in world.configs)
        and all(fits_rules(problem, models, world, slot) for slot in world.configs)
        and all(_request_fits(models, world, request) for request in problem.requests)
        and not _built_anew(problem, world)
    )


def _targets_fit(problem: Problem, world: World, slot: Slot) -> bool:
    """Whether what a node has on its edges goes with its target. All targets run on this machine."""
    config = world.configs[slot]
    facts = problem.target_facts.get(config.target)
    if facts is None or not config.is_built:
        return True
    for child, types in world.edges[slot].items():
        below = world.configs[child]
        if LANGUAGES & world.carried(slot, child) and not makes_code(problem, child[0], below.version, config.target):
            return False
        linked = types & {"link", "run"} and below.external is None
        if linked and below.target not in (config.target, *facts.ancestors):
            return False
    return True


def _built_anew(problem: Problem, world: World) -> bool:
    """Whether a root is reused that has to be built."""
    return not problem.reuse_roots and any(world.configs[root].installed is not None for root in world.roots)


def sharable(problem: Problem, world: World) -> dict[str, set[str]]:
    """By virtual, languages excepted, who can be the one provider of the graph: whoever has another one was named it by
    a request, ``app %v=provider``.
    """
    found: dict[str, set[str]] = {}
    for virtual in {virtual for _, virtual in world.providers} - set(LANGUAGES):
        owners = {slot: name for (slot, other), name in world.providers.items() if other == virtual}
        bound = {
            name
            for slot, name in owners.items()
            if world.configs[slot].installed is not None or not _told(problem, slot[0], virtual, name)
        }
        found[virtual] = set() if len(bound) > 1 else bound or set(owners.values())
    return found


def _told(problem: Problem, owner: str, virtual: str, provider: str) -> bool:
    said = [spec for request in problem.requests for spec in request.walk() if spec.name == owner]
    rules = rules_of(problem, owner).require or rules_of(problem, "all").require
    said += [spec for rule in rules for spec in rule.specs if spec.name in ("", owner)]
    edges = [edge for spec in said for edge in spec.edges]
    return any(
        (virtual in edge.virtuals if edge.virtuals else edge.direct) for edge in edges if edge.spec.name == provider
    )


def reached(world: World, starts: Sequence[Slot]) -> set[Slot]:
    """What lies below some slots, and they themselves."""
    found = set(starts)
    stack = list(found)
    while stack:
        for child in world.edges[stack.pop()]:
            if child not in found:
                found.add(child)
                stack.append(child)
    return found


def _cyclic(world: World) -> bool:
    left = {slot: set(children) for slot, children in world.edges.items()}
    while left:
        leaves = [slot for slot, children in left.items() if not children & set(left)]
        if not leaves:
            return True
        for slot in leaves:
            del left[slot]
    return False


def _first_copies_fit(models: SmallModels, world: World) -> bool:
    """What copy 0 of a package links to or runs is copy 0, but for compilers."""
    compilers = {name for language in LANGUAGES for name, _ in models.providers(language)}
    return not any(
        slot[1] == 0 and slot[0] not in compilers and child[1] != 0 and types & {"link", "run"}
        for slot, edges in world.edges.items()
        for child, types in edges.items()
    )


def _seen_in_build(edges: Mapping[Slot, Mapping[Slot, set[DependencyType]]], slot: Slot) -> set[Slot]:
    """Direct dependencies and what they run, and what the package itself links to or runs; what a tool merely links to
    does not count.
    """
    linked = [child for child, types in edges[slot].items() if types & {"link", "run"}]
    return _closure(edges, list(edges[slot]), {"run"}) | _closure(edges, linked, {"link", "run"})


def _closure(
    edges: Mapping[Slot, Mapping[Slot, set[DependencyType]]], starts: Sequence[Slot], follow: set[str]
) -> set[Slot]:
    found = set(starts)
    stack = list(starts)
    while stack:
        for child, types in edges.get(stack.pop(), {}).items():
            if types & follow and child not in found:
                found.add(child)
                stack.append(child)
    return found


def _request_fits(models: SmallModels, world: World, request: Spec) -> bool:
    root = (request.name, 0)
    if not _is_as_asked(models, world, root, request, anywhere=True):
        return False
    below = reached(world, [root]) - {root}
    return all(
        _is_as_asked(models, world, slot, edge.spec, anywhere=True)
        for edge in request.edges
        if not edge.direct and not models.is_virtual(edge.spec.name)
        for slot in below
        if slot[0] == edge.spec.name
    )


def _dependencies_fit(problem: Problem, models: SmallModels, world: World, slot: Slot) -> bool:
    for declaration, _ in world.configs[slot].lines:
        if not fits(models, world, slot, declaration.when):
            continue
        spec = declaration.spec
        if models.is_virtual(spec.name):
            child = world.taken[(slot, world.providers[(slot, spec.name)])]
            if not provides(models, world, child, spec):
                return False
            if not _is_as_asked(models, world, child, spec.named("").with_versions("")):
                return False
        elif not _is_as_asked(models, world, world.taken[(slot, spec.name)], spec):
            return False
    if world.configs[slot].installed is not None:
        return True
    return all(
        _together(models, world, slot, virtual, provider) and allowed_provider(problem, models, world, slot, virtual)
        for (owner, virtual), provider in world.providers.items()
        if owner == slot
    )


def _is_as_asked(models: SmallModels, world: World, slot: Slot, spec: Spec, *, anywhere: bool = False) -> bool:
    """Whether a node fits what somebody asks of it. Who asks for flags gives them to what is built."""
    if world.configs[slot].installed is not None:
        own = Spec(flags=spec.flags)
        return fits(models, world, slot, own) and fits(models, world, slot, without_flags(spec), anywhere=anywhere)
    return fits(models, world, slot, without_flags(spec), anywhere=anywhere)


def _together(models: SmallModels, world: World, slot: Slot, virtual: str, provider: str) -> bool:
    """Whoever gets one virtual of a group from a provider gets all it needs of that group from there."""
    config = world.configs[world.taken[(slot, provider)]]
    for offer in models.models[provider].provides:
        group = {spec.name for spec in offer.virtuals}
        if virtual in group and own_fit(config, offer.when):
            for (owner, other), elsewhere in world.providers.items():
                if owner == slot and other in group and elsewhere != provider:
                    return False
    return True


def _directives_fit(models: SmallModels, world: World, slot: Slot) -> bool:
    if not world.configs[slot].is_built:
        return True
    model = models.models[slot[0]]
    for conflict in model.conflicts:
        if fits(models, world, slot, conflict.when) and fits(models, world, slot, conflict.spec):
            return False
    for requirement in model.requirements:
        if fits(models, world, slot, requirement.when):
            count = sum(fits(models, world, slot, spec) for spec in requirement.specs)
            if count == 0 or (requirement.policy == "one_of" and count > 1):
                return False
    return True
