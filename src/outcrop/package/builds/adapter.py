"""Builders for package classes that have none of their own.

Such a class defines phases (``install(self, spec, prefix)``), methods (``cmake_args``) and attributes of the build
system itself. An adapter builder looks for each on the package first and falls back to the build system's builder. The
package's methods see as ``self`` a *wrapped* package: an instance of the package class with the builder's phases,
methods and attributes behind it, so that ``super().install(spec, prefix)``, ``self.define(...)`` and
``self.build_directory`` reach the builder.
"""

from __future__ import annotations

from collections.abc import Callable

# Any: what is forwarded has the signatures that recipes and build systems give it.
from typing import TYPE_CHECKING, Any

from outcrop.package.builds.builder import BaseBuilder, Builder, builder_class
from outcrop.package.language.body import PhaseCallback
from outcrop.package.language.callbacks import collect_callbacks
from outcrop.package.language.meta import RecipeMeta

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase

_LIVE = ("run_tests", "test_requires_compiler", "test_suite", "tester")
"""Attributes of the package that the wrapped one never copies."""
_HOOKS = ("setup_build_environment", "setup_dependent_build_environment")


def create_builder(pkg: PackageBase) -> Builder:
    """The builder of a package object; always the same one for the same object."""
    known: Builder | None = pkg.__dict__.get("_builder")
    if known is None:
        chosen, adapt = builder_class(pkg)
        builder: Any = _adapter(chosen, type(pkg))(pkg) if adapt else chosen(pkg)
        pkg.__dict__["_builder"] = builder
        return builder  # type: ignore[no-any-return]  # a Builder, or a recipe's BaseBuilder that is used as one
    return known


def _tuple(builder: type[BaseBuilder], *attributes: str) -> tuple[str, ...]:
    return tuple(name for attribute in attributes for name in getattr(builder, attribute, ()))


def _adapter(base: type[BaseBuilder], package_class: type[PackageBase]) -> type[Builder]:
    """The adapter class for packages of ``package_class``."""
    own_phases = getattr(package_class, "phases", None)
    phases = own_phases if isinstance(own_phases, tuple | list) else _tuple(base, "phases")
    methods = _tuple(base, "package_methods", "legacy_methods")
    long_methods = _tuple(base, "package_long_methods", "legacy_long_methods")
    attributes = _tuple(base, "package_attributes", "legacy_attributes")
    body: dict[str, Any] = {"phases": tuple(phases), "__module__": base.__module__, "__doc__": base.__doc__}
    for name in phases:
        body[name] = _forward_phase(name)
    for name in (*methods, *long_methods, *_HOOKS):
        body[name] = _forward_call(name)
    for name in attributes:
        body[name] = property(_forward_read(name))
    wrapper = _wrapper(base, package_class, phases, (*methods, *_HOOKS), long_methods, attributes)

    def __init__(self: Any, pkg: PackageBase) -> None:
        self.wrapped_package = wrapper(pkg, self)
        super(adapter, self).__init__(pkg)

    def chosen_callbacks(self: Any) -> tuple[PhaseCallback, ...]:
        return collect_callbacks(package_class.phase_callbacks, [base])

    own = frozenset(package_class.phase_callbacks)

    def callback_subject(self: Any, callback: PhaseCallback) -> Any:
        return self.wrapped_package if callback in own else self

    body |= {"__init__": __init__, "chosen_callbacks": chosen_callbacks, "callback_subject": callback_subject}
    adapter: type[Builder] = RecipeMeta(f"{base.__name__}For{package_class.__name__}", (base,), body)  # type: ignore[assignment]
    return adapter


def _forward_phase(name: str) -> Callable[..., Any]:
    def phase(self: Any, pkg: Any, spec: Any, prefix: Any) -> Any:
        return getattr(self.wrapped_package, name)(spec, prefix)

    phase.__name__ = name
    return phase


def _forward_call(name: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(self.wrapped_package, name)(*arguments, **keywords)

    method.__name__ = name
    return method


def _forward_read(name: str) -> Callable[[Any], Any]:
    return lambda self: getattr(self.wrapped_package, name)


class _Fallback:
    """Stands behind the package class in the wrapped package's bases: what the package lacks, the builder has."""

    def __getattr__(self, name: str) -> Any:
        builder = self.__dict__.get("_builder")
        if builder is None or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        if name in builder.__dict__:
            return builder.__dict__[name]
        return getattr(super(type(builder), builder), name)


def _wrapper(
    base: type[BaseBuilder],
    package_class: type[PackageBase],
    phases: tuple[str, ...] | list[str],
    methods: tuple[str, ...],
    long_methods: tuple[str, ...],
    attributes: tuple[str, ...],
) -> Callable[[PackageBase, Builder], Any]:
    fallback: dict[str, Any] = {}
    for name in phases:
        if hasattr(base, name):
            fallback[name] = _reach_phase(name)
    for name in (*methods, *long_methods):
        if hasattr(base, name):
            fallback[name] = _reach_call(name)
    for name in attributes:
        if hasattr(base, name):
            fallback[name] = property(_reach_read(name))
    behind = type("BuilderFallback", (_Fallback,), fallback)
    live = {name: property(_read_live(name)) for name in _LIVE}
    body: dict[str, Any] = {"__module__": package_class.__module__, "__doc__": package_class.__doc__, **live}
    # The wrapped class says nothing of its own, so it has its package's records.
    body["_records"] = package_class.records()
    metaclass: Any = type(package_class)
    wrapped_class = metaclass(package_class.__name__, (package_class, behind), body)

    def wrap(pkg: PackageBase, builder: Builder) -> Any:
        wrapped = object.__new__(wrapped_class)
        wrapped.__dict__.update({name: value for name, value in pkg.__dict__.items() if name not in _LIVE})
        wrapped.__dict__["_builder"] = builder
        wrapped.__dict__["wrapped_package_object"] = pkg
        return wrapped

    return wrap


def _reach_phase(name: str) -> Callable[..., Any]:
    def phase(self: Any, spec: Any, prefix: Any) -> Any:
        builder = self._builder
        return getattr(super(type(builder), builder), name)(builder.pkg, spec, prefix)

    phase.__name__ = name
    return phase


def _reach_call(name: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        builder = self._builder
        return getattr(super(type(builder), builder), name)(*arguments, **keywords)

    method.__name__ = name
    return method


def _reach_read(name: str) -> Callable[[Any], Any]:
    def read(self: Any) -> Any:
        builder = self._builder
        return getattr(super(type(builder), builder), name)

    return read


def _read_live(name: str) -> Callable[[Any], Any]:
    return lambda self: getattr(self.wrapped_package_object, name)
