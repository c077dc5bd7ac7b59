"""Variants and compiler flags of an abstract spec, how two of the same name relate, and the old names of compilers.

A variant is *closed* when nothing can be added to its values: a boolean one, or one written ``:=``. An open one,
``v=a``, is satisfied by every node whose ``v`` has the value ``a`` among others.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

FLAG_NAMES = ("cflags", "cxxflags", "fflags", "cppflags", "ldflags", "ldlibs")
"""Keys whose values are compiler flags, not variants."""

COMPILER_ALIASES = {
    "arm": "acfl",
    "clang": "llvm",
    "intel": "intel-oneapi-compilers-classic",
    "oneapi": "intel-oneapi-compilers",
    "rocmcc": "llvm-amdgpu",
}
"""Old compiler names -> packages; they count behind ``%`` only."""

_BOOLEAN = (("true",), ("false",))
_PREFIXED = frozenset({"patches", "commit"})
"""Reserved variants whose values may be abbreviated: hexadecimal digests."""


class VariantConstraint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a spec says about one variant. ``values`` are sorted; a boolean has ``("true",)`` or ``("false",)``.

    ``exact`` is ``:=`` (never set on booleans, which are exact anyway), ``any`` is ``=*`` (no values), ``propagate``
    is ``++``/``==``.
    """

    name: str
    values: tuple[str, ...] = ()
    exact: bool = False
    propagate: bool = False
    any: bool = False

    @classmethod
    def make(
        cls, name: str, values: Iterable[str], *, exact: bool = False, propagate: bool = False
    ) -> VariantConstraint:
        """In normal form: values sorted, each once; ``true``/``false`` in any letter case is boolean, ``*`` is any."""
        found = tuple(sorted(set(values)))
        if found == ("*",):
            return cls(name, (), propagate=propagate, any=True)
        if len(found) == 1 and (found[0].lower(),) in _BOOLEAN:
            return cls(name, (found[0].lower(),), propagate=propagate)
        return cls(name, found, exact=exact, propagate=propagate)

    @classmethod
    def boolean(cls, name: str, value: bool, *, propagate: bool = False) -> VariantConstraint:
        """``+name`` or ``~name``."""
        return cls(name, _BOOLEAN[0] if value else _BOOLEAN[1], propagate=propagate)

    @property
    def is_boolean(self) -> bool:
        """``+name`` or ``~name``."""
        return self.values in _BOOLEAN

    @property
    def closed(self) -> bool:
        """No value can be added."""
        return self.exact or self.values in _BOOLEAN

    def satisfies(self, other: VariantConstraint) -> bool:
        """All values that fit this one fit ``other``. Propagation is a wish about other nodes and plays no part."""
        if other.any:
            return True
        if self.any:
            return False
        if other.closed and (not self.closed or len(self.values) != len(other.values)):
            return False
        return _includes(self.name, self.values, other.values)

    def intersects(self, other: VariantConstraint) -> bool:
        """Some set of values may fit both."""
        if self.any or other.any:
            return True
        if self.closed:
            return (not other.closed or len(self.values) == len(other.values)) and _includes(
                self.name, self.values, other.values
            )
        return not other.closed or _includes(self.name, other.values, self.values)

    def constrain(self, other: VariantConstraint) -> VariantConstraint:
        """Both together; the two must intersect."""
        propagate = self.propagate or other.propagate
        if self.satisfies(other):
            stricter = self
        elif other.satisfies(self):
            stricter = other
        else:
            missing = [value for value in other.values if not _includes(self.name, self.values, (value,))]
            mine = [value for value in self.values if not _includes(self.name, missing, (value,))]
            stricter = VariantConstraint(self.name, tuple(sorted({*mine, *missing})))
        return msgspec.structs.replace(stricter, propagate=propagate)

    def admits(self, answer: bool | str | tuple[str, ...]) -> bool:
        """Whether a concrete variant fits."""
        if self.any:
            return True
        if isinstance(answer, bool):
            return self.values == _BOOLEAN[0 if answer else 1]
        values = (answer,) if isinstance(answer, str) else answer
        if self.exact and len(values) != len(self.values):
            return False
        return _includes(self.name, values, self.values)


def _includes(name: str, values: Iterable[str], wanted: tuple[str, ...]) -> bool:
    if name in _PREFIXED:
        return all(any(value.startswith(start) for value in values) for start in wanted)
    return set(values).issuperset(wanted)


class FlagConstraint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Compiler flags that a node has at least: ``name`` is one of :data:`FLAG_NAMES`, ``words`` keep their order."""

    name: str
    words: tuple[str, ...] = ()
    propagate: bool = False

    def groups(self) -> list[tuple[str, ...]]:
        """The flags one by one, each with its arguments."""
        return _groups(self.words)

    def satisfies(self, other: FlagConstraint) -> bool:
        """Has all flags of ``other``."""
        return self.admits_words(self.words, other.words)

    def constrain(self, other: FlagConstraint) -> FlagConstraint:
        """Both together: these flags, then those of ``other`` that are missing."""
        have = set(_groups(self.words))
        added = [group for group in _groups(other.words) if group not in have]
        # A word without a dash would become the argument of the flag before it.
        front = [word for group in added for word in group if not group[0].startswith("-")]
        back = [word for group in added for word in group if group[0].startswith("-")]
        return FlagConstraint(self.name, (*front, *self.words, *back), self.propagate or other.propagate)

    def admits(self, words: Iterable[str]) -> bool:
        """Whether a node with the flags ``words`` fits."""
        return self.admits_words(tuple(words), self.words)

    @staticmethod
    def admits_words(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
        """Whether ``words`` have all flags of ``wanted``."""
        return set(_groups(words)).issuperset(_groups(wanted))


def _groups(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Flags with their arguments: ``-isystem /x -g`` are two. Words before the first flag stand alone."""
    groups: list[list[str]] = []
    for word in words:
        if word.startswith("-") or not groups or not groups[-1][0].startswith("-"):
            groups.append([word])
        else:
            groups[-1].append(word)
    return [tuple(group) for group in groups]
