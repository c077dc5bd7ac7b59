"""Hypothesis strategies: repositories of a few packages in the text form of ``small_models``, and requests for them.

Weighted so that about half of the requests have a solution, and solutions have several nodes.
"""

from __future__ import annotations

from hypothesis import strategies as st

_RANGES = ("@1", "@2", "@3", "@:2", "@2:", "@1:2", "@=2")
_WIDE = ("", "", "", "@:2", "@2:", "@1:2", "@:1")
_TYPES = ("build", "link", "run", "build,run", "build,link")
_SPECIAL = ("m=a", "m=b", "m=c", "s=u", "s=w", "s=u,w", "s:=u")


def _chance(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


@st.composite
def _variant_text(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(_SPECIAL)) if _chance(draw, 6) else draw(st.sampled_from(["+x", "~x"]))


@st.composite
def _own(draw: st.DrawFn) -> str:
    """A condition on a package itself; never empty."""
    kind = draw(st.integers(0, 2))
    version = draw(st.sampled_from(_RANGES)) if kind != 1 else ""
    variant = draw(_variant_text()) if kind != 0 else ""
    return f"{version} {variant}".strip()


@st.composite
def _condition(draw: st.DrawFn, names: list[str]) -> str:
    """`` when ...`` or nothing."""
    kind = draw(st.integers(0, 5))
    if kind < 3:
        return ""
    if kind < 5:
        return f" when {draw(_own())}"
    own = draw(_own()) if _chance(draw, 3) else ""
    sigil = draw(st.sampled_from(["^", "^", "%"]))
    return f" when {own} {sigil}{draw(st.sampled_from(names))}{draw(st.sampled_from(_WIDE))}"


@st.composite
def _package(draw: st.DrawFn, place: int, packages: int, plain: bool) -> list[str]:
    names = [f"p{other}" for other in range(packages)] + ["v"]
    others = [other for other in names if other != f"p{place}"]
    lines = [f"package p{place}"]
    for number in range(1, draw(st.sampled_from([2, 2, 1, 3] if plain else [3, 3, 2])) + 1):
        lines.append(f"  version {number}{' preferred' if _chance(draw, 8) else ''}")
    guard = st.sampled_from(["", "", "", " when @2:", " when @:1"])
    if not _chance(draw, 2 if plain else 4):
        lines.append(f"  variant x {draw(st.sampled_from(['true', 'false']))}{draw(guard)}")
        if _chance(draw, 6):
            lines.append(f"  variant x {draw(st.sampled_from(['true', 'false']))} when @2:")
    if _chance(draw, 12 if plain else 6):
        lines.append(
            f"  variant m {draw(st.sampled_from('ab'))} of a,b{draw(st.sampled_from(['', '[@2:]']))},c{draw(guard)}"
        )
    elif _chance(draw, 8):
        lines.append(f"  variant s {draw(st.sampled_from(['u', 'u,w']))} of u,w multi")
    for _ in range(draw(st.sampled_from([0, 1, 2, 3])) if place else draw(st.sampled_from([2, 3, 4]))):
        # Mostly downwards; now and then upwards, so that there are circles to avoid.
        below = [name for name in names if name == "v" or int(name[1:]) > place] or ["v"]
        name = draw(st.sampled_from(others if _chance(draw, 8) else below))
        if name == f"p{place}":
            continue
        spec = f"{name}{draw(st.sampled_from(_WIDE))}"
        if name != "v" and _chance(draw, 7):
            spec += f" {draw(_variant_text())}"
        lines.append(f"  depends {spec} type={draw(st.sampled_from(_TYPES))}{draw(_condition(others))}")
    if _chance(draw, 5):
        spec = draw(st.one_of(_own(), st.sampled_from([f"^{name}@2" for name in others if name != "v"])))
        lines.append(f"  conflicts {spec}{draw(_condition(others)) or ' when @3'}")
    if _chance(draw, 8):
        options = " | ".join(draw(st.lists(_own(), min_size=1, max_size=2)))
        lines.append(
            f"  requires {draw(st.sampled_from(['one_of', 'any_of']))} {options} when @{draw(st.integers(1, 3))}"
        )
    if place >= packages - 2:
        lines.append(f"  provides v@{draw(st.integers(1, 3))}{draw(guard)}")
    return lines


@st.composite
def repository_texts(draw: st.DrawFn, packages: int = 4, *, plain: bool = False) -> tuple[str, list[str]]:
    """(text of a repository with packages ``p0``... and a virtual ``v``, externals); ``plain`` has fewer
    possibilities.
    """
    lines: list[str] = []
    for place in range(packages):
        lines += draw(_package(place, packages, plain))
    externals = []
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        externals.append(f"p{draw(st.integers(1, packages - 1))}@{draw(st.integers(1, 3))}")
    return "\n".join(lines), list(dict.fromkeys(externals))


@st.composite
def requests_for(draw: st.DrawFn, packages: int = 4) -> list[str]:
    """One or two requests, mostly for ``p0``."""
    found = [f"p0{draw(st.sampled_from(_WIDE))}"]
    if _chance(draw, 6):
        found[0] += f" {draw(_variant_text())}"
    if _chance(draw, 5):
        sigil = draw(st.sampled_from(["^", "^", "%"]))
        found[0] += f" {sigil}p{draw(st.integers(1, packages - 1))}{draw(st.sampled_from(_WIDE))}"
    if _chance(draw, 4):
        found.append(f"p{draw(st.integers(1, packages - 1))}{draw(st.sampled_from(_WIDE))}")
    return found
