from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyTomlkit(PythonPackage):
    """Reads and writes TOML and keeps its style."""

    homepage = "https://github.com/python-poetry/tomlkit"
    pypi = "tomlkit/tomlkit-0.15.2.tar.gz"
    tags = ["build-tools"]

    license("MIT")

    version("0.15.2", sha256="83e32755ba1d20d9340bd069ee97e9f6232ba2346b63ffcba425de01f7e327a6")
    version("0.13.3", sha256="430cf247ee57df2b94ee3fbe588e71d362a941ebb545dec29b53961d61add2a1")

    depends_on("python@3.9:", type=("build", "run"), when="@0.14:")
    depends_on("python@3.8:", type=("build", "run"), when="@:0.13")
    depends_on("py-poetry-core@2.2:", type="build", when="@0.15:")
    depends_on("py-poetry-core@1:", type="build", when="@:0.14")
