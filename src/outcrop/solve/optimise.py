"""The optimum, decided one thing after the other; see the room's docstring for the order.

Every decision takes the best option that still leaves a solution, so the result is the optimum of the lexicographic
order, and the next package to decide depends on decided things only. Because a package that is not expanded is
free, an answer that uses expanded packages only has been decided exactly as it would have been with everything
expanded.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import Encoding, PackageVariables, Preference, Slot, Use
from outcrop.solve.requests import Root

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
        self._assumed: set[int] = set()
        self._model: Sequence[int] = ()
        self._cores: dict[int, list[frozenset[int]]] = {}
        self._hopes: list[int] = []
        self._patience = 0

    def start(self, fixed: Iterable[int], hopes: Iterable[int] = ()) -> bool:
        """Forget all decisions; whether there is a solution at all in which ``fixed`` holds.

        The former decisions, and ``hopes``, are what models should have from now on, the first ones rather than the
        last. No call is spent on a decision that the model has already.
        """
        self._hopes = [literal for literal in dict.fromkeys([*self.assumptions, *hopes]) if abs(literal) != TRUE]
        self._patience = _PATIENCE
        self.assumptions = list(fixed)
        self._assumed = set(self.assumptions)
        return self.try_all([], keep=False)

    def try_all(self, literals: Sequence[int], *, keep: bool = True) -> bool:
        """Whether ``literals`` may hold as well; if so, ``keep`` makes them decided."""
        if self._known_impossible(literals):
            return False
        self.clauses.flush()
        if not self._solve(literals):
            core = frozenset(self.engine.core())
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

    def _solve(self, literals: Sequence[int]) -> bool:
        self.calls += 1
        return self.engine.solve([*self.assumptions, *literals])

    def _improve(self, literals: Sequence[int]) -> None:
        """Look for a model that fulfils the hopes too; of those that clash the last one is given up."""
        self._hopes = [hope for hope in self._hopes if hope not in self._assumed]
        while self._patience > 0 and not all(self.truth(hope) for hope in self._hopes):
            if self._solve([*literals, *self._hopes]):
                self._model = self.engine.model()
                return
            self._patience -= 1
            core = set(self.engine.core())
            last = max((place for place, hope in enumerate(self._hopes) if hope in core), default=None)
            if last is None:
                return
            del self._hopes[last]

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


@dataclass(slots=True)
class Decisions:
    """What was decided, in order: slots, and (subject, preference, rank)."""

    slots: list[Slot] = field(default_factory=list)
    ranks: list[tuple[Slot | None, Preference, int]] = field(default_factory=list)
    depths: dict[Slot, int] = field(default_factory=dict)


class Optimiser:
    """Decides everything, from the roots down."""

    def __init__(self, searcher: Searcher, roots: Sequence[Root]) -> None:
        self.searcher = searcher
        self.encoding = searcher.encoding
        self.roots = roots
        self.found = Decisions()
        self._decided: set[Slot] = set()
        self._waiting: dict[Slot, int] = {}
        self._conditions = _Conditions()
        self._last: list[tuple[Slot, Preference]] = []
        self._extended: set[str] = set()
        self._needed: Counter[str] = Counter()

    def run(self) -> Decisions:
        """Decide; the searcher's model and assumptions then are the optimum of what is expanded."""
        for _, _, wish in sorted(self.encoding.wishes, key=lambda entry: entry[:2]):
            self._settle(None, wish)
        for root in self.roots:
            if root.choice is not None:
                self._settle(None, root.choice)
            for slot, literal in zip(root.slots, root.literals, strict=True):
                if self.searcher.truth(literal) and slot not in self._decided:
                    self._decide_package(slot, 0)
                    break
        while True:
            for package, use in self._conditions.ready():
                self._decide_use(package, use)
            if self._waiting:
                slot = self._next()
                self._decide_package(slot, self._waiting[slot])
            elif (entry := self._conditions.first()) is not None:
                self._decide_use(*entry)
            else:
                break
        for slot, preference in sorted(self._last, key=lambda pair: (pair[0], pair[1].what)):
            self._settle(slot, preference)
        return self.found

    def _next(self) -> Slot:
        """What others extend, then what no waiting package depends on, then what is nearest to the roots, then by
        name.
        """
        waiting, extended, needed = self._waiting, self._extended, self._needed
        return min(waiting, key=lambda slot: (slot[0] not in extended, needed[slot[0]] > 0, waiting[slot], slot))

    def _wait(self, slot: Slot, depth: int) -> None:
        if slot not in self._waiting:
            self._needed.update(self.encoding.package(slot).named)
        self._waiting[slot] = min(depth, self._waiting.get(slot, depth))

    def _decide_package(self, slot: Slot, depth: int) -> None:
        if self._waiting.pop(slot, None) is not None:
            self._needed.subtract(self.encoding.package(slot).named)
        self._decided.add(slot)
        self._conditions.know(slot[0])
        self.found.slots.append(slot)
        self.found.depths[slot] = depth
        package = self.encoding.package(slot)
        if not package.expanded or package.closed:
            return
        self._extended.update(extend.name for extend in package.real.extends)
        own = sorted(package.own, key=_own_order)
        if own:
            self._settle(slot, own[0])
            if self.searcher.truth(package.external):
                self._last.extend((slot, preference) for preference in own[1:])
            else:
                self._settle_all(slot, own[1:])
        for use in package.uses:
            if not self.searcher.truth(use.local):
                continue
            if use.foreign:
                self._conditions.add(package, use)
            else:
                self._follow(package, use)

    def _settle(self, slot: Slot | None, preference: Preference) -> None:
        self.found.ranks.append((slot, preference, self.searcher.decide(preference)))

    def _settle_all(self, slot: Slot, preferences: Sequence[Preference]) -> None:
        """Try the best of everything at once; where that fails, one after the other."""
        unmet = [preference for preference in preferences if self.searcher.rank(preference)]
        if len(unmet) > 1:
            best = [preference.at_most(0) for preference in preferences]
            if FALSE not in best and self.searcher.try_all([literal for literal in best if literal != TRUE]):
                self.found.ranks.extend((slot, preference, 0) for preference in preferences)
                return
        for preference in preferences:
            self._settle(slot, preference)

    def _decide_use(self, package: PackageVariables, use: Use) -> None:
        """A dependency that hangs on other packages is left out where that is possible."""
        literal = use.condition
        if self.searcher.truth(literal):
            if self.searcher.try_all([-literal]):
                return
            self.searcher.assume(literal)
            self._follow(package, use)
        else:
            self.searcher.assume(-literal)

    def _follow(self, package: PackageVariables, use: Use) -> None:
        name = use.name
        if use.virtual:
            preference = package.virtuals[name]
            self._settle(package.slot, preference)
            rank = self.searcher.rank(preference)
            if not preference.items or not self.searcher.truth(preference.items[rank]):
                return
            name = preference.labels[rank]
        slot = self.encoding.copies(name)[0]
        if slot not in self._decided:
            depth = self.found.depths[package.slot] + 1
            self._wait(slot, depth)


