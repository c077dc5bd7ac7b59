"""Making a planned view, changing it into another, and removing it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from outcrop.base.events import Event, Quiet, Reporter
from outcrop.base.files import remove_tree
from outcrop.view.carry import Carried, Found, carry, find_own_files, look_again
from outcrop.view.errors import ViewError
from outcrop.view.exchange import NOT_SWAPPABLE, Exchange, exchange, recover, swap_entries, swap_trees
from outcrop.view.model import ViewPlan
from outcrop.view.stage import Written, write_tree
from outcrop.view.state import (
    STAGING_DIRECTORY,
    STATE_DIRECTORY,
    STATE_FILE,
    PlacedState,
    read_placed,
    read_state,
    write_state,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewResult:
    """What applying a plan did. Without ``changed`` nothing was written."""

    root: Path
    changed: bool
    atomic: bool = True
    """Nobody could see anything between the old view and the new one."""
    copied: int = 0
    """Files that were to be hard links and are copies."""
    carried: tuple[str, ...] = ()
    """The user's own files that are still there."""
    aside: tuple[str, ...] = ()
    """The user's own files that stood in the way and were put aside."""


def apply_view(
    plan: ViewPlan,
    root: Path | None = None,
    *,
    reporter: Reporter | None = None,
    force: bool = False,
    swap: Exchange = exchange,
) -> ViewResult:
    """Make the view at ``root`` what ``plan`` says. Others see it whole before or whole after, also if this is killed.

    Args:
        root: where to write it; the plan's root unless that is reached by another path from here.
        force: also when the plan was applied before (brings back what was removed from the view by hand).
        swap: exchanges two directories.

    Raises:
        ViewError: something that is not a view of ours is there, or it cannot be written.
    """
    return _Update(plan, root or Path(plan.root), reporter or Quiet(), swap).run(force)


def remove_view(root: Path, *, reporter: Reporter | None = None) -> tuple[str, ...]:
    """Remove the view at ``root``; files of the user's own stay where they are, and are returned.

    Raises:
        ViewError: it is not a view.
    """
    with _writing(root), _locked(root, reporter or Quiet()):
        _check_ours(root)
        state = read_placed(root)
        if state is None:
            return ()
        found = find_own_files(str(root), state)
        if not found.files and not root.is_mount():
            staging = _sibling(root, "new")
            _discard(staging)
            root.rename(staging)
            _discard(staging)
            return ()
        for path in state.placed:
            if path not in found.files:
                (root / path).unlink(missing_ok=True)
        (root / STATE_FILE).unlink()
        directories = [Path(directory) for directory, _, _ in os.walk(root)]
        for directory in sorted(directories, reverse=True):
            if directory != root and not any(directory.iterdir()):
                directory.rmdir()
    return tuple(sorted(found.files))


