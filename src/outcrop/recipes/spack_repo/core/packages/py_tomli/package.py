from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyTomli(PythonPackage):
    """Reads TOML; what the standard library has as tomllib since Python 3.11."""

    homepage = "https://github.com/hukkin/tomli"
    pypi = "tomli/tomli-2.5.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("2.5.0", sha256="264507556cd8b8c8e7c6ee037cdf443a463f03f4c958e57195e3d369711b8ff6")
    version("2.4.1", sha256="7c7e1a961a0b2f2472c1ac5b69affa0ae1132c39adcb67aba98568702b9cc23f")
    version("2.0.2", sha256="d46d457a85337051c36524bc5349dd91b1877838e2979ac5ced3e710ed8a60ed")

    depends_on("python@3.8:", type=("build", "run"))
    depends_on("py-flit-core@3.12:4", type="build", when="@2.5:")
    depends_on("py-flit-core@3.12:3", type="build", when="@2.4")
    depends_on("py-flit-core@3.2:3", type="build", when="@:2.3")
