"""Taking write permission from a sealed prefix, and giving it back to remove it."""

# Paths are strings here: there are tens of thousands of them.
# ruff: noqa: PTH116

from __future__ import annotations

import os
import stat
from pathlib import Path

from outcrop.base.files import remove_tree
from outcrop.store.seal import SEAL_DIRECTORY

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def protect(prefix: Path) -> None:
    """Make every file and directory of ``prefix`` read-only, ready to be sealed.

    The directory of the seal stays writable, so that the seal's own marks can be replaced; the files in it do not. For
    root, whom permissions do not stop, the bits are set all the same: tools that look at them (and copies of the files)
    then behave alike.
    """
    (prefix / SEAL_DIRECTORY).mkdir(exist_ok=True)
    for directory, _, files in os.walk(prefix):
        for name in files:
            _without_write(os.path.join(directory, name))
        if directory != os.path.join(prefix, SEAL_DIRECTORY):
            _without_write(directory)


def unprotect(prefix: Path) -> None:
    """Give the owner write permission on every file and directory of ``prefix``; links are not followed."""
    for directory, _, files in os.walk(prefix):
        os.chmod(directory, stat.S_IMODE(os.stat(directory).st_mode) | stat.S_IRWXU)
        for name in files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode):
                os.chmod(path, stat.S_IMODE(mode) | stat.S_IWUSR)


def remove_prefix(prefix: Path) -> None:
    """Delete a prefix, protected or not, whole or not; a missing one is fine."""
    remove_tree(prefix)


def _without_write(path: str) -> None:
    mode = os.lstat(path).st_mode
    if not stat.S_ISLNK(mode) and mode & _WRITE:
        os.chmod(path, stat.S_IMODE(mode) & ~_WRITE)
