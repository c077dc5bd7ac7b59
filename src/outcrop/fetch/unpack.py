"""Unpacking archives so that nothing is written outside the directory meant for it.

Refused are absolute names, names with ``..``, links that lead out, devices and pipes. Set-user-id bits and write
permission for others are dropped. Either everything is unpacked or nothing is there.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from outcrop.base.files import remove_tree
from outcrop.fetch.errors import UnpackError, UnsafeArchiveError

# Packages of other systems that happen to be archives, and scripts with an archive behind: recipes want these as files.
_FILES_THEMSELVES = frozenset(
    {".whl", ".egg", ".jar", ".war", ".deb", ".rpm", ".gem", ".sh", ".run", ".bin", ".exe", ".py"}
)
_PROGRAMS = {b"\x28\xb5\x2f\xfd": ("zstd", "-dcq"), b"\x1f\x9d": ("gzip", "-dc"), b"LZIP": ("lzip", "-dcq")}
_MODULES: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x5d\x00\x00": lzma.LZMAFile,
}
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
_PIECE = 1 << 20


def unpack(archive: Path, into: Path, *, name: str | None = None) -> Path:
    """Unpack ``archive`` and return ``into``, which must not exist or be empty.

    What it is, is read from its content. A compressed file that is no archive is uncompressed to ``into``, and a file
    that is neither is copied there.

    Args:
        name: the file's own name, where ``archive`` is called by its checksum.

    Raises:
        UnsafeArchiveError: names the member that would leave the directory.
        UnpackError: the archive is broken or of a kind that needs a program which is not here.
    """
    shown = name or archive.name
    into.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=into.parent))
    try:
        _unpack(archive, work, shown)
        work.chmod(0o755)
        if into.is_dir():
            into.rmdir()
        work.rename(into)
    except _BROKEN as problem:
        remove_tree(work)
        raise UnpackError(f"{shown} cannot be unpacked: {str(problem) or 'it is damaged'}") from problem
    except BaseException:
        remove_tree(work)
        raise
    return into


def _unpack(archive: Path, work: Path, shown: str) -> None:
    with archive.open("rb") as stream:
        magic = stream.read(8)
    if Path(shown).suffix.lower() in _FILES_THEMSELVES:
        shutil.copyfile(archive, work / Path(shown).name)
    elif magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _unzip(archive, work, shown)
    else:
        with _uncompressed(archive, magic, shown) as (stream, compressed):
            start = _peek(stream, tarfile.BLOCKSIZE)
            if _looks_like_tar(start, shown):
                _untar(_Joined(start, stream), work, shown)
            else:
                target = work / (_without_compression(Path(shown).name) if compressed else Path(shown).name)
                with target.open("wb") as out:
                    shutil.copyfileobj(_Joined(start, stream), out, _PIECE)


@contextlib.contextmanager
def _uncompressed(archive: Path, magic: bytes, shown: str) -> Iterator[tuple[IO[bytes], bool]]:
    for start, program in _PROGRAMS.items():
        if magic.startswith(start):
            with _through(program, archive, shown) as stream:
                yield stream, True
            return
    opener = next((opener for start, opener in _MODULES.items() if magic.startswith(start)), None)
    if opener is None:
        with archive.open("rb") as plain:
            yield plain, False
        return
    with opener(archive) as unpacked:
        try:
            yield unpacked, True
        except OSError as problem:
            # bz2 says "Invalid data stream" so; errors of writing have a number.
            if problem.errno is None:
                raise UnpackError(f"{shown} cannot be unpacked: {problem}") from problem
            raise


@contextlib.contextmanager
def _through(command: tuple[str, ...], archive: Path, shown: str) -> Iterator[IO[bytes]]:
    program = shutil.which(command[0])
    if program is None:
        raise UnpackError(f"{shown} cannot be unpacked without {command[0]}", hint=f"install {command[0]}")
    with subprocess.Popen([program, *command[1:], str(archive)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # PIPE
        complete = False
        try:
            yield process.stdout
            complete = True
        finally:
            if complete:
                # The end mark of a tar file is not the end of what the program writes.
                while process.stdout.read(_PIECE):
                    pass
            else:
                process.kill()
    if process.returncode != 0:
        raise UnpackError(f"{shown} cannot be unpacked: {command[0]} ended with exit status {process.returncode}")


def _peek(stream: IO[bytes], size: int) -> bytes:
    start = b""
    while len(start) < size and (piece := stream.read(size - len(start))):
        start += piece
    return start


class _Joined:
    """A stream whose beginning was read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._start:
            return self._rest.read(size)
        if size < 0:
            piece, self._start = self._start + self._rest.read(), b""
        else:
            piece, self._start = self._start[:size], self._start[size:]
        return piece


