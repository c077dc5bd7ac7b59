"""Sources that are kept in git, Subversion, Mercurial or CVS, checked out with those programs.

A checkout is kept in the source cache as a tar file that is the same whenever the same revision is checked out.
"""

from outcrop.fetch.vcs.checkout import check_out, current_revision, describe, is_near, is_pinned
from outcrop.fetch.vcs.keep import cached_checkout, is_whole, keep_checkout, kept_revision
from outcrop.fetch.vcs.program import program_environment

__all__ = [
    "cached_checkout",
    "check_out",
    "current_revision",
    "describe",
    "is_near",
    "is_pinned",
    "is_whole",
    "keep_checkout",
    "kept_revision",
    "program_environment",
]
