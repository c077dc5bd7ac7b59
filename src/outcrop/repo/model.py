"""A recipe as plain data: what the solver, ``info`` and the planner read. No recipe code is run to read one.

Directives appear base classes first, then in source order, each with the condition it stands under (``when``, the
empty spec for "always") and the place it was written at. ``extends("python")`` appears as what it means: dependencies
on ``python`` and on ``python-venv`` under the same condition and types, plus an :class:`ExtendDecl` (Spack pull
request 40773).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from outcrop.spec import Spec
from outcrop.spec.graph import DependencyType, PatchSource

MODEL_SCHEMA = 3
"""Part of every cache key; raised whenever these structs or their meaning change."""


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Where a directive stands: file relative to the repository root's parent (``core/packages/py_pip/package.py``),
    1-based line.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class VersionDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ``version()``; ``fetch`` holds the remaining keywords that are plain data (``sha256``, ``url``, ``commit``,
    ``tag``, ...).
    """

    version: str
    origin: Origin
    preferred: bool = False
    deprecated: bool = False
    fetch: dict[str, object] = {}


class VariantValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One allowed value; ``when`` guards it (``conditional``), ``None`` is always. ``never`` marks ``when=False``."""

    value: str
    when: Spec | None = None
    never: bool = False


class VariantDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One definition of a variant. Where several definitions hold, the later one wins.

    ``kind`` is ``bool`` (values ``true``/``false``, default ``("true",)`` or ``("false",)``), ``single`` or
    ``multi``. ``open`` means that any value is allowed (``values`` then lists the known ones, possibly none).
    ``sets``, where given, are the allowed groups of a multi variant (``disjoint_sets``, ``any_combination_of``): all
    chosen values must lie in one of them.
    """

    name: str
    kind: str
    origin: Origin
    default: tuple[str, ...] = ()
    values: tuple[VariantValue, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()
    open: bool = False
    sticky: bool = False
    description: str = ""
    when: Spec = Spec()


class DependencyDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dependency under a condition. ``spec`` is named; the name may be a virtual."""

    spec: Spec
    origin: Origin
    types: tuple[DependencyType, ...]
    when: Spec = Spec()
    patches: tuple[PatchDecl, ...] = ()


class ConflictDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``spec`` and ``when`` may not both hold."""

    spec: Spec
    origin: Origin
    when: Spec = Spec()
    message: str = ""


class RequirementDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where ``when`` holds, exactly one (``one_of``) or at least one (``any_of``) of ``specs`` must hold."""

    specs: tuple[Spec, ...]
    origin: Origin
    policy: str = "one_of"
    when: Spec = Spec()
    message: str = ""


class ProvideDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Virtual specs (with versions) that are provided together where ``when`` holds."""

    virtuals: tuple[Spec, ...]
    origin: Origin
    when: Spec = Spec()


class ExtendDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The package extends ``name`` where ``when`` holds; the dependencies it implies are in ``dependencies`` too."""

    name: str
    origin: Origin
    types: tuple[DependencyType, ...]
    when: Spec = Spec()


class PatchDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A patch that applies where ``when`` holds; ``source.sha256`` is known for files too (taken from the file)."""

    source: PatchSource
    origin: Origin
    when: Spec = Spec()


class ResourceDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An extra source that is placed into the package's source tree; ``placement`` maps paths inside it to names (or
    one name).
    """

    name: str
    origin: Origin
    destination: str = ""
    placement: str | dict[str, str] = ""
    fetch: dict[str, object] = {}
    when: Spec = Spec()


class LicenseDecl(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An SPDX expression."""

    expression: str
    origin: Origin
    when: Spec = Spec()


class RuntimeQuestion(msgspec.Struct, frozen=True, array_like=True):
    """What a runtime rule wants to know of the compiler's version: whether it lies ``in`` a list, is ``<`` another or
    ``<=`` it; ``expected`` is the answer with which the rule goes on.
    """

    relation: Literal["in", "<", "<="]
    text: str
    expected: bool


class RuntimeRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a compiler's recipe says about packages that use it.

    ``depends``: a package (``*``: any that is built) that fits ``when`` depends on ``spec`` by ``types``. ``requires``:
    ``package`` fits ``spec`` where it fits ``when``. ``propagate``: what a package that fits ``when`` links with was
    not made with a compiler outside ``spec``.

    Specs are texts, in which ``{version}`` stands for the compiler's exact version. The rule is in force for versions
    that answer all questions of one of ``cases`` as expected; for all versions if there are none.
    """

    kind: Literal["depends", "requires", "propagate"]
    package: str
    spec: str
    when: str
    origin: Origin
    types: tuple[DependencyType, ...] = ()
    cases: tuple[tuple[RuntimeQuestion, ...], ...] = ()


class PackageModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One recipe. ``versions`` are in the order of preference that the recipe implies, best first.

    ``modules`` are the repository modules that were loaded while the recipe was imported (its own first), as paths
    relative to the repositories' roots: with their bytes they key the cache. ``attributes`` are the plain class
    attributes that other rooms need (``pypi``, ``url``, ``git``, ``list_url``, ...). ``url_versions`` has for URLs that
    serve as templates the version that each is for, as it is spelled there; empty for none.
    """

    name: str
    namespace: str
    class_name: str
    file: str
    line: int
    versions: tuple[VersionDecl, ...] = ()
    variants: tuple[VariantDecl, ...] = ()
    dependencies: tuple[DependencyDecl, ...] = ()
    conflicts: tuple[ConflictDecl, ...] = ()
    requirements: tuple[RequirementDecl, ...] = ()
    provides: tuple[ProvideDecl, ...] = ()
    extends: tuple[ExtendDecl, ...] = ()
    patches: tuple[PatchDecl, ...] = ()
    resources: tuple[ResourceDecl, ...] = ()
    licenses: tuple[LicenseDecl, ...] = ()
    runtimes: tuple[RuntimeRule, ...] = ()
    maintainers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    homepage: str = ""
    description: str = ""
    attributes: dict[str, object] = {}
    url_versions: dict[str, str] = {}
    modules: tuple[str, ...] = ()
    virtual: bool = False
    has_code: bool = True
    buildable: bool = True

    @property
    def fullname(self) -> str:
        """``namespace.name``."""
        return f"{self.namespace}.{self.name}"
