"""Measurements on Spack's public recipes: `python benchmarks/repositories.py [NAME...]`.

`OUTCROP_TEST_REPO` names the directory of the recipes (`<checkout>/repos/spack_repo/builtin`). Each work runs in
processes of its own and in turns with its peer; medians of wall time are compared. CPU and peak memory are those of the
work with all its children (memory: of the largest process). The recipes are copied first, so that one of them can be
changed; nothing outside a temporary directory is written.
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

from run import OUTCROP, remove

COMPILE_ALL = """
import sys, os, warnings
warnings.simplefilter("ignore")
packages = sys.argv[1]
for name in os.listdir(packages):
    path = f"{packages}/{name}/package.py"
    if os.path.isfile(path):
        with open(path, "rb") as stream:
            compile(stream.read(), path, "exec", dont_inherit=True)
"""

WALK = """
import os, sys
for directory, _, files in os.walk(sys.argv[1]):
    if "package.py" in files:
        os.stat(os.path.join(directory, "package.py"))
"""

READ = """
import os, sys
for name in os.listdir(sys.argv[1]):
    path = f"{sys.argv[1]}/{name}/package.py"
    if os.path.isfile(path):
        with open(path, "rb") as stream:
            stream.read()
"""

OURS = """
import sys
from pathlib import Path
from outcrop.repo import Repositories
with Repositories([Path(sys.argv[1])], Path(sys.argv[2])) as found:
    WORK
"""
INDEX = OURS.replace("WORK", "found.refresh()")
MODELS = OURS.replace("WORK", "found.refresh(); [found.model(name) for name in found.names()]")


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds, and peak memory in bytes."""

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Work:
    """A command and what must be done before each run of it."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Bench:
    """A copy of the recipes, and a root that has an index of them."""

    scratch: Path
    recipes: Path

    @property
    def root(self) -> Path:
        return self.scratch / "root"

    @property
    def cache(self) -> Path:
        return self.root / "cache" / "recipes"

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.scratch), "OUTCROP_ROOT": str(self.root), "LANG": "C.UTF-8"}

    def run(self, work: Work) -> Run:
        work.before()
        start = time.perf_counter()
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(work.command, env=self.environment, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            wall = time.perf_counter() - start
            if child.returncode != 0:
                errors.seek(0)
                sys.exit(f"{' '.join(work.command)} failed:\n{errors.read().decode(errors='replace')}")
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)

    def outcrop(self, *arguments: str, before: Callable[[], None] = lambda: None, note: str = "") -> Work:
        return Work(f"outcrop {' '.join(arguments)}{note}", [str(OUTCROP), "-q", *arguments], before)

    def python(self, name: str, script: str, *arguments: str, before: Callable[[], None] = lambda: None) -> Work:
        return Work(name, [sys.executable, "-c", script, *arguments], before)

    def forget_models(self) -> None:
        """Remove everything from the cache but byte code."""
        for path in self.cache.iterdir():
            if not path.name.startswith("code-"):
                shutil.rmtree(path)

    def forget_all(self) -> None:
        shutil.rmtree(self.cache)

    def change_one(self) -> None:
        recipe = self.recipes / "packages" / "zlib" / "package.py"
        recipe.write_text(f"{recipe.read_text()}# {time.time_ns()}\n")


def contests(bench: Bench) -> list[tuple[str, Work, Work, str, int]]:
    """Group, work, peer, goal, runs."""
    packages = str(bench.recipes / "packages")
    ours = (str(bench.recipes), str(bench.cache))
    compile_all = bench.python("compile() of all recipes", COMPILE_ALL, packages)
    walk = bench.python("os.walk and stat", WALK, packages)
    find = Work("find -name package.py", ["/usr/bin/find", packages, "-name", "package.py"])
    bare = Work("python -I -c pass", [sys.executable, "-I", "-c", "pass"])
    return [
        ("cold", bench.python("index from nothing", INDEX, *ours, before=bench.forget_all), compile_all, "10 s", 3),
        ("cold", bench.python("index, byte code kept", INDEX, *ours, before=bench.forget_models), compile_all, "", 3),
        ("warm", bench.python("every model, all kept", MODELS, *ours), bench.python("read all", READ, packages), "", 5),
        ("check", bench.python("check of an index", INDEX, *ours), walk, "", 9),
        ("check", bench.python("one recipe changed", INDEX, *ours, before=bench.change_one), walk, "", 9),
        ("commands", bench.outcrop("list"), find, "not noticed", 9),
        ("commands", bench.outcrop("info", "zlib"), bare, "not noticed", 9),
        ("commands", bench.outcrop("providers", "mpi"), bare, "not noticed", 9),
        ("commands", bench.outcrop("dependents", "zlib"), bare, "not noticed", 9),
        ("commands", bench.outcrop("info", "zlib", before=bench.change_one, note=", changed"), bare, "", 9),
    ]


def prepare(scratch: Path, checkout: Path) -> Bench:
    """Copy the recipes, make them known, index them once."""
    recipes = scratch / "repos" / "spack_repo" / checkout.name
    shutil.copytree(checkout, recipes)
    bench = Bench(scratch, recipes)
    bench.run(bench.outcrop("repo", "add", str(recipes)))
    bench.run(bench.outcrop("providers", "mpi"))
    return bench


def main() -> None:
    groups = ("cold", "warm", "check", "commands")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(groups)} (default: all)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(groups)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    checkout = os.environ.get("OUTCROP_TEST_REPO")
    if not checkout:
        parser.error("OUTCROP_TEST_REPO must name the directory of Spack's public recipes")
    scratch = Path(tempfile.mkdtemp(prefix="outcrop-bench-"))
    try:
        bench = prepare(scratch, Path(checkout))
        print("| work | wall, s | CPU, s | peak, MB | peer | wall, s | ratio | goal |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for group, work, peer, goal, repeat in contests(bench):
            if arguments.names and group not in arguments.names:
                continue
            pairs = [(bench.run(work), bench.run(peer)) for _ in range(repeat + 1)][1:]
            wall, cpu, other = (
                statistics.median(values)
                for values in zip(*((mine.wall, mine.cpu, its.wall) for mine, its in pairs), strict=True)
            )
            memory = max(mine.memory for mine, _ in pairs) / 1e6
            figures = f"{wall:.3f} | {cpu:.3f} | {memory:.0f} | {peer.name} | {other:.3f} | {wall / other:.2f}"
            print(f"| {work.name} | {figures} | {goal} |", flush=True)
    finally:
        remove(scratch)


if __name__ == "__main__":
    main()
