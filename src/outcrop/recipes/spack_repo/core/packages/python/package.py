import json
from functools import cached_property

from spack.package import *

from outcrop.package import wheels


class Python(Package):
    """The Python language. Always one that is there already: a base for python-venv, which runs everything.

    Nothing is installed into it, and no path of another prefix is computed from it.
    """

    homepage = "https://www.python.org/"
    executables = [r"^python3(\.\d+)?$"]
    extendable = True

    license("PSF-2.0")

    @classmethod
    def determine_version(cls, exe):
        script = "import json, platform; print(json.dumps(platform.python_version()))"
        output = Executable(exe)("-I", "-S", "-c", script, output=str, error=str, fail_on_error=False)
        try:
            return json.loads(output.strip().splitlines()[0])
        except (IndexError, ValueError):
            return None

    @property
    def executable(self):
        """Path of the program: as it was found, or by its usual name where only the prefix is known."""
        external = self.spec.node.external
        if external is not None and external.executable:
            return external.executable
        return join_path(self.prefix.bin, f"python{self.version.up_to(2)}")

    @cached_property
    def interpreter(self):
        """Facts of this Python, from one run of it."""
        return wheels.probe_interpreter(self.executable)

    @property
    def command(self):
        return Executable(self.executable)

    @property
    def headers(self):
        directory = self.interpreter.include_dir
        found = find_headers("Python", directory)
        if not found:
            raise NoHeadersError(f"{self.executable} has no headers in {directory}")
        found.directories = [directory]
        return found

    @property
    def libs(self):
        return LibraryList([path for path in [self.interpreter.libpython] if path])

    def setup_dependent_package(self, module, dependent_spec):
        # The others are told by their python-venv.
        if not dependent_spec.dependencies("python-venv"):
            module.python = dependent_spec["python"].command
