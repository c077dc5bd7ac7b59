"""``libs``, ``headers``, ``command`` and ``home`` of a node: asked of its package, with defaults."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

# Any: what a recipe's attribute answers with is its own.
from typing import TYPE_CHECKING, Any

from outcrop.package.errors import NoHeadersError, NoLibrariesError
from outcrop.package.filesystem.filelists import HeaderList, LibraryList
from outcrop.package.filesystem.find import find_headers, find_libraries

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase
    from outcrop.package.specs.facade import NodeSpec


@dataclass(frozen=True)
class Query:
    """How a node was asked for: ``spec["hdf5:hl,fortran"]`` has the words ``hl`` and ``fortran``."""

    name: str
    words: tuple[str, ...] = ()
    is_virtual: bool = False

    @property
    def extra_parameters(self) -> list[str]:
        """The words, as recipes read them."""
        return list(self.words)

    @property
    def isvirtual(self) -> bool:
        """:attr:`is_virtual` under its other name."""
        return self.is_virtual


def parse_query(key: str) -> tuple[str, tuple[str, ...]]:
    """Name and words of what stands in ``spec[...]``.

    Raises:
        KeyError: more than one colon.
    """
    name, _, rest = key.partition(":")
    if ":" in rest:
        raise KeyError(f"{key!r} has more than one colon")
    return name.strip(), tuple(word.strip() for word in rest.split(",") if word.strip())


class Asking(AbstractContextManager[None]):
    """While open, ``query`` is what the node's package sees as ``self.spec.last_query``."""

    def __init__(self, stack: list[Query], query: Query) -> None:
        self._stack = stack
        self._query = query

    def __enter__(self) -> None:
        self._stack.append(self._query)

    def __exit__(self, *failure: object) -> None:
        self._stack.pop()


def forward(node: NodeSpec, attribute: str, query: Query) -> Any:
    """The package's answer: as ``<virtual>_<attribute>`` if it was asked for by a virtual's name, as ``attribute``, or
    the default.

    A recipe's property that ends in ``AttributeError`` counts as absent.

    Raises:
        AttributeError: the answer is ``None``, or there is none.
        NoLibrariesError: nothing found by default.
        NoHeadersError: likewise.
        RuntimeError: no program of that name.
    """
    package = node.package
    names = [attribute]
    if query.is_virtual:
        names.insert(0, f"{query.name}_{attribute}")
    with Asking(node.queries, query):
        for name in names:
            try:
                answer = getattr(package, name)
            except AttributeError:
                continue
            break
        else:
            default = _DEFAULTS.get(attribute)
            if default is None:
                raise AttributeError(f"{node.name} has no {attribute}")
            answer = default(node, package)
    if answer is None:
        raise AttributeError(f"{node.name} has no {attribute} as asked for by {query.name!r}")
    return answer


def _default_libraries(node: NodeSpec, package: PackageBase) -> LibraryList:
    name = node.name.replace("-", "?")
    if not name.startswith("lib"):
        name = f"lib{name}"
    home = str(package.home)
    shared = node.variants["shared"].value if "shared" in node.variants else None
    for kind in (True, False) if shared is None else (bool(shared),):
        found = find_libraries(name, root=home, shared=kind, recursive=True)
        if found:
            return found
    raise NoLibrariesError(node.name, home)


def _default_headers(node: NodeSpec, package: PackageBase) -> HeaderList:
    include = os.path.join(str(package.home), "include")
    found = find_headers("*", root=include, recursive=True)
    if found:
        return found
    raise NoHeadersError(node.name, include)


_DEFAULTS = {"libs": _default_libraries, "headers": _default_headers}
