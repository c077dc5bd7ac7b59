"""Groups of requests: ``specs:`` of an environment, in the order in which its groups are solved."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from outcrop.base.errors import InputError, Place, RequestError
from outcrop.base.near import near_misses
from outcrop.config import Document, Scope, convert, sections_below, split_key
from outcrop.env.definitions import DEFAULT_GROUP, Root, Texts, expand, expand_item, parse_root

_OVERRIDES = ("packages", "concretizer")
"""Sections that a group may say otherwise: what a solve depends on."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that are solved together, after the groups in ``needs``.

    ``override`` is configuration for this group alone. What is not ``explicit`` is kept only as long as something else
    needs it.
    """

    name: str = DEFAULT_GROUP
    roots: tuple[Root, ...] = ()
    needs: tuple[str, ...] = ()
    explicit: bool = True
    override: Scope | None = None
    place: Place


class _Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An item of ``specs:`` that is a group, as it is written."""

    group: str = DEFAULT_GROUP
    specs: list[object] | None = None
    matrix: list[object] | None = None
    exclude: list[object] | None = None
    needs: list[str] = []
    explicit: bool = True
    override: dict[str, dict[str, object]] | None = None


def is_group_entry(item: object) -> bool:
    """Whether an item of ``specs:`` is a group, and not a request or a matrix."""
    return isinstance(item, dict) and ("group" in item or "specs" in item)


def read_groups(listed: Document, definitions: Mapping[str, Texts]) -> tuple[Group, ...]:
    """The groups of ``specs:``, each after those it needs and else in the order of the file. The default group comes
    first, and is left out if it asks for nothing and others do.

    Args:
        listed: what stands below ``specs:``.
        definitions: named lists, see :func:`outcrop.env.definitions.read_definitions`.

    Raises:
        InputError: with file and line; two groups of one name, one that is needed and not there, or a circle of needs,
            which it shows.
    """
    if listed.data is not None and not isinstance(listed.data, list):
        raise InputError("expected a list of specs", place=listed.place(), code="bad-manifest")
    plain: list[Root] = []
    named: dict[str, Group] = {}
    lines: dict[str, Document] = {}
    for index, data in enumerate(listed.data or []):
        item = listed.below(index)
        if not is_group_entry(data):
            plain += _roots(expand_item(item, definitions), DEFAULT_GROUP)
            continue
        group = _read_group(item, definitions)
        if group.name == DEFAULT_GROUP:
            plain += group.roots
        elif group.name in named:
            raise InputError(
                f"there is a group '{group.name}' already, at {named[group.name].place}",
                place=item.place("group"),
                hint="write its specs there, or give this one another name",
                code="group-twice",
            )
        else:
            named[group.name], lines[group.name] = group, item
    default = Group(roots=tuple(plain), place=listed.place())
    _check_needs(named, lines)
    groups = _in_order({DEFAULT_GROUP: default, **named}, lines)
    return tuple(group for group in groups if group.roots or group.name != DEFAULT_GROUP or len(groups) == 1)


def _read_group(item: Document, definitions: Mapping[str, Texts]) -> Group:
    entry = convert(item, _Entry, what="a group of specs")
    if not entry.group.strip():
        raise InputError("a group needs a name", place=item.place("group"), code="bad-group")
    if entry.matrix is not None and entry.specs is not None:
        raise InputError(
            "a group has either 'specs' or one 'matrix'",
            place=item.place("matrix"),
            hint="write the matrix as an item of 'specs'",
            code="bad-group",
        )
    if entry.exclude is not None and entry.matrix is None:
        raise InputError("'exclude' belongs to a matrix", place=item.place("exclude"), code="bad-group")
    if entry.group == DEFAULT_GROUP:
        _check_default(item)
    if entry.matrix is not None:
        assert isinstance(item.data, dict)
        matrix = {key: value for key, value in item.data.items() if key in ("matrix", "exclude")}
        texts = expand_item(Document(item.file, matrix, item.places), definitions)
    else:
        texts = expand(item.below("specs"), definitions)
    return Group(
        name=entry.group,
        roots=tuple(_roots(texts, entry.group)),
        needs=tuple(dict.fromkeys(entry.needs)),
        explicit=entry.explicit,
        override=_override(entry, item.below("override")),
        place=item.place(),
    )


