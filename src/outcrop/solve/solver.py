"""The rounds of a solve: optimise what is known, expand what the answer needs, until it needs nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from outcrop.solve.clauses import Clauses
from outcrop.solve.decode import decode, explain_nodes, reachable
from outcrop.solve.encoding import Encoding, Preference, Slot
from outcrop.solve.engine import Engine, MiniSat
from outcrop.solve.expansion import expand
from outcrop.solve.explain import explain_failure
from outcrop.solve.loops import find_cycles, find_unfounded
from outcrop.solve.merge import Part, merge_parts
from outcrop.solve.optimise import Decisions, Optimiser, Searcher
from outcrop.solve.problem import ModelSource, Problem, Solution, Statistics
from outcrop.solve.requests import Root, collect_mentions, encode_request


def solve(
    problem: Problem, models: ModelSource, *, engine: Callable[[], Engine] = MiniSat, eager: bool = False
) -> Solution:
    """The optimum of a problem.

    Args:
        problem: what is asked, and what the machine and the configuration say.
        models: the recipes; only those that matter are read.
        engine: makes SAT engines.
        eager: expand everything that could matter before anything is decided. Slow; the answer is the same.

    Raises:
        UnsatisfiableError: there is no solution; says why.
        UsageError: a request names no package.
        OutcropError: a requested package has no recipe.
    """
    places = list(range(len(problem.requests)))
    parts: list[Part] = []
    if problem.unify is True:
        if places:
            parts.append(_solve_part(problem, models, places, engine, eager, partial=False))
    elif problem.unify is False:
        parts.extend(_solve_part(problem, models, [place], engine, eager, partial=False) for place in places)
    else:
        while places:
            part = _solve_part(problem, models, places, engine, eager, partial=True)
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
) -> Part:
    """One graph for the requests at ``places``; with ``partial``, for as many of them as possible, earlier ones
    first.
    """
    smaller = msgspec.structs.replace(problem, requests=tuple(problem.requests[place] for place in places))
    made = engine()
    try:
        run = _Run(smaller, models, made, eager=eager, partial=partial and len(places) > 1)
        if not run.search():
            if partial and len(places) > 1:
                # The first request fails on its own: that is what has to be explained.
                return _solve_part(problem, models, places[:1], engine, eager, partial=False)

            def attempt(changed: Problem) -> Solution | None:
                return _attempt(changed, models, engine)

            raise explain_failure(smaller, models, run.encoding, engine, attempt)
        return run.answer(places)
    finally:
        made.close()


def _attempt(problem: Problem, models: ModelSource, engine: Callable[[], Engine]) -> Solution | None:
    """The solution of one graph, or ``None``; nothing is explained."""
    made = engine()
    try:
        run = _Run(problem, models, made, eager=False, partial=False)
        places = range(len(problem.requests))
        return merge_parts([run.answer(places)], len(problem.requests)) if run.search() else None
    finally:
        made.close()


class _Run:
    def __init__(self, problem: Problem, models: ModelSource, engine: Engine, *, eager: bool, partial: bool) -> None:
        self.encoding = Encoding(problem, models, Clauses(engine))
        self.searcher = Searcher(self.encoding)
        self.rounds = 0
        self.decisions = Decisions()
        self._partial = partial
        self._closed: list[int] = []
        self._fresh: list[Slot] = []
        collect_mentions(self.encoding)
        for request in problem.requests:
            if request.name and not self.encoding.is_virtual(request.name):
                models.model(request.fullname)
        self.roots = [encode_request(self.encoding, place, optional=partial) for place in range(len(problem.requests))]
        for root in self.roots:
            if root.choice is None:
                expand(self.encoding, root.slots[0])
                self._fresh.append(root.slots[0])
        if eager:
            self._expand_all()

    def _expand_all(self) -> None:
        while True:
            unknown = [slot for slot, package in list(self.encoding.packages.items()) if not package.expanded]
            if not unknown:
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
            slots = reachable(self.encoding, [slot for _, slot in self.root_slots()], truth)
            unknown = sorted(slot for slot in slots if not self.encoding.packages[slot].expanded)
            if unknown:
                for slot in unknown:
                    expand(self.encoding, slot)
                self._fresh = unknown
                self._closed.clear()
                continue
            cycles = find_cycles(self.encoding, slots, truth)
            if cycles:
                for literals, cause in cycles:
                    self.encoding.clauses.add([-literal for literal in literals], cause)
                    self.encoding.cycles.append(cause)
                continue
            unfounded = find_unfounded(self.encoding, slots, truth)
            if unfounded is not None:
                unfounded.exclude(self.encoding)
                self.encoding.unfounded.append(unfounded.exclude)
                continue
            unknowns = self.encoding.unknowns()
            if not self._closed and any(truth(literal) for literal in unknowns):
                # Everything in the answer is known, so nobody is left who could say such a thing.
                self._closed.extend(-literal for literal in unknowns)
                continue
            return True

    def _start(self) -> bool:
        hopes = [preference.at_most(0) for slot in self._fresh for preference in self.encoding.packages[slot].own]
        if not self.searcher.start(self._closed, hopes):
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
        clauses = self.encoding.clauses
        return Part(
            drafts=decode(self.encoding, slots, truth),
            roots=dict(roots),
            reasons=explain_nodes(self.encoding, slots, roots, self.decisions, truth),
            statistics=Statistics(
                expanded=len(self.encoding.order),
                rounds=self.rounds,
                calls=self.searcher.calls,
                clauses=clauses.total,
                variables=clauses.count,
            ),
        )
