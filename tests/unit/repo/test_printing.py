"""Printed code: complete, unambiguous, and the same under every Python version."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.repo.printing import CodePrinter


def printed(text: str) -> str:
    return "\n".join(CodePrinter().block(ast.parse(textwrap.dedent(text)).body))


EXPRESSIONS = [
    ("a+b*c", "a + (b * c)"),
    ("(a+b)*c", "(a + b) * c"),
    ("-a**-b", "-(a ** (-b))"),
    ("not a == b", "not (a == b)"),
    ("(not a) == b", "(not a) == b"),
    ("a < b <= c", "a < b <= c"),
    ("a if b else (c if d else e)", "a if b else (c if d else e)"),
    ("a or b and c", "a or (b and c)"),
    ("lambda x, /, y=1, *, z: x", "lambda x, /, y=1, *, z: x"),
    ("lambda *a, k=2, **b: a", "lambda *a, k=2, **b: a"),
    ("(a, *b)", "(a, *b)"),
    ("(a,)", "(a,)"),
    ("()", "()"),
    ("[x for x in y if x if z for w in x]", "[x for x in y if x if z for w in x]"),
    ("{**a, 'b': 1}", "{**a, 'b': 1}"),
    ("{a: b for a, b in c}", "{a: b for (a, b) in c}"),
    ("f(x for x in y)", "f((x for x in y))"),
    ("f(*a, b=1, **c)", "f(*a, b=1, **c)"),
    ("a[1:2, ::3]", "a[(1:2, ::3)]"),
    ("a[b].c(d)", "a[b].c(d)"),
    ("(a + b).c", "(a + b).c"),
    ("1 .real", "(1).real"),
    ("(x := 1) + 2", "(x := 1) + 2"),
    ("'a' 'b' \"c\"", "'abc'"),
    ("'\u00e9\\n'", r"'\xe9\n'"),
    ("b'\\x00'", r"b'\x00'"),
    ("1_000 + 0x10 + 1e3 + 2j", "((1000 + 16) + 1000.0) + 2j"),
    ("...", "..."),
    ("f'{a}{b!r}{c:>{w}}'", "f'{a}{b!r}{c:>{w}}'"),
    ("'x' f'{a}' 'y'", "f'x{a}y'"),
    ("f'{{}}{a}\\''", r"f'{{}}{a}\''"),
    ("f'{a[\"k\"]}'", "f'{a['k']}'"),
    ("f'{a:%Y-%m}'", "f'{a:%Y-%m}'"),
    ("f'{a=}'", "f'a={a!r}'"),
    ("rf'\\d{a}'", r"f'\\d{a}'"),
]


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_expressions(text: str, expected: str) -> None:
    assert printed(f"r = {text}") == f"r = {expected}"


STATEMENTS = """
import b, a.c as d
from x import z, y as w
from . import v
@deco(1)
def f(a, b=2, *args, c, d=3, **kw):
    global g
    def inner():
        nonlocal a
    return
async def h():
    async with a as b:
        await c
    async for x in y:
        yield x
class A(B, metaclass=C):
    pass
a = b = c
a, b = c
a += 1
del a, b[0]
for x, y in z:
    continue
else:
    break
while x:
    pass
if a:
    b
elif c:
    d
else:
    e
with a as b, c:
    pass
try:
    a
except (B, C) as d:
    raise E from d
except F:
    raise
else:
    g
finally:
    h
assert a, 'b'
yield_ = lambda: (yield)
"""

PRINTED = """
import a.c as d
import b
from x import y as w
from x import z
from . import v
@deco(1)
def f(a, b=2, *args, c, d=3, **kw):
    global g
    def inner():
        nonlocal a
    return
async def h():
    async with a as b:
        await c
    async for x in y:
        yield x
class A(B, metaclass=C):
    pass
a = b = c
(a, b) = c
a += 1
del a, b[0]
for (x, y) in z:
    continue
else:
    break
while x:
    pass
if a:
    b
elif c:
    d
else:
    e
with a as b, c:
    pass
try:
    a
except (B, C) as d:
    raise E from d
except F:
    raise
else:
    g
finally:
    h
assert a, 'b'
yield_ = lambda : (yield)
"""


def test_statements() -> None:
    assert printed(STATEMENTS).strip() == PRINTED.strip()


def test_what_has_no_rule_is_printed_all_the_same() -> None:
    text = """
    match a:
        case {"k": [1, *rest]} if b:
            c = 1
        case D(x=2) | None:
            pass
    """
    one = printed(text)
    assert "MatchMapping" in one
    assert "c = 1" in one
    assert printed(text.replace("c = 1", "c  =  (1)")) == one
    assert printed(text.replace("c = 1", "c = 2")) != one
    assert printed(text.replace("x=2", "x=3")) != one


names = st.sampled_from(["a", "b", "c"])
atoms = st.one_of(names, st.integers(0, 9).map(str), st.text("xy'\"{}\\\n", max_size=3).map(repr))


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "*", "**", "and", "or", "==", "<", "in", "|", "//"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("(not {})".format, inner),
        st.builds("-({})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("f({}, k={})".format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("(lambda a, b={}: {})".format, inner, inner),
        st.builds("({}).attr".format, inner),
    )


expressions = st.recursive(atoms, grow, max_leaves=12)


@given(expressions)
def test_the_printed_form_means_the_same(text: str) -> None:
    """Expressions without f-strings come out as Python, so they can be read back."""
    tree = ast.parse(f"r = {text}")
    again = ast.parse("\n".join(CodePrinter().block(tree.body)))
    assert ast.dump(again) == ast.dump(tree)
