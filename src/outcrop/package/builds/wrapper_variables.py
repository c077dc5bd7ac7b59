"""The part of the compiler wrapper's protocol that the core owes it: flags, and directories to search.

The wrapper itself is a recipe (``compiler-wrapper``); a package that does not depend on one gets none of this, and its
flags go to its environment instead.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Any: a recipe's flag handler returns what it likes; it is checked here.
from typing import Any

from outcrop.package.errors import InstallError, NoHeadersError, NoLibrariesError
from outcrop.package.filesystem.systempaths import SYSTEM_DIRECTORIES, belongs_to_system
from outcrop.package.programs.environment import EnvironmentModifications
from outcrop.package.specs.answers import FLAG_KINDS
from outcrop.package.specs.facade import NodeSpec

WRAPPER = "compiler-wrapper"

_NO_WERROR = "-Werror-|-Wno-error= -Werror|-Wno-error"
_REPLACED_FLAGS = {"none": _NO_WERROR, "specific": "-Werror-|-Werror- -Werror=|-Werror= -Werror|-Wno-error", "all": ""}
_KEPT_FLAGS = {"none": "", "specific": "-Werror-*|-Werror=*", "all": "-Werror*"}


def wrapper_variables(root: NodeSpec) -> EnvironmentModifications:
    """What the build of ``root`` needs beside its recipe's own hooks: compiler flags, and the wrapper's directories.

    Asks ``libs`` and ``headers`` of everything the node links with.
    """
    env = EnvironmentModifications()
    wrapped = bool(root.dependencies(WRAPPER))
    _set_flags(root, env, wrapped)
    if wrapped:
        _set_directories(root, env)
        env.set("SPACK_SHORT_SPEC", root.short_spec)
        env.set("SPACK_DEBUG_LOG_ID", f"{root.name}-{root.dag_hash(7)}")
        env.set("SPACK_DEBUG_LOG_DIR", _scratch(root))
        env.set("SPACK_DEBUG", "FALSE")
        keep = root.package.keep_werror or "none"
        env.set("SPACK_COMPILER_FLAGS_KEEP", _KEPT_FLAGS[keep])
        env.set("SPACK_COMPILER_FLAGS_REPLACE", _REPLACED_FLAGS[keep])
        if root.platform != "darwin":
            env.set("SPACK_DTAGS_TO_STRIP", "--enable-new-dtags")
            env.set("SPACK_DTAGS_TO_ADD", "--disable-new-dtags")
    return env


def _scratch(root: NodeSpec) -> str:
    """A directory that is there and belongs to this build."""
    try:
        return str(root.package.stage.path)
    except InstallError:
        return tempfile.gettempdir()


def _set_flags(root: NodeSpec, env: EnvironmentModifications, wrapped: bool) -> None:
    package = root.package
    for_build_system: dict[str, list[str]] = {}
    for kind in FLAG_KINDS:
        answer: Any = package.flag_handler(kind, list(root.compiler_flags[kind]))
        if not isinstance(answer, tuple) or len(answer) != 3:
            raise InstallError(
                f"flag_handler() of {root.name} must answer with three lists, not {answer!r}", pkg=package
            )
        injected, in_environment, for_build_system[kind] = (list(flags or ()) for flags in answer)
        if injected:
            env.set(f"SPACK_{kind.upper()}" if wrapped else kind.upper(), " ".join(injected))
        if in_environment:
            env.set(kind.upper(), " ".join(in_environment))
    package.flags_to_build_system_args(for_build_system)


def _set_directories(root: NodeSpec, env: EnvironmentModifications) -> None:
    include: list[str] = []
    link: list[str] = []
    rpath = [str(root.prefix.lib), str(root.prefix.lib64)]
    direct = {node.dag_hash() for node in root.dependencies(deptype="link")}
    for node in root.traverse(root=False, deptype="link", order="topo"):
        include.extend(_header_directories(node))
        libraries = _library_directories(node)
        link.extend(libraries)
        if root.package.transitive_rpaths or node.dag_hash() in direct:
            rpath.extend(libraries)
    for name, directories in (("INCLUDE", include), ("LINK", link), ("RPATH", rpath)):
        wanted = [path for path in dict.fromkeys(directories) if not belongs_to_system(path)]
        env.set(f"SPACK_{name}_DIRS", "")
        env.set(f"SPACK_STORE_{name}_DIRS", ":".join(wanted))
    # What the build itself makes comes before what it links with.
    managed = [str(node.prefix) for node in root.traverse(deptype=("link", "build")) if not node.external]
    managed.append(_scratch(root))
    env.set("SPACK_MANAGED_DIRS", "|".join(f'"{prefix}/"*' for prefix in sorted(set(managed))))
    env.set("SPACK_SYSTEM_DIRS", "|".join(f'"{path}"|"{path.rstrip("/")}/"' for path in sorted(SYSTEM_DIRECTORIES)))


def _library_directories(node: NodeSpec) -> list[str]:
    try:
        found = [str(path) for path in node.libs.directories]
    except (NoLibrariesError, AttributeError):
        found = []
    usual = [os.path.join(node.prefix, name) for name in ("lib", "lib64")]
    return [*found, *(path for path in usual if Path(path).is_dir() and path not in found)]


def _header_directories(node: NodeSpec) -> list[str]:
    try:
        return [str(path) for path in node.headers.directories]
    except (NoHeadersError, AttributeError):
        return []
