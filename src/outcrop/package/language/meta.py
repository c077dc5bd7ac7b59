"""The metaclass of packages and builders: gives their bodies a :class:`ClassBody` and keeps what was said in it."""

from __future__ import annotations

from collections.abc import MutableMapping

# Any: a class namespace holds anything.
from typing import Any

from outcrop.package.language.body import ClassBody, PhaseCallback
from outcrop.package.language.callbacks import collect_callbacks
from outcrop.package.language.directive import DirectiveCall
from outcrop.package.language.multimethod import MultiMethod
from outcrop.package.language.naming import declared_name
from outcrop.package.language.records import DirectiveRecord


class RecipeMeta(type):
    """Metaclass of everything that may hold directives, ``@when`` methods or phase callbacks."""

    directive_calls: tuple[DirectiveCall, ...]
    """Of the class's own body, in source order."""
    phase_callbacks: tuple[PhaseCallback, ...]
    """Own and inherited, in the order in which they run."""
    declared_name: str
    """Who speaks in the body: a package's full name, or a module."""

    @classmethod
    def __prepare__(metacls, name: str, bases: tuple[type, ...], /, **keywords: Any) -> MutableMapping[str, object]:
        return ClassBody()

    def __new__(metacls, name: str, bases: tuple[type, ...], body: dict[str, Any], /, **keywords: Any) -> RecipeMeta:
        """Make the class and keep what its body said."""
        cls = super().__new__(metacls, name, bases, dict(body), **keywords)
        cls.directive_calls = tuple(body.calls) if isinstance(body, ClassBody) else ()
        cls.phase_callbacks = collect_callbacks(body.callbacks if isinstance(body, ClassBody) else (), bases)
        cls.declared_name = declared_name(cls)
        for attribute, value in body.items():
            if isinstance(value, property) and isinstance(value.fget, MultiMethod):
                value.fget.belongs_to(cls, attribute)
        return cls


def collect_records(cls: RecipeMeta) -> list[DirectiveRecord]:
    """The records of ``cls``: base classes first, each once, own last in source order.

    Raises:
        DirectiveError: a directive makes no sense; it stands at that directive.
    """
    records: list[DirectiveRecord] = []
    for owner in reversed(cls.__mro__):
        if isinstance(owner, RecipeMeta):
            for call in owner.directive_calls:
                records.extend(call.apply(cls, owner))
    return records
