"""Recipe repositories and source distributions that a test makes for itself; nothing here needs a network."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BACKEND = '''
"""A PEP 517 back end in one file: everything below src/ goes into the wheel, scripts come from scripts.txt."""
import hashlib, base64, os, zipfile
import project

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(directory, config_settings=None, metadata_directory=None):
    if hasattr(project, "during_build"):
        project.during_build()
    tag = getattr(project, "TAG", "py3-none-any")
    stem = f"{project.NAME.replace('-', '_')}-{project.VERSION}"
    files = {}
    for top, _, names in os.walk("src"):
        for name in names:
            path = os.path.join(top, name)
            files[os.path.relpath(path, "src").replace(os.sep, "/")] = open(path, "rb").read()
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {project.NAME}\\nVersion: {project.VERSION}\\n".encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {tag}\\n".encode()
    if getattr(project, "SCRIPTS", None):
        lines = [f"{name} = {target}" for name, target in project.SCRIPTS.items()]
        files[f"{info}/entry_points.txt"] = ("[console_scripts]\\n" + "\\n".join(lines) + "\\n").encode()
    for name, text in getattr(project, "RAW_SCRIPTS", {}).items():
        files[f"{stem}.data/scripts/{name}"] = text.encode()
    record = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}")
    record.append(f"{info}/RECORD,,")
    files[f"{info}/RECORD"] = ("\\n".join(record) + "\\n").encode()
    wheel = f"{stem}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return wheel
'''

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def archive(files: Mapping[str, str], top: str) -> bytes:
    """A .tar.gz with one top directory; the same content gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, text in sorted(files.items()):
            data = text.encode()
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(data)
            info.mode = 0o755 if text.startswith("#!") else 0o644
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def python_project(
    name: str,
    version: str = "1.0",
    *,
    modules: Mapping[str, str] | None = None,
    scripts: Mapping[str, str] | None = None,
    raw_scripts: Mapping[str, str] | None = None,
    during_build: str = "",
) -> dict[str, str]:
    """Files of a source distribution with a back end of its own.

    Args:
        modules: path below site-packages -> text (default: one module named like the project).
        scripts: console script -> ``module:function``.
        raw_scripts: name -> text of a script of the wheel's data.
        during_build: body of a function that runs in the back end's process.
    """
    module = name.removeprefix("py-").replace("-", "_")
    project = [f"NAME = {module!r}", f"VERSION = {version!r}", f"SCRIPTS = {dict(scripts or {})!r}"]
    project.append(f"RAW_SCRIPTS = {dict(raw_scripts or {})!r}")
    if during_build:
        body = "\n".join("    " + line for line in during_build.strip().splitlines())
        project.append(f"def during_build():\n{body}")
    files = {"pyproject.toml": PYPROJECT, "backend.py": BACKEND, "project.py": "\n".join(project) + "\n"}
    for path, text in (modules if modules is not None else {f"{module}.py": f"NAME = {module!r}\n"}).items():
        files[f"src/{path}"] = text
    return files


@dataclass
class RecipeRepository:
    """A repository below ``directory`` (``spack_repo/<namespace>``) and the archives its recipes name."""

    directory: Path
    namespace: str = "trial"
    packages: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "repo.yaml").write_text(f"repo:\n  namespace: {self.namespace}\n  api: v2.2\n")

    @property
    def root(self) -> Path:
        """The directory with repo.yaml."""
        return self.directory / "spack_repo" / self.namespace

    def recipe(self, name: str, text: str) -> Path:
        """Write a recipe as it is."""
        module = name.replace("-", "_")
        path = self.root / "packages" / (f"_{module}" if module[0].isdigit() else module) / "package.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.packages[name] = path
        return path

    def source(self, files: Mapping[str, str], name: str, version: str = "1.0") -> tuple[str, str]:
        """Write an archive; gives its ``file:`` URL and sha256."""
        data = archive(files, f"{name}-{version}")
        path = self.directory / "archives" / f"{name}-{version}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path.as_uri(), hashlib.sha256(data).hexdigest()

    def python_package(
        self, name: str, files: Mapping[str, str] | None = None, *, version: str = "1.0", body: str = ""
    ) -> Path:
        """A PythonPackage of core's build system, built from an archive made here; ``body`` are further lines of the
        class."""
        url, sha256 = self.source(files if files is not None else python_project(name, version), name, version)
        class_name = "".join(part.capitalize() for part in name.split("-"))
        lines = "\n".join("    " + line if line else "" for line in body.strip("\n").splitlines())
        return self.recipe(
            name,
            "from spack.package import *\n"
            "from spack_repo.core.build_systems.python import PythonPackage\n\n\n"
            f'class {class_name}(PythonPackage):\n    """A trial."""\n\n'
            f'    url = "{url}"\n    version("{version}", sha256="{sha256}")\n{lines}\n',
        )
