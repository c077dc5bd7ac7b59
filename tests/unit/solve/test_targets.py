"""Targets and operating systems: laws on small random repositories. Cases by hand are in ``support.target_cases``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import ExternalChoice, PackageRules, Problem, Rule, Solution, UnsatisfiableError, solve
from outcrop.spec import make_version, parse_spec, parse_versions
from outcrop.spec.graph import External
from outcrop.spec.targets import TargetFacts
from support.small_models import SmallModels, small_models
from support.target_cases import APP, FACTS, TARGETS
from support.verify_solution import complaints

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "60"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

EVERY = (*TARGETS, "zen4")
RANGES = st.sampled_from([(":",), (":",), ("1:",), ("2:",), ("3:",), (":2",), ("1", "3:"), ()])


@st.composite
def facts(draw: st.DrawFn) -> dict[str, TargetFacts]:
    return {
        name: TargetFacts(
            ancestors=known.ancestors, generic=known.generic, compilers={"gcc": draw(RANGES), "llvm": draw(RANGES)}
        )
        for name, known in FACTS.items()
    }


@st.composite
def repositories(draw: st.DrawFn, packages: int = 5) -> str:
    lines: list[str] = []
    for place in range(packages):
        lines += [f"package p{place}", "  version 2", "  version 1", "  variant x true"]
        for other in range(place + 1, packages):
            if draw(st.integers(0, 2)) == 0:
                types = draw(st.sampled_from(["build", "link", "run", "build,link"]))
                asked = draw(st.sampled_from(["", "", "", "", " target=:x86_64_v4", " target=skylake"]))
                when = draw(st.sampled_from(["", "", " when +x", " when target=x86_64_v4:", " when @1"]))
                lines.append(f"  depends p{other}{asked} type={types}{when}")
        if draw(st.integers(0, 3)):
            lines.append("  depends c type=build")
        if draw(st.integers(0, 4)) == 0:
            lines.append(f"  conflicts target=skylake_avx512 when {draw(st.sampled_from(['@2', '+x']))}")
    for name in ("gcc", "llvm"):
        lines += [f"package {name}", *[f"  version {number}" for number in range(1, 5)], "  provides c"]
    return "\n".join(lines)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    wanted = st.sampled_from(
        ["", "", "target=x86_64_v3", "target=x86_64_v4:", "target=:skylake", "target=zen4", "os=rhel9"]
    )
    below = st.sampled_from(["", "", "", "%gcc@2", "%gcc@:1", "%llvm", "^p2 target=x86_64_v3", "^p3 target=skylake"])
    texts = [f"p0 {draw(wanted)} {draw(below)}"]
    if draw(st.integers(0, 3)) == 0:
        texts.append(f"p1 {draw(wanted)}")
    outside = draw(
        st.sampled_from([(), (), ("gcc@1",), ("gcc@2", "gcc@3"), ("llvm@2",), ("p4@1",), ("p4@2 os=rhel9",)])
    )
    rules: dict[str, PackageRules] = {}
    if draw(st.integers(0, 3)) == 0:
        rules["p2"] = PackageRules(targets=(draw(st.sampled_from(EVERY)),))
    if draw(st.integers(0, 5)) == 0:
        rules["all"] = PackageRules(targets=(draw(st.sampled_from([":x86_64_v4", "skylake", "zen4"])),))
    if draw(st.integers(0, 5)) == 0:
        rules["p1"] = PackageRules(require=(Rule(specs=(parse_spec("target=x86_64_v3"),)),))
    return Problem(
        requests=tuple(parse_spec(text) for text in texts),
        os="debian12",
        target=TARGETS[0],
        targets=EVERY if draw(st.booleans()) else TARGETS,
        target_facts=draw(facts()),
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
            for place, text in enumerate(outside)
        ),
        packages=rules,
        default_providers={"c": ("gcc",)},
        copies={"gcc": draw(st.sampled_from([1, 1, 2]))},
        os_compatible=draw(st.sampled_from([{}, {"rhel9": ()}, {"debian12": ("rhel9",)}, {"rhel9": ("debian12",)}])),
    )


def attempt(problem: Problem, models: SmallModels, *, eager: bool = False) -> Solution | None:
    try:
        return solve(problem, models, eager=eager)
    except UnsatisfiableError as error:
        assert 1 + len(error.details) + bool(error.hint) <= 15
        assert error.code != "unexplained"
        return None


def serves(problem: Problem, user: str, target: str) -> bool:
    return user == target or target in problem.target_facts[user].ancestors


def broken_rules(problem: Problem, solution: Solution) -> list[str]:
    """What is wrong with the targets and operating systems of an answer."""
    found = []
    for ident, draft in solution.drafts.items():
        node = draft.node
        if node.target not in problem.targets:
            found.append(f"{ident} has the target {node.target}")
        if node.is_external:
            continue
        for edge in draft.edges:
            child = solution.drafts[edge.target].node
            others = problem.os_compatible
            fitting = {node.os, *others.get(node.os, ())}
            if "c" in edge.virtuals:
                ranges = problem.target_facts[node.target].compilers.get(child.name)
                if ranges is not None and not (
                    ranges and parse_versions(",".join(ranges)).includes(make_version(child.version))
                ):
                    found.append(f"{ident}: {child.name}@{child.version} cannot make {node.target}")
            linked = not {"link", "run"}.isdisjoint(edge.types)
            if linked and not child.is_external and not serves(problem, node.target, child.target):
                found.append(f"{ident} ({node.target}) links to {edge.target} ({child.target})")
            if not linked and not child.is_external and not serves(problem, problem.target, child.target):
                found.append(f"{ident} uses {edge.target} ({child.target})")
            if not linked:
                fitting |= {problem.os, *others.get(problem.os, ())}
            if child.os not in fitting:
                found.append(f"{ident} ({node.os}) depends on {edge.target} ({child.os})")
    return found


@SETTINGS
@given(repositories(), problems())
def test_same_answer_whenever_rules_are_added(text: str, problem: Problem) -> None:
    """Eagerly, every rule about targets is a clause from the start."""
    note(text)
    models = small_models(text)
    lazy = attempt(problem, models)
    eager = attempt(problem, models, eager=True)
    if lazy is None:
        assert eager is None
        return
    assert eager is not None
    assert (lazy.drafts, lazy.roots) == (eager.drafts, eager.roots)
    assert broken_rules(problem, lazy) == []
    assert complaints(problem, models, lazy) == []


@SETTINGS
@given(repositories(), problems())
def test_a_saved_problem_has_the_same_answer(text: str, problem: Problem) -> None:
    models = small_models(text)
    again = msgspec.json.decode(msgspec.json.encode(problem), type=Problem)
    first, second = attempt(problem, models), attempt(again, models)
    assert (first and first.drafts) == (second and second.drafts)


def host_problem(*requests: str) -> Problem:
    return Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="debian12",
        target=TARGETS[0],
        targets=TARGETS,
        target_facts=FACTS,
        default_providers={"c": ("gcc",)},
        os_compatible={"rhel9": ()},
    )


def test_nothing_is_decided_about_targets_where_nothing_restricts() -> None:
    solution = solve(host_problem("app"), small_models(APP))
    assert not [choice for reason in solution.reasons.values() for choice in reason.choices if choice.what == "target"]
    asked = solve(host_problem("app target=x86_64_v3"), small_models(APP))
    assert asked.statistics.variables > solution.statistics.variables


def test_words_for_this_machine() -> None:
    models = small_models(APP)
    plain = solve(host_problem("app"), models)
    for target in ("default_target", "frontend", "backend", "fe", "be"):
        system = "default_os" if target == "default_target" else target
        solution = solve(host_problem(f"app target={target} os={system} ^lib target={target}"), models)
        assert solution.drafts == plain.drafts


def test_the_order_of_hashing_does_not_matter(tmp_path: Path) -> None:
    program = (
        "import sys, msgspec\n"
        "from outcrop.solve import Problem, solve\n"
        "from support.small_models import small_models\n"
        "from support.target_cases import APP\n"
        "problem = msgspec.json.decode(open(sys.argv[1], 'rb').read(), type=Problem)\n"
        "print(msgspec.json.encode(solve(problem, small_models(APP))).decode())\n"
    )
    file = tmp_path / "problem.json"
    file.write_bytes(msgspec.json.encode(host_problem("app target=:x86_64_v4 os=rhel9 ^lib target=x86_64_v3")))
    answers = set()
    for seed in ("0", "1", "77"):
        environ = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", program, str(file)]
        answers.add(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)
    assert len(answers) == 1


def test_archspec_is_not_needed() -> None:
    """What is known of targets comes with the problem."""
    program = (
        "import sys\n"
        "from outcrop.solve import Problem, solve\n"
        "from outcrop.spec import parse_spec\n"
        "from support.small_models import small_models\n"
        "from support.target_cases import APP, FACTS, TARGETS\n"
        "problem = Problem(requests=(parse_spec('app target=:x86_64_v4'),), target=TARGETS[0], targets=TARGETS,\n"
        "    target_facts=FACTS)\n"
        "print(solve(problem, small_models(APP)).drafts['app#0'].node.target)\n"
        "assert not any(name.startswith('archspec') for name in sys.modules)\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "x86_64_v4\n"
