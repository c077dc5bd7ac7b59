from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyVcsVersioning(PythonPackage):
    """Versions from version control, for any back end; the core of setuptools-scm."""

    homepage = "https://github.com/pypa/setuptools-scm"
    pypi = "vcs-versioning/vcs_versioning-2.6.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("2.6.0", sha256="22e9159288e2d8bca2fa6f6c31c34c9c66aec157f60e9e526f5d160d2516d60f")

    depends_on("py-setuptools@45:", type="build")
    with default_args(type=("build", "run")):
        depends_on("python@3.8:")
        depends_on("py-packaging@26.2:")
        depends_on("py-tomli@1:", when="^python@:3.10")
        depends_on("py-typing-extensions@4.1:", when="^python@:3.10")
