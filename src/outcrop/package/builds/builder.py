"""Builders: the phases of a build system, and how one is chosen for a package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

# Any: builders of build systems take whatever their phases take.
from typing import TYPE_CHECKING, Any, TypeVar

from outcrop.package.builds.checks import apply_macos_rpath_fixups, check_prefix
from outcrop.package.classes.tests import execute_install_time_tests
from outcrop.package.errors import InstallError
from outcrop.package.language.body import PhaseCallback
from outcrop.package.language.callbacks import run_after
from outcrop.package.language.meta import RecipeMeta
from outcrop.package.language.naming import is_package_module

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase
    from outcrop.package.filesystem.prefix import Prefix
    from outcrop.package.specs.facade import NodeSpec

B = TypeVar("B", bound="type[BaseBuilder]")


class BaseBuilder(metaclass=RecipeMeta):
    """What all builders share; also a base for mixins that only change the build environment."""

    def __init__(self, pkg: PackageBase) -> None:
        self.pkg = pkg

    @property
    def spec(self) -> NodeSpec:
        """The package's node."""
        return self.pkg.spec

    @property
    def stage(self) -> Any:
        """The package's stage."""
        return self.pkg.stage

    @property
    def prefix(self) -> Prefix:
        """The package's install prefix."""
        return self.pkg.prefix

    def setup_build_environment(self, env: Any) -> None:
        """Environment of this package's build; cooperative, so that mixins may stand on either side."""
        following = getattr(super(), "setup_build_environment", None)
        if following is not None:
            following(env)

    def setup_dependent_build_environment(self, env: Any, dependent_spec: Any) -> None:
        """Environment of a dependent's build; cooperative."""
        following = getattr(super(), "setup_dependent_build_environment", None)
        if following is not None:
            following(env, dependent_spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.pkg.name}>"

    __str__ = __repr__


class Builder(BaseBuilder):
    """A sequence of phases. ``package_*`` name what a package class without a builder of its own may define itself."""

    phases: Any = ()
    build_system: Any = None
    package_methods: Any = ()
    package_long_methods: Any = ()
    package_attributes: Any = ()
    # The names of these before API v2.2, still found in older repositories.
    legacy_methods: Any = ()
    legacy_long_methods: Any = ()
    legacy_attributes: Any = ()
    build_time_test_callbacks: Any = []
    install_time_test_callbacks: Any = []

    archive_files: Any = []

    def __init__(self, pkg: PackageBase) -> None:
        super().__init__(pkg)
        self._callbacks = [
            callback
            for callback in self.chosen_callbacks()
            if callback.when is not None and pkg.spec.satisfies(callback.when)
        ]

    def chosen_callbacks(self) -> Sequence[PhaseCallback]:
        """Callbacks of the class whose conditions are still to be tested."""
        return type(self).phase_callbacks

    def callback_subject(self, callback: PhaseCallback) -> Any:
        """What a callback is called with."""
        return self

    def callbacks(self, moment: str, phase: str) -> Iterator[Callable[[], object]]:
        """The callbacks that run ``before`` or ``after`` a phase, ready to be called."""
        for callback in self._callbacks:
            if callback.moment == moment and callback.phase == phase:
                yield _bind(callback.function, self.callback_subject(callback))

    def __len__(self) -> int:
        return len(self.phases)

    def __getitem__(self, index: int) -> Phase:
        return Phase(self, self.phases[index])

    def __iter__(self) -> Iterator[Phase]:
        return (Phase(self, name) for name in self.phases)


def _bind(function: Callable[[Any], object], subject: Any) -> Callable[[], object]:
    return lambda: function(subject)