def _looks_like_tar(block: bytes, shown: str) -> bool:
    if len(block) < tarfile.BLOCKSIZE:
        return False
    if not any(block):
        return ".tar" in shown  # an empty archive: nothing but end marks
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _without_compression(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix.lower() in ("gz", "bz2", "xz", "zst", "z", "lzma", "lz") else name


class _Tree:
    """Writes members below one directory, and nowhere else."""

    def __init__(self, root: Path, shown: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._shown = shown
        self._links: list[tuple[str, Path]] = []
        self._times: list[tuple[Path, float]] = []
        self._modes: list[tuple[Path, int]] = []

    def refuse(self, member: str, reason: str) -> UnsafeArchiveError:
        return UnsafeArchiveError(self._shown, member, reason)

    def path(self, member: str, link: str = "") -> Path | None:
        """Where a member, or the one its hard ``link`` means, goes; None for the root itself."""
        name = link or member
        what = f"is a hard link to {link}, which" if link else "has a name that"
        if name.startswith("/"):
            raise self.refuse(member, f"{what} is absolute")
        parts = [part for part in PurePosixPath(name).parts if part != "."]
        if ".." in parts:
            raise self.refuse(member, f"{what} has '..' in it")
        if not parts:
            return None
        target = self._root.joinpath(*parts)
        self._check_inside(target.parent, member, "would be written through a link that leads out of the archive")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _check_inside(self, path: Path, member: str, reason: str) -> None:
        real = os.path.realpath(path)
        if real != self._real and not real.startswith(self._real + os.sep):
            raise self.refuse(member, reason)

    def directory(self, member: str, mode: int, mtime: float) -> None:
        target = self.path(member)
        if target is None:
            return
        if target.is_symlink() or not target.is_dir():
            self._clear(target)
            target.mkdir()
        self._modes.append((target, mode & 0o755 | 0o700))
        self._times.append((target, mtime))

    def file(self, member: str, content: IO[bytes], mode: int, mtime: float) -> None:
        target = self.path(member)
        if target is None:
            raise self.refuse(member, "is a file without a name")
        self._clear(target)
        with target.open("xb") as out:
            shutil.copyfileobj(content, out, _PIECE)
        target.chmod(mode & 0o755 | 0o600)
        os.utime(target, (mtime, mtime))

    def link(self, member: str, text: str, mtime: float) -> None:
        target = self.path(member)
        if target is None or not text:
            raise self.refuse(member, "is a link without a name or a target")
        if text.startswith("/"):
            raise self.refuse(member, f"is a link to the absolute path {text}")
        inside = os.path.normpath(os.path.join(os.path.relpath(target.parent, self._root), text))
        if inside == ".." or inside.startswith("../"):
            raise self.refuse(member, f"is a link that leads out: {text}")
        self._clear(target)
        target.symlink_to(text)
        os.utime(target, (mtime, mtime), follow_symlinks=False)
        self._links.append((member, target))

    def hard_link(self, member: str, name: str) -> None:
        source = self.path(member, name)
        target = self.path(member)
        if source is None or target is None:
            raise self.refuse(member, "is a hard link without a name or a target")
        if not source.is_symlink() and not source.is_file():
            raise UnpackError(
                f"{self._shown} cannot be unpacked: {member} is a hard link to {name}, which is not in it"
            )
        if source != target:
            self._clear(target)
            os.link(source, target, follow_symlinks=False)

    def _clear(self, target: Path) -> None:
        if target.is_symlink() or target.is_file():
            target.unlink()

    def finish(self) -> None:
        """Look where all links lead now that everything is there, and give directories their modes and times."""
        for member, link in self._links:
            if link.is_symlink():
                self._check_inside(link, member, "is a link that leads out by way of another link")
        for path, mode in reversed(self._modes):
            if path.is_dir():
                path.chmod(mode)
        for path, mtime in reversed(self._times):
            if path.is_dir():
                os.utime(path, (mtime, mtime))


def _untar(stream: _Joined, work: Path, shown: str) -> None:
    tree = _Tree(work, shown)
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as archive:  # type: ignore[call-overload]  # read() is enough
        for member in archive:
            if member.isdir():
                tree.directory(member.name, member.mode, member.mtime)
            elif member.issym():
                tree.link(member.name, member.linkname, member.mtime)
            elif member.islnk():
                tree.hard_link(member.name, member.linkname)
            elif member.isreg():
                content = archive.extractfile(member)
                assert content is not None  # regular
                tree.file(member.name, content, member.mode, member.mtime)
            else:
                raise tree.refuse(member.name, "is neither a file nor a directory nor a link")
    tree.finish()


def _unzip(path: Path, work: Path, shown: str) -> None:
    tree = _Tree(work, shown)
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            kind = stat.S_IFMT(mode)
            mtime = _zip_time(member.date_time)
            if member.flag_bits & 1:
                raise UnpackError(f"{shown} cannot be unpacked: {member.filename} is encrypted")
            if member.is_dir():
                tree.directory(member.filename, mode or 0o755, mtime)
            elif kind == stat.S_IFLNK:
                tree.link(member.filename, archive.read(member).decode("utf-8", "surrogateescape"), mtime)
            elif kind in (0, stat.S_IFREG):
                with archive.open(member) as content:
                    tree.file(member.filename, content, mode or 0o644, mtime)
            else:
                raise tree.refuse(member.filename, "is neither a file nor a directory nor a link")
    tree.finish()


def _zip_time(when: tuple[int, int, int, int, int, int]) -> float:
    try:
        return time.mktime((*when, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0
