"""The solver against exhaustive search where compilers cannot make code for every target."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from outcrop.solve import ExternalChoice, PackageRules, Problem, Rule
from outcrop.spec import parse_spec
from outcrop.spec.graph import External
from outcrop.spec.targets import TargetFacts
from support.oracle import same_as_exhaustive
from support.small_models import small_models
from support.target_cases import FACTS, TARGETS

EXAMPLES = int(os.environ.get("OUTCROP_TEST_EXAMPLES", "8"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
PACKAGES = 3
RANGES = st.sampled_from([(":",), (":",), ("1:",), ("2:",), (":1",), ("1", "3:"), ()])
ASKED = st.sampled_from(["", "", "", "", " target=:x86_64_v4", " target=skylake", " target=x86_64_v3"])


@st.composite
def facts(draw: st.DrawFn) -> dict[str, TargetFacts]:
    """What makes code for which of the targets."""
    return {
        name: TargetFacts(
            ancestors=FACTS[name].ancestors,
            generic=FACTS[name].generic,
            compilers={"gcc": draw(RANGES), "llvm": draw(RANGES)},
        )
        for name in TARGETS
    }


@st.composite
def repositories(draw: st.DrawFn) -> str:
    """A few packages, most of which are compiled."""
    lines: list[str] = []
    for place in range(PACKAGES):
        lines += [f"package p{place}", *draw(st.sampled_from([["  version 2", "  version 1"], ["  version 2"]]))]
        if draw(st.integers(0, 3)) == 0:
            lines.append("  variant x true")
        for other in range(place + 1, PACKAGES):
            if draw(st.integers(0, 2)):
                types = draw(st.sampled_from(["build", "link", "run", "build,link"]))
                when = draw(st.sampled_from(["", "", "", " when +x", " when target=x86_64_v4:", " when @1"]))
                lines.append(f"  depends p{other}{draw(ASKED)} type={types}{when}")
        if draw(st.integers(0, 3)):
            lines.append("  depends c type=build")
        if draw(st.integers(0, 3)) == 0:
            guard = draw(st.sampled_from(["@2", "+x", "%gcc@2:", "^p2"]))
            lines.append(f"  conflicts target={draw(st.sampled_from(TARGETS))} when {guard}")
    lines += ["package gcc", "  version 3", "  version 2", "  version 1", "  provides c"]
    lines += ["package llvm", "  version 2", "  version 1", "  provides c"]
    return "\n".join(lines)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """One or two requests; some of them name a target, a compiler or both."""
    below = st.sampled_from(["", "", "", "%gcc@2", "%gcc@:1", "%llvm", "^p2 target=x86_64_v3", "^p1 target=skylake"])
    texts = [f"p0{draw(ASKED)} {draw(below)}"]
    if draw(st.integers(0, 3)) == 0:
        texts.append(f"p1{draw(ASKED)}")
    outside = draw(st.sampled_from([(), (), ("gcc@1",), ("gcc@2", "gcc@3"), ("llvm@2",), ("p2@1",)]))
    rules: dict[str, PackageRules] = {}
    if draw(st.integers(0, 3)) == 0:
        rules["p2"] = PackageRules(targets=(draw(st.sampled_from(TARGETS)),))
    if draw(st.integers(0, 4)) == 0:
        rules["all"] = PackageRules(targets=(draw(st.sampled_from([":x86_64_v4", "skylake", "x86_64_v3"])),))
    if draw(st.integers(0, 4)) == 0:
        rules["p1"] = PackageRules(require=(Rule(specs=(parse_spec("target=x86_64_v3"),)),))
    return Problem(
        requests=tuple(parse_spec(text) for text in texts),
        os="testos",
        target=TARGETS[0],
        targets=TARGETS,
        target_facts=draw(facts()),
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
            for place, text in enumerate(outside)
        ),
        packages=rules,
        default_providers={"c": ("gcc", "llvm")},
    )


@SETTINGS
@given(repositories(), problems())
def test_targets(text: str, problem: Problem) -> None:
    note(f"{text}\n{problem}")
    same_as_exhaustive(problem, small_models(text), steps=3000)
