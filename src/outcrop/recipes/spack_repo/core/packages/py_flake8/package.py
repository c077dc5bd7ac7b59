from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyFlake8(PythonPackage):
    """Runs pyflakes, pycodestyle, mccabe and plugins over Python code."""

    homepage = "https://flake8.pycqa.org/"
    pypi = "flake8/flake8-7.5.0.tar.gz"

    license("MIT")

    version("7.5.0", sha256="0dab7566341aca0d80aa29b5812bdadf256caa6a63e6068e49ac2649918236a4")
    version("7.4.1", sha256="84ea5afcaf344487b0ea5baaebb8100f4cfaebc01f755998f75876664029f587")
    version("7.3.0", sha256="fe044858146b9fc69b551a4b490d69cf960fcb78ad1edcb84e7fbb1b4a8e3872")

    depends_on("py-setuptools", type="build")
    with default_args(type=("build", "run")):
        depends_on("python@3.11:", when="@7.5:")
        depends_on("python@3.10:", when="@7.4")
        depends_on("python@3.9:", when="@:7.3")
        depends_on("py-mccabe@0.7")
        depends_on("py-pycodestyle@2.15", when="@7.4:")
        depends_on("py-pycodestyle@2.14", when="@7.3")
        depends_on("py-pyflakes@4.1", when="@7.5:")
        depends_on("py-pyflakes@4.0", when="@7.4")
        depends_on("py-pyflakes@3.4", when="@7.3")
