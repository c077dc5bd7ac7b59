"""Mercurial: a revision of a repository, archived as files.

Mercurial adds ``.hg_archival.txt``, from which build tools read the version that they would ask the repository for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from outcrop.base.files import remove_tree
from outcrop.fetch.client import local_path, redacted
from outcrop.fetch.errors import StageError
from outcrop.fetch.vcs.program import Program
from outcrop.spec.graph import Source

_DEFAULT = "default"


class Mercurial:
    """The repository that an ``hg`` source names."""

    def __init__(self, source: Source, environ: Mapping[str, str]) -> None:
        url = source.urls[0]
        path = local_path(url) if "://" not in url else None
        self._url = str(path.absolute()) if path is not None and path.exists() else url
        self._revision = source.ref
        self._hg = Program("hg", url, environ, options=["--noninteractive"])

    def current(self) -> str:
        """The whole identifier of the changeset."""
        return self._identify(self._url)

    def check_out(self, into: Path) -> str:
        """Archive it; returns the whole identifier of the changeset."""
        into.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".hg-", dir=into.parent))
        try:
            # All of it: tags lie in later revisions than those they name.
            self._hg("clone", "-q", "--noupdate", self._url, str(work / "clone"))
            node = self._identify(str(work / "clone"))
            self._hg(
                *("--repository", str(work / "clone"), "archive", "-q", "--type=files", "--subrepos"),
                *(f"--rev={node}", str(into)),
            )
        finally:
            remove_tree(work)
        return node

    def _identify(self, repository: str) -> str:
        node = self._hg("identify", "--debug", "--id", f"--rev={self._revision or _DEFAULT}", repository)
        words = node.split()
        if not words:
            raise StageError(f"{redacted(self._url)} does not say what {self._revision or _DEFAULT} is")
        return words[-1]
