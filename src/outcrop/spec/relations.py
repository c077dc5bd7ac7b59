"""How two abstract specs relate: one says more than the other, both may hold, both together.

Names are compared as they are: whether ``q`` provides ``p`` is knowledge of packages. An edge that binds a virtual
(``^mpi=openmpi``) is also an edge to that virtual.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from outcrop.spec.errors import UnsatisfiableSpecError
from outcrop.spec.targets import target_intersection, target_intersects, target_satisfies

if TYPE_CHECKING:
    from outcrop.spec.parts import FlagConstraint, VariantConstraint
    from outcrop.spec.spec import EdgeConstraint, Spec

_Named = TypeVar("_Named", "VariantConstraint", "FlagConstraint")


def satisfies(left: Spec, right: Spec) -> bool:
    """Every node that fits ``left`` fits ``right``."""
    if right.name and left.name != right.name:
        return False
    return _satisfies_unnamed(left, right)


def _satisfies_unnamed(left: Spec, right: Spec) -> bool:
    if right.namespace and left.namespace != right.namespace:
        return False
    if right.version_text and left.version_text != right.version_text and not left.versions.satisfies(right.versions):
        return False
    for theirs in right.variants:
        mine = left.variant(theirs.name)
        if mine is None or not mine.satisfies(theirs):
            return False
    for wanted in right.flags:
        have = left.flag(wanted.name)
        if have is None or not have.satisfies(wanted):
            return False
    if right.platform and left.platform != right.platform:
        return False
    if right.os and left.os != right.os:
        return False
    if right.target and not target_satisfies(left.target, right.target):
        return False
    if right.hash and not left.hash.startswith(right.hash):
        return False
    return all(implies_edge(left, edge) for edge in right.edges)


def implies_edge(spec: Spec, wanted: EdgeConstraint) -> bool:
    """Every node that fits ``spec`` has the dependency ``wanted``."""
    if wanted.when is not None and clash(spec, wanted.when) is not None:
        return True
    for edge in spec.edges:
        if edge_satisfies(edge, wanted):
            return True
        if (
            edge.when is not None
            and _holds_always(spec, edge.when)
            and edge_satisfies(replace(edge, when=None), wanted)
        ):
            return True
    return False


def edge_satisfies(edge: EdgeConstraint, wanted: EdgeConstraint) -> bool:
    """A dependency that fits ``edge`` fits ``wanted``, whoever has it."""
    if wanted.direct and not edge.direct:
        return False
    if edge.when is not None and (wanted.when is None or not satisfies(wanted.when, edge.when)):
        return False
    if not set(edge.virtuals).issuperset(wanted.virtuals) or not set(edge.types).issuperset(wanted.types):
        return False
    name = wanted.spec.name
    if name and edge.spec.name != name and (name not in edge.virtuals or wanted.spec.version_text):
        # A version behind a virtual's name is the virtual's, and which one a package provides is not known here.
        return False
    return _satisfies_unnamed(edge.spec, wanted.spec)


def _holds_always(owner: Spec, condition: Spec) -> bool:
    """Whether the condition of one of the owner's edges follows from what is unconditional about the owner."""
    certain = replace(owner, edges=tuple([edge for edge in owner.edges if edge.when is None]))
    return satisfies(certain, condition)


def clash(left: Spec, right: Spec) -> str | None:
    """Why no node fits both, in words; ``None`` if some may."""
    if left.name and right.name and left.name != right.name:
        return f"the names '{left.name}' and '{right.name}' differ"
    for part in ("namespace", "platform", "os"):
        mine, theirs = getattr(left, part), getattr(right, part)
        if mine and theirs and mine != theirs:
            return f"{part}={mine} against {part}={theirs}"
    if (
        left.version_text
        and right.version_text
        and left.version_text != right.version_text
        and not left.versions.intersects(right.versions)
    ):
        return f"no version is in both @{left.version_text} and @{right.version_text}"
    for variant in right.variants:
        found = left.variant(variant.name)
        if found is not None and not found.intersects(variant):
            return f"{_variant_words(found)} against {_variant_words(variant)}"
    if not target_intersects(left.target, right.target):
        return f"no target is in both target={left.target} and target={right.target}"
    if not (left.hash.startswith(right.hash) or right.hash.startswith(left.hash)):
        return f"the hashes /{left.hash} and /{right.hash} differ"
    return _edges_clash(left, right)


def _edges_clash(left: Spec, right: Spec) -> str | None:
    """Only unconditional edges can clash, and only those that the other side does not imply anyway."""
    if not left.edges or not right.edges:
        return None
    others = [edge for edge in right.edges if edge.when is None and not implies_edge(left, edge)]
    if not others:
        return None
    for edge in left.edges:
        if edge.when is None and not implies_edge(right, edge):
            for other in others:
                reason = _edge_clash(edge, other)
                if reason is not None:
                    return reason
    return None


