"""``PackageBase`` and ``Package``: what every recipe derives from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

# Any: recipes override most of this with plain values or properties of their own, and the stage belongs to another
# room.
from typing import TYPE_CHECKING, Any

from outcrop.base.paths import Paths
from outcrop.package.classes.addresses import Addresses
from outcrop.package.classes.classproperty import classproperty
from outcrop.package.classes.dictionaries import DirectiveDictionaries, records_of
from outcrop.package.classes.flags import FlagHandling
from outcrop.package.classes.identity import Identity
from outcrop.package.classes.tests import Tester
from outcrop.package.classes.viewhooks import ViewHooks
from outcrop.package.errors import InstallError
from outcrop.package.filesystem.prefix import Prefix
from outcrop.package.language.directives import build_system
from outcrop.package.language.meta import RecipeMeta
from outcrop.package.language.records import DirectiveRecord
from outcrop.package.language.variants import Variant
from outcrop.package.programs.executable import Executable
from outcrop.package.programs.targets import BuildTargets
from outcrop.package.specs.compilers import CompilerAdaptor
from outcrop.package.specs.spec_api import Spec

if TYPE_CHECKING:
    from outcrop.package.specs.facade import NodeSpec

METADATA_DIRECTORY = ".spack"
"""Below a prefix: what recipes put there themselves (tests they keep)."""

LICENSES_VARIABLE = "OUTCROP_LICENSES"
"""Set by a worker for its own process: where the user keeps licence files, as a build has another home directory."""

DETECTABLE = "detectable"
"""Tag of packages that can be found outside the store."""


class PackageMeta(RecipeMeta):
    """Metaclass of packages: as builders', and what recipes also assign, maintainers and tags, is complete at once."""

    maintainers: Any
    tags: Any

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], /, **keywords: Any) -> None:
        super().__init__(name, bases, body, **keywords)
        said = [name for call in cls.directive_calls if call.directive.name == "maintainers" for name in call.arguments]
        if said:
            cls.maintainers = sorted({*said, *getattr(cls, "maintainers", ())})
        if _has_list(cls, "executables") or _has_list(cls, "libraries"):
            tags = list(cls.tags or ())
            if DETECTABLE not in tags:
                cls.tags = [*tags, DETECTABLE]


def _has_list(cls: type, attribute: str) -> bool:
    """A class attribute that holds names, or will: class properties are not asked while their class is made."""
    found = next((vars(owner)[attribute] for owner in cls.__mro__ if attribute in vars(owner)), None)
    return bool(found) if isinstance(found, list | tuple) else isinstance(found, classproperty)


class ClassQuestions(DirectiveDictionaries):
    """Mixin: what the core and build systems ask a package class about its directives."""

    @classmethod
    def records(cls) -> list[DirectiveRecord]:
        """What the directives said: base classes first, own last in source order. The list is shared; do not change it.

        Raises:
            DirectiveError: a directive makes no sense.
        """
        return records_of(cls)

    @classmethod
    def variant_definitions(cls, name: str) -> list[tuple[Spec, Variant]]:
        """Definitions of a variant with their conditions, in source order; where several hold, the last one counts."""
        return [(when, named[name]) for when, named in cls.variants.items() if name in named]

    @classmethod
    def has_variant(cls, name: str) -> bool:
        """Is there a definition, under whatever condition?"""
        return bool(cls.variant_definitions(name))

    @classmethod
    def variant_names(cls) -> list[str]:
        """Sorted names of all variants."""
        return sorted({name for named in cls.variants.values() for name in named})

    @classmethod
    def dependency_names(cls) -> list[str]:
        """Sorted names of all dependencies, virtual ones too."""
        return sorted({name for named in cls.dependencies.values() for name in named})

    @classmethod
    def dependencies_by_name(cls, when: bool = False) -> dict[str, Any]:
        """Name -> dependencies, or with ``when`` name -> condition -> dependencies."""
        result: dict[str, Any] = {}
        for condition, named in cls.dependencies.items():
            for name, dependency in named.items():
                if when:
                    result.setdefault(name, {}).setdefault(condition, []).append(dependency)
                else:
                    result.setdefault(name, []).append(dependency)
        return result

    @classmethod
    def provided_virtual_names(cls) -> list[str]:
        """Sorted names of the virtual packages that this one may provide."""
        return sorted({virtual.name for virtuals in cls.provided.values() for virtual in virtuals})


