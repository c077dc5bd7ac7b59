from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyWheel(PythonPackage):
    """Command-line tool that unpacks, repacks, converts and tags wheels."""

    homepage = "https://wheel.readthedocs.io/"
    pypi = "wheel/wheel-0.48.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("0.48.0", sha256="94800765601e9171bf5d58d066e640662842bcedcbab982b2c90787a2c987322")
    version("0.45.1", sha256="661e1abd9198507b1409a20c02106d9670b2576e916d58f520316666abca6729")

    depends_on("python@3.9:", type=("build", "run"), when="@0.46:")
    depends_on("python@3.8:", type=("build", "run"), when="@:0.45")
    depends_on("py-flit-core@3.11:4", type="build", when="@0.48:")
    depends_on("py-flit-core@3.8:3", type="build", when="@:0.47")
    depends_on("py-packaging@24:", type="run", when="@0.46:")
