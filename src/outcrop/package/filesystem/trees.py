"""Copying files and trees into a prefix, and trees of links."""

from __future__ import annotations

import filecmp
import glob
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Protocol

from outcrop.package.filesystem.files import copy_mode, mkdirp, path_contains_subdirectory, set_install_permissions

PathText = str | os.PathLike[str]
IgnoreRule = Callable[[str], bool]
"""Is given a path relative to the root of the copy; true leaves it out, a directory with all that is in it."""


def copy(src: PathText, dest: PathText) -> None:
    """Copy files with their modes and times.

    Args:
        src: a path, or a pattern. Several matches need a directory as ``dest``.
        dest: the new file, or a directory to copy into.

    Raises:
        OSError: nothing matches.
        ValueError: several files match and ``dest`` is no directory.
    """
    _copy(src, dest, permissions=False)


def install(src: PathText, dest: PathText) -> None:
    """:func:`copy`, but the copies have mode 644 and the execute bits of their source."""
    _copy(src, dest, permissions=True)


def _copy(src: PathText, dest: PathText, *, permissions: bool) -> None:
    matches = _matches(src)
    into = os.path.isdir(dest)
    if len(matches) > 1 and not into:
        raise ValueError(f"{os.fspath(src)} matches {len(matches)} files, but {os.fspath(dest)} is no directory")
    for match in matches:
        target = os.path.join(dest, os.path.basename(match)) if into else os.fspath(dest)
        shutil.copy(match, target)
        if permissions:
            _set_permissions(match, target)


def _matches(src: PathText) -> list[str]:
    text = os.fspath(src)
    # A name with brackets in it is first of all a name.
    matches = [text] if os.path.lexists(text) else sorted(glob.glob(text))
    if not matches:
        raise OSError(f"no such file or directory: {text}")
    return matches


def _set_permissions(src: str, dest: str) -> None:
    set_install_permissions(dest)
    copy_mode(src, dest)


def copy_tree(src: PathText, dest: PathText, symlinks: bool = True, ignore: IgnoreRule | None = None) -> None:
    """Merge one or several directories into ``dest``, which is made if need be; files that are there are replaced.

    Args:
        src: a directory, or a pattern of directories.
        symlinks: make links again (an absolute one that leads into ``src`` will lead into ``dest``); otherwise copy
        what
            they lead to. A link that leads nowhere stays a link.
        ignore: see :data:`IgnoreRule`.

    Raises:
        OSError: nothing matches, or a link would have to replace one that is there.
        ValueError: ``dest`` lies inside ``src``.
    """
    _copy_tree(src, dest, symlinks, ignore or _nothing, permissions=False)


def install_tree(src: PathText, dest: PathText, symlinks: bool = True, ignore: IgnoreRule | None = None) -> None:
    """:func:`copy_tree`, but with modes as :func:`install` sets them: 755 for directories, 644 or 755 for files."""
    _copy_tree(src, dest, symlinks, ignore or _nothing, permissions=True)


def _nothing(_path: str) -> bool:
    return False


def _copy_tree(src: PathText, dest: PathText, symlinks: bool, ignore: IgnoreRule, *, permissions: bool) -> None:
    target_root = os.path.abspath(os.fspath(dest))
    matches = [os.path.abspath(match) for match in _matches(src)]
    for root in matches:
        if path_contains_subdirectory(target_root, root):
            raise ValueError(f"cannot copy {root} into itself: {target_root} is inside of it")
    mkdirp(target_root)
    for root in matches:
        links: list[tuple[str, str]] = []
        for relative, kind in _walk(root, symlinks, ignore):
            source = os.path.join(root, relative)
            target = os.path.normpath(os.path.join(target_root, relative))
            if kind == "link":
                links.append((_link_target(source, root, target_root), target))
                continue
            if kind == "directory":
                mkdirp(target)
            else:
                shutil.copy2(source, target)
            if permissions:
                _set_permissions(source, target)
        # After the files: a link may lead to one of them, and some file systems check.
        for text, target in links:
            os.symlink(text, target)


