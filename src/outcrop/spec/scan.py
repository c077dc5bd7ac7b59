"""The letters of a spec: a cursor over the text that takes words by pattern and knows how to complain about what it
sees.
"""

from __future__ import annotations

import re
from typing import NoReturn

from outcrop.base.errors import Place
from outcrop.base.patterns import pattern
from outcrop.spec.errors import SpecParseError

IDENT = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
NAME = pattern(rf"(?:\*|(?:{IDENT}\.)*{IDENT})")
BINDING = pattern(rf"({IDENT}(?:\s*,\s*{IDENT})*)=(?!=)")
KEY = pattern(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)(:==|:=|==|=)")
VARIANT_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
VALUE = pattern(r"[A-Za-z0-9_\-+*.,:=%^~/\\]+")
QUOTED = pattern(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
ESCAPED = pattern(r"\\([\\\"'])")
HASH = pattern(r"[A-Za-z0-9_]+")
SPEC_FILE = pattern(r"(?:\.{0,2}/|[A-Za-z0-9_.-]+/)[^\s'\"]*\.(?:json|yaml)(?=\s|\Z)")
VERSION_ID = pattern(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
GIT_REF = pattern(r"git\.[A-Za-z0-9_][A-Za-z0-9_./-]*")
COMMIT = pattern(r"[0-9a-fA-F]{40}(?![A-Za-z0-9_.-])")
SPACED_EQUALS = pattern(r"[A-Za-z0-9_.-]+\s+:?=")
KEY_FOLLOWS = pattern(r"\s*:?=")


class Cursor:
    """A position in a text."""

    __slots__ = ("at", "offset", "place", "text", "whole")

    def __init__(self, text: str, place: Place | None, *, whole: str | None = None, offset: int = 0) -> None:
        self.text = text
        self.place = place
        self.at = 0
        self.whole = text if whole is None else whole
        """What errors show, where ``text`` is a part of it..."""
        self.offset = offset
        """...that begins here."""

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.text)

    @property
    def letter(self) -> str:
        """The next letter, empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> bool:
        """Move over blanks; says whether there were any (or the text begins here)."""
        before = at = self.at
        text = self.text
        while text[at : at + 1].isspace():
            at += 1
        self.at = at
        return at > before or before == 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Move over ``pattern`` if it stands here."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def sees(self, start: str) -> bool:
        """Whether ``start`` stands here."""
        return self.text.startswith(start, self.at)

    def skip(self, start: str) -> bool:
        """Move over ``start`` if it stands here."""
        if self.sees(start):
            self.at += len(start)
            return True
        return False

    def value(self, key: str) -> tuple[str, int, bool]:
        """Take the value behind ``key=``: its text, where it begins, whether it was in quotes."""
        begin = self.at
        match = self.take(QUOTED)
        if match is not None:
            inner = match[1] if match[1] is not None else match[2]
            return ESCAPED.sub(r"\1", inner), begin + 1, True
        match = self.take(VALUE)
        if match is not None:
            return match[0], begin, False
        if self.letter in ('"', "'"):
            return self.fail(f"the quote that begins the value of '{key}' is not closed", begin)
        hint = f"write it without blanks, as in {key}=value, or in quotes"
        return self.fail(f"expected a value behind '{key}='", begin, hint=hint)

    def fail(self, message: str, at: int | None = None, *, width: int = 1, hint: str | None = None) -> NoReturn:
        """Raise the error for what stands at ``at`` (or here)."""
        position = self.offset + (self.at if at is None else at)
        raise SpecParseError(message, text=self.whole, position=position, width=width, hint=hint, place=self.place)


def take_versions(cursor: Cursor) -> str:
    """Take what stands behind ``@``, without its blanks; versions and ranges are not looked into."""
    items = [_version_item(cursor)]
    while True:
        at = cursor.at
        cursor.skip_blanks()
        if not cursor.skip(","):
            cursor.at = at
            return ",".join(items)
        cursor.skip_blanks()
        items.append(_version_item(cursor))


def _git_version(cursor: Cursor) -> str:
    match = cursor.take(GIT_REF) or cursor.take(COMMIT)
    if match is None:
        return ""
    if not cursor.skip("="):
        return match[0]
    version = cursor.take(VERSION_ID)
    if version is None:
        cursor.fail(
            f"expected the version that '{match[0]}' stands for",
            hint="as in @git.main=1.2; leave the '=' out to have it found",
        )
    return f"{match[0]}={version[0]}"


def _version_item(cursor: Cursor) -> str:
    begin = cursor.at
    revision = _git_version(cursor)
    if revision:
        return revision
    if cursor.skip("="):
        cursor.skip_blanks()
        exact = cursor.take(VERSION_ID)
        if exact is None:
            cursor.fail("expected a version behind '@='", hint="as in @=1.2.3")
        if cursor.letter == ":":
            cursor.fail("an exact version cannot be the end of a range", begin, hint=f"leave the '=' out: {exact[0]}:")
        _check_end(cursor, begin)
        return f"={exact[0]}"
    low = cursor.take(VERSION_ID)
    if cursor.letter != ":" or cursor.sees(":="):
        if low is None:
            cursor.fail("expected a version", hint="as in @1.2, @1.2:1.4, @1.2: or @=1.2.3", width=1)
        _check_end(cursor, begin)
        return low[0]
    cursor.at += 1
    at = cursor.at
    high = cursor.take(VERSION_ID)
    if high is not None and KEY_FOLLOWS.match(cursor.text, cursor.at):
        cursor.at = at
        high = None
    if high is not None:
        _check_end(cursor, begin)
    return f"{low[0] if low else ''}:{high[0] if high else ''}"


def _check_end(cursor: Cursor, begin: int) -> None:
    letter = cursor.letter
    written = cursor.text[begin : cursor.at]
    if letter == "=":
        exact = written.lstrip("=")
        cursor.fail(
            f"'@{written}=' is not a version",
            begin,
            width=cursor.at + 1 - begin,
            hint=f"an exact version is written @={exact}; a variant has a blank before it: @{exact} name=value",
        )
    if letter in (".", "-"):
        cursor.fail(f"a version cannot end in '{letter}'", hint=f"leave it out: @{written}")
