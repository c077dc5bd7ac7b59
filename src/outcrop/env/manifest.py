"""``spack.yaml``: what an environment asks for, read with places."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.base.near import near_misses
from outcrop.config import (
    SECTIONS,
    Document,
    Scope,
    ViewSection,
    convert,
    load_document,
    sections_below,
    split_key,
)
from outcrop.env.definitions import DEFAULT_GROUP, Root, read_definitions
from outcrop.env.groups import Group, read_groups

if TYPE_CHECKING:
    from outcrop.env.conditions import Facts

MANIFEST = "spack.yaml"
DEFAULT_VIEW = ".outcrop/view"
"""Where the view of an environment is that only says ``view: true``, or nothing."""

_KNOWN = ("specs", "definitions", "view", "include", *(name for name in SECTIONS if name != "view"))
_NO_EFFECT = ("modules", "ci", "cdash", "container", "bootstrap", "compilers")
"""Keys of a ``spack.yaml`` that say nothing about what is installed or how a view looks."""

_UNSUPPORTED = ("develop", "include_concrete", "toolchains", "upstreams", "env_vars")
"""Keys that would change the result and that Outcrop does not act upon yet: refused rather than ignored."""


class View(msgspec.Struct, frozen=True):
    """One view of an environment; ``root`` is absolute."""

    name: str
    root: Path
    section: ViewSection


class Manifest(msgspec.Struct, frozen=True):
    """A parsed ``spack.yaml``; ``groups`` are in the order in which they are solved, and there is at least one."""

    path: Path
    groups: tuple[Group, ...]
    views: tuple[View, ...]
    scope: Scope
    includes: tuple[Scope, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        """The environment's directory."""
        return self.path.parent

    @property
    def roots(self) -> tuple[Root, ...]:
        """Every request, group after group."""
        return tuple(root for group in self.groups for root in group.roots)

    @property
    def has_groups(self) -> bool:
        """Whether any group has a name of its own."""
        return any(group.name != DEFAULT_GROUP for group in self.groups)


def read_manifest(path: Path, *, cache: Path | None = None, facts: Callable[[], Facts] | None = None) -> Manifest:
    """Read and check a manifest.

    Args:
        path: the file.
        cache: see :func:`outcrop.config.load_document`.
        facts: what ``when:`` is about; asked for once there is one. Without it every condition counts as true, which
            will do to check a file.

    Raises:
        InputError: with file and line: not YAML, no ``spack:``, an unknown key, a spec that does not parse.
    """
    return manifest_of(load_document(path, cache=cache), path, cache=cache, facts=facts)


def manifest_of(
    document: Document, path: Path, *, cache: Path | None = None, facts: Callable[[], Facts] | None = None
) -> Manifest:
    """Like :func:`read_manifest`, of what ``path`` says or shall say."""
    if document.data is None:
        raise InputError("the file is empty; expected the key 'spack:'", place=Place(path, 1), code="bad-manifest")
    if not isinstance(document.data, dict) or "spack" not in document.data:
        raise InputError("expected a mapping with the key 'spack:'", place=document.place(), code="bad-manifest")
    extra = [key for key in document.data if key != "spack"]
    if extra:
        raise InputError(
            f"unexpected key '{extra[0]}' beside 'spack:'", place=document.place(extra[0]), code="bad-manifest"
        )
    body = document.below("spack")
    if body.data is None:
        body = Document(body.file, {}, body.places)
    if not isinstance(body.data, dict):
        raise InputError("'spack:' should be a mapping", place=document.place("spack"), code="bad-manifest")
    warnings = _check_keys(body)
    sections = sections_below(body)
    scope = Scope("environment", None, {key: part for key, part in sections.items() if _is_configuration(key)})
    directory = path.parent.absolute()
    definitions = read_definitions(body.below("definitions"), lambda text, place: _holds(text, place, facts))
    groups = read_groups(body.below("specs"), definitions)
    return Manifest(
        path=path.absolute(),
        groups=groups,
        views=tuple(_views(body, directory, [group.name for group in groups])),
        scope=scope,
        includes=tuple(_includes(body, directory, cache)),
        warnings=tuple(warnings),
    )