def _walk(root: str, symlinks: bool, ignore: IgnoreRule) -> Iterator[tuple[str, str]]:
    """Paths relative to ``root``, directories before what is in them, each with ``file``, ``directory`` or ``link``."""
    if not os.path.isdir(root):
        raise NotADirectoryError(f"not a directory: {root}")

    def below(relative: str, entered: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        with os.scandir(os.path.join(root, relative)) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            path = os.path.join(relative, entry.name)
            if ignore(path):
                continue
            if entry.is_symlink() and (symlinks or not os.path.exists(entry.path)):
                yield path, "link"
            elif entry.is_dir():
                real = os.path.realpath(entry.path)
                if real in entered:
                    raise OSError(f"cannot copy {entry.path}: following this link leads back to where it stands")
                yield path, "directory"
                yield from below(path, (*entered, real))
            else:
                yield path, "file"

    yield from below("", (os.path.realpath(root),))


def _link_target(link: str, root: str, target_root: str) -> str:
    text = os.readlink(link)
    if os.path.isabs(text) and path_contains_subdirectory(text, root):
        return os.path.normpath(os.path.join(target_root, os.path.relpath(text, root)))
    return text


class _Linker(Protocol):
    def __call__(self, src: str, dst: str, /) -> object: ...


class MergeConflictError(OSError):
    """Files of two trees want the same place."""


class LinkTree:
    """A directory whose files can be linked into another one, and taken out again."""

    def __init__(self, source_root: PathText) -> None:
        if not os.path.exists(source_root):
            raise FileNotFoundError(f"no such directory: {os.fspath(source_root)}")
        self._root = os.fspath(source_root)

    def merge(
        self,
        dest_root: PathText,
        ignore_conflicts: bool = False,
        ignore: IgnoreRule | None = None,
        link: _Linker | None = None,
        relative: bool = False,
    ) -> None:
        """Link every file of the tree into ``dest_root``; directories are made there.

        Args:
            ignore_conflicts: leave what is there instead of raising.
            link: called with source and destination; by default makes a symbolic link.
            relative: the source is given relative to the destination's directory.

        Raises:
            MergeConflictError: something with other content is there.
        """
        pairs = list(self._pairs(dest_root, ignore or _nothing))
        conflicts = [
            target
            for source, target, kind in pairs
            if os.path.lexists(target)
            and (kind != "directory" or not os.path.isdir(target))
            and _differ(source, target)
        ]
        if conflicts and not ignore_conflicts:
            raise MergeConflictError(f"already there: {', '.join(conflicts)}")
        make = link or os.symlink
        mkdirp(dest_root)
        for source, target, kind in pairs:
            if os.path.lexists(target):
                continue
            if kind == "directory":
                os.mkdir(target)
            else:
                make(os.path.relpath(source, os.path.dirname(target)) if relative else source, target)

    def unmerge(
        self, dest_root: PathText, ignore: IgnoreRule | None = None, remove_file: _Linker | None = None
    ) -> None:
        """Remove the tree's links from ``dest_root``, and the directories that are empty then."""
        for source, target, kind in reversed(list(self._pairs(dest_root, ignore or _nothing))):
            if kind == "directory":
                if os.path.isdir(target) and not os.path.islink(target) and not os.listdir(target):
                    os.rmdir(target)
            elif remove_file is not None:
                remove_file(source, target)
            elif os.path.islink(target):
                os.unlink(target)

    def _pairs(self, dest_root: PathText, ignore: IgnoreRule) -> Iterator[tuple[str, str, str]]:
        for relative, kind in _walk(self._root, True, ignore):
            yield os.path.join(self._root, relative), os.path.join(dest_root, relative), kind


def _differ(source: str, target: str) -> bool:
    if os.path.realpath(source) == os.path.realpath(target):
        return False
    if not (os.path.isfile(source) and os.path.isfile(target)):
        return True
    return not filecmp.cmp(source, target, shallow=False)