def _own_order(preference: Preference) -> tuple[int, str]:
    return ({"version": 0, "target": 2}.get(preference.what, 1), preference.what)


def _use_order(entry: tuple[PackageVariables, Use]) -> tuple[str, Slot, str]:
    package, use = entry
    return (use.name, package.slot, use.origin)


class _Conditions:
    """Dependency lines that hang on other packages, until all they speak of is decided."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._missing: dict[int, set[str]] = {}
        self._watchers: dict[str, list[int]] = {}
        self._lines: list[tuple[PackageVariables, Use]] = []
        self._ready: list[int] = []
        self._heap: list[tuple[tuple[str, Slot, str], int]] = []

    def add(self, package: PackageVariables, use: Use) -> None:
        """One more line."""
        place = len(self._lines)
        self._lines.append((package, use))
        missing = set(use.foreign - self._known)
        if not missing:
            self._ready.append(place)
            return
        self._missing[place] = missing
        for name in missing:
            self._watchers.setdefault(name, []).append(place)
        heapq.heappush(self._heap, (_use_order((package, use)), place))

    def know(self, name: str) -> None:
        """A package is decided."""
        self._known.add(name)
        for place in self._watchers.pop(name, ()):
            missing = self._missing.get(place)
            if missing is not None:
                missing.discard(name)
                if not missing:
                    del self._missing[place]
                    self._ready.append(place)

    def ready(self) -> list[tuple[PackageVariables, Use]]:
        """Take the lines that speak of decided packages only, in order."""
        found = sorted((self._lines[place] for place in self._ready), key=_use_order)
        self._ready.clear()
        return found

    def first(self) -> tuple[PackageVariables, Use] | None:
        """Take the first of the others."""
        while self._heap:
            place = heapq.heappop(self._heap)[1]
            if self._missing.pop(place, None) is not None:
                return self._lines[place]
        return None
