"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from outcrop.base.errors import UsageError
from outcrop.cli.session import Session
from outcrop.spec import Spec, parse_specs

F = TypeVar("F", bound=Callable[..., Any])  # click's decorators are typed over any callable

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON record.")
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Build with N processes in all.  [default: all cores]"
)
offline_option = click.option(
    "--offline", is_flag=True, help="Use only sources that are in the cache or in mirrors on disk."
)
pass_session = click.make_pass_decorator(Session)


def parse_requests(texts: tuple[str, ...], *, what: str = "install") -> list[Spec]:
    """Specs given as arguments; one request may be spread over several arguments (``py-black ^python@3.11``).

    Raises:
        UsageError: one does not parse (with a caret), or names no package.
    """
    specs = parse_specs(" ".join(texts)) if texts else []
    if not specs:
        raise UsageError(f"nothing to {what}: give at least one spec", hint="for example 'py-black@24:'")
    for spec in specs:
        if not spec.name and not spec.hash:
            raise UsageError(
                f"'{spec}' names no package", hint="a request begins with a package name, as in 'py-black +d'"
            )
    return specs
