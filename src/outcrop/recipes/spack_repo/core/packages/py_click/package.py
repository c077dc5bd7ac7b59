from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyClick(PythonPackage):
    """Composes command-line interfaces from functions."""

    homepage = "https://click.palletsprojects.com/"
    pypi = "click/click-8.5.1.tar.gz"

    license("BSD-3-Clause")

    version("8.5.1", sha256="9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4")
    version("8.2.1", sha256="27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202")
    version("8.1.8", sha256="ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a")

    depends_on("python@3.10:", type=("build", "run"), when="@8.2:")
    # 8.1 allows Python 3.7 too, with a back port that is not packaged here.
    depends_on("python@3.8:", type=("build", "run"), when="@:8.1")
    depends_on("py-flit-core@3.11:3", type="build", when="@8.5:")
    depends_on("py-flit-core@:3", type="build", when="@:8.4")
