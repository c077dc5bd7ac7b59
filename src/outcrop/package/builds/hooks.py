"""What recipes do to a build or run environment, in the right order: module globals, hooks between packages, variables.

These functions run in the process that builds (or asks), with the facades of its graph; they return what is to be
changed and change nothing of the environment themselves. What they do write are globals of recipe modules: that is how
recipes are told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

# Any: configuration of externals, and specs as recipes pass them.
from typing import Any

from outcrop.package.builds.adapter import create_builder
from outcrop.package.builds.modules import ModuleChangePropagator, UndeclaredTool, inherited_modules
from outcrop.package.builds.wrapper_variables import wrapper_variables
from outcrop.package.classes.base import PackageBase
from outcrop.package.filesystem.systempaths import belongs_to_system
from outcrop.package.programs.elsewhere import windows_tools
from outcrop.package.programs.environment import EnvironmentModifications
from outcrop.package.programs.executable import Executable
from outcrop.package.programs.jobs import determine_number_of_jobs
from outcrop.package.programs.shared_library import static_to_shared_library
from outcrop.package.specs.facade import NodeSpec
from outcrop.package.specs.roles import Context, Role, plan_roles
from outcrop.store.seal import Change, Hooks

COMPILER_VARIABLES = ("CC", "CXX", "F77", "FC")
WRAPPER_PATH = "SPACK_COMPILER_WRAPPER_PATH"


def setup_package(
    facades: Mapping[str, NodeSpec], root: str | Iterable[str], context: Context = "build", jobs: int | None = None
) -> EnvironmentModifications:
    """Prepare everything that ``root`` needs before its first phase (or before it is run), and say what its environment
    needs.

    Args:
        facades: as :func:`outcrop.package.specs.facade.build_facades` makes them.
        root: hash of the node to be built; several in a run context.
        context: ``build``, ``run`` or ``test``.
        jobs: how many jobs a build may use; by default what the process was told.

    Raises:
        OutcropError: a recipe's hook failed in a way it can name; other exceptions of hooks pass through.
    """
    roots = (root,) if isinstance(root, str) else tuple(root)
    roles = plan_roles(facades[roots[0]]._world.graph, roots, context)
    nodes = {facades[key]: role for key, role in roles.items()}
    prepare_modules(nodes, jobs)
    env = EnvironmentModifications()
    if context == "build":
        env.extend(wrapper_variables(facades[roots[0]]))
    for node, role in nodes.items():
        env.extend(_node_environment(node, role, facades[roots[0]], nodes, context))
    if context == "build":
        for entry in env.group_by_name().get(WRAPPER_PATH, []):
            env.prepend_path("PATH", getattr(entry, "value", ""))
    if context == "test":
        env.prepend_path("PATH", ".")
    return env


def prepare_modules(nodes: Iterable[NodeSpec], jobs: int | None = None) -> None:
    """Set the globals of all recipe modules, then let every package tell its direct dependents among ``nodes``.

    ``nodes`` come dependencies first.
    """
    known = dict.fromkeys(nodes)
    for node in known:
        set_globals(node.package, jobs)
    for node in known:
        for dependent in node.dependents():
            if dependent in known:
                module = ModuleChangePropagator(dependent.package)
                node.package.setup_dependent_package(module, dependent)
                module.propagate_changes_to_mro()


def set_globals(package: PackageBase, jobs: int | None = None) -> None:
    """The names that every recipe finds in its module while it builds."""
    parallel = bool(package.parallel)
    if jobs is None:
        jobs = determine_number_of_jobs(parallel=parallel)
    values: dict[str, object] = {
        "make_jobs": jobs if parallel else 1,
        "make": UndeclaredTool("make"),
        "gmake": UndeclaredTool("gmake"),
        "ninja": UndeclaredTool("ninja"),
        "configure": Executable("./configure"),
        "prefix": package.prefix,
        "dso_suffix": "dylib" if package.spec.platform == "darwin" else "so",
        "static_to_shared_library": static_to_shared_library,
    }
    elsewhere = windows_tools()
    for module in inherited_modules(type(package)):
        for name, value in values.items():
            setattr(module, name, value)
        for name, tool in elsewhere.items():
            # Some recipes have imported the build system of that name.
            vars(module).setdefault(name, tool)


def _node_environment(
    node: NodeSpec, role: Role, root: NodeSpec, nodes: Mapping[NodeSpec, Role], context: Context
) -> EnvironmentModifications:
    env = EnvironmentModifications()
    if Role.FOUND in role:
        _make_found(node, env)
        create_builder(node.package).setup_dependent_build_environment(env, root)
    if Role.ROOT in role:
        create_builder(node.package).setup_build_environment(env)
    if Role.PATH in role:
        _put_on_path(node, env)
    if Role.RUN in role:
        env.extend(_run_environment(node, nodes, context))
    return env


def _run_environment(node: NodeSpec, nodes: Mapping[NodeSpec, Role], context: Context) -> EnvironmentModifications:
    env = configured_environment(node)
    for dependent in node.dependents(deptype=("link", "run")):
        if dependent in nodes:
            node.package.setup_dependent_run_environment(env, dependent)
    node.package.setup_run_environment(env)
    if context == "build":
        # A compiler that says "I am CC" to its users must not say so to a build that has another one.
        env.drop(*COMPILER_VARIABLES)
    return env


def _make_found(node: NodeSpec, env: EnvironmentModifications) -> None:
    for path in node.package.cmake_prefix_paths:
        if not belongs_to_system(str(path)):
            env.prepend_path("CMAKE_PREFIX_PATH", path)
    for directory in ("lib", "lib64", "share"):
        path = Path(node.prefix, directory, "pkgconfig")
        if path.is_dir() and not belongs_to_system(str(node.prefix)):
            env.prepend_path("PKG_CONFIG_PATH", path)


def _put_on_path(node: NodeSpec, env: EnvironmentModifications) -> None:
    for directory in ("bin", "bin64"):
        path = os.path.join(node.prefix, directory)
        if Path(path).is_dir() and not belongs_to_system(path):
            env.prepend_path("PATH", path)


def configured_environment(node: NodeSpec) -> EnvironmentModifications:
    """What the configuration entry of an external says about its environment."""
    env = EnvironmentModifications()
    entry: Any = node.extra_attributes.get("environment") or {}
    for name, value in (entry.get("set") or {}).items():
        env.set(name, value)
    for name in entry.get("unset") or ():
        env.unset(name)
    for action in ("prepend_path", "append_path", "remove_path"):
        for name, value in (entry.get(action) or {}).items():
            getattr(env, action)(name, value)
    return env


def record_hooks(node: NodeSpec) -> Hooks:
    """What the recipe says about using this node, as data for its seal.

    ``run`` is its own run environment. ``dependent_run`` has, by the hash of each direct link or run dependency, what
    that one's recipe says about this node. The node's own prefix is written as ``{prefix}``. Globals of modules must
    have been prepared (:func:`setup_package`, in whatever context).
    """
    own = configured_environment(node)
    node.package.setup_run_environment(own)
    given: dict[str, tuple[Change, ...]] = {}
    for dependency in node.dependencies(deptype=("link", "run")):
        env = EnvironmentModifications()
        dependency.package.setup_dependent_run_environment(env, node)
        if len(env):
            given[dependency.dag_hash()] = _symbolic(env.changes(), str(node.prefix))
    return Hooks(run=_symbolic(own.changes(), str(node.prefix)), dependent_run=given)


def _symbolic(changes: Iterable[Change], prefix: str) -> tuple[Change, ...]:
    def rewritten(value: str) -> str:
        pieces = value.split(prefix)
        result = pieces[0]
        for piece in pieces[1:]:
            # Only whole directory names: /a/b is no part of /a/bc.
            result += ("{prefix}" if piece[:1] in ("", "/", ":", ";", ",", " ", '"', "'") else prefix) + piece
        return result

    return tuple(
        Change(action=change.action, name=change.name, value=rewritten(change.value), separator=change.separator)
        for change in changes
    )


def environment_modifications_for_specs(
    *specs: NodeSpec, view: object = None, set_package_py_globals: bool = True
) -> EnvironmentModifications:
    """The environment in which ``specs`` can be used. ``view`` is accepted and not used: prefixes are named as they
    are.
    """
    env = EnvironmentModifications()
    if not specs:
        return env
    world = specs[0]._world
    roles = plan_roles(world.graph, [spec.dag_hash() for spec in specs], "run")
    nodes = {world.facades[key]: role for key, role in roles.items()}
    if set_package_py_globals:
        prepare_modules(nodes)
    for node, role in nodes.items():
        env.extend(_node_environment(node, role, specs[0].facade, nodes, "run"))
    return env
