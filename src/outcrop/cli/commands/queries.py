"""``versions``, ``providers``, ``dependencies``, ``dependents``, ``maintainers``, ``tags``: questions about recipes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from outcrop.base.errors import RequestError, UsageError
from outcrop.base.near import near_misses
from outcrop.cli.options import json_option, offline_option, parse_requests, pass_session
from outcrop.cli.output import columns
from outcrop.cli.session import Session
from outcrop.repo.errors import UnknownPackageError
from outcrop.repo.model import PackageModel
from outcrop.repo.questions import (
    Dependent,
    dependents,
    direct_dependencies,
    packages_by_maintainer,
    possible_dependencies,
    possible_dependents,
    provider_names,
)
from outcrop.repo.repositories import Repositories
from outcrop.spec import Spec, parse_spec
from outcrop.spec.graph import DEPENDENCY_TYPES


@click.command("versions")
@click.argument("name")
@click.option("-r", "--remote", is_flag=True, help="Instead, those that upstream has and the recipe does not.")
@click.option("-n", "--new", is_flag=True, help="Like --remote, but only those above all of the recipe's.")
@offline_option
@json_option
@pass_session
def versions_command(session: Session, name: str, remote: bool, new: bool, offline: bool, as_json: bool) -> None:
    """List the versions a recipe knows, best first; with --remote, further ones that upstream has."""
    session.offline = offline
    model = _package(session, name)
    if not (remote or new):
        _show_declared(session, model, as_json)
        return
    # Asks the network: its imports are not for the common case.
    from outcrop.env.upstream import Upstream

    found = Upstream(session.context).undeclared(model, newer=new)
    if as_json:
        session.output.json({"name": model.name, "remote": [release.version for release in found]})
        return
    for release in found:
        session.output.line(release.version)
    if not found:
        session.output.talk(f"upstream has no {'newer' if new else 'other'} versions of {model.name}")
    else:
        session.output.hint(f"'outcrop checksum {name} VERSION --add' puts one into the recipe")


def _show_declared(session: Session, model: PackageModel, as_json: bool) -> None:
    if as_json:
        session.output.json(
            {
                "name": model.name,
                "versions": [
                    {"version": each.version, "preferred": each.preferred, "deprecated": each.deprecated}
                    for each in model.versions
                ],
            }
        )
        return
    for each in model.versions:
        notes = [word for word, holds in (("preferred", each.preferred), ("deprecated", each.deprecated)) if holds]
        session.output.line(each.version + (f"  ({', '.join(notes)})" if notes else ""))
    if not model.versions:
        session.output.talk(f"the recipe of {model.name} has no versions: it can only be an external")


@click.command("providers")
@click.argument("virtuals", nargs=-1, metavar="[VIRTUAL]...")
@json_option
@pass_session
def providers_command(session: Session, virtuals: tuple[str, ...], as_json: bool) -> None:
    """List the packages that provide VIRTUAL, with its versions and conditions; without it, list all virtuals.

    VIRTUAL may ask for versions, as in mpi@3: .
    """
    repositories = session.context.repositories
    if not virtuals:
        _show_names(session, repositories.virtuals(), "virtuals", "virtual package", as_json)
        return
    answers = {text: _providers(repositories, text) for text in virtuals}
    if as_json:
        session.output.json(
            {
                "virtuals": {
                    text: [{"name": name, "provides": str(spec), "when": str(when)} for name, spec, when in rows]
                    for text, rows in answers.items()
                }
            }
        )
        return
    for text, rows in answers.items():
        if len(answers) > 1:
            session.output.line(f"{session.output.paint(text, 'bold')}:")
        indent = "    " if len(answers) > 1 else ""
        shown = [(name, str(spec), "" if when.is_empty else f"when {when}") for name, spec, when in rows]
        for line in columns(shown):
            session.output.line(indent + line)


def _providers(repositories: Repositories, text: str) -> list[tuple[str, Spec, Spec]]:
    """(package, what it provides, condition), for what fits ``text``."""
    wanted = parse_spec(text)
    declared = repositories.providers(wanted.name)
    if not declared:
        if wanted.name and repositories.exists(wanted.name):
            raise RequestError(f"{wanted.name} is a package, not a virtual", hint=f"try 'outcrop info {wanted.name}'")
        raise UnknownPackageError(
            f"no package provides {wanted.name or text}", hint=_near(wanted.name, repositories.virtuals())
        )
    rows = [
        (name, spec, each.when)
        for name, each in declared
        for spec in each.virtuals
        if spec.name == wanted.name and spec.intersects(wanted)
    ]
    if not rows:
        known = sorted({str(spec) for _, each in declared for spec in each.virtuals if spec.name == wanted.name})
        raise RequestError(f"no package provides {text}", hint=f"what there is: {', '.join(known)}")
    return rows


@click.command("dependencies")
@click.argument("requests", nargs=-1, required=True, metavar="NAME")
@click.option("-t", "--transitive", is_flag=True, help="Everything that may come with it, dependencies' ones too.")
@click.option("-V", "--no-expand-virtuals", is_flag=True, help="With -t: leave virtuals as they are.")
@click.option(
    "--deptype", "types", metavar="TYPES", default="", help="Only dependencies of these types: build,link,run,test."
)
@click.option("-i", "--installed", is_flag=True, help="Of an installed package; NAME may be any spec then.")
@json_option
@pass_session
def dependencies_command(
    session: Session,
    requests: tuple[str, ...],
    transitive: bool,
    no_expand_virtuals: bool,
    types: str,
    installed: bool,
    as_json: bool,
) -> None:
    """List what a recipe depends on, under whatever condition, with types: l link, r run, b build, t test."""
    wanted = _types(types)
    if installed:
        _installed_relations(session, requests, transitive, wanted, as_json, upwards=False)
        return
    name = _one_name(requests)
    repositories = session.context.repositories
    if transitive:
        if wanted:
            raise UsageError("--deptype is for direct dependencies", hint="'outcrop graph SPEC' shows all with types")
        bare = _known(repositories, name)
        summaries = repositories.summaries()
        if bare not in summaries and repositories.exists(name):
            # Its recipe cannot be loaded, and this says why.
            repositories.model(name)
        found = possible_dependencies([bare], summaries, provider_names(repositories), expand=not no_expand_virtuals)
        _show_names(session, found, "dependencies", "possible dependency", as_json, name=bare)
        return
    model = _package(session, name)
    direct = direct_dependencies(model, wanted)
    if as_json:
        session.output.json(
            {
                "name": model.name,
                "dependencies": [
                    {
                        "name": each.name,
                        "types": list(each.types),
                        "always": each.always,
                        "virtual": repositories.is_virtual(each.name),
                        "specs": [{"spec": str(spec), "when": str(when)} for spec, when in each.specs],
                    }
                    for each in direct
                ],
            }
        )
        return
    for each in direct:
        marks = "".join(kind[0] if kind in each.types else " " for kind in DEPENDENCY_TYPES)
        session.output.line(f"[{marks}]  {each.name}" + ("" if each.always else "  (sometimes)"))
    if not direct:
        session.output.talk(f"{model.name} has no dependencies" + (f" of type {types}" if wanted else ""))


@click.command("dependents")
@click.argument("requests", nargs=-1, required=True, metavar="NAME")
@click.option("-t", "--transitive", is_flag=True, help="Everything it may come into, dependents' dependents too.")
@click.option("-i", "--installed", is_flag=True, help="Of an installed package; NAME may be any spec then.")
@json_option
@pass_session
def dependents_command(
    session: Session, requests: tuple[str, ...], transitive: bool, installed: bool, as_json: bool
) -> None:
    """List the packages whose recipes depend on NAME, a package or a virtual, under whatever condition.

    Those that only depend on a virtual which NAME may provide are listed with the virtual.
    """
    if installed:
        _installed_relations(session, requests, transitive, (), as_json, upwards=True)
        return
    repositories = session.context.repositories
    name = _known(repositories, _one_name(requests))
    summaries, providers = repositories.summaries(), provider_names(repositories)
    if transitive:
        found = possible_dependents(name, summaries, providers)
        _show_names(session, found, "dependents", "possible dependent", as_json, name=name)
        return
    direct = dependents(name, summaries, providers)
    if as_json:
        session.output.json(
            {"name": name, "dependents": [{"name": each.name, "through": list(each.through)} for each in direct]}
        )
        return
    for line in _dependent_lines(direct):
        session.output.line(line)
    session.output.talk(_count(len(direct), "dependent"))


def _dependent_lines(found: Sequence[Dependent]) -> list[str]:
    return columns([(each.name, f"({', '.join(each.through)})" if each.through else "") for each in found])


def _installed_relations(
    session: Session, requests: tuple[str, ...], transitive: bool, types: Sequence[str], as_json: bool, *, upwards: bool
) -> None:
    """What an installed package needs, or what installed packages need it."""
    # Only these questions are about the store.
    from outcrop.env.installed import installed_graph, one_installed
    from outcrop.spec.graph import short

    specs = parse_requests(requests, what="ask for")
    if len(specs) > 1:
        raise UsageError(f"one package at a time, not {len(specs)}")
    store = session.context.store
    graph = installed_graph(store)
    start = one_installed(store, specs[0]).hash
    seen: dict[str, None] = {}
    waiting = [start]
    while waiting:
        current = waiting.pop(0)
        if upwards:
            reached = [parent for _, parent, _ in graph.dependents(current)]
        else:
            held = [edge for edge, _ in graph.dependencies(current)]
            reached = [edge.hash for edge in held if not types or not set(types).isdisjoint(edge.types)]
        fresh = [key for key in reached if key not in seen and key != start]
        seen.update(dict.fromkeys(fresh))
        waiting += fresh if transitive else []
    keys = sorted(seen, key=lambda key: (graph[key].name, graph[key].version, key))
    if as_json:
        what = "dependents" if upwards else "dependencies"
        rows = [{"hash": key, "name": graph[key].name, "version": graph[key].version} for key in keys]
        session.output.json({"hash": start, what: rows})
        return
    for key in keys:
        session.output.line(f"{session.output.paint(short(key), 'dim')}  {graph[key].name}@{graph[key].version}")
    session.output.talk(_count(len(keys), "installed dependent" if upwards else "installed dependency"))


@click.command("maintainers")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-u", "--by-user", is_flag=True, help="NAMEs are maintainers; list their packages.")
@click.option("--unmaintained", is_flag=True, help="List the packages that nobody maintains.")
@json_option
@pass_session
def maintainers_command(
    session: Session, names: tuple[str, ...], by_user: bool, unmaintained: bool, as_json: bool
) -> None:
    """List who maintains the packages NAME; without NAME, all packages that are maintained."""
    repositories = session.context.repositories
    summaries = repositories.summaries()
    if unmaintained:
        if names or by_user:
            raise UsageError("--unmaintained stands alone")
        orphans = [name for name, summary in summaries.items() if not summary.maintainers]
        _show_names(session, orphans, "unmaintained", "package", as_json)
        return
    table: dict[str, list[str]]
    if by_user:
        everybody = packages_by_maintainer(summaries)
        table = _chosen(everybody, names, "maintainer")
    elif names:
        table = {name: list(_package(session, name).maintainers) for name in names}
    else:
        table = {name: list(summary.maintainers) for name, summary in summaries.items() if summary.maintainers}
    if as_json:
        session.output.json({"packages" if by_user else "maintainers": table})
        return
    if len(names) == 1:
        (found,) = table.values()
        for each in found:
            session.output.line(each)
        if not found:
            session.output.talk(f"nobody maintains {names[0]}")
        return
    for line in columns([(each, ", ".join(found) or "-") for each, found in table.items()]):
        session.output.line(line)


@click.command("tags")
@click.argument("tags", nargs=-1, metavar="[TAG]...")
@click.option("-a", "--all", "everything", is_flag=True, help="All tags with their packages.")
@json_option
@pass_session
def tags_command(session: Session, tags: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the packages that have TAG; without TAG, list all tags."""
    known = session.context.repositories.tags()
    if not tags and not everything:
        if as_json:
            session.output.json({"tags": {tag: len(packages) for tag, packages in known.items()}})
            return
        for line in columns([(tag, str(len(packages))) for tag, packages in known.items()]):
            session.output.line(line)
        if not known:
            session.output.talk("no package has a tag")
        return
    table = known if everything else _chosen(known, tags, "tag")
    if as_json:
        session.output.json({"tags": table})
        return
    for tag, packages in table.items():
        if len(table) > 1:
            session.output.line(f"{session.output.paint(tag, 'bold')}:")
        for name in packages:
            session.output.line(f"    {name}" if len(table) > 1 else name)


