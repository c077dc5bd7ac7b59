"""An independent check of an answer of the solver: reads recipe declarations and the drafts, knows nothing of how
they were found.

:func:`complaints` evaluates every condition, looks for every dependency, and asks of every edge, variant and
version who allowed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from outcrop.repo.model import DependencyDecl, PackageModel, VariantDecl
from outcrop.solve import ExternalChoice, ModelSource, PackageRules, Problem, Rule, Solution
from outcrop.spec import EdgeConstraint, Spec, make_version
from outcrop.spec.graph import Draft, DraftEdge
from outcrop.spec.targets import target_satisfies
from support.verify_compilers import LANGUAGES, follows_a_compiler, injected, runtime_rules, targets


def complaints(problem: Problem, models: ModelSource, solution: Solution) -> list[str]:
    """Everything that is wrong with ``solution``; empty if nothing is."""
    if len(solution.roots) != len(problem.requests):
        return [f"{len(solution.roots)} roots for {len(problem.requests)} requests"]
    found: list[str] = []
    reached: set[str] = set()
    groups = [list(solution.roots)] if problem.unify is True else [[root] for root in solution.roots]
    for roots in groups:
        checker = Checker(problem, models, solution.drafts, roots)
        reached.update(checker.graph)
        found.extend(checker.all())
    for request, root in zip(problem.requests, solution.roots, strict=True):
        checker = Checker(problem, models, solution.drafts, [root])
        if not checker.fits(root, request, anywhere=True):
            found.append(f"{root} is no answer to {request}")
        found.extend(checker.asked_of_all(request))
    found.extend(f"{ident} is reached from no root" for ident in solution.drafts if ident not in reached)
    found.extend(f"{ident} has no reason" for ident in solution.drafts if ident not in solution.reasons)
    return found


def _is_runtime(edge: DraftEdge) -> bool:
    return not {"link", "run"}.isdisjoint(edge.types)


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


class Checker:
    """One graph, and what is asked of it."""

    def __init__(self, problem: Problem, models: ModelSource, drafts: Mapping[str, Draft], roots: list[str]) -> None:
        self.problem = problem
        self.models = models
        self.drafts = drafts
        self.roots = roots
        self.graph: dict[str, None] = {}
        stack = list(roots)
        while stack:
            ident = stack.pop()
            if ident not in self.graph:
                self.graph[ident] = None
                stack.extend(edge.target for edge in drafts[ident].edges)
        self.founded: set[tuple[str, str]] | None = None
        """(dependent, dependency) of the edges that ``below`` may follow; ``None``: all."""

    def model(self, ident: str) -> PackageModel:
        return self.models.model(self.drafts[ident].node.name)

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
        if (spec.platform and spec.platform != node.platform) or (spec.os and spec.os != node.os):
            return False
        if spec.target and not target_satisfies(node.target, spec.target):
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
        for ident in self.graph:
            node = self.drafts[ident].node
            if node.external is None:
                yield from self.version(ident)
                yield from self.dependencies(ident)
                yield from self.rules(ident)
                yield from runtime_rules(self, ident)
                yield from targets(self, ident)
            else:
                yield from self.external(ident)
            yield from self.variants(ident)
            yield from self.configuration(ident)

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
            seen: set[str] = set()
            for edge in self.drafts[ident].edges:
                kinds = {"link", "run"} if _is_runtime(edge) else {"run"}
                seen |= {edge.target} | self._runtime_closure(edge.target, kinds)
            for name in _twice(self.drafts[other].node.name for other in seen):
                if name not in mixed:
                    yield f"the build of {ident} sees more than one {name}"

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
                if self.drafts[ident].node.name == edge.spec.name and not self.fits(ident, edge.spec, anywhere=True):
                    yield f"{ident} is not {edge.spec}, as {request} asks"

    def reasons(self) -> Iterator[str]:
        """Every edge must follow from recipe lines that do not need the edge itself: ``depends_on("x", when="^x")``."""
        pending = [
            (ident, declaration)
            for ident in self.graph
            if self.drafts[ident].node.external is None
            for declaration in self._lines(ident)
        ]
        self.founded = {
            (ident, edge.target)
            for ident in self.graph
            if self.drafts[ident].node.external is not None
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
        said += [spec for rule in self._rules(dependent).require for spec in rule.specs]
        edges = [edge for spec in said for edge in spec.edges if edge.spec.name == name]
        return any(virtual in edge.virtuals if edge.virtuals else edge.direct for edge in edges)

    def version(self, ident: str) -> Iterator[str]:
        node, model = self.drafts[ident].node, self.model(ident)
        declared = {decl.version: decl for decl in model.versions}
        if follows_a_compiler(self, ident):
            return
        if node.version not in declared:
            asked = any(
                node.version in spec.version_text for request in self.problem.requests for spec in request.walk()
            )
            if not asked:
                yield f"{ident} has a version nobody declared: {node.version}"
        elif declared[node.version].deprecated:
            asked = any(
                spec.name == node.name and spec.version_text and spec.versions.includes(make_version(node.version))
                for request in self.problem.requests
                for spec in request.walk()
            )
            # A compiler may be built that has a language more than the machine's own of that version.
            languages = {item.name for line in model.provides for item in line.virtuals} & {"c", "cxx", "fortran"}
            known = {external.version for external in self.problem.externals if external.name == node.name}
            if not asked and not (languages and node.version in known):
                yield f"{ident} has a deprecated version nobody asked for"
        buildable = self._rules(node.name).buildable
        if buildable is None:
            buildable = self._rules("all").buildable is not False
        if not buildable or not model.buildable:
            yield f"{ident} is built but not buildable"

    def external(self, ident: str) -> Iterator[str]:
        draft = self.drafts[ident]
        fitting = [choice for choice in self.problem.externals if self._is(choice, draft)]
        if not fitting:
            yield f"{ident} is an external nobody named"
            return
        if not any(self._external_edges(draft, choice) for choice in fitting):
            yield f"{ident}: edges of an external that it does not have"

    def _is(self, choice: ExternalChoice, draft: Draft) -> bool:
        node = draft.node
        if (choice.name, choice.version, choice.external) != (node.name, node.version, node.external):
            return False
        return all(fact.name not in node.variants or fact.admits(node.variants[fact.name]) for fact in choice.variants)

    def _external_edges(self, draft: Draft, choice: ExternalChoice) -> bool:
        if len(draft.edges) != len({dependency.spec.name for dependency in choice.dependencies}):
            return False
        return all(
            any(self.fits(edge.target, dependency.spec) for edge in draft.edges) for dependency in choice.dependencies
        )

    def variants(self, ident: str) -> Iterator[str]:
        node, model = self.drafts[ident].node, self.model(ident)
        active: dict[str, VariantDecl] = {}
        for declaration in model.variants:
            if self.fits(ident, declaration.when):
                active[declaration.name] = declaration
        yield from (f"{ident} has no variant {name}" for name in active if name not in node.variants)
        for name, answer in node.variants.items():
            found = active.get(name)
            if found is None:
                yield f"{ident} has a variant {name} that does not apply"
                continue
            shape = bool if found.kind == "bool" else tuple if found.kind == "multi" else str
            if not isinstance(answer, shape) or answer == ():
                yield f"{ident}: {name} is {answer!r}"
                continue
            if found.kind == "bool" or node.external is not None:
                continue
            values = answer if isinstance(answer, tuple) else (str(answer),)
            yield from self._values(ident, found, values)

    def _values(self, ident: str, found: VariantDecl, values: tuple[str, ...]) -> Iterator[str]:
        guards = {value.value: value for value in found.values}
        for value in values:
            guard = guards.get(value)
            if guard is None:
                if not found.open and value not in found.default:
                    yield f"{ident}: {found.name}={value} is no value"
            elif guard.never or (guard.when is not None and not self.fits(ident, guard.when)):
                yield f"{ident}: {found.name}={value} does not apply"
        if found.sets and not any(set(values) <= set(group) for group in found.sets):
            yield f"{ident}: {found.name}={values} lies in no allowed group"

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
                fitting = [edge for edge in edges if self.fits(edge.target, declaration.spec)]
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
        return self.provides(ident, spec) and self.fits(ident, spec.named("").with_versions(""))

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

    def configuration(self, ident: str) -> Iterator[str]:
        node, model = self.drafts[ident].node, self.model(ident)
        defined = {declaration.name for declaration in model.variants}
        own, general = self._rules(node.name), self._rules("all")

        def speaking(rule: Rule, *, everywhere: bool) -> list[Spec]:
            return [
                spec
                for spec in rule.specs
                if spec.name in ("", node.name)
                and not (everywhere and any(variant.name not in defined for variant in spec.variants))
            ]

        for rule in own.require or general.require:
            specs = speaking(rule, everywhere=not own.require)
            if specs and self.fits(ident, rule.when):
                count = sum(self.fits(ident, spec) for spec in specs)
                if count == 0 or (rule.policy == "one_of" and count != 1):
                    yield f"{ident}: configuration requires {[str(spec) for spec in specs]}"
        for rules, everywhere in ((own, False), (general, True)):
            for rule in rules.conflict:
                if self.fits(ident, rule.when) and any(
                    self.fits(ident, spec) for spec in speaking(rule, everywhere=everywhere)
                ):
                    yield f"{ident}: configuration excludes it"

    def _rules(self, name: str) -> PackageRules:
        return self.problem.packages.get(name, PackageRules())