def _holds(text: str, place: Place, facts: Callable[[], Facts] | None) -> bool:
    from outcrop.env.conditions import Condition  # Python's own parser is 5 ms, and few manifests have a condition

    condition = Condition(text, place)
    return facts is None or condition.holds(facts())


def _is_configuration(key: str) -> bool:
    name = split_key(key)[0]
    return name in SECTIONS and name != "view"


def _check_keys(body: Document) -> list[str]:
    assert isinstance(body.data, dict)
    warnings = []
    for key in body.data:
        name = split_key(key)[0]
        place = body.place(key)
        if name in _KNOWN:
            if name != key and not _is_configuration(key):
                raise InputError(
                    f"'{name}' belongs to this file alone: there is nothing that '{key}:' could replace or add to",
                    place=place,
                    hint=f"write '{name}:'",
                    code="unknown-key",
                )
        elif name in _NO_EFFECT:
            warnings.append(f"{place}: '{name}' has no effect here")
        elif name in _UNSUPPORTED:
            raise InputError(
                f"'{name}' is not supported yet", place=place, hint="take it out, or keep this environment where it is"
            )
        else:
            near = near_misses(name, [*_KNOWN, *_UNSUPPORTED, *_NO_EFFECT])
            hint = f"did you mean {' or '.join(near)}?" if near else f"known keys: {', '.join(sorted(_KNOWN))}"
            raise InputError(f"'spack:' has no key '{name}'", place=place, hint=hint, code="unknown-key")
    return warnings


# views and includes


def _views(body: Document, directory: Path, groups: list[str]) -> list[View]:
    assert isinstance(body.data, dict)
    data = body.data.get("view", True)
    document = body.below("view") if "view" in body.data else Document(body.file, True)
    data = convert(document, bool | str | dict[str, str | dict[str, object]], what="view")  # type: ignore[arg-type]  # a union is a type to msgspec
    if data is False:
        return []
    if data is True:
        return [View("default", directory / DEFAULT_VIEW, ViewSection(root=DEFAULT_VIEW))]
    if isinstance(data, str):
        return [View("default", _resolve(directory, data), ViewSection(root=data))]
    views = []
    for name, entry in data.items():
        if isinstance(entry, str):
            section = ViewSection(root=entry)
        else:
            section = convert(document.below(name), ViewSection, what=f"the view {name}")
        if (section.projections and set(section.projections) != {"all"}) or section.projections.get("all", "") != "":
            raise InputError(
                "projections are not supported yet: a view merges everything into its root",
                place=document.place(name, "projections"),
            )
        for group in section.groups:
            if group not in groups and group != DEFAULT_GROUP:
                near = near_misses(group, groups)
                hint = f"did you mean {' or '.join(near)}?" if near else f"groups: {', '.join(groups)}"
                where = document.place(name, "group")
                raise InputError(f"there is no group '{group}' for the view", place=where, hint=hint, code="no-group")
        views.append(View(name, _resolve(directory, section.root), section))
    return views


def _resolve(directory: Path, text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else Path(os.path.normpath(directory / path))


def _includes(body: Document, directory: Path, cache: Path | None) -> list[Scope]:
    """Local files and directories named by ``include``, the first one with the highest precedence."""
    listed = body.below("include")
    if listed.data is None:
        return []
    items = convert(listed, list[str | dict[str, object]], what="include")
    scopes = []
    for index, item in enumerate(items):
        place = listed.place(index)
        if isinstance(item, dict):
            if set(item) - {"path", "optional", "name"} or not isinstance(item.get("path"), str):
                raise InputError("only 'path', 'optional' and 'name' are supported in an include", place=place)
            text, optional = str(item["path"]), bool(item.get("optional"))
        else:
            text, optional = item, False
        if "://" in text:
            raise InputError("configuration is included from local paths only", place=place)
        path = _resolve(directory, text)
        if path.is_dir():
            scopes.append(Scope(f"include {text}", path, cache=cache))
        elif path.is_file():
            included = load_document(path, cache=cache)
            scopes.append(Scope(f"include {text}", None, sections_below(included)))
        elif not optional:
            raise InputError(f"{path} does not exist", place=place, code="no-such-file")
    return list(reversed(scopes))
