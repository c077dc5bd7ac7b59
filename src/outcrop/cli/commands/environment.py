"""``env``: make, list, activate, remove environments; make their views anew."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from outcrop.base.errors import RequestError
from outcrop.base.paths import ENVIRONMENT_VARIABLE
from outcrop.cli.options import json_option, pass_session
from outcrop.cli.output import columns
from outcrop.cli.render import group_text
from outcrop.cli.session import Session
from outcrop.env.environment import Environment


@click.group("env")
def env_command() -> None:
    """Environments: create, list, activate, remove; 'outcrop -e DIR install' installs one."""


@env_command.command("create")
@click.argument("where", metavar="NAME|DIR")
@click.argument("template", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-d", "--dir", "directory", is_flag=True, help="NAME is a directory.")
@click.option("--spec", "specs", multiple=True, metavar="SPEC", help="Ask for SPEC; may repeat.")
@click.option("--with-view", "view", metavar="PATH", help="Put the view there.  [default: .outcrop/view]")
@click.option("--without-view", is_flag=True, help="Without a view.")
@pass_session
def env_create(
    session: Session,
    where: str,
    template: Path | None,
    directory: bool,
    specs: tuple[str, ...],
    view: str | None,
    without_view: bool,
) -> None:
    """Make an environment: by NAME in Outcrop's own directory, or in DIR (./DIR or with -d).

    TEMPLATE is a spack.yaml to start from, or an outcrop.lock beside one.
    """
    if view and without_view:
        raise click.UsageError("--with-view and --without-view exclude each other")
    if template is not None and (specs or view or without_view):
        raise click.UsageError("a template says all itself; edit it, or create without one")
    environment = Environment.create(
        session.context,
        where,
        directory=directory,
        specs=specs,
        view=False if without_view else view or True,
        template=template,
    )
    shown = (
        environment.name
        if environment.directory.parent == session.context.paths.environments
        else environment.directory
    )
    session.output.talk(f"created {environment.manifest_path}")
    session.output.talk(f"next: outcrop -e {shown} add SPEC; outcrop -e {shown} install")


@env_command.command("list")
@json_option
@pass_session
def env_list(session: Session, as_json: bool) -> None:
    """List the environments that have a name."""
    active = session.environ.get(ENVIRONMENT_VARIABLE, "")
    found = list(Environment.all(session.context))
    if as_json:
        session.output.json(
            {
                "environments": [
                    {
                        "name": environment.name,
                        "path": str(environment.directory),
                        "locked": environment.lock_path.exists(),
                        "active": str(environment.directory) == active,
                    }
                    for environment in found
                ]
            }
        )
        return
    rows = [
        ("*" if str(environment.directory) == active else " ", environment.name, str(environment.directory))
        for environment in found
    ]
    for line in columns(rows):
        session.output.line(line)
    if not found:
        session.output.talk("no named environments; 'outcrop env create NAME' makes one")


@env_command.command("remove")
@click.argument("where", metavar="NAME|DIR")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def env_remove(session: Session, where: str, yes: bool) -> None:
    """Remove an environment: its manifest, lock and views. What is installed stays; 'outcrop gc' removes that."""
    environment = Environment.find(session.context, where)
    if not yes and not click.confirm(f"Remove the environment {environment.directory}?", err=True):
        raise click.Abort
    environment.remove()
    session.output.talk(f"removed {environment.directory}")


@env_command.command("status")
@json_option
@pass_session
def env_status(session: Session, as_json: bool) -> None:
    """Show the environment's requests, whether its lock answers them, and what is installed."""
    environment = session.required_environment()
    lock = environment.lock()
    current = environment.is_locked(lock)
    store = environment.context.store
    manifest = environment.manifest
    answered = {(root.group, root.spec): root.hash for root in lock.roots} if lock is not None else {}
    record = {
        "path": str(environment.directory),
        "locked": lock is not None,
        "current": current,
        "roots": [
            {
                "spec": root.text,
                "group": root.group,
                "hash": answered.get((root.group, root.text)),
                "installed": (root.group, root.text) in answered and store.installed(answered[root.group, root.text]),
            }
            for root in manifest.roots
        ],
        "groups": [
            {"name": group.name, "needs": list(group.needs), "explicit": group.explicit} for group in manifest.groups
        ],
        "views": [{"name": view.name, "path": str(view.root)} for view in manifest.views],
    }
    if as_json:
        session.output.json(record)
        return
    state = "locked" if current else "locked, but the manifest has changed" if lock is not None else "not concretized"
    session.output.line(f"{environment.directory} ({state})")
    for group in manifest.groups:
        if manifest.has_groups:
            session.output.line(group_text(group))
        for root in group.roots:
            key = answered.get((root.group, root.text))
            mark = "[+]" if key is not None and store.installed(key) else " - "
            session.output.line(f"{mark} {root.text}" + (f"  /{key[:7]}" if key else ""))
    for view in manifest.views:
        session.output.line(f"view {view.name}: {view.root}{'' if view.root.exists() else ' (not made yet)'}")
    for warning in manifest.warnings:
        session.output.warning(warning)


@env_command.command("activate")
@click.argument("where", metavar="NAME|DIR", required=False)
@click.option("--sh", "shell", flag_value="sh", default="sh", help="For sh and bash.  [default]")
@pass_session
def env_activate(session: Session, where: str | None, shell: str) -> None:
    """Print the shell code that activates an environment.

    Use it as: eval "$(outcrop env activate DIR)"; `deactivate` undoes it. It is the same as sourcing VIEW/bin/activate,
    which needs no
    program at all.
    """
    environment = Environment.find(session.context, where) if where else session.required_environment()
    views = environment.manifest.views
    if not views:
        raise RequestError(
            f"the environment {environment.name} has no view to activate",
            hint="'view: true' in its spack.yaml gives it one",
        )
    script = views[0].root / "bin" / "activate"
    if not script.is_file():
        raise RequestError(
            f"the view {views[0].root} is not made yet", hint=f"run 'outcrop -e {environment.directory} install'"
        )
    session.output.line(f". {shlex.quote(str(script))}")


@env_command.command("deactivate")
@pass_session
def env_deactivate(session: Session) -> None:
    """Print the shell code that deactivates: eval "$(outcrop env deactivate)"."""
    session.output.line("deactivate")


@env_command.group("view")
def env_view() -> None:
    """Views of an environment."""


@env_view.command("regenerate")
@click.argument("where", metavar="NAME|DIR", required=False)
@json_option
@pass_session
def env_view_regenerate(session: Session, where: str | None, as_json: bool) -> None:
    """Make the environment's views from what is installed; your own files in them are kept."""
    from outcrop.env.views import update_views

    environment = Environment.find(session.context, where) if where else session.required_environment()
    lock = environment.required_lock()
    made = update_views(environment, lock, force=True)
    if as_json:
        session.output.json({"views": [str(path) for path in made]})
        return
    for path in made:
        session.output.line(f"view {path}")
    if not made:
        session.output.talk(f"the environment {environment.name} has no view")
