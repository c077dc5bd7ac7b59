"""Compiler flag handlers: where the flags of a spec go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Any: the class argument is whatever package class or object the core calls the handler with.
from typing import Any, TypeAlias

Triple: TypeAlias = "tuple[Iterable[str] | None, Iterable[str] | None, Iterable[str] | None]"
"""Flags for the compiler wrapper, for environment variables, for the build system."""


class FlagHandling:
    """Mixin: the three stock handlers, usable as class attribute, by call, and unbound through ``__func__``."""

    @classmethod
    def inject_flags(cls: Any, name: str, flags: Iterable[str]) -> Triple:
        """The compiler wrapper adds them."""
        return flags, None, None

    @classmethod
    def env_flags(cls: Any, name: str, flags: Iterable[str]) -> Triple:
        """Environment variables hold them."""
        return None, flags, None

    @classmethod
    def build_system_flags(cls: Any, name: str, flags: Iterable[str]) -> Triple:
        """The build system is told."""
        return None, None, flags

    def flag_handler(self, name: str, flags: list[str]) -> Triple:
        """Where the flags of the kind ``name`` go; recipes override it or assign one of the stock handlers."""
        return flags, None, None

    def flags_to_build_system_args(self, flags: Mapping[str, list[str]]) -> None:
        """Turn flags into arguments; only a build system that can, overrides this.

        Raises:
            NotImplementedError: there are flags and nobody takes them.
        """
        if any(flags.values()):
            raise NotImplementedError(f"{type(self).__name__} has no way to pass compiler flags to its build system")


inject_flags = FlagHandling.inject_flags
env_flags = FlagHandling.env_flags
build_system_flags = FlagHandling.build_system_flags