def _roots(texts: Texts, group: str) -> list[Root]:
    return [Root(parse_root(text, place), text, place, group) for text, place in texts]


def _check_default(item: Document) -> None:
    assert isinstance(item.data, dict)
    for key in ("needs", "explicit", "override"):
        if key in item.data:
            raise InputError(
                f"the group '{DEFAULT_GROUP}' has no '{key}': it comes first, and 'spack:' is about it",
                place=item.place(key),
                hint=f"give the group another name than '{DEFAULT_GROUP}'",
                code="bad-group",
            )


def _override(entry: _Entry, override: Document) -> Scope | None:
    if entry.override is None:
        return None
    for key in entry.override:
        if split_key(key)[0] not in _OVERRIDES:
            near = near_misses(key, _OVERRIDES)
            raise InputError(
                f"a group cannot override '{key}'",
                place=override.place(key),
                hint=f"did you mean {' or '.join(near)}?" if near else f"it may override {' and '.join(_OVERRIDES)}",
                code="unknown-key",
            )
    return Scope(f"group {entry.group}", None, sections_below(override))


def _check_needs(named: Mapping[str, Group], lines: Mapping[str, Document]) -> None:
    for name, group in named.items():
        for index, needed in enumerate(group.needs):
            if needed not in named and needed != DEFAULT_GROUP:
                near = near_misses(needed, [other for other in named if other != name])
                raise InputError(
                    f"the group '{name}' needs '{needed}', and there is no such group",
                    place=lines[name].place("needs", index),
                    hint=f"did you mean {' or '.join(near)}?" if near else f"groups: {', '.join(named)}",
                    code="no-group",
                )


def _in_order(groups: Mapping[str, Group], lines: Mapping[str, Document]) -> list[Group]:
    waiting = dict(groups)
    done: list[Group] = []
    while waiting:
        ready = next((each for each in waiting.values() if not any(need in waiting for need in each.needs)), None)
        if ready is None:
            raise _circle(waiting, lines)
        done.append(waiting.pop(ready.name))
    return done


def _circle(waiting: Mapping[str, Group], lines: Mapping[str, Document]) -> InputError:
    """Each of ``waiting`` needs another of them."""
    trail = [next(iter(waiting))]
    while len(set(trail)) == len(trail):
        trail.append(next(need for need in waiting[trail[-1]].needs if need in waiting))
    circle = trail[trail.index(trail[-1]) :]
    details = [f"{lines[name].place('needs')}: {name} needs {need}" for name, need in itertools.pairwise(circle)]
    return InputError(
        f"groups need each other in a circle: {' -> '.join(circle)}",
        place=lines[circle[0]].place("needs"),
        details=details,
        hint="one of them has to do without the other" if len(circle) > 2 else "leave that need out",
        code="group-circle",
    )


def find_group(groups: Sequence[Group], name: str) -> Group:
    """The group of that name.

    Raises:
        RequestError: there is none; near misses are named.
    """
    for group in groups:
        if group.name == name:
            return group
    names = [group.name for group in groups]
    near = near_misses(name, names)
    hint = f"did you mean {' or '.join(near)}?" if near else f"groups: {', '.join(names)}"
    raise RequestError(f"the environment has no group '{name}'", hint=hint, code="no-group")


def with_needs(groups: Sequence[Group], names: Iterable[str]) -> list[Group]:
    """The groups named and all that they need, also those needed by what they need, in order."""
    known = {group.name: group for group in groups}
    wanted: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            stack.extend(known[name].needs)
    return [group for group in groups if group.name in wanted]
