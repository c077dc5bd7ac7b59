"""A solve as one file: the problem, and everything that was read of recipes while it was solved.

A record can be solved again anywhere, without repositories, and gives the same answer or the same explanation. It is
JSON, compressed with gzip. Of recipes it has what a solver may ask; of the machine what the problem says: its targets,
externals with their paths, installed packages, the configuration of packages.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from outcrop import __version__
from outcrop.base.errors import InputError, OutcropError, RequestError
from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.solve.engine import Engine, MiniSat
from outcrop.solve.problem import ModelSource, Problem, Solution
from outcrop.solve.solver import solve
from outcrop.spec import VersionList, parse_versions

T = TypeVar("T")

SCHEMA = 1
"""Raised when a record of this kind can no longer be read as before."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The error that came instead of a recipe."""

    message: str
    code: str
    details: tuple[str, ...] = ()
    hint: str | None = None


class Record(msgspec.Struct, kw_only=True):
    """A problem, and by name what was asked of the recipes; ``outcrop`` is the version that solved it."""

    schema: int
    outcrop: str
    problem: Problem
    models: dict[str, PackageModel] = {}
    refusals: dict[str, Refusal] = {}
    providers: dict[str, tuple[tuple[str, ProvideDecl], ...]] = {}
    virtual: dict[str, bool] = {}
    tools: dict[str, bool] = {}


class _Head(msgspec.Struct):
    schema: int
    outcrop: str


class RecordingModels:
    """Passes questions on to other models and remembers the answers."""

    def __init__(self, models: ModelSource, problem: Problem) -> None:
        self._models = models
        self.record = Record(schema=SCHEMA, outcrop=__version__, problem=problem)

    def model(self, name: str) -> PackageModel:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        try:
            found = self._models.model(name)
        except OutcropError as error:
            self.record.refusals[name] = Refusal(
                message=str(error), code=error.code, details=error.details, hint=error.hint
            )
            raise
        if name not in self.record.models:
            self.record.models[name] = _without_ballast(found)
        return found

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        found = self.record.providers.get(virtual)
        if found is None:
            found = self.record.providers[virtual] = tuple(self._models.providers(virtual))
        return found

    def is_virtual(self, name: str) -> bool:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        found = self.record.virtual.get(name)
        if found is None:
            found = self.record.virtual[name] = self._models.is_virtual(name)
        return found

    def is_tool(self, name: str) -> bool:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        found = self.record.tools.get(name)
        if found is None:
            found = self.record.tools[name] = self._models.is_tool(name)
        return found

    def complete(self) -> Record:
        """The record, with what explanations may ask too: what all packages are that a recipe in it names."""
        record = self.record
        names = {name for request in record.problem.requests for name in request.names()}
        for model in record.models.values():
            names.update(dependency.spec.name for dependency in model.dependencies)
        for name in sorted(names - {""}):
            self.is_tool(name)
            if self.is_virtual(name):
                names.update(provider for provider, _ in self.providers(name))
        for name in sorted(names - {""}):
            self.is_tool(name)
        return record


class RecordedModels:
    """The models of a record; ``missed`` are the questions it has no answer to."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.missed: list[str] = []

    def model(self, name: str) -> PackageModel:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        found = self._record.models.get(name)
        if found is not None:
            return found
        refusal = self._record.refusals.get(name)
        if refusal is None:
            self.missed.append(f"the recipe of {name}")
            raise RequestError(f"the record has no recipe of {name}")
        raise RequestError(refusal.message, code=refusal.code, details=refusal.details, hint=refusal.hint)

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        return self._found(self._record.providers, virtual, (), f"what provides {virtual}")

    def is_virtual(self, name: str) -> bool:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        return self._found(self._record.virtual, name, False, f"whether {name} is virtual")

    def is_tool(self, name: str) -> bool:
        """See :class:`outcrop.solve.problem.ModelSource`."""
        return self._found(self._record.tools, name, False, f"whether {name} is a build tool")

    def _found(self, table: dict[str, T], name: str, otherwise: T, what: str) -> T:
        if name in table:
            return table[name]
        self.missed.append(what)
        return otherwise


def replay(record: Record, *, engine: Callable[[], Engine] = MiniSat, explain: bool = False) -> Solution:
    """Solve a recorded problem again.

    Raises:
        UnsatisfiableError: as it did then.
        InputError: this version of Outcrop asks more of the recipes than the record has.
    """
    models = RecordedModels(record)
    try:
        solution = solve(record.problem, models, engine=engine, explain=explain)
    except OutcropError as error:
        _check_complete(record, models, error)
        raise
    _check_complete(record, models)
    return solution


def _check_complete(record: Record, models: RecordedModels, error: OutcropError | None = None) -> None:
    """Whatever comes out of an incomplete record is not the answer to its problem."""
    if models.missed:
        raise InputError(
            f"the record does not say {models.missed[0]}",
            hint=f"it was made by Outcrop {record.outcrop}; this is {__version__}",
            code="record-incomplete",
        ) from error


def encode_record(record: Record) -> bytes:
    """The content of a record's file."""
    return gzip.compress(msgspec.json.encode(record, enc_hook=_encode), mtime=0)


def decode_record(data: bytes, name: str = "the record") -> Record:
    """Read a record's file, called ``name`` in errors.

    Raises:
        InputError: it is none, is damaged, or was written in a form that this version does not read.
    """
    try:
        text = gzip.decompress(data)
        head = msgspec.json.decode(text, type=_Head)
        if head.schema == SCHEMA:
            return msgspec.json.decode(text, type=Record, dec_hook=_decode)
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise InputError(
            f"{name} is no record of a solve: {error}", hint="'--save-problem FILE' writes one", code="no-record"
        ) from error
    raise InputError(
        f"{name} was written by Outcrop {head.outcrop} in form {head.schema}; this version reads form {SCHEMA}",
        hint=f"replay it with Outcrop {head.outcrop}",
        code="record-schema",
    )


def _without_ballast(model: PackageModel) -> PackageModel:
    """The recipe without what no solve reads."""
    return msgspec.structs.replace(
        model,
        versions=tuple(msgspec.structs.replace(version, fetch={}) for version in model.versions),
        variants=tuple(msgspec.structs.replace(variant, description="") for variant in model.variants),
        patches=(),
        resources=(),
        licenses=(),
        maintainers=(),
        homepage="",
        description="",
        modules=(),
    )


def _encode(value: object) -> object:
    if isinstance(value, VersionList):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be saved")


def _decode(kind: type, value: object) -> object:
    if kind is VersionList and isinstance(value, str):
        return parse_versions(value)
    if kind is object:
        return value
    raise NotImplementedError(f"{kind.__name__} cannot be read")
