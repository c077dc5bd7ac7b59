from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyMypy(PythonPackage):
    """Static types for Python. Pure Python here: later versions need compiled helpers."""

    homepage = "https://www.mypy-lang.org/"
    pypi = "mypy/mypy-1.18.2.tar.gz"

    license("MIT")

    version("1.18.2", sha256="06a398102a5f203d7477b2923dda3634c36727fa5c237d8f859ef90c42a9924b")
    version("1.17.1", sha256="25e01ec741ab5bb3eec8ba9cdb0f769230368a22c959c4937360efb89b7e9f01")
    version("1.14.1", sha256="7ec88144fe9b510e8475ec2f5f251992690fcf89ccb4500b214b4226abcd32d6")

    depends_on("py-setuptools@75.1:", type="build")
    with default_args(type=("build", "run")):
        depends_on("python@3.9:", when="@1.15:")
        depends_on("python@3.8:", when="@:1.14")
        depends_on("py-typing-extensions@4.6:")
        depends_on("py-mypy-extensions@1:")
        depends_on("py-pathspec@0.9:", when="@1.17:")
        depends_on("py-tomli@1.1:", when="^python@:3.10")

    def setup_build_environment(self, env):
        env.unset("MYPY_USE_MYPYC")
