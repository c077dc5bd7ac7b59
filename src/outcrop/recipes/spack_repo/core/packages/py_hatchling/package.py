from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyHatchling(PythonPackage):
    """The back end of Hatch, extensible by plugins."""

    homepage = "https://hatch.pypa.io/"
    pypi = "hatchling/hatchling-1.33.0.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("1.33.0", sha256="4c422bd4d554fcff5de5b73e9596f85e41e9f97f7e553d8f7595ecb31a627bef")
    version("1.29.0", sha256="793c31816d952cee405b83488ce001c719f325d9cda69f1fc4cd750527640ea6")
    version("1.27.0", sha256="971c296d9819abb3811112fc52c7a9751c8d381898f36533bb16f9791e941fd6")

    # It builds itself from its own source tree, which imports what it needs at run time.
    with default_args(type=("build", "run")):
        depends_on("python@3.10:", when="@1.28:")
        depends_on("python@3.8:", when="@:1.27")
        depends_on("py-packaging@24.2:")
        depends_on("py-pathspec@0.10.1:")
        depends_on("py-pluggy@1:")
        depends_on("py-tomli@1.2.2:", when="^python@:3.10")
        depends_on("py-tomlkit@0.11.1:", when="@1.33:")
        depends_on("py-trove-classifiers")
