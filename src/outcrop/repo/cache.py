"""Models and other things made from repository files, kept on disk for as long as those files keep their bytes.

They lie below a directory that stands for everything else a model depends on: the program that made it,
Python's minor version, platform and machine. A kept model is good when every file it was made from looks as it did
(modification time, size, inode); where one looks different, its content decides. Files are replaced whole, so that
several processes may write at once; whatever cannot be read is as good as missing.
"""

# Texts, not Path objects: thousands of files are looked at, and this is on the way of every command.
# ruff: noqa: PTH100, PTH116, PTH120, PTH208

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

import outcrop
from outcrop.base.digests import base32_name
from outcrop.base.errors import Place
from outcrop.repo.errors import RecipeError
from outcrop.repo.files import Files, Stamp
from outcrop.repo.layout import Repository
from outcrop.repo.model import MODEL_SCHEMA, PackageModel
from outcrop.repo.shards import Shards

_GENERATIONS = 2
"""Directories that are left alone: an older and a newer program may be in use side by side."""
_UNUSED_DAYS = 60

_CODE = "code-"
"""What directories of byte code begin with."""


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """Why a recipe has no model."""

    message: str
    file: str = ""
    line: int | None = None
    details: tuple[str, ...] = ()
    hint: str | None = None

    def error(self) -> RecipeError:
        """The error to raise."""
        place = Place(self.file, self.line) if self.file else None
        return RecipeError(self.message, place=place, details=self.details, hint=self.hint)

    @classmethod
    def of(cls, error: RecipeError) -> Failure:
        """The error as data."""
        place = error.place or Place("")
        return cls(error.message, str(place.file), place.line, error.details, error.hint)


