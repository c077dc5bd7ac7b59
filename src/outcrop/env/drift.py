"""Has a recipe changed since it was locked? Only the lock's own recipes are asked, and only when one of their files, a
repository or the program looks different from the last time the answer was no.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import msgspec

from outcrop import __version__
from outcrop.base.digests import base32_name
from outcrop.base.errors import RequestError
from outcrop.base.remembered import recall, remember
from outcrop.env.context import Context
from outcrop.spec.graph import Graph, short

SHOWN_LINES = 12
"""Lines of difference an error shows for one recipe."""


class Drift(msgspec.Struct, frozen=True):
    """One node whose recipe is not what it was; ``difference`` is a unified diff of the canonical texts, empty if the
    old is lost."""

    key: str
    name: str
    locked: str
    now: str
    difference: tuple[str, ...]


class DriftError(RequestError):
    """The recipes that the lock pins are not the recipes in the repositories."""

    code = "recipe-drift"


def find_drift(
    context: Context, graph: Graph, *, asked_by: str = "", older: Mapping[str, str] | None = None
) -> list[Drift]:
    """Nodes whose recipe hash differs from the locked one; externals have none.

    Args:
        context: has the repositories.
        graph: what was locked.
        asked_by: names who asks, such as a lock file: that there is no drift is remembered for it.
        older: nodes that were locked as they were installed, with an older recipe -> the recipe hash a build would have
            had then. As long as they are installed, that is what counts.

    Raises:
        OutcropError: a recipe is gone or does not load.
    """
    cache = context.paths.cache / "drift" if asked_by else None
    kept = {key: recipe for key, recipe in (older or {}).items() if context.store.installed(key)}
    question = _digest(context, graph, kept)
    if recall(cache, asked_by, str) == question:
        return []
    found = []
    for key in graph.nodes:
        if kept.get(key) == "":
            continue  # There was no recipe for it when it was locked either.
        drift = node_drift(context, graph, key)
        if drift is not None and drift.now != kept.get(key):
            found.append(drift)
    if cache is not None and not found:
        names = [f"{node.namespace}.{node.name}" for node in graph.nodes.values() if not node.is_external]
        witnesses = context.repositories.witnesses(names)
        if witnesses is not None:
            remember(cache, asked_by, question, witnesses)
    return found


def _digest(context: Context, graph: Graph, kept: Mapping[str, str]) -> str:
    """Names what is asked: hashes of nodes cover those of their recipes; which files are recipes follows from the
    repositories, and what they mean from the program and what runs it.
    """
    roots = [f"{name} {root}" for name, root in context.repository_roots()]
    program = [__version__, sys.implementation.cache_tag, os.uname().machine]
    older = [f"{key} {recipe}" for key, recipe in sorted(kept.items())]
    return base32_name("\n".join([*program, *roots, *sorted(graph.nodes), *older]).encode())


def node_drift(context: Context, graph: Graph, key: str) -> Drift | None:
    """What has changed about the recipe of one node; ``None`` if nothing has.

    Raises:
        OutcropError: the recipe is gone or does not load.
    """
    node = graph[key]
    if node.is_external:
        return None
    name = f"{node.namespace}.{node.name}"
    if context.repositories.known_recipe_hash(name, key) == node.recipe:
        return None
    from outcrop.spec.match import node_satisfies  # with all that specs need: 3 ms, and mostly nothing has changed

    model = context.repositories.model(name)
    now, text = context.repositories.recipe(
        model, node.version, lambda when: node_satisfies(graph, key, when), subject=key
    )
    if now == node.recipe:
        return None
    old = context.store.recipe(node.recipe)
    return Drift(key, f"{node.name}@{node.version}", node.recipe, now, () if old is None else _difference(old, text))


def _difference(old: str, new: str) -> tuple[str, ...]:
    import difflib  # only where there is something to show

    return tuple(difflib.unified_diff(old.splitlines(), new.splitlines(), "locked", "now", lineterm="", n=1))


def refuse_drift(drifts: list[Drift], *, again: str) -> None:
    """Raise if there is any drift.

    Args:
        again: the command that takes the new recipes.

    Raises:
        DriftError: with the differences.
    """
    if not drifts:
        return
    details = []
    for drift in drifts:
        details.append(f"{drift.name} /{short(drift.key)}: recipe {short(drift.locked)} is now {short(drift.now)}")
        if not drift.difference:
            details.append("  (the recipe as it was locked is not in this store, so the difference cannot be shown)")
        details += [f"  {line}" for line in drift.difference[:SHOWN_LINES]]
        if len(drift.difference) > SHOWN_LINES:
            details.append(f"  ... {len(drift.difference) - SHOWN_LINES} more lines")
    names = ", ".join(drift.name for drift in drifts)
    raise DriftError(
        f"recipes have changed since they were locked: {names}",
        details=details,
        hint=f"'{again}' locks the recipes as they are now; or restore the old ones",
    )
