"""CVS: a module at a date or of a branch, exported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from outcrop.fetch.client import redacted
from outcrop.fetch.errors import StageError
from outcrop.fetch.vcs.program import Program, refuse_options
from outcrop.spec.graph import Source

_MODULE = "%module="


class Cvs:
    """The module that a ``cvs`` source names, as ``<root>%module=<module>``."""

    def __init__(self, source: Source, environ: Mapping[str, str]) -> None:
        self._source = source
        self._root, _, self._module = source.urls[0].partition(_MODULE)
        if not self._root or not self._module:
            raise StageError(
                f"{redacted(source.urls[0])} names no module of a CVS repository",
                hint=f"write it as <root>{_MODULE}<module>",
            )
        refuse_options(self._module)
        self._cvs = Program("cvs", source.urls[0], environ, options=["-f", "-Q", "-d", self._root])

    def current(self) -> str:
        """Nothing: in CVS every file has revisions of its own."""
        return ""

    def check_out(self, into: Path) -> str:
        """Export it; returns its branch and date."""
        into.parent.mkdir(parents=True, exist_ok=True)
        source = self._source
        chosen = ["-r", source.ref] if source.ref else []
        if source.date:
            chosen += ["-D", source.date]
        self._cvs("export", *(chosen or ["-r", "HEAD"]), "-d", into.name, self._module, cwd=into.parent)
        if not into.is_dir() or not any(into.iterdir()):
            raise StageError(
                f"{self._module} of {redacted(self._root)} had no files then", hint="check the recipe's date and branch"
            )
        return " ".join(filter(None, [source.ref, source.date]))
