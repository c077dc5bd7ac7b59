"""Sources of concrete packages: fetched into the cache, unpacked and patched in a stage of their own, without building.

Stages made here lie beside those of builds and belong to the person who asked for them: one that is there is not
touched again unless that is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from outcrop.base.errors import OutcropError, RequestError, UsageError
from outcrop.base.files import remove_tree, write_atomic
from outcrop.base.process import run
from outcrop.build.executor import worker_environment
from outcrop.build.job import Job
from outcrop.build.stage import BuildStage
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.context import Context
from outcrop.env.environment import Environment
from outcrop.env.grouped import concretize_groups, joined
from outcrop.env.installed import concrete_requests
from outcrop.fetch import source_filename
from outcrop.fetch.stage import SOURCE_DIRECTORY
from outcrop.spec import Spec
from outcrop.spec.graph import Graph, Node, short

STATE_FILE = ".outcrop-stage.json"
_JOB_FILE = "job.json"
_THREADS = 4


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """The files of one node, as they lie in the cache: in the order of its sources, and of its patches.

    A patch that lies beside its recipe has ``None``.
    """

    archives: tuple[Path, ...]
    patches: tuple[Path | None, ...]


class StageState(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage made here is: of which node, and how far its patches are applied."""

    hash: str
    patched: Literal["no", "partly", "yes"] = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A stage. ``fresh`` is false where it was there already and nothing was done."""

    key: str
    path: Path
    fresh: bool
    patched: bool = False

    @property
    def source_path(self) -> Path:
        """The sources."""
        return self.path / SOURCE_DIRECTORY


def requested_graph(context: Context, environment: Environment | None, specs: Sequence[Spec]) -> Concretized:
    """What requests become; without any, what the environment has locked or would lock.

    Raises:
        UsageError: there is neither a request nor an environment.
    """
    if specs:
        return concrete_requests(context, specs, lambda abstract: concretize(context, abstract))
    if environment is None:
        raise UsageError("no spec is given", hint="give at least one, or an environment with 'outcrop -e DIR ...'")
    lock = environment.lock()
    if lock is not None and environment.is_locked(lock):
        return Concretized.of_lock(lock)
    return joined([each.answer for each in concretize_groups(environment)])


def wanted_keys(graph: Graph, roots: Iterable[str], *, dependencies: bool) -> list[str]:
    """The nodes whose sources are wanted: roots, with ``dependencies`` everything they reach; externals have none."""
    keys = graph.closure(roots) if dependencies else list(dict.fromkeys(roots))
    return [key for key in keys if not graph[key].is_external]


def fetch_nodes(context: Context, graph: Graph, keys: Iterable[str]) -> dict[str, NodeFiles]:
    """Fetch the sources and patches of nodes, several at a time.

    Raises:
        RequestError: some could not be had; what could is in the cache.
    """
    wanted = list(dict.fromkeys(keys))
    # Made here, once: threads would make it twice.
    fetcher = context.fetcher

    def fetch(key: str) -> NodeFiles | OutcropError:
        node = graph[key]
        try:
            return NodeFiles(
                tuple(fetcher.fetch(source, name=node.name, version=node.version) for source in node.sources),
                tuple(fetcher.fetch_patch(patch, name=node.name) if patch.url else None for patch in node.patches),
            )
        except OutcropError as error:
            return error

    with ThreadPoolExecutor(_THREADS, "fetch") as threads:
        answers = dict(zip(wanted, threads.map(fetch, wanted), strict=True))
    found = {key: answer for key, answer in answers.items() if isinstance(answer, NodeFiles)}
    failed = {key: answer for key, answer in answers.items() if isinstance(answer, OutcropError)}
    if len(failed) == 1:
        raise next(iter(failed.values()))
    if failed:
        details = []
        for key, error in failed.items():
            details += [f"{node_title(graph[key])}: {error}", *(f"    {line}" for line in error.details)]
        raise RequestError(
            f"the sources of {len(failed)} of {len(wanted)} packages cannot be had",
            details=details,
            hint=next((error.hint for error in failed.values() if error.hint), None),
            code="fetch-failed",
        )
    return found


def node_title(node: Node) -> str:
    """``name@version``."""
    return f"{node.name}@{node.version}"


def file_titles(node: Node) -> list[str]:
    """What the sources of a node are called, in their order."""
    return [
        f"{source.urls[0]} {source.commit or source.ref or source.date}"
        if source.is_checkout
        else source_filename(source)
        for source in node.sources
    ]


# -- stages ---


class Stager:
    """Makes stages of nodes of one graph."""

    def __init__(self, context: Context, graph: Graph) -> None:
        self._context = context
        self._graph = graph

    def directory(self, key: str) -> Path:
        """Where the stage of a node lies unless somebody says otherwise."""
        node = self._graph[key]
        return self._context.paths.stage / "sources" / f"{node.name}-{node.version}-{short(key)}"

    def stage(self, key: str, files: NodeFiles, directory: Path | None = None, *, force: bool = False) -> Staged:
        """Unpack the sources and place the resources.

        Args:
            directory: where; by default :meth:`directory`.
            force: do it anew even if it is done, and throw away what was changed there.

        Raises:
            RequestError: there is something else in the directory.
        """
        path = directory or self.directory(key)
        state = self._state(key, path, force=force)
        if state is not None:
            return Staged(key=key, path=path, fresh=False, patched=state.patched == "yes")
        is_new = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        (path / STATE_FILE).unlink(missing_ok=True)
        stage = self._build_stage(key, files, path)
        try:
            stage.create()
            stage.expand_archive()
        except BaseException:
            if is_new:
                remove_tree(path)
            raise
        _write_state(path, StageState(hash=key))
        return Staged(key=key, path=path, fresh=True)

    def patch(self, key: str, files: NodeFiles, directory: Path | None = None, *, force: bool = False) -> Staged:
        """Unpack the sources unless that is done, then apply the patches and what the recipe changes itself.

        Raises:
            RequestError: a patch does not apply, or did not the last time and ``force`` is not given.
        """
        staged = self.stage(key, files, directory, force=force)
        state = _read_state(staged.path)
        if state is not None and state.patched == "yes":
            return staged
        if state is not None and state.patched == "partly":
            raise RequestError(
                f"the sources in {staged.source_path} are patched in part: the last attempt failed",
                hint="look at them, or begin anew with --force",
                code="half-patched",
            )
        _write_state(staged.path, StageState(hash=key, patched="partly"))
        self._build_stage(key, files, staged.path).apply_patches()
        self._run_patch_method(key, files, staged.path)
        _write_state(staged.path, StageState(hash=key, patched="yes"))
        return Staged(key=key, path=staged.path, fresh=True, patched=True)

    def _state(self, key: str, path: Path, *, force: bool) -> StageState | None:
        """What is there already and may stay; ``None`` if it has to be made."""
        state = _read_state(path)
        if state is None:
            if path.is_dir() and any(path.iterdir()) and path != self.directory(key):
                raise RequestError(
                    f"{path} is not empty, and not a stage", hint="name another directory", code="not-a-stage"
                )
            return None
        if state.hash != key and not force:
            raise RequestError(
                f"{path} is the stage of another package, /{short(state.hash)}",
                hint="name another directory, or use it all the same with --force",
                code="not-a-stage",
            )
        return None if force else state

    def _build_stage(self, key: str, files: NodeFiles, path: Path) -> BuildStage:
        repositories = self._context.repositories
        return BuildStage(path, self._job(key, files, path), lambda name: repositories.recipe_path(name).parent)

    def _job(self, key: str, files: NodeFiles, path: Path) -> Job:
        context = self._context
        return Job(
            key=key,
            nodes={each: self._graph[each] for each in self._graph.closure([key])},
            store=str(context.store.root),
            stage=str(path),
            repositories=tuple(str(root) for _, root in context.repository_roots()),
            recipe_cache=str(context.paths.cache / "recipes"),
            archives=tuple(map(str, files.archives)),
            patches=tuple(str(patch) if patch is not None else "" for patch in files.patches),
        )

    def _run_patch_method(self, key: str, files: NodeFiles, path: Path) -> None:
        """Let the recipe's own ``patch`` method work, in a process of its own."""
        job_file = path / _JOB_FILE
        write_atomic(job_file, msgspec.json.encode(self._job(key, files, path)))
        command = [sys.executable, "-I", "-m", "outcrop.env.patch_method", str(job_file)]
        environment: Mapping[str, str] = {**worker_environment(), "HOME": str(path), "TMPDIR": str(path)}
        done = run(command, env=environment, check=False)
        job_file.unlink()
        if done.status == 0:
            return
        title = node_title(self._graph[key])
        message = done.stdout.strip() or f"its process ended with status {done.status}"
        raise RequestError(
            f"the patch method of {title} failed: {message}",
            details=done.stderr.strip().splitlines()[-8:],
            hint="it may need packages that are not installed yet; a build runs it when they are",
            code="patch-failed",
        )


def _read_state(path: Path) -> StageState | None:
    try:
        return msgspec.json.decode((path / STATE_FILE).read_bytes(), type=StageState)
    except (OSError, msgspec.MsgspecError):
        return None


def _write_state(path: Path, state: StageState) -> None:
    write_atomic(path / STATE_FILE, msgspec.json.encode(state))
