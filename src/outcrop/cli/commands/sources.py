"""``fetch``, ``stage``, ``patch`` and ``mirror``: sources without builds."""

from __future__ import annotations

from pathlib import Path

import click

from outcrop.base.errors import UsageError
from outcrop.cli.options import json_option, offline_option, parse_requests, pass_session
from outcrop.cli.output import columns
from outcrop.cli.session import Session
from outcrop.env.concretize import Concretized
from outcrop.env.context import Context
from outcrop.env.mirrors import add_mirror, configured_mirrors, holds_sources, remove_mirror, write_mirror
from outcrop.env.sources import (
    Staged,
    Stager,
    fetch_nodes,
    file_titles,
    node_title,
    requested_graph,
    wanted_keys,
)
from outcrop.fetch.client import redacted
from outcrop.spec import Spec

_dependencies_option = click.option(
    "-D/-R",
    "--dependencies/--no-dependencies",
    "dependencies",
    default=True,
    help="Take what SPEC depends on too, or SPEC alone.  [default: too]",
)
_force_option = click.option("-f", "--force", is_flag=True, help="Anew: what was changed in the stage is lost.")
_path_option = click.option(
    "-p",
    "--path",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Put the stage there.  [default: below Outcrop's own stage directory]",
)


def _asked(session: Session, requests: tuple[str, ...], what: str) -> tuple[Context, Concretized]:
    """The context to work in, and what is asked for."""
    specs: list[Spec] = parse_requests(requests, what=what) if requests else []
    context = session.working_context
    return context, requested_graph(context, session.active, specs)


@click.command("fetch")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@_dependencies_option
@click.option("-m", "--missing", is_flag=True, help="Only of what is not installed.")
@json_option
@pass_session
def fetch_command(
    session: Session, requests: tuple[str, ...], dependencies: bool, missing: bool, as_json: bool
) -> None:
    """Fetch the sources of SPEC (without SPEC: of the environment) into the source cache, verified.

    Afterwards 'install --offline' needs no network.
    """
    context, answer = _asked(session, requests, "fetch")
    graph = answer.graph
    keys = wanted_keys(graph, answer.roots, dependencies=dependencies)
    if missing:
        keys = [key for key in keys if not context.store.installed(key)]
    files = fetch_nodes(context, graph, keys)
    rows = [
        (node_title(graph[key]), title, str(path))
        for key in keys
        for title, path in zip(
            [*file_titles(graph[key]), *(patch.url for patch in graph[key].patches if patch.url)],
            [*files[key].archives, *filter(None, files[key].patches)],
            strict=True,
        )
    ]
    if as_json:
        session.output.json({"files": [{"package": name, "file": title, "path": path} for name, title, path in rows]})
        return
    for line in columns(rows):
        session.output.line(line)
    if not rows:
        session.output.talk("nothing to fetch: it is all external, installed or without sources")


@click.command("stage")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@_path_option
@_force_option
@offline_option
@json_option
@pass_session
def stage_command(
    session: Session, requests: tuple[str, ...], directory: Path | None, force: bool, offline: bool, as_json: bool
) -> None:
    """Fetch and unpack the sources of SPEC (without SPEC: of the environment's roots), and say where they are.

    Nothing is patched or built. A stage that is there already is left as it is.
    """
    _make_stages(session, requests, directory, force=force, offline=offline, as_json=as_json, patched=False)


@click.command("patch")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@_path_option
@_force_option
@offline_option
@json_option
@pass_session
def patch_command(
    session: Session, requests: tuple[str, ...], directory: Path | None, force: bool, offline: bool, as_json: bool
) -> None:
    """Like 'stage', then apply the patches of the recipe, of its dependents, and its own patch method."""
    _make_stages(session, requests, directory, force=force, offline=offline, as_json=as_json, patched=True)


def _make_stages(
    session: Session,
    requests: tuple[str, ...],
    directory: Path | None,
    *,
    force: bool,
    offline: bool,
    as_json: bool,
    patched: bool,
) -> None:
    session.offline = offline
    context, answer = _asked(session, requests, "stage")
    graph = answer.graph
    keys = wanted_keys(graph, answer.roots, dependencies=False)
    if directory is not None and len(keys) > 1:
        raise UsageError(f"--path is for one package, not for {len(keys)}")
    where = context.directory / directory.expanduser() if directory is not None else None
    files = fetch_nodes(context, graph, keys)
    stager = Stager(context, graph)
    made: list[Staged] = []
    for key in keys:
        work = stager.patch if patched else stager.stage
        staged = work(key, files[key], where, force=force)
        made.append(staged)
        if not staged.fresh:
            session.output.talk(f"{node_title(graph[key])} is there already; --force makes it anew")
    if as_json:
        session.output.json(
            {
                "stages": [
                    {
                        "package": node_title(graph[each.key]),
                        "hash": each.key,
                        "path": str(each.path),
                        "sources": str(each.source_path),
                        "fresh": each.fresh,
                        "patched": each.patched,
                    }
                    for each in made
                ]
            }
        )
        return
    for each in made:
        session.output.line(str(each.source_path))
    if not made:
        session.output.talk("nothing to stage: it is all external")


@click.group("mirror")
def mirror_command() -> None:
    """Mirrors of sources: create, add, list, remove."""


@mirror_command.command("create")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option(
    "-d",
    "--directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The mirror; made if it is not there.",
)
@click.option("-a", "--all", "everything", is_flag=True, help="Everything that the environment has locked.")
@_dependencies_option
@json_option
@pass_session
def mirror_create(
    session: Session,
    requests: tuple[str, ...],
    directory: Path,
    everything: bool,
    dependencies: bool,
    as_json: bool,
) -> None:
    """Put the sources of SPEC, and of what it depends on, into a mirror; what is in it stays."""
    if bool(requests) == everything:
        raise UsageError(
            "give either specs or --all",
            hint="'outcrop mirror create -d DIR py-black', or 'outcrop -e ENV mirror create -d DIR --all'",
        )
    if everything:
        session.required_environment()
    context, answer = _asked(session, requests, "mirror")
    keys = wanted_keys(answer.graph, answer.roots, dependencies=dependencies)
    root = context.directory / directory.expanduser()
    report = write_mirror(context, answer.graph, fetch_nodes(context, answer.graph, keys), root)
    if as_json:
        session.output.json(
            {
                "mirror": str(root),
                "written": [str(path) for path in report.written],
                "present": [str(path) for path in report.present],
                "skipped": [{"package": package, "reason": reason} for package, reason in report.skipped],
            }
        )
        return
    for package, reason in report.skipped:
        session.output.warning(f"{package} is left out: {reason}")
    session.output.line(f"{root}: {len(report.written)} files added, {len(report.present)} there already")
    if str(root) not in configured_mirrors(context).values():
        session.output.hint(f"'outcrop mirror add NAME {root}' makes installs look there first")


@mirror_command.command("add")
@click.argument("name")
@click.argument("address", metavar="DIR|URL")
@pass_session
def mirror_add(session: Session, name: str, address: str) -> None:
    """Look for sources in the mirror at DIR or URL before anywhere else."""
    written = add_mirror(session.context, name, address)
    session.output.talk(f"added {name}: {redacted(written)}")
    if not holds_sources(written):
        session.output.warning(f"{written} has no sources yet: there is no _source-cache in it")


@mirror_command.command("list")
@json_option
@pass_session
def mirror_list(session: Session, as_json: bool) -> None:
    """List mirrors in the order in which they are asked."""
    context = session.working_context
    found = configured_mirrors(context)
    if as_json:
        session.output.json({"mirrors": [{"name": name, "url": redacted(url)} for name, url in found.items()]})
        return
    for line in columns([(name, redacted(url)) for name, url in found.items()]):
        session.output.line(line)
    if not found:
        session.output.talk("no mirror is configured")


@mirror_command.command("remove")
@click.argument("name")
@pass_session
def mirror_remove(session: Session, name: str) -> None:
    """Ask the mirror NAME no more. Its files stay."""
    remove_mirror(session.context, name)
    session.output.talk(f"removed {name}")
