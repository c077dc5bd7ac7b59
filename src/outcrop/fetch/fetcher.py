"""``Fetcher``: sources into the cache, each verified before anybody reads it."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

# Any: see client.py.
from typing import Any, Self

from outcrop.base.digests import sha256_bytes
from outcrop.base.events import Event, Quiet, Reporter
from outcrop.base.files import write_atomic
from outcrop.fetch import index, vcs
from outcrop.fetch.attempt import Attempt, Wanted
from outcrop.fetch.cache import (
    Checksum,
    SourceCache,
    archive_suffix,
    parse_checksum,
    source_filename,
    url_filename,
)
from outcrop.fetch.client import open_client, redacted
from outcrop.fetch.errors import ChecksumError, FetchError, OfflineError
from outcrop.fetch.pip_settings import PipSettings, read_pip_settings
from outcrop.spec.graph import PatchSource, Source


class Fetcher:
    """Gets sources, from the nearest place first: the cache, mirrors in order, then where the recipe says.

    Safe to use from several threads and processes at once.
    """

    def __init__(
        self,
        cache: Path,
        *,
        offline: bool = False,
        mirrors: Sequence[str] = (),
        reporter: Reporter | None = None,
        environ: Mapping[str, str] | None = None,
        attempts: int = 3,
        pause: float = 1.0,
    ) -> None:
        """Prepare to fetch.

        Args:
            cache: root of the source cache.
            offline: use what is on this machine only.
            mirrors: directories or URLs that have ``_source-cache`` in them.
            environ: where pip's variables are looked for; by default this process's environment.
            attempts: how often one address is tried while trying again may help.
            pause: seconds before the second attempt; each further one waits twice as long.
        """
        self.cache = SourceCache(cache)
        self.offline = offline
        self.mirrors = tuple(mirrors)
        self._reporter = reporter or Quiet()
        self._environ = dict(os.environ if environ is None else environ)
        self._attempts = attempts
        self._pause = pause
        self._guard = threading.Lock()
        self._connections = contextlib.ExitStack()
        self._client: Any = None

    def fetch(self, source: Source, *, name: str, version: str) -> Path:
        """The verified file of a source of kind ``archive`` or ``index``; of a repository a tar file of the checkout.

        What a branch, a tag or the newest revision means is looked up each time there is a network, and reported.

        Args:
            name: package it is for, as people know it.
            version: of that package.

        Raises:
            ChecksumError: a file came and it was not the right one.
            OfflineError: the file is not on this machine and the network must not be used.
            FetchError: nobody has it.
            StageError: it cannot be checked out, or the program for that is missing.
        """
        title = f"{name}@{version}"
        return self._checked_out(source, title) if source.is_checkout else self._get(_wanted(source, title))

    def cached(self, source: Source) -> Path | None:
        """The verified file if the cache has it."""
        if source.is_checkout:
            kept = vcs.cached_checkout(source, self.cache.root)
            return kept if vcs.is_whole(kept) else None
        if parse_checksum(source.sha256, source.checksum) is None:
            return None
        wanted = _wanted(source, source.name)
        return self.cache.find(wanted.checksum, wanted.suffix)

    def _checked_out(self, source: Source, title: str) -> Path:
        kept = vcs.cached_checkout(source, self.cache.root)
        address = redacted(source.urls[0]) if source.urls else "no address"
        pinned = vcs.is_pinned(source)

        def resolved(revision: str) -> None:
            if revision and not pinned:
                self.report("fetch.resolved", title, f"{vcs.describe(source)} of {address} is {revision}")

        def left_out(links: list[str]) -> None:
            shown = ", ".join(links[:3]) + (" and others" if len(links) > 3 else "")
            self.report("warning", title, f"links that lead out of the sources of {title} are left out: {shown}")

        with self.cache.lock(kept.stem):
            if vcs.is_whole(kept):
                if self.offline or pinned:
                    return kept
                known = vcs.kept_revision(kept)
                if known and known == vcs.current_revision(source, environ=self._environ):
                    resolved(known)
                    return kept
            if self.offline and not vcs.is_near(source):
                raise OfflineError(
                    f"{address} of {title} is not on this machine, and the network must not be used",
                    hint="run once without --offline",
                )
            self.report("fetch.started", title, address)
            resolved(vcs.keep_checkout(source, kept, environ=self._environ, offline=self.offline, left_out=left_out))
            self.report("fetch.done", title, address)
            return kept

    def fetch_patch(self, patch: PatchSource, *, name: str) -> Path:
        """The verified file of a patch that has a URL, uncompressed.

        Raises:
            FetchError: as :meth:`fetch`.
        """
        filename = url_filename(patch.url) or "patch"
        suffix = archive_suffix(filename)
        title = f"patch of {name}"
        unpack = _DECOMPRESS.get(suffix.lower())
        if unpack is None:
            return self._get(
                Wanted(title, filename, _checksum(patch.sha256, "", filename, title), suffix, (patch.url,))
            )
        inner = _checksum(patch.sha256, "", filename, title)
        known = self.cache.find(inner, ".patch")
        if known is not None:
            return known
        outer = _checksum(patch.archive_sha256, "", filename, title)
        packed = self._get(Wanted(title, filename, outer, suffix, (patch.url,)))
        return self._uncompress(packed, unpack, inner, f"{filename} of {title}")

    def _uncompress(self, packed: Path, unpack: Callable[[bytes], bytes], inner: Checksum, shown: str) -> Path:
        try:
            content = unpack(packed.read_bytes())
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as problem:
            raise FetchError(f"{shown} cannot be uncompressed: {problem}") from problem
        got = sha256_bytes(content)
        if got != inner.value:
            raise ChecksumError(f"{shown}, uncompressed,", expected=inner.value, got=got, origin=str(packed))
        target = self.cache.path(inner, ".patch")
        write_atomic(target, content, durable=True)
        return target

    def _get(self, wanted: Wanted) -> Path:
        found = self.cache.find(wanted.checksum, wanted.suffix)
        if found is not None:
            return found
        with self.cache.lock(wanted.checksum.value):
            found = self.cache.find(wanted.checksum, wanted.suffix)
            return found if found is not None else Attempt(self, wanted).run()

    def close(self) -> None:
        """End connections that are kept open; fetching again opens new ones."""
        with self._guard:
            self._connections.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    @property
    def client(self) -> Any:
        """The HTTP client, made when it is first needed."""
        with self._guard:
            if self._client is None:
                self._client = self._connections.enter_context(open_client(self.pip))
            return self._client

    @cached_property
    def pip(self) -> PipSettings:
        """How pip is set up here."""
        return read_pip_settings(self._environ)

    @cached_property
    def origins(self) -> tuple[index.Origin, ...]:
        """Package indexes and directories of links."""
        return index.origins(self.pip)

    def report(
        self, kind: str, subject: str, text: str = "", done: int | None = None, total: int | None = None
    ) -> None:
        """Tell the reporter."""
        self._reporter.report(Event(kind, subject, text, done, total))

    @property
    def retry(self) -> tuple[int, float]:
        """Attempts and first pause."""
        return self._attempts, self._pause


_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


def _checksum(sha256: str, other: str, filename: str, title: str) -> Checksum:
    checksum = parse_checksum(sha256, other)
    if checksum is None:
        raise FetchError(
            f"{filename} of {title} has no checksum: nobody could tell whether the right file came",
            hint="add its sha256 to the recipe",
            code="no-checksum",
        )
    return checksum


def _wanted(source: Source, title: str) -> Wanted:
    if source.kind not in ("archive", "index"):
        raise ValueError(f"a source of kind {source.kind!r} is no file: {title}")
    filename = source_filename(source) or title
    suffix = f".{source.extension.lstrip('.')}" if source.extension else archive_suffix(filename)
    checksum = _checksum(source.sha256, source.checksum, filename, title)
    return Wanted(title, filename, checksum, suffix, source.urls, source.project if source.kind == "index" else "")
