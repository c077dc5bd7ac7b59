from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from outcrop.solve.clauses import FALSE, TRUE, Clauses
from outcrop.solve.engine import MiniSat

LITERALS = st.sampled_from([2, -2, 3, -3, 4, -4, TRUE, FALSE])


def clauses_with_three() -> Clauses:
    clauses = Clauses(MiniSat())
    assert [clauses.new() for _ in range(3)] == [2, 3, 4]
    return clauses


def value(literal: int, bits: tuple[bool, ...]) -> bool:
    if abs(literal) == TRUE:
        return literal == TRUE
    return bits[abs(literal) - 2] == (literal > 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(LITERALS, max_size=4), st.booleans())
def test_gates_are_what_they_say(literals: list[int], conjunction: bool) -> None:
    clauses = clauses_with_three()
    gate = clauses.conjunction(literals) if conjunction else clauses.disjunction(literals)
    clauses.flush()
    for bits in itertools.product([False, True], repeat=3):
        fixed = [place + 2 if bit else -(place + 2) for place, bit in enumerate(bits)]
        values = [value(literal, bits) for literal in literals]
        expected = all(values) if conjunction else any(values)
        assert clauses.engine.solve([*fixed, gate]) is expected
        assert clauses.engine.solve([*fixed, -gate]) is not expected


def test_at_most_one_of_few_and_of_many() -> None:
    for size in (3, 9):
        clauses = Clauses(MiniSat())
        variables = [clauses.new() for _ in range(size)]
        clauses.at_most_one(variables)
        clauses.flush()
        for pair in itertools.combinations(variables, 2):
            assert not clauses.engine.solve(pair)
        for one in variables:
            assert clauses.engine.solve([one])
        assert clauses.engine.solve([-variable for variable in variables])


def test_causes_are_switched_only_while_explaining() -> None:
    clauses = Clauses(MiniSat(), explain=True)
    variable = clauses.new()
    clauses.add([variable], ("request", 0))
    clauses.add([-variable], ("conflict", "a", 0))
    clauses.flush()
    first, second = clauses.switches.values()
    assert clauses.engine.solve([first])
    assert not clauses.engine.solve([first, second])
    assert set(clauses.engine.core()) == {first, second}
    plain = Clauses(MiniSat())
    plain.add([plain.new()], ("request", 0))
    assert plain.switches == {}
