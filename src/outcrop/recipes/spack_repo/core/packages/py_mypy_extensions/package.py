from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyMypyExtensions(PythonPackage):
    """Type system extensions that mypy understands."""

    homepage = "https://github.com/python/mypy_extensions"
    pypi = "mypy-extensions/mypy_extensions-1.2.0.tar.gz"

    license("MIT")

    version("1.2.0", sha256="c6e275a07f1c2fc096b62940452d0eaa3f3af7de45d704787866240a7c6d5a51")
    version("1.1.0", sha256="52e68efc3284861e772bbcd66823fde5ae21fd2fdb51c62a211403730b916558")

    depends_on("python@3.10:", type=("build", "run"), when="@1.2:")
    depends_on("python@3.8:", type=("build", "run"), when="@:1.1")
    depends_on("py-flit-core@3.11:4", type="build", when="@1.2:")
    depends_on("py-flit-core@3.11:3", type="build", when="@:1.1")
