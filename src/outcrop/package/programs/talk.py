"""``tty``: how recipes say something while they build. In a worker it ends in the build log."""

from __future__ import annotations

import logging
import sys


class tty:
    """Lines for whoever reads the build log; only these five ways of saying something exist."""

    @staticmethod
    def debug(message: object, *details: object, **_options: object) -> None:
        """To the debug log only."""
        logging.getLogger("outcrop.recipe").debug("%s", _lines("", message, details))

    @staticmethod
    def info(message: object, *details: object, **_options: object) -> None:
        """A remark."""
        _write("==> ", message, details)

    @staticmethod
    def msg(message: object, *details: object, **_options: object) -> None:
        """A step."""
        _write("==> ", message, details)

    @staticmethod
    def warn(message: object, *details: object, **_options: object) -> None:
        """Something that may be wrong."""
        _write("==> Warning: ", message, details)

    @staticmethod
    def error(message: object, *details: object, **_options: object) -> None:
        """Something that is wrong; the recipe goes on or raises, as it likes."""
        _write("==> Error: ", message, details)


def _lines(start: str, message: object, details: tuple[object, ...]) -> str:
    return "\n".join([f"{start}{message}", *(f"    {line}" for text in details for line in str(text).splitlines())])


def _write(start: str, message: object, details: tuple[object, ...]) -> None:
    sys.stderr.write(_lines(start, message, details) + "\n")
    sys.stderr.flush()
