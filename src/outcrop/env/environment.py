"""An environment on disk: a directory with ``spack.yaml`` and, once concretized, ``outcrop.lock``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.digests import sha256_bytes
from outcrop.base.errors import InputError, Place, RequestError, UsageError
from outcrop.base.files import remove_tree, write_atomic
from outcrop.base.near import near_misses
from outcrop.base.patterns import pattern
from outcrop.env.context import Context
from outcrop.env.definitions import DEFAULT_GROUP, parse_root
from outcrop.env.lock import FOREIGN_LOCK, LOCK, Lock, read_lock
from outcrop.env.manifest import DEFAULT_VIEW, MANIFEST, Manifest, read_manifest
from outcrop.env.manifest_text import edit_specs, new_manifest_text

if TYPE_CHECKING:
    from outcrop.env.conditions import Facts

_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Environment:
    """One environment; reads its files when asked for them."""

    def __init__(self, context: Context, directory: Path, name: str = "") -> None:
        self._base = context
        self.directory = directory.absolute()
        self.name = name or self.directory.name

    @classmethod
    def find(cls, context: Context, wanted: str) -> Environment:
        """By directory, by the path of a ``spack.yaml``, or by name.

        Raises:
            InputError: there is no such environment; near misses are named.
        """
        path = Path(wanted).expanduser()
        path = path if path.is_absolute() else context.directory / path
        if path.name == MANIFEST and path.is_file():
            return cls(context, path.parent)
        if (path / MANIFEST).is_file():
            return cls(context, path)
        named = context.paths.environments / wanted
        if _NAME.fullmatch(wanted) and (named / MANIFEST).is_file():
            return cls(context, named, wanted)
        if path.is_dir():
            raise InputError(
                f"there is no {MANIFEST} in {path}",
                hint=f"'outcrop env create {wanted}' makes one",
                code="no-environment",
            )
        near = near_misses(wanted, [env.name for env in cls.all(context)])
        hint = f"did you mean {' or '.join(near)}?" if near else "'outcrop env list' shows those that have a name"
        raise InputError(f"there is no environment {wanted}", hint=hint, code="no-environment")

    @classmethod
    def all(cls, context: Context) -> Iterator[Environment]:
        """The named ones, sorted."""
        root = context.paths.environments
        if root.is_dir():
            for path in sorted(root.iterdir()):
                if (path / MANIFEST).is_file():
                    yield cls(context, path, path.name)

    @classmethod
    def create(
        cls,
        context: Context,
        where: str,
        *,
        directory: bool = False,
        specs: tuple[str, ...] = (),
        view: str | bool = True,
        template: Path | None = None,
    ) -> Environment:
        """Make a new environment: named, or in a directory if ``where`` has a slash, is ``.`` or ``directory`` is true.

        Args:
            template: a ``spack.yaml`` to start from (copied as it is), or an ``outcrop.lock`` beside one.

        Raises:
            UsageError: it is no possible name.
            RequestError: there is one already; nothing is changed.
        """
        if directory or "/" in where or where in (".", ".."):
            path = Path(where).expanduser()
            path = path if path.is_absolute() else context.directory / path
            name = ""
        else:
            if not _NAME.fullmatch(where):
                raise UsageError(
                    f"'{where}' is no possible name: letters, digits, '_', '-' and '.'",
                    hint="give a directory as ./DIR",
                )
            path, name = context.paths.environments / where, where
        if (path / MANIFEST).exists():
            raise RequestError(f"there is an environment at {path} already", hint="nothing was changed")
        lock_text = None
        if template is None:
            text = new_manifest_text(specs, view)
        else:
            source = template if template.name == MANIFEST else template.parent / MANIFEST
            if template.name not in (MANIFEST, LOCK) and template.suffix not in (".yaml", ".yml"):
                raise UsageError(f"{template} is neither a {MANIFEST} nor an {LOCK}")
            if template.suffix in (".yaml", ".yml"):
                source = template
            read_manifest(source)
            text = source.read_text(encoding="utf-8")
            if template.name == LOCK:
                read_lock(template)
                lock_text = template.read_bytes()
        for spec in specs if template is None else ():
            parse_root(spec, Place("the command line"))
        write_atomic(path / MANIFEST, text.encode("utf-8"))
        if lock_text is not None:
            write_atomic(path / LOCK, lock_text)
        return cls(context, path, name)

    # files

    @property
    def manifest_path(self) -> Path:
        """``spack.yaml``."""
        return self.directory / MANIFEST

    @property
    def lock_path(self) -> Path:
        """``outcrop.lock``."""
        return self.directory / LOCK

    @cached_property
    def manifest(self) -> Manifest:
        """What is asked for."""
        return read_manifest(self.manifest_path, cache=self._base.paths.documents, facts=self._facts)

    def _facts(self) -> Facts:
        from outcrop.env.conditions import Facts  # see read_manifest

        host = self._base.host
        return Facts(host.platform, host.os, host.target, os.uname().nodename, self._base.environ)

    @cached_property
    def context(self) -> Context:
        """The installation as this environment sees it: its own sections lie over the files of the machine and the
        user."""
        return self._base.with_scopes([*self.manifest.includes, self.manifest.scope])

    def lock(self) -> Lock | None:
        """The lock as it is on disk, or None.

        Raises:
            InputError: damaged; or there is a lock of Spack's and none of ours.
        """
        found = read_lock(self.lock_path)
        if found is None and (self.directory / FOREIGN_LOCK).exists():
            raise InputError(
                f"{self.directory / FOREIGN_LOCK} pins hashes that mean nothing here; Outcrop does not read it",
                hint=f"move it aside: 'outcrop -e {self.directory} concretize' then writes {LOCK} from {MANIFEST}",
                code="foreign-lock",
            )
        return found

    def required_lock(self) -> Lock:
        """Like :meth:`lock`.

        Raises:
            RequestError: nothing is locked yet.
        """
        found = self.lock()
        if found is None:
            raise RequestError(
                f"the environment {self.name} is not concretized",
                hint=f"run 'outcrop -e {self.directory} concretize' or 'outcrop -e {self.directory} install'",
                code="not-concretized",
            )
        return found

    def inputs_digest(self) -> str:
        """Digest of what a person wrote that a solve depends on: requests, packages, concretizer settings; groups, if
        any has a name."""
        configuration = self.context.configuration
        covered: list[object] = [
            [root.text for root in self.manifest.roots],
            configuration.merged("packages"),
            configuration.merged("concretizer"),
        ]
        if self.manifest.has_groups:
            covered += [
                (
                    group.name,
                    [root.text for root in group.roots],
                    sorted(group.needs),
                    group.explicit,
                    {name: part.data for name, part in group.override.documents.items()} if group.override else {},
                )
                for group in sorted(self.manifest.groups, key=lambda group: group.name)
            ]
        return sha256_bytes(msgspec.json.encode(covered, order="deterministic"))

    def is_locked(self, lock: Lock | None) -> bool:
        """Whether the lock answers what the manifest asks now."""
        return lock is not None and lock.inputs == self.inputs_digest()

    def edit(
        self, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), group: str = DEFAULT_GROUP
    ) -> tuple[list[str], list[str]]:
        """Change the requests of a group; see :func:`outcrop.env.manifest_text.edit_specs`."""
        changed = edit_specs(self.manifest_path, add=add, remove=remove, group=group)
        for name in ("manifest", "context"):
            self.__dict__.pop(name, None)
        return changed

    def remove(self) -> None:
        """Take the environment's own files away: views of ours, lock, manifest; a named one's directory too.

        Other files in the directory stay, and so does everything in the store.
        """
        from outcrop.view import remove_view

        for view in self.manifest.views:
            remove_view(view.root)
        with contextlib.suppress(OSError):  # it is not there, or holds something else
            (self.directory / DEFAULT_VIEW).parent.rmdir()
        if self.directory.parent == self._base.paths.environments:
            remove_tree(self.directory)
            return
        self.lock_path.unlink(missing_ok=True)
        self.manifest_path.unlink()
