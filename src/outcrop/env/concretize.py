"""From requests to one concrete, hashed graph: gathers what the solver needs, and completes what it answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.events import Event
from outcrop.config import ConcretizerSection
from outcrop.env.context import Context
from outcrop.env.decided import compilers, pinned, with_decided
from outcrop.env.defaults import DEFAULT_PROVIDERS, unbuildable_by_default
from outcrop.env.inspection import Inspection
from outcrop.env.lock import Lock
from outcrop.env.reuse import (
    Reuse,
    installed_choices,
    kept_back,
    older_recipes,
    resolve_hashes,
    reuse_policy,
)
from outcrop.env.targets import allowed_targets
from outcrop.spec import Spec
from outcrop.spec.graph import Draft, Graph, PatchSource, seal_graph
from outcrop.spec.match import Lines, node_satisfies

if TYPE_CHECKING:
    from outcrop.solve import InstalledChoice, Problem, Reason, Solution


class Concretized(msgspec.Struct, frozen=True):
    """A concrete graph; ``roots`` has one hash for each request, in their order. ``recipes`` maps recipe hashes to
    texts, ``hashes`` the ids of the solver's drafts to the nodes' hashes; ``older`` are nodes that were installed with
    a recipe that has changed since, each with the recipe hash that a build would have."""

    graph: Graph
    roots: tuple[str, ...]
    reasons: dict[str, Reason] = {}
    recipes: dict[str, str] = {}
    hashes: dict[str, str] = {}
    older: dict[str, str] = {}

    @classmethod
    def of_lock(cls, lock: Lock, groups: Collection[str] = ()) -> Concretized:
        """What a lock holds, in groups if any are named; nobody remembers the reasons."""
        graph = lock.graph()
        if groups:
            graph = graph.subgraph(lock.hashes(groups))
        return cls(graph, tuple(root.hash for root in lock.roots if not groups or root.group in groups))

    def keep_recipes(self, context: Context) -> None:
        """Store the recipes as they were used, so that a later difference can be shown."""
        for key, text in self.recipes.items():
            context.store.keep_recipe(key, text)


def make_problem(
    context: Context,
    requests: Sequence[Spec],
    *,
    tests: frozenset[str] = frozenset(),
    reuse: Reuse | None = None,
    without: Collection[str] = (),
    decided: Graph | None = None,
) -> Problem:
    """Everything a solve depends on besides the recipes.

    Args:
        context: has configuration, host and store.
        requests: what is asked for; hashes in it must be whole.
        tests: names of packages whose test dependencies are wanted.
        reuse: what the command line says about reuse of what is installed.
        without: hashes of what may not be reused.
        decided: see :func:`concretize`.

    Raises:
        InputError: the configuration is wrong, or names an external that is gone.
    """
    from outcrop.env.externals import external_choices
    from outcrop.env.rules import EXPECTED_COPIES, copies, mixing, package_rules
    from outcrop.solve import Problem

    host = context.host
    concretizer = context.configuration.section("concretizer", ConcretizerSection, ConcretizerSection())
    targets = allowed_targets(host, concretizer.targets)
    policy = reuse_policy(context.configuration, reuse)
    externals = tuple(external_choices(context))
    return Problem(
        requests=tuple(requests),
        platform=host.platform,
        os=host.os,
        target=targets.target,
        targets=targets.allowed,
        host_target=host.target,
        target_facts=host.known_targets,
        os_compatible={name: tuple(others) for name, others in concretizer.os_compatible.items()},
        externals=externals,
        packages=unbuildable_by_default(package_rules(context.configuration, externals)),
        unify=concretizer.unify,
        tests=tests,
        default_providers=DEFAULT_PROVIDERS,
        build_compilers=False,
        copies=copies(concretizer),
        expected_copies=EXPECTED_COPIES,
        compiler_mixing=mixing(concretizer),
        installed=with_decided(installed_choices(context, requests, policy, without=without), decided),
        reuse_roots=policy.roots,
    )


def concretize(
    context: Context,
    requests: Sequence[Spec],
    *,
    tests: frozenset[str] = frozenset(),
    inspection: Inspection | None = None,
    reuse: Reuse | None = None,
    current: bool = False,
    decided: Graph | None = None,
) -> Concretized:
    """Solve requests together; what is installed is reused as the configuration says.

    Args:
        tests: names of packages whose test dependencies are wanted.
        inspection: watches the solve.
        reuse: what the command line says about reuse; it wins.
        current: reuse nothing whose recipe has changed since it was installed.
        decided: what other requests have come to: its roots and what they link to and run may be reused as if they were
            installed, whatever is said about reuse, and a compiler among them is the one that requests mean.

    Raises:
        HashError: a request has a hash that names nothing usable.
        UnsatisfiableError: with the smallest set of requests and recipe lines that clash.
        UnknownPackageError: with near misses.
    """
    if not requests:
        return Concretized(Graph({}, ()), ())
    from outcrop.env.externals import check_pythons

    watch = inspection or Inspection()
    requests = resolve_hashes(context.store, requests)
    without: set[str] = set()
    settled = decided.nodes.keys() if decided is not None else frozenset()
    while True:
        with watch.part("setup"):
            problem = make_problem(context, requests, tests=tests, reuse=reuse, without=without, decided=decided)
        solution = _solved(context, watch, problem, decided)
        with watch.part("hashes"):
            answer = complete(context, solution, problem.installed)
        asked = {spec.hash for request in requests for spec in request.walk() if spec.hash in answer.graph}
        older = answer.older.keys() - answer.graph.closure(asked) - settled
        if not current or older <= without:
            break
        without |= older
    check_pythons(context, answer.graph)
    for line in kept_back(answer, settled):
        context.reporter.report(Event("solve.kept", text=line))
    return answer


def _solved(context: Context, watch: Inspection, problem: Problem, decided: Graph | None) -> Solution:
    """A solution with the compilers of ``decided`` where those are meant; where there is none, with any."""
    from outcrop.solve import UnsatisfiableError

    meant = pinned(problem, decided, compilers(context, decided)) if decided is not None else problem
    if meant == problem:
        return watch.solve(problem, context.repositories)
    try:
        return watch.solve(meant, context.repositories)
    except UnsatisfiableError:
        return watch.solve(problem, context.repositories)


def _patches_of_dependents(context: Context, graph: Graph, key: str, lines: Lines | None) -> tuple[PatchSource, ...]:
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
                lambda when, parent=parent: node_satisfies(graph, parent, when, lines=lines),  # type: ignore[misc]  # bound in the loop
                lambda when: node_satisfies(graph, key, when, lines=lines),
            ):
                found.setdefault(patch.sha256, patch)
    return tuple(found.values())


def _target_lines(context: Context, graph: Graph) -> Lines | None:
    """The ancestors of the machine's family of targets; None if some node has a target outside it."""
    lines = {name: facts.ancestors for name, facts in context.host.known_targets.items()}
    return lines if all(node.target in lines for node in graph.nodes.values()) else None


