"""What a view shall be, and the plan of it: frozen values that can be printed, compared and saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from outcrop import __version__
from outcrop.base.digests import sha256_bytes
from outcrop.base.layout import VenvFacts
from outcrop.store.seal import Change

PLAN_SCHEMA = 1
"""Raised whenever the same seals and options give another plan."""

LinkType = Literal["symlink", "hardlink", "copy"]


class ViewOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a view is made. Which packages are in it is decided by whoever passes the seals."""

    root: Path
    """Where the view will be seen; everything in it is written for this path."""
    link_type: LinkType = "symlink"
    prompt: str = ""
    """What a shell's prompt shows while the view is active; the name of the directory unless given."""
    python: VenvFacts | None = None
    """How virtual environments of the view's Python look: used where no python-venv is among the seals."""
    environment: str = ""
    """The directory of the environment that the view belongs to: activation sets OUTCROP_ENV to it."""
    venv_prefixes: tuple[str, ...] = ()
    """Prefixes of python-venv nodes that are not in the view though packages in it were built with them.

    Those that scripts name in their first line are found without."""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing in a view, at ``path`` relative to its root.

    ``dir`` is an empty directory; ``link`` a symbolic link to ``target``; ``file`` the store's file ``source``, linked
    or copied as the plan's link type says; ``rewrite`` a file of its own: ``source`` after the plan's substitutions;
    ``text`` a file of its own with the content ``text``. ``owner`` is the hash of the package it comes from.
    """

    path: str
    kind: Literal["dir", "link", "file", "rewrite", "text"]
    source: str = ""
    target: str = ""
    text: str = ""
    mode: int = 0o644
    owner: str = ""


class Substitution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is replaced in rewritten files.

    ``prefix``: the path ``old`` wherever it stands as a path of its own. ``python``: only ``<old>/bin/python...``.
    ``text``: the literal text, in the file ``only``.
    """

    kind: Literal["prefix", "python", "text"]
    old: str
    new: str
    only: str = ""


class ViewPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is in a view. ``items`` are sorted by path; directories that hold something are not listed."""

    schema: int = PLAN_SCHEMA
    inputs: str
    """See :func:`inputs_digest`."""
    root: str
    link_type: LinkType
    venv: bool
    """The view is a virtual environment."""
    items: tuple[Item, ...]
    substitutions: tuple[Substitution, ...] = ()
    variables: tuple[Change, ...] = ()
    """What activation does to the environment, apart from ``VIRTUAL_ENV`` and the prompt."""
    packages: dict[str, str] = {}
    """Hash -> ``name@version`` of the packages in it."""

    def digest(self) -> str:
        """Names the plan: equal plans have equal digests."""
        return sha256_bytes(_encoder.encode(self))

    def render(self) -> Iterator[str]:
        """A line for each item, for people."""
        for item in self.items:
            match item.kind:
                case "dir":
                    yield f"dir      {item.path}/"
                case "link":
                    yield f"link     {item.path} -> {item.target}"
                case "file":
                    yield f"{self.link_type:<8} {item.path} <- {item.source}"
                case "rewrite":
                    yield f"rewrite  {item.path} <- {item.source}"
                case "text":
                    yield f"write    {item.path}"


_encoder = msgspec.msgpack.Encoder()


def inputs_digest(keys: Iterable[str], options: ViewOptions) -> str:
    """Names what a plan is made from: packages by hash, in any order, and options.

    A view whose state has the same digest needs neither seals nor a plan to be known as up to date.
    """
    covered = [
        PLAN_SCHEMA,
        __version__,
        sorted(set(keys)),
        str(options.root),
        options.link_type,
        options.prompt,
        options.python,
        options.environment,
        sorted(options.venv_prefixes),
    ]
    return sha256_bytes(_encoder.encode(covered))


def parents_of(paths: Iterable[str]) -> set[str]:
    """Every directory above ``paths``, the root left out."""
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found
