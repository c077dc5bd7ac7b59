"""Sets of versions: ranges and normalised lists of ranges and single versions.

``1.2`` as a range is everything whose leading components are ``1.2``. Internally every item is an interval of keys,
closed below and open above; a list holds disjoint items in ascending order. Two ranges that overlap or touch become
one; a single version disappears in a range that has it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from operator import attrgetter

from outcrop.spec.errors import VersionError
from outcrop.spec.version import (
    HIGHEST,
    LOWEST,
    UNKNOWN,
    GitVersion,
    Key,
    Version,
    key_after,
    key_just_above,
    make_version,
)

_KEY = attrgetter("key")


class VersionRange:
    """``low:high``, either end may be ``None``. ``low`` is included; so is everything that begins with ``high``.

    Raises:
        VersionError: nothing lies between the ends.
    """

    __slots__ = ("end", "high", "low", "start")

    def __init__(self, low: Version | None, high: Version | None) -> None:
        self.low = low
        self.high = high
        self.start: Key = low.key if low is not None else LOWEST if high is not None else UNKNOWN
        """Key of the smallest version inside."""
        self.end: Key = HIGHEST if high is None else key_after(high.key)
        """Key above every version inside."""
        if self.end <= self.start:
            raise VersionError(
                f"'{low}:{high}' is an empty range", hint=f"the smaller version comes first: '{high}:{low}'"
            )

    def __str__(self) -> str:
        if self.low is not None and self.high is not None and self.low == self.high:
            return str(self.low)
        return f"{'' if self.low is None else self.low}:{'' if self.high is None else self.high}"

    def __repr__(self) -> str:
        return f"VersionRange({str(self)!r})"

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, VersionRange):
            return self.start == other.start and self.end == other.end
        return NotImplemented

    def __contains__(self, other: Version | VersionRange | VersionList) -> bool:
        return self.as_list().__contains__(other)

    def as_list(self) -> VersionList:
        """The list with this range alone."""
        return VersionList((self,))

    def includes(self, version: Version) -> bool:
        """Whether ``version`` lies inside; a git revision counts as its assigned version."""
        return self.start <= version.key < self.end

    def satisfies(self, other: VersionList | VersionRange | Version) -> bool:
        """Every version in here lies in ``other``."""
        return self.as_list().satisfies(_as_list(other))

    def intersects(self, other: VersionList | VersionRange | Version) -> bool:
        """Some version may lie in both."""
        return self.as_list().intersects(_as_list(other))

    def union(self, other: VersionList | VersionRange | Version) -> VersionList:
        """What lies in either."""
        return self.as_list().union(_as_list(other))

    def intersection(self, other: VersionList | VersionRange | Version) -> VersionList:
        """What lies in both."""
        return self.as_list().intersection(_as_list(other))


Item = VersionRange | Version


class VersionList:
    """A set of versions in normal form. Immutable; equal lists hold the same versions; ``str()`` parses back to the
    same list.
    """

    __slots__ = ("_ends", "_starts", "items")

    items: tuple[Item, ...]
    """Disjoint, ascending."""
    _starts: list[Key]
    _ends: list[Key]

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items = _normalise(items)
        self._starts = [_start(item) for item in self.items]
        self._ends = [_end(item) for item in self.items]

    @classmethod
    def any(cls) -> VersionList:
        """Every version: ``:``."""
        return _ANY

    @classmethod
    def exactly(cls, version: Version) -> VersionList:
        """One version and nothing else: ``=version``."""
        return cls((version,))

    @property
    def is_any(self) -> bool:
        """Has every version."""
        return len(self.items) == 1 and self._starts[0] == UNKNOWN and self._ends[0] == HIGHEST

    @property
    def is_empty(self) -> bool:
        """Has no version; only intersections do that."""
        return not self.items

    @property
    def concrete(self) -> Version | None:
        """The version, if the list is a single exact one."""
        if len(self.items) == 1 and isinstance(self.items[0], Version):
            return self.items[0]
        return None

    @property
    def highest(self) -> Version | None:
        """The greatest version that is written in the list, or ``None`` if it is open above."""
        if not self.items:
            return None
        last = self.items[-1]
        return last if isinstance(last, Version) else last.high

    def __str__(self) -> str:
        return ",".join([_item_text(item) for item in self.items])

    def __repr__(self) -> str:
        return f"VersionList({str(self)!r})"

    def __hash__(self) -> int:
        return hash(self.items)

    def __eq__(self, other: object) -> bool:
        return self.items == other.items if isinstance(other, VersionList) else NotImplemented

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __contains__(self, other: Version | VersionRange | VersionList) -> bool:
        return self.includes(other) if isinstance(other, Version) else _as_list(other).satisfies(self)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (parse_versions, (str(self),))

    def includes(self, version: Version) -> bool:
        """Whether ``version`` lies in the list."""
        key = version.key
        if isinstance(version, GitVersion):
            return any(
                version.refines(item)
                if isinstance(item, GitVersion)
                else isinstance(item, VersionRange) and item.includes(version)
                for item in self.items
            )
        place = bisect_right(self._starts, key) - 1
        while place >= 0:
            if not isinstance(self.items[place], GitVersion):
                return key < self._ends[place]
            place -= 1
        return False

    def indexes(self, versions: Sequence[Version]) -> list[int]:
        """Where in ``versions`` (sorted ascending) the included ones stand, ascending."""
        if self.is_any:
            return list(range(len(versions)))
        if any(isinstance(item, GitVersion) for item in self.items):
            # A revision fits by its name, wherever its version stands.
            return [index for index, version in enumerate(versions) if self.includes(version)]
        found: list[int] = []
        for start, end in zip(self._starts, self._ends, strict=True):
            low = bisect_left(versions, start, key=_KEY)
            high = bisect_left(versions, end, low, key=_KEY)
            found.extend(range(low, high))
        if any(isinstance(versions[index], GitVersion) for index in found):
            found = [index for index in found if self.includes(versions[index])]
        return found if len(self._starts) == 1 else sorted(set(found))

    def satisfies(self, other: VersionList | VersionRange | Version) -> bool:
        """Every version in here lies in ``other``."""
        others = _as_list(other)
        return all(others._covers(item) for item in self.items)

    @property
    def _has_open_revision(self) -> bool:
        return bool(self._starts) and self._starts[0] == UNKNOWN and isinstance(self.items[0], GitVersion)

    def _covers(self, item: Item) -> bool:
        if isinstance(item, Version):
            return self.includes(item)
        place = bisect_right(self._starts, item.start) - 1
        return place >= 0 and isinstance(self.items[place], VersionRange) and item.end <= self._ends[place]

    def intersects(self, other: VersionList | VersionRange | Version) -> bool:
        """Some version may lie in both."""
        others = _as_list(other)
        if len(self.items) == 1 and len(others.items) == 1:
            return _overlap(self.items[0], others.items[0]) is not None
        return any(_overlap(mine, theirs) is not None for mine, theirs in self._pairs(others))

    def intersection(self, other: VersionList | VersionRange | Version) -> VersionList:
        """What lies in both; may be empty."""
        found = [_overlap(mine, theirs) for mine, theirs in self._pairs(_as_list(other))]
        return VersionList([item for item in found if item is not None])

    def union(self, other: VersionList | VersionRange | Version) -> VersionList:
        """What lies in either, ranges that touch made one."""
        return VersionList((*self.items, *_as_list(other).items))

    def _pairs(self, other: VersionList) -> Iterator[tuple[Item, Item]]:
        """Pairs of items whose intervals overlap, and any with a revision whose version is open."""
        if self._has_open_revision or other._has_open_revision:
            yield from product(self.items, other.items)
            return
        for item, start, end in zip(self.items, self._starts, self._ends, strict=True):
            for place in range(bisect_left(other._starts, end)):
                if start < other._ends[place]:
                    yield item, other.items[place]


def _start(item: Item) -> Key:
    return item.start if isinstance(item, VersionRange) else item.key


def _end(item: Item) -> Key:
    return item.end if isinstance(item, VersionRange) else key_just_above(item.key)


def _item_text(item: Item) -> str:
    return f"={item}" if isinstance(item, Version) and not isinstance(item, GitVersion) else str(item)


def _as_list(value: VersionList | VersionRange | Version) -> VersionList:
    return value if isinstance(value, VersionList) else VersionList((value,))


def _sort_key(item: Item) -> tuple[Key, int, str, Key]:
    if isinstance(item, VersionRange):
        return (item.start, 0, "", item.end)
    return (item.key, 1, item.ref if isinstance(item, GitVersion) else "", item.key)


def _normalise(items: Iterable[Item]) -> tuple[Item, ...]:
    ordered = sorted(items, key=_sort_key)
    if len(ordered) < 2:
        return tuple(ordered)
    ranges: list[VersionRange] = []
    for item in ordered:
        if isinstance(item, VersionRange):
            if ranges and item.start <= ranges[-1].end:
                ranges[-1] = _joined(ranges[-1], item)
            else:
                ranges.append(item)
    singles: list[Version] = []
    for item in ordered:
        if not isinstance(item, Version) or any(span.includes(item) for span in ranges):
            continue
        if isinstance(item, GitVersion):
            if any(isinstance(single, GitVersion) and item.refines(single) for single in singles):
                continue
            singles = [single for single in singles if not (isinstance(single, GitVersion) and single.refines(item))]
        elif singles and singles[-1] == item:
            continue
        singles.append(item)
    return tuple(sorted([*ranges, *singles], key=_sort_key))


def _joined(left: VersionRange, right: VersionRange) -> VersionRange:
    return left if right.end <= left.end else VersionRange(left.low, right.high)


def _overlap(left: Item, right: Item) -> Item | None:
    if isinstance(left, GitVersion) and isinstance(right, GitVersion):
        if left.refines(right):
            return left
        return right if right.refines(left) else None
    if isinstance(left, Version):
        if isinstance(right, Version):
            return left if left == right else None
        return left if right.includes(left) else None
    if isinstance(right, Version):
        return right if left.includes(right) else None
    low = left if left.start >= right.start else right
    high = left if left.end <= right.end else right
    return VersionRange(low.low, high.high) if low.start < high.end else None


_ANY = VersionList((VersionRange(None, None),))


@lru_cache(maxsize=1 << 16)
def parse_versions(text: str) -> VersionList:
    """Read what may stand behind ``@``: ``1.2``, ``=1.2``, ``1.2:1.4,1.6:``, ``git.main=1.2``. The empty text is
    every version.

    Raises:
        VersionError: malformed, or an empty range.
    """
    stripped = text.strip()
    if stripped in ("", ":"):
        return _ANY
    return VersionList([_parse_item(item.strip()) for item in stripped.split(",")])


def ver(text: str | int | float) -> Item | VersionList:
    """``=1.2`` is a :class:`Version`, ``1.2`` and ``1:2`` are ranges, the rest are lists. Numbers count as text."""
    versions = parse_versions(str(text))
    return versions.items[0] if len(versions.items) == 1 and "," not in str(text) else versions


def _parse_item(text: str) -> Item:
    if text.startswith("="):
        return make_version(text[1:])
    if ":" not in text:
        version = make_version(text)
        return version if isinstance(version, GitVersion) else VersionRange(version, version)
    low, _, high = text.partition(":")
    return VersionRange(_end_of_range(low), _end_of_range(high))


def _end_of_range(text: str) -> Version | None:
    if not text:
        return None
    version = make_version(text)
    if isinstance(version, GitVersion):
        raise VersionError(f"'{text}' is a git revision and cannot be the end of a range")
    return version
