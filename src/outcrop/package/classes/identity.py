"""Who a package class is: name, namespace, module and directory, all told by the module it is defined in."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from outcrop.package.classes.classproperty import classproperty
from outcrop.package.language.naming import package_name, package_namespace


class Identity:
    """Mixin: class properties that recipes and the core read on classes and instances alike."""

    _computed_name: str

    @classproperty
    def name(cls: type[Identity]) -> str:
        """Package name without namespace."""
        known: str | None = cls.__dict__.get("_computed_name")
        if known is None:
            known = package_name(cls.__module__, cls.__name__)
            cls._computed_name = known
        return known

    @classproperty
    def namespace(cls) -> str:
        """Namespace of the repository, empty outside any."""
        return package_namespace(cls.__module__)

    @classproperty
    def fullname(cls) -> str:
        """``namespace.name``."""
        namespace = package_namespace(cls.__module__)
        return f"{namespace}.{cls.name}" if namespace else str(cls.name)

    @classproperty
    def fullnames(cls: type[Identity]) -> list[str]:
        """Full names of this class and of the recipe classes it derives from."""
        return [
            base.fullname for base in cls.__mro__ if issubclass(base, Identity) and package_namespace(base.__module__)
        ]

    @classproperty
    def module(cls) -> ModuleType:
        """The module the class is defined in, with the globals that a build put there."""
        return sys.modules[cls.__module__]

    @classproperty
    def package_dir(cls) -> str:
        """Directory of the recipe; empty for a class that is in no file."""
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        return os.path.dirname(os.path.abspath(file)) if file else ""  # noqa: PTH100, PTH120 - recipes read a text
