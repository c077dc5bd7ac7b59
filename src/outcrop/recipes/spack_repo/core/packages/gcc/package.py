import os
import re
from pathlib import Path

from spack.package import *


class Gcc(Package):
    """The GNU compilers for C, C++ and Fortran. Always ones that are there already."""

    homepage = "https://gcc.gnu.org/"
    tags = ["compiler"]
    executables = [r"^(gcc|g\+\+|gfortran)(-\d+(\.\d+)*)?$"]

    license("GPL-3.0-or-later WITH GCC-exception-3.1")

    variant(
        "languages",
        default="c,c++",
        values=("c", "c++", "fortran"),
        multi=True,
        description="The languages that there is a compiler for",
    )

    provides("c", when="languages=c")
    provides("cxx", when="languages=c++")
    provides("fortran", when="languages=fortran")

    # What recipes of other repositories ask a compiler for.
    rpath_arg = "-Wl,-rpath,"
    linker_arg = "-Wl,"
    pic_flag = "-fPIC"
    openmp_flag = "-fopenmp"
    verbose_flags = "-v"
    debug_flags = ["-g", "-gstabs+", "-gstabs", "-gxcoff+", "-gxcoff", "-gvms"]
    opt_flags = ["-O", "-O0", "-O1", "-O2", "-O3", "-Os", "-Ofast", "-Og"]
    stdcxx_libs = ("-lstdc++",)

    @classmethod
    def determine_version(cls, exe):
        # Where the first option is known, the second is without effect.
        output = Executable(exe)("-dumpfullversion", "-dumpversion", output=str, error=os.devnull, fail_on_error=False)
        match = re.fullmatch(r"\d+(\.\d+)*", output.strip())
        return match.group() if match else None

    @classmethod
    def determine_variants(cls, exes, version_str):
        compilers = {}
        for path in sorted(exes, key=lambda path: (len(path), path)):
            language = _language(Path(path).name)
            compilers.setdefault(language, path)
        languages = [{"cxx": "c++"}.get(language, language) for language in sorted(compilers)]
        return f"languages:={','.join(languages)}", {"compilers": compilers}

    @property
    def cc(self):
        return self._compiler("c")

    @property
    def cxx(self):
        return self._compiler("cxx")

    @property
    def fortran(self):
        return self._compiler("fortran")

    def _compiler(self, language):
        """Path of the compiler for a language, ``None`` without one."""
        return self.spec.extra_attributes.get("compilers", {}).get(language)

    def archspec_name(self):
        return self.name

    def standard_flag(self, *, language, standard):
        """The flag for a language standard: language ``cxx``, standard ``17``."""
        prefixes = {"c": "c", "cxx": "c++", "fortran": "f"}
        return f"-std={prefixes[language]}{standard}"

    def setup_dependent_build_environment(self, env, dependent_spec):
        for language, path in self._asked_for(dependent_spec):
            for name in {"c": ["CC"], "cxx": ["CXX"], "fortran": ["FC", "F77"]}[language]:
                env.set(name, path)

    def setup_dependent_package(self, module, dependent_spec):
        # There is no wrapper: the names that recipes know it by stand for the compilers themselves.
        names = {"c": ["spack_cc"], "cxx": ["spack_cxx"], "fortran": ["spack_fc", "spack_f77"]}
        for language, path in self._asked_for(dependent_spec):
            for name in names[language]:
                setattr(module, name, path)

    def _asked_for(self, dependent_spec):
        """The languages that a dependent takes from this compiler, with the paths."""
        for language in ("c", "cxx", "fortran"):
            path = self._compiler(language)
            if path and dependent_spec.dependencies(self.name, virtuals=[language]):
                yield language, path


def _language(program):
    """The language of a program by its name."""
    if program.startswith("g++"):
        return "cxx"
    return "fortran" if program.startswith("gfortran") else "c"
