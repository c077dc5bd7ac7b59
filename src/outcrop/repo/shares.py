"""Sharing a row of names among workers, so that they end together and each stays in one neighbourhood.

Neighbours in the alphabet have much in common (``py-...``, ``r-...``): one worker that goes through them finds texts it
has parsed and modules it has imported before.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_RUN = 64
"""Names that are handed out at once at most."""


class Shares:
    """A stretch of ``names`` for each of ``count`` workers; who has finished takes half of the longest one left."""

    def __init__(self, names: Sequence[str], count: int) -> None:
        self.count = count
        self._names = list(names)
        bounds = [len(names) * number // count for number in range(count + 1)]
        self._stretches = [list(pair) for pair in itertools.pairwise(bounds)]
        self._returned: list[str] = []

    def __bool__(self) -> bool:
        """There is something left."""
        return bool(self._returned) or any(start < end for start, end in self._stretches)

    def take(self, worker: int) -> list[str]:
        """The next names for a worker; none when all are taken. Towards the end they become few."""
        left = len(self._returned) + sum(end - start for start, end in self._stretches)
        most = max(1, min(_RUN, left // (4 * self.count)))
        if self._returned:
            taken, self._returned = self._returned[:most], self._returned[most:]
            return taken
        own = self._stretches[worker]
        if own[0] == own[1]:
            longest = max(self._stretches, key=lambda stretch: stretch[1] - stretch[0])
            own[:] = [(longest[0] + longest[1]) // 2, longest[1]]
            longest[1] = own[0]
        start, end = own
        own[0] = min(end, start + most)
        return self._names[start : own[0]]

    def give_back(self, names: Sequence[str]) -> None:
        """Names that were taken and not worked on: they come first."""
        self._returned[:0] = names
