"""A YAML file as plain data, with the place of every key and item."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outcrop.base.errors import InputError, Place

Key = str | int
Trail = tuple[Key, ...]
"""The way to a value: keys of mappings and indexes of lists, outermost first."""


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dicts, lists, strings, numbers, booleans, None) and where each part stands."""

    file: str
    data: object
    places: Mapping[Trail, Place] = field(default_factory=dict)

    def place(self, *trail: Key) -> Place:
        """Where the value at ``trail`` stands; the nearest known ancestor if it has no place of its own."""
        for end in range(len(trail), -1, -1):
            found = self.places.get(tuple(trail[:end]))
            if found is not None:
                return found
        return Place(self.file)

    def below(self, *trail: Key) -> Document:
        """The part at ``trail`` as a document of its own; an empty one where there is none."""
        data = self.data
        for key in trail:
            data = _child(data, key)
        size = len(trail)
        places = {path[size:]: place for path, place in self.places.items() if path[:size] == trail}
        return Document(self.file, data, places)


def load_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        InputError: it cannot be read, or is not YAML; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", code="no-such-file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", place=Place(path)) from error
    return parse_document(text, str(path))


def parse_document(text: str, file: str) -> Document:
    """Like :func:`load_document` for text; ``file`` is the name that errors show."""
    # ruamel.yaml costs 30 ms: commands that find no YAML file do without it.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = YAML(typ="rt", pure=True)
    reader.allow_duplicate_keys = False
    try:
        tree = reader.load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
        details = [] if mark is None else _caret(text, mark.line, mark.column)
        # ruamel's notes on how to switch the check off are for programmers.
        problem = (error.problem or error.context or "not YAML").split("\n")[0]
        raise InputError(f"this is not valid YAML: {problem}", place=place, details=details, code="bad-yaml") from error
    except YAMLError as error:
        raise InputError(f"this is not valid YAML: {error}", place=Place(file), code="bad-yaml") from error
    places: dict[Trail, Place] = {(): Place(file, 1)}
    data = _plain(tree, (), file, places)
    return Document(file, data, places)


def _child(data: object, key: Key) -> object:
    if isinstance(data, list):
        return data[key] if isinstance(key, int) and key < len(data) else None
    return data.get(key) if isinstance(data, dict) else None


def _caret(text: str, line: int, column: int) -> list[str]:
    lines = text.splitlines()
    if not 0 <= line < len(lines):
        return []
    return [lines[line], " " * column + "^"]


def _plain(value: object, trail: Trail, file: str, places: dict[Trail, Place]) -> object:
    """Strip ruamel's classes, noting places on the way."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarbool import ScalarBoolean
    from ruamel.yaml.scalarfloat import ScalarFloat
    from ruamel.yaml.scalarint import ScalarInt

    if isinstance(value, CommentedMap):
        result: dict[str, object] = {}
        for key, item in value.items():
            name = str(key)
            line, column = value.lc.key(key)
            places[*trail, name] = Place(file, line + 1, column + 1)
            result[name] = _plain(item, (*trail, name), file, places)
        return result
    if isinstance(value, CommentedSeq):
        items: list[object] = []
        for index, item in enumerate(value):
            line, column = value.lc.item(index)
            places[*trail, index] = Place(file, line + 1, column + 1)
            items.append(_plain(item, (*trail, index), file, places))
        return items
    if isinstance(value, ScalarBoolean):
        return bool(value)
    if isinstance(value, ScalarInt):
        return int(value)
    if isinstance(value, ScalarFloat):
        return float(value)
    if isinstance(value, str):
        return str(value)
    return value


def trails_matching(document: Document, pattern: Trail) -> Iterator[Trail]:
    """Trails of ``document`` that fit ``pattern``, in which ``"..."`` stands for any one key."""
    for trail in document.places:
        if len(trail) == len(pattern) and all(p in ("...", t) for p, t in zip(pattern, trail, strict=True)):
            yield trail