class PackageBase(  # the attributes below are for recipes to set
    Identity, ClassQuestions, Addresses, FlagHandling, BuildTargets, ViewHooks, metaclass=PackageMeta
):
    """A recipe, and for one concrete node the object that builds it. One per node; ``spec`` is the node's facade."""

    homepage: Any = None
    git: Any
    svn: Any
    hg: Any
    cvs: Any
    list_url: Any = None
    list_depth: Any = 0
    maintainers: Any = []
    tags: Any = []
    has_code: Any = True
    virtual: Any = False
    extendable: Any = False
    parallel: Any = True
    manual_download: Any = False
    test_requires_compiler: Any = False
    transitive_rpaths: Any = True
    sanity_check_is_file: Any = []
    sanity_check_is_dir: Any = []
    unresolved_libraries: Any = []
    non_bindable_shared_objects: Any = []
    fetch_options: Any = {}
    license_required: Any = False
    license_comment: Any = "#"
    license_files: Any = []
    license_vars: Any = []
    license_url: Any = ""
    default_buildsystem: Any
    build_system_class: Any = "PackageBase"

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self.run_tests: Any = False
        self.test_suite: Any = None
        self._stage: Any = None
        self._tester: Tester | None = None
        self._fetcher: Any = None

    # -- the node
    # ----------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> PackageBase:
        return self.spec[name].package

    @property
    def prefix(self) -> Prefix:
        """Install prefix."""
        return self.spec.prefix

    @property
    def home(self) -> Any:
        """Where the software lives; the prefix unless a recipe says otherwise."""
        return self.prefix

    @property
    def command(self) -> Executable:
        """The program named like the package.

        Raises:
            RuntimeError: there is none.
        """
        path = os.path.join(self.home, "bin", self.spec.name)
        if Path(path).is_file() and os.access(path, os.X_OK):
            return Executable(path)
        raise RuntimeError(f"{self.spec.name} has no program {path}")

    @property
    def version(self) -> Any:
        """The exact version.

        Raises:
            SpackError: the spec is not concrete.
        """
        return self.spec.version

    @property
    def compiler(self) -> CompilerAdaptor:
        """The compilers this package depends on, in their old shape."""
        return CompilerAdaptor(self.spec)

    @property
    def keep_werror(self) -> Any:
        """``all``, ``specific``, ``none``, or ``None`` for the configuration's choice: nvhpc warns about everything."""
        return "all" if self.spec.satisfies("%nvhpc@:23.3") else None

    def get_variant(self, name: str) -> Variant:
        """The definition of a variant that holds for this spec: the last one whose condition does.

        Raises:
            ValueError: there is no such variant.
        """
        definitions = self.variant_definitions(name)
        if not definitions:
            raise ValueError(f"{self.name} has no variant {name!r}")
        for when, definition in reversed(definitions):
            if self.spec.satisfies(when):
                return definition
        return definitions[-1][1]

    # -- extensions and virtuals
    # -------------------------------------------------------------------------------

    @property
    def extendee_spec(self) -> Any:
        """The dependency that this package extends, or ``None``."""
        for name, (_, when) in self.extendees.items():
            if self.spec.satisfies(when):
                found = self.spec.dependencies(name)
                if found:
                    return found[0]
        return None

    @property
    def is_extension(self) -> bool:
        """Extends some package under this spec."""
        return self.extendee_spec is not None

    def extends(self, spec: Any) -> bool:
        """Extends the package that ``spec`` names, under this spec."""
        name = spec if isinstance(spec, str) else spec.name
        _, when = self.extendees.get(name, (None, None))
        return when is not None and self.spec.satisfies(when)

    @property
    def virtuals_provided(self) -> list[Spec]:
        """Virtual specs provided under this spec."""
        return [
            virtual for when, virtuals in self.provided.items() if self.spec.satisfies(when) for virtual in virtuals
        ]

    def provides(self, name: str) -> bool:
        """Provides the virtual package ``name`` under this spec."""
        return any(virtual.name == name for virtual in self.virtuals_provided)

    # -- finding things at build time
    # --------------------------------------------------------------------------

    @property
    def cmake_prefix_paths(self) -> Any:
        """What CMake should search for this package."""
        return [self.prefix]

    @property
    def rpath(self) -> list[str]:
        """Own library directories, then those that exist of the link dependencies."""
        nodes = (
            list(self.spec.traverse(root=False, deptype="link"))
            if self.transitive_rpaths
            else self.spec.dependencies(deptype="link")
        )
        own = [self.prefix.lib, self.prefix.lib64]
        others = [path for node in nodes for path in (node.prefix.lib, node.prefix.lib64) if Path(path).is_dir()]
        return [str(path) for path in (*own, *others)]

    @property
    def rpath_args(self) -> str:
        """:attr:`rpath` as compiler arguments."""
        return " ".join(f"-Wl,-rpath,{path}" for path in self.rpath)

    # -- building
    # ----------------------------------------------------------------------------------------------

    @property
    def stage(self) -> Any:
        """Where this package is unpacked and built.

        Raises:
            InstallError: nobody has made a stage for it in this process.
        """
        if self._stage is None:
            raise InstallError(f"{self.spec.name} is not being built here, so it has no stage", pkg=self)
        return self._stage

    @stage.setter
    def stage(self, value: Any) -> None:
        self._stage = value

    @property
    def fetcher(self) -> Any:
        """How the sources are fetched; set by the worker or by a recipe."""
        return self._fetcher

    @fetcher.setter
    def fetcher(self, value: Any) -> None:
        self._fetcher = value

    def do_fetch(self, mirror_only: bool = False) -> None:
        """Fetch the sources into the stage."""
        self.stage.create()
        self.stage.fetch()

    def do_stage(self, mirror_only: bool = False) -> None:
        """Fetch and unpack the sources."""
        self.stage.create()
        if self.has_code:
            self.do_fetch(mirror_only)
            self.stage.expand_archive()

    def do_patch(self) -> None:
        """Unpack the sources and apply the patches."""
        self.do_stage()
        self.stage.apply_patches()

    @property
    def tester(self) -> Tester:
        """Runs and remembers the tests of this package."""
        if self._tester is None:
            self._tester = Tester(self)
        return self._tester

    def setup_run_environment(self, env: Any) -> None:
        """What users of this package need in their environment; recipes override it."""

    def setup_dependent_run_environment(self, env: Any, dependent_spec: Any) -> None:
        """What a direct dependent needs in its users' environment; recipes override it."""

    def setup_dependent_package(self, module: Any, dependent_spec: Any) -> None:
        """Globals for the module of a direct dependent, attributes for its spec; recipes override it."""

    @property
    def download_instr(self) -> str:
        """What to do where sources cannot be fetched."""
        if self.manual_download:
            return f"{self.name} must be downloaded by hand" + (f" from {self.homepage}" if self.homepage else "")
        return f"there is no way known to download {self.name}"

    # -- places
    # ------------------------------------------------------------------------------------------------

    @property
    def metadata_dir(self) -> str:
        """Below the prefix: what recipes keep about an install."""
        return os.path.join(self.prefix, METADATA_DIRECTORY)

    @property
    def log_path(self) -> str:
        """Log of the build that is running."""
        return os.path.join(self.stage.path, "spack-build-out.txt")

    @property
    def configure_args_path(self) -> str:
        """Where build systems note their configure arguments."""
        return os.path.join(self.stage.path, "spack-configure-args.txt")

    @property
    def install_log_path(self) -> str:
        """Log of a finished build."""
        return os.path.join(self.metadata_dir, "spack-build-out.txt")

    @property
    def times_log_path(self) -> str:
        """Times of a finished build."""
        return os.path.join(self.metadata_dir, "install_times.json")

    @property
    def global_license_dir(self) -> str:
        """Where users put the licence files of commercial software."""
        root = os.environ.get(LICENSES_VARIABLE)
        return str((Path(root) if root else Paths.from_environment(os.environ).config / "licenses") / self.name)

    @property
    def global_license_file(self) -> str | None:
        """The licence file in :attr:`global_license_dir`."""
        files = [self.license_files] if isinstance(self.license_files, str) else list(self.license_files or ())
        return os.path.join(self.global_license_dir, Path(files[0]).name) if files else None

    def __repr__(self) -> str:
        return f"<package {self.fullname}>"


class Package(PackageBase):
    """A package that says itself how it is installed: its phase is ``install``."""

    build_system_class = "Package"
    default_buildsystem = "generic"

    build_system("generic")


def standalone_tests(package_class: type[PackageBase]) -> Iterator[tuple[str, Callable[..., object]]]:
    """Stand-alone tests of a package class: every method whose name begins with ``test_``, by name."""
    for name in sorted(dir(package_class)):
        if name.startswith("test_"):
            method = getattr(package_class, name)
            if callable(method):
                yield name, method
