from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyMarkupsafe(PythonPackage):
    """Strings that are safe in HTML and XML; has a C extension."""

    homepage = "https://markupsafe.palletsprojects.com/"
    pypi = "markupsafe/markupsafe-3.0.4.tar.gz"

    license("BSD-3-Clause")

    version("3.0.4", sha256="2e9ad7dd851bf45fab9f75cbff4cb493fee9979e8d8c7c9c3ee119022518edd6")
    version("3.0.2", sha256="ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0")

    import_modules = ["markupsafe", "markupsafe._speedups"]

    depends_on("c", type="build")
    depends_on("python@3.9:", type=("build", "run"))
    depends_on("py-setuptools@77:", type="build", when="@3.0.4:")
    depends_on("py-setuptools@70.1:", type="build", when="@:3.0.3")

    def setup_build_environment(self, env):
        # Otherwise a compiler that fails gives a package without its extension, silently.
        env.set("CIBUILDWHEEL", "1")
