"""Targets, operating systems and platforms in words: requests that cannot hold on this machine, and causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.base.near import near_misses
from outcrop.solve.clauses import Cause
from outcrop.solve.encoding import Encoding
from outcrop.solve.errors import UnsatisfiableError
from outcrop.solve.systems import known_systems, system_name
from outcrop.solve.targets import fitting_targets, makers, runs_here, serves, target_lines
from outcrop.spec import Spec, Version, make_version
from outcrop.spec.targets import HOST_WORDS, ancestry, target_lies_in

_SHOWN = 4

_SYSTEM_HINT = (
    "leave 'os={name}' out; to solve for another operating system, name it in the configuration: "
    "'concretizer:os_compatible:{name}:[]'"
)


def place_error(encoding: Encoding, spec: Spec, request: Spec) -> UnsatisfiableError | None:
    """The error for a part of a request that asks for what this machine is not, if it does."""
    problem = encoding.problem
    if spec.platform and spec.platform != problem.platform:
        return UnsatisfiableError(
            f"this machine is no {spec.platform} machine, and packages are built for the platform they are built on",
            details=[f"you asked for {request}", f"the platform of this machine is {problem.platform}"],
            hint=f"leave 'platform={spec.platform}' out, or ask on a {spec.platform} machine",
            code="other-platform",
        )
    if spec.os and system_name(encoding, spec.os) not in known_systems(encoding):
        return _unknown_system(encoding, spec.os, request)
    if not spec.target or fitting_targets(encoding, spec.target):
        return None
    return _unknown_target(encoding, spec.target, request) or _unfit_target(encoding, spec.target, request)


def _unknown_system(encoding: Encoding, name: str, request: Spec) -> UnsatisfiableError:
    near = near_misses(name, known_systems(encoding))
    return UnsatisfiableError(
        f"nothing here knows of an operating system '{name}'",
        details=[f"you asked for {request}", systems_line(encoding)],
        hint=(f"did you mean {' or '.join(near)}? or " if near else "") + _SYSTEM_HINT.format(name=name),
        code="no-such-os",
    )


def systems_line(encoding: Encoding) -> str:
    """Which operating systems may be asked for, and why."""
    host, *others = known_systems(encoding).items()
    known = _some([f"{name} ({how})" for name, how in others])
    return f"the operating system of this machine is {host[0]}; " + (
        f"known too: {known}" if known else "no other is known"
    )


def _ends(text: str) -> list[str]:
    """The names in a list of targets and ranges."""
    return [name for item in text.split(",") for name in item.split(":") if name and name not in HOST_WORDS]


def _unknown_target(encoding: Encoding, text: str, request: Spec) -> UnsatisfiableError | None:
    known = {*encoding.problem.target_facts, *encoding.targets, *ancestry()}
    unknown = next((name for name in _ends(text) if name not in known), None)
    if unknown is None:
        return None
    near = near_misses(unknown, {*encoding.problem.target_facts, *encoding.targets} or known)
    return UnsatisfiableError(
        f"there is no target '{unknown}'",
        details=[f"you asked for {request}", machine(encoding)],
        hint=f"did you mean {' or '.join(near)}?" if near else None,
        code="no-such-target",
    )


def _unfit_target(encoding: Encoding, text: str, request: Spec) -> UnsatisfiableError:
    details = [f"you asked for {request}", machine(encoding)]
    lines = target_lines(encoding)
    related = [name for name in encoding.problem.target_facts if target_lies_in(name, text, lines)]
    if any(runs_here(encoding, name) for name in related):
        return UnsatisfiableError(
            f"target={text} is none of the generic targets, and only those are allowed",
            details=[*details, f"allowed are {_some(encoding.targets)} (concretizer:targets:granularity: generic)"],
            hint="take one of these, or set 'concretizer:targets:granularity: microarchitectures'",
            code="target-not-allowed",
        )
    if not related and all(name in encoding.problem.target_facts for name in _ends(text)):
        return UnsatisfiableError(
            f"there is no target from one end of {text} to the other", details=details, code="no-such-target"
        )
    hint = "build it on a machine of that kind"
    if related:
        nearest = next((name for name in encoding.targets if any(serves(encoding, each, name) for each in related)), "")
        hint = f"target={nearest} is the nearest one that does; " if nearest else ""
        hint += "'concretizer:targets:host_compatible: false' allows code for other machines"
    return UnsatisfiableError(
        f"this machine cannot run code for target={text}", details=details, hint=hint, code="target-does-not-run"
    )


def machine(encoding: Encoding) -> str:
    """What this machine is and which targets it runs."""
    problem = encoding.problem
    host = problem.host_target or problem.target
    runs = [name for name in encoding.targets if name != host and runs_here(encoding, name)]
    return f"this machine is {host}" + (f"; it runs {_some(runs)} too" if runs else "")


def compiler_lines(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """What compilers would have to be for the targets that matter; a line for each package and compiler."""
    return [_compiler_line(encoding, *pair, targets) for pair, targets in _compiled(causes).items()]


def _compiled(causes: Sequence[Cause]) -> dict[tuple[str, str], list[str]]:
    """(package, compiler) -> the targets that the compiler has to make code for."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        if cause[0] == "target":
            groups.setdefault((str(cause[1]), str(cause[2])), []).append(str(cause[3]))
    return groups


