"""The source cache: files by checksum, in the layout ``archive/<first two letters>/<checksum><suffix>``.

A mirror has the same layout below ``_source-cache``, so a cache can be served as one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from outcrop.base.files import fsync_directory
from outcrop.spec.graph import Source

_SUFFIX = re.compile(r"(?:\.tar)?\.[A-Za-z][A-Za-z0-9]{0,9}$")
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest a file must have. Old recipes know no sha256, so other algorithms are possible."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm} {self.value}"

    def of(self, path: Path) -> str:
        """The digest a file has."""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, self.algorithm).hexdigest()


def parse_checksum(sha256: str, other: str = "") -> Checksum | None:
    """The checksum of a source: its sha256, or ``algorithm:digest``; None where there is none that means anything."""
    algorithm, _, value = f"sha256:{sha256}".partition(":") if sha256 else other.partition(":")
    if len(value) != _HEX_LENGTHS.get(algorithm) or not re.fullmatch("[0-9a-f]+", value):
        return None
    return Checksum(algorithm, value)


def archive_suffix(filename: str) -> str:
    """The part of a file name that says what kind of file it is: ``.tar.gz``, ``.whl``, or nothing.

    >>> archive_suffix("foo-1.2.tar.gz"), archive_suffix("foo-1.2")
    ('.tar.gz', '')
    """
    match = _SUFFIX.search(filename)
    return match.group() if match else ""


def url_filename(url: str) -> str:
    """The file name at the end of a URL's path; the one before it where the path ends in ``download``."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return Path(url).name
    segments = [segment for segment in unquote(urlsplit(url).path).split("/") if segment]
    if len(segments) > 1 and segments[-1] == "download":
        segments.pop()
    return segments[-1] if segments else ""


def source_filename(source: Source) -> str:
    """The name of a source's file as its recipe or its address says; empty where neither says one."""
    return source.filename or next(filter(None, map(url_filename, source.urls)), "")


class SourceCache:
    """Files below ``root`` by checksum. Everything in it was verified when it came, and is verified when it is read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, checksum: Checksum, suffix: str) -> Path:
        """Where a file is or would be."""
        return self.root / relative_path(checksum, suffix)

    def find(self, checksum: Checksum, suffix: str) -> Path | None:
        """The file with this checksum, whatever its suffix; one of the right suffix is preferred.

        A file whose content has another checksum by now is removed.
        """
        wanted = self.path(checksum, suffix)
        found = [wanted, *sorted(wanted.parent.glob(f"{checksum.value}*"))]
        for path in found:
            if path.suffix == ".part" or not path.is_file():
                continue
            if checksum.of(path) == checksum.value:
                return path
            path.unlink(missing_ok=True)
        return None

    def partial(self, checksum: Checksum) -> Path:
        """Where a download of the file is collected."""
        return self.path(checksum, ".part")

    def place(self, partial: Path, checksum: Checksum, suffix: str) -> Path:
        """Give a complete and verified download its name."""
        target = self.path(checksum, suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        partial.chmod(0o644)
        partial.replace(target)
        fsync_directory(target.parent)
        return target

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One process at a time fetches a file; the others wait, and then find it."""
        # Only needed when something is not cached yet: its import is paid then.
        from filelock import FileLock

        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock"):
            yield


def relative_path(checksum: Checksum, suffix: str) -> str:
    """A file's place below a cache or a mirror's ``_source-cache``."""
    return f"archive/{checksum.value[:2]}/{checksum.value}{suffix}"
