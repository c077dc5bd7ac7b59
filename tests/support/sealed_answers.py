"""Answers of the concretizer put into a store as if they had been built, a file in each prefix."""

from __future__ import annotations

from outcrop.env.concretize import Concretized
from outcrop.env.context import Context
from support.prefixes import external_seal, install_files


def install_answer(context: Context, answer: Concretized) -> tuple[str, ...]:
    """Seal everything of an answer that is not installed; gives the roots' hashes."""
    answer.keep_recipes(context)
    for key in answer.graph.topological():
        node = answer.graph[key]
        if context.store.installed(key):
            continue
        if node.external is not None:
            context.store.add_external(external_seal(node))
        else:
            install_files(context.store, node, {"name": node.name})
    return answer.roots