def _compiler_line(encoding: Encoding, name: str, compiler: str, targets: list[str]) -> str:
    target, text = _least_demanding(encoding, compiler, targets)
    others = f" (and more for {len(targets) - 1} other targets)" if len(targets) > 1 else ""
    if not text:
        return f"{compiler} does not make code for {target}, which {name} would need"
    have = _at_hand(encoding, compiler)
    known = f"; there is {_some(have)}" if have else ""
    return f"to compile {name} for {target}, {compiler} has to be {text}{others}{known}"


def _least_demanding(encoding: Encoding, compiler: str, targets: Sequence[str]) -> tuple[str, str]:
    """The target that the oldest version can do, and which versions can, in words; nothing if none can."""
    needs = [(*_needed(encoding, compiler, target), target) for target in targets]
    _, _, text, target = min(needs, key=lambda need: (need[0], need[1], need[3]))
    return target, text


def _needed(encoding: Encoding, compiler: str, target: str) -> tuple[bool, Version, str]:
    ranges = makers(encoding, compiler, target)
    if not ranges:
        return (True, make_version("0"), "")
    pairs = [item.partition(":") for item in ranges.split(",")]
    low = min(make_version(pair[0] or "0") for pair in pairs)
    open_ended = any(pair[1] and not pair[2] for pair in pairs)
    return (False, low, f"{low} or newer" if open_ended else f"@{ranges}")


def _at_hand(encoding: Encoding, compiler: str) -> list[str]:
    """The versions of a compiler that can only be an external; empty for others."""
    package = encoding.known(compiler)
    candidates = [] if package is None else package.candidates
    if any(candidate.external is None for candidate in candidates):
        return []
    return [f"{compiler}@{candidate.version}" for candidate in candidates]


def compiler_way_out(encoding: Encoding, causes: Sequence[Cause]) -> str | None:
    """What helps where the compilers of the machine are too old for a target."""
    for (_, compiler), targets in _compiled(causes).items():
        if _at_hand(encoding, compiler):
            _, text = _least_demanding(encoding, compiler, targets)
            newer = f", or install {compiler} {text} and run 'outcrop external find'" if text else ""
            return f"take target={encoding.targets[0]}{newer}"
    return None


def sentence(encoding: Encoding, cause: Cause) -> str | None:
    """One cause about targets or operating systems as a line of text; ``None`` for other kinds."""
    kind, name, other = str(cause[0]), str(cause[1]), str(cause[2]) if len(cause) > 2 else ""
    if kind == "target":
        return compiler_lines(encoding, [cause])[0]
    if kind == "target-below":
        return f"{name} links to or runs {other}, which must run on every machine that {name} runs on"
    if kind == "target-tool":
        return f"the build of {name} uses {other}, which must run on this machine"
    if kind == "os-below":
        return f"{name} links to or runs {other}, so both have the same operating system"
    if kind == "os-tool":
        return f"the build of {name} uses {other}, which must be for this machine or for the same operating system"
    if kind == "os-external":
        return f"the external {name} is for {other}"
    return None


def machine_lines(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """What this machine is, where something other than a request wants a target or an operating system that no node may
    have."""
    specs = (spec for cause in causes for spec in _specs(encoding, cause))
    found = []
    for spec in specs:
        if spec.target and not fitting_targets(encoding, spec.target):
            found.append(machine(encoding))
        if spec.os and system_name(encoding, spec.os) not in encoding.systems:
            found.append(systems_line(encoding))
    return list(dict.fromkeys(found))


def _specs(encoding: Encoding, cause: Cause) -> Iterator[Spec]:
    kind, place = cause[0], cause[-1]
    if not isinstance(place, int):
        return
    name = str(cause[1])
    if kind == "rule" and cause[2] == "require":
        yield from encoding.required(name)[place][0].specs
    elif kind == "depends":
        yield encoding.recipe(name).dependencies[place].spec
    elif kind == "requirement":
        yield from encoding.recipe(name).requirements[place].specs


def _some(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
