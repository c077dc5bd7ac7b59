from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPathspec(PythonPackage):
    """Matches file paths against patterns such as those of ``.gitignore``."""

    homepage = "https://python-path-specification.readthedocs.io/"
    pypi = "pathspec/pathspec-1.1.1.tar.gz"
    tags = ["build-tools"]

    license("MPL-2.0")

    version("1.1.1", sha256="17db5ecd524104a120e173814c90367a96a98d07c45b2e10c2f3919fff91bf5a")
    version("0.12.1", sha256="a482d51503a1ab33b1c67a6c3813a26953dbdc71c31dacaef9a838c4e29f5712")

    depends_on("python@3.9:", type=("build", "run"), when="@1:")
    depends_on("python@3.8:", type=("build", "run"), when="@:0.12")
    depends_on("py-flit-core@3.2:4", type="build", when="@1.1.1:")
    depends_on("py-flit-core@3.2:3", type="build", when="@:1.1.0")
