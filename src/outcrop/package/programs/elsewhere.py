"""Names that mean something on another operating system. They can be imported; using them here is an error."""

from __future__ import annotations

import enum
import platform
import shutil
import subprocess
import sys
from pathlib import Path

# Any: what these would return does not exist here.
from typing import Any, NoReturn

from outcrop.package.errors import NotOnThisPlatformError
from outcrop.package.programs.executable import Executable
from outcrop.spec import Version

LC_ID_DYLIB = 0xD
"""The load command of a Mach-O library that holds its name."""


def _refuse(name: str, where: str) -> NoReturn:
    raise NotOnThisPlatformError(f"{name} works on {where} only, and this is {platform.system()}")


def macos_version() -> Version:
    """The version of macOS this runs on."""
    if sys.platform != "darwin":
        _refuse("macos_version()", "macOS")
    return Version(platform.mac_ver()[0])


def fix_darwin_install_name(path: str) -> None:
    """Give every library of one directory its own path as id, and let them refer to each other by those."""
    if sys.platform != "darwin":
        _refuse("fix_darwin_install_name()", "macOS")
    libraries = sorted(Path(path).glob("*.dylib"))
    tool = shutil.which("install_name_tool") or "/usr/bin/install_name_tool"
    for library in libraries:
        subprocess.run([tool, "-id", str(library), str(library)], check=True)
        listed = subprocess.run(["otool", "-L", str(library)], check=True, capture_output=True, text=True).stdout
        for reference in [line.split()[0] for line in listed.splitlines()[1:] if line.strip()]:
            for other in libraries:
                if Path(reference).name in (other.name, other.resolve().name):
                    subprocess.run([tool, "-change", reference, str(other), str(library)], check=True)


class MachO:
    """A parsed Mach-O file."""

    def __init__(self, *_arguments: Any, **_keywords: Any) -> None:
        _refuse("MachO", "macOS")


class HKEY(enum.Enum):
    """Roots of the Windows registry."""

    HKEY_CLASSES_ROOT = "HKEY_CLASSES_ROOT"
    HKEY_CURRENT_USER = "HKEY_CURRENT_USER"
    HKEY_USERS = "HKEY_USERS"
    HKEY_LOCAL_MACHINE = "HKEY_LOCAL_MACHINE"
    HKEY_CURRENT_CONFIG = "HKEY_CURRENT_CONFIG"


class WindowsRegistryView:
    """A part of the Windows registry."""

    def __init__(self, *_arguments: Any, **_keywords: Any) -> None:
        _refuse("WindowsRegistryView", "Windows")


class WindowsTool(Executable):
    """Stands for a build tool of Windows; says so when it is run."""

    def __call__(self, *_arguments: Any, **_keywords: Any) -> Any:
        """Always fails.

        Raises:
            NotOnThisPlatformError: there is no such tool here.
        """
        _refuse(self.name, "Windows")


def windows_tools() -> dict[str, WindowsTool]:
    """The build tools that recipes find in their modules on Windows, by name."""
    return {name: WindowsTool(name) for name in ("nmake", "msbuild", "cscript")}
