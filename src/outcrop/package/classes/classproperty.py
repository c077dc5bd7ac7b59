"""Properties of a class, computed from the class it is read on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, Union

T = TypeVar("T")


class classproperty(Generic[T]):
    """Like ``property``, for the class: ``fget`` gets the class, whether it is read on the class or on an instance."""

    def __init__(self, fget: Callable[..., T]) -> None:
        self.fget = fget
        self.__doc__ = fget.__doc__

    def __get__(self, instance: object, owner: type) -> T:
        return self.fget(owner)


ClassProperty = Union[T, "classproperty[T]"]
"""Annotation for an attribute that may be a plain value or a :class:`classproperty`."""
