"""The rounds of a solve: optimise what is known, expand what the answer needs, until it needs nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from outcrop.solve.circles import find_circles, forbid_circles
from outcrop.solve.clauses import Clauses
from outcrop.solve.decode import decode, explain_nodes, reachable, reused_drafts
from outcrop.solve.doubles import exclude_double, find_doubles
from outcrop.solve.encoding import Encoding, Preference, Slot
from outcrop.solve.engine import Engine, MiniSat
from outcrop.solve.expansion import expand
from outcrop.solve.explain import explain_failure
from outcrop.solve.founded import find_unfounded
from outcrop.solve.frontier import close
from outcrop.solve.kept import find_kept
from outcrop.solve.merge import Part, merge_parts
from outcrop.solve.optimise import Decisions, Optimiser
from outcrop.solve.problem import ModelSource, Problem, Solution, Statistics
from outcrop.solve.requests import Root, collect_mentions, encode_request
from outcrop.solve.search import Searcher
from outcrop.solve.target_rules import wake_all, wake_targets
from outcrop.solve.why import explain_choices

_CLOSINGS = 4
"""After so many answers in which somebody unknown asks for something (a sticky variant, say), nobody unknown does: else
the whole repository would be searched for a package that might.
"""

_RESTARTS = 3
"""After so many, all build tools that are known get their copies at once. That costs time, never a better answer."""


def solve(
    problem: Problem,
    models: ModelSource,
    *,
    engine: Callable[[], Engine] = MiniSat,
    eager: bool = False,
    explain: bool = False,
) -> Solution:
    """The optimum of a problem.

    Args:
        problem: what is asked, and what the machine and the configuration say.
        models: the recipes; only those that matter are read.
        engine: makes SAT engines.
        eager: expand everything that could matter before anything is decided. Slow; the answer is the same.
        explain: say in the choices of the reasons what their criterion was, and what stood in the way of better ones.

    Raises:
        UnsatisfiableError: there is no solution; says why.
        UsageError: a request names no package.
        OutcropError: a requested package has no recipe.
    """
    places = list(range(len(problem.requests)))
    parts: list[Part] = []
    if problem.unify is True:
        if places:
            parts.append(_solve_part(problem, models, places, engine, eager, partial=False, explain=explain))
    elif problem.unify is False:
        parts.extend(
            _solve_part(problem, models, [place], engine, eager, partial=False, explain=explain) for place in places
        )
    else:
        while places:
            part = _solve_part(problem, models, places, engine, eager, partial=True, explain=explain)
            parts.append(part)
            places = [place for place in places if place not in part.roots]
    return merge_parts(parts, len(problem.requests))


def _solve_part(
    problem: Problem,
    models: ModelSource,
    places: Sequence[int],
    engine: Callable[[], Engine],
    eager: bool,
    *,
    partial: bool,
    explain: bool = False,
) -> Part:
    """One graph for the requests at ``places``; with ``partial``, for as many of them as possible, earlier ones
    first.
    """
    smaller = msgspec.structs.replace(problem, requests=tuple(problem.requests[place] for place in places))
    several = partial and len(places) > 1
    with _search(smaller, models, engine, eager=eager, partial=several) as (run, found):
        if not found:
            if several:
                # The first request fails on its own: that is what has to be explained.
                return _solve_part(problem, models, places[:1], engine, eager, partial=False)

            def attempt(changed: Problem) -> Solution | None:
                return _attempt(changed, models, engine)

            raise explain_failure(smaller, models, run.encoding, engine, attempt)
        part = run.answer(places)
        if explain:
            included = [root.place for root in run.included()]
            part.reasons = explain_choices(smaller, models, run.encoding, included, part.reasons, engine)
        return part


def _attempt(problem: Problem, models: ModelSource, engine: Callable[[], Engine]) -> Solution | None:
    """The solution of one graph, or ``None``; nothing is explained."""
    with _search(problem, models, engine, eager=False, partial=False) as (run, found):
        places = range(len(problem.requests))
        return merge_parts([run.answer(places)], len(problem.requests)) if found else None


@contextmanager
def _search(
    problem: Problem, models: ModelSource, engine: Callable[[], Engine], *, eager: bool, partial: bool
) -> Iterator[tuple[_Run, bool]]:
    """A finished run, and whether there is a solution.

    It begins with one copy of each package that is not expected to need more, and with the compilers at hand. Where one
    copy makes impossible what a second one of a build tool might not, all starts again with copies of that tool,
    knowing which packages matter; and if there is no solution at all, with copies of everything that may have some, and
    at last, the same way, with compilers that would have to be built.
    """
    raised = frozenset(problem.expected_copies)
    known: list[Slot] = []
    spent = Statistics()
    spare = False
    thrifty = not problem.build_compilers and any(_is_compiler(models, each.name) for each in problem.externals)
    restarts = 0
    while True:
        made = engine()
        try:
            run = _Run(problem, models, made, raised, spare, thrifty, known, eager=eager, partial=partial)
            found = run.search()
            run.spent = spent
            if run.searcher.lifted:
                restarts += 1
                raised |= run.searcher.lifted if restarts < _RESTARTS else run.encoding.singles.keys()
            elif not found and run.encoding.held_back:
                spare = True
            elif not found and thrifty:
                thrifty = spare = False
            else:
                yield run, found
                return
            known = run.encoding.order
            spent = run.statistics()
        finally:
            made.close()


def _is_compiler(models: ModelSource, name: str) -> bool:
    return any(name == provider for provider, _ in models.providers("c"))


class _Run:
    def __init__(
        self,
        problem: Problem,
        models: ModelSource,
        engine: Engine,
        raised: frozenset[str],
        spare: bool,
        thrifty: bool,
        known: Sequence[Slot],
        *,
        eager: bool,
        partial: bool,
    ) -> None:
        self.encoding = Encoding(problem, models, Clauses(engine), raised=raised, spare=spare, thrifty=thrifty)
        self.spent = Statistics()
        self.searcher = Searcher(self.encoding)
        self.rounds = 0
        self.decisions = Decisions()
        self._partial = partial
        self._closed: list[int] = []
        self._closings = 0
        self._fresh: list[Slot] = []
        collect_mentions(self.encoding)
        for request in problem.requests:
            if request.name and not request.hash and not self.encoding.is_virtual(request.name):
                models.model(request.fullname)
        self.roots = [encode_request(self.encoding, place, optional=partial) for place in range(len(problem.requests))]
        for root in self.roots:
            if root.choice is None:
                expand(self.encoding, root.slots[0])
                self._fresh.append(root.slots[0])
        for slot in known:
            expand(self.encoding, slot)
            self._fresh.append(slot)
        if eager:
            self._expand_all()

    def _expand_all(self) -> None:
        while True:
            unknown = [slot for slot, package in list(self.encoding.packages.items()) if not package.expanded]
            if not unknown:
                wake_all(self.encoding)
                return
            for slot in sorted(unknown):
                expand(self.encoding, slot)

    def search(self) -> bool:
        """Find the optimum; ``False`` if there is no solution."""
        truth = self.searcher.truth
        while True:
            self.rounds += 1
            if not self._start():
                return False
            included = self.included()
            self.decisions = Optimiser(self.searcher, included).run()
            if self.searcher.lifted:
                return True
            slots = reachable(self.encoding, [slot for _, slot in self.root_slots()], truth)
            unknown = sorted(slot for slot in slots if not self.encoding.packages[slot].expanded)
            if unknown:
                self._expand_further(unknown)
                # What is closed says nothing of packages that are expanded later.
                self._closed = [close(self.encoding)] if self._closed else []
                self._closings += len(self._closed)
                continue
            circles = find_circles(self.encoding, slots, truth)
            if circles:
                forbid_circles(self.encoding, circles)
                continue
            doubles = find_doubles(self.encoding, slots, truth)
            if doubles:
                for double in doubles:
                    exclude_double(self.encoding, *double)
                self.encoding.doubles.extend(doubles)
                continue
            unfounded = find_unfounded(self.encoding, slots, truth)
            if unfounded is not None:
                unfounded.exclude(self.encoding)
                self.encoding.unfounded.append(unfounded.exclude)
                continue
            if wake_targets(self.encoding, slots, truth):
                continue
            if any(truth(literal) for literal in self.encoding.unknowns()):
                self._closings += 1
                self._closed.append(close(self.encoding))
                continue
            return True

    def _expand_further(self, slots: Sequence[Slot]) -> None:
        """Expand the slots, and what they certainly need where they are as they should be: that saves rounds."""
        self._fresh = []
        clauses = self.encoding.clauses
        while slots:
            packages = [self.encoding.package(slot) for slot in slots]
            for package in packages:
                expand(self.encoding, package.slot)
            self._fresh.extend(slots)
            clauses.flush()
            wanted = [preference.at_most(0) for package in packages for preference in package.own]
            implied = set(clauses.engine.implied([*[package.node for package in packages], *wanted]))
            edges = [edge for package in packages for edge in package.edges.values() if edge.exists in implied]
            needed = {edge.child for edge in edges if not self.encoding.package(edge.child).expanded}
            slots = sorted(needed)

    def _start(self) -> bool:
        hopes: list[int] = []
        for slot in self._fresh:
            package = self.encoding.packages[slot]
            # Where something installed is hoped for, it settles everything else.
            hopes.extend(preference.at_most(0) for preference in package.own[: 1 if package.reusable else None])
            hopes.extend(preference.at_most(0) for preference in package.virtuals.values())
            hopes.extend(next(iter(picked.values())) for picked in package.picks.values() if picked)
        fixed = list(self._closed)
        if self._closings > _CLOSINGS:
            fixed.extend(-literal for literal in self.encoding.unknowns())
        if not self.searcher.start(fixed, hopes):
            return False
        if not self._partial:
            return True
        for root in self.roots:
            wish = Preference(
                "request", 1, [root.switch, -root.switch], ["solved", "left for later"], self.encoding.clauses
            )
            rank = self.searcher.decide(wish)
            if root is self.roots[0] and rank:
                return False
        return True

    def included(self) -> list[Root]:
        """The requests that the answer fulfils."""
        return [root for root in self.roots if not root.switch or self.searcher.truth(root.switch)]

    def root_slots(self) -> list[tuple[int, Slot]]:
        """(request, slot) of the requests that the answer fulfils."""
        found = []
        for root in self.included():
            for slot, literal in zip(root.slots, root.literals, strict=True):
                if self.searcher.truth(literal):
                    found.append((root.place, slot))
                    break
        return found

    def answer(self, places: Sequence[int]) -> Part:
        """The drafts of the model; ``places`` are the requests' indexes in the whole problem."""
        truth = self.searcher.truth
        roots = [(places[place], slot) for place, slot in self.root_slots()]
        slots = reachable(self.encoding, [slot for _, slot in roots], truth)
        kept = find_kept(self.encoding, self.searcher, self.decisions, slots)
        return Part(
            drafts=decode(self.encoding, slots, truth),
            roots=dict(roots),
            reused=reused_drafts(self.encoding, slots, truth),
            reasons=explain_nodes(self.encoding, slots, roots, self.decisions, kept, truth),
            statistics=self.statistics(),
        )

    def statistics(self) -> Statistics:
        """What this run took, and those before it."""
        clauses = self.encoding.clauses
        found = Statistics(
            expanded=len(self.encoding.order),
            rounds=self.rounds,
            calls=self.searcher.calls,
            clauses=clauses.total,
            variables=clauses.count,
        )
        found.add(msgspec.structs.replace(self.spent, expanded=0))
        return found
