"""The packages configuration of small problems: what it demands of a whole graph, what it wishes for, and random ones.

Rules for all packages name no dependencies here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from hypothesis import strategies as st

from outcrop.repo.model import PackageModel
from outcrop.solve import PackageRules, Problem, Rule
from outcrop.spec import Spec, parse_spec, parse_versions
from support.small_configs import rules_of
from support.small_models import SmallModels
from support.small_worlds import Slot, World, fits, without_flags

# -- what must hold ---------------------------------------------------------------------------------------------------


def speaking(model: PackageModel, rule: Rule, *, general: bool) -> list[Spec]:
    """The specs of a rule that are about a package; those for all packages only where it has their variants."""
    defined = {declaration.name for declaration in model.variants}
    return [
        spec
        for spec in rule.specs
        if spec.name in ("", model.name) and not (general and {variant.name for variant in spec.variants} - defined)
    ]


def required(problem: Problem, model: PackageModel) -> list[tuple[Rule, list[Spec]]]:
    """Requirements for a package: its own or, where it has none, those for all."""
    own = rules_of(problem, model.name).require
    found = [(rule, speaking(model, rule, general=not own)) for rule in own or rules_of(problem, "all").require]
    return [(rule, specs) for rule, specs in found if specs]


def fits_rules(problem: Problem, models: SmallModels, world: World, slot: Slot) -> bool:
    """Whether a node fulfils what is required, and nothing that is excluded."""
    model = models.models[slot[0]]
    for rule, specs in required(problem, model):
        if fits(models, world, slot, rule.when):
            count = sum(fits(models, world, slot, without_flags(spec)) for spec in specs)
            if count == 0 or (rule.policy == "one_of" and count > 1):
                return False
    for name in (slot[0], "all"):
        for rule in rules_of(problem, name).conflict:
            if fits(models, world, slot, rule.when):
                specs = speaking(model, rule, general=name == "all")
                if any(fits(models, world, slot, spec) for spec in specs):
                    return False
    return True


def asked_by_rules(problem: Problem, models: SmallModels, world: World, slot: Slot) -> Iterator[Spec]:
    """What requirements ask of a node, so that it has flags."""
    for rule, specs in required(problem, models.models[slot[0]]):
        if fits(models, world, slot, rule.when):
            yield from (spec for spec in specs if fits(models, world, slot, without_flags(spec)))


def allowed_provider(problem: Problem, models: SmallModels, world: World, slot: Slot, virtual: str) -> bool:
    """Whether the provider that a dependent has is one by the rules of the virtual."""
    rules = rules_of(problem, virtual)
    child = world.taken[(slot, world.providers[(slot, virtual)])]
    if rules.buildable is False and world.configs[child].is_built:
        return False
    return all(provider_fits(models, world, child, rule) for rule in rules.require) and not any(
        provider_fits(models, world, child, rule) for rule in rules.conflict
    )


def provider_fits(models: SmallModels, world: World, child: Slot, rule: Rule) -> bool:
    """Whether a provider is one that a rule of a virtual names."""
    return any(fits(models, world, child, spec.named("")) for spec in rule.specs if spec.name in ("", child[0]))


# -- what is wished for -----------------------------------------------------------------------------------------------


def wishes(problem: Problem, models: SmallModels, name: str) -> Iterator[tuple[int, Rule, list[Spec]]]:
    """(place, rule, specs in their order) of one package: the order inside ``require``, then ``prefer``."""
    model = models.models[name]
    for place, (rule, specs) in enumerate(required(problem, model)):
        if len(specs) > 1:
            yield place, rule, specs
    for owner in (name, "all"):
        for place, rule in enumerate(rules_of(problem, owner).prefer):
            specs = speaking(model, rule, general=owner == "all")
            if specs:
                yield 1000 + place, rule, specs


# -- random ones ------------------------------------------------------------------------------------------------------

_POLICIES: tuple[Literal["one_of", "any_of"], ...] = ("one_of", "any_of")
_OWN = ("@1", "@2", "@:1", "@2:", "+x", "~x", "@2 +x", "@1 ~x", "m=a", "m=b")
_EVERYWHERE = ("+x", "~x", "@2:", "@:1", "m=b")


def _specs(names: list[str]) -> st.SearchStrategy[str]:
    """What a rule says of one package."""
    below = st.builds(
        "{}{}{}".format, st.sampled_from("^^%"), st.sampled_from(names), st.sampled_from(["", "@2", "@:1"])
    )
    return st.one_of(st.sampled_from(_OWN), st.sampled_from(_OWN), below)


@st.composite
def _rules(draw: st.DrawFn, specs: st.SearchStrategy[str], most: int = 2) -> tuple[Rule, ...]:
    texts = draw(st.lists(specs, min_size=1, max_size=most, unique=True))
    when = draw(st.sampled_from(["", "", "", "@2:", "+x"]))
    policy = draw(st.sampled_from(_POLICIES))
    return (
        Rule(specs=tuple(parse_spec(text) for text in texts), policy=policy, when=parse_spec(when) if when else Spec()),
    )


@st.composite
def package_rules(draw: st.DrawFn, names: list[str], providers: list[str]) -> dict[str, PackageRules]:
    """A configuration for a few of the packages, the virtual ``v`` and all packages; each has one thing to say."""
    found: dict[str, PackageRules] = {}
    for name in draw(st.lists(st.sampled_from([*names, "all", "v"]), min_size=1, max_size=3, unique=True)):
        if name == "v":
            provider = st.sampled_from([text + end for text in providers for end in ("", "@2", "@:1")])
            kind = draw(st.sampled_from(["require", "prefer", "conflict", "buildable"]))
            found[name] = (
                PackageRules(buildable=False)
                if kind == "buildable"
                else msgspec.structs.replace(PackageRules(), **{kind: (Rule(specs=(parse_spec(draw(provider)),)),)})
            )
            continue
        specs = st.sampled_from(_EVERYWHERE) if name == "all" else _specs([each for each in names if each != name])
        kind = draw(
            st.sampled_from(
                ["require", "require", "prefer", "prefer", "conflict", "versions", "variants", "providers", "buildable"]
            )
        )
        if kind in ("require", "prefer", "conflict"):
            found[name] = msgspec.structs.replace(PackageRules(), **{kind: draw(_rules(specs))})
        elif kind == "versions":
            wished = draw(st.lists(st.sampled_from(["1", ":2", "2", "3"]), min_size=1, max_size=2, unique=True))
            found[name] = PackageRules(versions=tuple(parse_versions(text) for text in wished))
        elif kind == "variants":
            wish = parse_spec(draw(st.sampled_from(["+x", "~x", "m=b", "m=c", "s=u"])))
            found[name] = PackageRules(variants=wish.variants)
        elif kind == "providers":
            order = draw(st.permutations(providers))
            found[name] = PackageRules(providers={"v": tuple(order[: draw(st.integers(1, len(order)))])})
        else:
            found[name] = PackageRules(buildable=draw(st.sampled_from([False, False, True])))
    return found
