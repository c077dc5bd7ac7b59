"""Lists of files that know the flags a compiler wants for them."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Self, overload

_LIBRARY_SUFFIX = re.compile(r"^(.*)\.(?:dylib|so|a)(?:\.|$)", re.DOTALL)
_HEADER_SUFFIX = re.compile(r"\.(?:cuh|hpp|hh|h)$")


def _once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


class FileList(Sequence[str]):
    """Paths in order, each once. One path alone may be given as text."""

    def __init__(self, files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> None:
        if isinstance(files, (str, os.PathLike)):
            files = [files]
        self.files: list[str] = _once(os.fspath(file) for file in files)

    @property
    def directories(self) -> list[str]:
        """The files' directories, each once."""
        return _once(os.path.dirname(file) for file in self.files if os.path.dirname(file))

    @property
    def basenames(self) -> list[str]:
        """The files' base names, each once."""
        return _once(os.path.basename(file) for file in self.files)

    def joined(self, separator: str = " ") -> str:
        """All paths in one text."""
        return separator.join(self.files)

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> str | Self:
        if isinstance(index, slice):
            return type(self)(self.files[index])
        return self.files[index]

    def __add__(self, other: Iterable[str]) -> Self:
        return type(self)([*self.files, *other])

    def __radd__(self, other: Iterable[str]) -> Self:
        return type(self)([*other, *self.files])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileList) and self.files == other.files

    __hash__ = None  # type: ignore[assignment]  # compared by content, like a list

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.files!r})"

    def __str__(self) -> str:
        return self.joined()


class LibraryList(FileList):
    """Libraries, shared or static, given by full path."""

    @property
    def libraries(self) -> list[str]:
        """The libraries themselves."""
        return self.files

    @property
    def names(self) -> list[str]:
        """What follows ``-l``: base names without one leading ``lib`` and without suffix."""
        names = []
        for file in self.basenames:
            name = file.removeprefix("lib")
            match = _LIBRARY_SUFFIX.match(name)
            names.append(match.group(1) if match else name)
        return _once(names)

    @property
    def search_flags(self) -> str:
        """``-L`` for every directory."""
        return " ".join(f"-L{directory}" for directory in self.directories)

    @property
    def link_flags(self) -> str:
        """``-l`` for every library."""
        return " ".join(f"-l{name}" for name in self.names)

    @property
    def ld_flags(self) -> str:
        """Search flags, a blank, link flags."""
        return f"{self.search_flags} {self.link_flags}"


class HeaderList(FileList):
    """Headers, and the macros that must be defined for them.

    A slice or a sum is made from the files alone: its macros are none, its directories the default ones.
    """

    def __init__(self, files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> None:
        super().__init__(files)
        self._macros: list[str] = []
        self._directories: list[str] | None = None

    @property
    def directories(self) -> list[str]:
        """Directories for ``-I``.

        By default the headers' own, each cut after its first component that is ``include``. May be set to one or
        several paths.
        """
        if self._directories is None:
            return _once(_include_root(directory) for directory in super().directories)
        return self._directories

    @directories.setter
    def directories(self, value: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None) -> None:
        if value is None:
            value = []
        elif isinstance(value, (str, os.PathLike)):
            value = [value]
        self._directories = _once(posixpath.normpath(os.fspath(path)) for path in value)

    @property
    def headers(self) -> list[str]:
        """The headers themselves."""
        return self.files

    @property
    def names(self) -> list[str]:
        """Base names without suffix."""
        return _once(_HEADER_SUFFIX.sub("", name) for name in self.basenames)

    @property
    def include_flags(self) -> str:
        """``-I`` for every directory."""
        return " ".join(f"-I{directory}" for directory in self.directories)

    @property
    def macro_definitions(self) -> str:
        """The macros that were added, joined by blanks."""
        return " ".join(self._macros)

    @property
    def cpp_flags(self) -> str:
        """Include flags, then macro definitions."""
        return f"{self.include_flags} {self.macro_definitions}" if self._macros else self.include_flags

    def add_macro(self, macro: str) -> None:
        """Add a definition as the compiler wants it (``-DNAME=value``)."""
        self._macros.append(macro)


def _include_root(directory: str) -> str:
    parts = directory.split("/")
    if "include" in parts:
        return "/".join(parts[: parts.index("include") + 1])
    return directory
