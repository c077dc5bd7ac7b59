from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPyflakes(PythonPackage):
    """Finds errors in Python code without running it."""

    homepage = "https://github.com/PyCQA/pyflakes"
    pypi = "pyflakes/pyflakes-4.1.0.tar.gz"

    license("MIT")

    version("4.1.0", sha256="592beb57058eb82eb190fb7514f2081c555c51000b029ff71286a681e6cf2f83")
    version("4.0.3", sha256="94762a3a5a343a79b28754f96c554bce057a592a4896907d73f0369fe824e053")
    version("3.4.0", sha256="b24f96fafb7d2ab0ec5075b7350b3d2d2218eab42003821c06344973d3ea2f58")

    depends_on("python@3.11:", type=("build", "run"), when="@4.1:")
    depends_on("python@3.10:", type=("build", "run"), when="@4.0")
    depends_on("python@3.9:", type=("build", "run"), when="@:3")
    depends_on("py-setuptools", type="build")
