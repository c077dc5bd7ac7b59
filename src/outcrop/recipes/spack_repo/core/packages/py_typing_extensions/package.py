from spack.package import *
from spack_repo.core.build_systems.python import PythonPackage


class PyTypingExtensions(PythonPackage):
    """Newer features of the typing module for older Pythons."""

    homepage = "https://github.com/python/typing_extensions"
    pypi = "typing-extensions/typing_extensions-4.16.0.tar.gz"
    tags = ["build-tools"]

    license("PSF-2.0")

    version("4.16.0", sha256="dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5")
    version("4.15.0", sha256="0cea48d173cc12fa28ecabc3b837ea3cf6f38c6d1136f85cbaaf598984861466")
    version("4.13.2", sha256="e6c81219bd689f51865d9e372991c540bda33a0379d5573cddb9a3a23f7caaef")

    depends_on("python@3.9:", type=("build", "run"), when="@4.14:")
    depends_on("python@3.8:", type=("build", "run"), when="@:4.13")
    depends_on("py-flit-core@3.11:3", type="build")
