from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPytokens(PythonPackage):
    """A tokenizer of Python source that runs on older Pythons than it reads."""

    homepage = "https://github.com/tusharsadhwani/pytokens"
    pypi = "pytokens/pytokens-0.4.1.tar.gz"

    license("MIT")

    version("0.4.1", sha256="292052fe80923aae2260c073f822ceba21f3872ced9a68bb7953b348e561179a")
    version("0.3.0", sha256="2f932b14ed08de5fcf0b391ace2642f858f1394c0857202959000b68ed7a458a")

    depends_on("python@3.8:", type=("build", "run"))
    # From 70.1 on setuptools makes wheels without the help of py-wheel.
    depends_on("py-setuptools@70.1:", type="build")

    def setup_build_environment(self, env):
        # Pure Python: compiling it would take mypy as a build dependency.
        env.set("PYTOKENS_USE_MYPYC", "0")
