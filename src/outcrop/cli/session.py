"""What the global options mean: the context and the environment a command works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import UsageError
from outcrop.base.paths import ENVIRONMENT_VARIABLE
from outcrop.cli.output import Output
from outcrop.env.context import Context

if TYPE_CHECKING:
    from outcrop.env.environment import Environment


class Session(msgspec.Struct, kw_only=True, dict=True):
    """Global options of one command line; the context and the environment are built when asked for."""

    environ: Mapping[str, str]
    directory: Path
    environment: str | None
    ignore_active: bool
    scopes: Sequence[Path]
    settings: Sequence[str]
    output: Output
    offline: bool = False

    @cached_property
    def context(self) -> Context:
        """Everything but the environment."""
        return Context(
            environ=self.environ,
            directory=self.directory,
            reporter=self.output,
            scopes=self.scopes,
            settings=self.settings,
            offline=self.offline,
        )

    @cached_property
    def active(self) -> Environment | None:
        """The environment given by ``-e``, else the activated one, else None.

        Raises:
            InputError: it does not exist.
        """
        from outcrop.env.environment import Environment

        name = self.environment
        if name is None and not self.ignore_active:
            name = self.environ.get(ENVIRONMENT_VARIABLE) or None
        return Environment.find(self.context, name) if name else None

    @property
    def working_context(self) -> Context:
        """The context of the active environment, with its configuration; without one, :attr:`context`."""
        return self.active.context if self.active is not None else self.context

    def required_environment(self) -> Environment:
        """Like :attr:`active`.

        Raises:
            UsageError: no environment is given or active.
        """
        found = self.active
        if found is None:
            raise UsageError(
                "no environment is given",
                hint="say which: 'outcrop -e DIR ...', or activate one with 'eval \"$(outcrop env activate DIR)\"'",
            )
        return found
