"""Prefixes a build tool must search for a package's dependencies."""

from __future__ import annotations

# Any: packages and specs are the facade's.
from typing import Any

from outcrop.package.filesystem.systempaths import belongs_to_system


def get_cmake_prefix_path(pkg: Any) -> list[str]:
    """Prefixes of the direct build and test dependencies and of everything that is linked with the package.

    Dependents come before their dependencies, externals last; directories of the system are left out.
    """
    spec = pkg.spec
    direct = spec.dependencies(deptype=("build", "test"))
    linked = list(spec.traverse(root=False, deptype="link"))
    wanted = {node.dag_hash(): node for node in (*direct, *linked)}
    ordered = [node for node in spec.traverse(root=False, order="topo") if node.dag_hash() in wanted]
    ordered.sort(key=lambda node: bool(node.external))
    prefixes = [str(node.prefix) for node in ordered]
    return [prefix for prefix in dict.fromkeys(prefixes) if not belongs_to_system(prefix)]
