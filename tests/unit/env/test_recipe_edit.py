"""New version lines in recipes; all else stays, byte for byte."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.base.errors import InputError
from outcrop.env.recipe_edit import insert_versions, version_line
from outcrop.spec import Version

FILE = Path("package.py")
HEAD = '''# kept
class Foo(Package):
    """Something."""

    homepage = "https://example.org"
    license("MIT")

'''


def insert(source: str, *versions: str) -> str:
    lines = {version: f'version("{version}", new=True)' for version in versions}
    return insert_versions(source.encode(), lines, class_name="Foo", file=FILE).decode()


def order(source: str) -> list[str]:
    return [line.split('"')[1] for line in source.splitlines() if line.strip().startswith("version(")]


@pytest.mark.parametrize(
    ("declared", "added", "expected"),
    [
        (["2.0", "1.0"], ["3.0"], ["3.0", "2.0", "1.0"]),
        (["2.0", "1.0"], ["1.5", "0.1"], ["2.0", "1.5", "1.0", "0.1"]),
        (["develop", "2.0", "1.0"], ["3.0"], ["develop", "3.0", "2.0", "1.0"]),
        (["2.0", "1.0", "main"], ["3.0", "0.5"], ["3.0", "2.0", "1.0", "0.5", "main"]),
        (["1.0", "2.0"], ["3.0", "1.5"], ["1.0", "1.5", "2.0", "3.0"]),
        (["1.0"], ["2.0", "3.0"], ["3.0", "2.0", "1.0"]),
    ],
)
def test_versions_are_put_where_they_belong(declared: list[str], added: list[str], expected: list[str]) -> None:
    source = HEAD + "".join(f'    version("{version}", sha256="x")\n' for version in declared)
    assert order(insert(source, *added)) == expected


def test_a_comment_stays_with_the_version_below_it() -> None:
    source = HEAD + '    version("3.0")\n    # long-term support\n    version("1.0")\n    variant("x")\n'
    assert insert(source, "2.0") == source.replace('("3.0")\n', '("3.0")\n    version("2.0", new=True)\n')


def test_statements_of_several_lines_and_other_directives_between() -> None:
    source = (
        HEAD + '    version(\n        "2.0",\n        sha256="x",\n    )\n    version("1.0")\n\n    depends_on("a")\n'
    )
    assert insert(source, "1.5", "0.9") == source.replace(
        '    )\n    version("1.0")\n',
        '    )\n    version("1.5", new=True)\n    version("1.0")\n    version("0.9", new=True)\n',
    )


def test_versions_in_blocks_are_no_neighbours() -> None:
    source = HEAD + '    version("3.0")\n    with default_args(deprecated=True):\n        version("2.0")\n'
    assert insert(source, "1.0") == source.replace('("3.0")\n', '("3.0")\n    version("1.0", new=True)\n')


def test_the_first_version_comes_below_what_usually_stands_above() -> None:
    assert insert(HEAD + '    depends_on("a")\n', "1.0", "2.0") == HEAD.rstrip("\n") + (
        '\n\n    version("2.0", new=True)\n    version("1.0", new=True)\n\n    depends_on("a")\n'
    )


def test_line_ends_and_indentation_are_those_of_the_file() -> None:
    source = 'class Foo(Package):\r\n\tversion("1.0")\r\n\tx = 1'
    assert insert(source, "2.0", "0.5") == (
        'class Foo(Package):\r\n\tversion("2.0", new=True)\r\n\tversion("1.0")\r\n\tversion("0.5", new=True)\r\n\tx = 1'
    )
    assert insert('class Foo(P):\n  version("1.0")', "0.5") == (
        'class Foo(P):\n  version("1.0")\n  version("0.5", new=True)\n'
    )


def test_bytes_that_are_no_utf8_text_stay() -> None:
    source = '# -*- coding: latin-1 -*-\nclass Foo(Package):\n    a = "é"\n    version("1.0")\n'.encode("latin-1")
    made = insert_versions(source, {"2.0": 'version("2.0")'}, class_name="Foo", file=FILE)
    assert made == source.replace(b'    version("1.0")', b'    version("2.0")\n    version("1.0")')


VERSIONS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8, unique=True)


@given(VERSIONS, st.integers(0, 8))
def test_order_holds_and_nothing_else_changes(numbers: list[tuple[int, int]], split: int) -> None:
    texts = [f"{major}.{minor}" for major, minor in sorted(numbers, reverse=True)]
    added = texts[::2] if split % 2 else texts[split:]
    declared = [text for text in texts if text not in added]
    source = HEAD + "".join(f'    version("{text}", sha256="x")\n' for text in declared) + "    depends_on('z')\n"
    made = insert(source, *added)
    ast.parse(made)
    assert [line for line in made.splitlines() if "new=True" not in line and line.strip()] == [
        line for line in source.splitlines() if line.strip()
    ]
    if declared:
        found = [Version(text) for text in order(made)]
        assert found == sorted(found, reverse=True)


def test_what_is_no_recipe_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match="not valid Python") as caught:
        insert("class Foo(:\n", "1.0")
    assert caught.value.place is not None and caught.value.place.line == 1
    with pytest.raises(InputError, match="no class Foo"):
        insert("class Bar:\n    pass\n", "1.0")


def test_the_directive() -> None:
    assert version_line("1.0", "abc") == 'version("1.0", sha256="abc")'
    assert version_line("1.0", "abc", "u") == 'version("1.0", sha256="abc", url="u")'
