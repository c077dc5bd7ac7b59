"""``EnvironmentModifications``: an ordered list of requests, applied later; also as plain data for a seal."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from outcrop.package.programs.requests import (
    AppendEntry,
    AppendWords,
    Environ,
    PrependEntry,
    RemoveEntry,
    RemoveWords,
    Request,
    SetValue,
    TidyEntries,
    UnsetValue,
    each_once,
    normal_path,
    system_last,
    worked_out,
)
from outcrop.package.programs.sourcing import environment_after_sourcing, environment_difference
from outcrop.store.seal import Change


class EnvironmentModifications:
    """Requests in the order in which they will be carried out.

    Values may be anything with a sensible ``str()``: versions, numbers, ``Prefix`` and ``pathlib`` paths.
    """

    def __init__(self, other: EnvironmentModifications | None = None, traced: bool | None = None) -> None:
        self.env_modifications: list[Request] = list(other.env_modifications) if other is not None else []
        self.traced = bool(traced)

    def __iter__(self) -> Iterator[Request]:
        return iter(self.env_modifications)

    def __len__(self) -> int:
        return len(self.env_modifications)

    def set(self, name: str, value: object, *, force: bool = False, raw: bool = False) -> None:
        """Give the variable a value. ``force`` and ``raw`` speak to writers of module files."""
        self._add(SetValue(name, str(value), force, raw))

    def unset(self, name: str) -> None:
        """Remove the variable if it is there."""
        self._add(UnsetValue(name))

    def append_flags(self, name: str, value: object, sep: str = " ") -> None:
        """Put ``value`` after what is there."""
        self._add(AppendWords(name, str(value), sep))

    def remove_flags(self, name: str, value: object, sep: str = " ") -> None:
        """Take words equal to ``value`` out."""
        self._add(RemoveWords(name, str(value), sep))

    def set_path(self, name: str, elements: Iterable[object], separator: str = ":") -> None:
        """Give the variable a list of paths as value."""
        self._add(SetValue(name, separator.join(str(element) for element in elements)))

    def prepend_path(self, name: str, path: object, separator: str = ":") -> None:
        """Put a path first. What is there stays, also an equal path."""
        self._add(PrependEntry(name, normal_path(str(path)), separator))

    def append_path(self, name: str, path: object, separator: str = ":") -> None:
        """Put a path last."""
        self._add(AppendEntry(name, normal_path(str(path)), separator))

    def remove_path(self, name: str, path: object, separator: str = ":") -> None:
        """Take paths that mean the same as ``path`` out."""
        self._add(RemoveEntry(name, normal_path(str(path)), separator))

    def deprioritize_system_paths(self, name: str, separator: str = ":") -> None:
        """Move the system's directories behind all others, each group in its order."""
        self._add(TidyEntries(name, system_last, separator))

    def prune_duplicate_paths(self, name: str, separator: str = ":") -> None:
        """Keep the first of equal paths."""
        self._add(TidyEntries(name, each_once, separator))

    def extend(self, other: EnvironmentModifications) -> None:
        """Add the requests of ``other`` after these."""
        self.env_modifications.extend(other.env_modifications)

    def clear(self) -> None:
        """Forget all requests."""
        self.env_modifications = []

    def drop(self, *names: str) -> bool:
        """Forget every request that concerns one of ``names``; says whether there was one."""
        kept = [request for request in self.env_modifications if request.name not in names]
        dropped = len(kept) != len(self.env_modifications)
        self.env_modifications = kept
        return dropped

    def is_unset(self, name: str) -> bool:
        """Whether the last request for ``name`` removes it."""
        requests = self.group_by_name().get(name, [])
        return bool(requests) and isinstance(requests[-1], UnsetValue)

    def group_by_name(self) -> dict[str, list[Request]]:
        """Variable -> its requests, in order."""
        groups: dict[str, list[Request]] = {}
        for request in self.env_modifications:
            groups.setdefault(request.name, []).append(request)
        return groups

    def reversed(self) -> EnvironmentModifications:
        """Modifications that take these back: what is set gets unset, entries added are removed.

        An unset cannot be taken back.
        """
        result = EnvironmentModifications()
        for request in reversed(self.env_modifications):
            undone = request.undone()
            if undone is not None:
                result._add(undone)
        return result

    def apply(self, environ: Environ) -> None:
        """Carry the requests out on ``environ``."""
        for request in self.env_modifications:
            request.execute(environ)

    def apply_modifications(self, env: Environ | None = None) -> None:
        """:meth:`apply` on ``env``, by default on this process's own environment."""
        self.apply(os.environ if env is None else env)

    def shell_modifications(
        self, shell: str = "sh", explicit: bool = False, env: Mapping[str, str] | None = None
    ) -> str:
        """Commands for ``shell`` (``sh``, ``csh``, ``fish``) that make the change, given what ``env`` is before.

        Variables that keep their value are left out unless ``explicit``.
        """
        before = dict(os.environ if env is None else env)
        after = dict(before)
        self.apply(after)
        setting, unsetting = _SHELLS.get(shell, _SHELLS["sh"])
        lines = []
        for name in sorted(self.group_by_name()):
            if name not in after:
                lines.append(unsetting.format(name=name))
            elif explicit or after[name] != before.get(name):
                lines.append(setting.format(name=name, value=shlex.quote(after[name])))
        return "".join(lines)

    def changes(self) -> tuple[Change, ...]:
        """The requests as plain data, in order.

        Where a variable's list is tidied (duplicates, system directories), the requests for that variable are first
        worked out against an unknown inherited value: what then stands before it is prepended, what stands behind it
        appended.
        """
        tidied = {request.name for request in self.env_modifications if isinstance(request, TidyEntries)}
        result: list[Change] = []
        for request in self.env_modifications:
            if request.name not in tidied:
                result.extend(request.changes())
        for name, requests in self.group_by_name().items():
            if name in tidied:
                result.extend(worked_out(name, requests))
        return tuple(result)

    @staticmethod
    def from_sourcing_file(
        filename: str | os.PathLike[str], *arguments: str, **kwargs: Any
    ) -> EnvironmentModifications:
        """What a shell script does to the environment when it is sourced with ``arguments``.

        Keywords: ``shell``, ``shell_options``, ``source_command``, ``suppress_output``, ``concatenate_on_success``,
        and ``include`` and ``exclude`` (regular expressions of variables to keep or drop, include first), ``clean``
        (paths appear once, those of the system last).

        Raises:
            RuntimeError: there is no such file.
            ProcessError: the script fails.
        """
        clean = bool(kwargs.pop("clean", False))
        include, exclude = kwargs.pop("include", ()), kwargs.pop("exclude", ())
        before = dict(os.environ)
        after = environment_after_sourcing(os.fspath(filename), arguments, before, **kwargs)
        return _of_changes(environment_difference(before, after, include=include, exclude=exclude), clean)

    @staticmethod
    def from_environment_diff(
        before: Mapping[str, str], after: Mapping[str, str], clean: bool = False
    ) -> EnvironmentModifications:
        """What turns ``before`` into ``after``."""
        return _of_changes(environment_difference(before, after), clean)

    def add_change(self, change: Change) -> None:
        """Add a request from plain data."""
        name, value, separator = change.name, change.value, change.separator
        match change.action:
            case "set":
                self._add(SetValue(name, value))
            case "unset":
                self._add(UnsetValue(name))
            case "prepend":
                self._add(PrependEntry(name, value, separator))
            case "append":
                self._add(AppendEntry(name, value, separator))
            case "remove":
                self._add(RemoveEntry(name, value, separator))

    def tidy_paths(self) -> None:
        """For every variable that gets a path prepended or appended: entries once, the system's directories last."""
        listed = {
            (request.name, request.separator)
            for request in self.env_modifications
            if isinstance(request, (PrependEntry, AppendEntry)) and not isinstance(request, AppendWords)
        }
        for name, separator in sorted(listed):
            self.prune_duplicate_paths(name, separator)
            self.deprioritize_system_paths(name, separator)

    def _add(self, request: Request) -> None:
        if not isinstance(request.name, str):
            raise TypeError(f"an environment variable's name must be text, got {request.name!r}")
        self.env_modifications.append(request)


_SHELLS = {
    "sh": ("export {name}={value};\n", "unset {name};\n"),
    "bash": ("export {name}={value};\n", "unset {name};\n"),
    "csh": ("setenv {name} {value};\n", "unsetenv {name};\n"),
    "fish": ("set -gx {name} {value};\n", "set -e {name};\n"),
}


def _of_changes(changes: Iterable[Change], clean: bool) -> EnvironmentModifications:
    result = EnvironmentModifications()
    for change in changes:
        result.add_change(change)
    if clean:
        result.tidy_paths()
    return result
