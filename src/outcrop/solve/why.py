"""Why each decision of an answer came out as it did.

The expanded packages are encoded again with a switch per cause, and the optimiser decides everything once more with all
switches on. Where the best option of a decision turns out to be impossible, the engine's core names switches and
former decisions; what is left of it after leaving out one after the other is what stands in the way. The packages and
edges that earlier decisions have settled are taken for granted here: the packages that asked for them say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from outcrop.solve.clauses import FALSE, TRUE, Cause, Clauses
from outcrop.solve.criteria import criterion, decided
from outcrop.solve.decode import draft_id
from outcrop.solve.encoding import Encoding, Preference, Slot
from outcrop.solve.engine import Engine
from outcrop.solve.explain import cause_order, encode_again
from outcrop.solve.optimise import Decisions, Optimiser
from outcrop.solve.problem import Choice, ModelSource, Obstacle, Problem, Reason
from outcrop.solve.search import Searcher
from outcrop.solve.words import describe

_LINES = 8
"""What stands in the way of one option is said in at most so many lines."""

_NEEDS = ("depends", "provider", "external", "variant")


def explain_choices(
    problem: Problem,
    models: ModelSource,
    solved: Encoding,
    places: Sequence[int],
    reasons: Mapping[str, Reason],
    engine: Callable[[], Engine],
) -> dict[str, Reason]:
    """``reasons`` with criteria and obstacles in their choices.

    Args:
        problem: the problem.
        models: its recipes; nothing further is read of them.
        solved: the encoding of the answer.
        places: the requests that the answer fulfils.
        reasons: those of the answer, by draft id.
        engine: makes SAT engines.
    """
    made = engine()
    try:
        encoding, roots = encode_again(problem, models, solved, Clauses(made, explain=True), places)
        encoding.clauses.flush()
        observer = _Observer(encoding)
        closed = [-literal for literal in encoding.unknowns()]
        fixed = [*encoding.clauses.switches.values(), *closed]
        if not observer.start(fixed, _answer(encoding, reasons)):
            return dict(reasons)
        optimiser = Optimiser(observer, roots)
        observer.slots = optimiser.found.slots
        found = optimiser.run()
        return _Explainer(observer, found, fixed, closed).explained(reasons)
    finally:
        made.close()


def _answer(encoding: Encoding, reasons: Mapping[str, Reason]) -> list[int]:
    """What the answer has, so that the first model is the answer again and few calls are needed."""
    literals = []
    for slot in encoding.order:
        reason = reasons.get(draft_id(slot))
        if reason is None:
            continue
        package = encoding.packages[slot]
        chosen = {(choice.what, choice.chosen) for choice in reason.choices}
        for preference in [*package.own, *package.virtuals.values()]:
            for label, item in zip(preference.labels, preference.items, strict=True):
                if (preference.what, label) in chosen and item != FALSE:
                    literals.append(item)
    return literals


def _is_need(cause: Cause) -> bool:
    """Whether a cause is why something is in the graph at all: a request's root, or a dependency."""
    return cause[0] in _NEEDS or (cause[0] == "request" and len(cause) == 2)


def _merged(plain: Sequence[Choice], explained: dict[tuple[str, str], Choice]) -> tuple[Choice, ...]:
    """Choices in their order, explained where they could be; what the reasons did not have, wishes, comes first."""
    keys = dict.fromkeys((choice.what, choice.chosen) for choice in plain)
    before = [choice for key, choice in explained.items() if key not in keys]
    known = {(choice.what, choice.chosen): choice for choice in reversed(plain)}
    return (*before, *[explained.get(key, known[key]) for key in keys])


