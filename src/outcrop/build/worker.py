"""One build in one process, below its guard: stage, phases, seal. Started by the executor with a job file and a status
pipe, and nothing else.

Everything a recipe prints goes to this process's standard output, which is the log. What the executor has to know is
said on the pipe.
The prefix is sealed last; a build that fails, or is killed, leaves none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from outcrop import __version__
from outcrop.base.errors import OutcropError
from outcrop.base.files import remove_tree
from outcrop.build.environment import check_layout, python_variables
from outcrop.build.guard import guarded
from outcrop.build.job import Job, Said
from outcrop.build.layout import installed_environment, installed_log
from outcrop.build.stage import BuildStage
from outcrop.package.builds.hooks import prepare_modules, record_hooks, setup_package
from outcrop.package.builds.phases import run_patch_method, run_phases
from outcrop.package.builds.post_install import post_install
from outcrop.package.classes.base import LICENSES_VARIABLE, PackageBase
from outcrop.package.filesystem.shebang import STORE_VARIABLE
from outcrop.package.programs.jobs import BUILD_JOBS_VARIABLE
from outcrop.package.specs.facade import NodeSpec, build_facades
from outcrop.package.specs.world import PYTHON, PYTHON_VENV, interpreter_node
from outcrop.python import VenvFacts, byte_compile, describe_venv, probe
from outcrop.repo import Repositories
from outcrop.spec.graph import Graph
from outcrop.store import SEAL_SCHEMA, Entry, Hooks, Seal, Store, content_digest, protect, remove_prefix, scan_prefix


class Worker:
    """The state of one build."""

    def __init__(self, job: Job, pipe: int, environ: MutableMapping[str, str]) -> None:
        self.job = job
        self.graph = Graph(job.nodes, [job.key])
        self.node = self.graph[job.key]
        self.store = Store(Path(job.store))
        self.stage = Path(job.stage)
        self.environ = environ
        self.phase = "start"
        self._pipe = pipe
        self._started = time.monotonic()

    # talk

    def say(self, said: Said) -> None:
        """Tell the executor; if it is gone, nobody has to know."""
        with contextlib.suppress(OSError):
            os.write(self._pipe, msgspec.json.encode(said) + b"\n")

    @contextlib.contextmanager
    def in_phase(self, name: str) -> Iterator[None]:
        """Announce a phase, in the log too."""
        self.phase = name
        sys.stdout.write(f"==> {self.node.name}@{self.node.version}: {name}\n")
        sys.stdout.flush()
        self.say(Said(kind="phase", phase=name))
        yield

    # the build

    def run(self) -> Said:
        """Build and seal; the last word to be said."""
        key = self.job.key
        with self.store.lock_prefix(key):
            if self.store.installed(key):
                return Said(kind="present")
            if self.job.external:
                self.record_external()
            else:
                self.build()
        return Said(kind="done", seconds=time.monotonic() - self._started)

    def facades(self, repositories: Repositories) -> dict[str, NodeSpec]:
        """One facade for each node of the graph."""
        return build_facades(
            self.graph,
            self.job.key,
            prefixes=lambda key, node: str(self.store.prefix(key, node)),
            load_class=repositories.load_class,
        )

    def repositories(self) -> Repositories:
        """The recipes."""
        return Repositories([Path(root) for root in self.job.repositories], Path(self.job.recipe_cache))

    def record_external(self) -> None:
        """Seal an external: what its recipe's hooks say, and nothing of what is in it."""
        facade = self.facades(self.repositories())[self.job.key]
        prepare_modules([facade], self.job.jobs)
        self.store.add_external(
            self.seal(Path(self.store.prefix(self.job.key, self.node)), (), record_hooks(facade), None)
        )

    def build(self) -> None:
        """Make the prefix; on failure nothing of it is left."""
        prefix = self.store.prepare(self.job.key, self.node)
        try:
            self.make(prefix)
        except BaseException:
            remove_prefix(prefix)
            raise

    def make(self, prefix: Path) -> None:
        """Stage, build, check, seal."""
        self.private_directories()
        facades = self.facades(self.repositories())
        facade = facades[self.job.key]
        package = facade.package
        package.run_tests = self.job.tests
        package.stage = BuildStage(self.stage, self.job, self.recipe_directory)
        facts = self.venv_facts()
        with self.in_phase("setup"):
            self.set_environment(facades, facts)
        with self.in_phase("stage"):
            package.do_patch()
            run_patch_method(package)
        os.chdir(package.stage.source_path)
        run_phases(package, around=self.in_phase)
        with self.in_phase("seal"):
            os.chdir(self.stage)
            post_install(package)
            if facts is None and self.node.name == PYTHON_VENV:
                facts = facts_of_recipe(package)
            check_layout(prefix, facts, f"{self.node.name}@{self.node.version}")
            self.finish(prefix, facade, facts)

    def private_directories(self) -> None:
        """A home and a place for temporary files that are nobody else's."""
        for name, variable in (("home", "HOME"), ("tmp", "TMPDIR")):
            path = self.stage / name
            path.mkdir(parents=True, exist_ok=True)
            self.environ[variable] = str(path)
        self.environ[BUILD_JOBS_VARIABLE] = str(self.job.jobs)
        self.environ[STORE_VARIABLE] = self.job.store
        self.environ[LICENSES_VARIABLE] = self.job.licenses

    def set_environment(self, facades: dict[str, NodeSpec], facts: VenvFacts | None) -> None:
        """Apply what the recipes ask for, then what the interpreter may import: the declared closure and nothing
        else."""
        setup_package(facades, self.job.key, "build", self.job.jobs).apply(self.environ)
        self.environ.pop("PYTHONHOME", None)
        if facts is not None:
            self.environ.update(python_variables(self.graph, self.job.key, facts, self.prefix_of))
        else:
            self.environ.pop("PYTHONPATH", None)

    def prefix_of(self, key: str) -> Path:
        """Where a node is."""
        return self.store.prefix(key, self.graph[key])

    def recipe_directory(self, package: str) -> Path:
        """The directory of a recipe, where its patches are."""
        return self.repositories().recipe_path(package).parent

    def venv_facts(self) -> VenvFacts | None:
        """The layout of the python-venv node this build uses, from its seal."""
        key = interpreter_node(self.graph, self.job.key)
        if key is None:
            return None
        return self.store.seal(key).venv

    def finish(self, prefix: Path, facade: NodeSpec, facts: VenvFacts | None) -> None:
        """Byte code, log, manifest, read-only, seal."""
        is_venv = self.node.name == PYTHON_VENV
        venv = self.job.key if is_venv else interpreter_node(self.graph, self.job.key)
        if facts is not None and venv is not None and not is_venv:
            byte_compile(
                prefix, python=self.prefix_of(venv) / facts.scripts / "python3", facts=facts, jobs=self.job.jobs
            )
        hooks = record_hooks(facade)
        log = installed_log(prefix)
        log.parent.mkdir(exist_ok=True)
        sys.stdout.flush()
        shutil.copyfile(self.stage / "build.log", log)
        installed_environment(prefix).write_bytes(
            msgspec.json.format(msgspec.json.encode(dict(sorted(self.environ.items()))), indent=1)
        )
        base = next(
            (key for key, node in self.graph.nodes.items() if node.name == PYTHON and not node.is_external), None
        )
        entries = scan_prefix(
            prefix,
            own=prefix,
            venv=self.prefix_of(venv) if venv is not None else None,
            base=self.prefix_of(base) if base is not None else None,
        )
        protect(prefix)
        self.store.commit(self.seal(prefix, entries, hooks, facts if is_venv else None))

    def seal(self, prefix: Path, entries: tuple[Entry, ...], hooks: Hooks, venv: VenvFacts | None) -> Seal:
        """The seal of what was made."""
        return Seal(
            schema=SEAL_SCHEMA,
            hash=self.job.key,
            node=self.node,
            prefix=str(prefix),
            entries=entries,
            hooks=hooks,
            venv=venv,
            explicit=self.job.explicit,
            content=content_digest(entries) if entries else "",
            isolation=("environment",),
            seconds=round(time.monotonic() - self._started, 3),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            outcrop=__version__,
        )

    def clean_stage(self) -> None:
        """Remove the stage of a build that succeeded."""
        if not self.job.keep_stage:
            remove_tree(self.stage)


