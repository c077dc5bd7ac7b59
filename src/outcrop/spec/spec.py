"""What was asked for: an abstract, immutable constraint on a node and on the nodes below it.

``versions`` and ``target`` are kept as their normal-form text, so that a spec decodes without any hook and cheaply;
the parsed forms are cached per text. Two specs are equal if their normal forms are. How specs relate is in
``relations``, reading them in ``parse``, printing them in ``render``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from outcrop.spec import relations, render
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType
from outcrop.spec.parts import FlagConstraint, VariantConstraint
from outcrop.spec.ranges import VersionList, parse_versions
from outcrop.spec.targets import normal_target


class Spec(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False, repr_omit_defaults=True):
    """A constraint on one node; ``Spec()`` matches every node. Empty texts and tuples constrain nothing.

    Build one with :func:`outcrop.spec.parse_spec` or :meth:`make`; with ``Spec(...)`` the parts must be in normal
    form already: ``variants``, ``flags`` and ``edges`` sorted (edges by :attr:`EdgeConstraint.order`), no two of the
    same name or edge key.
    """

    name: str = ""
    version_text: str = ""
    """Normal form of :attr:`versions`, empty for every version."""
    variants: tuple[VariantConstraint, ...] = ()
    edges: tuple[EdgeConstraint, ...] = ()
    namespace: str = ""
    flags: tuple[FlagConstraint, ...] = ()
    platform: str = ""
    os: str = ""
    target: str = ""
    """A target, a range of targets or a list of both, see ``targets``."""
    hash: str = ""
    """The beginning of the node's hash."""

    @classmethod
    def make(
        cls,
        name: str = "",
        *,
        versions: VersionList | str = "",
        variants: Iterable[VariantConstraint] = (),
        flags: Iterable[FlagConstraint] = (),
        edges: Iterable[EdgeConstraint] = (),
        namespace: str = "",
        platform: str = "",
        os: str = "",
        target: str = "",
        hash: str = "",  # noqa: A002
    ) -> Spec:
        """A spec in normal form.

        Raises:
            UnsatisfiableSpecError: two edges to the same dependency contradict each other.
        """
        return cls(
            name=name,
            version_text=version_text(versions),
            variants=tuple(sorted(variants, key=_name_of)),
            flags=tuple(sorted(flags, key=_name_of)),
            edges=relations.normal_edges(edges),
            namespace=namespace,
            platform=platform,
            os=os,
            target=normal_target(target),
            hash=hash,
        )

    @property
    def versions(self) -> VersionList:
        """The versions that fit."""
        return parse_versions(self.version_text)

    @property
    def is_empty(self) -> bool:
        """Constrains nothing at all."""
        return not self.name and self.is_bare

    @property
    def is_bare(self) -> bool:
        """Constrains nothing but the name."""
        return not (
            self.version_text
            or self.variants
            or self.edges
            or self.namespace
            or self.flags
            or self.platform
            or self.os
            or self.target
            or self.hash
        )

    @property
    def is_anonymous(self) -> bool:
        """Has no name: constrains whatever node it is applied to."""
        return not self.name

    @property
    def fullname(self) -> str:
        """``namespace.name``, or the name alone."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    def variant(self, name: str) -> VariantConstraint | None:
        """What the spec says about a variant."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        return None

    def flag(self, name: str) -> FlagConstraint | None:
        """What the spec says about a kind of compiler flag."""
        for flag in self.flags:
            if flag.name == name:
                return flag
        return None

    def satisfies(self, other: Spec) -> bool:
        """Every node that fits this spec fits ``other`` too."""
        return relations.satisfies(self, other)

    def intersects(self, other: Spec) -> bool:
        """Some node may fit both."""
        return relations.clash(self, other) is None

    def constrain(self, other: Spec) -> Spec:
        """A spec for the nodes that fit both.

        Raises:
            UnsatisfiableSpecError: there are none; the message has both specs and the part that clashes.
        """
        return relations.constrain(self, other)

    def named(self, name: str) -> Spec:
        """The same constraint on packages called ``name``; the empty name makes it anonymous."""
        return msgspec.structs.replace(self, name=name)

    def without_edges(self) -> Spec:
        """The constraint on the node itself."""
        return msgspec.structs.replace(self, edges=()) if self.edges else self

    def with_versions(self, versions: VersionList | str) -> Spec:
        """The same with other versions."""
        return msgspec.structs.replace(self, version_text=version_text(versions))

    def with_edges(self, edges: Iterable[EdgeConstraint]) -> Spec:
        """The same with other dependencies."""
        return msgspec.structs.replace(self, edges=relations.normal_edges(edges))

    def direct_edges(self) -> Iterator[EdgeConstraint]:
        """The dependencies written with ``%``."""
        return (edge for edge in self.edges if edge.direct)

    def transitive_edges(self) -> Iterator[EdgeConstraint]:
        """The dependencies written with ``^``."""
        return (edge for edge in self.edges if not edge.direct)

    def walk(self) -> Iterator[Spec]:
        """This spec, then those of all edges below it, in printed order; conditions are not entered."""
        yield self
        for edge in self.edges:
            yield from edge.spec.walk()

    def names(self) -> set[str]:
        """Every package or virtual that is named: by nodes, by virtuals of edges, by conditions."""
        found = {self.name} if self.name else set()
        for edge in self.edges:
            found |= edge.spec.names()
            found.update(edge.virtuals)
            if edge.when is not None:
                found |= edge.when.names()
        return found

    def with_host(self, *, os: str, target: str) -> Spec:
        """``os=default_os`` and ``target=default_target`` replaced by the host's, in every node."""
        edges = tuple(
            [
                msgspec.structs.replace(
                    edge,
                    spec=edge.spec.with_host(os=os, target=target),
                    when=None if edge.when is None else edge.when.with_host(os=os, target=target),
                )
                for edge in self.edges
            ]
        )
        return msgspec.structs.replace(
            self,
            edges=edges,
            os=os if self.os == "default_os" else self.os,
            target=target if self.target == "default_target" else self.target,
        )

    def __str__(self) -> str:
        return render.spec_text(self)