class _Observer(Searcher):
    """Remembers for each decision how much had been decided before it."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__(encoding)
        self.slots: Sequence[Slot] = ()
        self._steps: dict[int, tuple[Preference, int, int]] = {}

    def decide(self, preference: Preference) -> int:
        """See :meth:`Searcher.decide`."""
        self._steps.setdefault(id(preference), (preference, len(self.assumptions), len(self.slots)))
        return super().decide(preference)

    def before(self, preference: Preference) -> tuple[int, int]:
        """How many assumptions and how many packages were decided when it was first to be decided."""
        _, assumptions, slots = self._steps[id(preference)]
        return assumptions, slots


class _Explainer:
    def __init__(self, observer: _Observer, found: Decisions, fixed: list[int], closed: list[int]) -> None:
        self._observer = observer
        self._encoding = observer.encoding
        self._engine = observer.engine
        self._found = found
        self._start = len(fixed)
        self._closed = closed
        self._causes = {switch: cause for cause, switch in self._encoding.clauses.switches.items()}
        self._owners: dict[int, str] = {id(wish): name for name, _, wish in self._encoding.wishes}
        self._facts = self._texts()
        self._pending: dict[int, None] = {}
        self._given: list[int] = []
        self._needs = [switch for switch, cause in self._causes.items() if _is_need(cause)]
        self._looked = 0

    def explained(self, reasons: Mapping[str, Reason]) -> dict[str, Reason]:
        """The reasons with choices that say why."""
        choices: dict[str, dict[tuple[str, str], Choice]] = {}
        for subject, preference, rank in self._found.ranks:
            if not preference.items or not self._observer.truth(preference.present):
                continue
            ident = self._ident(subject, preference, rank)
            if ident is None:
                continue
            mine = choices.setdefault(ident, {})
            key = (preference.what, preference.labels[rank])
            if key not in mine:
                mine[key] = self._choice(subject, preference, rank)
        return {
            ident: msgspec.structs.replace(reason, choices=_merged(reason.choices, choices.get(ident, {})))
            for ident, reason in reasons.items()
        }

    def _ident(self, subject: Slot | None, preference: Preference, rank: int) -> str | None:
        """The draft that a decision is about."""
        if subject is not None:
            return draft_id(subject)
        name = self._owners.get(id(preference))
        if name is None:
            name = preference.labels[rank]  # the provider that answers a request for a virtual
        return next((draft_id(slot) for slot in self._found.slots if slot[0] == name), None)

    def _choice(self, subject: Slot | None, preference: Preference, rank: int) -> Choice:
        return Choice(
            what=preference.what,
            chosen=preference.labels[rank],
            rank=rank,
            options=len(preference.items),
            best=preference.labels[0],
            criterion=criterion(
                self._encoding, subject, self._owners.get(id(preference), ""), preference, self._observer.truth
            ),
            obstacles=tuple(self._obstacles(subject, preference, rank)) if rank else (),
        )

    def _obstacles(self, subject: Slot | None, preference: Preference, rank: int) -> Iterable[Obstacle]:
        """What excludes the best option; and where that leaves some better option open, what excludes the next
        better one.
        """
        clauses = self._encoding.clauses
        assumed, slots = self._observer.before(preference)
        given = self._structure(assumed, slots)
        better = clauses.disjunction(preference.items[:rank])
        clauses.flush()
        facts = self._observer.assumptions[self._start : assumed]
        given = self._apart(better, given)
        best = self._core(preference.items[0], facts, given)
        if best is None:
            return
        labels = self._labels(subject, preference, rank)
        if rank == 1 or not self._engine.solve([better, *best, *given, *self._closed]):
            yield Obstacle(options=labels, lines=self._lines(subject, best))
            return
        yield Obstacle(options=labels[:1], lines=self._lines(subject, best))
        following = self._core(preference.items[rank - 1], facts, given)
        if following is not None:
            yield Obstacle(options=labels[-1:], lines=self._lines(subject, following))

    def _labels(self, subject: Slot | None, preference: Preference, rank: int) -> tuple[str, ...]:
        """The better options; an external may have a version that can be built too."""
        labels = list(preference.labels[:rank])
        if subject is not None and preference.what == "version":
            candidates = self._encoding.packages[subject].candidates
            for place, candidate in enumerate(candidates[:rank]):
                if candidate.external is not None:
                    labels[place] = f"the external {labels[place]}"
        return tuple(labels)

    def _structure(self, assumed: int, slots: int) -> list[int]:
        """The packages decided before and their edges, as far as needs and earlier decisions settle them."""
        for slot in self._found.slots[self._looked : slots]:
            self._pending.update(dict.fromkeys(self._drawn(slot)))
        self._looked = max(self._looked, slots)
        facts = self._observer.assumptions[self._start : assumed]
        implied = set(self._engine.implied([*self._needs, *facts, *self._given, *self._closed]))
        certain = [literal for literal in self._pending if literal in implied]
        for literal in certain:
            del self._pending[literal]
        self._given.extend(certain)
        return self._given

    def _apart(self, option: int, given: Sequence[int]) -> list[int]:
        """``given`` without what excludes an option on its own: what follows from a decision is no reason for it."""
        kept = list(given)
        while not self._engine.solve([option, *kept, *self._closed]):
            core = set(self._engine.core())
            fewer = [literal for literal in kept if literal not in core]
            if len(fewer) == len(kept):
                break
            kept = fewer
        return kept

    def _drawn(self, slot: Slot) -> Iterable[int]:
        """The literals of a package and its edges that hold in the answer."""
        package = self._encoding.packages[slot]
        yield package.node
        for edge in package.edges.values():
            if self._observer.truth(edge.exists):
                literals = [edge.exists, edge.runtime, *edge.types.values(), *edge.virtuals.values()]
                yield from (literal for literal in literals if self._observer.truth(literal) and literal != TRUE)

    def _core(self, option: int, facts: Sequence[int], structure: Sequence[int]) -> list[int] | None:
        """Switches and decisions that exclude an option and no longer do when one of them is left out.

        Former decisions are tried first, the latest ones before the others; then recipe lines, then requests.
        """
        given = [option, *structure, *self._closed]
        if option == FALSE:
            return []
        if self._engine.solve([*given, *self._causes, *facts]):
            return None
        kept = set(self._engine.core())
        switches = sorted(
            (switch for switch in self._causes if switch in kept), key=lambda switch: cause_order(self._causes[switch])
        )
        core = [*switches, *[fact for fact in facts if fact in kept]]
        needed: list[int] = []
        while core:
            candidate = core.pop()
            if self._engine.solve([*given, *needed, *core]):
                needed.append(candidate)
            else:
                kept = set(self._engine.core())
                core = [literal for literal in core if literal in kept]
        return needed

    def _lines(self, subject: Slot | None, core: Sequence[int]) -> tuple[str, ...]:
        causes: list[Cause] = sorted(
            (self._causes[literal] for literal in core if literal in self._causes), key=cause_order
        )
        lines = describe(self._encoding, causes, solved=True)[1] if causes else []
        lines.extend(self._facts[literal] for literal in reversed(core) if literal in self._facts)
        lines = list(dict.fromkeys(lines))
        if not lines:
            name = subject[0] if subject is not None else "the recipe"
            lines = [f"{name} does not have it together with what was decided before"]
        if len(lines) > _LINES:
            lines = [*lines[: _LINES - 1], f"... and {len(lines) - _LINES + 1} more"]
        return tuple(lines)

    def _texts(self) -> dict[int, str]:
        """What each assumption made on the way means."""
        found: dict[int, str] = {}
        for package in self._encoding.packages.values():
            for use in package.uses:
                if use.foreign:
                    needs = f"{package.name} depends on {use.spec} ({use.origin})"
                    found.setdefault(use.condition, needs)
                    found.setdefault(-use.condition, f"{package.name} does without {use.spec} ({use.origin})")
        for subject, preference, rank in self._found.ranks:
            literal = preference.at_most(rank)
            if literal != TRUE and preference.items and self._observer.truth(preference.present):
                owner = self._owners.get(id(preference), "")
                found[literal] = decided(self._encoding, subject, owner, preference, rank)
        return found
