"""The directives of the Package API: each turns its arguments into records.

An applier gets the :class:`outcrop.package.language.directive.Application` first and then exactly what a recipe may
pass; its signature is the directive's. Parsing happens here, judging (do two licences clash, does a variant exist) in
the rooms that read the records.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

# Any: keywords of version() and resource(), defaults and values of variant() are whatever a recipe wrote.
from typing import Any

from outcrop.package.language.conditions import ALWAYS, WhenArgument, parse_when
from outcrop.package.language.directive import Application, Applier, Directive, DirectiveCall
from outcrop.package.language.records import (
    ConflictRecord,
    DependencyRecord,
    DirectiveRecord,
    ExtendRecord,
    LicenseRecord,
    MaintainersRecord,
    PatchRecord,
    ProvideRecord,
    RedistributeRecord,
    RequirementRecord,
    ResourceRecord,
    SpliceRecord,
    VariantRecord,
    VersionRecord,
)
from outcrop.package.language.variants import flatten, make_variant
from outcrop.package.specs.spec_api import SpecLike
from outcrop.spec import Spec as Constraint
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType

TypeArgument = str | Iterable[str]
PatchArgument = str | DirectiveCall | Iterable[str | DirectiveCall] | None

DIGESTS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""Hexadecimal length -> algorithm."""

PYTHON_VENV = "python-venv"


def _directive(*, conditional: bool = True) -> Callable[[Applier], Directive]:
    def decorate(applier: Applier) -> Directive:
        return Directive(applier.__name__, applier, conditional)

    return decorate


def canonical_types(types: TypeArgument) -> tuple[DependencyType, ...]:
    """Dependency types in the order in which they are written and hashed.

    Raises:
        ValueError: one of them is none.
    """
    return _canonical((types,) if isinstance(types, str) else tuple(types))


@functools.cache
def _canonical(types: tuple[str, ...]) -> tuple[DependencyType, ...]:
    given = set(types)
    if "all" in given:
        given = given - {"all"} | set(DEPENDENCY_TYPES)
    unknown = given - set(DEPENDENCY_TYPES)
    if unknown:
        raise ValueError(f"unknown dependency type {', '.join(sorted(unknown))}; there are build, link, run and test")
    return tuple(kind for kind in DEPENDENCY_TYPES if kind in given)


@_directive(conditional=False)
def version(
    where: Application,
    ver: str | int,
    checksum: str | None = None,
    *,
    preferred: bool | None = None,
    deprecated: bool | None = None,
    **fetch: Any,
) -> Iterator[DirectiveRecord]:
    """Declare one version and how its source is fetched."""
    if isinstance(ver, bool) or not isinstance(ver, str | int):
        raise where.error(f"version() takes a text or a whole number, not {ver!r}")
    if "when" in fetch:
        raise where.error("version() has no when=", code="unconditional-directive")
    text = str(ver)
    if not text or any(sign in text for sign in ":, =@"):
        raise where.error(f"version({text!r}) is no plain version", code="bad-version")
    if checksum is not None:
        algorithm = DIGESTS.get(len(checksum))
        if algorithm is None:
            raise where.error(
                f"version({text!r}): {checksum!r} has the length of no known checksum", code="bad-checksum"
            )
        fetch[algorithm] = checksum
    yield VersionRecord(
        **where.origin(), version=text, preferred=bool(preferred), deprecated=bool(deprecated), fetch=fetch
    )


@_directive()
def variant(
    where: Application,
    name: str,
    default: Any = None,
    description: str = "",
    values: Any = None,
    multi: bool | None = None,
    validator: Callable[..., object] | None = None,
    when: WhenArgument = None,
    sticky: bool = False,
    deprecated: object = None,
) -> Iterator[DirectiveRecord]:
    """Define a variant. ``deprecated`` is accepted and not used yet."""
    condition = where.condition(when)
    if condition is None:
        return
    definition = make_variant(name, default, description, values, multi, validator, sticky)
    yield VariantRecord(
        **where.origin(),
        when=condition,
        name=definition.name,
        kind=definition.kind,
        default=definition.default_values,
        values=definition.value_records(),
        sets=definition.sets,
        open=definition.open,
        sticky=definition.sticky,
        description=definition.description,
        definition=definition,
    )


@_directive()
def build_system(where: Application, *values: Any, default: str | None = None) -> Iterator[DirectiveRecord]:
    """The single-valued variant of that name; the first value is the default."""
    allowed = flatten(values)
    return variant.applier(
        where,
        "build_system",
        default=default or str(allowed[0]),
        values=allowed,
        description="Build systems supported by the package",
        multi=False,
    )


