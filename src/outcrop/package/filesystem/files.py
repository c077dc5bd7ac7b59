"""Single files and directories, as recipes handle them. Paths come in and go out as text."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from os import chdir as cd
from os import getcwd as pwd
from os import makedirs, mkdir, readlink, remove, removedirs, rename, symlink
from shutil import move, rmtree

__all__ = [
    "ancestor",
    "can_access",
    "cd",
    "copy_mode",
    "force_remove",
    "force_symlink",
    "has_shebang",
    "is_exe",
    "join_path",
    "keep_modification_time",
    "makedirs",
    "mkdir",
    "mkdirp",
    "move",
    "path_contains_subdirectory",
    "pwd",
    "readlink",
    "remove",
    "remove_directory_contents",
    "remove_linked_tree",
    "removedirs",
    "rename",
    "rmtree",
    "safe_remove",
    "set_executable",
    "set_install_permissions",
    "symlink",
    "touch",
    "windows_sfn",
    "working_dir",
]

PathText = str | os.PathLike[str]


def join_path(prefix: object, *parts: object) -> str:
    """``os.path.join`` of the texts of its arguments, whatever they are."""
    return os.path.join(str(prefix), *(str(part) for part in parts))


def ancestor(dir: PathText, n: int = 1) -> str:  # noqa: A002 - the API's name
    """The directory ``n`` levels above."""
    parent = os.path.abspath(os.fspath(dir))
    for _ in range(n):
        parent = os.path.dirname(parent)
    return parent


def path_contains_subdirectory(path: PathText, root: PathText) -> bool:
    """Whether ``path`` lies below ``root`` or is it, judged by the texts alone."""
    inside = os.path.abspath(os.fspath(path)).rstrip(os.sep) + os.sep
    return inside.startswith(os.path.abspath(os.fspath(root)).rstrip(os.sep) + os.sep)


def windows_sfn(path: str) -> str:
    """The short form of a path where there is such a thing; here the path itself."""
    return path


def mkdirp(
    *paths: PathText, mode: int | None = None, group: str | int | None = None, default_perms: str | None = None
) -> None:
    """Make directories and what lies above them; those that exist are fine.

    Args:
        mode: permission bits of the directories named, if they are made.
        group: group of those, by name or number.
        default_perms: what directories above them get: ``args`` (the same), ``parents`` (those of the nearest
        directory
            that exists), or the process's default.

    Raises:
        OSError: something that is no directory stands there.
    """
    for path in paths:
        path = os.fspath(path)
        if os.path.isdir(path):
            continue
        if os.path.lexists(path):
            raise FileExistsError(f"cannot make the directory {path}: something else is there")
        missing = [path]
        while (above := os.path.dirname(missing[-1])) and not os.path.exists(above):
            missing.append(above)
        existing = os.path.dirname(missing[-1]) or "."
        os.makedirs(path, exist_ok=True)
        _adjust(path, mode, group)
        for above in missing[1:]:
            if default_perms == "args":
                _adjust(above, mode, group)
            elif default_perms == "parents":
                status = os.stat(existing)
                _adjust(above, stat.S_IMODE(status.st_mode), status.st_gid)


def _adjust(path: str, mode: int | None, group: str | int | None) -> None:
    if group is not None:
        shutil.chown(path, group=group)
    if mode is not None:
        os.chmod(path, mode)


@contextlib.contextmanager
def working_dir(dirname: PathText, *, create: bool = False) -> Iterator[str]:
    """Within the block, the current directory is ``dirname``; afterwards what it was, also when the block fails."""
    if create:
        mkdirp(dirname)
    before = os.getcwd()
    os.chdir(dirname)
    try:
        yield os.getcwd()
    finally:
        os.chdir(before)


def force_symlink(src: PathText, dest: PathText) -> None:
    """Make a link, in the place of a file or link that may be there."""
    try:
        os.symlink(src, dest)
    except FileExistsError:
        os.remove(dest)
        os.symlink(src, dest)


def force_remove(*paths: PathText) -> None:
    """Remove files and links; what cannot be removed, directories included, stays without a word."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.remove(path)


