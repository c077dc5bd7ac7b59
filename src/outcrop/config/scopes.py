"""Scopes of configuration, lowest to highest: system, user, custom directories, the environment, the command line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from outcrop.base.errors import InputError, UsageError
from outcrop.base.files import write_atomic
from outcrop.config.document import Document, load_document, parse_document
from outcrop.config.merge import merge, split_key
from outcrop.config.schema import SECTIONS, convert

T = TypeVar("T")


class Scope(msgspec.Struct, frozen=True):
    """A named source of sections: either a directory with a file a section, or documents that are there already."""

    name: str
    directory: Path | None = None
    documents: dict[str, Document] = {}
    """By the section's name as it is written: with its suffix, see :mod:`outcrop.config.merge`."""
    cache: Path | None = None
    """Where files that were read are kept, see :func:`outcrop.config.load_document`."""

    def section(self, name: str) -> Document | None:
        """The part below ``name:``, or None where this scope says nothing of it."""
        found = self.written(name)
        return found[1] if found is not None else None

    def written(self, name: str) -> tuple[str, Document] | None:
        """Like :meth:`section`, with the section's name as it is written."""
        for key, document in self.documents.items():
            if split_key(key)[0] == name:
                return key, document
        return _section_of_file(self.directory / f"{name}.yaml", name, self.cache) if self.directory else None


def scope_from_directory(name: str, directory: Path, *, cache: Path | None = None) -> Scope:
    """A scope whose sections are ``directory/<section>.yaml``."""
    return Scope(name, directory, cache=cache)


def scope_from_options(options: Sequence[str]) -> Scope:
    """A scope of ``section:key:...:value`` texts as given to ``-c``; the value is YAML.

    Raises:
        UsageError: a text has no such form.
    """
    merged: dict[str, object] = {}
    for option in options:
        parts = option.split(":")
        if len(parts) < 3 or parts[0] not in SECTIONS or not all(parts[:-1]):
            known = ", ".join(sorted(SECTIONS))
            raise UsageError(
                f"-c {option}: expected section:key:value",
                hint=f"sections are {known}; for example -c concretizer:unify:false",
            )
        value: object = parse_document(parts[-1], f"-c {option}").data
        for key in reversed(parts[1:-1]):
            value = {key: value}
        under = merged.get(parts[0])
        merged[parts[0]] = merge(under, value) if under is not None else value
    documents = {name: Document("the command line", data) for name, data in merged.items()}
    return Scope("command line", None, documents)


class Configuration:
    """Scopes laid over each other; sections are read when first asked for."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self.scopes = tuple(scopes)
        self._merged: dict[str, object] = {}
        self._documents: dict[tuple[int, str], tuple[str, Document] | None] = {}

    def _document(self, index: int, section: str) -> tuple[str, Document] | None:
        known = (index, section)
        if known not in self._documents:
            self._documents[known] = self.scopes[index].written(section)
        return self._documents[known]

    def with_scope(self, scope: Scope) -> Configuration:
        """A configuration with ``scope`` below the command line and above everything else."""
        top = [each for each in self.scopes if each.name == "command line"]
        rest = [each for each in self.scopes if each.name != "command line"]
        return Configuration([*rest, scope, *top])

    def merged(self, section: str) -> object:
        """Plain merged data of a section; every contributing file has been checked. ``None`` if nobody says
        anything."""
        if section not in self._merged:
            result: object = None
            for index in range(len(self.scopes)):
                found = self._document(index, section)
                if found is None:
                    continue
                key, document = found
                if document.data is not None:
                    check_section(section, Document(document.file, merge(None, document.data), document.places))
                below = {section: result} if result is not None else {}
                merged = merge(below, {key: document.data})
                assert isinstance(merged, dict)
                result = merged[section]
            self._merged[section] = result
        return self._merged[section]

    def section(self, name: str, kind: type[T], default: T) -> T:
        """A merged section as a typed value."""
        data = self.merged(name)
        if data is None:
            return default
        return convert(Document(f"the merged {name} configuration", data), kind, what=f"the section {name}")

    def place(self, section: str, *trail: str | int) -> Document | None:
        """The document of the highest scope that says something at ``trail`` of a section (for errors)."""
        for index in reversed(range(len(self.scopes))):
            found = self._document(index, section)
            if found is None:
                continue
            key, document = found
            if document.below(*trail).data is not None:
                return document
            if split_key(key)[1] == "::":
                break
        return None


def check_section(section: str, document: Document) -> None:
    """Check one file's section against its type.

    Raises:
        InputError: with file and line.
    """
    kind = SECTIONS.get(section)
    if kind is not None:
        convert(document, kind, what=f"the section {section}")  # type: ignore[arg-type]  # unions are types to msgspec


def sections_below(document: Document) -> dict[str, Document]:
    """The parts of a mapping of sections, by their names as they are written.

    Raises:
        InputError: a section is there twice, with another suffix.
    """
    found: dict[str, Document] = {}
    seen: dict[str, str] = {}
    for key in document.data if isinstance(document.data, dict) else ():
        name = split_key(key)[0]
        if name in seen:
            raise InputError(
                f"'{name}' is there twice, as '{seen[name]}:' and as '{key}:'",
                place=document.place(key),
                hint="write everything below one of them",
                code="section-twice",
            )
        seen[name] = key
        found[key] = document.below(key)
    return found


def _section_of_file(path: Path, name: str, cache: Path | None) -> tuple[str, Document] | None:
    if not path.is_file():
        return None
    document = load_document(path, cache=cache)
    if document.data is None or document.data == {}:
        return None
    if not isinstance(document.data, dict):
        raise InputError(f"expected a mapping with the key '{name}'", place=document.place())
    for key in document.data:
        if split_key(key)[0] != name:
            raise InputError(f"expected the key '{name}', found '{key}'", place=document.place(key))
    return next(iter(sections_below(document).items()))


def own_section(path: Path, name: str) -> object:
    """What a configuration file itself says below ``name:``; None if nothing, or if there is no such file."""
    found = _section_of_file(path, name, None)
    return found[1].data if found is not None else None


def edit_section(path: Path, section: str, data: object) -> None:
    """Write ``data`` below ``section:`` in a configuration file, keeping comments of what stays the same.

    The file is replaced atomically; a file that is not valid is refused unchanged.
    """
    from ruamel.yaml import YAML  # see reading.py: loaded only when YAML is touched

    writer = YAML(typ="rt", pure=True)
    writer.default_flow_style = False
    writer.indent(mapping=2, sequence=4, offset=2)
    tree: object = None
    if path.is_file():
        load_document(path)
        tree = writer.load(path.read_text(encoding="utf-8"))
    if not isinstance(tree, dict):
        tree = {}
    # A section that has a suffix keeps it.
    key = next((key for key in tree if isinstance(key, str) and split_key(key)[0] == section), section)
    tree[key] = _update(tree.get(key), data)
    stream = io.StringIO()
    writer.dump(tree, stream)
    write_atomic(path, stream.getvalue().encode("utf-8"))


def _update(old: object, new: object) -> object:
    """``new``, in the objects of ``old`` where they are mappings, so that ruamel keeps their comments."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [key for key in old if key not in new]:
            del old[key]
        for key, value in new.items():
            # Out and in again: the order of keys means something where mappings are searched.
            old[key] = _update(old.pop(key, None), value)
        return old
    return new
