"""Globals of recipe modules: recipes find ``make``, ``python`` or ``prefix`` in their own module while they build."""

from __future__ import annotations

import sys
from types import ModuleType

# Any: globals are whatever a hook puts there.
from typing import TYPE_CHECKING, Any

from outcrop.package.errors import UndeclaredDependencyError
from outcrop.package.programs.executable import Executable

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase


class ModuleChangePropagator:
    """Attributes written here appear in the package's module and in those of the recipes and build systems it derives
    from.

    Inherited methods look names up in the module they were written in. Reads come from the package's own module.
    Nothing is written before :meth:`propagate_changes_to_mro`.
    """

    _OWN = ("_modules", "_changes", "current_module")

    def __init__(self, package: PackageBase) -> None:
        self.current_module: ModuleType = package.module
        self._modules = inherited_modules(type(package))
        self._changes: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name in ModuleChangePropagator._OWN or name.startswith("__"):
            raise AttributeError(name)
        if name in self._changes:
            return self._changes[name]
        return getattr(self.current_module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ModuleChangePropagator._OWN:
            object.__setattr__(self, name, value)
        else:
            self._changes[name] = value
            # At once in the package's own module: recipes read dependent_spec.package.module within the same hook.
            setattr(self.current_module, name, value)

    def propagate_changes_to_mro(self) -> None:
        """Write what was collected to the modules of the base classes."""
        for module in self._modules:
            for name, value in self._changes.items():
                setattr(module, name, value)


def inherited_modules(package_class: type) -> list[ModuleType]:
    """The module of a package class and those of the classes behind it, up to the core's own."""
    found: list[ModuleType] = []
    for base in package_class.__mro__:
        if base.__module__.startswith("outcrop."):
            break
        module = sys.modules.get(base.__module__)
        if module is None:
            break
        if module not in found:
            found.append(module)
    return found


class UndeclaredTool(Executable):
    """Stands for a build tool that no dependency has provided; says so when it is run."""

    def __init__(self, name: str) -> None:
        super().__init__(name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Always fails.

        Raises:
            UndeclaredDependencyError: with the line that the recipe lacks.
        """
        raise UndeclaredDependencyError(
            f"{self.name} was used, but the package has no dependency that provides it",
            f'depends_on("{"gmake" if self.name == "make" else self.name}", type="build") is missing in the recipe',
        )

    def add_default_env(self, key: str, value: object) -> None:
        """As :meth:`__call__`."""
        self()
