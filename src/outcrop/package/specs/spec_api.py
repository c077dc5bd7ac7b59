"""``Spec``, ``Version`` and ``ver`` as recipes know them.

A recipe writes ``Spec("languages=c,c++")`` and gets a constraint it may ask and narrow; the concrete specs it is handed
are :class:`outcrop.package.specs.facade.NodeSpec`, a subclass. The value inside is always an immutable
:class:`outcrop.spec.Spec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

# Any: extra attributes of externals are what the configuration holds.
from typing import Any, TypeAlias

from outcrop.package.errors import SpackError
from outcrop.package.specs.answers import Architecture, CompilerFlags, VariantAnswers
from outcrop.spec import GitVersion, VersionList, parse_spec, parse_versions
from outcrop.spec import Spec as Constraint
from outcrop.spec import Version as ExactVersion
from outcrop.spec.graph import VariantAnswer as Answer

SpecLike: TypeAlias = "str | Spec | Constraint"

_COMMIT = re.compile(r"[0-9a-f]{40}")


def parse_constraint(text: str) -> Constraint:
    """Parse one spec as recipes write it: blanks around it do not matter.

    Raises:
        SpecParseError: it is none.
    """
    return parse_spec(text.strip())


def as_constraint(value: SpecLike) -> Constraint:
    """The constraint that a text or a spec stands for."""
    if isinstance(value, str):
        return parse_constraint(value)
    return value.constraint if isinstance(value, Spec) else value


def Version(value: str | int) -> ExactVersion | GitVersion:
    """One exact version, or a git version for ``git.<ref>`` and full commit hashes.

    Raises:
        SpackError: the text is a range or a list, or starts with ``=``.
        TypeError: the value is neither text nor a whole number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"Version() takes a text or a whole number, not {value!r}")
    text = str(value)
    if text.startswith("git.") or _COMMIT.match(text):
        return GitVersion(text)
    if any(sign in text for sign in ":,=@"):
        raise SpackError(f"Version({text!r}) is no single version; ver() reads ranges and lists")
    return ExactVersion(text)


def ver(
    value: str | float | list[Any] | tuple[Any, ...] | ExactVersion | VersionList,
) -> ExactVersion | GitVersion | VersionList:
    """A version, range or list from almost anything: ``ver("=1.2")`` is exact, ``ver("1.2")`` and ``ver(1.2)`` are the
    range.

    A list or tuple gives the union of its members.
    """
    if isinstance(value, list | tuple):
        result = parse_versions(",".join(str(item) for item in value))
    elif isinstance(value, str | int | float):
        result = parse_versions(str(value))
    elif isinstance(value, ExactVersion | GitVersion | VersionList):
        return value
    else:
        raise TypeError(f"ver() cannot read {value!r}")
    concrete = result.concrete
    return concrete if concrete is not None else result


def variant_answers(constraint: Constraint) -> dict[str, Answer]:
    """The variants that a constraint names, in the form of a concrete answer as far as it goes."""
    answers: dict[str, Answer] = {}
    for variant in constraint.variants:
        if variant.values in (("true",), ("false",)):
            answers[variant.name] = variant.values == ("true",)
        elif len(variant.values) == 1:
            answers[variant.name] = variant.values[0]
        else:
            answers[variant.name] = tuple(variant.values)
    return answers


