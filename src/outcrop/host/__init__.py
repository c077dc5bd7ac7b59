"""This machine: operating system, processor, C library, and the compilers, Pythons and make that PATH shows, as
externals.

Must not know recipes, graphs or what is being installed: it says what is there, and what is missing with the package
that brings it. No set-up is needed before the first solve; every answer of a program is remembered until the program
changes.
"""

from outcrop.host.detect import Host, detect_host
from outcrop.host.errors import ExternalError
from outcrop.host.externals import ExternalPackage, describe_external, find_externals, host_externals
from outcrop.host.libc import Libc
from outcrop.host.missing import MissingPiece, missing_headers, missing_pieces, missing_venv
from outcrop.host.programs import Compiler, Tool

__all__ = [
    "Compiler",
    "ExternalError",
    "ExternalPackage",
    "Host",
    "Libc",
    "MissingPiece",
    "Tool",
    "describe_external",
    "detect_host",
    "find_externals",
    "host_externals",
    "missing_headers",
    "missing_pieces",
    "missing_venv",
]
