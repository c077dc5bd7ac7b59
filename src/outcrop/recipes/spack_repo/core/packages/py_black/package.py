from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyBlack(PythonPackage):
    """Formats Python code, uncompromisingly."""

    homepage = "https://black.readthedocs.io/"
    pypi = "black/black-26.10.1.tar.gz"

    license("MIT")

    version("26.10.1", sha256="5f9f83beae62437e060dafd53d7f1fc327e3d3494f74d72ee5c2b73eb90fc4e7")
    version("25.11.0", sha256="9a323ac32f5dc75ce7470501b887250be5005a01602e931a15e45593f70f6e08")
    version("24.10.0", sha256="846ea64c97afe3bc677b761787993be4991810ecc7a4a937816dd6bddedc4875")

    # blackd, the server that comes along, needs aiohttp and is left alone.
    import_modules = ["black", "blib2to3"]

    with default_args(type="build"):
        depends_on("py-hatchling@1.27:", when="@25.11:")
        depends_on("py-hatchling@1.20:", when="@:25.9")
        depends_on("py-hatch-vcs@0.3:", when="@26.10:")
        depends_on("py-hatch-vcs", when="@:26.5")
        depends_on("py-hatch-fancy-pypi-readme")

    with default_args(type=("build", "run")):
        depends_on("python@3.10:", when="@25.12:")
        depends_on("python@3.9:", when="@:25.11")
        depends_on("py-click@8:")
        depends_on("py-mypy-extensions@0.4.3:")
        depends_on("py-packaging@22:")
        depends_on("py-pathspec@1:", when="@26.10:")
        depends_on("py-pathspec@0.9:", when="@:26.5")
        depends_on("py-platformdirs@2:")
        depends_on("py-pytokens@0.4", when="@26.10:")
        depends_on("py-pytokens@0.3:", when="@25.11:26.5")
        depends_on("py-tomli@1.1:", when="^python@:3.10")
        depends_on("py-typing-extensions@4.0.1:", when="^python@:3.10")
