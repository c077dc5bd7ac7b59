"""Runs the ``patch`` method of one recipe in a stage: ``python -m outcrop.env.patch_method JOB``.

A process of its own, because it runs code of the recipe. What the recipe prints goes to standard error; standard output
gets one line if it fails.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import msgspec

from outcrop.build.guard import guarded
from outcrop.build.job import Job
from outcrop.build.stage import BuildStage
from outcrop.build.worker import describe
from outcrop.package.builds.hooks import prepare_modules
from outcrop.package.builds.phases import run_patch_method
from outcrop.package.specs.facade import build_facades
from outcrop.repo import Repositories
from outcrop.spec.graph import Graph
from outcrop.store import Store


def patch(job: Job) -> bool:
    """Run it, if the recipe has one that applies to the node; says whether it did."""
    store = Store(Path(job.store))
    repositories = Repositories([Path(root) for root in job.repositories], Path(job.recipe_cache))
    facades = build_facades(
        Graph(job.nodes, [job.key]),
        job.key,
        prefixes=lambda key, node: str(store.prefix(key, node)),
        load_class=repositories.load_class,
    )
    package = facades[job.key].package
    if getattr(package, "patch", None) is None:
        return False
    package.stage = BuildStage(Path(job.stage), job, lambda name: repositories.recipe_path(name).parent)
    prepare_modules([facades[job.key]], job.jobs)
    return run_patch_method(package)


def main(arguments: list[str]) -> int:
    """Entry point."""
    return guarded(lambda: carry_out(Path(arguments[0])), os.getppid())


def carry_out(job_file: Path) -> int:
    """Do the job in this process; returns the exit status."""
    # Recipes print where they like; the answer must stay readable.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    job = msgspec.json.decode(job_file.read_bytes(), type=Job)
    os.chdir(job.stage)
    try:
        patch(job)
    except Exception as error:
        # Whatever a recipe raises is an answer.
        traceback.print_exc()
        answer.write(describe(error, job.repositories) + "\n")
        answer.flush()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
