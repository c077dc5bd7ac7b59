"""The machine a recipe runs on, and what libraries are called on the machine a spec is for."""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from dataclasses import dataclass

# Any: specs, targets and compiler packages are the facade's; recipes pass whatever they hold.
from typing import Any

import archspec.cpu

from outcrop.spec import Version

# Distributions whose releases stay compatible within the first number of their version.
_MAJOR_ONLY = ("rhel", "centos", "rocky", "almalinux", "ol", "debian", "amzn", "fedora")
_SHORT_NAMES = {"opensuse-leap": "opensuse", "sles": "sles", "sled": "sled", "raspbian": "debian"}


@dataclass(frozen=True)
class HostPlatform:
    """Name of the platform, and its default operating system and target by name."""

    name: str
    default_os: str
    default: str

    def operating_system(self, name: str) -> str:
        """An operating system by name; ``default_os`` and ``frontend`` words mean this machine's."""
        return self.default_os if name in ("default_os", "frontend", "backend", "fe", "be") else name

    def target(self, name: str) -> Any:
        """A target (archspec's) by name; ``default_target`` means this machine's."""
        wanted = self.default if name in ("default_target", "frontend", "backend", "fe", "be") else name
        return archspec.cpu.TARGETS.get(wanted) or archspec.cpu.generic_microarchitecture(wanted)

    def __str__(self) -> str:
        return self.name


def host_platform() -> HostPlatform:
    """The platform this process runs on."""
    return HostPlatform(platform.system().lower(), _operating_system(), archspec.cpu.host().name)


def _operating_system() -> str:
    if sys.platform == "darwin":
        return "macos" + platform.mac_ver()[0].split(".")[0]
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system().lower()
    name = _SHORT_NAMES.get(release.get("ID", "linux"), release.get("ID", "linux"))
    version = release.get("VERSION_ID", "")
    return name + (version.split(".")[0] if name in _MAJOR_ONLY else version)


def kernel_version() -> Version:
    """The kernel's version without what distributions add to it."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", platform.release())
    return Version(match.group() if match else "0")


def _platform_of(spec: Any) -> str:
    return str(getattr(spec, "platform", "") or platform.system().lower())


def shared_library_suffix(spec: Any) -> str:
    """Suffix of shared libraries on the spec's platform, without dot."""
    return {"darwin": "dylib", "windows": "dll"}.get(_platform_of(spec), "so")


def static_library_suffix(spec: Any) -> str:
    """Suffix of static libraries on the spec's platform, without dot."""
    return "lib" if _platform_of(spec) == "windows" else "a"


def microarchitecture_flags(spec: Any, language: str) -> str:
    """Flags that make the spec's compiler of ``language`` use all its target has; empty without such a compiler."""
    try:
        compiler = spec[language]
    except KeyError:
        return ""
    return microarchitecture_flags_from_target(spec.target, compiler.package)


def microarchitecture_flags_from_target(target: Any, compiler: Any) -> str:
    """The same for a target and a compiler's package (or spec); empty where archspec knows no flags for the two."""
    package = getattr(compiler, "package", compiler)
    name_of = getattr(package, "archspec_name", None)
    name = str(name_of() if name_of is not None else package.spec.name)
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", str(package.spec.version))
    try:
        return str(target.optimization_flags(name, numbers.group() if numbers else "0"))
    except (archspec.cpu.UnsupportedMicroarchitecture, archspec.cpu.InvalidCompilerVersion):
        return ""


def get_user() -> str:
    """Login name, or the user's number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
