"""The directory a package is built in: sources expanded, resources in place, patches applied."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from outcrop.base.digests import sha256_file
from outcrop.base.files import remove_tree
from outcrop.base.process import PLAIN_ENVIRONMENT, describe_status, run
from outcrop.fetch.cache import source_filename
from outcrop.fetch.errors import ChecksumError, StageError
from outcrop.fetch.unpack import unpack
from outcrop.fetch.vcs import check_out
from outcrop.spec.graph import Source

SOURCE_DIRECTORY = "spack-src"
"""Where recipes expect their sources, below the stage."""


class Stage:
    """A directory with the sources of one package in ``path/spack-src``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source_path = path / SOURCE_DIRECTORY
        self.archive_file: Path | None = None
        """The file the sources came from; inside ``source_path`` when it was not to be expanded."""

    def create(self) -> None:
        """Make the directory, with an empty source directory for packages without sources."""
        self.source_path.mkdir(parents=True, exist_ok=True)

    def destroy(self) -> None:
        """Remove everything."""
        remove_tree(self.path)

    def expand(self, archive: Path, *, name: str | None = None, expand: bool = True) -> Path:
        """Fill the source directory from a verified file; what was in it before is gone.

        A single directory at the top of an archive becomes the source directory. With ``expand=False`` the file itself
        lies in it, under ``name``.

        Args:
            name: the file's own name, where ``archive`` is called by its checksum.

        Raises:
            UnpackError: as :func:`outcrop.fetch.unpack.unpack`.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        remove_tree(self.source_path)
        filename = name or archive.name
        if expand:
            self.archive_file = archive
            _expand_into(archive, self.source_path, filename)
        else:
            self.source_path.mkdir()
            self.archive_file = self.source_path / Path(filename).name
            shutil.copyfile(archive, self.archive_file)
        return self.source_path

    def check_out(self, source: Source, *, environ: Mapping[str, str], offline: bool = False) -> Path:
        """Fill the source directory from a repository; see :func:`outcrop.fetch.vcs.check_out`."""
        self.path.mkdir(parents=True, exist_ok=True)
        remove_tree(self.source_path)
        check_out(source, self.source_path, environ=environ, offline=offline)
        return self.source_path

    def add_resource(
        self, resource: Source, archive: Path | None, *, environ: Mapping[str, str] | None = None, offline: bool = False
    ) -> list[Path]:
        """Put a further source below the source directory, as ``<destination>/<placement>``.

        Without a placement it is called as the directory at the top of its archive, its repository, or its file. A
        placement that maps paths moves those parts alone.

        Args:
            archive: its verified file; None for a repository that is to be checked out now.

        Returns:
            What was placed.

        Raises:
            StageError: it would lie outside the source directory, something is in its place, or it has no such part.
        """
        label = f"resource {resource.name or 'without a name'}"
        work = self.path / ".resource"
        remove_tree(work)
        work.mkdir(parents=True)
        try:
            if archive is None:
                fetched, own_name = work / "content", _repository_name(resource)
                check_out(resource, fetched, environ=environ or PLAIN_ENVIRONMENT, offline=offline)
            else:
                fetched, own_name = _resource_content(resource, archive, work)
            placed = []
            for part, name in _placement(resource, own_name).items():
                target = self._free(Path(resource.destination, name), label)
                piece = fetched / part if part else fetched
                if not os.path.lexists(piece) or not piece.resolve().is_relative_to(fetched.resolve()):
                    raise StageError(f"{label} has no {part}")
                target.parent.mkdir(parents=True, exist_ok=True)
                piece.rename(target)
                placed.append(target)
        finally:
            remove_tree(work)
        return placed

    def _free(self, relative: Path, label: str) -> Path:
        target = self.inside(relative, label)
        if target == self.source_path:
            raise StageError(f"{label} has no place of its own in the sources")
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        if os.path.lexists(target):
            raise StageError(f"{label} cannot be placed: {target} is there already")
        return target

    def inside(self, relative: Path, what: str) -> Path:
        """A path below the source directory.

        Raises:
            StageError: it is not; ``what`` is named.
        """
        target = Path(os.path.normpath(self.source_path / relative))
        real, root = Path(os.path.realpath(target)), Path(os.path.realpath(self.source_path))
        if relative.is_absolute() or not target.is_relative_to(self.source_path) or not real.is_relative_to(root):
            raise StageError(f"{what} would lie outside the sources: {relative}")
        return target

    def apply_patch(
        self, path: Path, *, level: int = 1, working_dir: str = ".", reverse: bool = False, sha256: str = ""
    ) -> None:
        """Apply a patch with the ``patch`` program.

        Args:
            level: leading directories to strip from its file names.
            working_dir: where to apply it, relative to the source directory.
            reverse: take it out instead.
            sha256: what the file must be, when known.

        Raises:
            ChecksumError: it is another file.
            StageError: it does not fit; shows what ``patch`` said.
        """
        if sha256 and (got := sha256_file(path)) != sha256:
            raise ChecksumError(path.name, expected=sha256, got=got, origin=str(path))
        program = shutil.which("patch")
        if program is None:
            raise StageError(f"{path.name} cannot be applied without the patch program", hint="install patch")
        folder = self.inside(Path(working_dir), f"patch {path.name}")
        if not folder.is_dir():
            raise StageError(f"patch {path.name} is for {working_dir}, which is no directory of the sources")
        options = ["--reverse"] if reverse else []
        # --force: never ask, and never take a patch that does not fit for one that is applied already.
        command = [
            program,
            f"-p{level}",
            "--force",
            "--no-backup-if-mismatch",
            *options,
            "-i",
            str(path),
            "-d",
            str(folder),
        ]
        done = run(command, env=PLAIN_ENVIRONMENT, check=False)
        if done.status != 0:
            raise StageError(
                f"patch {path.name} does not apply ({describe_status(done.status)})",
                details=(done.stdout + done.stderr).strip().splitlines(),
                hint="the sources are not those the patch was made for, or it is applied already",
                code="patch-failed",
            )


def _expand_into(archive: Path, target: Path, filename: str) -> str:
    """Unpack; returns the name of the single directory at the top, which became ``target``, or nothing."""
    box = target.parent / f".expanded-{target.name}"
    remove_tree(box)
    try:
        unpack(archive, box, name=filename)
        visible = [entry for entry in box.iterdir() if not entry.name.startswith(".") and entry.name != "__MACOSX"]
        if len(visible) == 1 and visible[0].is_dir() and not visible[0].is_symlink():
            visible[0].rename(target)
            return visible[0].name
        box.rename(target)
        return ""
    finally:
        remove_tree(box)


def _placement(resource: Source, own_name: str) -> dict[str, str]:
    """Path inside the resource -> name below its destination; an empty path means all of it."""
    if resource.placement.startswith("{"):
        return {str(part): str(name) for part, name in json.loads(resource.placement).items()}
    return {"": resource.placement or own_name}


def _repository_name(resource: Source) -> str:
    """What a checkout is called where the recipe gives it no name: as its repository or module."""
    return Path(resource.urls[0].rstrip("/").rpartition("%module=")[2]).name.removesuffix(".git")


def _resource_content(resource: Source, archive: Path, work: Path) -> tuple[Path, str]:
    fetched = work / "content"
    if resource.is_checkout:
        _expand_into(archive, fetched, archive.name)
        return fetched, _repository_name(resource)
    filename = source_filename(resource) or archive.name
    if not resource.expand:
        by_parts = resource.placement.startswith("{")
        if by_parts:
            fetched.mkdir()
        shutil.copyfile(archive, fetched / filename if by_parts else fetched)
        return fetched, filename
    top = _expand_into(archive, fetched, filename)
    return fetched, top or resource.name or filename
