"""Finding files, libraries and headers below a directory."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence

from outcrop.package.errors import SkipTest
from outcrop.package.filesystem.filelists import FileList, HeaderList, LibraryList

__all__ = [
    "FileList",
    "HeaderList",
    "LibraryList",
    "find",
    "find_all_headers",
    "find_all_libraries",
    "find_first",
    "find_headers",
    "find_libraries",
    "find_required_file",
    "find_system_libraries",
    "library_extensions",
]

PathText = str | os.PathLike[str]

library_extensions = ["a", "la", "so", "tbd", "dylib"]
"""Suffixes that mark a library to link with, on any platform."""

_HEADER_SUFFIXES = ("h", "hpp", "hxx", "hh", "H", "txx", "tcc", "icc", "mod", "inc")
SYSTEM_LIBRARY_DIRECTORIES = ("/lib64", "/lib", "/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib")
"""Where a system keeps its libraries, likeliest first."""


def find(
    root: PathText | Sequence[PathText],
    files: str | Sequence[str],
    recursive: bool = True,
    max_depth: int | None = None,
) -> list[str]:
    """Absolute paths below one or several roots that match one or several patterns.

    A pattern without ``/`` is compared with names, of directories too; one with ``/`` is expanded from every
    directory. Links to directories are followed, but every directory is entered once. ``max_depth`` 0 means the
    root's own entries. Order: by pattern, then by root, then nearest to the root first, then by path. What does not
    exist or cannot be read is passed over.
    """
    patterns = _texts(files, "files")
    roots = [os.fspath(root)] if isinstance(root, (str, os.PathLike)) else [os.fspath(one) for one in root]
    if not recursive:
        if max_depth:
            raise ValueError(f"find: max_depth={max_depth} needs recursive=True")
        max_depth = 0
    found: dict[str, list[str]] = {pattern: [] for pattern in patterns}
    seen: set[tuple[int, int]] = set()
    for top in roots:
        for pattern, paths in _find_below(os.path.abspath(top), patterns, max_depth, seen).items():
            found[pattern].extend(paths)
    return list(dict.fromkeys(path for pattern in patterns for path in found[pattern]))


def _texts(value: str | Sequence[str], what: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Iterable):
        return [str(item) for item in value]
    raise TypeError(f"{what} must be text or a list of texts, got {type(value).__name__}")


def _find_below(
    top: str, patterns: list[str], max_depth: int | None, seen: set[tuple[int, int]]
) -> dict[str, list[str]]:
    by_name = [(pattern, re.compile(fnmatch.translate(pattern))) for pattern in patterns if "/" not in pattern]
    by_path = [pattern for pattern in patterns if "/" in pattern]
    found: dict[str, list[str]] = {pattern: [] for pattern in patterns}
    for depth in _levels(top, max_depth, seen):
        hits: dict[str, list[str]] = {pattern: [] for pattern in patterns}
        for directory, names in depth:
            for pattern, regex in by_name:
                hits[pattern].extend(os.path.join(directory, name) for name in names if regex.match(name))
            for pattern in by_path:
                hits[pattern].extend(glob.glob(os.path.join(glob.escape(directory), pattern)))
        for pattern, paths in hits.items():
            found[pattern].extend(sorted(paths))
    return found


def _levels(
    top: str, max_depth: int | None, seen: set[tuple[int, int]], left: list[str] | None = None
) -> Iterator[list[tuple[str, list[str]]]]:
    """Depth by depth: the directories of that depth with the names in them. ``left`` gets those that are too deep."""
    level = [top]
    depth = 0
    while level:
        listed: list[tuple[str, list[str]]] = []
        directories: list[str] = []
        links: list[str] = []
        for directory in level:
            if not _first_visit(directory, seen):
                continue
            try:
                with os.scandir(directory) as entries:
                    content = sorted(entries, key=lambda entry: entry.name)
            except OSError:
                continue
            listed.append((directory, [entry.name for entry in content]))
            for entry in content:
                if _is_directory(entry):
                    (links if entry.is_symlink() else directories).append(entry.path)
        yield listed
        # A directory's own name is a better one than a link's to it.
        level = [*directories, *links]
        if max_depth is not None and depth >= max_depth:
            if left is not None:
                left.extend(level)
            return
        depth += 1


def _first_visit(directory: str, seen: set[tuple[int, int]]) -> bool:
    try:
        status = os.stat(directory)
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def find_first(root: PathText, files: str | Sequence[str], bfs_depth: int = 2) -> str | None:
    """A path below ``root`` whose name matches one of ``files``; None if there is none.

    Down to ``bfs_depth`` (0: the root's own entries) the whole depth is looked through before the next one, so that
    what is found there is as near as it can be; below, one directory after the other with all that is in it.
    """
    regexes = [re.compile(fnmatch.translate(pattern)) for pattern in _texts(files, "files")]
    seen: set[tuple[int, int]] = set()
    top = os.path.abspath(os.fspath(root))
    deeper = [top]
    if bfs_depth >= 0:
        deeper = []
        for level in _levels(top, bfs_depth, seen, deeper):
            found = _first_match(level, regexes)
            if found is not None:
                return found
    while deeper:
        below: list[str] = []
        for level in _levels(deeper.pop(0), 0, seen, below):
            found = _first_match(level, regexes)
            if found is not None:
                return found
        deeper = [*below, *deeper]
    return None


def _first_match(level: list[tuple[str, list[str]]], regexes: list[re.Pattern[str]]) -> str | None:
    for directory, names in level:
        for name in names:
            if any(regex.match(name) for regex in regexes):
                return os.path.join(directory, name)
    return None


def _library_suffixes(shared: bool) -> list[str]:
    if not shared:
        return ["a"]
    return ["dylib", "so"] if sys.platform == "darwin" else ["so"]


def find_libraries(
    libraries: str | Sequence[str],
    root: PathText,
    shared: bool = True,
    recursive: bool = False,
    runtime: bool = True,
    max_depth: int | None = None,
) -> LibraryList:
    """Libraries in ``root`` by name with ``lib`` and without suffix; the names may hold wildcards.

    With ``recursive``, ``root/lib`` and then ``root/lib64`` are looked into first, and the first that has any match
    is the answer; only then the whole tree is searched. A name with a version behind the suffix is no match.
    ``runtime`` matters on Windows only.
    """
    names = _texts(libraries, "libraries")
    patterns = [f"{name}.{suffix}" for name in names for suffix in _library_suffixes(shared)]
    if not recursive:
        return LibraryList(find(root, patterns, recursive=False))
    for below in ("lib", "lib64"):
        found = find(os.path.join(root, below), patterns, recursive=False)
        if found:
            return LibraryList(found)
    return LibraryList(find(root, patterns, recursive=True, max_depth=max_depth))


def find_all_libraries(root: PathText, recursive: bool = False) -> LibraryList:
    """Every shared and every static library in ``root``."""
    return find_libraries("*", root, shared=True, recursive=recursive) + find_libraries(
        "*", root, shared=False, recursive=recursive
    )


def find_system_libraries(libraries: str | Sequence[str], shared: bool = True) -> LibraryList:
    """Libraries in the system's directories, for each name the first that is there."""
    return find_libraries_in(SYSTEM_LIBRARY_DIRECTORIES, libraries, shared)


def find_libraries_in(directories: Iterable[str], libraries: str | Sequence[str], shared: bool = True) -> LibraryList:
    """For each name the first library in ``directories``: of one directory in itself, then anywhere below it.

    A directory that is another name of an earlier one is passed over.
    """
    places: dict[str, str] = {}
    for directory in directories:
        places.setdefault(os.path.realpath(directory), directory)
    result: list[str] = []
    for name in _texts(libraries, "libraries"):
        for directory in places.values():
            found = find_libraries(name, directory, shared=shared) or find_libraries(
                name, directory, shared=shared, recursive=True
            )
            if found:
                result.append(found[0])
                break
    return LibraryList(result)


def find_headers(headers: str | Sequence[str], root: PathText, recursive: bool = False) -> HeaderList:
    """Headers (and Fortran modules) in ``root`` by name without suffix; the names may hold wildcards."""
    patterns = [f"{name}.{suffix}" for name in _texts(headers, "headers") for suffix in _HEADER_SUFFIXES]
    return HeaderList(find(root, patterns, recursive=recursive))


def find_all_headers(root: PathText) -> HeaderList:
    """Every header anywhere below ``root``."""
    return find_headers("*", root, recursive=True)


def find_required_file(root: PathText, filename: str, expected: int = 1, recursive: bool = True) -> str | list[str]:
    """The path of a file a stand-alone test needs; the list of paths when more than one is expected.

    Raises:
        SkipTest: another number of files was found.
    """
    found = find(root, filename, recursive=recursive) if expected > 0 else []
    if len(found) != expected:
        raise SkipTest(f"{filename}: expected {expected} below {os.fspath(root)}, found {len(found)}")
    return found[0] if expected == 1 else found
