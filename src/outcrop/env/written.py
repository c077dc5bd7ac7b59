"""Specs that a person wrote into a file: an error names the place they stand at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcrop.base.errors import InputError, Place

if TYPE_CHECKING:
    from outcrop.spec import Spec


def parse_written(text: str, place: Place | None) -> Spec:
    """Parse a spec, anonymous ones too.

    Raises:
        InputError: it does not parse; at ``place``, with a caret under the fault.
    """
    from outcrop.spec import SpecParseError, parse_spec  # 5 ms, and commands that read files may find no spec there

    try:
        return parse_spec(text)
    except SpecParseError as error:
        raise InputError(error.message, place=place, details=error.details, hint=error.hint, code=error.code) from error
