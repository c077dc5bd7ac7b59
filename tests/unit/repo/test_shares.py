"""Names shared among workers: each is handed out once, whoever asks when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outcrop.repo.shares import Shares


@given(count=st.integers(0, 300), workers=st.integers(1, 5), askers=st.lists(st.integers(0, 4), max_size=200))
def test_every_name_is_handed_out_once(count: int, workers: int, askers: list[int]) -> None:
    names = [f"p{number:03}" for number in range(count)]
    shares = Shares(names, workers)
    taken: list[str] = []
    for asker in askers:
        taken += shares.take(asker % workers)
    while shares:
        more = shares.take(0)
        assert more
        taken += more
    assert sorted(taken) == names
    assert shares.take(workers - 1) == []


def test_a_worker_stays_in_its_neighbourhood() -> None:
    names = [f"p{number:03}" for number in range(1000)]
    shares = Shares(names, 2)
    first, second = shares.take(0), shares.take(1)
    assert first == names[: len(first)]
    assert second == names[500 : 500 + len(second)]
    assert shares.take(0)[0] == names[len(first)]


def test_who_has_finished_helps_the_others() -> None:
    names = [f"p{number:03}" for number in range(1000)]
    shares = Shares(names, 2)
    mine: list[str] = []
    while len(mine) < 500:
        mine += shares.take(0)
    assert mine == names[:500]
    assert shares.take(0)[0] == names[750]


def test_runs_become_short_towards_the_end() -> None:
    shares = Shares([f"p{number:03}" for number in range(1000)], 2)
    lengths = []
    while shares:
        lengths.append(len(shares.take(0)))
    assert lengths[0] > 20
    assert lengths[-1] == 1


def test_what_is_given_back_comes_first() -> None:
    shares = Shares(list("abcdef"), 2)
    shares.give_back(["x", "y"])
    taken: list[str] = []
    while shares:
        taken += shares.take(1)
    assert taken[:2] == ["x", "y"]
    assert sorted(taken) == list("abcdefxy")
