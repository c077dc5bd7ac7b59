"""``edit``, ``create`` and ``checksum``: writing recipes."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import click

from outcrop.base.errors import InputError, RequestError, UsageError
from outcrop.base.files import write_atomic
from outcrop.cli.options import json_option, offline_option, pass_session
from outcrop.cli.session import Session
from outcrop.env.authoring import Author, Wish, check_editable, check_name, writable_repository, write_recipe
from outcrop.env.recipe_edit import insert_versions, version_line
from outcrop.env.recipe_text import build_system_import, render_recipe
from outcrop.env.source_tree import BUILD_SYSTEMS
from outcrop.env.upstream import Release, Upstream, is_derived
from outcrop.repo import Repositories
from outcrop.repo.layout import Repository
from outcrop.repo.model import PackageModel
from outcrop.spec import Version, VersionError


@click.command("edit")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("-p", "--print", "show", is_flag=True, help="Print where the recipes are instead.")
@click.option("-r", "--repo", "namespace", metavar="NAMESPACE", help="The recipes of this repository.")
@pass_session
def edit_command(session: Session, names: tuple[str, ...], show: bool, namespace: str | None) -> None:
    """Open the recipes of NAME in $VISUAL or $EDITOR."""
    repositories = session.context.repositories
    paths = [repositories.recipe_path(f"{namespace}.{name}" if namespace else name) for name in names]
    if show:
        for path in paths:
            session.output.line(str(path))
        return
    editor = session.environ.get("VISUAL") or session.environ.get("EDITOR")
    if not editor:
        raise RequestError(
            "no editor is chosen: neither VISUAL nor EDITOR is set",
            hint=f"set one, or use your own way to {' '.join(str(path) for path in paths)}",
            code="no-editor",
        )
    try:
        command = shlex.split(editor)
        status = subprocess.run([*command, *map(str, paths)], check=False).returncode
    except (OSError, ValueError) as error:
        raise RequestError(
            f"the editor {editor} cannot be started: {error}", hint="see VISUAL and EDITOR", code="no-editor"
        ) from error
    if status:
        raise RequestError(f"the editor {editor} ended with status {status}", code="editor-failed")


@click.command("create")
@click.argument("subject", metavar="URL|PROJECT")
@click.option("-n", "--name", default="", help="What the package is called.  [default: found out]")
@click.option("-r", "--repo", metavar="NAMESPACE|PATH", help="Where to.  [default: the first one that can be written]")
@click.option("-t", "--template", type=click.Choice(BUILD_SYSTEMS), help="The build system.  [default: found out]")
@click.option("-V", "--version", default="", help="The version.  [default: the one in URL, or the newest]")
@click.option(
    "--versions", "count", type=click.IntRange(min=1), default=1, metavar="N", help="Take N of upstream's versions."
)
@click.option("--print", "show", is_flag=True, help="Print the recipe and write nothing.")
@offline_option
@json_option
@pass_session
def create_command(
    session: Session,
    subject: str,
    name: str,
    repo: str | None,
    template: str | None,
    version: str,
    count: int,
    show: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Write a recipe for the archive at URL (or a file), or for a PROJECT of the Python package index.

    The archive is fetched for its checksum and looked at: how it is built, what it depends on. Lines that only a person
    can finish are marked FIXME. No recipe is ever overwritten.
    """
    session.offline = offline
    context = session.context
    repository = None if show and repo is None else writable_repository(context, repo)

    def check(found: str) -> None:
        if repository is not None and not show:
            check_name(repository, found)

    wish = Wish(name=name, build_system=template or "", version=version, count=count)
    draft = Author(context).draft(subject, wish, check=check)
    target = repository or context.repositories.repositories[0]
    text = render_recipe(draft, build_system_import(context.repositories, target, draft.build_system))
    if show or repository is None:
        session.output.line(text.rstrip("\n"))
        return
    path = write_recipe(repository, draft.name, text)
    open_questions = text.count("FIXME")
    if as_json:
        session.output.json(
            {
                "name": draft.name,
                "namespace": repository.namespace,
                "path": str(path),
                "build_system": draft.build_system,
                "versions": [each for each, _ in draft.versions],
                "missing": list(draft.wanted),
                "open": open_questions,
            }
        )
    else:
        session.output.line(str(path))
    _say_what_is_next(session, repository, draft.name, draft.wanted, open_questions)


