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


MPI = """
package app
  version 1
  depends mpi
  depends lib
package lib
  version 1
package openmpi
  version 5
  version 4
  depends lib
  provides mpi
package mpich
  version 4
  provides mpi
"""
O3 = {"cflags": "-O3"}


def test_flags_required_of_a_virtual_go_to_who_provides_it() -> None:
    def found(text: str, *requests: str, **more: PackageRules) -> dict[str, dict[str, str]]:
        return flags(answer(*(requests or ("app",)), text=MPI, packages={"mpi": require(text), **more}))

    assert found("cflags=-O3") == found("mpi cflags=-O3") == found("mpich cflags=-O3") == {"mpich": O3}
    assert found("openmpi cflags=-O3") == {"openmpi": O3}
    assert found("cflags=-O3", "app ^openmpi") == found("cflags=-O3", "mpi ^lib") == {"openmpi": O3}
    assert found("cflags=-O3", "mpi") == {"mpich": O3}
    assert found("cflags=-O3", "openmpi") == {}, "nobody takes it for an mpi"
    # The rule for the package itself is the later word, the request the last.
    assert found("cflags=-O3", mpich=require("cflags=-O2")) == {"mpich": {"cflags": "-O3 -O2"}}
    assert found("cflags=-O3", "app ^mpi cflags=-O1", mpich=require("cflags=-O2")) == {
        "mpich": {"cflags": "-O3 -O2 -O1"}
    }


def test_flags_required_of_a_virtual_hold_where_the_rule_does() -> None:
    rules = {"mpi": PackageRules(require=(Rule(specs=(parse_spec("cflags=-O3"),), when=parse_spec("@:4")),))}
    assert flags(answer("app ^openmpi@5", text=MPI, packages=rules)) == {}
    assert flags(answer("app ^openmpi@4", text=MPI, packages=rules)) == {"openmpi": O3}
    # What was compiled before has no flags.
    assert flags(answer("app", text=MPI, packages={"mpi": require("cflags=-O3")}, externals=("mpich@4",))) == {}


def test_a_virtual_with_flags_in_a_request() -> None:
    for request in ("app ^mpi cflags=-O3", "app %mpi cflags=-O3", "app ^mpi=mpich cflags=-O3", "mpi cflags=-O3"):
        assert flags(answer(request, text=MPI)) == {"mpich": O3}


def test_a_conflict_of_a_virtual_with_flags_is_one_only_with_these_flags() -> None:
    rules = {"mpi": PackageRules(conflict=(Rule(specs=(parse_spec("cflags=-Ofast"),), place="spack.yaml:7"),))}
    assert flags(answer("app ^mpich cflags=-O3", text=MPI, packages=rules)) == {"mpich": O3}
    with pytest.raises(UnsatisfiableError) as caught:
        answer("app ^mpich cflags=-Ofast", text=MPI, packages=rules)
    assert 'packages:mpi:conflict says cflags="-Ofast" (spack.yaml:7)' in caught.value.details
