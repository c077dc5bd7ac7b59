"""``install`` and ``concretize``."""

from __future__ import annotations

import sys

import click

from outcrop.base.errors import UsageError
from outcrop.cli.options import jobs_option, json_option, offline_option, parse_requests, pass_session
from outcrop.cli.render import TreeRenderer, graph_record, node_record
from outcrop.cli.session import Session
from outcrop.env.install import InstallError
from outcrop.spec.graph import short


@click.command("install")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@jobs_option
@offline_option
@click.option("--add", is_flag=True, help="In an environment: add SPEC to it first.")
@click.option(
    "--test", "tests", type=click.Choice(["root", "all"]), help="Run install-time tests of the roots, or of all."
)
@click.option("--fail-fast", is_flag=True, help="Start nothing new after the first failure.")
@click.option("--keep-stage", is_flag=True, help="Keep the stage of builds that succeed, too.")
@click.option("--locked", is_flag=True, help="In an environment: refuse to solve; the lock must answer the manifest.")
@json_option
@pass_session
def install_command(
    session: Session,
    requests: tuple[str, ...],
    jobs: int | None,
    offline: bool,
    add: bool,
    tests: str | None,
    fail_fast: bool,
    keep_stage: bool,
    locked: bool,
    as_json: bool,
) -> None:
    """Install SPEC, or everything an environment asks for and its views.

    In an environment that is locked and unchanged nothing is solved; what is installed is not built again.
    """
    from outcrop.env.steps import Wishes, install_environment, install_requests

    session.offline = offline
    wishes = Wishes(jobs=jobs, tests=tests or "", fail_fast=fail_fast, keep_stage=keep_stage)
    environment = session.active
    try:
        if environment is not None:
            if requests and not add:
                raise UsageError(
                    f"in the environment {environment.name}, 'install' installs what the environment asks for",
                    hint="'install --add SPEC' adds SPEC to it; 'outcrop -E install SPEC' installs outside of it",
                )
            if requests:
                specs = parse_requests(requests)
                environment.edit(add=tuple(str(spec) for spec in specs))
            result = install_environment(environment, wishes, locked=locked)
        else:
            result = install_requests(session.context, parse_requests(requests), wishes)
    except InstallError as error:
        _show_failures(session, error)
        raise
    if as_json:
        session.output.json(
            {
                "roots": [node_record(key, result.graph[key]) for key in result.graph.roots],
                "built": sorted(result.report.built),
                "reused": sorted(result.report.reused),
                "views": [str(path) for path in result.views],
            }
        )
        return
    for key in result.graph.roots:
        node = result.graph[key]
        mark = session.output.paint("[e]" if node.is_external else "[+]", "green")
        session.output.line(f"{mark} {session.context.store.prefix(key, node)}")
    for path in result.views:
        session.output.line(f"{session.output.paint('[+]', 'green')} view {path}")


def _show_failures(session: Session, error: InstallError) -> None:
    from outcrop.env.install import failure_lines

    for failure in error.report.failures:
        print("", file=sys.stderr)
        for line in failure_lines(failure):
            print(line, file=sys.stderr)
        if failure.hint:
            session.output.hint(failure.hint)
    if error.report.failures:
        print("", file=sys.stderr)


@click.command("concretize")
@click.option(
    "-f", "--force", is_flag=True, help="Solve anew, and take recipes as they are now, even if the lock is current."
)
@json_option
@pass_session
def concretize_command(session: Session, force: bool, as_json: bool) -> None:
    """Solve an environment's requests and write outcrop.lock."""
    from outcrop.env.steps import concretize_environment

    environment = session.required_environment()
    lock, changed = concretize_environment(environment, force=force)
    graph = lock.graph()
    roots = [root.hash for root in lock.roots]
    if as_json:
        session.output.json({"lock": str(environment.lock_path), "changed": changed, **graph_record(graph, roots)})
        return
    renderer = TreeRenderer(graph, session.output, installed=environment.context.store.installed)
    for root in lock.roots:
        session.output.talk(f"{root.spec} -> /{short(root.hash)}")
    for line in renderer.lines(graph.roots):
        session.output.line(line)
    session.output.talk(f"{'wrote' if changed else 'unchanged:'} {environment.lock_path}")
