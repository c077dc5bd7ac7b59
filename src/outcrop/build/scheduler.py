"""Which step comes next: a state machine that takes events and gives instructions, blind to processes, files and
time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from outcrop.build.plan import Action, BuildPlan


class State(StrEnum):
    """Where one node of the plan is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Fetch:
    """Instruction: fetch the sources of this node."""

    key: str


@dataclass(frozen=True, slots=True)
class Start:
    """Instruction: build (or record) this node with so many jobs."""

    key: str
    jobs: int


Instruction = Fetch | Start


class Scheduler:
    """Runs at most ``slots`` nodes and ``fetch_slots`` fetches at once, longest chain of dependents first.

    A failed node takes what depends on it along (:attr:`skipped` says because of whom); everything else goes on, unless
    ``fail_fast``: then nothing new is started.
    """

    def __init__(self, plan: BuildPlan, *, slots: int, fetch_slots: int = 4, fail_fast: bool = False) -> None:
        self.plan = plan
        self.slots = max(1, slots)
        self.fetch_slots = max(1, fetch_slots)
        self.fail_fast = fail_fast
        self.state: dict[str, State] = {}
        self.skipped: dict[str, str] = {}
        self._fetching: set[str] = set()
        self._unfetched: list[str] = []
        self._missing: dict[str, set[str]] = {}
        self._dependents: dict[str, list[str]] = {key: [] for key in plan.actions}
        self._rank = _chain_lengths(plan)
        for key, action in plan.actions.items():
            if action is Action.REUSE:
                self.state[key] = State.DONE
                continue
            self.state[key] = State.WAITING
            waits = plan.waits_for(key)
            self._missing[key] = {other for other in waits if plan.actions[other] is not Action.REUSE}
            for other in waits:
                self._dependents[other].append(key)
            if action is Action.BUILD and _has_sources(plan, key):
                self._unfetched.append(key)
        self._unfetched.sort(key=self._urgency)
        self._need_fetch = set(self._unfetched)

    # events

    def fetched(self, key: str) -> None:
        """The sources of ``key`` are there."""
        self._fetching.discard(key)
        self._need_fetch.discard(key)

    def finished(self, key: str) -> None:
        """``key`` is installed."""
        self.state[key] = State.DONE
        for other in self._dependents[key]:
            self._missing.get(other, set()).discard(key)

    def failed(self, key: str) -> None:
        """Fetching or building ``key`` failed: it and what waits for it end here."""
        self._fetching.discard(key)
        self.state[key] = State.FAILED
        stack = list(self._dependents[key])
        while stack:
            other = stack.pop()
            if self.state[other] is State.WAITING:
                self.state[other] = State.SKIPPED
                self.skipped[other] = key
                stack.extend(self._dependents[other])

    # instructions

    def next(self) -> list[Instruction]:
        """What to start now; each instruction is given once."""
        if self._stopped:
            return []
        instructions: list[Instruction] = []
        self._unfetched = [key for key in self._unfetched if self.state[key] is State.WAITING]
        while self._unfetched and len(self._fetching) < self.fetch_slots:
            key = self._unfetched.pop(0)
            self._fetching.add(key)
            instructions.append(Fetch(key))
        ready = self._ready()
        free = self.slots - self.running
        chosen = ready[: max(0, free)]
        share = max(1, self.slots // max(1, min(self.slots, self.running + len(ready))))
        for key in chosen:
            self.state[key] = State.RUNNING
            instructions.append(Start(key, share))
        return instructions

    @property
    def running(self) -> int:
        """Nodes being built now."""
        return sum(state is State.RUNNING for state in self.state.values())

    @property
    def is_over(self) -> bool:
        """Nothing runs and nothing can be started any more."""
        if self.running or self._fetching:
            return False
        return self._stopped or not any(state is State.WAITING for state in self.state.values())

    def keys(self, state: State) -> list[str]:
        """Nodes in this state, dependencies first."""
        return [key for key in self.plan.actions if self.state[key] is state]

    @property
    def _stopped(self) -> bool:
        return self.fail_fast and any(state is State.FAILED for state in self.state.values())

    def _ready(self) -> list[str]:
        found = [
            key
            for key, missing in self._missing.items()
            if self.state[key] is State.WAITING and not missing and key not in self._need_fetch
        ]
        return sorted(found, key=self._urgency)

    def _urgency(self, key: str) -> tuple[int, str, str]:
        return (-self._rank[key], self.plan.graph[key].name, key)


def _has_sources(plan: BuildPlan, key: str) -> bool:
    node = plan.graph[key]
    return any(source.kind != "none" for source in node.sources) or any(patch.url for patch in node.patches)


def _chain_lengths(plan: BuildPlan) -> dict[str, int]:
    """Node -> number of nodes in the longest chain of dependents that wait for it."""
    lengths: dict[str, int] = dict.fromkeys(plan.actions, 0)
    for key in reversed(list(plan.actions)):
        for other in plan.waits_for(key):
            lengths[other] = max(lengths[other], lengths[key] + 1)
    return lengths
