"""What activation does to the environment: the recorded wishes of the recipes, projected into the view."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from outcrop.base.layout import VenvFacts
from outcrop.store.seal import Change, Seal
from outcrop.view.merge import Tree, fold

# Directory of the view -> variable that gets it, if it is there.
_INSPECTED = (
    ("bin", "PATH"),
    ("man", "MANPATH"),
    ("share/man", "MANPATH"),
    ("share/aclocal", "ACLOCAL_PATH"),
    ("lib/pkgconfig", "PKG_CONFIG_PATH"),
    ("lib64/pkgconfig", "PKG_CONFIG_PATH"),
    ("share/pkgconfig", "PKG_CONFIG_PATH"),
    ("", "CMAKE_PREFIX_PATH"),
)


def dependencies_first(seals: Iterable[Seal]) -> list[Seal]:
    """``seals`` without repetitions, each after what it needs; the same order on every machine."""
    by_hash = {seal.hash: seal for seal in seals}
    ordered: dict[str, Seal] = {}
    waiting = sorted(by_hash.values(), key=lambda seal: (seal.node.name, seal.node.version, seal.hash), reverse=True)
    entered: set[str] = set()
    while waiting:
        seal = waiting[-1]
        if seal.hash in ordered:
            waiting.pop()
        elif seal.hash in entered:
            ordered[seal.hash] = waiting.pop()
        else:
            entered.add(seal.hash)
            needed = [by_hash[edge.hash] for edge in seal.node.edges if edge.hash in by_hash]
            needed.sort(key=lambda other: (other.node.name, other.node.version, other.hash), reverse=True)
            waiting.extend(other for other in needed if other.hash not in entered)
    return list(ordered.values())


class Projection:
    """Where a path of a prefix is seen in the view."""

    def __init__(self, root: str, seals: Sequence[Seal], tree: Tree, facts: VenvFacts | None) -> None:
        self._root = root
        self._tree = tree
        self._lib64 = facts is not None and facts.lib64
        prefixes = [re.escape(seal.prefix) for seal in seals if seal.node.external is None]
        self._pattern = (
            re.compile(rf"(?:{'|'.join(prefixes)})(?![\w.+-])(?P<inside>(?:/[^:;,\s]*)?)") if prefixes else None
        )

    def project(self, value: str, seal: Seal) -> str:
        """``value`` with its symbols filled in; paths that the view has are the view's, others stay the store's."""
        value = value.replace("{view}", self._root).replace("{prefix}", seal.prefix)
        return self._pattern.sub(self._seen, value) if self._pattern is not None else value

    def _seen(self, match: re.Match[str]) -> str:
        inside = fold(match["inside"].strip("/"), self._lib64)
        if not self._tree.has(inside):
            return match[0]
        return f"{self._root}/{inside}" if inside else self._root


def collect_variables(root: str, seals: Sequence[Seal], tree: Tree, facts: VenvFacts | None) -> list[Change]:
    """All changes in the order in which they are made.

    First the directories of the view that tools look for, then package by package, dependencies first: what was asked
    for later, and by dependents, comes first in a path.
    """
    projection = Projection(root, seals, tree, facts)
    found: list[Change] = []
    for directory, name in _INSPECTED:
        present = not directory or directory in tree.directories or (directory == "bin" and facts is not None)
        if present:
            found.append(Change(action="prepend", name=name, value=f"{root}/{directory}" if directory else root))
    for seal in dependencies_first(seals):
        wishes = [change for changes in seal.hooks.dependent_run.values() for change in changes]
        for change in (*wishes, *seal.hooks.run):
            projected = Change(
                action=change.action,
                name=change.name,
                value=projection.project(change.value, seal),
                separator=change.separator,
            )
            if change.action in ("unset", "remove", "set") or projected not in found:
                found.append(projected)
    return found


def split_python_path(
    changes: Iterable[Change], root: str, facts: VenvFacts | None
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Take ``PYTHONPATH`` out: the other changes, and the directories that a ``.pth`` file shall name instead.

    The virtual environment's own site directories are found without. In a view that is none nothing is taken out.
    """
    if facts is None:
        return tuple(changes), ()
    own = {f"{root}/{facts.purelib}", f"{root}/{facts.platlib}"}
    kept: list[Change] = []
    directories: dict[str, None] = {}
    for change in changes:
        if change.name != "PYTHONPATH":
            kept.append(change)
        elif change.action in ("set", "prepend", "append"):
            for directory in change.value.split(change.separator or ":"):
                if directory and directory.rstrip("/") not in own:
                    directories.setdefault(directory)
    return tuple(kept), tuple(directories)
