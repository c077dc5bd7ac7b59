"""One file that is not in the cache: every place that may have it, in turn, until one does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Any: see client.py.
from typing import TYPE_CHECKING, Any

from outcrop.base.errors import OutcropError
from outcrop.fetch import index
from outcrop.fetch.cache import Checksum, relative_path
from outcrop.fetch.client import DownloadError, download, local_path, redacted, try_again
from outcrop.fetch.errors import ChecksumError, FetchError, OfflineError

if TYPE_CHECKING:
    from outcrop.fetch.fetcher import Fetcher

_REPORT_EVERY = 0.1
"""Seconds between two events about one download."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file: what people call it, its checksum, and where it may come from."""

    title: str
    filename: str
    checksum: Checksum
    suffix: str
    urls: tuple[str, ...] = ()
    project: str = ""


class Attempt:
    """One file that is not cached: every place in turn until one has it."""

    def __init__(self, fetcher: Fetcher, wanted: Wanted) -> None:
        self._fetcher = fetcher
        self._wanted = wanted
        self._partial = fetcher.cache.partial(wanted.checksum)
        self._refused: list[str] = []
        self._mismatch: ChecksumError | None = None
        self._skipped = False
        self._last_report = 0.0

    def run(self) -> Path:
        """The file in the cache, verified.

        Raises:
            FetchError: as :meth:`outcrop.fetch.fetcher.Fetcher.fetch`.
        """
        wanted, fetcher = self._wanted, self._fetcher
        self._partial.parent.mkdir(parents=True, exist_ok=True)
        fetcher.report("fetch.started", wanted.title, wanted.filename)
        for place in self._local_places():
            if self._copy(place):
                return self._done()
        urls = [url for url in (*self._mirror_urls(), *wanted.urls) if local_path(url) is None]
        origins = fetcher.origins if wanted.project else ()
        if fetcher.offline:
            near = tuple(origin for origin in origins if local_path(origin.url) is not None)
            self._skipped = bool(urls) or len(near) < len(origins)
            urls, origins = [], near
        if (urls or origins) and self._from_origins(urls, origins):
            return self._done()
        raise self._failure()

    def _done(self) -> Path:
        wanted = self._wanted
        path = self._fetcher.cache.place(self._partial, wanted.checksum, wanted.suffix)
        self._fetcher.report("fetch.done", wanted.title, wanted.filename, path.stat().st_size, path.stat().st_size)
        return path

    def _local_places(self) -> Iterator[Path]:
        wanted = self._wanted
        for mirror in self._fetcher.mirrors:
            root = local_path(mirror)
            if root is not None:
                kept = root / "_source-cache" / relative_path(wanted.checksum, "")
                yield from sorted(kept.parent.glob(f"{kept.name}*"))
        for url in wanted.urls:
            path = local_path(url)
            if path is not None:
                yield path
        if wanted.project:
            for origin in self._fetcher.origins:
                root = None if origin.is_index else local_path(origin.url)
                if root is not None and (root / wanted.filename).is_file():
                    yield root / wanted.filename

    def _mirror_urls(self) -> list[str]:
        below = f"_source-cache/{relative_path(self._wanted.checksum, self._wanted.suffix)}"
        return [f"{mirror.rstrip('/')}/{below}" for mirror in self._fetcher.mirrors if local_path(mirror) is None]

    def _copy(self, path: Path) -> bool:
        if not path.is_file():
            self._refused.append(f"{path}: no such file")
            return False
        shutil.copyfile(path, self._partial)
        return self._verified(str(path))

    def _from_origins(self, urls: list[str], origins: tuple[index.Origin, ...]) -> bool:
        client = self._fetcher.client
        if any(self._load(client, url) for url in urls):
            return True
        return any(self._from_index(client, origin) for origin in origins)

    def _from_index(self, client: Any, origin: index.Origin) -> bool:
        wanted = self._wanted
        sha256 = wanted.checksum.value if wanted.checksum.algorithm == "sha256" else ""
        found: list[str | None] = []

        def look() -> None:
            found.append(index.find_file(client, origin, wanted.project, wanted.filename, sha256))

        try:
            try_again(*self._fetcher.retry, look, self._told(origin.url))
        except DownloadError as problem:
            self._refused.append(f"{redacted(origin.url)}: {problem}")
            return False
        url = found[-1]
        if url is None:
            self._refused.append(f"{redacted(origin.url)}: has no {wanted.filename}")
            return False
        path = local_path(url)
        if path is not None:
            return self._copy(path)
        if self._fetcher.offline:
            self._skipped = True
            return False
        return self._load(client, url)

    def _load(self, client: Any, url: str) -> bool:
        resumed = self._partial.exists()
        try:
            try_again(
                *self._fetcher.retry,
                lambda: download(client, url, self._partial, self._progress),
                self._told(url),
            )
        except DownloadError as problem:
            self._refused.append(f"{redacted(url)}: {problem}")
            return False
        if self._verified(redacted(url), last=not resumed):
            return True
        # What an earlier run left behind may have been the wrong beginning.
        return resumed and self._load(client, url)

    def _told(self, url: str) -> Callable[[str], None]:
        return lambda reason: self._fetcher.report("fetch.retry", self._wanted.title, f"{redacted(url)}: {reason}")

    def _progress(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._last_report >= _REPORT_EVERY or done == total:
            self._last_report = now
            self._fetcher.report("fetch.progress", self._wanted.title, self._wanted.filename, done, total)

    def _verified(self, origin: str, *, last: bool = True) -> bool:
        wanted = self._wanted
        got = wanted.checksum.of(self._partial)
        if got == wanted.checksum.value:
            return True
        with self._partial.open("rb") as stream:
            page = stream.read(512).lstrip().lower().startswith((b"<!doctype html", b"<html"))
        self._partial.unlink()
        if last:
            self._mismatch = ChecksumError(
                f"{wanted.filename} of {wanted.title}",
                expected=wanted.checksum.value,
                got=got,
                origin=origin,
                algorithm=wanted.checksum.algorithm,
                web_page=page,
            )
            self._refused.append(f"{origin}: wrong checksum {got}")
        return False

    def _failure(self) -> OutcropError:
        wanted = self._wanted
        if self._mismatch is not None:
            return self._mismatch
        subject = f"{wanted.filename} of {wanted.title}"
        place = f"_source-cache/{relative_path(wanted.checksum, wanted.suffix)}"
        by_hand = f"or put the file into a mirror as {place}"
        if self._skipped:
            return OfflineError(
                f"{subject} is not on this machine, and the network must not be used",
                details=self._refused,
                hint=f"run once without --offline, {by_hand}",
            )
        if wanted.project:
            looked = index.describe(self._fetcher.origins)
            return FetchError(
                f"{subject} cannot be had from the package index",
                details=self._refused or [f"looked at: {looked}"],
                hint="check the network, or name an index or directory that has it as for pip "
                f"(PIP_INDEX_URL, PIP_FIND_LINKS, pip.conf), {by_hand}",
            )
        return FetchError(
            f"{subject} cannot be fetched",
            details=self._refused or ["the recipe names no address"],
            hint=f"check the network, {by_hand}",
        )