def facts_of_recipe(package: PackageBase) -> VenvFacts:
    """The layout of a python-venv that was just made: as its recipe says, or, from another repository's recipe, as it
    is."""
    facts = getattr(package, "venv_facts", None)
    if isinstance(facts, VenvFacts):
        return facts
    return describe_venv(probe(Path(str(package.spec["python"].package.command.path))))


def main(arguments: list[str]) -> int:
    """Entry point: ``python -m outcrop.build.worker JOB EXECUTOR PIPE [LOCK]``: a file, a process, open files.

    The stage's lock is held, and the pipe open, for as long as a process of this build may live.
    """
    job_file, executor, pipe = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    for descriptor in map(int, arguments[2:]):
        os.set_inheritable(descriptor, False)
    return guarded(lambda: carry_out(job_file, pipe), executor)


def carry_out(job_file: Path, pipe: int) -> int:
    """Do the job in this process, say on the pipe how it went, and return the exit status."""
    job = msgspec.json.decode(job_file.read_bytes(), type=Job)
    os.chdir(job.stage)
    worker = Worker(job, pipe, os.environ)
    try:
        worker.say(worker.run())
    except OutcropError as error:
        sys.stdout.write("\n".join([f"==> Error: {error}", *error.details]) + "\n")
        worker.say(
            Said(
                kind="error",
                phase=worker.phase,
                text=error.message,
                place=str(error.place) if error.place else "",
                details=error.details,
                hint=error.hint or "",
                code=error.code,
            )
        )
        return 1
    except Exception as error:
        # Whatever a recipe raises ends this build and no other; the log has the traceback.
        traceback.print_exc()
        worker.say(Said(kind="error", phase=worker.phase, text=describe(error, job.repositories)))
        return 1
    worker.clean_stage()
    return 0


def describe(error: Exception, repositories: tuple[str, ...]) -> str:
    """An exception out of a recipe in one line, with the recipe's line if there is one."""
    text = str(error) or type(error).__name__
    if not isinstance(error, RuntimeError):
        text = f"{type(error).__name__}: {text}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".py") and any(frame.filename.startswith(f"{root}/") for root in repositories):
            return f"{frame.filename}:{frame.lineno}: {text}"
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
