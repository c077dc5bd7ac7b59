"""The engine, asked with everything decided so far: what is still possible, and a model that is good already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding, Preference

_PATIENCE = 80
"""Hopes that are given up one by one in a round; after that models are taken as they come."""


class Searcher:
    """Assumptions made so far, and the latest model in which they hold.

    What turned out to be impossible stays so, because clauses are only added: the engine's cores are kept, and a
    question that has one of them inside is answered without a call.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.clauses = encoding.clauses
        self.engine = encoding.clauses.engine
        self.assumptions: list[int] = []
        self.calls = 0
        self.lifted: set[str] = set()
        """Packages that may have one copy only in this encoding, and for which that stands in the way of something."""
        self._singles: list[int] = []
        self._assumed: set[int] = set()
        self._model: Sequence[int] = ()
        self._cores: dict[int, list[frozenset[int]]] = {}
        self._given_up: dict[int, list[frozenset[int]]] = {}
        """Cores of hopes, with single copies in them."""
        self._hopes: list[int] = []
        self._patience = 0

    def start(self, fixed: Iterable[int], hopes: Iterable[int] = ()) -> bool:
        """Forget all decisions; whether there is a solution at all in which ``fixed`` holds.

        The former decisions, and ``hopes``, are what models should have from now on, the first ones rather than the
        last. No call is spent on a decision that the model has already.
        """
        self._hopes = [literal for literal in dict.fromkeys([*self.assumptions, *hopes]) if abs(literal) != TRUE]
        self._patience = _PATIENCE
        self._singles = [literal for name, literal in self.encoding.singles.items() if name not in self.lifted]
        self.assumptions = list(fixed)
        self._assumed = {*self.assumptions, *self._singles}
        return self.try_all([], keep=False)

    def try_all(self, literals: Sequence[int], *, keep: bool = True) -> bool:
        """Whether ``literals`` may hold as well; if so, ``keep`` makes them decided."""
        if self._known_impossible(literals):
            return False
        self.clauses.flush()
        while not self._solve(literals):
            core = frozenset(self.engine.core())
            if self._lift(core):
                continue
            for literal in literals:
                if literal in core:
                    self._cores.setdefault(literal, []).append(core)
            return False
        self._model = self.engine.model()
        self._improve(literals)
        if keep:
            for literal in literals:
                self.assume(literal)
        return True

    def hope(self, literals: Sequence[int]) -> None:
        """Go on from a model in which as many of ``literals`` hold as may be had cheaply, the first ones rather than
        the last. Nothing is decided by that; it saves a call for each decision that finds its best in the model.
        """
        wanted = [literal for literal in literals if literal not in (TRUE, FALSE)]
        if sum(not self.truth(literal) for literal in wanted) < 2:
            return
        wanted = self._not_known_impossible([], wanted)
        if all(self.truth(literal) for literal in wanted):
            return
        self.clauses.flush()
        for _ in range(_PATIENCE):
            if self._solve(wanted):
                self._model = self.engine.model()
                return
            if not self._give_up_one(wanted):
                return

    def _lift(self, core: frozenset[int]) -> bool:
        """Allow more copies of what may have only one, if that is what makes something impossible."""
        singles = self.encoding.singles
        names = [name for name in singles if singles[name] in core and singles[name] in self._assumed]
        for name in names:
            self._assumed.discard(self.encoding.singles[name])
        self.lifted.update(names)
        self._singles = [literal for literal in self._singles if literal in self._assumed]
        return bool(names)

    def _solve(self, literals: Sequence[int]) -> bool:
        self.calls += 1
        # Last, so that a core names decisions rather than these where either would do.
        return self.engine.solve([*self.assumptions, *literals, *self._singles])

    def _improve(self, literals: Sequence[int]) -> None:
        """Look for a model that fulfils the hopes too; of those that clash the last one is given up."""
        self._hopes = [hope for hope in self._hopes if hope not in self._assumed]
        if self._patience > 0:
            self._hopes = self._not_known_impossible(literals, self._hopes)
        while self._patience > 0 and not all(self.truth(hope) for hope in self._hopes):
            if self._solve([*literals, *self._hopes]):
                self._model = self.engine.model()
                return
            self._patience -= 1
            if not self._give_up_one(self._hopes):
                return

    def _give_up_one(self, hopes: list[int]) -> bool:
        """Drop the last of those that the engine says clash, and remember why; ``False`` if they are not to blame."""
        core = frozenset(self.engine.core())
        last = max((place for place, hope in enumerate(hopes) if hope in core), default=None)
        if last is None:
            return False
        # Where a single copy is to blame nothing is impossible yet: whoever needs to know that has to ask.
        cores = self._cores if core.isdisjoint(self._singles) else self._given_up
        cores.setdefault(hopes.pop(last), []).append(core)
        return True

    def _not_known_impossible(self, literals: Sequence[int], hopes: Sequence[int]) -> list[int]:
        """The hopes without those that are known to clash with decisions, ``literals`` or earlier hopes."""
        given = {*self._assumed, *literals}
        found = []
        for hope in hopes:
            given.add(hope)
            if any(core <= given for cores in (self._cores, self._given_up) for core in cores.get(hope, ())):
                given.discard(hope)
            else:
                found.append(hope)
        return found

    def _known_impossible(self, literals: Sequence[int]) -> bool:
        asked = set(literals)
        for literal in literals:
            for core in self._cores.get(literal, ()):
                if all(other in self._assumed or other in asked for other in core):
                    return True
        return False

    def assume(self, literal: int) -> None:
        """Decide what holds in the latest model."""
        if literal not in self._assumed:
            self._assumed.add(literal)
            self.assumptions.append(literal)

    def truth(self, literal: int) -> bool:
        """The value of a literal in the latest model."""
        place = abs(literal) - 1
        if place >= len(self._model):
            return literal < 0
        return self._model[place] == literal

    def decide(self, preference: Preference) -> int:
        """Fix the best possible rank and return it; 0 also where nothing had to be decided."""
        current = self.rank(preference)
        if current == 0:
            self._keep(preference, 0)
            return 0
        if self._limit(preference, 0):
            return 0
        # Rank 0 is impossible, rank ``current`` is possible: gallop up, then halve.
        low, step = 0, 1
        while low + step < current:
            if self._possible(preference, low + step):
                current = min(self.rank(preference), low + step)
                break
            low += step
            step *= 2
        while current - low > 1:
            middle = (low + current) // 2
            if self._possible(preference, middle):
                current = min(self.rank(preference), middle)
            else:
                low = middle
        self._keep(preference, current)
        return current

    def rank(self, preference: Preference) -> int:
        """The rank that holds in the latest model; 0 where none does."""
        for rank, item in enumerate(preference.items):
            if self.truth(item):
                return rank
        return 0

    def _possible(self, preference: Preference, rank: int) -> bool:
        return self.try_all([preference.at_most(rank)], keep=False)

    def _limit(self, preference: Preference, rank: int) -> bool:
        literal = preference.at_most(rank)
        if literal == TRUE:
            return True
        if literal == FALSE:
            return False
        return self.try_all([literal])

    def _keep(self, preference: Preference, rank: int) -> None:
        """Decide what the latest model has; no call is needed, even if the literal is a gate made just now."""
        literal = preference.at_most(rank)
        if literal != TRUE:
            self.assume(literal)
