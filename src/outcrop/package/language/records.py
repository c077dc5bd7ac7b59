"""What the directives of a class said, one record each, parsed but not yet judged.

``PackageBase.records()`` lists them in the order in which they apply: base classes first, then the class's own in
source order. The repository room turns them into a :class:`outcrop.repo.model.PackageModel`; the dictionaries that
recipes read (``versions``, ``variants``, ...) are filled from the same list. Every record has the condition it stands
under (the empty spec for "always"), and the place in the class body it came from: ``file`` is an absolute path,
``line`` counts from 1. For a directive that a helper function called, that is the line of the class body which called
the helper.

``declared_by`` is the full name (``namespace.name``) of the recipe whose class body said it; for a class of a build
system module it is that module's name.
"""

from __future__ import annotations

# Any: keyword values of version() and resource() are whatever a recipe wrote (callables too).
from typing import Any

import msgspec

from outcrop.spec import Spec
from outcrop.spec.graph import DependencyType

ALWAYS = Spec()
"""The condition of an unconditional directive."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records."""

    file: str
    line: int
    declared_by: str
    when: Spec = ALWAYS


class VersionRecord(Record, frozen=True, kw_only=True):
    """``version()``. ``fetch`` has every keyword but ``preferred`` and ``deprecated``; a positional checksum is in it
    by its name.
    """

    version: str
    preferred: bool = False
    deprecated: bool = False
    fetch: dict[str, Any] = {}


class ValueRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One allowed value of a variant; ``when`` guards it (``None``: always), ``never`` marks ``conditional(...,
    when=False)``.
    """

    value: str
    when: Spec | None = None
    never: bool = False


class VariantRecord(Record, frozen=True, kw_only=True):
    """``variant()`` and ``build_system()``; fields as in :class:`outcrop.repo.model.VariantDecl`.

    ``kind`` is ``bool``, ``single`` or ``multi``; the default of a boolean is ``("true",)`` or ``("false",)``. ``open``
    means that values outside ``values`` are allowed (``definition.check(value)`` answers for one). ``sets`` are groups
    of which all chosen values must share one. ``definition`` is the
    :class:`outcrop.package.language.variants.Variant` that recipes see.
    """

    name: str
    kind: str
    default: tuple[str, ...] = ()
    values: tuple[ValueRecord, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()
    open: bool = False
    sticky: bool = False
    description: str = ""
    definition: Any = None  # Variant; its module imports this one


class PatchRecord(Record, frozen=True, kw_only=True):
    """``patch()``. ``target`` is what was written: a URL or a file name; ``directory`` is where that file was found.

    ``directory`` is empty for a URL and for a file that exists nowhere. ``sha256`` and ``archive_sha256`` are given for
    URLs only.
    """

    target: str
    directory: str = ""
    level: int = 1
    working_dir: str = "."
    reverse: bool = False
    sha256: str = ""
    archive_sha256: str = ""

    @property
    def is_url(self) -> bool:
        """Fetched, not found beside the recipe."""
        return "://" in self.target


class DependencyRecord(Record, frozen=True, kw_only=True):
    """``depends_on()``, and each of the two that ``extends("python")`` stands for. ``types`` are in canonical order.

    The ``when`` of ``patches`` is a condition on the dependency, not on this package.
    """

    spec: Spec
    types: tuple[DependencyType, ...]
    patches: tuple[PatchRecord, ...] = ()


class ExtendRecord(Record, frozen=True, kw_only=True):
    """``extends()``; the dependencies it implies are records of their own, just before it."""

    name: str
    spec: Spec
    types: tuple[DependencyType, ...]


class ConflictRecord(Record, frozen=True, kw_only=True):
    """``conflicts()``."""

    spec: Spec
    message: str = ""


class RequirementRecord(Record, frozen=True, kw_only=True):
    """``requires()``; ``policy`` is ``one_of`` or ``any_of``."""

    specs: tuple[Spec, ...]
    policy: str = "one_of"
    message: str = ""


class ProvideRecord(Record, frozen=True, kw_only=True):
    """``provides()``: virtual specs that are provided together."""

    virtuals: tuple[Spec, ...]


class ResourceRecord(Record, frozen=True, kw_only=True):
    """``resource()``; ``fetch`` has the keywords of a version, ``placement`` is a name or maps paths inside the
    resource to names.
    """

    name: str
    destination: str = ""
    placement: str | dict[str, str] = ""
    fetch: dict[str, Any] = {}


class LicenseRecord(Record, frozen=True, kw_only=True):
    """``license()``: an SPDX expression."""

    expression: str
    checked_by: tuple[str, ...] = ()


class MaintainersRecord(Record, frozen=True, kw_only=True):
    """``maintainers()``."""

    names: tuple[str, ...]


class RedistributeRecord(Record, frozen=True, kw_only=True):
    """``redistribute()``: what must not be put on a mirror where ``when`` holds."""

    source: bool = True
    binary: bool = True


class SpliceRecord(Record, frozen=True, kw_only=True):
    """``can_splice()``: this package may replace ``target``; ``match_variants`` is empty, ``("*",)`` or names."""

    target: Spec
    match_variants: tuple[str, ...] = ()


DirectiveRecord = (
    VersionRecord
    | VariantRecord
    | PatchRecord
    | DependencyRecord
    | ExtendRecord
    | ConflictRecord
    | RequirementRecord
    | ProvideRecord
    | ResourceRecord
    | LicenseRecord
    | MaintainersRecord
    | RedistributeRecord
    | SpliceRecord
)
