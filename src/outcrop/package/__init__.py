"""The Package API: what ``from spack.package import *`` gives a recipe, version 2.2.

``__all__`` is the export list, no more and no less. Everything that a recipe's dynamism needs (class bodies that call
directives, methods chosen by spec, globals in recipe modules) stays in this room; what leaves it is plain data:
``PackageBase.records()``, phases to run, environment changes. The room knows the store's seal format and nothing of
repositories, hosts, fetching or the plan of a build.

For the core, not exported: ``facade`` (concrete specs for recipes), ``hooks`` (environments and module globals),
``phases``, ``records``, ``wheels``.
"""

from outcrop.package import functions
from outcrop.package.adapter import create_builder
from outcrop.package.base import Package, PackageBase
from outcrop.package.builder import BaseBuilder, Builder, BuilderWithDefaults, GenericBuilder, register_builder
from outcrop.package.callbacks import on_package_attributes, run_after, run_before
from outcrop.package.checks import apply_macos_rpath_fixups
from outcrop.package.classproperty import ClassProperty, classproperty
from outcrop.package.directive import default_args
from outcrop.package.directives import (
    build_system,
    can_splice,
    conflicts,
    depends_on,
    extends,
    license,  # noqa: A004 - the API's name
    maintainers,
    patch,
    provides,
    redistribute,
    requires,
    resource,
    variant,
    version,
)
from outcrop.package.flags import build_system_flags, env_flags, inject_flags
from outcrop.package.functions import *  # noqa: F403 - that module's __all__ is part of ours
from outcrop.package.hooks import environment_modifications_for_specs
from outcrop.package.modules import ModuleChangePropagator
from outcrop.package.multimethod import when
from outcrop.package.spec_api import Spec, Version, ver
from outcrop.package.tests import execute_install_time_tests
from outcrop.package.variants import any_combination_of, auto_or_any_combination_of, conditional, disjoint_sets

__all__ = [
    "BaseBuilder",
    "Builder",
    "BuilderWithDefaults",
    "ClassProperty",
    "GenericBuilder",
    "ModuleChangePropagator",
    "Package",
    "PackageBase",
    "Spec",
    "Version",
    "any_combination_of",
    "apply_macos_rpath_fixups",
    "auto_or_any_combination_of",
    "build_system",
    "build_system_flags",
    "can_splice",
    "classproperty",
    "conditional",
    "conflicts",
    "create_builder",
    "default_args",
    "depends_on",
    "disjoint_sets",
    "env_flags",
    "environment_modifications_for_specs",
    "execute_install_time_tests",
    "extends",
    "inject_flags",
    "license",
    "maintainers",
    "on_package_attributes",
    "patch",
    "provides",
    "redistribute",
    "register_builder",
    "requires",
    "resource",
    "run_after",
    "run_before",
    "variant",
    "ver",
    "version",
    "when",
]
__all__ += functions.__all__
