"""The groups of an environment solved one after the other: each is offered what the groups it needs came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outcrop.base.errors import OutcropError
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.environment import Environment
from outcrop.env.groups import Group, find_group, with_needs
from outcrop.env.inspection import Inspection
from outcrop.env.reuse import Reuse
from outcrop.spec.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """What a group came to; the answer's roots are those of the group, in their order."""

    group: Group
    answer: Concretized


def concretize_groups(
    environment: Environment,
    *,
    only: str = "",
    tests: bool = False,
    inspection: Inspection | None = None,
    reuse: Reuse | None = None,
    current: bool = False,
) -> list[GroupAnswer]:
    """Solve the groups of an environment, in their order.

    A group's answer depends on the groups it needs, and on those that they need, but on no others.

    Args:
        environment: has the groups.
        only: the group that is wanted, with those it needs; it is the last. None is all.
        tests: whether test dependencies of what is asked for are wanted.
        inspection: watches the last solve.
        reuse: what the command line says about reuse.
        current: see :func:`outcrop.env.concretize.concretize`.

    Raises:
        RequestError: there is no such group, or one cannot be solved: says which.
    """
    groups: Sequence[Group] = environment.manifest.groups
    if only:
        find_group(groups, only)
        groups = with_needs(groups, [only])
    answers: dict[str, GroupAnswer] = {}
    for group in groups:
        needed = [answers[each.name].answer for each in with_needs(groups, group.needs) if each.name in answers]
        context = environment.context
        if group.override is not None:
            context = context.with_packages(group.override)
        specs = [root.spec for root in group.roots]
        try:
            answer = concretize(
                context,
                specs,
                tests=frozenset(spec.name for spec in specs) if tests else frozenset(),
                inspection=inspection if group is groups[-1] else None,
                reuse=reuse,
                current=current,
                decided=_joined_graph(needed) if needed else None,
            )
        except OutcropError as error:
            if environment.manifest.has_groups:
                error.details = (f"in the group '{group.name}':", *error.details)
            raise
        answers[group.name] = GroupAnswer(group, answer)
    return list(answers.values())


def joined(answers: Sequence[Concretized]) -> Concretized:
    """Several answers as one. The ids of drafts mean something in one solve only, so several have none."""
    if len(answers) == 1:
        return answers[0]
    return Concretized(
        _joined_graph(answers),
        tuple(key for answer in answers for key in answer.roots),
        reasons={key: reason for answer in reversed(answers) for key, reason in answer.reasons.items()},
        recipes={key: text for answer in answers for key, text in answer.recipes.items()},
        older={key: recipe for answer in answers for key, recipe in answer.older.items()},
    )


def _joined_graph(answers: Sequence[Concretized]) -> Graph:
    nodes: dict[str, Node] = {}
    for answer in answers:
        nodes.update(answer.graph.nodes)
    return Graph(nodes, dict.fromkeys(key for answer in answers for key in answer.roots))
