from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyTroveClassifiers(PythonPackage):
    """The list of valid classifiers of Python packages."""

    homepage = "https://github.com/pypa/trove-classifiers"
    pypi = "trove-classifiers/trove_classifiers-2026.9.21.13.tar.gz"
    tags = ["build-tools"]

    license("Apache-2.0")

    version("2026.9.21.13", sha256="0a9ebc8d4e2f3e8a22848c5258033035bec17a3012ac3fea16dbaa764489eb71")
    version("2026.6.1.19", sha256="c5132b4b61a829d11cfbd2d72e97f20a45ed6edb95e45c5efdeb5e00836b2745")

    depends_on("py-setuptools", type="build")
    depends_on("py-calver", type="build")
