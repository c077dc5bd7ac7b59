"""git: a commit with as much of its repository as build tools ask for (``git describe``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from outcrop.base.files import remove_tree
from outcrop.base.process import ProcessError
from outcrop.fetch.client import local_path, redacted
from outcrop.fetch.errors import StageError
from outcrop.fetch.vcs.program import Program, refuse_options
from outcrop.spec.graph import Source

FULL_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A commit's whole name, with SHA-1 or SHA-256."""

_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
# Nothing that runs by itself, and nothing that differs from one user to the next or from one time to the next.
_SETTINGS = {
    "advice.detachedHead": "false",
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.logAllRefUpdates": "false",
    "core.splitIndex": "false",
    "gc.auto": "0",
    "init.defaultBranch": "main",
    "maintenance.auto": "false",
}


class Git:
    """The repository that a ``git`` source names.

    Args:
        near: it is on this machine, and so may its submodules be.
        offline: submodules must be on this machine too.
    """

    def __init__(self, source: Source, environ: Mapping[str, str], *, near: bool, offline: bool = False) -> None:
        refuse_options(*source.submodule_paths, *source.submodules_left_out, *source.sparse_paths)
        self._source = source
        self._url = source.urls[0]
        path = local_path(self._url) if "://" not in self._url else None
        self._address = str(path.absolute()) if path is not None and path.exists() else self._url
        settings = dict(_SETTINGS)
        if near:
            settings["protocol.file.allow"] = "always"
        if offline:
            settings["protocol.allow"] = "never"
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._program = Program("git", self._url, environ, options=words)
        self._path = Path()

    def current(self) -> str:
        """The commit that the branch or tag means, or the default branch where the source names none."""
        if self._source.commit:
            return self._source.commit
        names = self._names
        return names.get(f"{self._found}^{{}}") or names.get(self._found, "")

    def check_out(self, into: Path) -> str:
        """Fetch and check out; returns the commit."""
        source = self._source
        self._check_tag()
        into.mkdir(parents=True)
        self._path = into
        self._git("init", "-q")
        self._git("remote", "add", "origin", self._address)
        target = self._fetched()
        if source.sparse_paths:
            self._git("sparse-checkout", "init", "--cone")
            self._git("sparse-checkout", "set", *source.sparse_paths)
        self._git("checkout", "-q", "--detach", target)
        head = self._git("rev-parse", "HEAD")
        if re.fullmatch("[0-9a-f]+", source.commit) and not head.startswith(source.commit):
            raise StageError(f"{redacted(self._url)} gave commit {head} instead of {source.commit}")
        if source.submodules:
            self._add_submodules()
        self._forget_times()
        return head

    def _git(self, *arguments: str) -> str:
        return self._program("-C", str(self._path), *arguments)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Commits (or tag objects) by the names the server has for what the source names."""
        ref = self._source.ref
        asked = (ref,) if ref.startswith("refs/") else (f"refs/tags/{ref}", f"refs/heads/{ref}")
        patterns = [pattern for name in asked for pattern in (name, f"{name}^{{}}")] if ref else ["HEAD"]
        lines = self._program("ls-remote", self._address, *patterns, cwd=Path("/")).splitlines()
        pairs = [line.split("\t", 1) for line in lines if "\t" in line]
        return {name: commit for commit, name in pairs if name in patterns}

    @property
    def _found(self) -> str:
        """The whole name of what the source names; a tag comes before a branch. Empty if the server has no such."""
        return next(iter(sorted((name for name in self._names if not name.endswith("^{}")), reverse=True)), "")

    def _check_tag(self) -> None:
        """A tag that comes with a commit must still mean it."""
        source = self._source
        if not source.commit or not source.ref or not self._found.startswith("refs/tags/"):
            return
        means = self._names.get(f"{self._found}^{{}}") or self._names[self._found]
        if not means.startswith(source.commit):
            raise StageError(
                f"the tag {source.ref} of {redacted(self._url)} is not the commit that the recipe says",
                details=[f"expected {source.commit}", f"got      {means}"],
                hint="if upstream moved the tag on purpose, the recipe needs the new commit; otherwise find out why",
                code="moved-tag",
            )

    def _fetched(self) -> str:
        """Fetch what is needed; returns the name by which it can be checked out."""
        source = self._source
        if not source.full_history:
            # Blobs outside the chosen directories are left on the server, if it can do that.
            sparing = ["--filter=blob:none"] if source.sparse_paths else []
            try:
                self._git("fetch", "-q", "--depth", "1", "--no-tags", *sparing, "origin", self._wanted())
                return "FETCH_HEAD"
            except ProcessError:
                # Not every server gives out single commits, and an abbreviated one must be looked up.
                pass
        self._git("fetch", "-q", "--tags", "origin", _BRANCHES)
        if source.commit:
            return self._commit_in_history(source.commit)
        if source.ref:
            return self._known(source.ref)
        self._git("fetch", "-q", "origin", "HEAD")
        return "FETCH_HEAD"

    def _wanted(self) -> str:
        source = self._source
        if source.ref and self._found:
            tag = self._found.startswith("refs/tags/")
            # The tag itself is fetched too: versions are read from it.
            if tag:
                return f"+{self._found}:{self._found}"
            if not source.commit:
                return self._found
        return source.commit or source.ref or "HEAD"

    def _commit_in_history(self, commit: str) -> str:
        try:
            return self._git("rev-parse", "-q", "--verify", f"{commit}^{{commit}}")
        except ProcessError:
            # On no branch and no tag.
            self._git("fetch", "-q", "origin", commit)
            return "FETCH_HEAD"

    def _known(self, ref: str) -> str:
        if self._found.startswith("refs/heads/"):
            return f"origin/{self._found.removeprefix('refs/heads/')}"
        if self._found and not self._found.startswith("refs/tags/"):
            self._git("fetch", "-q", "origin", ref)
            return "FETCH_HEAD"
        return self._found or ref

    def _add_submodules(self) -> None:
        source = self._source
        chosen = [*source.submodule_paths]
        if source.submodules_left_out:
            known = chosen or self._submodule_paths()
            chosen = [path for path in known if path not in source.submodules_left_out]
            if not chosen:
                return
        command = ["submodule", "-q", "update", "--init", "--recursive", "--jobs=4"]
        named = ["--", *chosen] if chosen else []
        if not source.full_history:
            try:
                self._git(*command, "--depth=1", *named)
                return
            except ProcessError:
                # Some servers give out no commit by its name: all of the history, then.
                self._git("submodule", "-q", "deinit", "-f", "--all")
                remove_tree(self._path / ".git" / "modules")
        self._git(*command, *named)

    def _submodule_paths(self) -> list[str]:
        if not (self._path / ".gitmodules").is_file():
            return []
        listed = self._git("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
        return [entry.partition("\n")[2] for entry in listed.split("\0") if entry]

    def _forget_times(self) -> None:
        """Take times and inode numbers out of the indexes, and what was noted about the fetching."""
        self._git("read-tree", "HEAD")
        if self._source.sparse_paths:
            self._git("sparse-checkout", "reapply")
        if self._source.submodules:
            self._git("submodule", "-q", "foreach", "--recursive", "git read-tree HEAD")
        for name in ("FETCH_HEAD", "ORIG_HEAD"):
            for path in (self._path / ".git").rglob(name):
                path.unlink()