def _say_what_is_next(
    session: Session, repository: Repository, name: str, wanted: tuple[str, ...], open_questions: int
) -> None:
    output, context = session.output, session.context
    roots = [root for _, root in context.repository_roots()]
    _check_loads(session, repository, name, roots)
    others = [each for each in context.repositories.repositories if each.root != repository.root and each.exists(name)]
    if others:
        output.warning(
            f"{others[0].namespace} has a recipe of {name} too; the repository that is searched first is taken"
        )
    if wanted:
        output.talk(f"no recipe yet: {', '.join(wanted)}")
    steps = []
    if all(root.resolve() != repository.root.resolve() for root in roots):
        steps.append(f"'outcrop repo add {repository.root}' makes it known")
    if open_questions:
        lines = "line" if open_questions == 1 else f"{open_questions} lines"
        steps.append(f"'outcrop edit {name}' for the {lines} marked FIXME")
    steps.append(f"'outcrop spec {name}' shows what it becomes, 'outcrop install {name}' builds it")
    output.hint("; then ".join(steps))


def _check_loads(session: Session, repository: Repository, name: str, roots: list[Path]) -> None:
    """Load what was written, with eyes that have not looked yet."""
    others = [root for root in roots if root.resolve() != repository.root.resolve()]
    cache = session.context.paths.cache / "recipes"
    with Repositories([repository.root, *others], cache) as fresh:
        try:
            fresh.model(f"{repository.namespace}.{name}")
        except InputError as error:
            session.output.warning(f"the recipe does not load yet: {error}")


@click.command("checksum")
@click.argument("name")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option("-n", "--number", type=click.IntRange(min=1), default=5, metavar="N", help="At most N.  [default: 5]")
@click.option("--add", is_flag=True, help="Put the lines into the recipe; all else in it stays as it is.")
@offline_option
@json_option
@pass_session
def checksum_command(
    session: Session, name: str, versions: tuple[str, ...], number: int, add: bool, offline: bool, as_json: bool
) -> None:
    """Print version(...) lines for VERSION of a package, with the sha256 of what upstream has.

    Without VERSION, for those that are newer than all that the recipe knows.
    """
    session.offline = offline
    repositories = session.context.repositories
    path = repositories.recipe_path(name)
    model = repositories.model(name)
    if add:
        check_editable(path)
    upstream = Upstream(session.context)
    releases = _releases(upstream, model, versions, number, add=add)
    if not releases and not as_json:
        session.output.talk(
            f"upstream has nothing newer than {model.versions[0].version if model.versions else 'that'}"
        )
        return
    rows = []
    lines: dict[str, str] = {}
    for release in releases:
        url, file = upstream.fetch(release, model.name)
        kept = "" if release.project or is_derived(model, release, url) else url
        lines[release.version] = version_line(release.version, file.sha256, kept)
        rows.append({"version": release.version, "sha256": file.sha256, "url": kept or None})
    if add and lines:
        text = insert_versions(path.read_bytes(), lines, class_name=model.class_name, file=path)
        write_atomic(path.resolve(), text, mode=path.stat().st_mode & 0o7777)
    if as_json:
        session.output.json({"name": model.name, "versions": rows, "recipe": str(path), "added": add and bool(rows)})
        return
    for line in lines.values():
        session.output.line(f"    {line}")
    if add:
        session.output.talk(f"added to {path}")
    else:
        session.output.hint(f"'outcrop checksum {name} {' '.join(lines)} --add' puts them into {path}")


def _releases(
    upstream: Upstream, model: PackageModel, versions: tuple[str, ...], number: int, *, add: bool
) -> list[Release]:
    if not versions:
        return upstream.undeclared(model, newer=True)[:number]
    declared = {Version(each.version) for each in model.versions}
    wanted = []
    for text in dict.fromkeys(versions):
        try:
            version = Version(text.removeprefix("@").removeprefix("="))
        except VersionError as error:
            raise UsageError(error.message, hint=error.hint) from error
        if add and version in declared:
            raise RequestError(
                f"the recipe of {model.fullname} knows version {version} already",
                hint="without --add, its line is printed with the checksum of today's file",
                code="version-exists",
            )
        wanted.append(str(version))
    return [upstream.release(model, version) for version in wanted]
