"""Has a recipe changed since it was locked? Only the lock's own recipes are asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from outcrop.base.errors import RequestError
from outcrop.env.context import Context
from outcrop.spec import Spec
from outcrop.spec.graph import Graph, short
from outcrop.spec.match import node_satisfies

SHOWN_LINES = 12
"""Lines of difference an error shows for one recipe."""


@dataclass(frozen=True, slots=True)
class Drift:
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


def find_drift(context: Context, graph: Graph, keys: Iterable[str]) -> list[Drift]:
    """Nodes among ``keys`` whose recipe hash differs from the locked one; externals have none.

    Raises:
        OutcropError: a recipe is gone or does not load.
    """
    found = []
    for key in keys:
        node = graph[key]
        if node.is_external:
            continue
        name = f"{node.namespace}.{node.name}"
        if context.repositories.known_recipe_hash(name, key) == node.recipe:
            continue
        model = context.repositories.model(name)

        def satisfies(when: Spec, key: str = key) -> bool:
            return node_satisfies(graph, key, when)

        now, text = context.repositories.recipe(model, node.version, satisfies, subject=key)
        if now == node.recipe:
            continue
        old = context.store.recipe(node.recipe)
        difference = (
            ()
            if old is None
            else tuple(difflib.unified_diff(old.splitlines(), text.splitlines(), "locked", "now", lineterm="", n=1))
        )
        found.append(Drift(key, f"{node.name}@{node.version}", node.recipe, now, difference))
    return found


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
