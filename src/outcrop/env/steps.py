"""The steps of the main job: requests -> lock -> installed prefixes -> views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import RequestError
from outcrop.base.events import Event
from outcrop.build import BuildReport
from outcrop.env.context import Context
from outcrop.env.drift import find_drift, refuse_drift
from outcrop.env.environment import Environment
from outcrop.env.groups import find_group
from outcrop.env.inspection import Inspection
from outcrop.env.install import install_graph
from outcrop.env.lock import Lock, LockedRoot, write_lock
from outcrop.env.registry import register
from outcrop.env.views import update_views
from outcrop.spec.graph import Graph

if TYPE_CHECKING:
    from outcrop.env.reuse import Reuse
    from outcrop.spec import Spec


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to install. ``tests`` is empty, ``root`` or ``all``; ``reuse`` is what the command line says about reuse of
    what is installed; ``inspection`` watches the solve, if there is one.
    """

    jobs: int | None = None
    tests: str = ""
    fail_fast: bool = False
    keep_stage: bool = False
    reuse: Reuse | None = None
    inspection: Inspection | None = None


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """What an install came to."""

    graph: Graph
    report: BuildReport
    views: list[Path] = []


def install_requests(context: Context, specs: Sequence[Spec], wishes: Wishes) -> Installed:
    """Solve requests and install them, outside of any environment.

    Raises:
        RequestError: unsatisfiable, or a build failed.
    """
    # Solving and what it takes is 10 ms, which an environment that is locked does without.
    from outcrop.env.concretize import concretize
    from outcrop.env.installed import concrete_requests

    tested = _test_names(specs, wishes)
    answer = concrete_requests(
        context,
        specs,
        lambda abstract: concretize(context, abstract, tests=tested, inspection=wishes.inspection, reuse=wishes.reuse),
    )
    answer.keep_recipes(context)
    report = install_graph(
        context,
        answer.graph,
        answer.graph.roots,
        jobs=wishes.jobs,
        fail_fast=wishes.fail_fast,
        keep_stage=wishes.keep_stage,
        tests=_test_keys(answer.graph, wishes),
        explicit=answer.graph.roots,
    )
    return Installed(graph=answer.graph, report=report)


def concretize_environment(
    environment: Environment,
    *,
    force: bool = False,
    tests: str = "",
    inspection: Inspection | None = None,
    reuse: Reuse | None = None,
) -> tuple[Lock, bool]:
    """The environment's lock, solved anew if it does not answer the manifest (or if ``force``); says whether it was
    written. With ``force`` recipes count as they are now: nothing older is reused, unless ``reuse`` says so.
    """
    lock = environment.lock()
    if lock is not None and not force and environment.is_locked(lock):
        return lock, False
    from outcrop.env.grouped import concretize_groups, joined  # see above

    context = environment.context
    for warning in environment.manifest.warnings:
        context.reporter.report(Event("warning", text=warning))
    answers = concretize_groups(
        environment, tests=bool(tests), inspection=inspection, reuse=reuse, current=force and not reuse
    )
    answer = joined([each.answer for each in answers])
    answer.keep_recipes(context)
    fresh = Lock(
        inputs=environment.inputs_digest(),
        roots=tuple(
            LockedRoot(spec=root.text, hash=key, group=each.group.name, explicit=each.group.explicit)
            for each in answers
            for root, key in zip(each.group.roots, each.answer.roots, strict=True)
        ),
        nodes=dict(answer.graph.nodes),
        older=answer.older,
    )
    return fresh, write_lock(environment.lock_path, fresh)


def install_environment(
    environment: Environment, wishes: Wishes, *, locked: bool = False, groups: Sequence[str] = ()
) -> Installed:
    """Lock if needed, install, update the views. An environment that is unchanged and installed is not written to at
    all.

    Args:
        locked: refuse to solve.
        groups: install what these groups ask for; without any, what all do. The lock has all of them in any case.

    Raises:
        RequestError: unsatisfiable, drifted, or a build failed; with ``locked``, that the lock is not current.
    """
    context = environment.context
    for name in groups:
        find_group(environment.manifest.groups, name)
    lock = environment.lock()
    if lock is None or not environment.is_locked(lock):
        if locked:
            state = "there is no lock" if lock is None else "the lock does not answer the manifest any more"
            raise RequestError(
                f"{environment.lock_path}: {state}",
                hint=f"run 'outcrop -e {environment.directory} concretize' and keep the lock it writes",
                code="lock-not-current",
            )
        lock, _ = concretize_environment(
            environment, tests=wishes.tests, inspection=wishes.inspection, reuse=wishes.reuse
        )
    else:
        drifts = find_drift(context, lock.graph(), asked_by=str(environment.lock_path), older=lock.older)
        refuse_drift(drifts, again=f"outcrop -e {environment.directory} concretize --force")
    graph = lock.graph()
    if groups:
        graph = graph.subgraph(lock.hashes(groups))
    register(context, environment.directory)
    report = install_graph(
        context,
        graph,
        graph.roots,
        jobs=wishes.jobs,
        fail_fast=wishes.fail_fast,
        keep_stage=wishes.keep_stage,
        tests=_test_keys(graph, wishes),
    )
    return Installed(graph=graph, report=report, views=update_views(environment, lock, installed_only=bool(groups)))


def _test_names(specs: Sequence[Spec], wishes: Wishes) -> frozenset[str]:
    """Packages whose test dependencies are wanted."""
    return frozenset(spec.name for spec in specs) if wishes.tests else frozenset()


def _test_keys(graph: Graph, wishes: Wishes) -> list[str]:
    if wishes.tests == "all":
        return list(graph.nodes)
    return list(graph.roots) if wishes.tests == "root" else []
