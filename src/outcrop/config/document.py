"""A YAML file as plain data, with the place of every key and item."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from outcrop.base.digests import sha256_bytes
from outcrop.base.errors import InputError, Place
from outcrop.base.remembered import recall, remember

Key = str | int
Trail = tuple[Key, ...]
"""The way to a value: keys of mappings and indexes of lists, outermost first."""


class Document(msgspec.Struct, frozen=True):
    """Plain data (dicts, lists, strings, numbers, booleans, None) and where each part stands."""

    file: str
    data: object
    places: Mapping[Trail, Place] = {}

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


def load_document(path: Path, *, cache: Path | None = None) -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        cache: a directory where what was read is kept; while the file has the same bytes it is not parsed again.

    Raises:
        InputError: it cannot be read, or is not YAML; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", code="no-such-file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", place=Place(path)) from error
    file = str(path)
    if cache is None:
        return parse_document(text, file)
    digest = sha256_bytes(text.encode())
    kept = recall(cache, file, _Kept)
    if kept is not None and kept.digest == digest:
        return kept.document(file)
    document = parse_document(text, file)
    if _is_plain(document.data):
        remember(cache, file, _Kept.of(document, digest), ())
    return document


def parse_document(text: str, file: str) -> Document:
    """Like :func:`load_document` for text; ``file`` is the name that errors show."""
    from outcrop.config.reading import read_yaml  # see there

    return read_yaml(text, file)


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A document as it is kept; ``places`` are trails with lines and columns."""

    digest: str
    data: object
    places: tuple[tuple[Trail, int | None, int | None], ...]

    @classmethod
    def of(cls, document: Document, digest: str) -> _Kept:
        places = tuple((trail, place.line, place.column) for trail, place in document.places.items())
        return cls(digest, document.data, places)

    def document(self, file: str) -> Document:
        places = {trail: Place(file, line, column) for trail, line, column in self.places}
        return Document(file, self.data, places)


def _is_plain(value: object) -> bool:
    """Whether JSON gives back the very same: no dates, infinities, half characters, or integers too long for
    msgspec."""
    if isinstance(value, dict):
        return all(map(_is_plain, (*value.keys(), *value.values())))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return value.encode(errors="ignore").decode() == value
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 63)


def _child(data: object, key: Key) -> object:
    if isinstance(data, list):
        return data[key] if isinstance(key, int) and key < len(data) else None
    return data.get(key) if isinstance(data, dict) else None


def trails_matching(document: Document, pattern: Trail) -> Iterator[Trail]:
    """Trails of ``document`` that fit ``pattern``, in which ``"..."`` stands for any one key."""
    for trail in document.places:
        if len(trail) == len(pattern) and all(p in ("...", t) for p, t in zip(pattern, trail, strict=True)):
            yield trail