class EdgeConstraint(msgspec.Struct, frozen=True, array_like=True, gc=False, repr_omit_defaults=True):
    """A dependency that a node must have: directly (``%``) or anywhere below it (``^``)."""

    spec: Spec
    direct: bool = False
    virtuals: tuple[str, ...] = ()
    """Virtuals the edge must carry, sorted."""
    types: tuple[DependencyType, ...] = ()
    """Types the edge must have, in the order of ``DEPENDENCY_TYPES``; empty is unconstrained."""
    when: Spec | None = None
    """The dependency is asked for only of a node that fits this."""
    propagate: bool = False
    """Written ``%%``."""

    @classmethod
    def make(
        cls,
        spec: Spec,
        *,
        direct: bool = False,
        virtuals: Iterable[str] = (),
        types: Iterable[DependencyType] = (),
        when: Spec | None = None,
        propagate: bool = False,
    ) -> EdgeConstraint:
        """An edge in normal form."""
        wanted = set(types)
        return cls(
            spec,
            direct,
            tuple(sorted(set(virtuals))),
            tuple([kind for kind in DEPENDENCY_TYPES if kind in wanted]),
            None if when is None or when.is_empty else when,
            propagate,
        )

    def __str__(self) -> str:
        return render.edge_text(self)


def version_text(versions: VersionList | str) -> str:
    """The normal form that :attr:`Spec.version_text` holds."""
    found = parse_versions(versions) if isinstance(versions, str) else versions
    return "" if found.is_any else str(found)


def _name_of(part: VariantConstraint | FlagConstraint) -> str:
    return part.name
