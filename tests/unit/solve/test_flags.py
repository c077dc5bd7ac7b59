"""Compiler flags: who gets which, in what order, and conditions that speak of them."""

from __future__ import annotations

import pytest

from outcrop.solve import ExternalChoice, PackageRules, Problem, Rule, Solution, UnsatisfiableError, solve
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from support.small_models import small_models

REPOSITORY = """
package gcc
  version 14
  provides c
package app
  version 1
  variant fast false
  depends c type=build
  depends low
  depends extra when cflags="-O3"
  depends low cflags="-g -O2" when +fast
  conflicts cflags="-Ofast" because "it breaks"
package low
  version 1
  depends c type=build
  depends extra when ^text
  depends text
package text
  version 1
package extra
  version 1
"""


def answer(
    *requests: str,
    text: str = REPOSITORY,
    packages: dict[str, PackageRules] | None = None,
    externals: tuple[str, ...] = (),
) -> Solution:
    """The lazy answer, which full expansion must give as well."""
    problem = Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="testos",
        target="t1",
        packages=packages or {},
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(external), External(prefix=f"/ext/{place}"))
            for place, external in enumerate(externals)
        ),
    )
    models = small_models(text)
    found = solve(problem, models)
    full = solve(problem, models, eager=True)
    assert (found.drafts, found.roots) == (full.drafts, full.roots)
    return found


def flags(solution: Solution) -> dict[str, dict[str, str]]:
    """Flags as text by package, for those that have any."""
    nodes = [draft.node for draft in solution.drafts.values()]
    return {node.name: {kind: " ".join(words) for kind, words in node.flags.items()} for node in nodes if node.flags}


def require(text: str) -> PackageRules:
    return PackageRules(require=(Rule(specs=(parse_spec(text),), place="spack.yaml:7"),))


def test_flags_belong_to_who_is_named() -> None:
    found = answer('app cflags="-O1 -g" ^low ldflags=-s')
    assert flags(found) == {"app": {"cflags": "-O1 -g"}, "low": {"ldflags": "-s"}}


def test_flags_of_a_request_hold_below_its_root_only() -> None:
    lonely = REPOSITORY + "package lone\n version 1\npackage user\n version 1\n depends lone\n"
    assert flags(answer("app ^low cflags=-g", "lone", text=lonely)) == {"low": {"cflags": "-g"}}


def test_the_last_word_is_the_request_s() -> None:
    found = answer("app+fast ^low cflags=-O3", packages={"low": require("cflags='-O1 -pipe'")})
    assert flags(found)["low"] == {"cflags": "-g -O2 -O1 -pipe -O3"}
    assert flags(answer("app+fast"))["low"] == {"cflags": "-g -O2"}
    assert flags(answer("app")) == {}


def test_equal_flags_come_once_with_their_arguments() -> None:
    found = answer("app ^low cflags='-isystem /a -g'", "low cflags='-isystem /b -g'")
    assert flags(found)["low"] == {"cflags": "-isystem /a -g -isystem /b"}


def test_a_condition_on_flags() -> None:
    assert "extra#0" in answer("app cflags='-g -O3'").drafts
    assert not [edge for edge in answer("app cflags=-O2").drafts["app#0"].edges if edge.target == "extra#0"]


def test_a_condition_on_flags_from_a_dependent_and_the_configuration() -> None:
    text = """
    package a
      version 1
      variant fast false
      depends b cflags=-O3 when +fast
      depends b
    package b
      version 1
      depends extra when cflags=-O3
    package extra
      version 1
    package top
      version 1
      depends b when ^mark
      depends mark when ^extra
    package mark
      version 1
    """
    assert set(answer("a", text=text).drafts) == {"a#0", "b#0"}
    assert set(answer("a+fast", text=text).drafts) == {"a#0", "b#0", "extra#0"}
    assert set(answer("a", text=text, packages={"b": require("cflags=-O3")}).drafts) == {"a#0", "b#0", "extra#0"}


def test_nobody_outside_the_graph_gives_flags() -> None:
    text = """
    package a
      version 2
      version 1
      depends b
      depends give when @1
      requires one_of ^b cflags=-O3 | @1
    package b
      version 1
    package give
      version 1
      depends b cflags=-O3
    """
    # Only give's line gives b its flags, and give comes with a@1 alone, where it is one too many.
    with pytest.raises(UnsatisfiableError):
        answer("a", text=text)


def test_a_conflict_on_flags() -> None:
    with pytest.raises(UnsatisfiableError) as caught:
        answer("app cflags=-Ofast")
    assert caught.value.details == (
        'you asked for app cflags="-Ofast"',
        'app conflicts with cflags="-Ofast": it breaks (small/app.py:12)',
    )


def test_externals_have_no_flags() -> None:
    found = answer("app cflags=-O2 ^low cflags=-O3", externals=("low@1",))
    assert flags(found) == {"app": {"cflags": "-O2"}}


def test_flags_go_down_to_what_is_compiled() -> None:
    found = answer("app cflags==-O3 ldflags=-s")
    assert flags(found) == {"app": {"cflags": "-O3", "ldflags": "-s"}, "low": {"cflags": "-O3"}}
    found = answer("app cflags==-O3 ^low cflags=-O1")
    assert flags(found) == {"app": {"cflags": "-O3"}, "low": {"cflags": "-O1"}}
    found = answer("app+fast cflags==-O3")
    assert flags(found)["low"] == {"cflags": "-g -O2"}
