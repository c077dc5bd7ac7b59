"""Measurements, each against a peer in the same run: `make bench`, or `python benchmarks/run.py [NAME...]`.

Runs of the subject and its peer alternate; medians of wall time are compared. Nothing outside a temporary directory is
written.
A checkout of Spack is a further peer where OUTCROP_BENCH_SPACK names one (its own requirements must be importable by
`python3`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTCROP = Path(sys.executable).parent / "outcrop"
BASE = Path(os.environ.get("OUTCROP_BENCH_PYTHON", "/usr/bin/python3"))
PATH = "/usr/local/bin:/usr/bin:/bin"

SOLVE_IMPORTS = """
import outcrop.cli
import outcrop.cli.commands.request
import outcrop.env.externals
import outcrop.env.rules
import outcrop.repo.recipe_hash
import outcrop.repo.repositories
import outcrop.repo.sources
import outcrop.solve.solver
"""
"""Everything a solve imports when nothing has to be found out about recipes or the machine."""

PIP_MANIFEST = "spack:\n  specs: [py-pip]\n  view: ./view\n"


@dataclass(frozen=True)
class Timed:
    """Wall times of one command in seconds."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Contest:
    """One row of the table."""

    work: str
    subject: Timed
    peer: Timed
    goal: str


class Bench:
    """A scratch directory and how things are run in it."""

    def __init__(self, scratch: Path, repeat: int) -> None:
        self.scratch = scratch
        self.repeat = repeat
        self.sources = scratch / "sources"

    def environment(self, root: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SPACK_PYTHON"))}
        return {"PATH": PATH, "HOME": os.environ.get("HOME", "/"), "OUTCROP_ROOT": str(root), "LANG": "C.UTF-8", **kept}

    def outcrop(self, root: Path, *arguments: str) -> None:
        self.run([str(OUTCROP), "-q", "-c", f"config:source_cache:{self.sources}", *arguments], self.environment(root))

    def run(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")

    def alternate(
        self, subject: tuple[str, Callable[[], None]], *peers: tuple[str, Callable[[], None]], repeat: int | None = None
    ) -> list[Timed]:
        """Time several works in turns, after one run of each that does not count."""
        works = [subject, *peers]
        times: dict[str, list[float]] = {name: [] for name, _ in works}
        for _, work in works:
            work()
        for _ in range(repeat or self.repeat):
            for name, work in works:
                start = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - start)
        return [Timed(name, tuple(times[name])) for name, _ in works]


def start_up(bench: Bench) -> list[Contest]:
    """`outcrop --version`, `find` in a store of 500, and the imports of a solve, against a bare interpreter."""
    root = bench.scratch / "store-of-500"
    fill_store(root, 500)
    environment = bench.environment(root)
    bare = ("python -I -c pass", lambda: bench.run([sys.executable, "-I", "-c", "pass"], environment))
    contests = []
    for work, arguments, goal in (
        ("outcrop --version", ["--version"], "60 ms"),
        ("outcrop find, 500 installed", ["find"], "120 ms"),
    ):
        subject = (work, lambda arguments=arguments: bench.run([str(OUTCROP), *arguments], environment))
        timed = bench.alternate(subject, bare, repeat=bench.repeat * 4)
        contests.append(Contest(work, timed[0], timed[1], goal))
    imports = ("imports of a solve", lambda: bench.run([sys.executable, "-I", "-c", SOLVE_IMPORTS], environment))
    timed = bench.alternate(imports, bare, repeat=bench.repeat * 4)
    contests.append(Contest("what 'outcrop spec' imports", timed[0], timed[1], "none set"))
    return contests


def fill_store(root: Path, count: int) -> None:
    """A store of `count` sealed prefixes with a few entries each, made through the store itself."""
    from outcrop.spec.graph import Node, node_hash
    from outcrop.store import SEAL_SCHEMA, Entry, Seal, Store

    store = Store(root / "store", durable=False)
    for index in range(count):
        node = Node(
            name=f"package-{index}",
            namespace="bench",
            version="1.0",
            platform="linux",
            os="any",
            target="any",
            recipe="r",
        )
        key = node_hash(node)
        prefix = store.prepare(key, node)
        entries = tuple(Entry(path=f"share/{name}", kind="file", size=1, sha256="0" * 64) for name in "abc")
        store.commit(Seal(schema=SEAL_SCHEMA, hash=key, node=node, prefix=str(prefix), entries=entries))


def pip_environment(bench: Bench) -> list[Contest]:
    """`specs: [py-pip]` from an empty store with the sources on disk, against `python3 -m venv` (and Spack)."""
    counter = iter(range(1_000_000))

    def ours() -> None:
        place = bench.scratch / f"pip-{next(counter)}"
        (place / "env").mkdir(parents=True)
        (place / "env" / "spack.yaml").write_text(PIP_MANIFEST)
        bench.outcrop(place / "root", "-e", str(place / "env"), "install")
        remove(place)

    def venv() -> None:
        place = bench.scratch / f"venv-{next(counter)}"
        bench.run([str(BASE), "-m", "venv", str(place)], {"PATH": PATH, "HOME": str(bench.scratch)})
        remove(place)

    work = "install of specs: [py-pip], empty store, sources on disk"
    peers: list[tuple[str, Callable[[], None]]] = [("python3 -m venv", venv)]
    spack = os.environ.get("OUTCROP_BENCH_SPACK")
    if spack:
        peers.append(("Spack", lambda: spack_environment(bench, Path(spack), next(counter))))
    timed = bench.alternate((work, ours), *peers)
    goals = ["none set", "1/8"]
    return [Contest(work, timed[0], peer, goal) for peer, goal in zip(timed[1:], goals, strict=False)]


def spack_environment(bench: Bench, checkout: Path, number: int) -> None:
    """The same environment by Spack, in a store of its own, with the base Python as an external and sources from its
    mirror."""
    place = bench.scratch / f"spack-{number}"
    (place / "env").mkdir(parents=True)
    version = subprocess.run(
        [str(BASE), "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True
    )
    (place / "env" / "spack.yaml").write_text(
        PIP_MANIFEST
        + f"  config: {{install_tree: {{root: {place}/store}}, source_cache: {bench.scratch}/spack-sources}}\n"
        + "  packages:\n    python:\n      buildable: false\n"
        + f"      externals: [{{spec: python@{version.stdout.strip()}, prefix: {BASE.parent.parent}}}]\n"
    )
    environment = {
        **bench.environment(place),
        "SPACK_DISABLE_LOCAL_CONFIG": "1",
        "SPACK_USER_CACHE_PATH": str(bench.scratch / "spack-cache"),
    }
    bench.run([str(checkout / "bin" / "spack"), "-e", str(place / "env"), "install"], environment)
    remove(place)


def unchanged(bench: Bench) -> list[Contest]:
    """`install` of an environment in which nothing has changed, against a bare interpreter."""
    place = bench.scratch / "unchanged"
    (place / "env").mkdir(parents=True)
    (place / "env" / "spack.yaml").write_text(PIP_MANIFEST)
    bench.outcrop(place / "root", "-e", str(place / "env"), "install")
    environment = bench.environment(place / "root")
    timed = bench.alternate(
        ("outcrop install", lambda: bench.outcrop(place / "root", "-e", str(place / "env"), "install")),
        ("python -I -c pass", lambda: bench.run([sys.executable, "-I", "-c", "pass"], environment)),
        repeat=bench.repeat * 4,
    )
    return [Contest("install of an unchanged environment (py-pip)", timed[0], timed[1], "100 ms")]


def remove(path: Path) -> None:
    """Remove a tree with read-only directories in it."""
    for directory, _, _ in os.walk(path):
        os.chmod(directory, 0o700)
    shutil.rmtree(path)


BENCHMARKS: dict[str, Callable[[Bench], list[Contest]]] = {
    "start-up": start_up,
    "unchanged": unchanged,
    "pip": pip_environment,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each work (short ones run four times as often)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    scratch = Path(tempfile.mkdtemp(prefix="outcrop-bench-"))
    try:
        bench = Bench(scratch, arguments.repeat)
        print("| work | Outcrop, s | peer | peer, s | ratio | goal |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name in arguments.names or BENCHMARKS:
            for contest in BENCHMARKS[name](bench):
                subject, peer = contest.subject.median, contest.peer.median
                figures = f"{subject:.3f} | {contest.peer.name} | {peer:.3f} | {subject / peer:.2f}"
                print(f"| {contest.work} | {figures} | {contest.goal} |", flush=True)
    finally:
        remove(scratch)


if __name__ == "__main__":
    main()