# what the commands share


def _package(session: Session, name: str) -> PackageModel:
    """The model of a package; a virtual is refused with what to ask instead."""
    repositories = session.context.repositories
    if repositories.is_virtual(name) and (not repositories.exists(name) or repositories.model(name).virtual):
        raise RequestError(
            f"{name} is virtual",
            hint=f"'outcrop providers {name}' lists the packages that provide it",
            code="virtual-package",
        )
    return repositories.model(name)


def _known(repositories: Repositories, name: str) -> str:
    """The bare name of a package or virtual.

    Raises:
        UnknownPackageError: there is no such; near misses are named.
    """
    if not repositories.exists(name) and repositories.providers(name):
        return name
    repositories.recipe_path(name)
    return name.rpartition(".")[2]


def _one_name(requests: tuple[str, ...]) -> str:
    if len(requests) > 1:
        raise UsageError(f"one name at a time, not {len(requests)}")
    return requests[0]


def _types(text: str) -> list[str]:
    types = [kind for kind in text.split(",") if kind and kind != "all"]
    wrong = [kind for kind in types if kind not in DEPENDENCY_TYPES]
    if wrong:
        raise UsageError(
            f"'{wrong[0]}' is no type of dependency",
            hint=f"the types are {', '.join(DEPENDENCY_TYPES)}, as in build,run",
        )
    return types


def _chosen(table: dict[str, list[str]], names: tuple[str, ...], what: str) -> dict[str, list[str]]:
    """The lines of a table that are asked for, in any letter case; all of them where none is."""
    if not names:
        return table
    spelled = {name.lower(): name for name in table}
    for name in names:
        if name.lower() not in spelled:
            raise RequestError(
                f"there is no {what} {name}",
                hint=_near(name, table) or f"'outcrop {what}s' lists all",
                code=f"no-{what}",
            )
    return {spelled[name.lower()]: table[spelled[name.lower()]] for name in names}


def _near(word: str, known: Iterable[str]) -> str | None:
    near = near_misses(word, known)
    return f"did you mean {' or '.join(near)}?" if near else None


def _show_names(
    session: Session, names: Sequence[str], key: str, what: str, as_json: bool, *, name: str | None = None
) -> None:
    if as_json:
        session.output.json({**({"name": name} if name is not None else {}), key: list(names)})
        return
    for each in names:
        session.output.line(each)
    session.output.talk(_count(len(names), what))


def _count(number: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"
