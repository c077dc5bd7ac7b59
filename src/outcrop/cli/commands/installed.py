"""``find``, ``location``, ``uninstall``, ``gc``, ``reindex``: what is in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from outcrop.base.errors import RequestError
from outcrop.cli.options import json_option, parse_requests, pass_session
from outcrop.cli.output import columns
from outcrop.cli.render import INSTALLED, MISSING, node_record, node_text, place_text
from outcrop.cli.session import Session
from outcrop.spec.graph import Graph, Node, short
from outcrop.store import IndexRecord

if TYPE_CHECKING:
    from outcrop.spec import Spec


@click.command("find")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option("-p", "--paths", is_flag=True, help="Show prefixes.")
@click.option("-L", "--long", "whole_hash", is_flag=True, help="Show whole hashes.")
@click.option("-x", "--explicit", is_flag=True, help="Only what was asked for by name.")
@click.option("-X", "--implicit", is_flag=True, help="Only what came as a dependency.")
@click.option("--format", "template", metavar="FORMAT", help='A line for each, such as "{name}{@version} {hash:7}".')
@json_option
@pass_session
def find_command(
    session: Session,
    requests: tuple[str, ...],
    paths: bool,
    whole_hash: bool,
    explicit: bool,
    implicit: bool,
    template: str | None,
    as_json: bool,
) -> None:
    """List installed packages that fit SPEC (all, without SPEC).

    In an environment: what it holds, with marks: [+] installed, - not yet, [e] external.
    """
    if explicit and implicit:
        raise click.UsageError("--explicit and --implicit exclude each other")
    specs: list[Spec] = parse_requests(requests, what="find") if requests else []
    if session.active is not None:
        _find_in_environment(session, specs, paths, whole_hash, as_json)
        return
    from outcrop.env.installed import matching  # with the solver's rooms behind it, for specs that need a graph

    store = session.context.store
    records = [
        record
        for record in matching(store, specs)
        if (not explicit or record.explicit) and (not implicit or not record.explicit)
    ]
    if as_json:
        session.output.json(
            {
                "installed": [
                    {**node_record(record.hash, record.node), "prefix": record.prefix, "explicit": record.explicit}
                    for record in records
                ]
            }
        )
    elif template is not None:
        for line in _formatted(session, records, template):
            session.output.line(line)
    else:
        _print_records(session, records, paths, whole_hash)
    if requests and not records:
        raise RequestError(
            f"no installed package fits {' '.join(requests)}", hint="'outcrop find' without a spec lists everything"
        )


def _formatted(session: Session, records: Sequence[IndexRecord], template: str) -> list[str]:
    from outcrop.env.installed import installed_graph
    from outcrop.spec.match import format_node

    graph = installed_graph(session.context.store)
    store = session.context.store
    return [
        format_node(graph, record.hash, template, prefixes=lambda key, node: str(store.prefix(key, node)))
        for record in records
    ]


def _print_records(session: Session, records: Sequence[IndexRecord], paths: bool, whole_hash: bool) -> None:
    output = session.output
    externals = [record for record in records if record.external]
    built = [record for record in records if not record.external]
    rows = [_row(session, record.hash, record.node, record.prefix, paths, whole_hash, "") for record in built]
    rows += [_row(session, record.hash, record.node, record.prefix, paths, whole_hash, "[e]") for record in externals]
    for line in columns(rows):
        output.line(line)
    text = f"{len(built)} installed package{'' if len(built) == 1 else 's'}"
    output.talk(text + (f", {len(externals)} external" if externals else ""))


def _row(
    session: Session, key: str, node: Node, prefix: str, paths: bool, whole_hash: bool, mark: str
) -> tuple[str, ...]:
    cells = [session.output.paint(key if whole_hash else short(key), "dim"), node_text(node)]
    if paths or node.is_external:
        cells.append(prefix if paths else place_text(node))
    else:
        cells.append("")
    return (*([mark.ljust(3)] if mark or not node.is_external else []), *cells)


def _find_in_environment(session: Session, specs: list[Spec], paths: bool, whole_hash: bool, as_json: bool) -> None:
    from outcrop.spec.match import node_satisfies

    environment = session.required_environment()
    lock = environment.required_lock()
    graph: Graph = lock.graph()
    store = environment.context.store
    keys = [
        key
        for key in graph.closure(graph.roots, ("link", "run"))
        if not specs or any(node_satisfies(graph, key, spec) for spec in specs)
    ]
    keys.sort(key=lambda key: (graph[key].name, graph[key].version, key))
    if as_json:
        session.output.json(
            {
                "environment": str(environment.directory),
                "roots": [{"spec": root.spec, "hash": root.hash, "group": root.group} for root in lock.roots],
                "packages": [
                    {
                        **node_record(key, graph[key]),
                        "prefix": str(store.prefix(key, graph[key])),
                        "installed": store.installed(key),
                        "root": key in graph.roots,
                    }
                    for key in keys
                ],
            }
        )
        return
    output = session.output
    output.talk(f"{environment.name}: {len(lock.roots)} root{'' if len(lock.roots) == 1 else 's'}")
    rows = []
    for key in keys:
        node = graph[key]
        mark = "[e]" if node.is_external else INSTALLED if store.installed(key) else MISSING
        name = node_text(node)
        rows.append(
            (
                mark,
                output.paint(key if whole_hash else short(key), "dim"),
                output.paint(name, "bold") if key in graph.roots else name,
                str(store.prefix(key, node)) if paths else place_text(node),
            )
        )
    for line in columns(rows):
        output.line(line)
    if specs and not keys:
        raise RequestError(
            "nothing in the environment fits", hint=f"'outcrop -e {environment.directory} find' lists it"
        )


@click.command("location")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option("-i", "--install-dir", "prefix", is_flag=True, help="The prefix of the installed SPEC (the default).")
@click.option("-p", "--package-dir", "recipe", is_flag=True, help="The directory of SPEC's recipe.")
@click.option("-l", "--log", is_flag=True, help="The log of the build of the installed SPEC.")
@click.option("-r", "--root", is_flag=True, help="The root of the store.")
@click.option("--view", is_flag=True, help="The view of the environment.")
@json_option
@pass_session
def location_command(
    session: Session,
    requests: tuple[str, ...],
    prefix: bool,
    recipe: bool,
    log: bool,
    root: bool,
    view: bool,
    as_json: bool,
) -> None:
    """Print where something lies."""
    if sum((prefix, recipe, log, root, view)) > 1:
        raise click.UsageError("choose one of the places")
    path = _location(session, requests, recipe=recipe, log=log, root=root, view=view)
    if as_json:
        session.output.json({"path": path})
    else:
        session.output.line(path)


def _location(session: Session, requests: tuple[str, ...], *, recipe: bool, log: bool, root: bool, view: bool) -> str:
    context = session.context
    if root:
        return str(context.store.root)
    if view:
        environment = session.required_environment()
        if not environment.manifest.views:
            raise RequestError(f"the environment {environment.name} has no view", hint="'view: true' gives it one")
        return str(environment.manifest.views[0].root)
    specs = parse_requests(requests, what="locate")
    if len(specs) > 1:
        raise click.UsageError("give one spec")
    if recipe:
        return str(context.repositories.recipe_path(specs[0].name).parent)
    from outcrop.env.installed import one_installed

    record = one_installed(context.store, specs[0])
    if not log:
        return record.prefix
    from outcrop.build.layout import installed_log

    path = installed_log(record.prefix)
    if not path.exists():
        raise RequestError(f"there is no build log of {record.name}@{record.version}", hint="externals are not built")
    return str(path)


@click.command("uninstall")
@click.argument("requests", nargs=-1, required=True, metavar="SPEC...")
@click.option("-R", "--dependents", is_flag=True, help="Also what needs them.")
@click.option("-a", "--all", "every", is_flag=True, help="Every package that fits, if a SPEC fits several.")
@click.option("-f", "--force", is_flag=True, help="Even if something installed or an environment needs them.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def uninstall_command(
    session: Session, requests: tuple[str, ...], dependents: bool, every: bool, force: bool, yes: bool
) -> None:
    """Remove installed packages from the store. Installing them again brings them back with the same hashes."""
    from outcrop.env.installed import check_unneeded, matching, one_installed, with_dependents

    store = session.context.store
    keys: list[str] = []
    for spec in parse_requests(requests, what="uninstall"):
        found = matching(store, [spec]) if every else []
        keys += [record.hash for record in found] or [one_installed(store, spec).hash]
    keys = with_dependents(store, keys) if dependents else list(dict.fromkeys(keys))
    if not force:
        check_unneeded(session.context, keys)
    _remove(session, keys, yes=yes)


def _remove(session: Session, keys: list[str], *, yes: bool) -> None:
    store = session.context.store
    for key in keys:
        record = store.record(key)
        if record is not None:
            session.output.talk(f"  {short(key)}  {node_text(record.node)}")
    if not yes and not click.confirm(f"Remove {len(keys)} package{'' if len(keys) == 1 else 's'}?", err=True):
        raise click.Abort
    for key in keys:
        store.remove(key)
    session.output.talk(f"removed {len(keys)}")


@click.command("gc")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_session
def gc_command(session: Session, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Remove what nobody asked for and no environment needs, build tools included."""
    from outcrop.env.installed import unneeded

    store = session.context.store
    keys = unneeded(session.context)
    if as_json:
        records = [record for record in map(store.record, keys) if record is not None]
        session.output.json({"unneeded": [node_record(record.hash, record.node) for record in records]})
        if dry_run:
            return
    if not keys:
        session.output.talk("nothing to remove")
    elif dry_run:
        for key in keys:
            record = store.record(key)
            if record is not None:
                session.output.line(f"{short(key)}  {node_text(record.node)}")
    else:
        _remove(session, keys, yes=yes)


@click.command("reindex")
@json_option
@pass_session
def reindex_command(session: Session, as_json: bool) -> None:
    """Rebuild the index of the store from the seals in its prefixes."""
    report = session.context.store.reindex()
    if as_json:
        session.output.json(
            {
                "records": report.records,
                "added": list(report.added),
                "dropped": list(report.dropped),
                "broken": [{"path": str(path), "reason": reason} for path, reason in report.broken],
            }
        )
        return
    for path, reason in report.broken:
        session.output.warning(f"{path}: {reason}")
    session.output.talk(f"{report.records} in the index; {len(report.added)} added, {len(report.dropped)} dropped")
