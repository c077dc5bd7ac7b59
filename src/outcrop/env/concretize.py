"""From requests to one concrete, hashed graph: gathers what the solver needs, and completes what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from outcrop.config import ConcretizerSection
from outcrop.env.context import Context
from outcrop.env.lock import Lock
from outcrop.spec import Spec
from outcrop.spec.graph import Draft, Graph, PatchSource, seal_graph
from outcrop.spec.match import node_satisfies

if TYPE_CHECKING:
    from outcrop.solve import Problem, Reason

DEFAULT_PROVIDERS: dict[str, tuple[str, ...]] = {
    "awk": ("gawk",),
    "blas": ("openblas",),
    "c": ("gcc", "llvm"),
    "cxx": ("gcc", "llvm"),
    "fortran": ("gcc", "llvm"),
    "gl": ("glx", "osmesa"),
    "iconv": ("libiconv",),
    "java": ("openjdk",),
    "jpeg": ("libjpeg-turbo",),
    "lapack": ("openblas",),
    "libc": ("glibc", "musl"),
    "mpi": ("openmpi", "mpich"),
    "pkgconfig": ("pkgconf",),
    "rpc": ("libtirpc",),
    "scalapack": ("netlib-scalapack",),
    "szip": ("libaec",),
    "tbb": ("intel-oneapi-tbb", "intel-tbb"),
    "uuid": ("util-linux-uuid",),
    "yacc": ("bison",),
    "zlib-api": ("zlib-ng", "zlib"),
}
"""The providers that public recipes are tested with, where the configuration names none."""


@dataclass(frozen=True, slots=True)
class Concretized:
    """A concrete graph; ``roots`` has one hash for each request, in their order. ``recipes`` maps recipe hashes to
    texts."""

    graph: Graph
    roots: tuple[str, ...]
    reasons: dict[str, Reason] = field(default_factory=dict)
    recipes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_lock(cls, lock: Lock) -> Concretized:
        """What a lock holds; nobody remembers the reasons."""
        return cls(lock.graph(), tuple(root.hash for root in lock.roots))

    def keep_recipes(self, context: Context) -> None:
        """Store the recipes as they were used, so that a later difference can be shown."""
        for key, text in self.recipes.items():
            context.store.keep_recipe(key, text)


def make_problem(context: Context, requests: Sequence[Spec], *, tests: frozenset[str] = frozenset()) -> Problem:
    """Everything a solve depends on besides the recipes.

    Raises:
        InputError: the configuration is wrong, or names an external that is gone.
    """
    from outcrop.env.externals import external_choices
    from outcrop.env.rules import package_rules
    from outcrop.solve import Problem

    host = context.host
    concretizer = context.configuration.section("concretizer", ConcretizerSection, ConcretizerSection())
    return Problem(
        requests=tuple(requests),
        platform=host.platform,
        os=host.os,
        target=host.target,
        targets=tuple(host.targets),
        externals=tuple(external_choices(context)),
        packages=package_rules(context.configuration),
        unify=concretizer.unify,
        tests=tests,
        default_providers=DEFAULT_PROVIDERS,
    )


def concretize(context: Context, requests: Sequence[Spec], *, tests: frozenset[str] = frozenset()) -> Concretized:
    """Solve requests together.

    Args:
        tests: names of packages whose test dependencies are wanted.

    Raises:
        UnsatisfiableError: with the smallest set of requests and recipe lines that clash.
        UnknownPackageError: with near misses.
    """
    if not requests:
        return Concretized(Graph({}, ()), ())
    from outcrop.env.externals import check_pythons
    from outcrop.solve import solve

    problem = make_problem(context, requests, tests=tests)
    solution = solve(problem, context.repositories)
    answer = complete(context, solution.drafts, solution.roots, dict(solution.reasons))
    check_pythons(context, answer.graph)
    return answer


def _patches_of_dependents(context: Context, graph: Graph, key: str) -> tuple[PatchSource, ...]:
    """Patches that packages which depend on a node want applied to it, by the dependents' names."""
    from outcrop.repo.sources import patches_for_dependency  # as in complete()

    found: dict[str, PatchSource] = {}
    for edge, parent, dependent in graph.dependents(key):
        if dependent.is_external:
            continue
        model = context.repositories.model(f"{dependent.namespace}.{dependent.name}")
        for name in (graph[key].name, *edge.virtuals):
            for patch in patches_for_dependency(
                model,
                name,
                lambda when, parent=parent: node_satisfies(graph, parent, when),  # type: ignore[misc]  # bound in the loop
                lambda when: node_satisfies(graph, key, when),
            ):
                found.setdefault(patch.sha256, patch)
    return tuple(found.values())


def complete(
    context: Context, drafts: dict[str, Draft], roots: Sequence[str], reasons: dict[str, Reason]
) -> Concretized:
    """Add recipe hashes, sources and patches to what the solver answered, and hash it.

    Conditions are evaluated on a provisional graph: the same one without what is added here.
    """
    # 25 ms that commands which solve nothing do without.
    from outcrop.repo.sources import patches_for, sources_for

    idents = sorted(drafts)
    provisional = seal_graph(drafts, idents)
    key_of = dict(zip(idents, provisional.roots, strict=True))
    completed: dict[str, Draft] = {}
    recipes: dict[str, str] = {}
    for ident, draft in drafts.items():
        node = draft.node
        if node.is_external:
            completed[ident] = draft
            continue
        key = key_of[ident]

        def satisfies(when: Spec, key: str = key) -> bool:
            return node_satisfies(provisional, key, when)

        model = context.repositories.model(f"{node.namespace}.{node.name}")
        recipe, text = context.repositories.recipe(model, node.version, satisfies)
        recipes[recipe] = text
        full = msgspec.structs.replace(
            node,
            recipe=recipe,
            sources=sources_for(model, node.version, satisfies),
            patches=patches_for(model, satisfies) + _patches_of_dependents(context, provisional, key),
        )
        completed[ident] = Draft(node=full, edges=draft.edges)
    sealed = seal_graph(completed, idents)
    keys = dict(zip(idents, sealed.roots, strict=True))
    return Concretized(
        sealed.subgraph(keys[root] for root in roots),
        tuple(keys[root] for root in roots),
        {keys[ident]: reason for ident, reason in reasons.items()},
        recipes,
    )
