"""``external`` and ``compiler``: what this machine brings."""

from __future__ import annotations

import click

from outcrop.base.errors import RequestError
from outcrop.base.near import near_misses
from outcrop.cli.options import json_option, pass_session
from outcrop.cli.output import columns
from outcrop.cli.session import Session
from outcrop.config import edit_section, own_section


@click.group("external")
def external_command() -> None:
    """Packages that lie outside the store: find and list them."""


@external_command.command("find")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--write", is_flag=True, help="Write what is found to packages.yaml, so that it stays as it is now.")
@json_option
@pass_session
def external_find(session: Session, names: tuple[str, ...], write: bool, as_json: bool) -> None:
    """Find Pythons, compilers and make on PATH.

    No solve needs this first: what PATH shows is known anyway. --write pins it.
    """
    from outcrop.host import find_externals

    found = find_externals(session.context.host)
    unknown = [name for name in names if name not in found]
    if unknown:
        near = near_misses(unknown[0], found)
        hint = f"did you mean {' or '.join(near)}?" if near else f"found: {', '.join(sorted(found)) or 'nothing'}"
        raise RequestError(f"no {unknown[0]} was found on PATH", hint=hint, code="no-external")
    chosen = {name: entries for name, entries in sorted(found.items()) if not names or name in names}
    path = session.context.paths.config / "packages.yaml"
    if write:
        configured = own_section(path, "packages")
        merged = dict(configured) if isinstance(configured, dict) else {}
        for name, entries in chosen.items():
            section = dict(merged.get(name) or {})
            kept = [entry for entry in section.get("externals", []) if entry not in entries]
            merged[name] = {**section, "externals": [*entries, *kept]}
        edit_section(path, "packages", merged)
    if as_json:
        session.output.json({"packages": {name: {"externals": entries} for name, entries in chosen.items()}})
        return
    rows = [(str(entry["spec"]), str(entry["prefix"])) for entries in chosen.values() for entry in entries]
    for line in columns(rows):
        session.output.line(line)
    if write:
        session.output.talk(f"wrote {path}")
    elif not rows:
        session.output.talk("nothing was found on PATH")


@external_command.command("list")
@json_option
@pass_session
def external_list(session: Session, as_json: bool) -> None:
    """List the externals a solve may use: those in the configuration, and those found on PATH for all other names."""
    from outcrop.env.externals import known_externals

    context = session.working_context
    found = known_externals(context)
    if as_json:
        session.output.json(
            {
                "externals": [
                    {"name": each.name, "version": each.version, "prefix": each.external.prefix, "source": source}
                    for each, source in found
                ]
            }
        )
        return
    for line in columns([(f"{each.name}@{each.version}", each.external.prefix, source) for each, source in found]):
        session.output.line(line)


@click.group("compiler")
def compiler_command() -> None:
    """Compilers of this machine."""


@compiler_command.command("list")
@json_option
@pass_session
def compiler_list(session: Session, as_json: bool) -> None:
    """List the compilers on PATH with their languages."""
    compilers = session.context.host.compilers
    if as_json:
        session.output.json(
            {
                "compilers": [
                    {"name": compiler.name, "version": compiler.version, "paths": dict(compiler.paths)}
                    for compiler in compilers
                ]
            }
        )
        return
    rows = [
        (
            f"{compiler.name}@{compiler.version}",
            "  ".join(f"{kind}={path}" for kind, path in sorted(compiler.paths.items())),
        )
        for compiler in compilers
    ]
    for line in columns(rows):
        session.output.line(line)
    if not rows:
        session.output.talk("no compiler was found on PATH")
