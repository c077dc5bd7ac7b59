"""The single requests an ``EnvironmentModifications`` is a list of, and what they are as plain data."""

# ruff: noqa: D102 - the methods are described once, in Request
from __future__ import annotations

import posixpath
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass

from outcrop.package.filesystem.systempaths import without_system_paths
from outcrop.store.seal import Change

Environ = MutableMapping[str, str]


def normal_path(path: str) -> str:
    """``path`` without needless dots and slashes; an empty text stays empty."""
    return posixpath.normpath(path) if path else path


def _entries(value: str, separator: str) -> list[str]:
    return value.split(separator) if value else []


@dataclass(frozen=True)
class Request(ABC):
    """One modification of the variable ``name``."""

    name: str

    @abstractmethod
    def execute(self, env: Environ) -> None:
        """Change ``env``."""

    def undone(self) -> Request | None:
        """The request that takes this one back, as far as that can be said without knowing what was there before."""
        return None

    def changes(self) -> Iterator[Change]:
        """The request as plain data; nothing for those that only tidy up (see ``EnvironmentModifications.changes``)."""
        yield from ()


@dataclass(frozen=True)
class SetValue(Request):
    """The variable becomes ``value``."""

    value: str
    force: bool = False
    raw: bool = False

    def execute(self, env: Environ) -> None:
        env[self.name] = self.value

    def undone(self) -> Request:
        return UnsetValue(self.name)

    def changes(self) -> Iterator[Change]:
        yield Change(action="set", name=self.name, value=self.value)


@dataclass(frozen=True)
class UnsetValue(Request):
    """The variable is removed if it is there."""

    def execute(self, env: Environ) -> None:
        env.pop(self.name, None)

    def changes(self) -> Iterator[Change]:
        yield Change(action="unset", name=self.name)


@dataclass(frozen=True)
class PrependEntry(Request):
    """``value`` becomes the first entry; an equal one further back stays."""

    value: str
    separator: str = ":"

    def execute(self, env: Environ) -> None:
        env[self.name] = self.separator.join([self.value, *_entries(env.get(self.name, ""), self.separator)])

    def undone(self) -> Request:
        return RemoveEntry(self.name, self.value, self.separator)

    def changes(self) -> Iterator[Change]:
        yield Change(action="prepend", name=self.name, value=self.value, separator=self.separator)


@dataclass(frozen=True)
class AppendEntry(Request):
    """``value`` becomes the last entry: a path, or flags with a blank between."""

    value: str
    separator: str = ":"

    def execute(self, env: Environ) -> None:
        env[self.name] = self.separator.join([*_entries(env.get(self.name, ""), self.separator), self.value])

    def undone(self) -> Request:
        return RemoveEntry(self.name, self.value, self.separator)

    def changes(self) -> Iterator[Change]:
        yield Change(action="append", name=self.name, value=self.value, separator=self.separator)


class AppendWords(AppendEntry):
    """Flags at the end; taken back word by word."""

    def undone(self) -> Request:
        return RemoveWords(self.name, self.value, self.separator)


@dataclass(frozen=True)
class RemoveEntry(Request):
    """Entries whose normalised path is ``value`` go; a variable that is not there stays so."""

    value: str
    separator: str = ":"

    def execute(self, env: Environ) -> None:
        if self.name in env:
            kept = [entry for entry in _entries(env[self.name], self.separator) if normal_path(entry) != self.value]
            env[self.name] = self.separator.join(kept)

    def undone(self) -> Request:
        return PrependEntry(self.name, self.value, self.separator)

    def changes(self) -> Iterator[Change]:
        yield Change(action="remove", name=self.name, value=self.value, separator=self.separator)


@dataclass(frozen=True)
class RemoveWords(Request):
    """Every word of ``value`` goes."""

    value: str
    separator: str = " "

    def execute(self, env: Environ) -> None:
        if self.name in env:
            unwanted = set(_entries(self.value, self.separator))
            kept = [word for word in _entries(env[self.name], self.separator) if word not in unwanted]
            env[self.name] = self.separator.join(kept)

    def undone(self) -> Request:
        return AppendWords(self.name, self.value, self.separator)

    def changes(self) -> Iterator[Change]:
        for word in _entries(self.value, self.separator):
            yield Change(action="remove", name=self.name, value=word, separator=self.separator)


@dataclass(frozen=True)
class TidyEntries(Request):
    """The variable's entries, if it has any, become what ``rule`` makes of them."""

    rule: Callable[[list[str]], list[str]]
    separator: str = ":"

    def execute(self, env: Environ) -> None:
        if self.name in env:
            env[self.name] = self.separator.join(self.rule(_entries(env[self.name], self.separator)))


def each_once(entries: list[str]) -> list[str]:
    """The first of equal paths."""
    return list(dict.fromkeys(normal_path(entry) for entry in entries))


def system_last(entries: list[str]) -> list[str]:
    """Directories of the system behind all others, each group in its order."""
    normal = [normal_path(entry) for entry in entries]
    own = without_system_paths(normal)
    return [*own, *(entry for entry in normal if entry not in own)]


_INHERITED = "\0inherited\0"


def worked_out(name: str, requests: Iterable[Request]) -> Iterator[Change]:
    """All requests for one variable as plain data, when some of them tidy its entries."""
    separator = next((request.separator for request in requests if isinstance(request, TidyEntries)), ":")
    env = {name: _INHERITED}
    removed: list[Change] = []
    for request in requests:
        request.execute(env)
        if isinstance(request, (RemoveEntry, RemoveWords)):
            removed.extend(request.changes())
        elif isinstance(request, (SetValue, UnsetValue)):
            removed.clear()
    if name not in env:
        yield Change(action="unset", name=name)
        return
    entries = env[name].split(separator)
    if _INHERITED not in entries:
        yield Change(action="set", name=name, value=env[name], separator=separator)
        return
    yield from removed
    middle = entries.index(_INHERITED)
    for entry in reversed(entries[:middle]):
        yield Change(action="prepend", name=name, value=entry, separator=separator)
    for entry in entries[middle + 1 :]:
        yield Change(action="append", name=name, value=entry, separator=separator)
