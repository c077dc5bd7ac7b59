"""The text of a ``spack.yaml``: a fresh one, and one whose requests change while its comments stay."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from outcrop.base.errors import InputError, Place, RequestError
from outcrop.base.files import write_atomic
from outcrop.config import parse_document
from outcrop.env.definitions import DEFAULT_GROUP
from outcrop.env.groups import is_group_entry
from outcrop.env.manifest import manifest_of, read_manifest


def new_manifest_text(specs: tuple[str, ...] = (), view: str | bool = True) -> str:
    """The text of a fresh manifest."""
    lines = ["# What this environment holds; `outcrop -e DIR install` makes it so.", "spack:"]
    if specs:
        lines += ["  specs:", *(f"  - {_scalar(spec)}" for spec in specs)]
    else:
        lines.append("  specs: []")
    lines.append(f"  view: {view if isinstance(view, str) else str(view).lower()}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return f'"{text}"' if any(char in text for char in ":#%@ [],{}&*!|>'\"") else text


def edit_specs(
    path: Path, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), group: str = DEFAULT_GROUP
) -> tuple[list[str], list[str]]:
    """Add requests to a group of a manifest or take them out, comments kept; the file is replaced atomically. A group
    that is not there is made, if there is something to add.

    Returns:
        What was added and what was removed: a text that is there already, or is not there, is in neither.

    Raises:
        InputError: the manifest is wrong; it stays as it is.
        RequestError: it would be wrong then, or the group is a matrix, which has no list to add to.
    """
    from ruamel.yaml import YAML  # 30 ms, and only editing needs it

    read_manifest(path)
    editor = YAML(typ="rt", pure=True)
    editor.indent(mapping=2, sequence=4, offset=2)
    tree = editor.load(path.read_text(encoding="utf-8"))
    if tree["spack"] is None:
        tree["spack"] = {}
    listed = tree["spack"].get("specs")
    if listed is None:
        tree["spack"]["specs"] = listed = []
    lists = _lists(listed, group)
    there = [text for each in lists for text in each]
    added = [text for text in dict.fromkeys(add) if text not in there]
    if added:
        target = lists[0] if lists else _new_list(listed, group, path)
        target.extend(added)
        if hasattr(target, "fa"):
            target.fa.set_block_style()
    removed = [text for text in dict.fromkeys(remove) if text in there]
    for each in lists:
        for text in removed:
            while text in each:
                each.remove(text)
    if added or removed:
        stream = io.StringIO()
        editor.dump(tree, stream)
        _check(stream.getvalue(), path)
        write_atomic(path, stream.getvalue().encode("utf-8"))
    return added, removed


def _check(text: str, path: Path) -> None:
    try:
        manifest_of(parse_document(text, str(path)), path)
    except InputError as error:
        raise RequestError(
            f"{path} would be wrong then: {error.message}",
            details=error.details,
            hint="nothing was changed",
            code=error.code,
        ) from error


# ruamel's trees, which have no types.


def _lists(listed: Any, group: str) -> list[Any]:
    """The lists that a group's requests are written in."""
    found = [listed] if group == DEFAULT_GROUP else []
    for item in listed:
        if is_group_entry(item) and item.get("group", DEFAULT_GROUP) == group and item.get("specs") is not None:
            found.append(item["specs"])
    return found


def _new_list(listed: Any, group: str, path: Path) -> Any:
    entry = next((item for item in listed if is_group_entry(item) and item.get("group") == group), None)
    if entry is None:
        listed.append({"group": group, "specs": []})
        if hasattr(listed, "fa"):
            listed.fa.set_block_style()
        entry = listed[-1]
    elif "matrix" in entry:
        line = listed.lc.item(listed.index(entry))[0] + 1
        raise RequestError(
            f"the group '{group}' is a matrix, and nothing can be added to that",
            place=Place(path, line),
            hint="make the matrix an item of a list 'specs'",
            code="group-is-matrix",
        )
    else:
        entry["specs"] = []
    return entry["specs"]
