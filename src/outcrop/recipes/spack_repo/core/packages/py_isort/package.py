from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyIsort(PythonPackage):
    """Sorts the imports of Python files."""

    homepage = "https://pycqa.github.io/isort/"
    pypi = "isort/isort-8.0.1.tar.gz"

    license("MIT")

    version("8.0.1", sha256="171ac4ff559cdc060bcfff550bc8404a486fee0caab245679c2abe7cb253c78d")
    version("5.13.2", sha256="48fdfcb9face5d58a4f6dde2e72a1fb8dcaf8ab26f95ab49fab84c2ddefb0109")

    depends_on("python@3.10:", type=("build", "run"), when="@7:")
    depends_on("python@3.8:", type=("build", "run"), when="@:5")
    depends_on("py-hatchling", type="build", when="@8:")
    depends_on("py-hatch-vcs", type="build", when="@8:")
    depends_on("py-poetry-core@1:", type="build", when="@:5")
