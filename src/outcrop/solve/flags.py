"""Compiler flags of nodes.

A node that is built has the flags that somebody asks for and no others: what is passed down to it first, then what
dependents' lines, the configuration and requests say, so that the last word is the person's. A condition on flags
holds where all of them are asked for. Externals have no flags: they were compiled before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

import msgspec

from outcrop.solve.asking import asked_where
from outcrop.solve.asks import PASSED, Ask, OpenList, Slot
from outcrop.solve.clauses import FALSE
from outcrop.solve.encoding import Encoding, PackageVariables
from outcrop.spec import FlagConstraint, Spec


def note_flags(encoding: Encoding, slot: Slot, ask: Ask) -> None:
    """Somebody asks for flags."""
    flag = ask.what
    if not isinstance(flag, FlagConstraint):
        return
    encoding.asks.flags.setdefault(slot, []).append(ask)
    if encoding.installed.named(slot[0]):
        # What is installed keeps the flags it was compiled with.
        package = encoding.package(slot)
        recorded = encoding.atom(package, ("recorded flags", flag))
        encoding.clauses.add((-asked_where(encoding, ask), -encoding.atom(package, ("reused",)), recorded))
    for (kind, where, what), found in list(encoding.asks.lists.items()):
        if where == slot and kind == "flag" and isinstance(what, FlagConstraint):
            if what.name == flag.name and flag.satisfies(what):
                found.add(_given(encoding, slot, ask))
        elif where == slot and kind == "flags" and what == flag.name and ask.order[0] != PASSED:
            found.add(asked_where(encoding, ask))


def flags_asked(encoding: Encoding, slot: Slot, name: str) -> int:
    """A literal: somebody asks for flags of this kind of the slot itself; what is passed down does not count."""
    key = ("flags", slot, name)
    found = encoding.asks.lists.get(key)
    if found is None:
        found = encoding.asks.lists[key] = OpenList(encoding.clauses)
        for ask in encoding.asks.flags.get(slot, ()):
            if isinstance(ask.what, FlagConstraint) and ask.what.name == name and ask.order[0] != PASSED:
                found.add(asked_where(encoding, ask))
    return found.literal


def flag_literal(encoding: Encoding, package: PackageVariables, wanted: FlagConstraint) -> int:
    """A literal: the node has all flags of ``wanted``."""
    literals = []
    for words in wanted.groups():
        single = FlagConstraint(wanted.name, words)
        key = ("flag", package.slot, single)
        found = encoding.asks.lists.get(key)
        if found is None:
            found = encoding.asks.lists[key] = OpenList(encoding.clauses)
            if encoding.installed.named(package.name):
                found.add(encoding.atom(package, ("recorded flags", single)))
            for ask in encoding.asks.flags.get(package.slot, ()):
                if isinstance(ask.what, FlagConstraint) and ask.what.name == wanted.name and ask.what.satisfies(single):
                    found.add(_given(encoding, package.slot, ask))
        literals.append(found.literal)
    return encoding.clauses.conjunction(literals)


def _given(encoding: Encoding, slot: Slot, ask: Ask) -> int:
    external = encoding.atom(encoding.package(slot), ("external",))
    reused = encoding.atom(encoding.package(slot), ("reused",)) if encoding.installed.named(slot[0]) else FALSE
    return encoding.clauses.conjunction((asked_where(encoding, ask), -external, -reused))


def flags_of(
    encoding: Encoding, slot: Slot, graph: Collection[Slot], truth: Callable[[int], bool]
) -> dict[str, tuple[str, ...]]:
    """The flags of a built node in the model, those with the last word last; ``graph`` is what roots reach."""
    found: dict[str, FlagConstraint] = {}
    for ask in sorted(encoding.asks.flags.get(slot, ()), key=lambda ask: (ask.order, str(ask.what))):
        flag = ask.what
        if isinstance(flag, FlagConstraint) and truth(ask.literal) and (ask.owner is None or ask.owner in graph):
            before = found.get(flag.name)
            found[flag.name] = flag if before is None else before.constrain(flag)
    return {name: found[name].words for name in sorted(found)}


@lru_cache(maxsize=4096)
def without_flags(spec: Spec) -> Spec:
    """The constraint without flags, on the node and on everything below it."""
    if not any(each.flags for each in spec.walk()):
        return spec
    edges = [msgspec.structs.replace(edge, spec=without_flags(edge.spec)) for edge in spec.edges]
    return msgspec.structs.replace(spec, flags=()).with_edges(edges)
