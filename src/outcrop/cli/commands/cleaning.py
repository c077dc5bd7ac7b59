"""``clean``: throw away what can be made anew."""

from __future__ import annotations

from collections.abc import Sequence

import click

from outcrop.cli.options import json_option, pass_session
from outcrop.cli.output import columns
from outcrop.cli.session import Session
from outcrop.env.cleaning import KINDS, Kind, Litter, Places, find_litter, remove_litter


@click.command("clean")
@click.option("-s", "--stage", is_flag=True, help="Stages, also those of failed builds and their logs (the default).")
@click.option("-d", "--downloads", is_flag=True, help="Sources that were fetched.")
@click.option("-m", "--misc-cache", is_flag=True, help="What is remembered of recipes, files and this machine.")
@click.option("-a", "--all", "every", is_flag=True, help="The same as -sdm.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_session
def clean_command(
    session: Session, stage: bool, downloads: bool, misc_cache: bool, every: bool, dry_run: bool, as_json: bool
) -> None:
    """Throw away what can be made or fetched anew, and say how much that was.

    Stages and downloads stay while builds work with them. Nothing that is installed goes: that is what 'uninstall' and
    'gc' are for. Remembered answers that nobody has renewed for 90 days go by themselves.
    """
    asked = {"stage": stage, "downloads": downloads, "misc-cache": misc_cache}
    kinds: list[Kind] = [kind for kind in KINDS if every or asked[kind]] or ["stage"]
    places = Places.of(session.working_context)
    found = find_litter(places, kinds)
    gone = [each for each in found if not each.busy] if dry_run else remove_litter(places, found)
    kept = [each for each in found if each not in gone]
    if as_json:
        session.output.json({"removed": _records(gone), "in_use": _records(kept), "dry_run": dry_run})
        return
    if dry_run:
        for line in columns([(each.kind, _size(each.size), each.path) for each in gone]):
            session.output.line(line)
    verb = "would remove" if dry_run else "removed"
    session.output.talk(f"{verb} {_summary(gone, kinds)}" if gone else "nothing to remove")
    if kept:
        session.output.talk(f"in use, and kept: {_summary(kept, kinds)}")


def _records(litter: Sequence[Litter]) -> list[dict[str, object]]:
    return [{"kind": each.kind, "path": each.path, "size": each.size} for each in litter]


def _summary(litter: Sequence[Litter], kinds: Sequence[Kind]) -> str:
    """``3 stages (12.5 MB), downloads (80.1 MB)``."""
    words = []
    for kind in kinds:
        some = [each for each in litter if each.kind == kind]
        if some:
            what = f"{len(some)} stage{'' if len(some) == 1 else 's'}" if kind == "stage" else kind
            words.append(f"{what} ({_size(sum(each.size for each in some))})")
    return ", ".join(words)


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
