"""What upstream has that no recipe speaks of yet: files of a project, links of a page, tags of a repository; and files
whose checksum nobody knows.

Only people who write recipes ask here: a build never takes a file that has no checksum.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar
from urllib.parse import urldefrag, urljoin

from outcrop.base.digests import sha256_file
from outcrop.base.process import ProcessError, run
from outcrop.fetch import index
from outcrop.fetch.cache import Checksum, archive_suffix, url_filename
from outcrop.fetch.client import DownloadError, download, local_path, network_errors, redacted, try_again
from outcrop.fetch.errors import FetchError, OfflineError
from outcrop.fetch.fetcher import Fetcher
from outcrop.fetch.vcs import program_environment

T = TypeVar("T")

_PATIENCE = 60.0
"""Seconds that listing a repository's tags may take."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A file as it came, now in the source cache."""

    path: Path
    sha256: str
    filename: str


class Discovery:
    """Asks upstream, through the same client, mirrors of pip's settings and cache as ``fetcher``."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def project_files(self, project: str) -> list[index.IndexedFile]:
        """What the configured indexes have of a project; empty if none knows it. The first place that has a file name
        counts.

        Raises:
            FetchError: a place could not be read and the others have nothing.
            OfflineError: only the network could say.
        """
        found: dict[str, index.IndexedFile] = {}
        refused: list[str] = []
        skipped = False
        for origin in self._fetcher.origins:
            if self._fetcher.offline and local_path(origin.url) is None:
                skipped = True
                continue
            try:
                files = self._again(origin.url, lambda: index.list_files(self._fetcher.client, origin, project))  # noqa: B023 (called at once)
            except DownloadError as problem:
                refused.append(f"{redacted(origin.url)}: {problem}")
                continue
            for file in files:
                found.setdefault(file.filename, file)
        if not found and skipped:
            raise OfflineError(
                f"nothing on this machine knows the project {project}, and the network must not be used",
                hint="run it without --offline",
            )
        if not found and refused:
            raise FetchError(
                f"the package index cannot be asked about {project}",
                details=refused,
                hint="check the network, or name another index as for pip (PIP_INDEX_URL, pip.conf)",
            )
        return list(found.values())

    def links(self, page: str) -> list[str]:
        """The addresses that a web page (or a directory on this machine) leads to, in its order.

        Raises:
            FetchError: it cannot be read.
            OfflineError: it is not on this machine.
        """
        local = local_path(page)
        if local is not None:
            if not local.is_dir():
                raise FetchError(f"there is no directory {local}")
            return [path.absolute().as_uri() for path in sorted(local.iterdir())]
        self._need_network(page)
        try:
            base, text = self._again(page, lambda: self._page(page))
        except DownloadError as problem:
            raise FetchError(f"{redacted(page)} cannot be read: {problem}") from problem
        parser = _Links()
        parser.feed(text)
        return list(dict.fromkeys(urldefrag(urljoin(base, link)).url for link in parser.found))

    def tags(self, repository: str, *, environ: Mapping[str, str]) -> list[str]:
        """The tags of a git repository, in the order in which it lists them.

        Raises:
            FetchError: it cannot be asked.
            OfflineError: it is not on this machine.
        """
        if local_path(repository) is None:
            self._need_network(repository)
        program = shutil.which("git", path=environ.get("PATH"))
        if program is None:
            raise FetchError(f"the tags of {redacted(repository)} cannot be listed without git", hint="install git")
        try:
            done = run(
                [program, "ls-remote", "--tags", "--refs", repository],
                env=program_environment(environ),
                timeout=_PATIENCE,
            )
        except ProcessError as problem:
            raise FetchError(
                f"the tags of {redacted(repository)} cannot be listed",
                details=[line.replace(repository, redacted(repository)) for line in problem.details],
            ) from problem
        references = [line.partition("\t")[2] for line in done.stdout.splitlines()]
        return [reference.removeprefix("refs/tags/") for reference in references if reference.startswith("refs/tags/")]

    def get(self, url: str, title: str) -> Discovered:
        """Fetch a file and say what its sha256 is; it is kept in the source cache under it.

        Raises:
            FetchError: it cannot be had.
            OfflineError: it is not on this machine.
        """
        cache = self._fetcher.cache
        filename = url_filename(url) or title
        cache.root.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=cache.root))
        partial = work / "file.part"
        try:
            local = local_path(url)
            if local is not None:
                if not local.is_file():
                    raise FetchError(f"there is no file {local}")
                shutil.copyfile(local, partial)
            else:
                self._need_network(url)
                self._fetcher.report("fetch.started", title, filename)
                try:
                    self._again(url, lambda: download(self._fetcher.client, url, partial, lambda done, total: None))
                except DownloadError as problem:
                    raise FetchError(f"{redacted(url)} cannot be fetched: {problem}") from problem
                self._fetcher.report("fetch.done", title, filename)
            digest = sha256_file(partial)
            checksum = Checksum("sha256", digest)
            suffix = archive_suffix(filename)
            kept = cache.find(checksum, suffix)
            path = kept if kept is not None else cache.place(partial, checksum, suffix)
        finally:
            shutil.rmtree(work)
        return Discovered(path, digest, filename)

    def _page(self, url: str) -> tuple[str, str]:
        client = self._fetcher.client
        try:
            response = client.get(url)
        except network_errors(client) as problem:
            raise DownloadError(str(problem) or type(problem).__name__, again=True, network=True) from problem
        status = int(response.status_code)
        if status != 200:
            raise DownloadError(f"{status} {response.reason_phrase}".strip(), again=status >= 500)
        return str(response.url), str(response.text)

    def _need_network(self, url: str) -> None:
        if self._fetcher.offline:
            raise OfflineError(
                f"{redacted(url)} is not on this machine, and the network must not be used",
                hint="run it without --offline",
            )

    def _again(self, url: str, action: Callable[[], T]) -> T:
        answers: list[T] = []
        try_again(
            *self._fetcher.retry,
            lambda: answers.append(action()),
            lambda reason: self._fetcher.report("fetch.retry", redacted(url), reason),
        )
        return answers[-1]


class _Links(HTMLParser):
    """The targets of a page's links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]
