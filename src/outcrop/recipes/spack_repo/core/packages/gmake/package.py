import os
import re

from spack.package import *


class Gmake(Package):
    """GNU make. Always one that is there already."""

    homepage = "https://www.gnu.org/software/make/"
    tags = ["build-tools"]
    executables = [r"^g?make$"]

    license("GPL-3.0-or-later")

    @classmethod
    def determine_version(cls, exe):
        output = Executable(exe)("--version", output=str, error=os.devnull, fail_on_error=False)
        match = re.match(r"GNU Make (\d\S*)", output)
        return match.group(1) if match else None

    @property
    def command(self):
        names = [self.prefix.bin.gmake, self.prefix.bin.make]
        return Executable(next(filter(is_exe, names), names[-1]))

    def setup_dependent_package(self, module, dependent_spec):
        jobs = determine_number_of_jobs(parallel=dependent_spec.package.parallel)
        module.make = MakeExecutable(self.command.path, jobs=jobs)