class _Update:
    """One update of one view."""

    def __init__(self, plan: ViewPlan, root: Path, reporter: Reporter, swap: Exchange) -> None:
        self.plan = plan
        self.root = root
        self.reporter = reporter
        self.swap = swap

    def run(self, force: bool) -> ViewResult:
        with _writing(self.root):
            self.root.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.root, self.reporter):
                recover(self.root, _sibling(self.root, "old"))
                _check_ours(self.root)
                head = read_state(self.root)
                self._clean()
                digest = self.plan.digest()
                if head is not None and head.plan == digest and not force:
                    return ViewResult(root=self.root, changed=False)
                return self._replace(digest)

    def _clean(self) -> None:
        """Remove what a killed update left; if that is the old tree, the user's files in it are looked for first."""
        for leftover in (_sibling(self.root, "new"), _sibling(self.root, "old"), self.root / STAGING_DIRECTORY):
            if not leftover.is_dir():
                continue
            before, now = read_placed(leftover), read_placed(self.root)
            if before is not None and now is not None and now.replaces == before.ident:
                found = find_own_files(str(leftover), before)
                written = Written(placed=now.placed, directories=list(now.directories))
                missing = {path: mark for path, mark in found.files.items() if not os.path.lexists(self.root / path)}
                found.files = missing
                carry(found, str(leftover), str(self.root), written, stamp=_stamp())
            _discard(leftover)

    def _replace(self, digest: str) -> ViewResult:
        old = read_placed(self.root)
        inside = (old is not None and old.inside) or self.root.is_mount()
        try:
            if not inside:
                return self._swap_whole(digest, old)
        except OSError as error:
            if error.errno not in NOT_SWAPPABLE or not self.root.is_dir():
                raise
            _discard(_sibling(self.root, "new"))
        return self._swap_inside(digest, old)

    def _swap_whole(self, digest: str, old: PlacedState | None) -> ViewResult:
        staging = _sibling(self.root, "new")
        written, found, carried = self._stage(staging, digest, old, inside=False)
        atomic = True
        retired: Path | None = None
        if self.root.is_dir():
            retired, atomic = swap_trees(staging, self.root, _sibling(self.root, "old"), exchange=self.swap)
        else:
            staging.rename(self.root)
        return self._finish(written, old, found, carried, retired, atomic)

    def _swap_inside(self, digest: str, old: PlacedState | None) -> ViewResult:
        staging = self.root / STAGING_DIRECTORY
        written, found, carried = self._stage(staging, digest, old, inside=True)
        swap_entries(staging, self.root, STATE_DIRECTORY, exchange=self.swap)
        return self._finish(written, old, found, carried, staging, False)

    def _stage(
        self, staging: Path, digest: str, old: PlacedState | None, *, inside: bool
    ) -> tuple[Written, Found, Carried]:
        staging.mkdir()
        try:
            written = write_tree(self.plan, str(staging))
            found, carried = Found(), Carried()
            if old is not None:
                found = find_own_files(str(self.root), old)
                carried = carry(found, str(self.root), str(staging), written, stamp=_stamp())
            state = PlacedState(
                inputs=self.plan.inputs,
                plan=digest,
                ident=uuid.uuid4().hex,
                replaces=old.ident if old is not None else "",
                root=self.plan.root,
                link_type=self.plan.link_type,
                venv=self.plan.venv,
                inside=inside,
                placed=written.placed,
                directories=tuple(written.directories),
            )
            write_state(staging, state)
        except BaseException:
            _discard(staging)
            raise
        return written, found, carried

    def _finish(
        self,
        written: Written,
        old: PlacedState | None,
        found: Found,
        carried: Carried,
        retired: Path | None,
        atomic: bool,
    ) -> ViewResult:
        if retired is not None:
            if old is not None:
                late = look_again(found, str(retired), old)
                more = carry(late, str(retired), str(self.root), written, stamp=_stamp())
                carried.kept.extend(more.kept)
                carried.aside.extend(more.aside)
            # Without its state it is rubbish, and nothing is looked for in it again.
            (retired / STATE_FILE).unlink(missing_ok=True)
            _discard(retired)
        if written.copied:
            self._warn(
                f"{len(written.copied)} of {len(written.placed)} files of {self.root} are copies: "
                f"the kernel refused a hard link ({written.refusal}); 'link_type: copy' or 'symlink' avoids this"
            )
        if carried.aside:
            self._warn(
                f"{len(carried.aside)} files of yours in {self.root} stood where the environment has its own "
                f"({carried.aside[0]}): they are in {self.root}/{carried.place}"
            )
        self.reporter.report(
            Event(
                kind="view.updated",
                subject=str(self.root),
                text=f"{len(written.placed)} files",
                done=len(written.placed),
            )
        )
        return ViewResult(
            root=self.root,
            changed=True,
            atomic=atomic,
            copied=len(written.copied),
            carried=tuple(sorted(carried.kept)),
            aside=tuple(sorted(carried.aside)),
        )

    def _warn(self, text: str) -> None:
        self.reporter.report(Event(kind="warning", subject=str(self.root), text=text))


def _sibling(root: Path, word: str) -> Path:
    return root.parent / f".{root.name}.outcrop-{word}"


def _stamp() -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + f"-{uuid.uuid4().hex[:4]}"


def _discard(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except PermissionError:  # a directory of the user's without write permission
        remove_tree(path)


def _check_ours(root: Path) -> None:
    """Refuse to touch what is not a view of ours; a missing or empty directory is fine."""
    if root.is_symlink() or (os.path.lexists(root) and not root.is_dir()):
        raise ViewError(
            f"{root} is not a directory, so it cannot be a view",
            hint="move it away, or give the view another root",
            code="view-root-taken",
        )
    if not root.is_dir() or read_state(root) is not None:
        return
    names = {path.name for path in root.iterdir()} - {STAGING_DIRECTORY}
    if (root / STATE_FILE).exists():
        raise ViewError(
            f"the state of the view {root} cannot be read: {root / STATE_FILE} is damaged or from another Outcrop",
            hint="move the view away and make it again",
            code="view-state-unreadable",
        )
    if names:
        raise ViewError(
            f"{root} exists and is not a view: it holds {min(names)}" + (" and more" if len(names) > 1 else ""),
            hint="move it away, or give the view another root",
            code="view-root-taken",
        )


@contextmanager
def _locked(root: Path, reporter: Reporter) -> Iterator[None]:
    """Hold the lock of the directory ``root`` is in; it leaves no file, and the kernel drops it with its holder."""
    descriptor = os.open(root.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reporter.report(
                Event(kind="waiting", subject=str(root), text=f"another process changes a view in {root.parent}")
            )
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            pass  # A network file system that locks no directories: the swap itself is still one step.
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ViewError(
            f"cannot write the view {root}: {error.filename or root}: {error.strerror or error}",
            hint="check the permissions and the free space there, or give the view another root",
            code="view-not-writable",
        ) from error
