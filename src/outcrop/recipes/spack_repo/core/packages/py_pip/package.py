from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPip(PythonPackage):
    """Installs Python packages from indexes, source trees and archives."""

    homepage = "https://pip.pypa.io/"
    pypi = "pip/pip-26.3.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("26.3", sha256="6c36ae7da8695be67e3cd9f7d87919667ced53f57ce2ede75d89b5912ed2bc4c")
    version("25.3", sha256="8d0538dbbd7babbd207f261ed969c65de439f6bc9e5dbd3b3b9a77f25d95f343")
    version("25.0.1", sha256="88f96547ea48b940a3a385494e181e29fb8637898f88d88737c5049780f196ea")

    depends_on("python@3.10:", type=("build", "run"), when="@26.1:")
    depends_on("python@3.9:", type=("build", "run"), when="@25.1:26.0")
    depends_on("python@3.8:", type=("build", "run"), when="@:25.0")
    depends_on("py-flit-core@3.11:4", type="build", when="@26.3:")
    depends_on("py-flit-core@3.11:3", type="build", when="@25.3:26.2")
    depends_on("py-setuptools@67.6.1:", type="build", when="@:25.0")

    @property
    def extra_scripts(self):
        # The name with the version is not in the wheel; ensurepip makes it, too.
        return {f"pip{self.spec['python'].version.up_to(2)}": "pip._internal.cli.main:main"}
