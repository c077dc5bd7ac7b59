"""The SAT engine: a Protocol, and MiniSat 2.2 from python-sat behind it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Engine(Protocol):
    """An incremental SAT solver. Literals are non-zero integers, negative ones are negated."""

    def add(self, clauses: Iterable[Sequence[int]]) -> None:
        """More clauses, for good. The empty clause makes everything unsatisfiable."""

    def solve(self, assumptions: Sequence[int]) -> bool:
        """Whether there is a model in which ``assumptions`` hold."""

    def model(self) -> Sequence[int]:
        """After a yes: literal of variable ``i`` at index ``i - 1``; variables that occur nowhere may be missing."""

    def core(self) -> Sequence[int]:
        """After a no: assumptions that together are impossible."""

    def implied(self, assumptions: Sequence[int]) -> Sequence[int]:
        """Literals that follow from ``assumptions`` without a search; there may be more that follow."""

    def prefer(self, literals: Sequence[int]) -> None:
        """Guess these values first."""

    def close(self) -> None:
        """Free the memory; nothing may be called afterwards."""


class MiniSat:
    """MiniSat 2.2. Deterministic: the same calls give the same answers."""

    def __init__(self) -> None:
        # python-sat's own wrapper imports 50 ms worth of modules that are not needed here.
        self._library: Any = importlib.import_module("pysolvers")
        self._handle = self._library.minisat22_new()
        self._interruptible = int(threading.current_thread() is threading.main_thread())
        self._broken = False

    def add(self, clauses: Iterable[Sequence[int]]) -> None:
        """See :class:`Engine`."""
        handle, add = self._handle, self._library.minisat22_add_cl
        for clause in clauses:
            if clause:
                add(handle, clause)
            else:
                self._broken = True

    def solve(self, assumptions: Sequence[int]) -> bool:
        """See :class:`Engine`."""
        if self._broken:
            return False
        return bool(self._library.minisat22_solve(self._handle, assumptions, self._interruptible))

    def model(self) -> Sequence[int]:
        """See :class:`Engine`."""
        return self._library.minisat22_model(self._handle) or ()

    def core(self) -> Sequence[int]:
        """See :class:`Engine`."""
        if self._broken:
            return ()
        return self._library.minisat22_core(self._handle) or ()

    def implied(self, assumptions: Sequence[int]) -> Sequence[int]:
        """See :class:`Engine`."""
        if self._broken:
            return ()
        found = self._library.minisat22_propagate(self._handle, assumptions, 0, self._interruptible)
        return found[1] or ()

    def prefer(self, literals: Sequence[int]) -> None:
        """See :class:`Engine`."""
        self._library.minisat22_setphases(self._handle, literals)

    def close(self) -> None:
        """See :class:`Engine`."""
        if self._handle is not None:
            self._library.minisat22_del(self._handle)
            self._handle = None
