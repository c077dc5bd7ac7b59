"""The stage as recipes know it: what ``self.stage`` is while a package is built.

Sources were fetched and verified before the build began; here they are unpacked and patched, when the recipe (or a
recipe's own
``do_stage``) asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from outcrop.base.errors import RequestError
from outcrop.build.job import Job
from outcrop.fetch import Stage, source_filename


class BuildStage:
    """The stage of one job. Paths are text, as recipes expect.

    Args:
        path: the directory of the stage.
        job: names the fetched files.
        recipe_directory: where the files of a recipe (by package name) are.
    """

    def __init__(self, path: Path, job: Job, recipe_directory: Callable[[str], Path]) -> None:
        self._stage = Stage(path)
        self._job = job
        self._node = job.nodes[job.key]
        self._recipe_directory = recipe_directory

    @property
    def path(self) -> str:
        """The directory of the stage."""
        return str(self._stage.path)

    @property
    def source_path(self) -> str:
        """The unpacked sources."""
        return str(self._stage.source_path)

    @property
    def archive_file(self) -> str | None:
        """The file the sources came from."""
        return str(self._stage.archive_file) if self._stage.archive_file is not None else None

    @property
    def expanded(self) -> bool:
        """The sources are there."""
        return self._stage.source_path.is_dir()

    def create(self) -> None:
        """Make the directory."""
        self._stage.create()

    def fetch(self, mirror_only: bool = False) -> None:
        """Nothing to do: what the build needs was fetched before it began."""

    def expand_archive(self) -> None:
        """Unpack the main source and place the resources."""
        sources = self._node.sources
        for number, source in enumerate(sources):
            fetched = self._job.archives[number] if number < len(self._job.archives) else ""
            archive = Path(fetched) if fetched else None
            is_main = number == 0 and not source.name
            if is_main and archive is not None:
                # A checkout was fetched as a tar file: what its repository is called says nothing.
                name = archive.name if source.is_checkout else source_filename(source) or archive.name
                self._stage.expand(self._named(archive, name), name=name, expand=source.expand or source.is_checkout)
            elif not is_main:
                self._stage.add_resource(source, archive)

    def _named(self, archive: Path, name: str) -> Path:
        """The archive under its own name in the stage: recipes hand that to tools which read it."""
        link = self._stage.path / Path(name).name
        link.unlink(missing_ok=True)
        link.symlink_to(archive)
        return link

    def apply_patches(self) -> None:
        """Apply the patches of the node, its own and those its dependents ask for, in order.

        Raises:
            RequestError: a patch file is not where its recipe was when the node was locked.
        """
        for patch, fetched in zip(self._node.patches, self._job.patches or [""] * len(self._node.patches), strict=True):
            path = Path(fetched) if fetched else self._recipe_directory(patch.package) / patch.file
            if not path.is_file():
                raise RequestError(f"the patch {patch.file} of {patch.package} is gone: {path}", code="patch-gone")
            self._stage.apply_patch(
                path, level=patch.level, working_dir=patch.working_dir, reverse=patch.reverse, sha256=patch.sha256
            )

    def restage(self) -> None:
        """Unpack anew."""
        self.expand_archive()

    def destroy(self) -> None:
        """Remove everything."""
        self._stage.destroy()
