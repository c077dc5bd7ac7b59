"""Packages that come as Python source distributions.

The package's own build back end (PEP 517) makes a wheel in the interpreter of the python-venv node, and the wheel is
installed with that node's layout. Nothing but what the recipe declares takes part, and pip is not needed.
"""

from pathlib import Path

from spack.package import *

from outcrop.package import wheels

IMPORT_TEST = """
import importlib, os, sys
name, prefix = sys.argv[1:]
module = importlib.import_module(name)
places = [place for place in [getattr(module, "__file__", None), *getattr(module, "__path__", [])] if place]
if not any(os.path.realpath(place).startswith(os.path.join(os.path.realpath(prefix), "")) for place in places):
    sys.exit(f"{name} was imported from {places}, not from {prefix}")
"""


class PythonPackage(PackageBase):
    """Base of recipes for Python packages.

    ``pypi`` is ``project/file``, where ``file`` is the name of the source distribution of one of the versions; the
    others have the same name with their own version in it. Which package index it comes from is configuration.

    ``extra_scripts`` are console scripts besides those of the wheel, as name to ``module:function``.
    ``import_modules`` lists the modules that the install-time test imports; without it, all at the top are.
    """

    build_system_class = "PythonPackage"
    default_buildsystem = "python_pep517"

    pypi = None

    build_system("python_pep517")
    extends("python")


@register_builder("python_pep517")
class PythonPep517Builder(BuilderWithDefaults):
    """Builds a wheel of the source tree and installs it."""

    phases = ("build_wheel", "install")
    package_methods = ("test_imports",)
    package_long_methods = ("config_settings",)
    package_attributes = (
        "archive_files",
        "build_directory",
        "extra_scripts",
        "import_modules",
        "install_time_test_callbacks",
    )

    install_time_test_callbacks = ["test_imports"]
    archive_files = []
    extra_scripts = {}

    @property
    def build_directory(self):
        """Where ``pyproject.toml`` or ``setup.py`` is."""
        return self.stage.source_path

    @property
    def wheel_directory(self):
        """Where the wheel is put between the phases."""
        return join_path(self.stage.path, "wheels")

    @property
    def module_directories(self):
        """The directories of this prefix that the interpreter looks for modules in."""
        module = self.pkg.module
        return list(dedupe([str(module.python_purelib), str(module.python_platlib)]))

    @property
    def import_modules(self):
        """What was installed at the top: packages and modules, none that begin with ``_``."""
        return sorted({name for directory in self.module_directories for name in _importable(Path(directory))})

    def config_settings(self, spec, prefix):
        """Settings for the build back end: names to texts or lists of texts."""
        return {}

    def build_wheel(self, pkg, spec, prefix):
        """Let the back end make the wheel."""
        wheels.build_wheel(
            Path(self.build_directory),
            Path(self.wheel_directory),
            python=Path(pkg.module.python.path),
            env=env,
            config_settings=self.config_settings(spec, prefix),
            log=1,
        )

    def install(self, pkg, spec, prefix):
        """Install the wheel."""
        venv = spec["python-venv"].package
        for wheel in find(self.wheel_directory, "*.whl", recursive=False):
            wheels.install_wheel(
                Path(wheel),
                Path(prefix),
                python=Path(venv.command.path),
                facts=venv.venv_facts,
                extra_scripts=self.extra_scripts,
            )

    @run_after("install")
    def check_modules(self):
        """A package without a module is an error now, not when somebody imports it. Modules in places where no
        interpreter looks are refused in every prefix, whatever built it."""
        expected = [Path(directory) for directory in self.module_directories]
        if not any(place.is_dir() and any(place.iterdir()) for place in expected):
            raise InstallError(f"{self.pkg.name} installed nothing into {' or '.join(map(str, expected))}")

    def test_imports(self):
        """Import the modules, each in a process of its own, and see that they come from this prefix."""
        changes = EnvironmentModifications()
        for directory in reversed(self.module_directories):
            for variable in ("PYTHONPATH", wheels.ISOLATION_VARIABLE):
                changes.prepend_path(variable, directory)
        with working_dir(join_path(self.stage.path, "import-test"), create=True):
            for name in self.import_modules:
                self.pkg.module.python("-c", IMPORT_TEST, name, str(self.prefix), extra_env=changes)

    run_after("install")(execute_install_time_tests)


def _importable(directory, parent=""):
    """Names of the public modules and packages in a directory, and of those inside a namespace package."""
    for path in sorted(directory.iterdir()) if directory.is_dir() else ():
        stem, dot, rest = path.name.partition(".")
        if not stem.isidentifier() or stem.startswith("_"):
            continue
        if path.is_file():
            if rest.endswith(("py", "so")):
                yield parent + stem
        elif (path / "__init__.py").is_file():
            yield parent + stem
        elif not dot:
            yield from _importable(path, f"{parent}{stem}.")
