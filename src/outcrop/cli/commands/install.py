"""``install`` and ``concretize``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outcrop.base.errors import UsageError
from outcrop.cli.options import (
    check_one_solve,
    inspected,
    jobs_option,
    json_option,
    offline_option,
    parse_requests,
    pass_session,
    reuse_options,
    save_option,
)
from outcrop.cli.render import TreeRenderer, graph_record, node_record
from outcrop.cli.session import Session
from outcrop.env.definitions import DEFAULT_GROUP
from outcrop.env.install import InstallError
from outcrop.spec.graph import short

if TYPE_CHECKING:
    from outcrop.env.reuse import Reuse
    from outcrop.env.steps import Installed, Wishes


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
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME",
    help="In an environment: install only what its group NAME asks for, and what that needs; may repeat. With --add, "
    "SPEC goes there.",
)
@reuse_options
@save_option
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
    groups: tuple[str, ...],
    reuse: Reuse | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """Install SPEC, or everything an environment asks for and its views.

    In an environment that is locked and unchanged nothing is solved; what is installed is not built again.
    """
    from outcrop.env.steps import Wishes

    session.offline = offline
    if save is not None and session.active is not None:
        check_one_solve(session.active, "", "--save-problem")
    try:
        with inspected(session, save=save) as inspection:
            wishes = Wishes(
                jobs=jobs,
                tests=tests or "",
                fail_fast=fail_fast,
                keep_stage=keep_stage,
                reuse=reuse,
                inspection=inspection,
            )
            result = _install(session, requests, wishes, add=add, locked=locked, groups=groups)
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


def _install(
    session: Session, requests: tuple[str, ...], wishes: Wishes, *, add: bool, locked: bool, groups: tuple[str, ...]
) -> Installed:
    from outcrop.env.steps import install_environment, install_requests

    environment = session.active
    if environment is None:
        if groups:
            raise UsageError("--group is for an environment, and none is given", hint="'outcrop -e DIR install ...'")
        return install_requests(session.context, parse_requests(requests), wishes)
    if requests and not add:
        raise UsageError(
            f"in the environment {environment.name}, 'install' installs what the environment asks for",
            hint="'install --add SPEC' adds SPEC to it; 'outcrop -E install SPEC' installs outside of it",
        )
    if requests:
        if len(groups) > 1:
            raise UsageError("SPEC can be added to one group only", hint="give --group once")
        from outcrop.cli.commands.manifest import add_requests  # needed for --add only

        add_requests(session, environment, parse_requests(requests), groups[0] if groups else DEFAULT_GROUP)
    return install_environment(environment, wishes, locked=locked, groups=groups)


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
@reuse_options
@save_option
@json_option
@pass_session
def concretize_command(session: Session, force: bool, reuse: Reuse | None, save: Path | None, as_json: bool) -> None:
    """Solve an environment's requests, group after group, and write outcrop.lock."""
    from outcrop.env.steps import concretize_environment

    environment = session.required_environment()
    if save is not None:
        check_one_solve(environment, "", "--save-problem")
    with inspected(session, save=save) as inspection:
        lock, changed = concretize_environment(environment, force=force, inspection=inspection, reuse=reuse)
    graph = lock.graph()
    roots = [root.hash for root in lock.roots]
    if as_json:
        record = {"lock": str(environment.lock_path), "changed": changed, **graph_record(graph, roots)}
        groups = [{"name": group.name, "roots": lock.hashes([group.name])} for group in environment.manifest.groups]
        session.output.json({**record, "groups": groups})
        return
    renderer = TreeRenderer(graph, session.output, installed=environment.context.store.installed)
    for root in lock.roots:
        group = f"{root.group}: " if environment.manifest.has_groups else ""
        session.output.talk(f"{group}{root.spec} -> /{short(root.hash)}")
    for line in renderer.lines(graph.roots):
        session.output.line(line)
    session.output.talk(f"{'wrote' if changed else 'unchanged:'} {environment.lock_path}")
