"""Merging the entries of several prefixes into one tree, by one rule:

identical content is no conflict; byte code follows its source; python-venv wins for ``bin/python*``; ``lib64`` is
``lib`` where the virtual environment says so; anything else that two packages have at one path is an error naming both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from outcrop.base.layout import VenvFacts
from outcrop.python import ISOLATION_FILE
from outcrop.spec.graph import short
from outcrop.store.seal import SEAL_DIRECTORY, Entry, Seal
from outcrop.view.errors import ViewConflictError
from outcrop.view.model import parents_of

_PYTHON_PROGRAM = re.compile(r"bin/python[^/]*\Z")
_SHOWN_CONFLICTS = 8


class Claim(NamedTuple):
    """An entry and whose it is."""

    entry: Entry
    seal: Seal


class Tree(NamedTuple):
    """The merged tree by path. ``directories`` are all directories that hold something."""

    files: dict[str, Claim]
    empty: dict[str, Claim]
    directories: set[str]

    def has(self, path: str) -> bool:
        """A file, link or directory is there (``""`` is the root)."""
        return path in self.files or path in self.directories or path in self.empty or not path


def label(seal: Seal) -> str:
    """A package in an error: ``py-pip@24.0/abcdefg``."""
    return f"{seal.node.name}@{seal.node.version}/{short(seal.hash)}"


def fold(path: str, lib64: bool) -> str:
    """``path`` with a leading ``lib64/`` as ``lib/`` where the virtual environment has the link."""
    return f"lib/{path[6:]}" if lib64 and path.startswith("lib64/") else path


def merge(seals: Sequence[Seal], facts: VenvFacts | None) -> Tree:
    """The tree of ``seals``; where several have the same thing, the first is its owner.

    Raises:
        ViewConflictError: two packages want different things at one path.
    """
    lib64 = facts is not None and facts.lib64
    files: dict[str, Claim] = {}
    empty: dict[str, Claim] = {}
    conflicts: list[tuple[str, Seal, Seal]] = []
    for seal in seals:
        dropped = _left_out(seal)
        for entry in seal.entries:
            path = entry.path
            if path.startswith(SEAL_DIRECTORY) and path.partition("/")[0] == SEAL_DIRECTORY:
                continue
            if path in dropped:
                continue
            if lib64 and path.startswith("lib64"):
                if path == "lib64":
                    continue  # made anew below, whoever has it
                path = fold(path, lib64)
            claim = Claim(entry, seal)
            if entry.kind == "dir":
                empty.setdefault(path, claim)
                continue
            known = files.setdefault(path, claim)
            if known is not claim:
                winner = _resolve(path, known, claim)
                if winner is None:
                    conflicts.append((path, known.seal, seal))
                else:
                    files[path] = winner
    directories = parents_of(files)
    conflicts.extend(_blocked(files, empty, directories))
    if conflicts:
        raise _conflict(conflicts)
    kept = {
        path: claim
        for path, claim in empty.items()
        if path not in directories and not any(other.startswith(f"{path}/") for other in empty)
    }
    return Tree(files, kept, directories | parents_of(kept))


def _left_out(seal: Seal) -> set[str]:
    if seal.venv is None:
        return set()
    return {f"{place}/{ISOLATION_FILE}" for place in (seal.venv.purelib, seal.venv.platlib)}


def _resolve(path: str, known: Claim, new: Claim) -> Claim | None:
    one, other = known.entry, new.entry
    if one.compiled and other.compiled:
        return known
    if _PYTHON_PROGRAM.match(path) and (known.seal.venv is None) != (new.seal.venv is None):
        return known if known.seal.venv is not None else new
    if one.kind != other.kind:
        return None
    if one.kind == "link":
        return known if one.target == other.target else None
    same = one.sha256 == other.sha256 and bool(one.mode & 0o111) == bool(other.mode & 0o111)
    return known if same else None


def _blocked(files: dict[str, Claim], empty: dict[str, Claim], directories: set[str]) -> list[tuple[str, Seal, Seal]]:
    """What is a file for one package and a directory for another."""
    found = []
    for path in files.keys() & (directories | empty.keys() | parents_of(empty)):
        inside = next((claim for other, claim in files.items() if other.startswith(f"{path}/")), None)
        inside = inside or next(claim for other, claim in empty.items() if f"{other}/".startswith(f"{path}/"))
        found.append((path, files[path].seal, inside.seal))
    return found


def _conflict(conflicts: list[tuple[str, Seal, Seal]]) -> ViewConflictError:
    conflicts.sort(key=lambda conflict: conflict[0])
    path, one, other = conflicts[0]
    details = [f"{path}: {label(one)} and {label(other)}" for path, one, other in conflicts[:_SHOWN_CONFLICTS]]
    if len(conflicts) > _SHOWN_CONFLICTS:
        details.append(f"... and {len(conflicts) - _SHOWN_CONFLICTS} more")
    return ViewConflictError(
        f"{label(one)} and {label(other)} both have {path}, with different content",
        details=details if len(conflicts) > 1 else (),
        hint=f"leave one of them out of the view ('exclude: [{other.node.name}]'), or put them into views of their own",
        code="view-file-conflict",
    )
