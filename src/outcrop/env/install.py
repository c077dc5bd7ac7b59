"""From a concrete graph to sealed prefixes: check externals, plan, fetch, build, report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from outcrop.base.errors import RequestError
from outcrop.build import BuildPlan, BuildReport, Failure, Fetched, plan_build
from outcrop.env.context import Context
from outcrop.spec.graph import Graph, short


class InstallError(RequestError):
    """At least one node could not be installed; ``report`` has every failure."""

    code = "install-failed"

    def __init__(self, message: str, report: BuildReport, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.report = report
        if any(failure.defect for failure in report.failures):
            self.exit_status = 3


def install_graph(
    context: Context,
    graph: Graph,
    roots: Sequence[str],
    *,
    jobs: int | None = None,
    fail_fast: bool = False,
    keep_stage: bool = False,
    tests: Iterable[str] = (),
    explicit: Iterable[str] = (),
) -> BuildReport:
    """Install ``roots`` of a graph.

    Args:
        tests: hashes whose install-time tests run.
        explicit: hashes that a person asked for; they are marked so also when they were installed before.

    Raises:
        InstallError: something failed; what did not depend on it is installed.
        RequestError: an external of the graph is gone.
    """
    plan = plan_build(graph, roots, context.store.installed)
    explicit = tuple(explicit)
    report = BuildReport(reused=list(plan.actions))
    if not plan.is_empty:
        check_externals(plan)
        report = run_plan(
            context, plan, jobs=jobs, fail_fast=fail_fast, keep_stage=keep_stage, tests=tests, explicit=explicit
        )
    for key in explicit:
        if context.store.installed(key):
            context.store.mark_explicit(key, True)
    if not report.is_success:
        raise InstallError(_summary(report, graph), report)
    return report


def run_plan(
    context: Context,
    plan: BuildPlan,
    *,
    jobs: int | None = None,
    fail_fast: bool = False,
    keep_stage: bool = False,
    tests: Iterable[str] = (),
    explicit: Iterable[str] = (),
) -> BuildReport:
    """Carry out a plan that is not empty; see :func:`install_graph`."""
    # See outcrop.build: not worth its start-up time where nothing is to be built.
    from outcrop.build.executor import Executor
    from outcrop.build.job import BuildDirectories

    roots = tuple(str(path) for _, path in context.repository_roots())
    executor = Executor(
        plan,
        BuildDirectories(
            store=str(context.store.root),
            stage=str(context.paths.stage),
            recipe_cache=str(context.paths.cache / "recipes"),
            licenses=str(context.paths.config / "licenses"),
            repositories=roots,
        ),
        fetch=lambda key: _fetch(context, plan.graph, key),
        reporter=context.reporter,
        slots=jobs or context.settings.build_jobs or os.cpu_count() or 1,
        fail_fast=fail_fast,
        keep_stage=keep_stage,
        tests=tests,
        explicit=explicit,
    )
    return executor.run()


def _fetch(context: Context, graph: Graph, key: str) -> Fetched:
    node = graph[key]
    archives = []
    for source in node.sources:
        wanted = source.kind != "none"
        archives.append(str(context.fetcher.fetch(source, name=node.name, version=node.version)) if wanted else "")
    patches = [str(context.fetcher.fetch_patch(patch, name=node.name)) if patch.url else "" for patch in node.patches]
    return Fetched(tuple(archives), tuple(patches))


def check_externals(plan: BuildPlan) -> None:
    """Are the externals of a plan still where they were?

    Raises:
        RequestError: one is gone; names it and what needs it.
    """
    for key in plan.actions:
        node = plan.graph[key]
        external = node.external
        if external is None:
            continue
        gone = next((path for path in (external.executable, external.prefix) if path and not Path(path).exists()), None)
        if gone is None:
            continue
        users = sorted({parent.name for _, _, parent in plan.graph.dependents(key)})
        needed = f", which {', '.join(users[:4])}{' and others' if len(users) > 4 else ''} need," if users else ""
        raise RequestError(
            f"the external {node.name}@{node.version}{needed} is gone: {gone} does not exist",
            hint="install it again, or concretize anew so that another one is found ('concretize --force')",
            code="external-gone",
        )


def _summary(report: BuildReport, graph: Graph) -> str:
    failed = ", ".join(f"{failure.name}@{failure.version} /{short(failure.key)}" for failure in report.failures)
    text = f"{len(report.failures)} of {len(report.failures) + len(report.built)} builds failed: {failed}"
    if report.skipped:
        names = ", ".join(sorted({graph[key].name for key in report.skipped}))
        text += f"; not tried because of it: {names}"
    return text


def failure_lines(failure: Failure) -> list[str]:
    """A failure in words: phase, message, last lines of the log, where the log lies."""
    lines = [
        f"{failure.name}@{failure.version} /{short(failure.key)}: phase {failure.phase or 'start'}: {failure.message}"
    ]
    lines += [f"  {line}" for line in failure.details]
    if failure.tail:
        lines.append("  last lines of the log:")
        lines += [f"    {line}" for line in failure.tail]
    if failure.log is not None:
        lines.append(f"  the whole log: {failure.log}")
    return lines
