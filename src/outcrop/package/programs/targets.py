"""Make and ninja targets: does the build directory have one, and run it if so."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Any: the module holds the `make` and `ninja` objects that other recipes put there.
from typing import TYPE_CHECKING, Any

from outcrop.package.programs.executable import Executable

if TYPE_CHECKING:
    from types import ModuleType

_MAKEFILES = ("GNUmakefile", "Makefile", "makefile")
_NO_RULE = re.compile(r"No rule to make target|don't know how to make", re.IGNORECASE)


class BuildTargets:
    """Mixin: probing and running targets in the current directory."""

    if TYPE_CHECKING:
        module: ModuleType

    def _has_make_target(self, target: str) -> bool:
        """Would ``make target`` find a rule here?"""
        make = _tool(self.module, "make")
        if make is None or not any(Path(name).exists() for name in _MAKEFILES):
            return False
        # Without jobs and in English: the answer is read from the message.
        probe = Executable(make.path)
        output = str(probe("-n", target, fail_on_error=False, output=str, error=str, env={**os.environ, "LC_ALL": "C"}))
        return not (probe.returncode != 0 and _NO_RULE.search(output))

    def _if_make_target_execute(self, target: str, *arguments: str, **keywords: Any) -> None:
        """Run ``make target`` if it has a rule."""
        if self._has_make_target(target):
            self.module.make(target, *arguments, **keywords)

    def _has_ninja_target(self, target: str) -> bool:
        """Does ``build.ninja`` here have the target?"""
        ninja = _tool(self.module, "ninja")
        if ninja is None or not Path("build.ninja").exists():
            return False
        probe = Executable(ninja.path)
        listing = str(probe("-t", "targets", "all", fail_on_error=False, output=str, error=str))
        return any(line.startswith(f"{target}:") for line in listing.splitlines())

    def _if_ninja_target_execute(self, target: str, *arguments: str, **keywords: Any) -> None:
        """Run ``ninja target`` if it exists."""
        if self._has_ninja_target(target):
            self.module.ninja(target, *arguments, **keywords)


def _tool(module: ModuleType, name: str) -> Any:
    tool = getattr(module, name, None)
    return tool if isinstance(tool, Executable) else None
