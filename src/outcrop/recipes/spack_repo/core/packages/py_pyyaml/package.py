from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyPyyaml(PythonPackage):
    """Reads and writes YAML; the pure Python modules, without the binding to libyaml."""

    homepage = "https://pyyaml.org/"
    pypi = "pyyaml/pyyaml-6.0.3.tar.gz"

    license("MIT")

    version("6.0.3", sha256="d76623373421df22fb4cf8817020cbb7ef15c725b9d5e45f17e189bfc384190f")

    depends_on("python@3.8:", type=("build", "run"))
    depends_on("py-setuptools", type="build")

    def setup_build_environment(self, env):
        env.set("PYYAML_FORCE_LIBYAML", "0")
