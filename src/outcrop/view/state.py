"""The state of a view, kept in it: what we placed and how to recognise that it is still ours."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

STATE_SCHEMA = 1
STATE_DIRECTORY = ".outcrop"
STATE_FILE = f"{STATE_DIRECTORY}/view.json"
STAGING_DIRECTORY = ".outcrop-new"
"""Where the next tree is written if it cannot be written beside the view."""
ASIDE_DIRECTORY = f"{STATE_DIRECTORY}/aside"
"""Where files of the user's are kept that stood where the environment has one of its own."""


class ViewState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a view without looking through it."""

    schema: int = STATE_SCHEMA
    inputs: str
    plan: str
    """Digest of the plan that was applied."""
    ident: str
    """Of this tree, to tell it from its predecessor."""
    replaces: str = ""
    """The ``ident`` of the tree it replaced."""
    root: str
    link_type: str
    venv: bool
    inside: bool = False
    """It cannot be swapped as a whole, being a mount point for instance: it was replaced entry by entry."""


class PlacedState(ViewState, frozen=True, kw_only=True, omit_defaults=True):
    """The state with everything that was placed: path -> :func:`fingerprint`; ``directories`` are empty ones."""

    placed: dict[str, str] = {}
    directories: tuple[str, ...] = ()


_head_decoder = msgspec.json.Decoder(ViewState)
_placed_decoder = msgspec.json.Decoder(PlacedState)
_encoder = msgspec.json.Encoder()


def read_state(root: Path) -> ViewState | None:
    """The state of the view at ``root``; None where there is none that this version understands."""
    try:
        state = _head_decoder.decode((root / STATE_FILE).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    return state if state.schema == STATE_SCHEMA else None


def read_placed(root: Path) -> PlacedState | None:
    """Like :func:`read_state`, with everything that was placed."""
    try:
        state = _placed_decoder.decode((root / STATE_FILE).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    return state if state.schema == STATE_SCHEMA else None


def write_state(root: Path, state: PlacedState) -> None:
    """Write the state into a tree nobody sees yet."""
    path = root / STATE_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_encoder.encode(state))


def fingerprint(path: str, status: os.stat_result) -> str:
    """What tells a file or link from anything a user may put in its place: its target, or its size and time."""
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(path)}"
    return f"{status.st_size} {status.st_mtime_ns}"
