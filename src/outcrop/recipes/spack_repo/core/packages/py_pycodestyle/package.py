from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPycodestyle(PythonPackage):
    """Checks Python code against the style guide, PEP 8."""

    homepage = "https://pycodestyle.pycqa.org/"
    pypi = "pycodestyle/pycodestyle-2.15.0.tar.gz"

    license("MIT")

    version("2.15.0", sha256="318f5db083869b4c4dad922d0b11124fb27ab181b6730b93371da671e31bd50e")
    version("2.14.0", sha256="c4b5b517d278089ff9d0abdec919cd97262a3367449ea1c8b49b91529167b783")

    depends_on("python@3.10:", type=("build", "run"), when="@2.15:")
    depends_on("python@3.9:", type=("build", "run"), when="@:2.14")
    depends_on("py-setuptools", type="build")
