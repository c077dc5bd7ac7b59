"""Specs that a person wrote into a file: an error names the place they stand at."""

from __future__ import annotations

from outcrop.base.errors import InputError, Place
from outcrop.spec import Spec, SpecParseError, parse_spec


def parse_written(text: str, place: Place | None) -> Spec:
    """Parse a spec, anonymous ones too.

    Raises:
        InputError: it does not parse; at ``place``, with a caret under the fault.
    """
    try:
        return parse_spec(text)
    except SpecParseError as error:
        raise InputError(error.message, place=place, details=error.details, hint=error.hint, code=error.code) from error
