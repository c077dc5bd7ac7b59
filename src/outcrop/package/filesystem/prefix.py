"""``Prefix``: a path whose attributes are paths below it."""

from __future__ import annotations

import posixpath


class Prefix(str):
    """A directory name; ``prefix.lib.cmake`` is ``Prefix(".../lib/cmake")``.

    Every attribute that ``str`` does not have becomes a path component, so ``hasattr`` is always true, and
    directories that are named like a method of ``str`` (``count``, ``index``, ``title``) need :meth:`join`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Prefix:
        # Double underscores are Python's own questions (copy, pickle, numpy's protocols); a path is the wrong answer.
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return Prefix(posixpath.join(self, name))

    def join(self, string: str) -> Prefix:  # type: ignore[override]  # the recipe API replaces str.join
        """The path ``string`` below this one: for names that are no Python identifier."""
        return Prefix(posixpath.join(self, string))
