"""Nothing holds only because of itself."""

from __future__ import annotations

import pytest

from outcrop.solve import Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from support.small_models import small_models


def answer(text: str, *requests: str) -> Solution:
    """The lazy answer, which full expansion must give as well."""
    problem = Problem(requests=tuple(parse_spec(request) for request in requests), os="testos", target="t1")
    models = small_models(text)
    found = solve(problem, models)
    full = solve(problem, models, eager=True)
    assert (found.drafts, found.roots) == (full.drafts, full.roots)
    return found


def names(solution: Solution) -> set[str]:
    return {draft.node.name for draft in solution.drafts.values()}


OWN = """
package a
  version 1
  variant plain true
  variant x true when ^y
  depends y when +x
  depends b
package b
  version 1
  variant y false
  depends y when +y
package y
  version 1
"""


def test_a_variant_is_no_reason_for_what_it_hangs_on() -> None:
    assert names(answer(OWN, "a")) == {"a", "b"}
    found = answer(OWN, "a ^b+y")
    assert names(found) == {"a", "b", "y"}
    assert found.drafts["a#0"].node.variants == {"plain": True, "x": True}
    assert [edge.target for edge in found.drafts["a#0"].edges] == ["b#0", "y#0"]


def test_a_variant_that_could_only_be_its_own_reason() -> None:
    with pytest.raises(UnsatisfiableError) as caught:
        answer(OWN.replace("  depends b\n", ""), "a+x")
    assert caught.value.details == (
        "you asked for a+x",
        "a has the variant x only when ^y (small/a.py:5)",
        "a may not depend on y for that reason alone (small/a.py:6)",
    )


def test_a_value_is_no_reason_for_what_it_hangs_on() -> None:
    text = """
    package a
      version 1
      variant mode fast of slow,fast[^y]
      depends y when mode=fast
    package y
      version 1
    """
    found = answer(text, "a")
    assert names(found) == {"a"}
    assert found.drafts["a#0"].node.variants == {"mode": "slow"}
    other = answer(text + "package b\n version 1\n depends a\n depends y\n", "b ^a")
    assert other.drafts["a#0"].node.variants == {"mode": "slow"}


def test_a_longer_way_round() -> None:
    text = """
    package a
      version 1
      variant x true when +z
      variant z true when ^y
      depends b+deep when +x
    package b
      version 1
      variant deep false
      depends y when +deep
    package y
      version 1
    """
    found = answer(text, "a")
    assert names(found) == {"a"}
    assert found.drafts["a#0"].node.variants == {}


def test_a_variant_of_another_package() -> None:
    text = """
    package a
      version 1
      depends b
      depends y when ^b+x
    package b
      version 1
      variant x true when ^y
      depends y when ^z
    package y
      version 1
    package z
      version 1
    """
    assert names(answer(text, "a")) == {"a", "b"}


def test_a_line_that_is_its_own_reason() -> None:
    assert names(answer("package a\n version 1\n depends b when ^b\npackage b\n version 1\n", "a")) == {"a"}
    with pytest.raises(UnsatisfiableError) as caught:
        answer("package a\n version 1\n depends b when ^b\npackage b\n version 1\n", "a ^b")
    assert "a may not depend on b for that reason alone (small/a.py:3)" in caught.value.details
