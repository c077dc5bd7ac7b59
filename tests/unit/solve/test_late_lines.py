"""Dependency lines that begin to apply only after their own package is decided."""

from __future__ import annotations

import pytest

from outcrop.solve import solve
from support.small_models import small_models
from support.small_problems import problem_of

BELOW = """
package e
  version 2
  version 1
  depends f type=build
  requires any_of %f@1 | @1
package f
  version 3
  version 2
  version 1
"""

VARIANT = """
package app
  version 1
  depends a type=build
  depends t type=link
  conflicts %a@2 when ^m@2
package a
  version 2
  version 1
  tag build-tools
package t
  version 1
  depends m type=link
  variant y true when ^k
  depends e type=build when +y
package m
  version 2
  version 1
  depends k type=link when @2
package k
  version 1
"""

FLAGS = """
package app
  version 1
  depends a type=build
  depends s type=build
  depends t type=build
  conflicts %a@2 when %t@2
package a
  version 2
  version 1
  tag build-tools
  depends t type=build
package t
  version 2
  version 1
  tag build-tools
  depends s type=build
  depends s cflags=-g type=build when @2
package s
  version 1
  tag build-tools
  depends e type=build when cflags=-g
"""


@pytest.mark.parametrize(
    ("text", "eager"),
    [
        pytest.param(VARIANT, False, id="a variant that exists only with something"),
        pytest.param(VARIANT, True, id="the same, all expanded"),
        pytest.param(FLAGS, False, id="flags"),
        pytest.param(FLAGS, True, id="flags, all expanded"),
    ],
)
def test_what_such_a_line_leads_to_is_decided(text: str, eager: bool) -> None:
    solution = solve(problem_of(["app"]), small_models(text + BELOW), eager=eager)
    assert solution.drafts["e#0"].node.version == "2"
    assert [choice.what for choice in solution.reasons["e#0"].choices] == ["version"]
