"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from outcrop.base.errors import UsageError
from outcrop.cli.session import Session
from outcrop.env.inspection import Inspection

if TYPE_CHECKING:
    from outcrop.env.environment import Environment
    from outcrop.spec import Spec

F = TypeVar("F", bound=Callable[..., Any])  # click's decorators are typed over any callable

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON record.")
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Build with N processes in all.  [default: all cores]"
)
offline_option = click.option(
    "--offline", is_flag=True, help="Use only sources that are in the cache or in mirrors on disk."
)
save_option = click.option(
    "--save-problem",
    "save",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is solved into FILE, also if there is no solution: requests, configuration of packages, recipes "
    "that were read, and of this machine its targets and externals with their paths. 'spec --replay FILE' solves it "
    "again.",
)


def check_one_solve(environment: Environment, group: str, why: str) -> None:
    """Is one solve meant, so that it can be watched?

    Raises:
        UsageError: the environment has several groups, and none is named.
    """
    names = [each.name for each in environment.manifest.groups]
    if len(names) > 1 and not group:
        raise UsageError(
            f"{why} is about one solve, and the environment {environment.name} has {len(names)} groups",
            hint=f"say which with 'outcrop spec --group NAME': {', '.join(names)}",
        )


def _choose_reuse(context: click.Context, option: click.Parameter, value: str | None) -> bool | str | None:
    return {"all": True, "none": False}.get(value, value) if value is not None else None


def reuse_options(command: F) -> F:
    """What the command line says about reuse of what is installed, as the parameter ``reuse``."""
    choices = (
        (("--reuse",), "all", "Use what is installed where it fits.  [default, unless the configuration differs]"),
        (("-U", "--fresh"), "none", "Use nothing that is installed, except what is named by its hash."),
        (
            ("--reuse-deps", "--fresh-roots"),
            "dependencies",
            "Use what is installed, but not for what was asked for itself.",
        ),
    )
    for names, value, text in reversed(choices):
        command = click.option(*names, "reuse", flag_value=value, callback=_choose_reuse, help=text)(command)
    return command


pass_session = click.make_pass_decorator(Session)


@contextmanager
def inspected(
    session: Session, *, explain: bool = False, save: Path | None = None, timed: bool = False
) -> Iterator[Inspection]:
    """An inspection for the solve inside; says at the end whether the problem was saved."""
    path = session.directory / save if save is not None else None
    inspection = Inspection(explain=explain, save=path, timed=timed)
    try:
        yield inspection
    finally:
        if path is not None and inspection.problem is None:
            session.output.talk(f"nothing was solved, so {path} was not written")
        elif path is not None:
            session.output.talk(f"wrote the problem into {path}")


def parse_requests(texts: tuple[str, ...], *, what: str = "install") -> list[Spec]:
    """Specs given as arguments; one request may be spread over several arguments (``py-black ^python@3.11``).

    Raises:
        UsageError: one does not parse (with a caret), or names no package.
    """
    from outcrop.spec import parse_specs  # 5 ms that commands without requests do without

    specs = parse_specs(" ".join(texts)) if texts else []
    if not specs:
        raise UsageError(f"nothing to {what}: give at least one spec", hint="for example 'py-black@24:'")
    for spec in specs:
        if not spec.name and not spec.hash:
            raise UsageError(
                f"'{spec}' names no package", hint="a request begins with a package name, as in 'py-black +d'"
            )
    return specs
