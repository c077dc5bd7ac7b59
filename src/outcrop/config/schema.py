"""The typed form of configuration sections; anything else in a file is refused with its place."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar, get_args, get_type_hints

import msgspec

from outcrop.base.errors import InputError
from outcrop.base.near import near_misses
from outcrop.config.document import Document, Key, Trail, trails_matching

T = TypeVar("T")


class Requirement(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One entry of ``require``, ``prefer`` or ``conflict`` in its long form."""

    spec: str | None = None
    one_of: list[str] | None = None
    any_of: list[str] | None = None
    when: str | None = None
    message: str | None = None


class DependencyEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an external depends on: another external by its ``id``, or any package that fits ``spec``."""

    spec: str | None = None
    id: str | None = None
    deptypes: str | list[str] | None = None
    virtuals: str | list[str] | None = None


class ExternalEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One package outside the store."""

    spec: str
    prefix: str | None = None
    modules: list[str] | str | None = None
    extra_attributes: dict[str, object] = {}
    id: str | None = None
    dependencies: list[DependencyEntry] = []


class PackageSection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What ``packages:<name>`` may say."""

    externals: list[ExternalEntry] = []
    buildable: bool | None = None
    require: str | list[str | Requirement] | None = None
    prefer: list[str | Requirement] = []
    conflict: list[str | Requirement] = []
    version: list[str | float | int] = []
    variants: str | list[str] | None = None
    target: list[str] = []
    providers: dict[str, list[str]] = {}
    compiler: list[str] = []
    permissions: dict[str, str] = {}
    package_attributes: dict[str, object] = {}


class Duplicates(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many copies of a package one graph may have.

    ``none`` is one of each, whatever ``max_dupes`` says; ``minimal`` and ``full`` are the same here: further copies of
    what builds use where a dependent is better off, of all else where there is no solution otherwise. ``max_dupes``
    counts by package, ``default`` for what is no build tool.
    """

    strategy: Literal["none", "minimal", "full"] = "minimal"
    max_dupes: dict[str, Annotated[int, msgspec.Meta(ge=1)]] = {}


class TargetsSection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which targets packages are built for.

    ``generic`` leaves out what is one maker's processor. Without ``host_compatible`` code for other machines of the
    family may be asked for, too; what builds need still runs here.
    """

    granularity: Literal["microarchitectures", "generic"] = "microarchitectures"
    host_compatible: bool = True


class ReuseSource(msgspec.Struct, kw_only=True):
    """One place that installed packages are taken from; ``local`` is the store."""

    type: str
    include: list[str] = []
    exclude: list[str] = []


class ReuseSection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which installed packages are reused: those that fit one of ``include`` (all, if there is none) with what they
    link to and run, and none that fits ``exclude`` or hangs on such a one. Without ``roots`` what is requested by name
    is built as it would be without a store.
    """

    roots: bool = True
    include: list[str] = []
    exclude: list[str] = []
    sources: list[ReuseSource] = msgspec.field(default_factory=list, name="from")


class ConcretizerSection(msgspec.Struct, kw_only=True):
    """``concretizer:``; keys that Outcrop's solver has no use for are accepted and ignored."""

    unify: bool | Literal["when_possible"] = True
    reuse: bool | Literal["dependencies"] | ReuseSection = True
    targets: TargetsSection = msgspec.field(default_factory=TargetsSection)
    os_compatible: dict[str, list[str]] = {}
    duplicates: Duplicates = msgspec.field(default_factory=Duplicates)
    compiler_mixing: bool | list[str] = True


class ConfigSection(msgspec.Struct, kw_only=True):
    """``config:``; keys without a meaning here are accepted and ignored."""

    build_jobs: int | None = None
    install_tree: str | dict[str, object] | None = None
    build_stage: str | list[str] | None = None
    source_cache: str | None = None


class ViewSection(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One named view of an environment; ``group`` has only what these groups of requests need in it."""

    root: str
    group: str | list[str] = []
    select: list[str] = []
    exclude: list[str] = []
    link: Literal["roots", "all", "run"] = "all"
    link_type: Literal["symlink", "soft", "hardlink", "hard", "copy", "relocate"] = "symlink"
    projections: dict[str, str] = {}
    link_dirs: bool = True
    update_method: str | None = None

    @property
    def groups(self) -> list[str]:
        """Names of groups; none means all."""
        return [self.group] if isinstance(self.group, str) else self.group


SECTIONS: dict[str, object] = {
    "packages": dict[str, PackageSection],
    "concretizer": ConcretizerSection,
    "config": ConfigSection,
    "repos": dict[str, str | dict[str, object]] | list[str],
    "mirrors": dict[str, str | dict[str, object]],
    "view": bool | str | dict[str, str | ViewSection],
}
"""Section name -> type of its value."""


def convert(document: Document, kind: type[T], *, what: str) -> T:
    """The data of ``document`` as ``kind``.

    Args:
        document: the part of a file to read.
        kind: a msgspec type.
        what: what it should be, for the error ("an environment's manifest").

    Raises:
        InputError: with the place, what was found and what was expected.
    """
    try:
        return msgspec.convert(document.data, kind)
    except msgspec.ValidationError as error:
        raise _explain(document, str(error), what, kind) from error


def _explain(document: Document, text: str, what: str, kind: object) -> InputError:
    message, _, where = text.partition(" - at `$")
    trail = _trail(where.rstrip("`"))
    unknown = re.search(r"unknown field `([^`]+)`", message)
    candidates = list(trails_matching(document, (*trail, unknown.group(1)) if unknown else trail))
    place = document.place(*candidates[0]) if candidates else document.place(*trail)
    path = ":".join(str(key) for key in (candidates[0] if candidates else trail))
    subject = f"{what}: {path}" if path else what
    if unknown:
        near = near_misses(unknown.group(1), sorted(_fields_below(kind)))
        hint = f"did you mean {' or '.join(near)}?" if near else None
        return InputError(f"{what} has no key '{path}'", place=place, hint=hint, code="unknown-key")
    missing = re.search(r"missing required field `([^`]+)`", message)
    if missing:
        return InputError(f"{subject} lacks the key '{missing.group(1)}'", place=place, code="missing-key")
    found = re.fullmatch(r"Expected (.+), got `(.+)`", message)
    if found:
        expected = _words(found.group(1))
        return InputError(f"{subject} should be {expected}, not {_words(found.group(2))}", place=place)
    return InputError(f"{subject}: {message}", place=place)


_TYPE_WORDS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


def _words(types: str) -> str:
    names = [name.strip() for name in types.replace("`", "").split("|")]
    words = list(dict.fromkeys(_TYPE_WORDS.get(name, name) for name in names if name != "null" or len(names) == 1))
    return " or ".join(words)


def _fields_below(kind: object) -> set[str]:
    """Keys that structs reachable from a type may have."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        names = set(kind.__struct_fields__)
        return names.union(*(_fields_below(hint) for hint in get_type_hints(kind).values()))
    return set().union(*(_fields_below(argument) for argument in get_args(kind)))


def _trail(where: str) -> Trail:
    keys: list[Key] = []
    for part in re.finditer(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", where):
        name, index = part.groups()
        if name is not None:
            keys.append(name)
        else:
            keys.append(int(index) if index.isdigit() else index)
    return tuple(keys)
