from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyMccabe(PythonPackage):
    """Measures the complexity of functions; a plugin of flake8."""

    homepage = "https://github.com/pycqa/mccabe"
    pypi = "mccabe/mccabe-0.7.0.tar.gz"

    license("MIT")

    version("0.7.0", sha256="348e0240c33b60bbdf4e523192ef919f28cb2c3d7d5c7794f74009290f236325")

    depends_on("python@3.6:", type=("build", "run"))
    depends_on("py-setuptools", type="build")
