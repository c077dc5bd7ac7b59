"""The user's own files in a view: found before an update, taken into the new tree, looked for once more after it."""

# Paths are strings here: there are tens of thousands of them.
# ruff: noqa: PTH103, PTH112, PTH113, PTH116, PTH120

from __future__ import annotations

import csv
import filecmp
import os
import posixpath
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outcrop.view.model import parents_of
from outcrop.view.stage import Written, link_or_copy
from outcrop.view.state import ASIDE_DIRECTORY, STAGING_DIRECTORY, STATE_DIRECTORY, PlacedState, fingerprint

_RECORD = re.compile(r"(?P<site>(?:.*/)?)(?P<project>[^/]+?)-[^/-]+\.dist-info/(?:RECORD|METADATA)\Z")


@dataclass(slots=True)
class Found:
    """What in a tree is not ours: path -> what tells whether it changed; empty directories; directories' times."""

    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    directories: list[str] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Carried:
    """``kept`` are in the new tree at their place, ``aside`` below :data:`ASIDE_DIRECTORY`."""

    kept: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    place: str = ""
    """The directory that ``aside`` is below, relative to the view."""


def find_own_files(root: str, state: PlacedState) -> Found:
    """Look through a tree for what ``state`` does not know, or what is no longer as it was placed.

    Byte code is the user's where its source is; other byte code can be made again and is left out.
    """
    search = _Search(root, state)
    search.walk("")
    found = search.found
    for path in search.byte_code:
        directory, _, name = path.rpartition("__pycache__/")
        if f"{directory}{name.partition('.')[0]}.py" in found.files:
            found.files[path] = search.byte_code[path]
    return found


class _Search:
    def __init__(self, root: str, state: PlacedState) -> None:
        self.root = root
        self.placed = state.placed
        self.ours = parents_of([*state.placed, *(f"{path}/x" for path in state.directories)])
        self.found = Found()
        self.byte_code: dict[str, tuple[int, str]] = {}

    def walk(self, directory: str) -> None:
        absolute = f"{self.root}/{directory}"
        self.found.times[directory] = os.stat(absolute).st_mtime_ns
        empty = True
        with os.scandir(absolute) as listing:
            for item in listing:
                empty = False
                path = f"{directory}/{item.name}" if directory else item.name
                if item.is_dir(follow_symlinks=False):
                    if path == STAGING_DIRECTORY:
                        continue
                    if path != STATE_DIRECTORY:
                        self.walk(path)
                    elif os.path.isdir(f"{self.root}/{ASIDE_DIRECTORY}"):
                        self.walk(ASIDE_DIRECTORY)
                else:
                    self.look_at(item, path)
        if empty and directory and directory not in self.ours:
            self.found.directories.append(directory)

    def look_at(self, item: os.DirEntry[str], path: str) -> None:
        known = self.placed.get(path)
        if known is not None and item.is_symlink() and known == f"-> {os.readlink(item.path)}":
            return
        status = item.stat(follow_symlinks=False)
        mark = fingerprint(item.path, status)
        if known == mark:
            return
        if path.endswith(".pyc") and "__pycache__/" in path:
            if known is None:
                self.byte_code[path] = (status.st_ino, mark)
        elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            self.found.files[path] = (status.st_ino, mark)


def carry(found: Found, old: str, new: str, written: Written, *, stamp: str) -> Carried:
    """Take what was ``found`` in ``old`` into ``new``.

    Where the environment has something of its own at the place, or has another release of a distribution that the user
    installed, the user's files go to ``<new>/.outcrop/aside/<stamp>``; equal content needs neither.
    """
    carried = Carried(place=f"{ASIDE_DIRECTORY}/{stamp}")
    planned = parents_of([*written.placed, *(f"{path}/x" for path in written.directories)])
    shadowed = _shadowed(found.files, old, written.placed)
    for path in sorted(found.files):
        source, destination = f"{old}/{path}", f"{new}/{path}"
        blocked = path in written.placed or path in planned or _below(path, written.placed)
        if blocked and path in written.placed and _same(source, destination):
            continue
        if blocked or path in shadowed:
            destination = f"{new}/{carried.place}/{path}"
            carried.aside.append(path)
        elif not path.startswith(f"{ASIDE_DIRECTORY}/"):
            carried.kept.append(path)
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        if not os.path.lexists(destination):
            link_or_copy(source, destination)
        elif not os.path.samestat(os.lstat(source), os.lstat(destination)):
            link_or_copy(source, f"{destination}.outcrop-new")
            os.replace(f"{destination}.outcrop-new", destination)
    for path in found.directories:
        if path not in written.placed and not _below(path, written.placed):
            os.makedirs(f"{new}/{path}", exist_ok=True)
    return carried


def look_again(found: Found, old: str, state: PlacedState) -> Found:
    """What was added to ``old``, or replaced in it, after ``found`` was."""
    try:
        changed = any(os.stat(f"{old}/{path}").st_mtime_ns != time for path, time in found.times.items())
    except FileNotFoundError:
        changed = True
    if not changed:
        return Found()
    now = find_own_files(old, state)
    now.files = {path: mark for path, mark in now.files.items() if found.files.get(path) != mark}
    now.directories = [path for path in now.directories if path not in found.directories]
    return now


def _below(path: str, placed: Mapping[str, str]) -> bool:
    """Something that is no directory stands where ``path`` needs one."""
    parent = path.rpartition("/")[0]
    while parent:
        if parent in placed:
            return True
        parent = parent.rpartition("/")[0]
    return False


def _same(own: str, placed: str) -> bool:
    """What the user has is no other than what the environment has."""
    if os.path.islink(own):
        return os.path.islink(placed) and os.readlink(own) == os.readlink(placed)
    return os.path.isfile(own) and os.path.isfile(placed) and filecmp.cmp(own, placed, shallow=False)


def _shadowed(files: Iterable[str], old: str, placed: Iterable[str]) -> set[str]:
    """Files of distributions that the user installed and of which the environment has one itself."""
    ours = {_project(path) for path in placed} - {""}
    found: set[str] = set()
    for path in files:
        match = _RECORD.match(path)
        if match is None or not path.endswith("/RECORD") or _project(path) not in ours:
            continue
        found.add(path)
        try:
            with open(f"{old}/{path}", newline="", encoding="utf-8") as stream:
                listed = [row[0] for row in csv.reader(stream) if row]
        except (OSError, UnicodeError, csv.Error):
            continue
        found.update(posixpath.normpath(posixpath.join(match["site"], name)) for name in listed)
    return found


def _project(path: str) -> str:
    match = _RECORD.match(path) if ".dist-info/" in path else None
    return re.sub(r"[-_.]+", "-", match["project"]).lower() if match else ""
