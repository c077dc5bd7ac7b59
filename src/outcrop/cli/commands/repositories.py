"""``repo``: the recipe repositories that are searched."""

from __future__ import annotations

from pathlib import Path

import click

from outcrop.base.errors import RequestError
from outcrop.cli.options import json_option, pass_session
from outcrop.cli.output import columns
from outcrop.cli.session import Session
from outcrop.config import edit_section, own_section
from outcrop.repo import Repositories
from outcrop.repo.layout import load_repository


@click.group("repo")
def repo_command() -> None:
    """Recipe repositories: list, add, remove."""


@repo_command.command("list")
@json_option
@pass_session
def repo_list(session: Session, as_json: bool) -> None:
    """List repositories in the order in which they are searched."""
    rows = []
    for name, root in session.context.repository_roots():
        repository = load_repository(root)
        rows.append((name, repository.namespace, f"v{repository.api[0]}.{repository.api[1]}", str(root)))
    if as_json:
        session.output.json(
            {
                "repositories": [
                    {"name": name, "namespace": namespace, "api": api, "path": path}
                    for name, namespace, api, path in rows
                ]
            }
        )
        return
    for line in columns([(namespace, api, path) for _, namespace, api, path in rows]):
        session.output.line(line)


@repo_command.command("add")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="A name for it.  [default: its namespace]")
@pass_session
def repo_add(session: Session, path: Path, name: str | None) -> None:
    """Search the repository at PATH (a directory with repo.yaml) before all others."""
    root = path.expanduser().absolute()
    repository = load_repository(root)
    context = session.context
    existing = context.repository_roots()
    for other, other_root in existing:
        if other_root.resolve() == root.resolve():
            raise RequestError(
                f"the repository is there already, as {other}", hint="'outcrop repo list' shows the order"
            )
    label = name or repository.namespace
    configured = _configured(context.paths.config / "repos.yaml")
    if label in configured:
        raise RequestError(f"there is a repository named {label} already", hint="choose another name with --name")
    # Checks the namespaces against each other before anything is written.
    Repositories([root, *(each for _, each in existing)], context.paths.cache / "recipes", reporter=context.reporter)
    edit_section(context.paths.config / "repos.yaml", "repos", {label: str(root), **configured})
    session.output.talk(f"added {label}: {root}")


@repo_command.command("remove")
@click.argument("name")
@pass_session
def repo_remove(session: Session, name: str) -> None:
    """Stop searching the repository NAME (a name, a namespace or a path). Its files stay."""
    path = session.context.paths.config / "repos.yaml"
    configured = _configured(path)
    wanted = str(Path(name).expanduser().absolute())
    fits = [label for label, root in configured.items() if name == label or wanted == str(Path(str(root)).absolute())]
    if not fits:
        known = ", ".join(configured) or "none"
        raise RequestError(f"no repository {name} is configured in {path}", hint=f"configured there: {known}")
    edit_section(path, "repos", {label: root for label, root in configured.items() if label not in fits})
    session.output.talk(f"removed {', '.join(fits)}")


def _configured(path: Path) -> dict[str, object]:
    """The user scope's own entries, lists turned into mappings."""
    data = own_section(path, "repos")
    if isinstance(data, list):
        return {str(item): item for item in data}
    return dict(data) if isinstance(data, dict) else {}
