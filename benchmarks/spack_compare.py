"""Side by side with Spack 0.23 on equal recipes: `OUTCROP_BENCH_SPACK=<checkout> python benchmarks/spack_compare.py`.

Both solve the same roots with the same recipes, externals (gcc, python, gmake of this machine), targets and default
providers, and reuse nothing. The recipes are the checkout's own, as Spack itself has read them (`spack_recipes.py`),
so differences come from the solvers. Spack takes half a minute for each root: its answers are kept in a directory and
asked for only once.

How what the two model differently was mapped: in Spack 0.23 the compiler is an attribute of every node, here it is a
dependency with the virtuals c, cxx and fortran; compilers on our side, and gcc-runtime and glibc on Spack's, are left
out of the comparison. Both sides are told that gcc makes Fortran.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spack_models import SpackRecipes

from outcrop.env.rules import DEFAULT_COPIES, EXPECTED_COPIES
from outcrop.host import detect_host
from outcrop.solve import ExternalChoice, PackageRules, Problem, UnsatisfiableError, solve
from outcrop.spec import make_version, parse_spec
from outcrop.spec.graph import Draft, External

HERE = Path(__file__).resolve().parent

# fmt: off
ROOTS = (
    "hdf5+mpi", "py-numpy", "cmake", "openblas", "py-scipy", "netcdf-c", "py-matplotlib", "boost+python", "openmpi",
    "mpich", "petsc", "trilinos", "gcc", "llvm", "gromacs", "py-pandas", "curl", "git", "py-torch", "paraview",
    "root", "python", "fftw", "gdal", "r-ggplot2", "qt", "py-jupyterlab", "ffmpeg", "py-tensorflow", "rust",
)
# fmt: on

INJECTED = {"gcc-runtime", "glibc"}
LANGUAGES = {"c", "cxx", "fortran"}
FLAGS = {"cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs"}
KINDS = ("only ours", "only Spack's", "copies", "external", "version", "target", "provider", "variant")

PACKAGES_YAML = """\
packages:
  python:
    externals: [{{spec: python@{python}, prefix: /usr}}]
    buildable: false
  gmake:
    externals: [{{spec: gmake@{gmake}, prefix: /usr}}]
"""

COMPILERS_YAML = """\
compilers:
- compiler:
    spec: gcc@={gcc}
    paths: {{cc: /usr/bin/gcc, cxx: /usr/bin/g++, f77: /usr/bin/gfortran, fc: /usr/bin/gfortran}}
    flags: {{}}
    operating_system: {os}
    target: x86_64
    modules: []
    environment: {{}}
    extra_rpaths: []
"""


# -- the two answers ---


@dataclass(frozen=True)
class Machine:
    """What both sides are told of this machine, and Spack's default configuration of packages."""

    os: str
    target: str
    targets: tuple[str, ...]
    versions: dict[str, str]
    providers: dict[str, tuple[str, ...]]
    unbuildable: tuple[str, ...]

    @classmethod
    def detect(cls, checkout: Path, scratch: Path) -> Machine:
        host = detect_host("/usr/bin:/bin", scratch, environ={"PATH": "/usr/bin:/bin"})
        said = {
            "gcc": ["gcc", "-dumpfullversion"],
            "python": ["python3", "-c", "import platform; print(platform.python_version())"],
            "gmake": ["gmake", "--version"],
        }
        versions = {}
        for name, (program, *arguments) in said.items():
            done = subprocess.run([f"/usr/bin/{program}", *arguments], capture_output=True, text=True, check=True)
            versions[name] = done.stdout.split("\n")[0].split()[-1]
        text = (checkout / "etc" / "spack" / "defaults" / "packages.yaml").read_text("utf-8")
        providers = {
            virtual: tuple(parse_spec(name.strip()).name for name in names.split(","))
            for virtual, names in re.findall(r"^      ([\w-]+): \[(.*)\]$", text, re.MULTILINE)
        }
        unbuildable = tuple(re.findall(r"^  ([\w-]+):\n    buildable: false", text, re.MULTILINE))
        return cls(host.os, host.target, tuple(host.targets), versions, providers, unbuildable)

    def problem(self, root: str) -> Problem:
        specs = (
            f"gcc@{self.versions['gcc']} languages:=c,c++,fortran",
            *(f"{name}@{self.versions[name]}" for name in ("python", "gmake")),
        )
        return Problem(
            requests=(parse_spec(root),),
            platform="linux",
            os=self.os,
            target=self.target,
            targets=self.targets,
            externals=tuple(ExternalChoice.from_spec(parse_spec(text), External(prefix="/usr")) for text in specs),
            packages={name: PackageRules(buildable=False) for name in (*self.unbuildable, "python")},
            default_providers=self.providers,
            copies=DEFAULT_COPIES,
            expected_copies=EXPECTED_COPIES,
        )

    def scope(self, directory: Path) -> Path:
        """A configuration scope for Spack that says the same."""
        directory.mkdir(parents=True, exist_ok=True)
        fields = {"os": self.os, **self.versions}
        (directory / "packages.yaml").write_text(PACKAGES_YAML.format(**fields))
        (directory / "compilers.yaml").write_text(COMPILERS_YAML.format(**fields))
        return directory


