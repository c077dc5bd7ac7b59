"""What configured externals depend on: their ``dependencies``, and the compiler in their spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.config import DependencyEntry, ExternalEntry
from outcrop.env.written import parse_written
from outcrop.host import ExternalPackage
from outcrop.solve import ExternalDependency
from outcrop.spec import Spec, make_version
from outcrop.spec.format import LANGUAGES
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType


class Known(msgspec.Struct, frozen=True):
    """An external, and the configuration entry it comes from (``None``: from PATH)."""

    package: ExternalPackage
    entry: ExternalEntry | None = None
    spec: Spec = Spec()
    place: Place | None = None


def external_dependencies(known: Known, others: Sequence[Known]) -> tuple[ExternalDependency, ...]:
    """What one external depends on; ``others`` are all externals, among which an ``id`` is looked for.

    A compiler in its spec, ``mpich@4 %gcc@12``, says what it was made with. It becomes a dependency where such a
    compiler is known as an external, and is left out otherwise: nothing is built for what is there already.

    Raises:
        InputError: an entry has not exactly one of ``spec`` and ``id``, a type is unknown, no external has the id, or
            the spec has a dependency that is not written with ``%``.
    """
    if known.entry is None:
        return ()
    listed = [_listed(entry, known, others) for entry in known.entry.dependencies]
    return (*listed, *_compilers(known, others))


def _listed(entry: DependencyEntry, known: Known, others: Sequence[Known]) -> ExternalDependency:
    where = f"the dependencies of the external '{known.spec}'"
    if (entry.spec is None) == (entry.id is None):
        raise InputError(f"{where}: an entry has either 'spec' or 'id'", place=known.place)
    if entry.id is not None:
        spec = _by_id(entry.id, known, others)
    else:
        spec = parse_written(entry.spec or "", known.place)
        if not spec.name:
            raise InputError(f"{where}: '{spec}' names no package", place=known.place)
    virtuals = tuple(sorted(_words(entry.virtuals)))
    types = _types(entry, known, where)
    if not types:
        compiler = bool(virtuals) and set(virtuals).issubset(LANGUAGES)
        types = ("build",) if compiler else ("build", "link", "run")
    return ExternalDependency(spec=spec, types=types, virtuals=virtuals)


def _by_id(wanted: str, known: Known, others: Sequence[Known]) -> Spec:
    for other in others:
        if other.entry is not None and other.entry.id == wanted:
            return Spec(name=other.package.name).with_versions(f"={other.package.version}")
    ids = sorted(other.entry.id for other in others if other.entry is not None and other.entry.id)
    raise InputError(
        f"the external '{known.spec}' depends on the id '{wanted}', which no external has",
        place=known.place,
        hint=f"there are {', '.join(ids)}" if ids else "give the other external this 'id'",
    )


def _types(entry: DependencyEntry, known: Known, where: str) -> tuple[DependencyType, ...]:
    wanted = _words(entry.deptypes)
    unknown = sorted(set(wanted) - {*DEPENDENCY_TYPES, "all"})
    if unknown:
        raise InputError(
            f"{where}: there is no type '{unknown[0]}'",
            place=known.place,
            hint=f"types are {', '.join(DEPENDENCY_TYPES)}",
        )
    return tuple(kind for kind in DEPENDENCY_TYPES if kind in wanted or ("all" in wanted and kind != "test"))


def _words(value: str | list[str] | None) -> list[str]:
    listed = [value] if isinstance(value, str) else value or []
    return [word.strip() for text in listed for word in text.split(",") if word.strip()]


def _compilers(known: Known, others: Sequence[Known]) -> Iterator[ExternalDependency]:
    for edge in known.spec.edges:
        if not edge.direct:
            raise InputError(
                f"the external '{known.spec}' has a dependency in its spec",
                place=known.place,
                hint=f"list it below 'dependencies': [{{spec: '{edge.spec}'}}]",
            )
        wanted = edge.spec
        if any(
            other.package.name == wanted.name and wanted.versions.includes(make_version(other.package.version))
            for other in others
        ):
            yield ExternalDependency(spec=wanted, types=("build",), virtuals=edge.virtuals)
