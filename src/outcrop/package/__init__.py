"""The Package API: what ``from spack.package import *`` gives a recipe, version 2.2.

``__all__`` is the export list, no more and no less. Everything that a recipe's dynamism needs (class bodies that call
directives, methods chosen by spec, globals in recipe modules) stays in this room; what leaves it is plain data:
``PackageBase.records()``, phases to run, environment changes. The room knows the store's seal format and nothing of
repositories, hosts, fetching or the plan of a build.

Inside, imports go down only: ``functions`` (the exports that know nothing of classes and specs), ``builds`` (from a
class and a node to a finished prefix), ``classes`` (what every recipe derives from), ``language`` (what a class body
may say), ``specs`` (as recipes know them), ``programs``, ``filesystem``.

For the core, not exported: ``specs.facade`` (concrete specs for recipes), ``builds.hooks`` (environments and module
globals), ``builds.phases``, ``language.records``, ``wheels``.
"""

from outcrop.package import functions
from outcrop.package.builds.adapter import create_builder
from outcrop.package.builds.builder import BaseBuilder, Builder, BuilderWithDefaults, GenericBuilder, register_builder
from outcrop.package.builds.checks import apply_macos_rpath_fixups
from outcrop.package.builds.hooks import environment_modifications_for_specs
from outcrop.package.builds.modules import ModuleChangePropagator
from outcrop.package.classes.base import Package, PackageBase
from outcrop.package.classes.classproperty import ClassProperty, classproperty
from outcrop.package.classes.flags import build_system_flags, env_flags, inject_flags
from outcrop.package.classes.tests import execute_install_time_tests
from outcrop.package.functions import *  # noqa: F403 - that module's __all__ is part of ours
from outcrop.package.language.callbacks import on_package_attributes, run_after, run_before
from outcrop.package.language.directive import default_args
from outcrop.package.language.directives import (
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
from outcrop.package.language.multimethod import when
from outcrop.package.language.variants import any_combination_of, auto_or_any_combination_of, conditional, disjoint_sets
from outcrop.package.specs.spec_api import Spec, Version, ver

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