@_directive()
def depends_on(
    where: Application,
    spec: SpecLike,
    when: WhenArgument = None,
    type: TypeArgument = ("build", "link"),  # noqa: A002 - the API's name
    *,
    patches: PatchArgument = None,
) -> Iterator[DirectiveRecord]:
    """Declare a dependency."""
    yield from _dependencies(where, spec, when, type, patches)


def _dependencies(
    where: Application, spec: SpecLike, when: WhenArgument, types: TypeArgument, patches: PatchArgument
) -> Iterator[DependencyRecord]:
    condition = where.condition(when)
    if condition is None:
        return
    constraint = where.spec(spec)
    if not constraint.name:
        raise where.error(f"the dependency {spec!s} has no name", code="anonymous-dependency")
    if constraint.name == where.package_name:
        raise where.error(f"{constraint.name} cannot depend on itself", code="self-dependency")
    if any(not edge.direct for edge in constraint.edges):
        raise where.error(
            f"the dependency {spec!s} says something about its own dependencies with ^",
            hint="constrain a direct dependency of it with %, or depend on both packages",
            code="nested-dependency",
        )
    yield DependencyRecord(
        **where.origin(),
        when=condition,
        spec=constraint,
        types=canonical_types(types),
        patches=tuple(_dependency_patches(where, patches)),
    )


def _dependency_patches(where: Application, patches: PatchArgument) -> Iterator[PatchRecord]:
    if patches is None:
        return
    if isinstance(patches, str | DirectiveCall):
        patches = [patches]
    for entry in patches:
        if isinstance(entry, str):
            yield from _patches(where, ALWAYS, entry)
        else:
            # Its `when` is about the dependency, so the blocks around the call do not count.
            bound = inspect.signature(patch.applier).bind(where, *entry.arguments, **entry.keywords).arguments
            condition = parse_when(bound.pop("when", None))
            if condition is not None:
                yield from _patches(**bound, condition=condition)


@_directive()
def extends(
    where: Application,
    spec: SpecLike,
    when: WhenArgument = None,
    type: TypeArgument = ("build", "run"),  # noqa: A002 - the API's name
    *,
    patches: PatchArgument = None,
) -> Iterator[DirectiveRecord]:
    """Depend on a package and say that this one extends it.

    Extending ``python`` means depending on ``python-venv`` as well, under the same condition and with the same types:
    its interpreter is the one that builds and runs the extension. Only ``python-venv`` itself extends the base Python
    alone.
    """
    condition = where.condition(when)
    if condition is None:
        return
    yield from _dependencies(where, spec, when, type, patches)
    constraint = where.spec(spec)
    if constraint.name == "python" and where.package_name != PYTHON_VENV:
        yield from _dependencies(where, PYTHON_VENV, when, type, None)
    yield ExtendRecord(
        **where.origin(), when=condition, name=constraint.name, spec=constraint, types=canonical_types(type)
    )


@_directive()
def provides(where: Application, *specs: SpecLike, when: WhenArgument = None) -> Iterator[DirectiveRecord]:
    """Provide virtual packages; those of one call go together."""
    condition = where.condition(when)
    if condition is None:
        return
    virtuals = tuple(where.spec(spec) for spec in specs)
    for virtual in virtuals:
        if virtual.name == where.package_name:
            raise where.error(f"{virtual.name} cannot provide itself", code="self-provider")
    yield ProvideRecord(**where.origin(), when=condition, virtuals=virtuals)


@_directive()
def conflicts(
    where: Application, conflict_spec: SpecLike, when: WhenArgument = None, msg: str | None = None
) -> Iterator[DirectiveRecord]:
    """Two conditions that may not hold together."""
    condition = where.condition(when)
    if condition is not None:
        yield ConflictRecord(**where.origin(), when=condition, spec=where.spec(conflict_spec), message=msg or "")


@_directive()
def requires(
    where: Application,
    *requirement_specs: SpecLike,
    policy: str = "one_of",
    when: WhenArgument = None,
    msg: str | None = None,
) -> Iterator[DirectiveRecord]:
    """Conditions of which one (``one_of``: exactly one; ``any_of``: at least one) must hold."""
    if policy not in ("one_of", "any_of"):
        raise where.error(f"requires(): the policy {policy!r} is neither 'one_of' nor 'any_of'", code="bad-policy")
    condition = where.condition(when)
    if condition is None:
        return
    specs = tuple(where.spec(spec) for spec in requirement_specs)
    yield RequirementRecord(**where.origin(), when=condition, specs=specs, policy=policy, message=msg or "")


