"""Lists of specs in ``spack.yaml``: what was written, named lists, references to them, and matrices."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.config import Document, convert
from outcrop.env.written import parse_written

if TYPE_CHECKING:
    from outcrop.spec import Spec

DEFAULT_GROUP = "default"
"""The group of requests that no group is named for."""

Texts = list[tuple[str, Place]]
"""Specs as they are written, each with where it stands."""


class Root(msgspec.Struct, frozen=True):
    """One request: the constraint, where it was written, and the group it belongs to."""

    spec: Spec
    text: str
    place: Place
    group: str = DEFAULT_GROUP


def parse_root(text: str, place: Place) -> Spec:
    """One request as a spec.

    Raises:
        InputError: it does not parse, or names no package; shows a caret under the place.
    """
    spec = parse_written(text, place)
    if not spec.name and not spec.hash:
        raise InputError(f"'{text}' names no package", place=place, code="anonymous-root")
    return spec


def read_definitions(listed: Document, holds: Callable[[str, Place], bool]) -> dict[str, Texts]:
    """Name -> the specs it stands for. A name whose conditions do not hold stands for none.

    Args:
        listed: what stands below ``definitions:``.
        holds: whether a condition, which stands at a place, is true.

    Raises:
        InputError: with file and line.
    """
    found: dict[str, Texts] = {}
    if listed.data is None:
        return found
    items = convert(listed, list[dict[str, object]], what="definitions")
    for index, item in enumerate(items):
        condition = item.get("when", "True")
        place = listed.place(index, "when")
        if not isinstance(condition, str):
            raise InputError("'when:' of a definition should be text", place=place, code="bad-condition")
        wanted = "when" not in item or holds(condition, place)
        for name in item:
            if name != "when":
                texts = expand(listed.below(index, name), found)
                found.setdefault(name, []).extend(texts if wanted else [])
    return found


def expand(listed: Document, definitions: Mapping[str, Texts]) -> Texts:
    """Spec texts of a list: plain ones, ``$name`` references, matrices.

    Raises:
        InputError: with file and line.
    """
    if listed.data is None:
        return []
    if not isinstance(listed.data, list):
        raise InputError("expected a list of specs", place=listed.place(), code="bad-manifest")
    return [each for index in range(len(listed.data)) for each in expand_item(listed.below(index), definitions)]


def expand_item(item: Document, definitions: Mapping[str, Texts]) -> Texts:
    """Spec texts of one item of a list.

    Raises:
        InputError: with file and line.
    """
    if isinstance(item.data, str):
        return _reference(item.data, item.place(), definitions)
    if isinstance(item.data, dict) and "matrix" in item.data:
        return _matrix(item, definitions)
    raise InputError(
        "expected a spec, a $reference or a matrix",
        place=item.place(),
        hint="quote specs that YAML takes for a number",
    )


def _reference(text: str, place: Place, definitions: Mapping[str, Texts]) -> Texts:
    if not text.startswith("$"):
        return [(text, place)]
    sigil = text[1] if text[1:2] in ("^", "%") else ""
    name = text[1 + len(sigil) :]
    if name not in definitions:
        known = ", ".join(f"${known}" for known in definitions) or "none"
        raise InputError(f"there is no definition '{name}'", place=place, hint=f"definitions above: {known}")
    return [(sigil + each, place) for each, _ in definitions[name]]


def _matrix(item: Document, definitions: Mapping[str, Texts]) -> Texts:
    rows = item.below("matrix")
    if not isinstance(rows.data, list):
        raise InputError("a matrix is a list of lists", place=rows.place())
    assert isinstance(item.data, dict)
    unknown = [key for key in item.data if key not in ("matrix", "exclude")]
    if unknown:
        raise InputError(f"a matrix has no key '{unknown[0]}'", place=item.place(unknown[0]))
    expanded = [[text for text, _ in expand(rows.below(index), definitions)] for index in range(len(rows.data))]
    excluded = [parse_written(text, place) for text, place in expand(item.below("exclude"), definitions)]
    place = item.place("matrix")
    result = []
    for combination in itertools.product(*expanded):
        text = " ".join(combination)
        spec = parse_root(text, place)
        if not any(spec.satisfies(other) for other in excluded):
            result.append((text, place))
    return result
