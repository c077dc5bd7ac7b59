from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PySetuptoolsScm(PythonPackage):
    """Lets setuptools take a package's version from version control."""

    homepage = "https://setuptools-scm.readthedocs.io/"
    pypi = "setuptools-scm/setuptools_scm-10.3.4.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("10.3.4", sha256="a69f28bfc245608781205e912faae437c2b2165773afa4e7b979d77447a69dd2")
    version("9.2.2", sha256="1c674ab4665686a0887d7e24c03ab25f24201c213e82ea689d2f3e169ef7ef57")

    with default_args(type=("build", "run")):
        depends_on("python@3.8:")
        depends_on("py-packaging@20:")
        depends_on("py-setuptools@45:", when="@10:")
        depends_on("py-setuptools@61:", when="@:9")
        depends_on("py-vcs-versioning@2.5:2", when="@10:")
        depends_on("py-tomli@1:", when="@10: ^python@:3.10")
        depends_on("py-tomli@1:2.0.2", when="@:9 ^python@:3.10")
        depends_on("py-typing-extensions@4.1:", when="@10: ^python@:3.10")
        depends_on("py-typing-extensions", when="@:9 ^python@:3.9")
