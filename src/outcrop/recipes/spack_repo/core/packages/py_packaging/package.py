from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPackaging(PythonPackage):
    """Versions, requirements, markers and tags as Python's packaging standards define them."""

    homepage = "https://packaging.pypa.io/"
    pypi = "packaging/packaging-26.3.tar.gz"
    tags = ["build-tools"]

    license("Apache-2.0 OR BSD-2-Clause")

    version("26.3", sha256="94edc256424af38762eb31306eed28beb9f0efc50a8837492c9d6fd6004aed79")
    version("25.0", sha256="d443872c98d677bf60f6a1f2f8c1cb748e8fe762d2bf9d3148b5599295b0fc4f")

    depends_on("python@3.9:", type=("build", "run"), when="@26.3:")
    depends_on("python@3.8:", type=("build", "run"), when="@:26.2")
    depends_on("py-flit-core@3.12:", type="build", when="@26.3:")
    depends_on("py-flit-core@3.3:", type="build", when="@:26.2")