def _edge_clash(edge: EdgeConstraint, other: EdgeConstraint) -> str | None:
    if not edge.spec.name or not other.spec.name or edge.direct != other.direct:
        return None
    if edge.spec.name == other.spec.name:
        reason = clash(edge.spec, other.spec)
        return None if reason is None else f"dependency '{edge.spec.name}': {reason}"
    shared = sorted(set(edge.virtuals).intersection(other.virtuals)) if edge.direct else []
    if shared:
        return f"'{shared[0]}' comes either from '{edge.spec.name}' or from '{other.spec.name}'"
    return None


def constrain(left: Spec, right: Spec) -> Spec:
    """A spec for the nodes that fit both.

    Raises:
        UnsatisfiableSpecError: there are none.
    """
    if left is right or right.is_empty:
        return left
    if left.is_empty:
        return right
    reason = clash(left, right)
    if reason is not None:
        raise UnsatisfiableSpecError(str(left), str(right), reason)
    return _both(left, right)


def _both(left: Spec, right: Spec) -> Spec:
    return replace(
        left,
        name=left.name or right.name,
        namespace=left.namespace or right.namespace,
        version_text=_both_versions(left, right),
        variants=_both_named(left.variants, right.variants),
        flags=_both_named(left.flags, right.flags),
        platform=left.platform or right.platform,
        os=left.os or right.os,
        target=target_intersection(left.target, right.target),
        hash=max(left.hash, right.hash, key=len),
        edges=_both_edges(left, right),
    )


def _both_versions(left: Spec, right: Spec) -> str:
    if not right.version_text or left.version_text == right.version_text:
        return left.version_text
    if not left.version_text:
        return right.version_text
    return str(left.versions.intersection(right.versions))


def _both_named(left: tuple[_Named, ...], right: tuple[_Named, ...]) -> tuple[_Named, ...]:
    """What both say of variants or flags, by name."""
    if not right or left == right:
        return left
    found = {each.name: each for each in left}
    for each in right:
        mine = found.get(each.name)
        found[each.name] = each if mine is None else mine.constrain(each)
    return tuple([found[name] for name in sorted(found)])


def _both_edges(left: Spec, right: Spec) -> tuple[EdgeConstraint, ...]:
    if not right.edges or left.edges == right.edges:
        return left.edges
    if not left.edges:
        return right.edges
    added = [edge for edge in right.edges if edge.propagate or not implies_edge(left, edge)]
    return normal_edges([*left.edges, *added])


def normal_edges(edges: Iterable[EdgeConstraint]) -> tuple[EdgeConstraint, ...]:
    """Edges in the one form that a spec has them in.

    Edges that another one implies are dropped, edges to the same dependency under the same condition are made one,
    and the rest is sorted: direct ones first, then by name and text.

    Raises:
        UnsatisfiableSpecError: two unconditional edges contradict each other.
    """
    found = list(edges)
    if len(found) < 2:
        return tuple(found)
    found = _minimal(found)
    merged: dict[object, EdgeConstraint] = {}
    for edge in found:
        key: object = (edge.spec.name, edge.direct, edge.when) if edge.spec.name else edge
        mine = merged.get(key)
        if mine is None:
            merged[key] = edge
        elif edge.when is not None and clash(mine.spec, edge.spec) is not None:
            merged[edge] = edge
        else:
            merged[key] = _both_edge(mine, edge)
    found = list(merged.values())
    _check_virtuals(found)
    return tuple(sorted(_minimal(found), key=edge_order))


def _minimal(edges: list[EdgeConstraint]) -> list[EdgeConstraint]:
    """Without those that another one implies; of two that imply each other the first stays."""
    kept: list[EdgeConstraint] = []
    for edge in edges:
        if any(edge_satisfies(other, edge) and (other.propagate or not edge.propagate) for other in kept):
            continue
        kept = [other for other in kept if not edge_satisfies(edge, other) or (other.propagate and not edge.propagate)]
        kept.append(edge)
    return kept


def _check_virtuals(edges: list[EdgeConstraint]) -> None:
    sources: dict[str, EdgeConstraint] = {}
    for edge in edges:
        if edge.direct and edge.when is None and edge.spec.name:
            for virtual in edge.virtuals:
                other = sources.setdefault(virtual, edge)
                if other.spec.name != edge.spec.name:
                    reason = f"'{virtual}' comes either from '{other.spec.name}' or from '{edge.spec.name}'"
                    raise UnsatisfiableSpecError(str(other), str(edge), reason)


def edge_order(edge: EdgeConstraint) -> tuple[bool, str, str]:
    """Sort key of the edges of a spec."""
    return (not edge.direct, edge.spec.name, str(edge))


def _both_edge(left: EdgeConstraint, right: EdgeConstraint) -> EdgeConstraint:
    types = {*left.types, *right.types}
    return replace(
        left,
        spec=constrain(left.spec, right.spec),
        virtuals=tuple(sorted({*left.virtuals, *right.virtuals})),
        types=tuple([kind for kind in ("link", "run", "build", "test") if kind in types]),
        propagate=left.propagate or right.propagate,
    )


def _variant_words(variant: VariantConstraint) -> str:
    if variant.is_boolean:
        return f"{'+' if variant.values == ('true',) else '~'}{variant.name}"
    return f"{variant.name}{':=' if variant.exact else '='}{','.join(variant.values) or '*'}"
