from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyFlitCore(PythonPackage):
    """The back end of Flit, a small builder for pure Python packages."""

    homepage = "https://flit.pypa.io/"
    pypi = "flit-core/flit_core-4.2.0.tar.gz"
    tags = ["build-tools"]

    license("BSD-3-Clause")

    version("4.2.0", sha256="84e4e4d8fdd45ba2613800a3ebc6834de26d47ec9746efc3719f94181137b460")
    version("3.12.0", sha256="18f63100d6f94385c6ed57a72073443e1a71a4acb4339491615d0f16d6ff01b2")

    # It builds itself from its own source tree.
    depends_on("python@3.8:", type=("build", "run"), when="@4:")
    depends_on("python@3.6:", type=("build", "run"), when="@:3")
