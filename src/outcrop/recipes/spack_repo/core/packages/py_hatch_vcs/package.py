from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyHatchVcs(PythonPackage):
    """Hatchling plugin that takes a package's version from version control."""

    homepage = "https://github.com/ofek/hatch-vcs"
    pypi = "hatch-vcs/hatch_vcs-0.5.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("0.5.0", sha256="0395fa126940340215090c344a2bf4e2a77bcbe7daab16f41b37b98c95809ff9")
    version("0.4.0", sha256="093810748fe01db0d451fabcf2c1ac2688caefd232d4ede967090b1c1b07d9f7")

    with default_args(type=("build", "run")):
        depends_on("python@3.9:", when="@0.5:")
        depends_on("python@3.8:", when="@:0.4")
        depends_on("py-hatchling@1.1:")
        depends_on("py-setuptools-scm@8.2:", when="@0.5:")
        depends_on("py-setuptools-scm@6.4:", when="@:0.4")