@dataclass
class Facts:
    """One node, in words both sides share."""

    version: str
    target: str
    external: bool
    variants: dict[str, str] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)


Graph = dict[str, list[Facts]]


def ours(drafts: dict[str, Draft]) -> Graph:
    """Our answer, without compilers."""
    found: Graph = {}
    # Compilers that are there for their own sake stay: what is left out hangs on the languages only.
    kept: set[str] = set()
    targets = {edge.target for draft in drafts.values() for edge in draft.edges}
    stack = [ident for ident in drafts if ident not in targets]
    while stack:
        ident = stack.pop()
        if ident in kept:
            continue
        kept.add(ident)
        stack.extend(
            edge.target for edge in drafts[ident].edges if not edge.virtuals or not LANGUAGES.issuperset(edge.virtuals)
        )
    for ident in kept:
        node, edges = drafts[ident].node, drafts[ident].edges
        facts = Facts(node.version, node.target, node.external is not None)
        for name, answer in node.variants.items():
            values = (
                [str(answer).lower()]
                if isinstance(answer, bool)
                else [answer]
                if isinstance(answer, str)
                else list(answer)
            )
            facts.variants[name] = ",".join(sorted(values))
        for edge in edges:
            child = drafts[edge.target].node.name
            if edge.target in kept:
                facts.children.add(child)
            facts.providers.update({virtual: child for virtual in edge.virtuals if virtual not in LANGUAGES})
        found.setdefault(node.name, []).append(facts)
    return found


