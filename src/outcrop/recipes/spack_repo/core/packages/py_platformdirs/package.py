from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPlatformdirs(PythonPackage):
    """Finds the directories for a user's data, cache, configuration and logs."""

    homepage = "https://platformdirs.readthedocs.io/"
    pypi = "platformdirs/platformdirs-4.10.1.tar.gz"

    license("MIT")

    version("4.10.1", sha256="ceab4084426fe6319ce18e86deada8ab1b7487c7aee7040c55e277c9ae793695")
    version("4.4.0", sha256="ca753cf4d81dc309bc67b0ea38fd15dc97bc30ce419a7f58d13eb3bf14c4febf")
    version("4.3.6", sha256="357fb2acbc885b0419afd3ce3ed34564c13c9b95c89360cd9563f73aa5e2b907")

    depends_on("python@3.10:", type=("build", "run"), when="@4.5:")
    depends_on("python@3.9:", type=("build", "run"), when="@4.3.7:4.4")
    depends_on("python@3.8:", type=("build", "run"), when="@:4.3.6")
    depends_on("py-hatchling@1.29:", type="build", when="@4.9.6:")
    depends_on("py-hatchling@1.27:", type="build", when="@4.4:4.9.5")
    depends_on("py-hatchling@1.25:", type="build", when="@:4.3")
    depends_on("py-hatch-vcs@0.5:", type="build", when="@4.9.6:")
    depends_on("py-hatch-vcs@0.4:", type="build", when="@:4.9.5")
