"""Clauses: literals with constants folded, small gates, and for explanations a switch per cause.

A *cause* is a short tuple that names a directive, a request or a rule. While explaining, every clause that stands
for one gets a switch; the clauses that only define literals never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outcrop.solve.engine import Engine

TRUE = 1
FALSE = -1

Cause = tuple[object, ...]


class Clauses:
    """Variables and clauses on their way to an engine."""

    def __init__(self, engine: Engine, *, explain: bool = False) -> None:
        self.engine = engine
        self.explain = explain
        self.count = 1
        self.total = 0
        self.switches: dict[Cause, int] = {}
        self._gates: dict[tuple[int, ...], int] = {}
        self._pending: list[list[int]] = [[TRUE]]
        self._phases: list[int] = []

    def new(self, *, phase: bool | None = None) -> int:
        """A fresh variable; ``phase`` is the value to guess first."""
        self.count += 1
        if phase is not None:
            self._phases.append(self.count if phase else -self.count)
        return self.count

    def prefer(self, literal: int) -> None:
        """Guess ``literal`` to be true first."""
        self._phases.append(literal)

    def add(self, literals: Iterable[int], cause: Cause | None = None) -> None:
        """One of ``literals`` holds."""
        clause = list(literals)
        if TRUE in clause:
            return
        while FALSE in clause:
            clause.remove(FALSE)
        if self.explain and cause is not None:
            clause.append(-self.switch(cause))
        self._pending.append(clause)

    def switch(self, cause: Cause) -> int:
        """The literal that puts the clauses of ``cause`` in force."""
        found = self.switches.get(cause)
        if found is None:
            found = self.switches[cause] = self.new()
        return found

    def conjunction(self, literals: Iterable[int]) -> int:
        """A literal that is true exactly where all ``literals`` are."""
        wanted = set(literals)
        wanted.discard(TRUE)
        if FALSE in wanted:
            return FALSE
        if len(wanted) < 2:
            return wanted.pop() if wanted else TRUE
        return self._gate(wanted)

    def disjunction(self, literals: Iterable[int]) -> int:
        """A literal that is true exactly where one of ``literals`` is."""
        wanted = set(literals)
        wanted.discard(FALSE)
        if TRUE in wanted:
            return TRUE
        if len(wanted) < 2:
            return wanted.pop() if wanted else FALSE
        return -self._gate({-literal for literal in wanted})

    def _gate(self, wanted: set[int]) -> int:
        """All of several literals, none of them constant."""
        key = tuple(sorted(wanted))
        gate = self._gates.get(key)
        if gate is None:
            negated = [-literal for literal in key]
            if not wanted.isdisjoint(negated):
                return FALSE
            gate = self._gates[key] = self.new()
            pending = self._pending
            pending.extend([[-gate, literal] for literal in key])
            pending.append([gate, *negated])
        return gate

    def same(self, left: int, right: int) -> None:
        """Both are true or both are false."""
        self.add((-left, right))
        self.add((left, -right))

    def at_most_one(self, literals: Sequence[int], cause: Cause | None = None) -> None:
        """No two of ``literals`` are true."""
        found = [literal for literal in literals if literal != FALSE]
        if len(found) <= 5:
            for place, left in enumerate(found):
                for right in found[place + 1 :]:
                    self.add((-left, -right), cause)
            return
        seen = found[0]
        for literal in found[1:-1]:
            self.add((-literal, -seen), cause)
            # The first literals are the preferred ones: guess that one of them holds.
            following = self.new(phase=True)
            self.add((-seen, following))
            self.add((-literal, following))
            seen = following
        self.add((-found[-1], -seen), cause)

    def flush(self) -> None:
        """Hand everything to the engine."""
        self.engine.add(self._pending)
        self.total += len(self._pending)
        self._pending.clear()
        if self._phases:
            self.engine.prefer(self._phases)
            self._phases.clear()
