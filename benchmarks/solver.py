"""Measurements of the concretizer on Spack's public recipes: `python benchmarks/solver.py [GROUP...]`.

`OUTCROP_TEST_REPO` names the directory of the recipes. Groups: `commands` (a fresh process, recipes cached; against
Spack 0.23 on its own recipes where `OUTCROP_BENCH_SPACK` names a checkout, else against a bare interpreter), `random`
(300 packages in one process), `unified` (20 roots in one graph) and `reuse` (2,000 installed packages against none).
Runs alternate with their peer's and medians of wall time are compared, with the CPU time beside; nothing outside a
temporary directory is written.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from repositories import Bench, Work, prepare
from run import fill_store, remove

from outcrop.env.concretize import make_problem
from outcrop.env.context import Context
from outcrop.solve import UnsatisfiableError, solve
from outcrop.spec import parse_spec

COMMANDS = ("py-numpy", "hdf5+mpi", "py-matplotlib", "trilinos")
GOAL = "1/60"

# fmt: off
UNIFIED = (
    "py-numpy", "py-scipy", "py-matplotlib", "py-pandas", "hdf5+mpi", "netcdf-c", "openmpi", "cmake", "openblas",
    "fftw", "boost", "curl", "git", "zlib", "gsl", "metis", "hypre", "tmux", "vim", "ninja",
)
# fmt: on


def row(work: str, wall: float, cpu: float, peer: str, other: float, goal: str) -> None:
    """Print one row; a peer that took no time is none."""
    ratio = f"{wall / other:.3f}" if other else ""
    print(
        f"| {work} | {wall:.3f} | {cpu:.3f} | {peer} | {f'{other:.3f}' if other else ''} | {ratio} | {goal} |",
        flush=True,
    )


def commands(bench: Bench, repeat: int) -> None:
    """`outcrop spec ROOT` in processes of their own."""
    checkout = os.environ.get("OUTCROP_BENCH_SPACK")
    for root in COMMANDS:
        subject = bench.outcrop("spec", root)
        peer = Work("python -I -c pass", [sys.executable, "-I", "-c", "pass"])
        if checkout:
            kept = {name: value for name, value in os.environ.items() if name.startswith("SPACK_")}
            settings = [f"{name}={value}" for name, value in {"SPACK_DISABLE_LOCAL_CONFIG": "1", **kept}.items()]
            peer = Work("Spack 0.23", ["/usr/bin/env", *settings, f"{checkout}/bin/spack", "spec", "--fresh", root])
        pairs = [(bench.run(subject), bench.run(peer)) for _ in range(repeat + 1)][1:]
        wall, cpu = statistics.median(mine.wall for mine, _ in pairs), statistics.median(mine.cpu for mine, _ in pairs)
        row(
            subject.name,
            wall,
            cpu,
            peer.name,
            statistics.median(its.wall for _, its in pairs),
            GOAL if checkout else "",
        )


def context_of(bench: Bench) -> Context:
    """The benchmark's own installation."""
    return Context(environ=bench.environment, directory=bench.scratch)


def timed(context: Context, roots: tuple[str, ...]) -> tuple[float, float, int]:
    """Wall and CPU seconds of one solve, and how many nodes came out."""
    problem = make_problem(context, [parse_spec(root) for root in roots])
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        nodes = len(solve(problem, context.repositories).drafts)
    except UnsatisfiableError:
        nodes = 0
    return time.perf_counter() - wall, time.process_time() - cpu, nodes


def at_random(bench: Bench, count: int) -> None:
    """Packages drawn with a fixed seed, one after the other in this process, models kept."""
    context = context_of(bench)
    names = sorted(name for name in context.repositories.names())
    found = [timed(context, (name,)) for name in random.Random(7).sample(names, count)]
    walls, cpus = sorted(wall for wall, _, _ in found), sorted(cpu for _, cpu, _ in found)
    for what, place, goal in (
        ("median", count // 2, "60 ms"),
        ("p99", count * 99 // 100, "1 s"),
        ("most", count - 1, "5 s"),
    ):
        row(f"{count} packages, {what}", walls[place], cpus[place], "", 0, goal)
    print(f"| without a solution: {sum(1 for _, _, nodes in found if not nodes)} | | | | | | |")


def unified(bench: Bench, repeat: int) -> None:
    """Twenty roots in one graph; peak memory of the process so far."""
    context = context_of(bench)
    found = [timed(context, UNIFIED) for _ in range(repeat + 1)][1:]
    wall, cpu = (statistics.median(values) for values in list(zip(*found, strict=True))[:2])
    row(f"20 roots unified, {found[0][2]} nodes", wall, cpu, "", 0, "3 s, 120 MB")
    print(f"| peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB | | | | | | |")


def reuse(bench: Bench, repeat: int) -> None:
    """The same solve with a full store and with an empty one."""
    empty = context_of(bench)
    full = bench.scratch / "full"
    shutil.copytree(bench.root, full)
    fill_store(full, 2000)
    stored = Context(environ={**bench.environment, "OUTCROP_ROOT": str(full)}, directory=bench.scratch)
    pairs = [(timed(stored, ("hdf5+mpi",)), timed(empty, ("hdf5+mpi",))) for _ in range(repeat + 1)][1:]
    mine, its = ([pair[side] for pair in pairs] for side in (0, 1))
    wall, cpu = (statistics.median(values) for values in list(zip(*mine, strict=True))[:2])
    row(
        "hdf5+mpi, 2,000 installed",
        wall,
        cpu,
        "none installed",
        statistics.median(each[0] for each in its),
        "1.2 times",
    )


def main() -> None:
    groups = ("commands", "random", "unified", "reuse")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="GROUP", help=f"which: {', '.join(groups)} (default: all)")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--count", type=int, default=300, help="packages drawn at random")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(groups):
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    checkout = os.environ.get("OUTCROP_TEST_REPO")
    if not checkout:
        parser.error("OUTCROP_TEST_REPO must name the directory of Spack's public recipes")
    wanted = arguments.names or groups
    scratch = Path(tempfile.mkdtemp(prefix="outcrop-bench-"))
    try:
        bench = prepare(scratch, Path(checkout))
        print("| work | wall, s | CPU, s | peer | wall, s | ratio | goal |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        if "commands" in wanted:
            commands(bench, arguments.repeat)
        if "random" in wanted:
            at_random(bench, arguments.count)
        if "unified" in wanted:
            unified(bench, arguments.repeat)
        if "reuse" in wanted:
            reuse(bench, arguments.repeat)
    finally:
        remove(scratch)


if __name__ == "__main__":
    main()