class Phase:
    """One phase of one build."""

    def __init__(self, builder: Builder, name: str) -> None:
        self.builder = builder
        self.name = name

    def execute(self) -> None:
        """The callbacks before it, the phase, the callbacks after it.

        Raises:
            InstallError: the builder has no such phase.
        """
        builder = self.builder
        for callback in builder.callbacks("before", self.name):
            callback()
        phase = getattr(builder, self.name, None)
        if phase is None:
            raise InstallError(
                f"{builder.pkg.name} has the phase {self.name!r} but no method of that name", pkg=builder.pkg
            )
        phase(builder.pkg, builder.spec, builder.prefix)
        for callback in builder.callbacks("after", self.name):
            callback()

    def __repr__(self) -> str:
        return f"<phase {self.name} of {self.builder.pkg.name}>"


Sequence.register(Builder)


class BuilderWithDefaults(Builder):
    """A builder that checks the prefix after ``install``."""

    run_after("install")(check_prefix)


class _Registry:
    """Build system value -> default builder classes, in order of registration.

    Every repository brings its own build systems and both are imported into one process, so one value has several
    classes.
    """

    def __init__(self) -> None:
        self._known: dict[str, list[type[Builder]]] = {}

    def add(self, value: str, builder: type[Builder]) -> None:
        self._known.setdefault(value, []).append(builder)

    def find(self, value: str, package_class: type) -> type[Builder] | None:
        """The class in a module the package derives from; else one of its repository; else the last registered."""
        known = self._known.get(value, [])
        modules = [base.__module__ for base in package_class.__mro__]
        for module in modules:
            for builder in reversed(known):
                if builder.__module__ == module:
                    return builder
        roots = [_repository(module) for module in modules if module.startswith("spack_repo.")]
        for root in roots:
            for builder in reversed(known):
                if _repository(builder.__module__) == root:
                    return builder
        return known[-1] if known else None


def _repository(module: str) -> str:
    for middle in (".packages.", ".build_systems."):
        if middle in module:
            return module.partition(middle)[0]
    return module


# Filled while recipe modules are imported; like the classes themselves it lives as long as the process.
_REGISTRY = _Registry()


def register_builder(build_system_name: str) -> Callable[[B], B]:
    """Class decorator: the class is the default builder of packages with ``build_system=<name>``."""

    def decorate(builder: B) -> B:
        builder.build_system = build_system_name  # type: ignore[attr-defined]  # a Builder, as the decorator's users are
        _REGISTRY.add(build_system_name, builder)  # type: ignore[arg-type]  # likewise
        return builder

    return decorate


@register_builder("generic")
class GenericBuilder(BuilderWithDefaults):
    """One phase, ``install``, which the recipe must define."""

    phases = ("install",)
    package_methods: Any = ()
    package_attributes = ("archive_files", "install_time_test_callbacks")
    install_time_test_callbacks: Any = []

    run_after("install", when="platform=darwin")(apply_macos_rpath_fixups)
    run_after("install")(execute_install_time_tests)

    def install(self, pkg: PackageBase, spec: Any, prefix: Any) -> None:
        """Must be defined by the recipe."""
        raise NotImplementedError(f"the recipe of {pkg.name} does not say how it is installed: it has no install()")


def build_system_name(pkg: PackageBase) -> str | None:
    """The build system of a package under its spec; ``None`` if neither spec nor class says."""
    if "build_system" in pkg.spec.variants:
        return str(pkg.spec.variants["build_system"].value)
    for attribute in ("default_buildsystem", "legacy_buildsystem"):
        value = getattr(pkg, attribute, None)
        if value:
            return str(value)
    return None


def builder_class(pkg: PackageBase) -> tuple[type[BaseBuilder], bool]:
    """The class that builds ``pkg``, and whether the package's own methods must be looked at first (an adapter is
    needed).
    """
    value = build_system_name(pkg)
    default = _REGISTRY.find(value, type(pkg)) if value else None
    if default is None:
        if value:
            raise InstallError(f"{pkg.name} wants the build system {value!r}, which no repository defines", pkg=pkg)
        return Builder, True
    own = getattr(pkg.module, default.__name__, None)
    if isinstance(own, type) and issubclass(own, BaseBuilder) and is_package_module(own.__module__):
        return own, False
    attached = getattr(type(pkg), default.__name__, None)
    return (attached if isinstance(attached, type) and issubclass(attached, Builder) else default), True
