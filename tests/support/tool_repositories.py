"""Hypothesis strategies: repositories in which builds use tools, so that graphs may hold several copies of them.

``p0``... are what is wanted, ``t0``... tools, some of which extend ``python`` or need each other; ``g`` and ``l`` are
compilers, and ``w`` is a virtual that tools provide. About a third of the answers have two copies of something.
"""

from __future__ import annotations

from hypothesis import strategies as st

_BOUNDS = ("", "", "@:1", "@1", "@2:", "@2")
_TYPES = (*["build"] * 10, "build,run", "run", "link", "build,link", "test", "build,test")
_GUARDS = (*[""] * 6, " when @2:", " when @:1", " when +x")


def _chance(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


@st.composite
def _line(draw: st.DrawFn, name: str, others: list[str]) -> str:
    spec = name + draw(st.sampled_from(_BOUNDS))
    if name.startswith("t") and _chance(draw, 6):
        spec += draw(st.sampled_from([" +x", " ~x"]))
    guard = draw(st.sampled_from(_GUARDS))
    if others and _chance(draw, 9):
        guard = f" when {draw(st.sampled_from('^^%'))}{draw(st.sampled_from(others))}{draw(st.sampled_from(_BOUNDS))}"
    return f"  depends {spec} type={draw(st.sampled_from(_TYPES))}{guard}"


@st.composite
def _wanted(draw: st.DrawFn, place: int, packages: int, tools: int) -> list[str]:
    """A package that somebody may want."""
    lines = [f"package p{place}", *_versions(draw(st.sampled_from([1, 1, 2])))]
    if _chance(draw, 3):
        lines.append(f"  variant x {draw(st.sampled_from(['true', 'false']))}")
    above = [f"p{other}" for other in range(place + 1, packages)]
    known = [*above, *[f"t{other}" for other in range(tools)], "python"]
    for other in above:
        if not _chance(draw, 4):
            lines.append(f"  depends {other} type={draw(st.sampled_from(['link', 'build,link', 'run', 'build']))}")
    for tool in range(tools):
        if not _chance(draw, 3 if tool == 0 else 2):
            lines.append(draw(_line(f"t{tool}", known)))
    if _chance(draw, 4):
        lines.append("  extends python")
    if _chance(draw, 5):
        lines.append(draw(_line("python", known)))
    if _chance(draw, 5):
        lines.append(f"  depends w{draw(st.sampled_from(_BOUNDS))} type=build")
    if _chance(draw, 4):
        lines += [f"  depends {name} type=build" for name in draw(st.sampled_from([["c"], ["c", "cxx"], ["cxx"]]))]
        if _chance(draw, 2):
            lines.append(f"  conflicts %{draw(st.sampled_from('gl'))}{draw(st.sampled_from(_BOUNDS))}")
    if _chance(draw, 8):
        lines.append(
            f"  conflicts {draw(st.sampled_from('^%'))}{draw(st.sampled_from(known))}@{draw(st.integers(1, 2))}"
        )
    return lines


@st.composite
def _tool(draw: st.DrawFn, place: int, tools: int) -> list[str]:
    lines = [f"package t{place}", *_versions(draw(st.sampled_from([2, 2, 3])))]
    extends = _chance(draw, 2)
    if not extends or _chance(draw, 3):
        lines.append("  tag build-tools")
    if _chance(draw, 3):
        lines.append(f"  variant x {draw(st.sampled_from(['true', 'false']))}")
    below = [f"t{other}" for other in range(place)]
    for other in below:
        if _chance(draw, 2):
            lines.append(draw(_line(other, [])))
    above = [f"t{other}" for other in range(place + 1, tools)]
    if above and _chance(draw, 6):
        lines.append(draw(_line(draw(st.sampled_from(above)), [])))
    if extends:
        lines.append(f"  extends python{draw(st.sampled_from(['', '', ' when @2:']))}")
        if _chance(draw, 3):
            lines.append(f"  depends python{draw(st.sampled_from(_BOUNDS))} type=build,run")
    if place < 2:
        lines.append(f"  provides w@{draw(st.integers(1, 2))}{draw(st.sampled_from(['', '', ' when @2:']))}")
    return lines


def _versions(count: int) -> list[str]:
    return [f"  version {number}" for number in range(1, count + 1)]


@st.composite
def tool_repository_texts(draw: st.DrawFn, packages: int = 3, tools: int = 2) -> tuple[str, list[str]]:
    """(text of a repository, externals)."""
    lines: list[str] = []
    for place in range(packages):
        lines += draw(_wanted(place, packages, tools))
    for place in range(tools):
        lines += draw(_tool(place, tools))
    lines += ["package python", *_versions(draw(st.sampled_from([1, 2, 2])))]
    lines += ["package g", "  version 2", "  version 1", "  provides c", "  provides cxx"]
    lines += ["package l", "  version 1", "  provides c"]
    externals = []
    if _chance(draw, 3):
        externals.append(f"python@{draw(st.integers(1, 3))}")
    if _chance(draw, 4):
        externals.append(f"t{draw(st.integers(0, tools - 1))}@{draw(st.integers(1, 2))}")
    if _chance(draw, 4):
        externals.append("g@1")
    return "\n".join(lines), externals


@st.composite
def tool_requests(draw: st.DrawFn, packages: int = 3, tools: int = 2) -> list[str]:
    """One or two requests."""
    found = ["p0" + draw(st.sampled_from(["", "", "", "@1"]))]
    if _chance(draw, 5):
        below = [*[f"t{place}" for place in range(tools)], "python", *[f"p{place}" for place in range(1, packages)]]
        found[0] += f" ^{draw(st.sampled_from(below))}{draw(st.sampled_from(_BOUNDS))}"
    if _chance(draw, 3):
        more = [*[f"p{place}" for place in range(1, packages)], "t0", "python"]
        found.append(draw(st.sampled_from(more)) + draw(st.sampled_from(_BOUNDS)))
    return found
