"""Writing the tree of a plan where nobody sees it yet."""

# Paths are strings here: there are tens of thousands of them.
# ruff: noqa: PTH102, PTH103, PTH110, PTH116, PTH211

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from outcrop.view.errors import ViewError
from outcrop.view.model import Item, ViewPlan, parents_of
from outcrop.view.rewrite import Rewriter
from outcrop.view.state import fingerprint

REFUSED = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EACCES, errno.ENOTSUP)
"""What a kernel says that does not make a hard link: another file system, not your file, too many, not at all."""


@dataclass(slots=True)
class Written:
    """What was written: path -> fingerprint, empty directories, and what could not be linked."""

    placed: dict[str, str] = field(default_factory=dict)
    directories: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    """Files that were copied because the kernel refused a hard link."""
    refusal: str = ""


def write_tree(plan: ViewPlan, at: str) -> Written:
    """Write everything in ``plan`` below ``at``, an empty directory; what is in files is for the plan's root.

    Raises:
        ViewError: a file of the store is missing.
        OSError: the disk is full, or the like.
    """
    written = Written()
    for directory in sorted(parents_of(item.path for item in plan.items)):
        os.mkdir(f"{at}/{directory}")
    place_file = _FILE_PLACERS[plan.link_type]
    rewriter = Rewriter(plan.substitutions)
    for item in plan.items:
        path = f"{at}/{item.path}"
        try:
            if item.kind == "file":
                written.placed[item.path] = place_file(item, path, written)
            elif item.kind == "link":
                os.symlink(item.target, path)
                written.placed[item.path] = f"-> {item.target}"
            elif item.kind == "dir":
                os.makedirs(path, exist_ok=True)
                written.directories.append(item.path)
            else:
                written.placed[item.path] = _write(item, path, rewriter)
        except FileNotFoundError as error:
            if not item.source or os.path.exists(item.source):
                raise
            raise ViewError(
                f"{item.source} is missing from the store",
                hint="the store was changed by hand: uninstall the package and install it again",
                code="view-source-missing",
            ) from error
    return written


def link_or_copy(source: str, destination: str) -> None:
    """Give a file of the user's a second name, or copy it where the kernel does not allow that; links are made anew."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), destination)
        return
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        shutil.copy2(source, destination)


def _symlink(item: Item, path: str, written: Written) -> str:
    os.symlink(item.source, path)
    return f"-> {item.source}"


def _hardlink(item: Item, path: str, written: Written) -> str:
    try:
        os.link(item.source, path)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        written.copied.append(item.path)
        written.refusal = written.refusal or error.strerror or str(error)
        return _copy(item, path, written)
    return fingerprint(path, os.stat(path))


def _copy(item: Item, path: str, written: Written) -> str:
    shutil.copyfile(item.source, path)
    status = os.stat(item.source)
    os.chmod(path, item.mode & 0o777 | 0o200)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return fingerprint(path, os.stat(path))


_FILE_PLACERS: dict[str, Callable[[Item, str, Written], str]] = {
    "symlink": _symlink,
    "hardlink": _hardlink,
    "copy": _copy,
}


def _write(item: Item, path: str, rewriter: Rewriter) -> str:
    if item.kind == "text":
        content = item.text.encode("utf-8", "surrogateescape")
    else:
        with open(item.source, "rb") as stream:
            content = rewriter.rewrite(item.path, stream.read())
    with open(path, "wb") as stream:
        stream.write(content)
    os.chmod(path, item.mode & 0o777 | 0o200)
    return fingerprint(path, os.stat(path))
