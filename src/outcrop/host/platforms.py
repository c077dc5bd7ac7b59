"""Operating system and processor of this machine, in the words that recipes and specs use."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from outcrop.base.digests import sha256_bytes
from outcrop.base.remembered import recall, remember

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


class OperatingSystem(msgspec.Struct, frozen=True):
    """``name`` as in a spec (``debian12``, ``ubuntu24.04``, ``rhel9``); ``family`` says whose packages it takes."""

    name: str
    family: str = ""


class Processor(msgspec.Struct, frozen=True):
    """``target`` is this machine's microarchitecture, ``targets`` everything it runs, itself first."""

    target: str
    targets: tuple[str, ...]


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
    key = f"processor 1 {os.uname().machine} {sha256_bytes(_first_processor(file))}"
    known = recall(cache, key, Processor)
    if known is None:
        from archspec import cpu  # here, not above: see the docstring

        host = cpu.host()
        known = Processor(host.name, (host.name, *(ancestor.name for ancestor in host.ancestors)))
        remember(cache, key, known, [str(cpu.__file__)])
    return known


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
