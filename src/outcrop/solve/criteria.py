"""Decisions in words: which criterion puts their best option first, and what they came to."""

from __future__ import annotations

from collections.abc import Callable

from outcrop.solve.encoding import Encoding, PackageVariables, Preference, Slot
from outcrop.solve.variants import wanted_values

RECIPE_ORDER = "the recipe's order of versions"
RECIPE_DEFAULT = "the recipe's default"
MACHINE = "the machine's best target"
USUAL = "the usual provider"
BY_NAME = "by name"
SHARED = "one copy for as many dependents as possible"
ONE_PROVIDER = "one provider for the whole graph"
DEPENDENTS = "the target of its dependents"
SYSTEM = "the machine's own system"
EXTERNAL = "externals come before what has to be built"

ORDINARY = frozenset({RECIPE_ORDER, RECIPE_DEFAULT, MACHINE, SYSTEM, DEPENDENTS, USUAL, BY_NAME, SHARED, ONE_PROVIDER})
"""Criteria that hold where nobody has said anything."""


_FIXED = {
    "reuse": "what is installed comes first",
    "passed down": "what is passed down with ++, == or %% comes first",
    "same target": DEPENDENTS,
    "os": SYSTEM,
}


def criterion(
    encoding: Encoding, subject: Slot | None, owner: str, preference: Preference, truth: Callable[[int], bool]
) -> str:
    """What the order of a decision's options comes from.

    Args:
        encoding: the variables.
        subject: whose decision it is; ``None`` for wishes and for requests of virtuals.
        owner: of a wish: the package it speaks of.
        preference: the decision.
        truth: tells whether a literal holds in the answer.
    """
    what = preference.what
    if owner:
        return _wish(owner, what)
    if what.startswith("provider of "):
        return _provider(encoding, subject, what.removeprefix("provider of "), preference.labels[0])
    if what.startswith("copy of "):
        return SHARED
    if what in _FIXED:
        return _FIXED[what]
    if subject is None:
        return ""
    package = encoding.packages[subject]
    if what == "version" and package.candidates:
        return _version(encoding, package)
    if what == "target":
        return _target(encoding, package, preference.labels[0])
    if what in package.variants:
        return _variant(encoding, package, what, truth)
    return ""


def _wish(owner: str, what: str) -> str:
    if what == "external":
        return f"an external {owner} is used where that is possible"
    if what.startswith("sharing "):
        return ONE_PROVIDER
    if what.startswith("naming "):
        return "what a request names provides what it can"
    if what.startswith("provider of "):
        return f"what packages:{what.removeprefix('provider of ').partition(' ')[0]} prefers"
    return f"what packages:{owner} or packages:all prefers"


def _version(encoding: Encoding, package: PackageVariables) -> str:
    best = package.candidates[0]
    if any(wish.includes(best.version) for wish in encoding.rules(package.name).versions):
        return f"packages:{package.name}:version"
    return EXTERNAL if best.external is not None else RECIPE_ORDER


def _variant(encoding: Encoding, package: PackageVariables, name: str, truth: Callable[[int], bool]) -> str:
    for active, declaration in package.variants[name].definitions:
        if truth(active) and wanted_values(encoding, package, declaration) != declaration.default:
            own = any(wish.name == name for wish in encoding.rules(package.name).variants)
            return f"packages:{package.name if own else 'all'}:variants"
    return RECIPE_DEFAULT


def _target(encoding: Encoding, package: PackageVariables, best: str) -> str:
    for owner in (package.name, "all"):
        if best in encoding.rules(owner).targets:
            return f"packages:{owner}:target"
    return MACHINE


def _provider(encoding: Encoding, subject: Slot | None, virtual: str, best: str) -> str:
    for owner in (subject[0] if subject is not None else "all", "all"):
        if best in encoding.rules(owner).providers.get(virtual, ()):
            return f"packages:{owner}:providers:{virtual}"
    if best in encoding.problem.default_providers.get(virtual, ()):
        return USUAL
    return EXTERNAL if best in encoding.externals else BY_NAME


def decided(encoding: Encoding, subject: Slot | None, owner: str, preference: Preference, rank: int) -> str:
    """What a decision came to, as a line among the reasons of a later one; the arguments are those of
    :func:`criterion`.
    """
    what, chosen = preference.what, preference.labels[rank]
    if owner:
        return _fulfilled(encoding, owner, what, chosen, rank)
    if subject is None:
        return f"{chosen} is the {what}"
    name = called(subject)
    if what.startswith("provider of "):
        return f"{name} gets {what.removeprefix('provider of ')} from {chosen}"
    if what == "passed down":
        return f"{name} {'does not take' if rank else 'takes'} what '{preference.labels[0]}' passes down"
    if what.startswith("copy of "):
        which = "the first" if chosen == "copy 0" else "another"
        return f"{name} uses {which} copy of {what.removeprefix('copy of ')}"
    if what == "same target":
        return f"{name} has the target of its dependents" if rank == 0 else f"{name} has a target of its own"
    package = encoding.packages[subject]
    if what == "version":
        external = package.candidates[rank].external
        return f"{name} is the external @{chosen}" if external is not None else f"{name} is @{chosen}"
    if what in package.variants:
        return f"{name} is {setting(package, what, chosen)}"
    return f"{name} has {what} {chosen}"


def called(slot: Slot) -> str:
    """A package's name, and which copy of it where that is not the first one."""
    return slot[0] if slot[1] == 0 else f"{slot[0]} (copy {slot[1] + 1})"


def setting(package: PackageVariables, variant: str, value: str) -> str:
    """One choice of a variant as it is written in specs."""
    kinds = {declaration.kind for _, declaration in package.variants[variant].definitions}
    if kinds == {"bool"}:
        return f"+{variant}" if value == "true" else f"~{variant}"
    if "multi" in kinds and value.startswith("no "):
        return f"without {variant}={value.removeprefix('no ')}"
    return f"{variant}={value}"


def _fulfilled(encoding: Encoding, owner: str, what: str, chosen: str, rank: int) -> str:
    if what == "external":
        return f"{owner} is {'an external' if rank == 0 else 'built'}"
    if what.startswith("sharing "):
        whose = "the same as everybody" if rank == 0 else chosen
        return f"{owner} has {what.removeprefix('sharing ')} from {whose}"
    if what.startswith("provider of "):
        virtual = what.removeprefix("provider of ")
        # A request may name nothing but the virtual.
        taken = f"{virtual} is" if owner == virtual else f"{owner} gets {virtual} from"
        return f"{taken} {chosen}, which the configuration prefers"
    return f"{owner} is {chosen}, which the configuration prefers"
