"""The quick way to read the common forms of specs: it says what the full parser says, or nothing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcrop
from outcrop.spec import Spec, SpecParseError, parse_spec, parse_specs
from outcrop.spec.shortcut import read_common
from support.spec_strategies import specs

CHECKOUT = os.environ.get("OUTCROP_TEST_REPO", "")
DIRECTIVES = frozenset(
    {"depends_on", "conflicts", "requires", "provides", "extends", "variant", "patch", "when", "Spec"}
)
COMMIT = "0123456789abcdef" * 2 + "01234567"

NAMES = ("", "", "p", "py-q", "p_1", "clang", "gcc", "1p", "_p", "p-", "-p")
VERSIONS = (
    *[
        "",
        "",
        "@1.2",
        "@1.2:",
        "@:1.2",
        "@1.2:1.4",
        "@=1.2",
        "@1.2,1.4:1.6,=3",
        "@1.4,1.2",
        "@:",
        "@1.2:1.2",
        "@develop",
    ],
    *["@1.4:1.2", "@1,", "@1.", "@_", "@1_", "@git.main", "@git.main=1.2", f"@{COMMIT}", "@=git.x", "@1:git.x", "@1=2"],
    *["@", "@1.2-rc1", "@1:2:3", "@1:=2", "@01.2:1.2", "@1:2,2.5", "@1@2"],
)
BOOLEANS = ("", "", "+x", "~x", "+x~y", "+y+x", "+x+x", "++x", "~~x", "-x", "+", "+x-y", "+x.y", "+x=1")
KEYS = (
    *[
        "v=a",
        "v=b,a",
        "v=a,a",
        "v=True",
        "v=false,x",
        "v=*",
        "v=a,*",
        "v=gfx900:xnack-",
        "v==a",
        "v:=a",
        "v=",
        "v=a,,b",
    ],
    *["v=.a", "v='a'", "v=a%b", "v=a^b", "v=a/b", "v==", "v=:=a", "cflags=-g", "arch=zen2", "arch=linux-x-zen2", "v=-"],
    *["platform=linux", "os=rhel9", "operating_system=rhel9", "target=x86_64:", "target=zen3,zen2:zen2", "target=:"],
    *["namespace=n", "dev_path=/a,b", "patches=abc,def", "x=1"],
)
SIGILS = ("%", "^", "%", "^", "%%", "^[virtuals=c] ", "%c=", "")
BLANKS = (" ", " ", " ", "", "  ", "\n", "\t")


def nodes() -> st.SearchStrategy[str]:
    """Texts of a node, most of them proper."""
    return st.tuples(*map(st.sampled_from, (NAMES, VERSIONS, BOOLEANS, BLANKS, ("", "", *KEYS)))).map("".join)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Nodes with whatever between them."""
    found = draw(st.sampled_from(("", "", " "))) + draw(nodes())
    for _ in range(draw(st.integers(0, 2))):
        found += draw(st.sampled_from(BLANKS)) + draw(st.sampled_from(SIGILS)) + draw(nodes())
    return found + draw(st.sampled_from(("", "", " ", "+x", " w=1", "/abc")))


def read_fully(text: str) -> Spec | None:
    """What the full parser says of one spec: ``None`` if it is none."""
    try:
        found = parse_specs(text)
    except SpecParseError:
        return None
    return found[0] if len(found) == 1 else None


def check(text: str) -> bool:
    """Both say the same, if the quick way says anything; tells whether it did."""
    quick = read_common(text)
    if quick is None:
        return False
    full = read_fully(text)
    assert quick == full, text
    assert str(quick) == str(full)
    assert hash(quick) == hash(full)
    return True


@settings(max_examples=300)
@given(texts())
def test_it_says_what_the_full_parser_says(text: str) -> None:
    check(text)


@settings(max_examples=200)
@given(specs().map(str))
def test_printed_specs(text: str) -> None:
    check(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*"@+~-%^=:, .*ab1", "gcc", "1.2", "git.", "v=a", "true"]), max_size=9).map("".join))
def test_any_letters(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "p",
        "py-numpy",
        "p@1.2",
        "p@1.2:1.4,1.6:",
        "@=1.2",
        "@:4",
        "+x",
        "~x+y",
        "p+x~y",
        "v=a",
        "p v=a,b",
        "p@1: +x v=a w=b",
        "^q",
        "^q@2:+x",
        "%gcc",
        "%clang@:8 +x",
        "p %c ^q+x w=1 %d ^e",
        "platform=linux",
        "target=x86_64:",
        "p platform=linux os=debian12 target=zen2",
        " p  +x\n^q ",
    ],
)
def test_the_common_forms_take_the_quick_way(text: str) -> None:
    assert check(text)
    assert read_common(text) == parse_spec(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "*", "a.b", "p/abc", "p q", "p@1@2", "p+x~x", "p v=a v=b", "p x=1+x x=2", "p@2:1", "p@git.x"],
        *["os=a os=a", "p %q@1 %q@2", "%", "^+x", "p cflags=-g", "arch=zen2", "p v:=a", "p ++x", "p@1.", "p@1,"],
    ],
)
def test_the_rest_is_left_to_the_full_parser(text: str) -> None:
    assert read_common(text) is None


def spec_texts(files: Iterable[Path]) -> Iterator[str]:
    """Texts within the calls of directives, specs or not."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DIRECTIVES:
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def test_our_own_recipes() -> None:
    recipes = sorted(Path(outcrop.__file__).parent.glob("recipes/spack_repo/*/packages/*/package.py"))
    found = set(spec_texts(recipes))
    assert len(found) > 100
    assert sum(map(check, sorted(found))) > 80


@pytest.mark.skipif(not CHECKOUT, reason="OUTCROP_TEST_REPO names no checkout of Spack's public recipes")
def test_thousands_of_public_texts() -> None:
    # Every seventh recipe: a few seconds.
    recipes = islice(sorted(Path(CHECKOUT).glob("packages/*/package.py")), 0, None, 7)
    found = {text for text in spec_texts(recipes) if read_fully(text) is not None}
    assert len(found) > 3000
    quick = sum(map(check, sorted(found)))
    assert quick > 0.95 * len(found)


def test_only_errors_look_for_near_misses() -> None:
    program = """
import sys
from outcrop.spec import SpecParseError, parse_spec
parse_spec("p@1 %[virtuals=c] gcc")
assert "difflib" not in sys.modules
try:
    parse_spec("p %[virtual=c] gcc")
except SpecParseError as error:
    assert "virtuals" in error.hint, error.hint
assert "difflib" in sys.modules
"""
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