def complete(context: Context, solution: Solution, installed: Sequence[InstalledChoice] = ()) -> Concretized:
    """Add recipe hashes, sources and patches to what the solver answered, and hash it. What is reused stays as it was
    recorded, with everything it was built with.

    Conditions are evaluated on a provisional graph: the same one without what is added here.
    """
    # 25 ms that commands which solve nothing do without.
    from outcrop.repo.sources import patches_for, sources_for

    drafts, reused = solution.drafts, solution.reused
    idents = sorted(drafts)
    provisional = seal_graph(drafts, idents)
    lines = _target_lines(context, provisional)
    key_of = dict(zip(idents, provisional.roots, strict=True))
    completed: dict[str, Draft] = {}
    recipes: dict[str, str] = {}
    for ident, draft in drafts.items():
        node = draft.node
        if node.is_external or ident in reused:
            completed[ident] = draft
            continue
        key = key_of[ident]

        def satisfies(when: Spec, key: str = key) -> bool:
            return node_satisfies(provisional, key, when, lines=lines)

        model = context.repositories.model(f"{node.namespace}.{node.name}")
        recipe, text = context.repositories.recipe(model, node.version, satisfies)
        recipes[recipe] = text
        full = msgspec.structs.replace(
            node,
            recipe=recipe,
            sources=sources_for(model, node.version, satisfies),
            patches=patches_for(model, satisfies) + _patches_of_dependents(context, provisional, key, lines),
        )
        completed[ident] = Draft(node=full, edges=draft.edges)
    recorded = {choice.hash: choice.node for choice in installed} if reused else {}
    sealed = seal_graph(completed, idents, made=reused, known=recorded)
    keys = dict(zip(idents, sealed.roots, strict=True))
    graph = sealed.subgraph(keys[root] for root in solution.roots)
    kept = graph.closure(key for key in reused.values() if key in graph)
    return Concretized(
        graph,
        tuple(keys[root] for root in solution.roots),
        {keys[ident]: reason for ident, reason in solution.reasons.items()},
        recipes,
        keys,
        older_recipes(context, graph, kept),
    )
