"""Rewriting files for the place where a view shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.python import interpreter_lines
from outcrop.store.scan import interpreter_of
from outcrop.view.model import Substitution
from outcrop.view.rewrite import Rewriter

VENV = "/store/python-venv-1-abc"
BASE = "/store/python-3-def"
VIEW = "/env/my.view"
RULES = [
    Substitution(kind="prefix", old=VENV, new=VIEW),
    Substitution(kind="python", old=BASE, new=VIEW),
    Substitution(kind="text", old=" --without-pip ", new=" ", only="pyvenv.cfg"),
]


def rewrite(text: str, path: str = "bin/x", rules: list[Substitution] = RULES) -> str:
    return Rewriter(rules).rewrite(path, text.encode()).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"#!{VENV}/bin/python3\nx\n", f"#!{VIEW}/bin/python3\nx\n"),
        (f"#!{VENV}/bin/python3 -w\nx\n", f"#!{VIEW}/bin/python3 -w\nx\n"),
        (f"#! {VENV}/bin/python3\nx\n", f"#!{VIEW}/bin/python3\nx\n"),
        (f"#!{BASE}/bin/python3.11\nx\n", f"#!{VIEW}/bin/python3.11\nx\n"),
        ("#!/usr/bin/env python3\nx\n", "#!/usr/bin/env python3\nx\n"),
        (f"#!/bin/sh\nexec {VENV}/bin/python3 -m x\n", f"#!/bin/sh\nexec {VIEW}/bin/python3 -m x\n"),
        (f"#!/bin/sh\n'''exec' {VENV}/bin/python3 \"$0\" \"$@\"\n' '''\nx\n", f"#!{VIEW}/bin/python3\nx\n"),
        (f"#!/bin/sh\n'''exec' \"{VENV}/bin/python3\" -w \"$0\" \"$@\"\n' '''\nx\n", f"#!{VIEW}/bin/python3 -w\nx\n"),
        (f'["{VENV}/bin/python3", "{VENV}"]', f'["{VIEW}/bin/python3", "{VIEW}"]'),
        (f"{VENV}x {VENV}-config {BASE}/lib {BASE}/bin/python3-config", None),
        (f"{BASE}/bin/python3", f"{VIEW}/bin/python3"),
        ("command = python -m venv --without-pip /x", None),
        (f"#!{VENV}/bin/python3", f"#!{VIEW}/bin/python3\n"),
    ],
)
def test_rewriting(before: str, after: str | None) -> None:
    assert rewrite(before) == (before if after is None else after)


def test_text_is_replaced_in_its_file_only() -> None:
    text = "command = python -m venv --without-pip /x"
    assert rewrite(text, "pyvenv.cfg") == "command = python -m venv /x"
    assert rewrite(text, "share/pyvenv.cfg") == text


def test_a_long_or_spaced_place_makes_a_trampoline() -> None:
    for view in ("/env/a b", "/env/" + "long" * 40):
        rules = [Substitution(kind="prefix", old=VENV, new=view)]
        text = rewrite(f"#!{VENV}/bin/python3 -W error\nx\n", rules=rules)
        lines = text.splitlines()
        assert lines[0] == "#!/bin/sh"
        assert lines[1].startswith("'''exec' ") and lines[1].endswith(' -W error "$0" "$@"')
        assert lines[2:] == ["' '''", "x"]
        found = interpreter_of(text.encode())
        assert found is not None and (found.program, found.arguments) == (f"{view}/bin/python3", "-W error")


def test_a_backslash_in_the_place_is_just_a_letter() -> None:
    assert rewrite(VENV, rules=[Substitution(kind="prefix", old=VENV, new=r"/a\1b")]) == r"/a\1b"


def test_bytes_that_are_no_text_pass_through() -> None:
    content = b"\xff\xfe" + VENV.encode() + b"/bin/python3\x80"
    assert Rewriter(RULES).rewrite("x", content) == b"\xff\xfe" + VIEW.encode() + b"/bin/python3\x80"


program = st.text(st.characters(codec="ascii", exclude_characters="\n\r\0\t\x0b\x0c"), min_size=1, max_size=160).map(
    lambda text: "/" + text.strip()
)
arguments = st.sampled_from(["", "-w", "-W error", "-I -S"])


@given(program, arguments)
def test_what_is_written_is_read_back(path: str, options: str) -> None:
    lines = interpreter_lines(path, options)
    found = interpreter_of(lines + b"rest\n")
    assert found is not None
    assert lines[: found.length] == lines
    assert (found.program, found.arguments) == (path, options)
    if not found.trampoline:
        assert len(lines) <= 127 and " " not in path
