"""What can go wrong with a spec: it cannot be read, or two of them cannot both hold."""

from __future__ import annotations

from outcrop.base.errors import Place, RequestError, UsageError


class VersionError(UsageError):
    """A version, a range or a list of them is malformed or empty."""

    code = "bad-version"


class SpecParseError(UsageError):
    """A spec cannot be read. ``details`` are the text and a caret below ``position`` (0-based), where reading ends."""

    code = "bad-spec"

    def __init__(
        self,
        message: str,
        *,
        text: str,
        position: int,
        width: int = 1,
        hint: str | None = None,
        place: Place | None = None,
    ) -> None:
        position = min(position, len(text))
        shown = "".join(" " if letter in "\n\r\t" else letter for letter in text)
        caret = " " * position + "^" * max(1, min(width, len(text) - position))
        super().__init__(message, place=place, details=(shown, caret), hint=hint)
        self.text = text
        self.position = position


class NodeFormatError(UsageError):
    """A format string for nodes is malformed."""

    code = "bad-format"


class UnsatisfiableSpecError(RequestError):
    """Two specs contradict each other; ``left`` and ``right`` are their texts, ``reason`` is the part that clashes."""

    code = "specs-contradict"

    def __init__(self, left: str, right: str, reason: str) -> None:
        super().__init__(f"'{left}' and '{right}' cannot both hold: {reason}")
        self.left = left
        self.right = right
        self.reason = reason
