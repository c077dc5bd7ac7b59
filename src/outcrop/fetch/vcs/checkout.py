"""Checking a source out, whatever system keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from outcrop.base.files import remove_tree
from outcrop.base.process import ProcessError
from outcrop.fetch.client import redacted
from outcrop.fetch.errors import OfflineError, StageError
from outcrop.fetch.vcs.cvs import Cvs
from outcrop.fetch.vcs.git import FULL_COMMIT, Git
from outcrop.fetch.vcs.mercurial import Mercurial
from outcrop.fetch.vcs.program import refuse_options
from outcrop.fetch.vcs.subversion import Subversion
from outcrop.spec.graph import Source

_DEFAULTS = {"git": "the default branch", "svn": "the newest revision", "hg": "the default branch", "cvs": "the trunk"}


class System(Protocol):
    """A version control system, set up for one source."""

    def current(self) -> str:
        """The revision that the source means now, as its server says; empty where that cannot be asked.

        Raises:
            ProcessError: the server does not answer, or does not know it.
        """

    def check_out(self, into: Path) -> str:
        """Put the sources into ``into``, which does not exist; returns their revision.

        Raises:
            ProcessError: a program failed.
            StageError: what came is not what the source says.
        """


def check_out(source: Source, into: Path, *, environ: Mapping[str, str], offline: bool = False) -> str:
    """Put the sources into ``into``, which must not exist; returns the revision they are of, if the system has any.

    Args:
        environ: where the program and the user's settings, keys and proxies are found; nothing is asked.

    Raises:
        OfflineError: the repository is not on this machine and the network must not be used.
        StageError: there is no such program, repository or revision; nothing is left behind.
    """
    if not source.urls:
        raise StageError(f"a {source.kind} source names no repository", hint=f"add {source.kind}= to the recipe")
    url = source.urls[0]
    if offline and not is_near(source):
        raise OfflineError(f"{redacted(url)} is not on this machine, and the network must not be used")
    try:
        return _system(source, environ, offline=offline).check_out(into)
    except ProcessError as problem:
        remove_tree(into)
        raise StageError(
            f"{describe(source)} of {redacted(url)} cannot be checked out",
            details=[line.replace(url, redacted(url)) for line in problem.details],
            hint="check that the repository is there and has it",
        ) from problem
    except BaseException:
        remove_tree(into)
        raise


def current_revision(source: Source, *, environ: Mapping[str, str]) -> str:
    """What a branch, a tag or the newest revision means now; empty if that cannot be told."""
    try:
        return _system(source, environ, offline=False).current()
    except ProcessError:
        return ""


def describe(source: Source) -> str:
    """What of the repository is meant, in words."""
    named = source.commit or source.ref
    parts = [named or _DEFAULTS[source.kind], f"at {source.date}" if source.date else ""]
    return " ".join(filter(None, parts))


def is_near(source: Source) -> bool:
    """Whether the repository is on this machine."""
    if not source.urls:
        return False
    url = source.urls[0]
    if source.kind == "cvs":
        return url.startswith(("/", ":local:", ":fork:"))
    return url.startswith("file:") or ("://" not in url and Path(url).exists())


def is_pinned(source: Source) -> bool:
    """Whether it means the same for ever: a whole commit, a revision number of Subversion, a date of CVS.

    The twelve digits that Mercurial itself writes for a revision are enough.
    """
    if source.kind == "git":
        return FULL_COMMIT.fullmatch(source.commit) is not None
    if source.kind == "svn":
        return source.ref.isdecimal()
    if source.kind == "hg":
        return re.fullmatch(r"[0-9a-f]{12,40}", source.ref) is not None
    return bool(source.date)


def _system(source: Source, environ: Mapping[str, str], *, offline: bool) -> System:
    refuse_options(*source.urls, source.commit, source.ref, source.date)
    if source.kind == "git":
        return Git(source, environ, near=is_near(source), offline=offline)
    if source.kind == "svn":
        return Subversion(source, environ)
    if source.kind == "hg":
        return Mercurial(source, environ)
    if source.kind == "cvs":
        return Cvs(source, environ)
    raise ValueError(f"a source of kind {source.kind!r} is not checked out")
