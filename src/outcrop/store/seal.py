"""The seal of a prefix: what is in it and what its recipe's hooks said, as plain data.

A prefix is installed when its seal exists. Views and activation are planned from seals alone. In recorded values
``{prefix}`` stands for the node's own prefix and ``{view}`` for the root of the view it appears in.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from outcrop.base.layout import VenvFacts
from outcrop.spec.graph import Node

SEAL_SCHEMA = 1
SEAL_DIRECTORY = ".outcrop"
"""Inside a prefix: ``seal.json``, ``build.log`` (compressed or not), ``environment.json``; never part of a view."""
SEAL_FILE = "seal.json"

__all__ = [
    "SEAL_DIRECTORY",
    "SEAL_FILE",
    "SEAL_SCHEMA",
    "Change",
    "Entry",
    "Hooks",
    "Seal",
    "VenvFacts",
]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One path of a prefix, relative to it with ``/``.

    Directories are listed only when empty. ``names`` says whose prefix a text file mentions: any of ``own`` (this
    prefix), ``venv`` (the python-venv node's), ``base`` (the base Python's, where that is in the store).
    ``interpreter`` is the interpreter line of a script without ``#!`` and newline; for the ``/bin/sh`` trampoline of
    long paths it is the interpreter the trampoline starts. ``compiled`` marks byte code (``__pycache__``), which is no
    part of a prefix's content.
    """

    path: str
    kind: Literal["file", "link", "dir"]
    mode: int = 0o644
    size: int = 0
    sha256: str = ""
    target: str = ""
    interpreter: str = ""
    trampoline: bool = False
    names: tuple[Literal["own", "venv", "base"], ...] = ()
    compiled: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One environment modification, in order: ``set``, ``unset``, ``prepend``, ``append``, ``remove`` of ``name``."""

    action: Literal["set", "unset", "prepend", "append", "remove"]
    name: str
    value: str = ""
    separator: str = ":"


class Hooks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the recipe's hooks answered.

    ``run``: setup_run_environment. ``dependent_run``: what this node's dependencies said in
    setup_dependent_run_environment of this node, by the dependency's hash.
    """

    run: tuple[Change, ...] = ()
    dependent_run: dict[str, tuple[Change, ...]] = {}


class Seal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything Outcrop needs to know of one installed prefix (or external)."""

    schema: int
    hash: str
    node: Node
    prefix: str
    entries: tuple[Entry, ...] = ()
    hooks: Hooks = Hooks()
    venv: VenvFacts | None = None
    explicit: bool = False
    content: str = ""
    """sha256 over the entries that are not ``compiled``, in order of path."""
    isolation: tuple[str, ...] = ()
    """What was in force while it was built: ``environment``, later ``mounts``, ``network``, ``landlock``."""
    seconds: float = 0.0
    finished: str = ""
    """UTC time, ISO 8601."""
    outcrop: str = ""
