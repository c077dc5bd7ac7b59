"""Checkouts as tar files below a source cache, each with a note of its checksum and revision beside it."""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from outcrop.base.digests import base32_name, sha256_file
from outcrop.base.files import remove_tree, write_atomic
from outcrop.fetch.vcs.checkout import check_out, is_pinned
from outcrop.spec.graph import Source

_MOMENT = 946684800
"""The time of every member: the year 2000, since zip files cannot hold all earlier ones."""

_TOP = "source"


def cached_checkout(source: Source, cache: Path) -> Path:
    """Where a checkout is kept below a source cache.

    A git commit is kept by its name, whatever the address; all others by address and revision.
    """
    if source.kind == "git" and is_pinned(source):
        return cache / "git" / source.commit[:2] / f"{source.commit}{_mark(source)}.tar"
    name = _digest([source.kind, *source.urls[:1], source.commit, source.ref, source.date])
    return cache / source.kind / name[:2] / f"{name}{_mark(source)}.tar"


def is_whole(path: Path) -> bool:
    """Whether a kept tar file is what was written then."""
    noted = _note(path)
    return path.is_file() and bool(noted) and noted[0] == sha256_file(path)


def kept_revision(path: Path) -> str:
    """The revision of a kept checkout; empty if its system has none."""
    return " ".join(_note(path)[1:])


def keep_checkout(
    source: Source,
    target: Path,
    *,
    environ: Mapping[str, str],
    offline: bool = False,
    left_out: Callable[[list[str]], None] | None = None,
) -> str:
    """Check a source out and keep it as the tar file ``target``; returns its revision.

    Args:
        left_out: is told of links that lead out of the sources: they are not kept.

    Raises:
        StageError: as :func:`check_out`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".checkout-", dir=target.parent))
    try:
        revision = check_out(source, work / _TOP, environ=environ, offline=offline)
        packed = work / "packed"
        escaping = pack(work / _TOP, packed)
        if escaping and left_out is not None:
            left_out(escaping)
        write_atomic(_note_path(target), f"{sha256_file(packed)} {revision}\n".encode())
        packed.replace(target)
    finally:
        remove_tree(work)
    return revision


def pack(folder: Path, target: Path) -> list[str]:
    """Write a directory as a tar file with :data:`_TOP` at its top: same content, same bytes.

    Members are sorted; owners and times are left out, and of the permissions all but whether a file can be run.

    Returns:
        Links that lead out of the directory: they are not in the tar file.
    """
    escaping, root = [], folder.resolve()
    # GNU format: its headers hold nothing that depends on when or by whom they are written.
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for name in _names(folder):
            path = folder / name
            member = tarfile.TarInfo(f"{_TOP}/{name}".rstrip("/"))
            member.mtime = _MOMENT
            if path.is_symlink():
                member.type, member.linkname = tarfile.SYMTYPE, os.readlink(path)
                if _leads_out(name, member.linkname) or not Path(os.path.realpath(path)).is_relative_to(root):
                    escaping.append(name)
                else:
                    archive.addfile(member)
            elif path.is_dir():
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            elif path.is_file():
                state = path.stat()
                member.size, member.mode = state.st_size, 0o755 if state.st_mode & 0o100 else 0o644
                with path.open("rb") as content:
                    archive.addfile(member, content)
    return escaping


def _names(folder: Path) -> Iterator[str]:
    """Everything below a directory, itself first, as relative paths; parents before what is in them."""
    for directory, folders, files in os.walk(folder):
        folders.sort()
        here = os.path.relpath(directory, folder)
        yield "" if here == "." else here
        links = [name for name in folders if os.path.islink(os.path.join(directory, name))]
        for name in sorted([*files, *links]):
            yield os.path.normpath(os.path.join(here, name))


def _leads_out(name: str, link: str) -> bool:
    inside = os.path.normpath(Path(name).parent / link)
    return link.startswith("/") or inside == ".." or inside.startswith("../")


def _mark(source: Source) -> str:
    options = [
        source.submodules,
        source.submodule_paths,
        source.submodules_left_out,
        source.full_history,
        source.sparse_paths,
    ]
    return f"-{_digest(options)[:12]}" if any(options) else ""


def _digest(parts: object) -> str:
    return base32_name(json.dumps(parts).encode())


def _note_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _note(path: Path) -> list[str]:
    noted = _note_path(path)
    return noted.read_text().split() if noted.is_file() else []