def spacks(path: Path) -> Graph:
    """Spack's answer, without what it injects."""
    found: Graph = {}
    nodes = json.loads(path.read_text("utf-8"))["spec"]["nodes"]
    names = {node["hash"]: node["name"] for node in nodes}
    for node in nodes:
        if node["name"] in INJECTED:
            continue
        target = node["arch"]["target"]
        facts = Facts(node["version"], target if isinstance(target, str) else target["name"], "external" in node)
        for name, value in node.get("parameters", {}).items():
            if name not in FLAGS and name != "patches":
                values = value if isinstance(value, list) else [value]
                facts.variants[name] = ",".join(
                    sorted(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
                )
        for edge in node.get("dependencies", []):
            child = names[edge["hash"]]
            if child not in INJECTED:
                facts.children.add(child)
                facts.providers.update(dict.fromkeys(edge["parameters"].get("virtuals", []), child))
        found.setdefault(node["name"], []).append(facts)
    return found


def differences(mine: Graph, its: Graph) -> Iterator[tuple[str, str]]:
    """(kind, what), one for each."""
    for name in sorted(mine.keys() - its.keys()):
        yield "only ours", f"{name}@{mine[name][0].version}"
    for name in sorted(its.keys() - mine.keys()):
        yield "only Spack's", f"{name}@{its[name][0].version}"
    for name in sorted(mine.keys() & its.keys()):
        if len(mine[name]) != len(its[name]):
            yield "copies", f"{name}: {_versions_of(mine[name])} against {_versions_of(its[name])}"
            continue
        for one, other in zip(_in_order(mine[name]), _in_order(its[name]), strict=True):
            if one.external != other.external:
                yield "external", f"{name}: {one.external} against {other.external}"
            if one.version != other.version:
                yield "version", f"{name}: {one.version} against {other.version}"
            if one.target != other.target and not one.external:
                yield "target", f"{name}: {one.target} against {other.target}"
            for virtual in sorted(one.providers.keys() & other.providers.keys()):
                if one.providers[virtual] != other.providers[virtual]:
                    yield (
                        "provider",
                        f"{name}: {virtual} from {one.providers[virtual]} against {other.providers[virtual]}",
                    )
            if one.version == other.version and not one.external:
                for variant in sorted(one.variants.keys() | other.variants.keys()):
                    pair = one.variants.get(variant, "-"), other.variants.get(variant, "-")
                    if pair[0] != pair[1]:
                        yield "variant", f"{name}@{one.version}: {variant}={pair[0]} against {pair[1]}"


def _in_order(nodes: list[Facts]) -> list[Facts]:
    return sorted(nodes, key=lambda facts: make_version(facts.version))


def _versions_of(nodes: list[Facts]) -> str:
    return ", ".join(facts.version for facts in _in_order(nodes))


# -- asking Spack ---


def spack(checkout: Path, scope: Path, answers: Path, *arguments: str) -> str:
    """Run Spack; what it prints."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "SPACK_DISABLE_LOCAL_CONFIG": "1",
        "SPACK_USER_CACHE_PATH": str(answers / "cache"),
        **{name: value for name, value in os.environ.items() if name in ("SPACK_PYTHON", "SPACK_USER_CACHE_PATH")},
    }
    command = [str(checkout / "bin" / "spack"), "-C", str(scope), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-2000:])
    return done.stdout


def ask(checkout: Path, scope: Path, answers: Path, root: str) -> Path | None:
    """Spack's answer for one root, kept; ``None`` if it has none."""
    path = answers / f"{root.replace('+', '_plus_')}.json"
    if not path.is_file():
        try:
            path.write_text(spack(checkout, scope, answers, "spec", "--fresh", "--json", root))
        except RuntimeError as error:
            print(f"Spack has no answer for {root}: {error}", file=sys.stderr)
            return None
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="*", metavar="ROOT", default=ROOTS, help="default: 30 well known ones")
    parser.add_argument("--answers", type=Path, default=Path("spack-answers"), help="where Spack's answers are kept")
    parser.add_argument("--kept", action="store_true", help="compare the roots whose answers are kept only")
    parser.add_argument("--details", action="store_true", help="every difference in a line")
    arguments = parser.parse_args()
    place = os.environ.get("OUTCROP_BENCH_SPACK")
    if not place:
        parser.error("OUTCROP_BENCH_SPACK must name a checkout of Spack 0.23")
    checkout, answers = Path(place), arguments.answers.resolve()
    answers.mkdir(parents=True, exist_ok=True)
    machine = Machine.detect(checkout, answers / "host")
    scope = machine.scope(answers / "scope")
    if not (answers / "recipes.json").is_file():
        spack(checkout, scope, answers, "python", str(HERE / "spack_recipes.py"), str(answers / "recipes.json"))
    recipes = SpackRecipes(answers / "recipes.json")
    kinds = Counter[str]()
    print(f"| root | nodes, ours | Spack | the same | {' | '.join(KINDS)} | s |")
    print(f"| --- | --- | --- | --- |{' --- |' * len(KINDS)} --- |")
    for root in arguments.roots:
        kept = answers / f"{root.replace('+', '_plus_')}.json"
        path = (
            kept
            if arguments.kept and kept.is_file()
            else None
            if arguments.kept
            else ask(checkout, scope, answers, root)
        )
        if path is None:
            continue
        start = time.perf_counter()
        try:
            solution = solve(machine.problem(root), recipes)
        except UnsatisfiableError as error:
            print(f"| {root} | no solution: {error.message} {'; '.join(error.details)} |")
            continue
        took = time.perf_counter() - start
        mine, its = ours(solution.drafts), spacks(path)
        found = list(differences(mine, its))
        counts = Counter(kind for kind, _ in found)
        kinds.update(counts)
        changed = {what.partition("@")[0].partition(":")[0] for kind, what in found}
        same = len([name for name in mine if name in its and name not in changed])
        figures = " | ".join(str(counts[kind]) for kind in KINDS)
        sizes = f"{sum(map(len, mine.values()))} | {sum(map(len, its.values()))}"
        print(f"| {root} | {sizes} | {same} | {figures} | {took:.2f} |", flush=True)
        if arguments.details:
            for kind, what in found:
                print(f"    {kind}: {what}")
    print(f"all: {dict(kinds)}")


if __name__ == "__main__":
    main()