class Spec:
    """An abstract spec: a constraint that recipes may ask, narrow and hang attributes on.

    ``constrain`` is the one change in place; everything else reads.
    """

    concrete = False
    external = False
    external_path: str | None = None
    external_modules: list[str] | None = None

    def __init__(self, spec_like: SpecLike = "", *, external_path: str | None = None) -> None:
        self._constraint = as_constraint(spec_like)
        self.extra_attributes: dict[str, Any] = {}
        if external_path is not None:
            self.external_path = external_path
            self.external = True

    @staticmethod
    def from_detection(
        spec_str: str,
        *,
        external_path: str,
        external_modules: Iterable[str] | None = None,
        extra_attributes: Mapping[str, Any] | None = None,
    ) -> Spec:
        """The spec of something found on this machine, with where it was found."""
        spec = Spec(spec_str, external_path=str(external_path))
        spec.external_modules = list(external_modules) if external_modules is not None else None
        spec.extra_attributes = dict(extra_attributes or {})
        return spec

    @property
    def constraint(self) -> Constraint:
        """The immutable value."""
        return self._constraint

    @property
    def name(self) -> str:
        """Package name without namespace; empty for an anonymous spec."""
        return self._constraint.name

    @property
    def namespace(self) -> str:
        """Repository the name was qualified with, or empty."""
        return self._constraint.namespace

    @property
    def fullname(self) -> str:
        """``namespace.name``, or the name alone."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @property
    def versions(self) -> VersionList:
        """Allowed versions."""
        return self._constraint.versions

    @property
    def version(self) -> Any:  # Any: Version or GitVersion, and subclasses narrow it
        """The one version this spec allows.

        Raises:
            SpackError: it allows several.
        """
        concrete = self._constraint.versions.concrete
        if concrete is None:
            raise SpackError(f"{self} has no single version")
        return concrete

    @property
    def variants(self) -> VariantAnswers:
        """Variants by name."""
        return VariantAnswers(variant_answers(self._constraint))

    @property
    def compiler_flags(self) -> CompilerFlags:
        """Compiler flags by kind."""
        return CompilerFlags({flag.name: flag.words for flag in self._constraint.flags})

    @property
    def architecture(self) -> Architecture | None:
        """Platform, os and target, if the spec names any."""
        value = self._constraint
        if not (value.platform or value.os or value.target):
            return None
        return Architecture(value.platform, value.os, value.target)

    @property
    def platform(self) -> str:
        """Platform, or empty."""
        return self._constraint.platform

    @property
    def os(self) -> str:
        """Operating system, or empty."""
        return self._constraint.os

    def satisfies(self, other: SpecLike, deps: bool = True) -> bool:
        """Whatever fits this spec fits ``other``. ``deps`` is accepted and ignored."""
        return self._constraint.satisfies(as_constraint(other))

    def intersects(self, other: SpecLike, deps: bool = True) -> bool:
        """Something may fit both. ``deps`` is accepted and ignored."""
        return self._constraint.intersects(as_constraint(other))

    def constrain(self, other: SpecLike, deps: bool = True) -> bool:
        """Narrow this spec by ``other`` in place; says whether that changed it.

        Raises:
            UnsatisfiableSpecError: nothing fits both.
        """
        before = self._constraint
        self._constraint = before.constrain(as_constraint(other))
        return self._constraint != before

    def copy(self, deps: bool = True) -> Spec:
        """An independent spec of the same value."""
        other = Spec(self._constraint)
        other.extra_attributes = dict(self.extra_attributes)
        return other

    def __contains__(self, other: SpecLike) -> bool:
        wanted = as_constraint(other)
        if not wanted.name or wanted.name == self.name:
            return self.satisfies(wanted)
        return any(edge.spec.satisfies(wanted) for edge in self._constraint.edges)

    def __getitem__(self, name: str) -> Spec:
        plain = name.partition(":")[0]
        if plain == self.name:
            return self
        for edge in self._constraint.edges:
            if edge.spec.name == plain or plain in edge.virtuals:
                return Spec(edge.spec)
        raise KeyError(f"{self} has no dependency {plain}")

    def dependencies(self, name: str | None = None, deptype: object = "all", *, virtuals: object = None) -> list[Any]:
        """Specs of the dependencies that this spec constrains. (Any: a concrete spec answers with its own kind.)"""
        return [Spec(edge.spec) for edge in self._constraint.edges if name is None or edge.spec.name == name]

    def traverse(self, *, root: bool = True, **options: object) -> Iterator[Any]:
        """This spec and the dependencies it names; the options of a concrete spec's ``traverse`` are accepted."""
        if root:
            yield self
        yield from self.dependencies()

    def format(self, format_string: str = "", **options: object) -> str:
        """The spec as text; fields of an abstract spec: name, version(s), variants, architecture, compiler_flags."""
        if not format_string:
            return str(self)
        fields = {
            "name": self.name,
            "fullname": self.fullname,
            "namespace": self.namespace,
            "version": "" if self.versions.is_any else str(self.versions),
            "versions": "" if self.versions.is_any else str(self.versions),
            "variants": str(self.variants),
            "architecture": str(self.architecture or ""),
            "compiler_flags": str(self.compiler_flags),
        }

        def fill(match: re.Match[str]) -> str:
            value = fields.get(match["field"].lower(), "")
            return f"{match['sigil']}{value}" if value else ""

        return re.sub(r"\{(?P<sigil>[@%/]?)(?P<field>[A-Za-z_.]+)\}", fill, format_string)

    def __str__(self) -> str:
        return str(self._constraint)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Spec):
            return not other.concrete and self._constraint == other._constraint
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._constraint)

    def __lt__(self, other: Spec) -> bool:
        return str(self) < str(other)
