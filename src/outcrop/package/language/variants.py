"""Variant definitions, and the helpers that recipes describe their values with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

# Any: defaults and values arrive as whatever a recipe wrote; everything stored is text or bool.
from typing import Any, TypeAlias

from outcrop.package.errors import DirectiveError
from outcrop.package.language.conditions import Condition, WhenArgument, parse_when
from outcrop.package.language.records import ValueRecord

Validator: TypeAlias = "Callable[[str, str, tuple[Any, ...]], object]"

RESERVED_NAMES = frozenset(
    [
        "arch",
        "architecture",
        "branch",
        "commit",
        "dev_path",
        "namespace",
        "operating_system",
        "os",
        "patches",
        "platform",
        "ref",
        "tag",
        "target",
    ]
)
EMPTY = "none"
"""The value that stands for "no value" where a group allows it."""


class ConditionalValue(str):
    """A value that may be chosen only where ``when`` holds (``None``: never); equal to the plain text, same hash."""

    when: Condition

    def __new__(cls, value: str, when: Condition) -> ConditionalValue:
        """A text that remembers its condition."""
        self = super().__new__(cls, value)
        self.when = when
        return self

    @property
    def value(self) -> str:
        """The plain text."""
        return str.__str__(self)


class ConditionalValues(list[ConditionalValue]):
    """What :func:`conditional` returns; flattened wherever values are listed."""


def conditional(*values: Any, when: WhenArgument = None) -> ConditionalValues:
    """Values that exist only where ``when`` holds; ``when=False`` means nowhere."""
    condition = parse_when(when)
    return ConditionalValues(ConditionalValue(str(value), condition) for value in values)


def flatten(values: Iterable[Any]) -> tuple[Any, ...]:
    """``values`` with groups of conditional values taken apart."""
    result: list[Any] = []
    for value in values:
        if isinstance(value, ConditionalValues):
            result.extend(value)
        else:
            result.append(value)
    return tuple(result)


class DisjointSets:
    """Groups of values for a multi-valued variant: what is chosen must lie within one group.

    Iterating gives all values. ``feature_values`` are those that a build system turns into flags.
    """

    multi = True

    def __init__(self, *groups: Iterable[Any]) -> None:
        self.sets: tuple[tuple[str, ...], ...] = tuple(
            tuple(value if isinstance(value, str) else str(value) for value in flatten(group)) for group in groups
        )
        everything = [value for group in self.sets for value in group]
        if len(set(everything)) != len(everything):
            twice = sorted({value for value in everything if everything.count(value) > 1})
            raise DirectiveError(f"groups of values overlap in {', '.join(twice)}", code="overlapping-values")
        if any(EMPTY in group and len(group) > 1 for group in self.sets):
            raise DirectiveError(f"{EMPTY!r} must be a group of its own", code="overlapping-values")
        self.default: str | None = None
        self.feature_values: tuple[str, ...] = tuple(value for value in everything if value != EMPTY)
        self.error_format = "{package}: {variant} cannot be {values}: these values do not go together"

    def with_default(self, default: str) -> DisjointSets:
        """Set the value taken when nobody chooses."""
        self.default = default
        return self

    def with_error(self, error_format: str) -> DisjointSets:
        """Set the message for a bad choice; fields ``{variant}``, ``{package}``, ``{values}``."""
        self.error_format = error_format
        return self

    def with_non_feature_values(self, *values: str) -> DisjointSets:
        """Mark values that stand for no feature of the software."""
        self.feature_values = tuple(value for value in self.feature_values if value not in values)
        return self

    def allow_empty_set(self) -> DisjointSets:
        """A new object that also allows ``none``, alone; its default is unset."""
        return self._regrouped((EMPTY,), *[group for group in self.sets if group != (EMPTY,)])

    def prohibit_empty_set(self) -> DisjointSets:
        """A new object that does not allow ``none``; its default is unset."""
        return self._regrouped(*[group for group in self.sets if group != (EMPTY,)])

    def _regrouped(self, *groups: tuple[str, ...]) -> DisjointSets:
        other = DisjointSets(*groups)
        other.error_format = self.error_format
        other.feature_values = tuple(value for value in self.feature_values if value in set(other))
        return other

    def validator(self, package: str, variant: str, values: tuple[Any, ...]) -> None:
        """Raise unless all of ``values`` lie in one group."""
        if not any(all(value in group for value in values) for group in self.sets):
            words = ", ".join(str(value) for value in values)
            raise DirectiveError(self.error_format.format(variant=variant, package=package, values=words))

    def __iter__(self) -> Iterator[str]:
        for group in self.sets:
            yield from group

    def __len__(self) -> int:
        return sum(len(group) for group in self.sets)

    def __getitem__(self, index: int) -> str:
        return list(self)[index]

    def __contains__(self, value: object) -> bool:
        return any(value in group for group in self.sets)


def disjoint_sets(*sets: Iterable[Any]) -> DisjointSets:
    """Any subset of exactly one of ``sets``, or ``none``."""
    return DisjointSets(*sets).allow_empty_set().with_default(EMPTY)


def any_combination_of(*values: Any) -> DisjointSets:
    """Any non-empty subset of ``values``, or ``none``."""
    return DisjointSets((EMPTY,), values).with_default(EMPTY).with_non_feature_values(EMPTY)


def auto_or_any_combination_of(*values: Any) -> DisjointSets:
    """Any non-empty subset of ``values``, or ``auto``."""
    return DisjointSets(("auto",), values).with_default("auto").with_non_feature_values("auto")


class Variant:
    """One definition of a variant.

    ``values`` is what may be chosen: ``(True, False)``, a tuple of texts, a :class:`DisjointSets`, or ``None`` where a
    predicate decides. ``default`` is a bool or a text (several values joined by commas).
    """

    def __init__(
        self,
        name: str,
        *,
        default: bool | str,
        description: str = "",
        values: tuple[Any, ...] | DisjointSets | None = None,
        predicate: Callable[[str], bool] | None = None,
        multi: bool = False,
        validator: Validator | None = None,
        sticky: bool = False,
    ) -> None:
        self.name = name
        self.default = default
        self.description = description
        self.values = values
        self.multi = multi
        self.sticky = sticky
        self.group_validator = validator
        self._predicate = predicate

    @property
    def kind(self) -> str:
        """``bool``, ``single`` or ``multi``."""
        if self.multi:
            return "multi"
        return "bool" if isinstance(self.values, tuple) and set(self.values) == {True, False} else "single"

    @property
    def default_values(self) -> tuple[str, ...]:
        """The default as texts."""
        if isinstance(self.default, bool):
            return ("true",) if self.default else ("false",)
        if self.multi:
            return tuple(word.strip() for word in self.default.split(","))
        return (self.default,)

    def check(self, value: str) -> bool:
        """May ``value``, given as text, be chosen (alone)?"""
        if self.kind == "bool":
            return value.lower() in ("true", "false")
        if self._predicate is not None:
            return self._predicate(value)
        return self.values is None or value in self.values

    def validate(self, package: str, values: tuple[str, ...]) -> None:
        """Raise if ``values`` may not be chosen together.

        Raises:
            DirectiveError: a value is not allowed, or the recipe's own validator refuses (its error passes through).
        """
        for value in values:
            if not self.check(value):
                raise DirectiveError(f"{package}: {self.name} cannot be {value!r}", code="bad-variant-value")
        if self.group_validator is not None:
            self.group_validator(package, self.name, values)

    def value_records(self) -> tuple[ValueRecord, ...]:
        """The known values as data; empty where a predicate alone decides."""
        if self.values is None:
            return ()
        if self.kind == "bool":
            return (ValueRecord(value="true"), ValueRecord(value="false"))
        return tuple(_value_record(value) for value in self.values)

    @property
    def open(self) -> bool:
        """Values that are not listed may be allowed too."""
        return self.values is None

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """Groups of values, if they are grouped."""
        return (
            tuple(tuple(str(value) for value in group) for group in self.values.sets)
            if isinstance(self.values, DisjointSets)
            else ()
        )

    def __repr__(self) -> str:
        return f"Variant({self.name!r}, default={self.default!r}, kind={self.kind!r})"


def _value_record(value: Any) -> ValueRecord:
    if isinstance(value, ConditionalValue):
        if value.when is None:
            return ValueRecord(value=str(value), never=True)
        return ValueRecord(value=str(value), when=None if value.when.is_empty else value.when)
    return ValueRecord(value=str(value))


def make_variant(
    name: str,
    default: Any,
    description: str,
    values: Any,
    multi: bool | None,
    validator: Validator | None,
    sticky: bool,
) -> Variant:
    """The definition that the arguments of ``variant()`` describe.

    Raises:
        DirectiveError: name, default or values make no sense (without place; the directive adds it).
    """
    if name in RESERVED_NAMES:
        raise DirectiveError(f"variant {name!r}: the name is reserved", code="reserved-variant")
    if isinstance(values, DisjointSets):
        default, multi, validator = _from_groups(name, default, values, multi, validator)
    if default is None or default == "" or default == ():
        raise DirectiveError(f"variant {name!r} has no default", code="variant-without-default")
    define = partial(Variant, name, description=description, validator=validator, sticky=bool(sticky))
    if values is None and _is_boolean(default):
        truth = default if isinstance(default, bool) else default.lower() == "true"
        return define(default=truth, values=(True, False))
    allowed, predicate = _allowed(values)
    if allowed == (True, False) or allowed == (False, True):
        truth = default if isinstance(default, bool) else str(default).lower() == "true"
        return define(default=truth, values=(True, False))
    if isinstance(allowed, tuple):
        allowed = tuple(value if isinstance(value, str) else str(value) for value in allowed)
    text = ",".join(str(word) for word in default) if isinstance(default, tuple | list) else str(default)
    return define(default=text, values=allowed, predicate=predicate, multi=bool(multi))


def _is_boolean(default: Any) -> bool:
    return isinstance(default, bool) or (isinstance(default, str) and default.lower() in ("true", "false"))


def _from_groups(
    name: str, default: Any, values: DisjointSets, multi: bool | None, validator: Validator | None
) -> tuple[Any, bool, Validator]:
    given = {"default": default is not None, "multi": multi is not None, "validator": validator is not None}
    for argument, there in given.items():
        if there:
            raise DirectiveError(
                f"variant {name!r}: {argument} is given twice, as an argument and by the values",
                hint=f"drop {argument}=, or use .with_default(...) on the values",
                code="variant-argument-twice",
            )
    return values.default, True, values.validator


def _allowed(values: Any) -> tuple[tuple[Any, ...] | DisjointSets | None, Callable[[str], bool] | None]:
    if values is None or values == "*":
        return None, None
    if isinstance(values, DisjointSets):
        return values, None
    if isinstance(values, type):
        return None, lambda text: _converts(values, text)
    if callable(values):
        return None, lambda text: bool(values(text))
    if isinstance(values, str):
        return (values,), None
    return flatten(values), None


def _converts(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
