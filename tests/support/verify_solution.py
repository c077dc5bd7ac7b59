"""An independent check of an answer of the solver: reads recipe declarations and the drafts, knows nothing of how
they were found.

:func:`complaints` evaluates every condition, looks for every dependency, and asks of every edge, variant, flag and
version who allowed it; and of what is reused whether it is what was recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from outcrop.base.errors import OutcropError
from outcrop.repo.model import DependencyDecl, PackageModel
from outcrop.solve import ModelSource, PackageRules, Problem, Solution
from outcrop.spec import EdgeConstraint, Spec, make_version
from outcrop.spec.graph import Draft, DraftEdge
from outcrop.spec.targets import HOST_WORDS, target_satisfies
from support import verify_asked, verify_nodes, verify_reuse
from support.verify_asked import Asked
from support.verify_compilers import LANGUAGES, injected, runtime_rules, systems, targets, without_flags
from support.verify_configuration import configuration, providers_allowed


def complaints(problem: Problem, models: ModelSource, solution: Solution) -> list[str]:
    """Everything that is wrong with ``solution``; empty if nothing is."""
    if len(solution.roots) != len(problem.requests):
        return [f"{len(solution.roots)} roots for {len(problem.requests)} requests"]
    found = _wrong(problem, models, solution)
    reached: set[str] = set()
    for checker in _checkers(problem, models, solution):
        reached.update(checker.graph)
        for ident in () if found or not checker.alone else checker.graph:
            for better, words in verify_asked.could_take(checker, ident):
                changed = msgspec.structs.replace(solution, drafts={**solution.drafts, ident: better})
                if not _wrong(problem, models, changed):
                    found.append(words)
    found.extend(f"{ident} is reached from no root" for ident in solution.drafts if ident not in reached)
    found.extend(f"{ident} has no reason" for ident in solution.drafts if ident not in solution.reasons)
    return found


def _checkers(problem: Problem, models: ModelSource, solution: Solution) -> Iterator[Checker]:
    pairs = list(zip(problem.requests, solution.roots, strict=True))
    for requested in [pairs] if problem.unify is True else [[pair] for pair in pairs]:
        yield Checker(
            problem,
            models,
            solution.drafts,
            [root for _, root in requested],
            reused=solution.reused,
            requested=requested,
            alone=problem.unify != "when_possible",
        )


def _wrong(problem: Problem, models: ModelSource, solution: Solution) -> list[str]:
    found = [words for checker in _checkers(problem, models, solution) for words in checker.all()]
    for request, root in zip(problem.requests, solution.roots, strict=True):
        checker = Checker(problem, models, solution.drafts, [root], reused=solution.reused)
        if not checker.fits(root, without_flags(request), anywhere=True):
            found.append(f"{root} is no answer to {request}")
        found.extend(checker.asked_of_all(request))
    return found


def _is_runtime(edge: DraftEdge) -> bool:
    return not {"link", "run"}.isdisjoint(edge.types)


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


class Checker:
    """One graph, and what is asked of it."""

    def __init__(
        self,
        problem: Problem,
        models: ModelSource,
        drafts: Mapping[str, Draft],
        roots: list[str],
        *,
        reused: Mapping[str, str] | None = None,
        requested: Iterable[tuple[Spec, str]] = (),
        alone: bool = True,
    ) -> None:
        """``requested`` are the requests with their roots; ``alone`` says that nobody else asks anything here."""
        self.problem = problem
        self.models = models
        self.drafts = drafts
        self.roots = roots
        self.reused = reused or {}
        self.requested = list(requested)
        self.alone = alone
        self.graph: dict[str, None] = {}
        stack = list(roots)
        while stack:
            ident = stack.pop()
            if ident not in self.graph:
                self.graph[ident] = None
                stack.extend(edge.target for edge in drafts[ident].edges)
        self.founded: set[tuple[str, str]] | None = None
        """(dependent, dependency) of the edges that ``below`` may follow; ``None``: all."""

        self._linked: dict[str, set[str]] = {}

    @cached_property
    def asks(self) -> list[Asked]:
        """Everything that somebody asks of nodes of this graph."""
        return verify_asked.everything_asked(self)

    @cached_property
    def recorded(self) -> Checker:
        """Everything installed as it was recorded, build dependencies and all."""
        return Checker(self.problem, self.models, verify_reuse.recorded_graph(self.problem.installed), [])

    def model(self, ident: str) -> PackageModel:
        name = self.drafts[ident].node.name
        if ident not in self.reused and self.graph:
            return self.models.model(name)
        try:
            return self.models.model(name)
        except OutcropError:
            # Its recipe may be gone.
            return PackageModel(name=name, namespace="", class_name="", file="", line=0, buildable=False)

    def linked_below(self, ident: str) -> set[str]:
        """What link and run edges reach."""
        if ident not in self._linked:
            self._linked[ident] = self._runtime_closure(ident)
        return self._linked[ident]

    # -- whether a node fits a spec -----------------------------------------------------------------------------

    def fits(self, ident: str, spec: Spec, *, anywhere: bool = False) -> bool:
        """``anywhere`` lets ``^`` follow edges of every type."""
        node = self.drafts[ident].node
        if spec.name and spec.name != node.name:
            if spec.name not in self.provided(ident):
                return False
            if spec.version_text and not self.provides(ident, spec):
                return False
        elif spec.version_text and not spec.versions.includes(make_version(node.version)):
            return False
        if spec.namespace and spec.namespace != node.namespace:
            return False
        host = self.problem.os, self.problem.target
        system = host[0] if spec.os in HOST_WORDS else spec.os
        if (spec.platform and spec.platform != node.platform) or (system and system != node.os):
            return False
        target = ",".join(host[1] if item in HOST_WORDS else item for item in spec.target.split(","))
        if target and not target_satisfies(node.target, target):
            return False
        if spec.hash and not (verify_reuse.hash_of(self, ident) or ident).startswith(spec.hash):
            return False
        for variant in spec.variants:
            answer = node.variants.get(variant.name)
            if answer is None or not variant.admits(answer):
                return False
        if any(not flag.admits(node.flags.get(flag.name, ())) for flag in spec.flags):
            return False
        return all(self.has(ident, edge, anywhere=anywhere) for edge in spec.edges)

    def has(self, ident: str, wanted: EdgeConstraint, *, anywhere: bool) -> bool:
        if wanted.when is not None and not self.fits(ident, wanted.when):
            return True
        if wanted.propagate:
            return verify_asked.passes(self, ident, wanted)
        if ident in self.reused and verify_reuse.was_built_with(self, ident, wanted, anywhere=anywhere):
            return True
        name = wanted.spec.name
        for edge in self.below(ident, direct=wanted.direct, anywhere=anywhere):
            if not set(edge.virtuals).issuperset(wanted.virtuals) or not set(edge.types).issuperset(wanted.types):
                continue
            if self.models.is_virtual(name) and name not in edge.virtuals:
                continue
            if self.fits(edge.target, wanted.spec, anywhere=anywhere):
                return True
        return False

    def below(self, ident: str, *, direct: bool, anywhere: bool) -> Iterator[DraftEdge]:
        edges = self.edges(ident)
        yield from edges
        if direct:
            return
        follow = [edge for edge in edges if anywhere or _is_runtime(edge)]
        seen: set[str] = set()
        while follow:
            edge = follow.pop()
            if edge.target in seen:
                continue
            seen.add(edge.target)
            for further in self.edges(edge.target):
                if anywhere or _is_runtime(further):
                    yield further
                    follow.append(further)

    def edges(self, ident: str) -> list[DraftEdge]:
        found = self.drafts[ident].edges
        return found if self.founded is None else [edge for edge in found if (ident, edge.target) in self.founded]

    def provided(self, ident: str) -> set[str]:
        return {
            spec.name
            for declaration in self.model(ident).provides
            if self.fits(ident, declaration.when)
            for spec in declaration.virtuals
        }

    def provides(self, ident: str, wanted: Spec) -> bool:
        return any(
            spec.name == wanted.name and spec.versions.intersects(wanted.versions)
            for declaration in self.model(ident).provides
            if self.fits(ident, declaration.when)
            for spec in declaration.virtuals
        )

    # -- whether a graph is right -------------------------------------------------------------------------------

    def all(self) -> Iterator[str]:
        yield from self.copies()
        yield from self.cycles()
        yield from self.shared_virtuals()
        yield from self.reasons()
        yield from verify_reuse.reused_roots(self)
        yield from providers_allowed(self)
        for ident in self.graph:
            if ident in self.reused:
                yield from verify_reuse.reused(self, ident)
            else:
                yield from self.fresh(ident)
            yield from configuration(self, ident)
            if self.alone:
                yield from verify_asked.flags(self, ident)
            yield from verify_asked.passed_down(self, ident)

    def fresh(self, ident: str) -> Iterator[str]:
        """What is built, and externals."""
        if self.drafts[ident].node.external is None:
            yield from verify_nodes.version(self, ident)
            yield from self.dependencies(ident)
            yield from self.rules(ident)
            yield from runtime_rules(self, ident)
            yield from targets(self, ident)
            yield from systems(self, ident)
            yield from verify_asked.mixing(self, ident)
        else:
            yield from verify_nodes.external(self, ident)
        yield from verify_nodes.variants(self, ident)

    def copies(self) -> Iterator[str]:
        """Not too many of a package; one of each in what the roots link to or run, and in what a build sees."""
        counts = Counter(self.drafts[ident].node.name for ident in self.graph)
        for name, count in sorted(counts.items()):
            if count > self._most(name):
                yield f"{count} nodes of {name}"
        several = {name for name, count in counts.items() if count > 1}
        if not several:
            return
        world = set(self.roots).union(*(self._runtime_closure(root) for root in self.roots))
        for name in _twice(self.drafts[ident].node.name for ident in world):
            yield f"the roots have more than one {name}"
        mixed = {name for language in LANGUAGES for name, _ in self.models.providers(language)}
        for ident in self.graph:
            if not self.is_built(ident):
                continue
            seen: set[str] = set()
            for edge in self.drafts[ident].edges:
                kinds = {"link", "run"} if _is_runtime(edge) else {"run"}
                seen |= {edge.target} | self._runtime_closure(edge.target, kinds)
            for name in _twice(self.drafts[other].node.name for other in seen):
                if name not in mixed:
                    yield f"the build of {ident} sees more than one {name}"

    def is_built(self, ident: str) -> bool:
        """Neither outside nor there already."""
        return self.drafts[ident].node.external is None and ident not in self.reused

    def _most(self, name: str) -> int:
        allowed = self.problem.copies
        if name in allowed:
            return allowed[name]
        return allowed.get("tools", 2) if self.models.is_tool(name) else allowed.get("default", 1)

    def _runtime_closure(self, ident: str, kinds: Iterable[str] = ("link", "run")) -> set[str]:
        seen: set[str] = set()
        stack = [ident]
        while stack:
            for edge in self.drafts[stack.pop()].edges:
                if not set(kinds).isdisjoint(edge.types) and edge.target not in seen:
                    seen.add(edge.target)
                    stack.append(edge.target)
        return seen

    def asked_of_all(self, request: Spec) -> Iterator[str]:
        """What a request says of a package below its root holds for every copy there."""
        for edge in request.edges:
            if edge.direct or edge.when is not None or self.models.is_virtual(edge.spec.name):
                continue
            for ident in self.graph:
                named = self.drafts[ident].node.name == edge.spec.name and ident not in self.roots
                if named and not self.fits(ident, without_flags(edge.spec), anywhere=True):
                    yield f"{ident} is not {edge.spec}, as {request} asks"

    def reasons(self) -> Iterator[str]:
        """Every edge must follow from recipe lines that do not need the edge itself: ``depends_on("x", when="^x")``."""
        pending = [
            (ident, declaration) for ident in self.graph if self.is_built(ident) for declaration in self._lines(ident)
        ]
        self.founded = {
            (ident, edge.target)
            for ident in self.graph
            if not self.is_built(ident)
            for edge in self.drafts[ident].edges
        }
        while True:
            holding: list[tuple[str, DependencyDecl]] = []
            waiting: list[tuple[str, DependencyDecl]] = []
            for entry in pending:
                (holding if self.fits(entry[0], entry[1].when) else waiting).append(entry)
            if not holding:
                break
            for ident, declaration in holding:
                for edge in self.drafts[ident].edges:
                    if declaration.spec.name in (self.drafts[edge.target].node.name, *edge.virtuals):
                        self.founded.add((ident, edge.target))
            pending = waiting
        for ident in self.graph:
            for edge in self.drafts[ident].edges:
                if (ident, edge.target) not in self.founded:
                    yield f"{ident} -> {edge.target} is its own reason"
        self.founded = None

    def cycles(self) -> Iterator[str]:
        done: set[str] = set()

        def visit(ident: str, path: tuple[str, ...]) -> Iterator[str]:
            if ident in path:
                yield f"circle {path} -> {ident}"
            elif ident not in done:
                for edge in self.drafts[ident].edges:
                    yield from visit(edge.target, (*path, ident))
                done.add(ident)

        for ident in self.graph:
            yield from visit(ident, ())

    def shared_virtuals(self) -> Iterator[str]:
        providers: dict[str, set[str]] = {}
        for ident in self.graph:
            for edge in self.drafts[ident].edges:
                for virtual in edge.virtuals:
                    name = self.drafts[edge.target].node.name
                    if not self.named_provider(self.drafts[ident].node.name, virtual, name):
                        providers.setdefault(virtual, set()).add(name)
        for virtual, found in providers.items():
            if len(found) > 1 and virtual not in LANGUAGES:
                yield f"{virtual} has several providers: {sorted(found)}"

    def named_provider(self, dependent: str, virtual: str, name: str) -> bool:
        """A request or the configuration names the provider for this very dependent."""
        said = [spec for request in self.problem.requests for spec in request.walk() if spec.name == dependent]
        required = self.rules_of(dependent).require or self.rules_of("all").require
        said += [spec for rule in required for spec in rule.specs if spec.name in ("", dependent)]
        edges = [edge for spec in said for edge in spec.edges if edge.spec.name == name]
        return any(virtual in edge.virtuals if edge.virtuals else edge.direct for edge in edges)

    def dependencies(self, ident: str) -> Iterator[str]:
        draft = self.drafts[ident]
        applying = list(self._applying(ident))
        for declaration, types in applying:
            name = declaration.spec.name
            if self.models.is_virtual(name):
                edges = [edge for edge in draft.edges if name in edge.virtuals]
                fitting = [edge for edge in edges if self._provider_fits(edge.target, declaration.spec)]
            else:
                edges = [edge for edge in draft.edges if self.drafts[edge.target].node.name == name]
                fitting = [edge for edge in edges if self.fits(edge.target, without_flags(declaration.spec))]
            if len(edges) != 1 or not fitting or not set(types) <= set(fitting[0].types):
                yield f"{ident} lacks {declaration.spec} ({','.join(types)}) of {declaration.origin}"
        for edge in draft.edges:
            child = self.drafts[edge.target].node.name
            asked: set[str] = set()
            needed: set[str] = set()
            for declaration, types in applying:
                if declaration.spec.name == child or declaration.spec.name in edge.virtuals:
                    asked.update(types)
                    needed.add(declaration.spec.name)
            if set(edge.types) != asked or not set(edge.virtuals) <= needed:
                wrong = f"asked were {sorted(asked)} {sorted(needed)}"
                yield f"{ident} -> {edge.target} {edge.types} {edge.virtuals}: {wrong}"
            yield from self._together(ident, edge)

    def _applying(self, ident: str) -> Iterator[tuple[DependencyDecl, tuple[str, ...]]]:
        name = self.drafts[ident].node.name
        tested = name in self.problem.tests
        languages: set[str] = set()
        for declaration in self.model(ident).dependencies:
            types = tuple(kind for kind in declaration.types if kind != "test" or tested)
            if types and declaration.spec.name != name and self.fits(ident, declaration.when):
                yield declaration, types
                if "build" in types:
                    languages.update({declaration.spec.name} & LANGUAGES)
        for declaration in injected(self, ident, languages):
            yield declaration, declaration.types

    def _lines(self, ident: str) -> list[DependencyDecl]:
        """All lines that may be the reason of an edge."""
        own = self.model(ident).dependencies
        return [*own, *injected(self, ident, {line.spec.name for line in own} & LANGUAGES)]

    def _provider_fits(self, ident: str, spec: Spec) -> bool:
        return self.provides(ident, spec) and self.fits(ident, without_flags(spec.named("").with_versions("")))

    def _together(self, ident: str, edge: DraftEdge) -> Iterator[str]:
        if not edge.virtuals:
            return
        others = {name for other in self.drafts[ident].edges for name in other.virtuals} - set(edge.virtuals)
        for declaration in self.model(edge.target).provides:
            if self.fits(edge.target, declaration.when):
                group = {spec.name for spec in declaration.virtuals}
                if group & set(edge.virtuals) and group & others:
                    yield f"{ident} takes {sorted(group & others)} from elsewhere than {edge.target}"

    def rules(self, ident: str) -> Iterator[str]:
        model = self.model(ident)
        for conflict in model.conflicts:
            if self.fits(ident, conflict.when) and self.fits(ident, conflict.spec):
                yield f"{ident}: conflict {conflict.origin}"
        for requirement in model.requirements:
            if self.fits(ident, requirement.when):
                count = sum(self.fits(ident, spec) for spec in requirement.specs)
                if count == 0 or (requirement.policy == "one_of" and count != 1):
                    yield f"{ident}: requirement {requirement.origin}"

    def lines_asking(self, ident: str) -> Iterator[tuple[str, Spec]]:
        """(dependency, what is said of it): by lines that apply, of recipes and of externals' entries."""
        edges = self.drafts[ident].edges
        if not self.is_built(ident):
            said = [] if ident in self.reused else verify_nodes.external_lines(self, ident)
            yield from ((edge.target, spec) for spec in said for edge in edges if self._leads_to(edge, spec.name))
            return
        for declaration, _ in self._applying(ident):
            name = declaration.spec.name
            for edge in edges:
                if self.models.is_virtual(name) and name in edge.virtuals:
                    yield edge.target, declaration.spec.named("").with_versions("")
                elif self.drafts[edge.target].node.name == name:
                    yield edge.target, declaration.spec

    def _leads_to(self, edge: DraftEdge, name: str) -> bool:
        return self.drafts[edge.target].node.name == name

    def rules_of(self, name: str) -> PackageRules:
        """The configuration of one package, or of all."""
        return self.problem.packages.get(name, PackageRules())