@_directive()
def patch(
    where: Application,
    url_or_filename: str,
    level: int = 1,
    when: WhenArgument = None,
    working_dir: str = ".",
    reverse: bool = False,
    sha256: str | None = None,
    archive_sha256: str | None = None,
) -> Iterator[DirectiveRecord]:
    """Patch the sources."""
    condition = where.condition(when)
    if condition is not None:
        yield from _patches(where, condition, url_or_filename, level, working_dir, reverse, sha256, archive_sha256)


def _patches(
    where: Application,
    condition: Constraint,
    url_or_filename: str,
    level: int = 1,
    working_dir: str = ".",
    reverse: bool = False,
    sha256: str | None = None,
    archive_sha256: str | None = None,
) -> Iterator[PatchRecord]:
    is_url = "://" in url_or_filename
    if is_url and not sha256:
        raise where.error(
            f"the patch {url_or_filename} has no checksum",
            hint="give sha256= of the patch itself",
            code="patch-unchecked",
        )
    yield PatchRecord(
        **where.origin(),
        when=condition,
        target=url_or_filename,
        directory="" if is_url else _find_directory(where, url_or_filename),
        level=level,
        working_dir=working_dir,
        reverse=reverse,
        sha256=sha256 or "",
        archive_sha256=archive_sha256 or "",
    )


def _find_directory(where: Application, file: str) -> str:
    """The directory of the first class, from the package towards its bases, that has ``file``."""
    for owner in where.package.__mro__:
        directory = getattr(owner, "package_dir", None)
        if isinstance(directory, str) and Path(directory, file).is_file():
            return directory
    return ""


@_directive()
def resource(
    where: Application,
    *,
    name: str | None = None,
    destination: str = "",
    placement: str | dict[str, str] | None = None,
    when: WhenArgument = None,
    **fetch: Any,
) -> Iterator[DirectiveRecord]:
    """An extra source, placed below the package's own."""
    condition = where.condition(when)
    if condition is None:
        return
    target = Path(destination)
    if target.is_absolute() or ".." in target.parts:
        raise where.error(f"the destination {destination!r} leaves the source directory", code="bad-destination")
    given = name or str(next((fetch[key] for key in ("url", "git", "svn", "hg") if key in fetch), ""))
    yield ResourceRecord(
        **where.origin(), when=condition, name=given, destination=destination, placement=placement or "", fetch=fetch
    )


@_directive()
def license(  # noqa: A001 - the API's name
    where: Application,
    license_identifier: str,
    checked_by: str | Iterable[str] | None = None,
    when: WhenArgument = None,
) -> Iterator[DirectiveRecord]:
    """The licence of the software, as an SPDX expression."""
    condition = where.condition(when)
    if condition is None:
        return
    people = (checked_by,) if isinstance(checked_by, str) else tuple(checked_by or ())
    yield LicenseRecord(**where.origin(), when=condition, expression=license_identifier, checked_by=people)


@_directive(conditional=False)
def maintainers(where: Application, *names: str) -> Iterator[DirectiveRecord]:
    """Who looks after the recipe."""
    yield MaintainersRecord(**where.origin(), names=tuple(names))


@_directive()
def redistribute(
    where: Application, source: bool | None = None, binary: bool | None = None, when: WhenArgument = None
) -> Iterator[DirectiveRecord]:
    """Forbid putting sources or binaries on a mirror."""
    if source in (None, True) and binary in (None, True):
        raise where.error("redistribute() must say source=False or binary=False")
    condition = where.condition(when)
    if condition is not None:
        yield RedistributeRecord(
            **where.origin(), when=condition, source=source is not False, binary=binary is not False
        )


@_directive()
def can_splice(
    where: Application, target: SpecLike, *, when: WhenArgument, match_variants: str | list[str] | None = None
) -> Iterator[DirectiveRecord]:
    """This package may stand in for ``target`` in something already built."""
    if isinstance(match_variants, str) and match_variants != "*":
        raise where.error("can_splice(): match_variants is '*' or a list of names")
    condition = where.condition(when)
    if condition is not None:
        names = ("*",) if match_variants == "*" else tuple(itertools.chain(match_variants or ()))
        yield SpliceRecord(**where.origin(), when=condition, target=where.spec(target), match_variants=names)
