"""What a worker is given and what it says: frozen data that crosses a process boundary as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from outcrop.spec.graph import Node


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One build. Nothing else reaches the worker: no configuration, no inherited environment.

    ``nodes`` is the sub-graph of ``key``; ``archives`` the fetched files in the order of ``nodes[key].sources`` (empty
    text: none),
    ``patches`` likewise. ``licenses`` is where licence files of commercial packages are. ``recipe_cache`` and
    ``repositories`` are what :class:`outcrop.repo.Repositories` takes.
    """

    key: str
    nodes: dict[str, Node]
    store: str
    stage: str
    repositories: tuple[str, ...]
    recipe_cache: str
    licenses: str = ""
    archives: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    jobs: int = 1
    tests: bool = False
    explicit: bool = False
    keep_stage: bool = False
    external: bool = False


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line a worker says on its status pipe.

    ``phase`` starts a phase; ``present`` means that somebody else installed the node meanwhile; ``done`` that it is
    sealed; ``error``
    that it failed, with what an error has to say.
    """

    kind: Literal["phase", "warning", "present", "done", "error"]
    text: str = ""
    phase: str = ""
    place: str = ""
    details: tuple[str, ...] = ()
    hint: str = ""
    code: str = ""
    defect: bool = False
    seconds: float = 0.0


class BuildDirectories(msgspec.Struct, frozen=True):
    """Where builds happen and what they need to know of this installation."""

    store: str
    stage: str
    recipe_cache: str
    licenses: str
    repositories: tuple[str, ...]
