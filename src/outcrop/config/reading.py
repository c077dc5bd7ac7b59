"""Reading YAML with ruamel.yaml. Apart from ``document`` because importing it takes 30 ms, which commands that find no
YAML file, or know the file already, do without.
"""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import ScalarInt

from outcrop.base.errors import InputError, Place
from outcrop.config.document import Document, Trail


def read_yaml(text: str, file: str) -> Document:
    """The document that ``text`` is.

    Raises:
        InputError: it is not YAML; at ``file`` with line and column, and a caret under the fault.
    """
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


def _caret(text: str, line: int, column: int) -> list[str]:
    lines = text.splitlines()
    if not 0 <= line < len(lines):
        return []
    return [lines[line], " " * column + "^"]


def _plain(value: object, trail: Trail, file: str, places: dict[Trail, Place]) -> object:
    """Strip ruamel's classes, noting places on the way."""
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
