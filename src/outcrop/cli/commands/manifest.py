"""``add`` and ``remove``: the requests of an environment."""

from __future__ import annotations

import click

from outcrop.base.errors import RequestError
from outcrop.cli.options import parse_requests, pass_session
from outcrop.cli.session import Session


@click.command("add")
@click.argument("requests", nargs=-1, required=True, metavar="SPEC...")
@pass_session
def add_command(session: Session, requests: tuple[str, ...]) -> None:
    """Add SPEC to the environment's requests; 'install' then makes it so."""
    environment = session.required_environment()
    specs = parse_requests(requests, what="add")
    for spec in specs:
        if spec.name:
            _check_known(session, spec.name)
    added, _ = environment.edit(add=tuple(str(spec) for spec in specs))
    for text in added:
        session.output.talk(f"added {text}")
    if not added:
        session.output.talk("nothing to add: all of it is there")


def _check_known(session: Session, name: str) -> None:
    repositories = session.required_environment().context.repositories
    if not repositories.is_virtual(name):
        repositories.model(name)


@click.command("remove")
@click.argument("requests", nargs=-1, required=True, metavar="SPEC...")
@pass_session
def remove_command(session: Session, requests: tuple[str, ...]) -> None:
    """Take SPEC out of the environment's requests, by its text or by the package's name."""
    environment = session.required_environment()
    wanted = parse_requests(requests, what="remove")
    texts = []
    for spec in wanted:
        fits = [
            root.text
            for root in environment.manifest.roots
            if root.text == str(spec) or root.spec == spec or str(spec) == root.spec.name
        ]
        if not fits:
            held = ", ".join(root.text for root in environment.manifest.roots) or "nothing"
            raise RequestError(
                f"the environment {environment.name} does not ask for {spec}", hint=f"it asks for {held}"
            )
        texts += fits
    _, removed = environment.edit(remove=tuple(texts))
    for text in removed:
        session.output.talk(f"removed {text}")
    if len(removed) < len(set(texts)):
        raise RequestError(
            f"{', '.join(sorted(set(texts) - set(removed)))} comes from a matrix or a definition",
            hint=f"edit {environment.manifest_path}",
        )
