"""One exact version: its components, its order and the texts recipes derive from it; and versions that name a git
revision.

A version is ordered by a *key* that is made once: ``(release, stage)``, plain tuples that compare in C. ``release``
holds a pair per component (words, then integers, then infinity words), ``stage`` is the pre-release part. Ranges work
on keys alone, through :func:`key_after` (the open upper end of a range) and :func:`key_just_above` (the end of a
single version).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, total_ordering
from typing import TYPE_CHECKING, overload

from outcrop.base.patterns import pattern
from outcrop.spec.errors import VersionError

if TYPE_CHECKING:
    from outcrop.spec.ranges import VersionList, VersionRange

Component = tuple[int, int | str]
"""(0, word), (1, number) or (2, rank of an infinity word)."""
Stage = tuple[int, ...]
"""Pre-release kind and its number, if any; ``(3,)`` is a final version."""
Key = tuple[tuple[Component, ...], Stage]

INFINITY_WORDS = ("stable", "trunk", "head", "master", "main", "develop")
"""Whole components that are greater than every number, smallest first."""
_INFINITY = {word: rank for rank, word in enumerate(INFINITY_WORDS)}
_STAGES = {"alpha": 0, "beta": 1, "rc": 2}
_STAGE_NAMES = ("alpha", "beta", "rc", "final")
_FINAL: Stage = (3,)

UNKNOWN: Key = ((), (-2,))
"""Of a git revision that stands for no version yet; only ``:`` has it."""
LOWEST: Key = ((), (-1,))
"""Below the key of every other version."""
HIGHEST: Key = (((3, 0),), _FINAL)
"""Above the key of every version."""

_TEXT = pattern(r"[_.-]*[A-Za-z0-9][A-Za-z0-9_.-]*")
_PIECE = pattern(r"([0-9]+|[A-Za-z]+)([_.-]*)")
_COMMIT = pattern(r"[0-9a-fA-F]{40}(?=\Z|=)")


@total_ordering
class VersionWord:
    """A component that is a word: ordered among numbers and words as inside a version, equal to its text."""

    __slots__ = ("key", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        rank = _INFINITY.get(text)
        self.key: Component = (0, text) if rank is None else (2, rank)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"VersionWord({self.text!r})"

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, VersionWord | str):
            return self.text == str(other)
        return NotImplemented if not isinstance(other, int) else False

    def __lt__(self, other: object) -> bool:
        if isinstance(other, VersionWord):
            return self.key < other.key
        if isinstance(other, str):
            return self.key < VersionWord(other).key
        if isinstance(other, int):
            return self.key < (1, other)
        return NotImplemented


class Version:
    """One exact version. Immutable, hashable, ordered; ``str()`` gives the text as written.

    ``Version("git.main=1.2")`` and ``Version("<40 hex digits>")`` are :class:`GitVersion`. Equality is that of the
    order: ``1.2``, ``1-2`` and ``01.2`` are equal. Comparing with a string is a ``TypeError``.

    Raises:
        VersionError: the text is empty or has a letter that versions do not have.
    """

    __slots__ = ("_parts", "_pieces", "_separators", "_text", "key")

    key: Key
    """What versions are ordered by."""
    _text: str
    _pieces: tuple[str, ...]
    _separators: tuple[str, ...]

    def __new__(cls, text: str) -> Version:
        """Read ``text``; the class of the result follows from it."""
        if not isinstance(text, str):
            raise VersionError(
                f"a version is made from text, not from {text!r}", hint="write it in quotes: 1.10 is not 1.1"
            )
        if cls is not Version or not (text.startswith("git.") or _COMMIT.match(text)):
            return cls._plain(text)
        return GitVersion(text)

    @classmethod
    def _plain(cls, text: str) -> Version:
        if not _TEXT.fullmatch(text):
            raise _bad_version(text)
        return cls._unchecked(text)

    @classmethod
    def _unchecked(cls, text: str) -> Version:
        self = object.__new__(cls)
        self._text = text
        found = _PIECE.findall(text)
        self._pieces = tuple([piece for piece, _ in found])
        self._separators = tuple([separator for _, separator in found])
        self.key = _make_key(self._pieces)
        return self

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (make_version, (self._text,))

    @property
    def string(self) -> str:
        """The text as written."""
        return self._text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Version({self._text!r})"

    def __format__(self, spec: str) -> str:
        return format(self._text, spec)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.key < other.key if isinstance(other, Version) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.key <= other.key if isinstance(other, Version) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.key > other.key if isinstance(other, Version) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.key >= other.key if isinstance(other, Version) else NotImplemented

    @property
    def components(self) -> tuple[int | VersionWord, ...]:
        """The components without the pre-release part."""
        return tuple([int(piece) if piece.isdigit() else VersionWord(piece) for piece in self._release])

    @property
    def version(self) -> tuple[tuple[int | VersionWord, ...], tuple[str | int, ...]]:
        """Components and pre-release part, as ``((1, 2), ("rc", 1))``; ``("final",)`` where there is none."""
        kind, *number = self.key[1]
        return self.components, (_STAGE_NAMES[kind], *number)

    @property
    def _release(self) -> tuple[str, ...]:
        return self._pieces[: len(self.key[0])]

    def __iter__(self) -> Iterator[int | VersionWord]:
        return iter(self.components)

    def __len__(self) -> int:
        return len(self.key[0])

    def __bool__(self) -> bool:
        return True

    @overload
    def __getitem__(self, index: int) -> int | VersionWord: ...
    @overload
    def __getitem__(self, index: slice) -> Version: ...
    def __getitem__(self, index: int | slice) -> int | VersionWord | Version:
        components = self.components
        if isinstance(index, int):
            return components[index]
        words = [str(component) for component in components[index]]
        separators = self._separators[: len(components)][index]
        text = "".join([word + separator for word, separator in zip(words, separators, strict=True)][:-1])
        return Version._unchecked(text + words[-1] if words else "")

    def up_to(self, index: int) -> Version:
        """The first ``index`` components (negative: without the last ones). The pre-release part is no component."""
        return self[:index]

    @property
    def up_to_1(self) -> Version:
        """``up_to(1)``."""
        return self.up_to(1)

    @property
    def up_to_2(self) -> Version:
        """``up_to(2)``."""
        return self.up_to(2)

    @property
    def up_to_3(self) -> Version:
        """``up_to(3)``."""
        return self.up_to(3)

    @property
    def dotted(self) -> Version:
        """With dots as separators."""
        return self._separated(".")

    @property
    def dashed(self) -> Version:
        """With dashes as separators."""
        return self._separated("-")

    @property
    def underscored(self) -> Version:
        """With underscores as separators."""
        return self._separated("_")

    @property
    def joined(self) -> Version:
        """Without separators."""
        return self._separated("")

    def _separated(self, separator: str) -> Version:
        return Version._unchecked(re.sub(r"[_.-]", separator, self._text))

    @property
    def dotted_numeric_string(self) -> str:
        """All components with dots, every word as ``0``: ``1.2rc3`` gives ``1.2.0.3``."""
        return ".".join([str(int(piece)) if piece.isdigit() else "0" for piece in self._pieces])

    @property
    def is_prerelease(self) -> bool:
        """Has an ``alpha``, ``beta`` or ``rc`` part."""
        return self.key[1] != _FINAL

    def isdevelop(self) -> bool:
        """Has an infinity word as a component."""
        return any(kind == 2 for kind, _ in self.key[0])

    def satisfies(self, other: VersionList | VersionRange | Version) -> bool:
        """Lies in ``other``; a single version on the right must be equal."""
        return self == other if isinstance(other, Version) else other.includes(self)

    def intersects(self, other: VersionList | VersionRange | Version) -> bool:
        """The same as :meth:`satisfies`: an exact version is one point."""
        return self.satisfies(other)


class GitVersion(Version):
    """A git revision: ``git.<ref>``, 40 hexadecimal digits, or one of them with ``=1.2`` behind it.

    The version behind ``=`` (:attr:`ref_version`) stands for the revision in comparisons and ranges. Without one the
    revision lies in no range but ``:``; find its version first, then use :meth:`assign`.
    """

    __slots__ = ("is_commit", "ref", "ref_version")

    ref: str
    """Branch, tag or commit."""
    ref_version: Version | None
    is_commit: bool
    """Whether :attr:`ref` is a full commit."""

    def __new__(cls, text: str) -> GitVersion:
        """Read ``git.<ref>[=<version>]`` or ``<commit>[=<version>]``."""
        ref, equals, assigned = text.partition("=")
        is_commit = _COMMIT.fullmatch(ref) is not None
        if not is_commit:
            if not ref.startswith("git."):
                raise _bad_version(text)
            ref = ref[4:]
            is_commit = _COMMIT.fullmatch(ref) is not None
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", ref):
            raise VersionError(
                f"'{text}' names no git revision", hint="write @git.<branch or tag> or @<40-digit commit>"
            )
        if equals and not assigned:
            raise VersionError(
                f"'{text}' has nothing behind '='", hint="write the version it stands for, as in @git.main=1.2"
            )
        version = Version._plain(assigned) if equals else None
        self = object.__new__(cls)
        basis = version if version is not None else Version._unchecked("")
        self._text = text
        self._pieces, self._separators = basis._pieces, basis._separators
        self.key = basis.key if version is not None else UNKNOWN
        self.ref, self.ref_version, self.is_commit = ref, version, is_commit
        return self

    def assign(self, version: Version) -> GitVersion:
        """The same revision, standing for ``version``."""
        return GitVersion(f"{self._text.partition('=')[0]}={version}")

    def __repr__(self) -> str:
        return f"GitVersion({self._text!r})"

    def refines(self, other: GitVersion) -> bool:
        """The same revision, with the same assigned version unless ``other`` leaves it open."""
        return self.ref == other.ref and (other.ref_version is None or self.ref_version == other.ref_version)

    def _order(self) -> tuple[Key, int, str]:
        return (self.key, 1, self.ref)

    def __hash__(self) -> int:
        return hash(self._order())

    def __eq__(self, other: object) -> bool:
        return _order_of(other) == self._order() if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._order() < _order_of(other) if isinstance(other, Version) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._order() <= _order_of(other) if isinstance(other, Version) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._order() > _order_of(other) if isinstance(other, Version) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._order() >= _order_of(other) if isinstance(other, Version) else NotImplemented


def _order_of(version: Version) -> tuple[Key, int, str]:
    return version._order() if isinstance(version, GitVersion) else (version.key, 0, "")


def _bad_version(text: str) -> VersionError:
    if not text:
        return VersionError("a version cannot be empty")
    if text.startswith("="):
        return VersionError(f"'{text}' is not a version", hint=f"leave the '=' out: '{text[1:]}'")
    return VersionError(f"'{text}' is not a version: only letters, digits, '_', '.' and '-' may stand in one")


@lru_cache(maxsize=1 << 16)
def make_version(text: str) -> Version:
    """``Version(text)``, each text read once."""
    return Version(text)


def _make_key(pieces: tuple[str, ...]) -> Key:
    release, stage = pieces, _FINAL
    if len(pieces) > 1 and pieces[-1] in _STAGES:
        release, stage = pieces[:-1], (_STAGES[pieces[-1]],)
    elif len(pieces) > 2 and pieces[-2] in _STAGES and pieces[-1].isdigit():
        release, stage = pieces[:-2], (_STAGES[pieces[-2]], int(pieces[-1]))
    return tuple([_component(piece) for piece in release]), stage


def _component(piece: str) -> Component:
    if piece.isdigit():
        return (1, int(piece))
    rank = _INFINITY.get(piece)
    return (0, piece) if rank is None else (2, rank)


def key_just_above(key: Key) -> Key:
    """Above ``key`` and below every greater version."""
    release, stage = key
    return release, (*stage, -1)


def key_after(key: Key) -> Key:
    """The open end of a range up to ``key``: the last component, or the pre-release number, plus one."""
    release, stage = key
    if stage != _FINAL:
        return release, (stage[0], stage[1] + 1 if len(stage) > 1 else 0)
    if not release:
        return HIGHEST
    kind, value = release[-1]
    following: Component = (0, _next_word(value)) if isinstance(value, str) else (kind, value + 1)
    return (*release[:-1], following), stage


def _next_word(word: str) -> str:
    last = word[-1]
    if last == "z":
        return word + "A"
    return word[:-1] + ("a" if last == "Z" else chr(ord(last) + 1))
