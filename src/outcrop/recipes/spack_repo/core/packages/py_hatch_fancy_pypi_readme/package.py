from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyHatchFancyPypiReadme(PythonPackage):
    """Hatchling plugin that puts a package's long description together from fragments."""

    homepage = "https://github.com/hynek/hatch-fancy-pypi-readme"
    pypi = "hatch-fancy-pypi-readme/hatch_fancy_pypi_readme-25.1.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("25.1.0", sha256="9c58ed3dff90d51f43414ce37009ad1d5b0f08ffc9fc216998a06380f01c0045")

    with default_args(type=("build", "run")):
        depends_on("python@3.8:")
        depends_on("py-hatchling")
        depends_on("py-tomli", when="^python@:3.10")
