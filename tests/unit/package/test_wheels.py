from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from outcrop.package import wheels
from outcrop.python import Interpreter

BACKEND = """
import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("thing.py", f"settings = {config_settings!r}\\n")
        wheel.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1.0\\n")
        wheel.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("thing-1.0.dist-info/RECORD", "")
    return name
"""


def test_a_recipe_can_go_from_an_interpreter_to_an_installed_wheel(tmp_path: Path) -> None:
    interpreter = wheels.probe_interpreter(sys.executable)
    assert isinstance(interpreter, Interpreter)
    venv = tmp_path / "venv"
    wheels.create_venv(interpreter, venv)
    facts = wheels.describe_venv(interpreter)
    source = tmp_path / "source"
    source.mkdir()
    (source / "backend.py").write_text(BACKEND)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    wheel = wheels.build_wheel(
        source, tmp_path, python=venv / "bin/python3", env=dict(os.environ), config_settings={"a": "b"}
    )
    prefix = tmp_path / "prefix"
    written = wheels.install_wheel(wheel, prefix, python=venv / "bin/python3", facts=facts)
    assert f"{facts.purelib}/thing.py" in written
    assert (prefix / facts.purelib / "thing.py").read_text() == "settings = {'a': 'b'}\n"
    shutil.rmtree(venv)
