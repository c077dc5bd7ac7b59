"""The solver's answer by exhaustion: every graph that the recipes allow, and the written order of decisions applied
to that list. For repositories of a few packages only.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from outcrop.repo.model import DependencyDecl, PackageModel, VariantDecl
from outcrop.solve import Problem, Rule
from outcrop.spec import Spec, Version, make_version
from support.every_world import TooManyWorldsError, every_world, is_sure, sharable
from support.small_configs import copies_of, rules_of, targets_of
from support.small_models import SmallModels
from support.small_rules import provider_fits, wishes
from support.small_worlds import LANGUAGES, Config, Slot, World, fits, own_fit, without_flags

__all__ = ["TooManyWorldsError", "best_world"]


def best_world(problem: Problem, models: SmallModels, *, steps: int = 20_000) -> World | None:
    """The optimum of a unified problem, or ``None`` if there is no solution.

    Raises:
        TooManyWorldsError: exhaustion would take too long.
        AssertionError: the written order leaves a choice.
    """
    single = [name for name in models.models if not chosen_by_each(problem, models, name)]
    without = msgspec.structs.replace(problem, copies={**problem.copies, **dict.fromkeys(single, 1)})
    # Of these, anchors among them, there are several copies only where one is impossible.
    worlds = every_world(without, models, steps=steps) or every_world(problem, models, steps=steps)
    if not worlds:
        return None
    left = _Decider(problem, models, worlds).run()
    summary = left[0].summary()
    assert all(world.summary() == summary for world in left[1:]), "the order of decisions leaves a choice"
    return left[0]


def chosen_by_each(problem: Problem, models: SmallModels, name: str) -> bool:
    """Whether there may be several copies of a package because dependents want different ones."""
    several = len(copies_of(problem, models, name)) > 1
    return several and name not in problem.anchors and (name in problem.copies or models.is_tool(name))


class _Decider:
    """Decides one thing after the other and keeps the worlds in which it is as good as possible."""

    def __init__(self, problem: Problem, models: SmallModels, worlds: list[World]) -> None:
        self.problem = problem
        self.models = models
        self.worlds = worlds
        self.decided: list[Slot] = []
        self.depths: dict[Slot, int] = {}
        self.waiting: dict[Slot, int] = {}
        self.seekers: dict[str, list[Slot]] = {}
        """Dependents of a tool whose copy is not decided yet."""
        self.bound: set[Slot] = set()
        """What the roots' own world links to or runs, as far as that is decided."""
        self.begun: set[str] = set()
        """Packages of which a copy was taken."""
        self.open: list[tuple[Slot, DependencyDecl]] = []
        self.unsure: list[tuple[Slot, DependencyDecl]] = []
        """Lines that hang on the package's own flags, which somebody may ask for who is not decided yet."""
        self.last: list[tuple[Slot, str]] = []
        self.sharable: dict[int, dict[str, set[str]]] = {}

    def keep(self, rank: Callable[[World], int]) -> int:
        best = min(rank(world) for world in self.worlds)
        self.worlds = [world for world in self.worlds if rank(world) == best]
        return best

    def run(self) -> list[World]:
        self.wishes()
        for request in self.problem.requests:
            if (request.name, 0) not in self.decided:
                self.package((request.name, 0), 0, root=True)
        while True:
            self.apply_unsure()
            known = {name for name, _ in self.decided}
            ready = [entry for entry in self.open if _foreign(entry[1]) <= known]
            if ready:
                self.open = [entry for entry in self.open if entry not in ready]
                for entry in sorted(ready, key=_order):
                    self.settle(*entry)
            elif self.waiting:
                slot = self.next()
                self.package(slot, self.waiting[slot])
            elif self.open:
                self.open.sort(key=_order)
                self.settle(*self.open.pop(0))
            elif self.unsure:
                self.settle(*self.unsure.pop(0))
            else:
                break
        for slot, what in sorted(self.last):
            if what == "target":
                self.target(slot)
            else:
                self.variant(slot, what)
        return self.worlds

    def apply_unsure(self) -> None:
        """Follow the lines that apply whatever is decided further on, and forget those that do not."""
        for entry in list(self.unsure):
            slot, declaration = entry
            holding = {fits(self.models, world, slot, declaration.when) for world in self.worlds}
            if len(holding) == 1:
                self.unsure.remove(entry)
                if holding == {True}:
                    self.follow(*entry)

    def wishes(self) -> None:
        """One copy of what is not chosen by each dependent, if there is a solution; then by name: who may have a
        provider for itself has that of the graph, anchors are externals, and what the configuration prefers.
        """

        def doubled(world: World) -> int:
            seconds = [name for name, copy in world.configs if copy > 0]
            return int(not all(chosen_by_each(self.problem, self.models, name) for name in seconds))

        self.keep(doubled)
        for name in sorted(self.models.models):
            slots = copies_of(self.problem, self.models, name)
            self.named_providers(name)
            self.share_providers(slots)
            outside = any(found.name == name for found in self.problem.externals)
            if name in self.problem.anchors and outside and not rules_of(self.problem, name).versions:
                for slot in slots:

                    def built(world: World, slot: Slot = slot) -> int:
                        return int(slot in world.configs and world.configs[slot].external is None)

                    self.keep(built)
            self.configured(name, slots)

    def named_providers(self, name: str) -> None:
        """What requests for a package name with ``^`` provides what it can."""
        edges = [edge for request in self.problem.requests if request.name == name for edge in request.edges]
        for named in sorted({edge.spec.name for edge in edges if not edge.direct} & set(self.models.models)):
            lines = [item.name for line in self.models.models[named].provides for item in line.virtuals]
            for virtual in sorted(set(lines) - set(LANGUAGES)):
                self.provider_for_all(named, virtual)

    def provider_for_all(self, named: str, virtual: str) -> None:
        """Who is named in a request provides what it can to all who share a provider."""

        def other(world: World) -> int:
            return int(virtual in self.shared(world) and named not in self.shared(world)[virtual])

        if self.keep(other) == 0:
            for world in self.worlds:
                if virtual in self.shared(world):
                    self.shared(world)[virtual] = {named}

    def configured(self, name: str, slots: tuple[Slot, ...]) -> None:
        """The order inside ``require``, and ``prefer``: of the package, and of the virtuals it needs."""
        ordered: list[tuple[int, str, Callable[[World], int]]] = []
        for slot in slots:
            for place, rule, specs in wishes(self.problem, self.models, name):

                def unlike(world: World, slot: Slot = slot, rule: Rule = rule, specs: list[Spec] = specs) -> int:
                    if slot not in world.configs or world.configs[slot].installed is not None:
                        return 0
                    if not fits(self.models, world, slot, rule.when):
                        return 0
                    fitting = [fits(self.models, world, slot, without_flags(spec)) for spec in specs]
                    return [*fitting, True].index(True)

                ordered.append((place, f"configuration {slot[1]}", unlike))
            virtuals = {virtual for world in self.worlds for other, virtual in world.providers if other == slot}
            for virtual in sorted(virtuals):
                for place, rule in enumerate(rules_of(self.problem, virtual).prefer):
                    wish = self._provider_wish(slot, virtual, rule)
                    ordered.append((1000 + place, f"provider of {virtual} {slot[1]}", wish))
        for _, _, rank in sorted(ordered, key=lambda entry: entry[:2]):
            self.keep(rank)

    def _provider_wish(self, slot: Slot, virtual: str, rule: Rule) -> Callable[[World], int]:
        def unlike(world: World) -> int:
            provider = world.providers.get((slot, virtual))
            if provider is None or not world.configs[slot].is_built:
                return 0
            child = world.taken[(slot, provider)]
            singles = [msgspec.structs.replace(rule, specs=(spec,)) for spec in rule.specs]
            return [*(provider_fits(self.models, world, child, single) for single in singles), True].index(True)

        return unlike

    def share_providers(self, slots: tuple[Slot, ...]) -> None:
        virtuals = sorted({virtual for world in self.worlds for slot, virtual in world.providers if slot in slots})
        for virtual in virtuals:
            for slot in slots:

                def apart(world: World, slot: Slot = slot, virtual: str = virtual) -> int:
                    provider = world.providers.get((slot, virtual))
                    return int(provider is not None and provider not in self.shared(world).get(virtual, {provider}))

                if self.keep(apart) == 0:
                    for world in self.worlds:
                        provider = world.providers.get((slot, virtual))
                        if provider is not None and virtual in self.shared(world):
                            self.shared(world)[virtual] = {provider}

    def shared(self, world: World) -> dict[str, set[str]]:
        """Who may be the one provider of the graph, by virtual, as far as it is decided."""
        return self.sharable.setdefault(id(world), sharable(self.problem, world))

    def several(self, name: str) -> bool:
        return len(copies_of(self.problem, self.models, name)) > 1

    def chosen_by_each(self, name: str) -> bool:
        return chosen_by_each(self.problem, self.models, name)

    def next(self) -> Slot:
        """What decided packages extend; then what is not chosen by each dependent, or is in the roots' own world, first
        what no other such package names; then what builds use, first what names no other such tool; then what is
        nearer to a root; then by name.
        """
        extended = {extend.name for name, _ in self.decided for extend in self.models.models[name].extends}
        named = {slot: self.named(slot[0]) for slot in self.waiting}
        tools = {slot for slot in self.waiting if self.chosen_by_each(slot[0]) and slot not in self.bound}

        def key(slot: Slot) -> tuple[bool, bool, bool, int, Slot]:
            if slot in tools:
                later = bool(named[slot] & {name for name, _ in tools})
            else:
                later = any(slot[0] in named[other] for other in named if other not in tools)
            return (slot[0] not in extended, slot in tools, later, self.waiting[slot], slot)

        return min(self.waiting, key=key)

    def named(self, name: str) -> set[str]:
        return {declaration.spec.name for declaration in self.models.models[name].dependencies} - {name}

    # -- packages -----------------------------------------------------------------------------------------------------

    def package(self, slot: Slot, depth: int, *, root: bool = False) -> None:
        self.waiting.pop(slot, None)
        name = slot[0]
        self.begun.add(name)
        seekers = sorted(self.seekers.get(name, []), key=self.decided.index)
        each = self.chosen_by_each(name)
        if not each:
            self.share(slot, seekers)
        if self.several(name) and not root:

            def unused(world: World) -> int:
                return int(all(world.taken[(parent, name)] != slot for parent in seekers))

            # Where nobody known can use this copy it is left out, or there for somebody who turns up later.
            if self.keep(unused) and not self.keep(lambda world: int(slot in world.configs)):
                self.pass_on(slot, seekers)
                return
        self.decided.append(slot)
        self.depths[slot] = depth
        if not self.reuse(slot):
            self.version(slot)
        if each:
            self.share(slot, seekers)
        self.rest(slot)

    def share(self, slot: Slot, seekers: list[Slot]) -> None:
        """Who can use a copy does."""
        name = slot[0]
        for parent in seekers:

            def elsewhere(world: World, parent: Slot = parent) -> int:
                return int(world.taken[(parent, name)] != slot)

            self.keep(elsewhere)
        self.pass_on(slot, [parent for parent in seekers if self.worlds[0].taken[(parent, name)] != slot])

    def pass_on(self, slot: Slot, seekers: list[Slot]) -> None:
        """These cannot use a copy and wait for the next one."""
        self.seekers[slot[0]] = seekers
        for parent in seekers:
            if self.worlds[0].taken[(parent, slot[0])] > slot:
                self.wait((slot[0], slot[1] + 1), self.depths[parent] + 1)

    def wait(self, slot: Slot, depth: int) -> None:
        self.waiting[slot] = min(depth, self.waiting.get(slot, depth))

    def reuse(self, slot: Slot) -> bool:
        """Whether something installed is taken: the better version first, then what differs least from the best fresh
        build, then by hash.
        """
        model, problem = self.models.models[slot[0]], self.problem

        def rank(world: World) -> tuple[object, ...]:
            config = world.configs[slot]
            if config.installed is None:
                return (1,)
            version = make_version(config.version)
            same = [other for other in self.fresh_versions(slot[0]) if other.version == config.version]
            known = [self.version_rank(other) for other in same]
            newer = [other for other in self.installed_versions(slot[0]) if other > version]
            place = (0, *min(known)) if known else (1, len(newer))
            wanted = {}
            for definition in model.variants:
                if own_fit(config, definition.when):
                    wanted[definition.name] = wanted_values(problem, model, definition)
            different = [name for name, values in wanted.items() if set(values) != set(config.values(name))]
            targets = list(problem.targets or (problem.target,))
            return (0, place, len(different) + len(config.recorded_flags()), targets.index(config.target), config.hash)

        best = min(rank(world) for world in self.worlds)
        self.worlds = [world for world in self.worlds if rank(world) == best]
        return self.worlds[0].configs[slot].installed is not None

    def installed_versions(self, name: str) -> set[Version]:
        return {make_version(choice.node.version) for choice in self.problem.installed if choice.node.name == name}

    def fresh_versions(self, name: str) -> list[Config]:
        externals = [external for external in self.problem.externals if external.name == name]
        built = [Config(name, decl.version, ()) for decl in self.models.models[name].versions]
        return [*(Config(name, external.version, (), external) for external in externals), *built]

    def version_rank(self, config: Config) -> tuple[int, int, int]:
        """Of an external or of what is built: the configuration's wish, externals, the newest or preferred one."""
        name = config.name
        wishes = rules_of(self.problem, name).versions
        version = make_version(config.version)
        wish = next((place for place, found in enumerate(wishes) if found.includes(version)), len(wishes))
        if config.external is None:
            return (wish, 1, [decl.version for decl in self.models.models[name].versions].index(config.version))
        externals = [external for external in self.problem.externals if external.name == name]
        externals.sort(key=lambda external: make_version(external.version), reverse=True)
        return (wish, 0, externals.index(config.external))

    def version(self, slot: Slot) -> None:
        best = min(self.version_rank(world.configs[slot]) for world in self.worlds)
        self.worlds = [world for world in self.worlds if self.version_rank(world.configs[slot]) == best]

    def rest(self, slot: Slot) -> None:
        """Variants, and what to look at next."""
        model = self.models.models[slot[0]]
        variants = sorted({declaration.name for declaration in model.variants})
        if self.worlds[0].configs[slot].external is not None:
            self.last.extend((slot, what) for what in [*variants, "target"])
            return
        for variant in variants if self.worlds[0].configs[slot].is_built else ():
            self.variant(slot, variant)
        if self.worlds[0].configs[slot].is_built:
            self.target(slot)
        for declaration, _ in self.worlds[0].configs[slot].lines:
            if declaration.when.flags and not declaration.when.edges:
                self.unsure.append((slot, declaration))
            elif not is_sure(declaration):
                self.open.append((slot, declaration))
            else:
                self.follow(slot, declaration)

    def target(self, slot: Slot) -> None:
        targets = targets_of(self.problem, slot[0])
        self.keep(lambda world: targets.index(world.configs[slot].target))

    def variant(self, slot: Slot, variant: str) -> None:
        for definition in [found for found in self.models.models[slot[0]].variants if found.name == variant]:
            self.definition(slot, definition)

    def definition(self, slot: Slot, definition: VariantDecl) -> None:
        model = self.models.models[slot[0]]
        same = [declaration for declaration in model.variants if declaration.name == definition.name]

        def active(world: World) -> bool:
            config = world.configs[slot]
            holding = [declaration for declaration in same if own_fit(config, declaration.when)]
            return bool(holding) and holding[-1] is definition

        known = list(dict.fromkeys(value for found in same for value in _values(found)))
        wishes = wanted_values(self.problem, model, definition)
        if definition.kind == "multi":
            for value in known:
                wanted = value in wishes

                def wrong(world: World, value: str = value, wanted: bool = wanted) -> int:
                    return int(active(world) and (value in world.configs[slot].values(definition.name)) != wanted)

                self.keep(wrong)
            return
        order = list(dict.fromkeys([*wishes, *known]))

        def rank(world: World) -> int:
            return order.index(world.configs[slot].values(definition.name)[0]) if active(world) else 0

        self.keep(rank)

    # -- dependencies -------------------------------------------------------------------------------------------------

    def settle(self, slot: Slot, declaration: DependencyDecl) -> None:
        self.keep(lambda world: int(fits(self.models, world, slot, declaration.when)))
        if fits(self.models, self.worlds[0], slot, declaration.when):
            self.follow(slot, declaration)

    def follow(self, slot: Slot, declaration: DependencyDecl) -> None:
        name = declaration.spec.name
        if self.models.is_virtual(name):
            name = self.provider(slot, name)
        depth = self.depths[slot] + 1
        if slot[1] == 0 and set(declaration.types) & {"link", "run"}:
            self.bound.add((name, 0))
        if not self.several(name):
            if (name, 0) not in self.decided:
                self.wait((name, 0), depth)
        elif name not in self.begun:
            seekers = self.seekers.setdefault(name, [])
            if slot not in seekers:
                seekers.append(slot)
            self.wait((name, 0), depth)
        elif slot not in self.seekers.get(name, []):
            # The first possible copy, decided or not.
            self.keep(lambda world: world.taken[(slot, name)][1])
            child = self.worlds[0].taken[(slot, name)]
            if child not in self.decided:
                self.seekers.setdefault(name, []).append(slot)
                self.wait(child, depth)

    def provider(self, slot: Slot, virtual: str) -> str:
        default = self.problem.default_providers.get(virtual, ())
        outside = {external.name for external in self.problem.externals}
        said = [rules_of(self.problem, name).providers.get(virtual, ()) for name in (slot[0], "all")]
        wished = next((names for names in said if names), ())
        order = sorted(
            {provider for provider, _ in self.models.providers(virtual)},
            key=lambda other: (
                wished.index(other) if other in wished else len(wished),
                other not in outside,
                default.index(other) if other in default else len(default),
                other,
            ),
        )
        self.keep(lambda world: order.index(world.providers[(slot, virtual)]))
        return self.worlds[0].providers[(slot, virtual)]


def wanted_values(problem: Problem, model: PackageModel, definition: VariantDecl) -> tuple[str, ...]:
    """What the configuration wishes for, of the package or of all, where that is possible; else the default."""
    known = {value.value for value in definition.values}
    if definition.kind == "bool":
        known = {"true", "false"}
    for name in (model.name, "all"):
        for wish in rules_of(problem, name).variants:
            if wish.name == definition.name and wish.values and known.issuperset(wish.values):
                return wish.values if definition.kind == "multi" else wish.values[:1]
    return definition.default


def _values(declaration: VariantDecl) -> list[str]:
    known = ["true", "false"] if declaration.kind == "bool" else [value.value for value in declaration.values]
    return [*declaration.default, *known]


def _order(entry: tuple[Slot, DependencyDecl]) -> tuple[str, Slot, str]:
    slot, declaration = entry
    return (declaration.spec.name, slot, str(declaration.origin))


def _foreign(declaration: DependencyDecl) -> set[str]:
    return {name for edge in declaration.when.edges for name in edge.spec.names()}
