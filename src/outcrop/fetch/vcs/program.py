"""Running the programs of version control systems: which one, and what of the environment it sees."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from outcrop.base.process import run
from outcrop.fetch.client import redacted
from outcrop.fetch.errors import StageError

_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
_SEEN = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME"),
        *_PROXIES,
        *(name.upper() for name in _PROXIES),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
        *("SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "SVN_SSH", "CVS_RSH", "CVS_PASSFILE", "KRB5CCNAME"),
    }
)
_FIXED = {"LC_ALL": "C.UTF-8", "TZ": "UTC0", "GIT_TERMINAL_PROMPT": "0", "GIT_TEMPLATE_DIR": "", "HGPLAIN": "1"}

PACKAGES = {"git": "git", "svn": "subversion", "hg": "mercurial", "cvs": "cvs"}
"""Program -> the package that has it."""


def program_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What these programs see of an environment: where they find the user's settings, keys and proxies.

    Dates and words are the same for everybody, and nothing is asked.
    """
    return {name: value for name, value in environ.items() if name in _SEEN} | _FIXED


class Program:
    """One of the programs, found on the ``PATH`` of ``environ``.

    Raises:
        StageError: it is not installed; says what to install so that ``url`` can be checked out.
    """

    def __init__(self, name: str, url: str, environ: Mapping[str, str], *, options: Sequence[str] = ()) -> None:
        found = shutil.which(name, path=environ.get("PATH"))
        if found is None:
            raise StageError(
                f"{redacted(url)} cannot be checked out without {name}",
                hint=f"install {PACKAGES[name]}",
                code="no-vcs-program",
            )
        self._command = [found, *options]
        self._environ = program_environment(environ)

    def __call__(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run it; returns what it wrote, without white space at the ends.

        Raises:
            ProcessError: it failed.
        """
        return run([*self._command, *arguments], env=self._environ, cwd=cwd).stdout.strip()


def refuse_options(*words: str) -> None:
    """Addresses, revisions and paths that a program would take for options are refused.

    Raises:
        StageError: one begins with a hyphen.
    """
    for word in words:
        if word.startswith("-"):
            raise StageError(f"{word!r} is no address, revision or path: it begins with a hyphen")
