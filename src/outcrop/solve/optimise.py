"""The optimum, decided one thing after the other; see the room's docstring for the order.

Every decision takes the best option that still leaves a solution, so the result is the optimum of the lexicographic
order, and the next package to decide depends on decided things only. Because a package that is not expanded is
free, an answer that uses expanded packages only has been decided exactly as it would have been with everything
expanded.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

import msgspec

from outcrop.solve.clauses import FALSE, TRUE
from outcrop.solve.encoding import RUNTIME, PackageVariables, Preference, Slot, Use
from outcrop.solve.requests import Root
from outcrop.solve.search import Searcher


class Decisions(msgspec.Struct, eq=False):
    """What was decided, in order: slots, and (subject, preference, rank)."""

    slots: list[Slot] = []
    ranks: list[tuple[Slot | None, Preference, int]] = []
    depths: dict[Slot, int] = {}
    marks: dict[Slot, int] = {}
    """How many assumptions were made before it was decided whether a slot is reused."""


class Optimiser:
    """Decides everything, from the roots down."""

    def __init__(self, searcher: Searcher, roots: Sequence[Root]) -> None:
        self.searcher = searcher
        self.encoding = searcher.encoding
        self.roots = roots
        self.found = Decisions()
        self._decided: set[Slot] = set()
        self._waiting: dict[Slot, int] = {}
        """Slot -> its distance from the roots."""
        self._tools: set[Slot] = set()
        """What waits and is a tool, see :meth:`_next`."""
        self._needed: Counter[str] = Counter()
        """How many of the others that wait name a package."""
        self._conditions = _Conditions()
        self._unsure: list[tuple[PackageVariables, Use]] = []
        """Lines that apply or not by what somebody else decides about their package, see :attr:`Use.unsure`."""
        self._last: list[tuple[Slot, Preference]] = []
        self._extended: set[str] = set()
        self._bound: set[Slot] = set()
        """What the roots' own world links to or runs, as far as that is decided."""
        self._left_out: set[Slot] = set()
        self._followed: set[tuple[Slot, str]] = set()
        """Dependents and the packages they are known to depend on."""
        self._providers: dict[tuple[Slot, str], str] = {}
        self._users: dict[str, list[Slot]] = {}
        """Of packages that may have several copies: decided dependents that have not got theirs yet."""

    def run(self) -> Decisions:
        """Decide; the searcher's model and assumptions then are the optimum of what is expanded."""
        for _, slot, passed in sorted(self.encoding.passed, key=lambda entry: entry[0]):
            self._settle(slot, passed)
        for _, _, wish in sorted(self.encoding.wishes, key=lambda entry: (*entry[:2], entry[2].what)):
            self._settle(None, wish)
        for root in self.roots:
            if root.choice is not None:
                self._settle(None, root.choice)
            for slot, literal in zip(root.slots, root.literals, strict=True):
                if self.searcher.truth(literal) and slot not in self._decided:
                    self._decide_package(slot, 0, root=True)
                    break
        while True:
            self._follow_unsure()
            for package, use in self._conditions.ready():
                self._decide_use(package, use)
            if self._waiting:
                slot = self._next()
                self._decide_package(slot, self._waiting[slot])
            elif (entry := self._conditions.first()) is not None:
                self._decide_use(*entry)
            elif self._unsure:
                self._decide_use(*self._unsure.pop(0))
            else:
                break
        for slot, preference in sorted(self._last, key=lambda pair: (pair[0], pair[1].what)):
            self._settle(slot, preference)
        return self.found

    def _next(self) -> Slot:
        """What others extend; then all but tools, first what no other such package depends on; then tools, first those
        that depend on no other one; then what is nearest to the roots; then by name.

        Tools are what each dependent may choose, unless the roots' own world links to it or runs it.
        """
        extended, tools, needed = self._extended, self._tools, self._needed
        names = {name for name, _ in tools}

        def order(entry: tuple[Slot, int]) -> tuple[bool, bool, bool, int, Slot]:
            slot, depth = entry
            tool = slot in tools
            later = not names.isdisjoint(self.encoding.package(slot).named) if tool else needed[slot[0]] > 0
            return (slot[0] not in extended, tool, later, depth, slot)

        return min(self._waiting.items(), key=order)[0]

    def _chosen_by_each(self, slot: Slot) -> bool:
        return self.encoding.chosen_by_each(slot[0])

    def _wait(self, slot: Slot, depth: int) -> None:
        if slot not in self._waiting:
            if slot not in self._bound and self._chosen_by_each(slot):
                self._tools.add(slot)
            else:
                self._needed.update(self.encoding.package(slot).named)
        self._waiting[slot] = min(depth, self._waiting.get(slot, depth))

    def _wait_no_more(self, slot: Slot) -> None:
        if self._waiting.pop(slot, None) is None:
            return
        if slot in self._tools:
            self._tools.discard(slot)
        else:
            self._needed.subtract(self.encoding.package(slot).named)

    def _bind(self, slot: Slot) -> None:
        """The roots' own world links to the slot or runs it."""
        self._bound.add(slot)
        if slot in self._tools:
            self._tools.discard(slot)
            self._needed.update(self.encoding.package(slot).named)

    def _decide_package(self, slot: Slot, depth: int, *, root: bool = False) -> None:
        self._wait_no_more(slot)
        users = self._users.pop(slot[0], [])
        each = self._chosen_by_each(slot)
        if users and each and not root and not self._use_one(slot, users):
            for user in users:
                self._expect(user, slot[0])
            return
        self._decided.add(slot)
        if users and not each:
            self._share(slot, users)
        self._conditions.know(slot[0])
        self.found.slots.append(slot)
        self.found.depths[slot] = depth
        package = self.encoding.package(slot)
        own = sorted(package.own, key=_own_order)
        reused = self._reuse(slot, own)
        if own and not reused:
            self._settle(slot, own[0])
        if users and each:
            self._share(slot, users)
        if not package.expanded or package.closed:
            return
        self._extended.update(extend.name for extend in package.real.extends)
        if own and not reused:
            if self.searcher.truth(package.external):
                self._last.extend((slot, preference) for preference in own[1:])
            else:
                self._settle_all(slot, own[1:])
        self.searcher.hope([choice.at_most(0) for choice in package.virtuals.values()])
        truth = self.searcher.truth
        for use in package.uses:
            if not (use.unsure or truth(use.local)):
                continue
            if use.foreign:
                self._conditions.add(package, use)
            elif use.unsure:
                self._unsure.append((package, use))
            else:
                self._follow(package, use)

    def _reuse(self, slot: Slot, own: list[Preference]) -> bool:
        """Whether an installed package is taken, which settles everything else; the question is taken off ``own``."""
        package = self.encoding.package(slot)
        if not package.reusable:
            return False
        self.found.marks[slot] = len(self.searcher.assumptions)
        self._settle(slot, own.pop(0))
        return self.searcher.truth(package.reused)

    def _use_one(self, slot: Slot, users: Sequence[Slot]) -> bool:
        """A copy is there for somebody; ``False`` if nobody who waits can use it, and it can be left out."""
        picked = [self._pick(user, slot) for user in users]
        literal = self.encoding.clauses.disjunction(picked)
        if any(self.searcher.truth(pick) for pick in picked):
            if literal != TRUE:
                self.searcher.assume(literal)
            return True
        if literal != FALSE and self.searcher.try_all([literal]):
            return True
        if not self.searcher.try_all([-self.encoding.package(slot).node]):
            return True
        self._left_out.add(slot)
        return False

    def _share(self, slot: Slot, users: Sequence[Slot]) -> None:
        """Who can use this copy does; the others wait for the next one."""
        self.searcher.hope([self._pick(user, slot) for user in users])
        for user in users:
            if not self._takes(user, slot):
                self._expect(user, slot[0], slot[1] + 1)

    def _takes(self, user: Slot, slot: Slot) -> bool:
        literal = self._pick(user, slot)
        if literal in (TRUE, FALSE):
            return literal == TRUE
        items = [literal, -literal]
        labels = [f"copy {slot[1]}", "another copy"]
        choice = Preference(f"copy of {slot[0]}", TRUE, items, labels, self.encoding.clauses)
        self._settle(user, choice)
        return self.searcher.truth(literal)

    def _pick(self, user: Slot, slot: Slot) -> int:
        return self.encoding.package(user).picks.get(slot[0], {}).get(slot, FALSE)

    def _expect(self, user: Slot, name: str, first: int = 0) -> None:
        """A dependent takes the first decided copy it can use, from the one numbered ``first`` on, or waits for the
        next one.
        """
        depth = self.found.depths[user] + 1
        for slot in self.encoding.copies(name)[first:]:
            if slot in self._left_out:
                continue
            if slot not in self._decided:
                if slot != user:
                    users = self._users.setdefault(name, [])
                    if user not in users:
                        users.append(user)
                    self._wait(slot, depth)
                    return
            elif self._takes(user, slot):
                return

    def _settle(self, slot: Slot | None, preference: Preference) -> None:
        self.found.ranks.append((slot, preference, self.searcher.decide(preference)))

    def _settle_all(self, slot: Slot, preferences: Sequence[Preference]) -> None:
        """One after the other, from a model that has the best of everything if there is one."""
        self.searcher.hope([preference.at_most(0) for preference in preferences])
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

    def _follow_unsure(self) -> None:
        """Lines that apply by now whatever is decided further on are like any other."""
        for entry in list(self._unsure):
            package, use = entry
            if self.searcher.truth(use.condition) and not self.searcher.try_all([-use.condition], keep=False):
                self._unsure.remove(entry)
                self.searcher.assume(use.condition)
                self._follow(package, use)

    def _follow(self, package: PackageVariables, use: Use) -> None:
        name = self._provider(package, use.name) if use.virtual else use.name
        if not name:
            return
        slots = self.encoding.copies(name)
        if package.slot[1] == 0 and not set(RUNTIME).isdisjoint(use.types):
            self._bind(slots[0])
        if (package.slot, name) in self._followed:
            return
        self._followed.add((package.slot, name))
        if len(slots) > 1 or self._chosen_by_each(slots[0]):
            self._expect(package.slot, name)
        elif slots[0] not in self._decided:
            self._wait(slots[0], self.found.depths[package.slot] + 1)

    def _provider(self, package: PackageVariables, virtual: str) -> str:
        """Who provides the virtual, decided when that is asked first; nobody where none is needed."""
        key = (package.slot, virtual)
        found = self._providers.get(key)
        if found is None:
            preference = package.virtuals[virtual]
            self._settle(package.slot, preference)
            rank = self.searcher.rank(preference)
            needed = bool(preference.items) and self.searcher.truth(preference.items[rank])
            found = self._providers[key] = preference.labels[rank] if needed else ""
        return found


def _own_order(preference: Preference) -> tuple[int, str]:
    order = {"reuse": -1, "version": 0, "os": 2, "same target": 3, "target": 4}
    return (order.get(preference.what, 1), preference.what)


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
