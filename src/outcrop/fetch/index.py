"""Files of the package index, found by project and file name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Any: see client.py.
from typing import Any

from outcrop.fetch.client import DownloadError, local_path, network_errors, redacted
from outcrop.fetch.pip_settings import PipSettings


@dataclass(frozen=True, slots=True)
class Origin:
    """Where to look: an index, or a directory or page of links."""

    url: str
    is_index: bool


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file that a place has of a project. ``version`` is as its name spells it; ``sha256`` may be unknown."""

    filename: str
    version: str
    url: str
    sha256: str = ""
    yanked: bool = False


def origins(settings: PipSettings) -> tuple[Origin, ...]:
    """Everything pip would look at, what is on this machine first."""
    found = [Origin(_as_unearth_reads_it(link), is_index=False) for link in settings.find_links]
    if not settings.no_index:
        indexes = [settings.index_url or default_index(), *settings.extra_index_urls]
        found.extend(Origin(url, is_index=True) for url in indexes)
    return tuple(sorted(dict.fromkeys(found), key=lambda origin: local_path(origin.url) is None))


def _as_unearth_reads_it(link: str) -> str:
    path = local_path(link)
    return str(path.absolute()) if path is not None else link


def default_index() -> str:
    """The index that is meant when nobody says otherwise: the one a finder without sources looks at."""
    from unearth import PackageFinder

    return str(PackageFinder(ignore_compatibility=True).sources[0]["url"])


def find_file(client: Any, origin: Origin, project: str, filename: str, sha256: str) -> str | None:
    """The URL of a file at one place; None if it is not there.

    A file under another name is taken when the index says that it has the right checksum.

    Raises:
        DownloadError: the place cannot be read.
    """
    local = local_path(origin.url)
    if local is not None and not origin.is_index and (local / filename).is_file():
        return (local / filename).absolute().as_uri()
    same: str | None = None
    for package in _packages(client, origin, project):
        link = package.link
        if link.filename == filename:
            return str(link.url_without_fragment)
        if sha256 and sha256 in (link.hash_option or {}).get("sha256", ()):
            same = same or str(link.url_without_fragment)
    return same


def list_files(client: Any, origin: Origin, project: str) -> list[IndexedFile]:
    """Every file that one place has of a project, source distributions and wheels, the newest version first.

    Raises:
        DownloadError: the place cannot be read.
    """
    found: dict[str, IndexedFile] = {}
    for package in _packages(client, origin, project):
        link = package.link
        digests = (link.hash_option or {}).get("sha256", ())
        found.setdefault(
            link.filename,
            IndexedFile(
                filename=link.filename,
                version=package.version or "",
                url=str(link.url_without_fragment),
                sha256=next(iter(digests), ""),
                yanked=link.is_yanked,
            ),
        )
    return list(found.values())


def _packages(client: Any, origin: Origin, project: str) -> Iterator[Any]:
    """What one place has of a project, as unearth describes it; nothing, if there is no such place on this machine.

    Raises:
        DownloadError: the place cannot be read.
    """
    local = local_path(origin.url)
    if local is not None and not local.exists():
        return
    is_empty = True
    finder = _finder(client, origin)
    with _collected_warnings() as warnings:
        try:
            for package in finder.find_all_packages(project, allow_yanked=True):
                is_empty = False
                yield package
        except network_errors(client) as problem:
            reason = str(problem) or type(problem).__name__
            raise DownloadError(reason, again=True, network=True) from problem
    if is_empty and warnings and not _says_absent(warnings[-1]):
        raise DownloadError(warnings[-1].replace(origin.url, redacted(origin.url)))


def _finder(client: Any, origin: Origin) -> Any:
    # The import is paid when something is looked for on an index.
    from unearth import PackageFinder

    return PackageFinder(
        client,
        index_urls=[origin.url] if origin.is_index else [],
        find_links=[] if origin.is_index else [origin.url],
        ignore_compatibility=True,
        respect_source_order=True,
    )


def _says_absent(warning: str) -> bool:
    return "(404)" in warning or "FileNotFound" in warning


class _Collector(logging.Handler):
    """Keeps what one thread is warned of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage())


@contextmanager
def _collected_warnings() -> Iterator[list[str]]:
    # unearth passes over pages it cannot read and says why in its log alone.
    logger = logging.getLogger("unearth")
    collector = _Collector()
    logger.addHandler(collector)
    try:
        yield collector.messages
    finally:
        logger.removeHandler(collector)


def describe(found: tuple[Origin, ...]) -> str:
    """The places in words, without passwords."""
    return ", ".join(redacted(origin.url) for origin in found) or "no place at all"
