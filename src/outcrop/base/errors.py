"""The error hierarchy of the whole program.

    OutcropError                what happened, where, what to do next
    +-- UsageError              the command line or a spec on it is wrong             exit 2
    +-- InputError              a file the user wrote is wrong: file, line, expected  exit 1
    +-- RequestError            the request cannot be fulfilled                       exit 1

Rooms derive from these in their own ``errors.py`` (at most a handful each: a type exists only if somebody catches it).
Only ``cli`` renders errors and exits.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where something stands: a file, and when known its 1-based line and column."""

    file: str | Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        text = str(self.file)
        if self.line is not None:
            text += f":{self.line}"
            if self.column is not None:
                text += f":{self.column}"
        return text


class OutcropError(Exception):
    """Base of every expected failure.

    ``code`` is a kebab-case name that scripts may rely on. ``details`` are further lines (a caret under a spec, the
    last lines of a
    log); ``hint`` says what to do next.
    """

    code = "error"
    exit_status = 1

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        details: tuple[str, ...] | list[str] = (),
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.details = tuple(details)
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place is not None else self.message


class UsageError(OutcropError):
    """The command line cannot be understood."""

    code = "usage"
    exit_status = 2


class InputError(OutcropError):
    """A file written by a person cannot be read as what it should be."""

    code = "bad-input"


class RequestError(OutcropError):
    """The request is understood and cannot be fulfilled."""

    code = "request-failed"