_NO_MODEL = msgspec.msgpack.encode(None)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one package. ``content`` names the bytes of all files together.

    ``around`` names the set of configured repositories; it counts for failures only, because a missing repository may
    be their cause.
    """

    stamps: tuple[Stamp, ...]
    content: str
    model: msgspec.Raw
    failure: Failure | None = None
    around: str = ""
    printed: str = ""

    @property
    def has_model(self) -> bool:
        """The recipe could be loaded."""
        return bytes(self.model) != _NO_MODEL


class ModelCache:
    """The kept models below ``root``."""

    def __init__(self, root: Path, repositories: Sequence[Repository], files: Files) -> None:
        self.root = root
        self.files = files
        self.generation = root / _generation()
        self.code = root / f"{_CODE}{sys.implementation.cache_tag}-{sys.hexversion:x}-{sys.flags.optimize}"
        """Of byte code: beside the generations, because it depends on this Python and the source alone."""
        configured = sorted(f"{item.namespace} {item.root}" for item in repositories)
        self.around = base32_name("\n".join(configured).encode())[:8]
        self.problem: OSError | None = None
        """Why something could not be kept; it stays in the memory of this object then."""
        self._unkept: dict[tuple[str, str], bytes] = {}
        self._directories: dict[str, str] = {}
        self._models_of: dict[str, Shards] = {}
        self._code_of: dict[str, Shards] = {}
        self._entries = msgspec.msgpack.Decoder(Entry)
        self._models = msgspec.msgpack.Decoder(PackageModel)

    def directory(self, repository: Repository) -> str:
        """Where everything about one repository is kept."""
        known = self._directories.get(repository.identity)
        if known is None:
            known = self._directories[repository.identity] = f"{self.generation}/{repository.identity}"
        return known

    def _shards(self, repository: Repository) -> Shards:
        known = self._models_of.get(repository.identity)
        if known is None:
            known = self._models_of[repository.identity] = Shards(f"{self.directory(repository)}/models")
        return known

    def code_of(self, identity: str) -> Shards:
        """The byte code of one repository (:mod:`outcrop.repo.bytecode`)."""
        known = self._code_of.get(identity)
        if known is None:
            known = self._code_of[identity] = Shards(f"{self.code}/{identity}")
        return known

    def entry(self, repository: Repository, name: str) -> Entry | None:
        """What is kept of a package, if it still holds."""
        data = self._unkept.get((repository.identity, name)) or self._shards(repository).get(name)
        if data is None:
            return None
        try:
            entry = self._entries.decode(data)
        except msgspec.MsgspecError:
            return None
        if not entry.has_model and entry.around != self.around:
            return None
        return entry if all(map(self.files.unchanged, entry.stamps)) else None

    def model(self, entry: Entry) -> PackageModel:
        """The model of an entry.

        Raises:
            RecipeError: the recipe is known to have none.
            msgspec.MsgspecError: the entry is damaged.
        """
        if not entry.has_model:
            raise (entry.failure or Failure("the recipe cannot be loaded")).error()
        return self._models.decode(entry.model)

    def make(
        self, names: Iterable[str], model: PackageModel | None, failure: Failure | None = None, printed: str = ""
    ) -> Entry:
        """The entry of a package that was made from the files ``names``, its recipe first."""
        stamps = tuple(map(self.files.stamp, names))
        content = base32_name(b"".join(stamp.name.encode() + b"\0" + stamp.digest for stamp in stamps))
        raw = msgspec.Raw(msgspec.msgpack.encode(model))
        return Entry(stamps, content, raw, failure, self.around, printed)

    def write(self, repository: Repository, entries: Mapping[str, bytes], drop: Sequence[str] = ()) -> None:
        """Keep encoded entries, and forget packages that are gone.

        A cache that cannot be written is no error: it only costs time (:attr:`problem`).
        """
        try:
            self._shards(repository).change(entries, drop)
        except OSError as error:
            self.problem = error
            self._unkept.update(((repository.identity, name), entry) for name, entry in entries.items())
        gone = [repository.relative(repository.recipe_path(name)) for name in drop]
        if gone:
            with contextlib.suppress(OSError):
                self.code_of(repository.identity).change({}, filter(None, gone))

    def prune(self, repositories: Iterable[Repository]) -> None:
        """Remove what no longer serves: old generations, and repositories that nobody has used for long."""
        import shutil  # 5 ms, and this is done after an index was made anew only

        with contextlib.suppress(OSError):
            os.utime(self.generation)
            newest_first = sorted(self.root.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
            code = [path for path in newest_first if path.name.startswith(_CODE)]
            generations = [path for path in newest_first if path not in code]
            for path in (*generations[_GENERATIONS:], *code[_GENERATIONS:]):
                shutil.rmtree(path, ignore_errors=True)
            configured = {repository.identity for repository in repositories}
            oldest = time.time() - _UNUSED_DAYS * 86400
            for path in (*self.generation.iterdir(), *self.root.glob(f"{_CODE}*/*")):
                if path.name not in configured and path.stat().st_mtime < oldest:
                    shutil.rmtree(path, ignore_errors=True)
            for path in self.generation.glob("*/hashes/*"):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def program_files() -> Iterator[str]:
    """The modules of this program that decide what models and recipe hashes look like."""
    home = os.path.dirname(os.path.abspath(outcrop.__file__))
    directories = [f"{home}/{room}" for room in ("base", "spec", "package", "repo")]
    for directory in directories:
        for name in sorted(os.listdir(directory)):
            if name.endswith(".py"):
                yield f"{directory}/{name}"
            # What has no suffix is a directory: os.walk takes three times as long.
            elif "." not in name and name != "__pycache__":
                directories.append(f"{directory}/{name}")


def _generation() -> str:
    """A name for everything but the files that decides what a model looks like."""
    parts = [str(MODEL_SCHEMA), outcrop.__version__, f"{sys.version_info[0]}.{sys.version_info[1]}", sys.platform]
    parts.append(os.uname().machine)
    for path in program_files():
        state = os.stat(path)
        parts.append(f"{path} {state.st_size} {state.st_mtime_ns}")
    return base32_name("\n".join(parts).encode())[:12]
