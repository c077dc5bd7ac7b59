"""Subversion: a revision of a directory, exported."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from outcrop.base.process import ProcessError
from outcrop.fetch.vcs.program import Program
from outcrop.spec.graph import Source

_LAST_CHANGE = re.compile(r"^Last Changed Rev: (\d+)$", re.MULTILINE)


class Subversion:
    """The directory that an ``svn`` source names."""

    def __init__(self, source: Source, environ: Mapping[str, str]) -> None:
        url = source.urls[0]
        self._url = url if "://" in url else Path(url).absolute().as_uri()
        self._revision = source.ref
        self._svn = Program("svn", url, environ, options=["--non-interactive", *proxy_options(self._url, environ)])

    def current(self) -> str:
        """The number of the last revision that changed the directory."""
        said = self._svn("info", f"{self._url}@{self._revision or 'HEAD'}")
        found = _LAST_CHANGE.search(said)
        return found[1] if found is not None else ""

    def check_out(self, into: Path) -> str:
        """Export it; returns the revision's number."""
        if self._revision.isdecimal():
            # The directory may be gone by now; or it may have been called differently then.
            with contextlib.suppress(ProcessError):
                return self._export(into, self._revision, self._revision)
            return self._export(into, self._revision, "HEAD")
        return self._export(into, self.current() or "HEAD", self._revision or "HEAD")

    def _export(self, into: Path, revision: str, peg: str) -> str:
        self._svn("export", "-q", "--force", "-r", revision, f"{self._url}@{peg}", str(into))
        return revision


def proxy_options(url: str, environ: Mapping[str, str]) -> list[str]:
    """Options for the proxy that the environment names: Subversion itself reads none of these variables.

    A proxy's user name and password are left to Subversion's own settings: everybody can see a command.
    """
    scheme = urlsplit(url).scheme
    proxy = environ.get(f"{scheme}_proxy") or environ.get(f"{scheme.upper()}_PROXY") or ""
    if scheme not in ("http", "https") or not proxy:
        return []
    place = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if not place.hostname:
        return []
    settings = [f"http-proxy-host={place.hostname}", f"http-proxy-port={place.port or 80}"]
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip().lstrip(".") for name in excepted.split(",") if name.strip().lstrip(".")]
    if names:
        both = [pattern for name in names for pattern in ([name] if "*" in name else [name, f"*.{name}"])]
        settings.append(f"http-proxy-exceptions={','.join(both)}")
    return [word for setting in settings for word in ("--config-option", f"servers:global:{setting}")]
