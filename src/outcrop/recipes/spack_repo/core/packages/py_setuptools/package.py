from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PySetuptools(PythonPackage):
    """Builds Python packages; the back end of most projects, with C and C++ extensions."""

    homepage = "https://setuptools.pypa.io/"
    pypi = "setuptools/setuptools-84.2.1.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("84.2.1", sha256="3ff8b3b5492a0aa66960f4419365a86b84e013070d4313e4d4a6894f5d64d6bc")
    version("82.0.1", sha256="7d872682c5d01cfde07da7bccc7b65469d3dca203318515ada1de5eda35efbf9")
    version("80.9.0", sha256="f36b47402ecde768dbfafc46e8e4207b4360c654f1f3bb84475f0a28628fb19c")
    version("75.3.4", sha256="b4ea3f76e1633c4d2d422a5d68ab35fd35402ad71e6acaa5d7e5956eb47e8887")

    # It builds itself from its own source tree: no back end, and no other setuptools, is needed.
    depends_on("python@3.10:", type=("build", "run"), when="@83:")
    depends_on("python@3.9:", type=("build", "run"), when="@75.4:82")
    depends_on("python@3.8:", type=("build", "run"), when="@:75.3")
