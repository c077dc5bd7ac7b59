from functools import cached_property
from pathlib import Path

from spack.package import *

from outcrop.package import wheels


class PythonVenv(Package):
    """A virtual environment of the base Python, without pip: the interpreter that builds and runs Python packages.

    How packages are laid out is asked here and nowhere else.
    """

    has_code = False

    version("1.0")

    variant(
        "system_site_packages",
        default=False,
        description="Let packages see the base Python's own site-packages; gives up the isolation of builds",
    )

    depends_on("python", type=("build", "run"))

    def install(self, spec, prefix):
        wheels.create_venv(
            spec["python"].package.interpreter,
            Path(prefix),
            system_site_packages=spec.variants["system_site_packages"].value,
        )

    @property
    def command(self):
        return Executable(self.prefix.bin.python3)

    @cached_property
    def venv_facts(self):
        """Where the parts of a package go, relative to its prefix."""
        return wheels.describe_venv(
            self.spec["python"].package.interpreter,
            system_site_packages=self.spec.variants["system_site_packages"].value,
        )

    def setup_dependent_package(self, module, dependent_spec):
        facts = self.venv_facts
        module.python = self.command
        module.python_purelib = join_path(dependent_spec.prefix, facts.purelib)
        module.python_platlib = join_path(dependent_spec.prefix, facts.platlib)
        module.python_include = join_path(dependent_spec.prefix, facts.include)
