"""Installing a wheel into a prefix of its own, laid out as the python-venv node says."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.records import RecordEntry
from installer.scripts import Script
from installer.sources import WheelFile
from installer.utils import Scheme

from outcrop.base.layout import VenvFacts
from outcrop.python.errors import WheelError
from outcrop.python.scripts import interpreter_lines, retarget_script

if TYPE_CHECKING:
    from installer.scripts import ScriptSection

INSTALLER = "outcrop"
"""What ``INSTALLER`` in a ``.dist-info`` says."""


def install_wheel(
    wheel: Path, prefix: Path, *, python: Path, facts: VenvFacts, extra_scripts: Mapping[str, str] | None = None
) -> list[str]:
    """Install ``wheel`` below ``prefix`` and return what was written, relative to ``prefix``, sorted.

    Args:
        python: the interpreter that scripts name (the venv node's ``bin/python3``).
        facts: the layout; ``headers`` go to ``include/site/pythonX.Y/NAME`` as in any virtual environment.
        extra_scripts: further console scripts, name -> ``module:function``, recorded like the wheel's own.

    Raises:
        WheelError: not a wheel, a path in it leads out of its place, or a file is there already.
    """
    try:
        with WheelFile.open(wheel) as source:
            _check_names(wheel)
            destination = _Destination(prefix, python, facts, source.distribution, extra_scripts or {})
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # byte code in the wheel, which is left out
                install(source, destination, {"INSTALLER": f"{INSTALLER}\n".encode()})
    except FileExistsError as error:
        raise WheelError(f"{wheel.name} would overwrite a file: {error}") from error
    except (zipfile.BadZipFile, InstallerError, KeyError, ValueError, AssertionError) as error:
        raise WheelError(f"cannot install {wheel}: {str(error) or 'it breaks the wheel format'}") from error
    return sorted(destination.written)


def _check_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise WheelError(f"{wheel.name} has a path that leads out of it: {name}", code="unsafe-wheel")


class _Destination(SchemeDictionaryDestination):
    """Writes into a prefix; scripts start the given interpreter."""

    def __init__(
        self, prefix: Path, python: Path, facts: VenvFacts, distribution: str, extra_scripts: Mapping[str, str]
    ) -> None:
        short = ".".join(facts.version.split(".")[:2])
        super().__init__(
            scheme_dict={
                "purelib": str(prefix / facts.purelib),
                "platlib": str(prefix / facts.platlib),
                "scripts": str(prefix / facts.scripts),
                "headers": str(prefix / "include" / "site" / f"python{short}" / distribution),
                "data": str(prefix),
            },
            interpreter=str(python),
            script_kind="posix",
        )
        self._prefix = prefix
        self._extra_scripts = extra_scripts
        self.written: set[str] = set()

    def write_file(
        self, scheme: Scheme, path: str | os.PathLike[str], stream: BinaryIO, is_executable: bool
    ) -> RecordEntry:
        """Scripts are retargeted, and executable whatever the archive says."""
        if scheme != "scripts":
            return self.write_to_fs(scheme, os.fspath(path), stream, is_executable)
        content = retarget_script(stream.read(), self.interpreter)
        return self.write_to_fs(scheme, os.fspath(path), io.BytesIO(content), True)

    def write_script(self, name: str, module: str, attr: str, section: ScriptSection) -> RecordEntry:
        """A launcher for an entry point; GUI scripts are like others here."""
        _, body = Script(name, module, attr, section).generate("python", "posix")
        content = interpreter_lines(self.interpreter) + body.partition(b"\n")[2]
        return self.write_to_fs(Scheme("scripts"), name, io.BytesIO(content), True)

    def finalize_installation(
        self, scheme: Scheme, record_file_path: str, records: Iterable[tuple[Scheme, RecordEntry]]
    ) -> None:
        """Add the extra scripts, note what was written, write RECORD."""
        everything = list(records)
        for name, target in self._extra_scripts.items():
            module, _, attribute = target.partition(":")
            everything.append((Scheme("scripts"), self.write_script(name, module, attribute, "console")))
        for file_scheme, record in everything:
            path = Path(self.scheme_dict[file_scheme], record.path)
            self.written.add(os.path.relpath(path, self._prefix))
        super().finalize_installation(scheme, record_file_path, everything)
