"""Operating system and processor of this machine, in the words that recipes and specs use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.digests import sha256_bytes
from outcrop.base.remembered import recall, remember
from outcrop.spec.targets import TargetFacts

if TYPE_CHECKING:
    from archspec.cpu import Microarchitecture

OS_RELEASE = Path("/etc/os-release")
CPUINFO = Path("/proc/cpuinfo")

_TWO_PARTS = frozenset({"ubuntu", "alpine", "nixos", "opensuse-leap"})
"""Distributions that name a release by two numbers; for all others the first one is the release."""

_FAMILIES = ("debian", "fedora", "suse", "alpine", "arch")
_CPU_KEYS = frozenset(
    {
        *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),  # x86
        *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),  # Arm
        *("cpu", "revision", "isa", "uarch"),  # POWER, RISC-V
    }
)


_COMPILERS = {
    "gcc": "gcc",
    "clang": "llvm",
    "apple-clang": "apple-clang",
    "aocc": "aocc",
    "arm": "acfl",
    "intel": "intel-oneapi-compilers-classic",
    "nvhpc": "nvhpc",
    "oneapi": "intel-oneapi-compilers",
}
"""archspec's name of a compiler -> its recipe. Compilers with version numbers of their own (llvm-amdgpu) are left out:
the ranges do not speak of them.
"""


class OperatingSystem(msgspec.Struct, frozen=True):
    """``name`` as in a spec (``debian12``, ``ubuntu24.04``, ``rhel9``); ``family`` says whose packages it takes."""

    name: str
    family: str = ""


class Processor(msgspec.Struct, frozen=True):
    """``target`` is this machine's microarchitecture, ``targets`` everything it runs, itself first and each before its
    ancestors. ``family`` has the facts of all targets of its family, in the same order, those it does not run last.
    """

    target: str
    targets: tuple[str, ...]
    family: dict[str, TargetFacts] = {}


def read_operating_system(file: Path = OS_RELEASE) -> OperatingSystem:
    """The distribution and its release; ``linux`` where the machine does not say."""
    try:
        facts = _os_release(file.read_text("utf-8", "replace"))
    except OSError:
        return OperatingSystem("linux")
    identity = facts.get("ID", "linux").lower()
    parts = facts.get("VERSION_ID", "").split(".")
    release = ".".join(parts[: 2 if identity in _TWO_PARTS else 1])
    name = re.sub(r"[^a-z0-9_.]", "", f"{identity}{release}".lower())
    related = [identity, *facts.get("ID_LIKE", "").lower().split()]
    family = next((name for name in _FAMILIES if any(name in word for word in related)), "")
    if not family and "rhel" in related:
        family = "fedora"
    return OperatingSystem(name, family)


def _os_release(text: str) -> Mapping[str, str]:
    pairs = re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {key: value.strip().strip("\"'") for key, value in pairs}


def read_processor(cache: Path | None, file: Path = CPUINFO) -> Processor:
    """The microarchitecture, by archspec.

    archspec takes 100 ms, so its answer is remembered under what the kernel says of the first processor (without its
    clock, which changes by the second) and under the copy of archspec that gave it.
    """
    key = f"processor 2 {os.uname().machine} {sha256_bytes(_first_processor(file))}"
    known = recall(cache, key, Processor)
    if known is None:
        from archspec import cpu  # here, not above: see the docstring

        known = describe_processor(cpu.host(), list(cpu.TARGETS.values()))
        remember(cache, key, known, [str(cpu.__file__)])
    return known


def describe_processor(host: Microarchitecture, every: Iterable[Microarchitecture]) -> Processor:
    """What archspec says of a processor and its relatives; ``every`` are all targets there are."""
    runs = _descendants_first([host, *host.ancestors])
    names = {target.name for target in runs}
    others = sorted(
        (target for target in every if target.name not in names and _family(target) == _family(host)),
        key=lambda target: (-len(target.ancestors), target.name),
    )
    return Processor(
        target=host.name,
        targets=tuple(target.name for target in runs),
        family={target.name: _target_facts(target) for target in (*runs, *others)},
    )


def _descendants_first(targets: Sequence[Microarchitecture]) -> list[Microarchitecture]:
    """In the order given as far as every target comes before its ancestors."""
    waiting = list(targets)
    found: list[Microarchitecture] = []
    while waiting:
        below = {ancestor.name for target in waiting for ancestor in target.ancestors}
        ready = next(target for target in waiting if target.name not in below)
        waiting.remove(ready)
        found.append(ready)
    return found


def _family(target: Microarchitecture) -> str:
    return str(target.family.name)


def _target_facts(target: Microarchitecture) -> TargetFacts:
    """Facts in our words. A compiler that archspec knows in the family but not for this target cannot make code for
    it. The end of a range covers what it begins (``:11.0`` has 11.0.1), as in specs; for archspec it does not.
    """
    return TargetFacts(
        ancestors=tuple(ancestor.name for ancestor in _descendants_first(target.ancestors)),
        generic=target.vendor == "generic",
        compilers={
            recipe: tuple(entry["versions"] for entry in target.compilers.get(name, ()))
            for name, recipe in _COMPILERS.items()
            if name in target.family.compilers
        },
    )


def _first_processor(file: Path) -> bytes:
    try:
        with open(file, "rb") as stream:
            block = stream.read(8192).partition(b"\n\n")[0]
    except OSError:
        return b""
    lines = (
        line for line in block.splitlines() if line.partition(b":")[0].strip().decode("ascii", "replace") in _CPU_KEYS
    )
    return b"\n".join(lines)