def remove_linked_tree(path: PathText) -> None:
    """Remove a directory tree; if ``path`` is a link, the tree it leads to and the link."""
    if not os.path.lexists(path):
        return
    if os.path.islink(path):
        target = os.path.realpath(path)
        os.unlink(path)
        if os.path.isdir(target):
            _remove_tree(target)
    elif os.path.isdir(path):
        _remove_tree(os.fspath(path))
    else:
        os.remove(path)


def _remove_tree(path: str) -> None:
    for directory, _, _ in os.walk(path):
        # Module caches and the like are made read-only; a directory that is cannot be emptied.
        with contextlib.suppress(OSError):
            os.chmod(directory, os.stat(directory).st_mode | stat.S_IRWXU)
    shutil.rmtree(path)


def _remove_anything(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        _remove_tree(path)
    else:
        os.remove(path)


def remove_directory_contents(dir: PathText) -> None:  # noqa: A002 - the API's name
    """Empty a directory and keep it; one that does not exist stays so."""
    if not os.path.isdir(dir):
        return
    for name in os.listdir(dir):
        _remove_anything(os.path.join(dir, name))


@contextlib.contextmanager
def safe_remove(*patterns: PathText) -> Iterator[dict[str, str]]:
    """Within the block, what matches the patterns is out of the way; afterwards gone, or back if the block fails.

    Yields:
        where each thing was -> where it is meanwhile.
    """
    matches = list(dict.fromkeys(os.path.abspath(m) for pattern in patterns for m in glob.glob(os.fspath(pattern))))
    # A match inside another match moves along with it.
    tops = [m for m in matches if not any(m != other and path_contains_subdirectory(m, other) for other in matches)]
    moved: dict[str, str] = {}
    aside: list[str] = []
    try:
        for original in tops:
            folder = tempfile.mkdtemp(prefix=".removed-", dir=os.path.dirname(original))
            aside.append(folder)
            temporary = os.path.join(folder, os.path.basename(original))
            os.rename(original, temporary)
            moved[original] = temporary
        yield moved
    except BaseException:
        for original, temporary in moved.items():
            if os.path.lexists(original):
                _remove_anything(original)
            os.rename(temporary, original)
        raise
    finally:
        for folder in aside:
            _remove_tree(folder)


def touch(path: PathText) -> None:
    """Make an empty file, or set the times of the one that is there to now; its directory must exist."""
    with open(path, "ab"):
        os.utime(path)


def copy_mode(src: PathText, dest: PathText) -> None:
    """Give ``dest`` the execute bits ``src`` has, in addition to its own; links are left alone."""
    if os.path.islink(dest):
        return
    executable = os.stat(src).st_mode & 0o111
    mode = stat.S_IMODE(os.stat(dest).st_mode)
    os.chmod(dest, mode | executable)


def set_executable(path: PathText) -> None:
    """Let everybody who may read the file execute it."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, mode | (mode & 0o444) >> 2)


def set_install_permissions(path: PathText) -> None:
    """Mode 755 for a directory, 644 for a file; links are left alone."""
    if os.path.islink(path):
        return
    os.chmod(path, 0o755 if os.path.isdir(path) else 0o644)


def is_exe(path: PathText) -> bool:
    """Whether it is a regular file, perhaps behind a link, that this process may execute."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def can_access(file_name: PathText) -> bool:
    """Whether this process may read and write the file."""
    return os.access(file_name, os.R_OK | os.W_OK)


def has_shebang(path: PathText) -> bool:
    """Whether the file begins with ``#!``."""
    with open(path, "rb") as stream:
        return stream.read(2) == b"#!"


@contextlib.contextmanager
def keep_modification_time(*filenames: PathText) -> Iterator[None]:
    """Within the block, files may change; afterwards those that are still there have the times they had before."""
    times = {os.fspath(name): os.stat(name) for name in filenames if os.path.exists(name)}
    yield
    for name, status in times.items():
        if os.path.exists(name):
            os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))
