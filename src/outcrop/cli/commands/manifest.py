"""``add`` and ``remove``: the requests of an environment."""

from __future__ import annotations

from collections.abc import Sequence

import click

from outcrop.base.errors import RequestError
from outcrop.cli.options import parse_requests, pass_session
from outcrop.cli.session import Session
from outcrop.env.definitions import DEFAULT_GROUP, Root
from outcrop.env.environment import Environment
from outcrop.env.groups import find_group
from outcrop.spec import Spec


@click.command("add")
@click.argument("requests", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--group", default=DEFAULT_GROUP, metavar="NAME", help="Add to the group NAME, which is made if it is not there."
)
@pass_session
def add_command(session: Session, requests: tuple[str, ...], group: str) -> None:
    """Add SPEC to the environment's requests; 'install' then makes it so."""
    add_requests(session, session.required_environment(), parse_requests(requests, what="add"), group)


def add_requests(session: Session, environment: Environment, specs: Sequence[Spec], group: str) -> None:
    """Add requests to a group of an environment, and say so.

    Raises:
        RecipeError: there is no such package.
    """
    for spec in specs:
        if spec.name:
            _check_known(environment, spec.name)
    known = {each.name for each in environment.manifest.groups} | {DEFAULT_GROUP}
    added, _ = environment.edit(add=tuple(str(spec) for spec in specs), group=group)
    if group not in known:
        session.output.talk(f"made the group {group}")
    for text in added:
        session.output.talk(f"added {text}{_of_group('to', group)}")
    if not added:
        session.output.talk("nothing to add: all of it is there")


def _of_group(word: str, group: str) -> str:
    return "" if group == DEFAULT_GROUP else f" {word} the group {group}"


def _check_known(environment: Environment, name: str) -> None:
    repositories = environment.context.repositories
    if not repositories.is_virtual(name):
        repositories.model(name)


@click.command("remove")
@click.argument("requests", nargs=-1, required=True, metavar="SPEC...")
@click.option("--group", default="", metavar="NAME", help="Take it out of the group NAME only.")
@pass_session
def remove_command(session: Session, requests: tuple[str, ...], group: str) -> None:
    """Take SPEC out of the environment's requests, by its text or by the package's name.

    What several groups ask for is taken out of the one that --group names.
    """
    environment = session.required_environment()
    if group:
        find_group(environment.manifest.groups, group)
    specs = parse_requests(requests, what="remove")
    wanted: dict[str, list[str]] = {}
    for root in [root for spec in specs for root in _fitting(environment, spec, group)]:
        wanted.setdefault(root.group, []).append(root.text)
    kept = []
    for name, texts in wanted.items():
        _, removed = environment.edit(remove=tuple(texts), group=name)
        for text in removed:
            session.output.talk(f"removed {text}{_of_group('from', name)}")
        kept += sorted(set(texts) - set(removed))
    if kept:
        raise RequestError(
            f"{', '.join(kept)} comes from a matrix or a definition", hint=f"edit {environment.manifest_path}"
        )


def _fitting(environment: Environment, spec: Spec, group: str) -> list[Root]:
    """The requests that ``spec`` names, all of one group."""
    roots = [root for root in environment.manifest.roots if not group or root.group == group]
    fits = [root for root in roots if root.text == str(spec) or root.spec == spec or str(spec) == root.spec.name]
    groups = list(dict.fromkeys(root.group for root in fits))
    if len(groups) > 1:
        raise RequestError(
            f"{spec} is asked for in {len(groups)} groups: {', '.join(groups)}",
            hint="say which with --group NAME; nothing was changed",
            code="ambiguous-group",
        )
    if not fits:
        held = ", ".join(root.text for root in roots) or "nothing"
        where = f"the group {group}" if group else f"the environment {environment.name}"
        raise RequestError(f"{where} does not ask for {spec}", hint=f"it asks for {held}")
    return fits
