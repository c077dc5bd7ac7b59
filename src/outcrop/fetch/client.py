"""One HTTP client for everything that is fetched: unearth's, set up as pip would be."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Any: the client comes from whichever HTTP library unearth is built on; it is imported only when something is fetched.
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from outcrop.fetch.pip_settings import PipSettings

Progress = Callable[[int, int | None], None]
"""Is told bytes so far and bytes in all, when known."""

_PIECE = 1 << 18
_CVS_USER = re.compile(r"^(:[^:@/]*:)[^@/]*@")
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class DownloadError(Exception):
    """One attempt failed. ``again`` says whether another one may help; ``network`` that nobody answered at all."""

    def __init__(self, reason: str, *, again: bool = False, network: bool = False) -> None:
        super().__init__(reason)
        self.again = again
        self.network = network


def redacted(url: str) -> str:
    """``url`` without user name and password; also the root of a CVS repository."""
    if url.startswith(":"):
        return _CVS_USER.sub(r"\1***@", url)
    split = urlsplit(url)
    if "@" not in split.netloc:
        return url
    return urlunsplit(split._replace(netloc="***@" + split.netloc.rpartition("@")[2]))


def local_path(place: str) -> Path | None:
    """The file or directory that a path or ``file:`` URL means; None for other URLs."""
    if place.startswith("file:"):
        return Path(unquote(urlsplit(place).path))
    return None if "://" in place else Path(place).expanduser()


@contextmanager
def open_client(settings: PipSettings) -> Iterator[Any]:
    """A client that may be used by several threads."""
    # unearth and the HTTP library below it take a tenth of a second to import, and most commands fetch nothing.
    import ssl

    from unearth.auth import MultiDomainBasicAuth
    from unearth.fetchers import PyPIClient

    options: dict[str, Any] = {}
    if settings.cert:
        options["verify"] = ssl.create_default_context(cafile=settings.cert)
    if settings.client_cert:
        options["cert"] = settings.client_cert
    if settings.proxy:
        options["proxy"] = settings.proxy
    with PyPIClient(
        trusted_hosts=settings.trusted_hosts, timeout=settings.timeout, follow_redirects=True, **options
    ) as client:
        client.auth = MultiDomainBasicAuth(
            prompting=False, index_urls=(*filter(None, [settings.index_url]), *settings.extra_index_urls)
        )
        yield client


def network_errors(client: Any) -> tuple[type[Exception], ...]:
    """What the client's library raises when a transfer fails."""
    for base in type(client).__mro__:
        module = sys.modules.get(base.__module__.partition(".")[0])
        kinds = [getattr(module, name, None) for name in ("HTTPError", "InvalidURL", "StreamError")]
        found = tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception))
        if found:
            return (*found, OSError)
    return (OSError,)


def download(client: Any, url: str, partial: Path, progress: Progress) -> None:
    """Fetch ``url`` into ``partial``, going on from what is there already if the server can.

    Raises:
        DownloadError: it did not work; ``partial`` keeps what came.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme == "ftp":
        _download_ftp(url, partial, progress)
        return
    if scheme not in ("http", "https"):
        raise DownloadError(f"nothing is known about {scheme or 'such'} addresses")
    start = partial.stat().st_size if partial.exists() else 0
    # The file is wanted as it lies there: a .tar.gz must not be uncompressed on the way.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        with client.get_stream(url, headers=headers) as response:
            status = int(response.status_code)
            if status == 416 and start:
                partial.unlink()
                raise DownloadError("the server cannot go on where the last attempt ended", again=True)
            if status >= 400 or status < 200:
                raise DownloadError(f"{status} {response.reason_phrase}".strip(), again=status in _TRY_AGAIN)
            resumed = status == 206 and _starts_at(response.headers.get("Content-Range", ""), start)
            if status == 206 and not resumed:
                partial.unlink(missing_ok=True)
                raise DownloadError("the server sent another part of the file than asked for", again=True)
            done = start if resumed else 0
            length = response.headers.get("Content-Length", "")
            total = done + int(length) if length.isdigit() else None
            with partial.open("ab" if resumed else "wb") as stream:
                for piece in response.iter_raw():
                    stream.write(piece)
                    done += len(piece)
                    progress(done, total)
            if total is not None and done != total:
                raise DownloadError(f"the connection ended after {done} of {total} bytes", again=True)
    except network_errors(client) as problem:
        reason = str(problem) or type(problem).__name__
        raise DownloadError(reason, again=True, network=not partial.exists()) from problem


def _starts_at(content_range: str, start: int) -> bool:
    return content_range.removeprefix("bytes").strip().partition("-")[0] == str(start)


def _download_ftp(url: str, partial: Path, progress: Progress) -> None:
    # Rare, and the import brings all of http and email with it.
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=60) as response, partial.open("wb") as stream:
            done = 0
            while piece := response.read(_PIECE):
                stream.write(piece)
                done += len(piece)
                progress(done, None)
    except (urllib.error.URLError, OSError) as problem:
        raise DownloadError(str(getattr(problem, "reason", problem)), again=True, network=True) from problem


def try_again(attempts: int, pause: float, action: Callable[[], None], told: Callable[[str], None]) -> None:
    """Call ``action`` until it works, at most ``attempts`` times, waiting longer each time.

    Raises:
        DownloadError: the last one, or the first that says another attempt is no use.
    """
    for attempt in range(attempts):
        try:
            action()
            return
        except DownloadError as problem:
            if not problem.again or attempt + 1 == attempts:
                raise
            told(str(problem))
            time.sleep(pause * 2**attempt)
