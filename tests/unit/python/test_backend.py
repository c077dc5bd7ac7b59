from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.python import (
    BackendError,
    build_wheel,
    create_venv,
    describe_venv,
    install_wheel,
    isolation_variables,
    probe,
    read_build_system,
)
from support.pythons import SYSTEM, every_python, output

IN_TREE_BACKEND = """
import json, os, sys, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("building in", os.getcwd())
    print("settings", json.dumps(config_settings))
    print("environment", json.dumps(sorted(os.environ)))
    print("interpreter", sys.executable)
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        archive.writestr("tiny.py", "x = 1\\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return name
"""


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("node") / "venv"
    create_venv(probe(SYSTEM), prefix)
    return prefix / "bin/python3"


@pytest.fixture(scope="module")
def setuptools_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A setuptools that can build wheels, alone in a directory: the newest that the machine's Pythons bring."""
    directory = tmp_path_factory.mktemp("setuptools")
    for interpreter in reversed(every_python()):
        tests = Path(interpreter.prefix, "lib", f"python{interpreter.xy}", "test")
        bundled = [next(tests.rglob(f"{name}-*.whl"), None) for name in ("setuptools", "wheel")]
        if all(bundled):
            for wheel in filter(None, bundled):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(directory)
            return directory
    packages = Path("/usr/lib/python3/dist-packages")
    if not (packages / "setuptools").is_dir() or not (packages / "wheel").is_dir():
        pytest.skip("no setuptools with wheel comes with the interpreters of this machine")
    for pattern in ("setuptools*", "pkg_resources", "_distutils_hack", "wheel*"):
        for path in packages.glob(pattern):
            shutil.copytree(path, directory / path.name)
    return directory


def environment(python: Path, *directories: Path) -> dict[str, str]:
    return {"PATH": f"{python.parent}:/usr/bin:/bin", **isolation_variables(directories)}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def in_tree(root: Path, backend: str = IN_TREE_BACKEND) -> Path:
    table = '[build-system]\nrequires = []\nbuild-backend = "tiny_backend"\nbackend-path = ["tools"]\n'
    return write(root, {"pyproject.toml": table, "tools/tiny_backend.py": backend})


def test_backend_in_the_source_tree(tmp_path: Path, venv: Path) -> None:
    source = in_tree(tmp_path / "source")
    settings: dict[str, str | list[str]] = {"--global-option": ["a", "b"], "x": "y"}
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        wheel = build_wheel(
            source,
            tmp_path / "out",
            python=venv,
            env={"PATH": "/usr/bin", "ONE": "1"},
            config_settings=settings,
            log=log,
        )
        log.write("after\n")
    assert wheel == tmp_path / "out/tiny-1.0-py3-none-any.whl"
    text = (tmp_path / "log").read_text()
    assert text.startswith("before\nbuilding in")
    assert text.endswith("after\n")
    assert f"building in {source}\n" in text
    assert 'settings {"--global-option": ["a", "b"], "x": "y"}' in text
    assert f"interpreter {venv}\n" in text
    names = set(re.findall(r'"(\w+)"', text.partition("environment")[2].splitlines()[0]))
    ours = {name for name in names if not name.startswith("_PYPROJECT_HOOKS_")}
    assert ours - {"LC_CTYPE"} == {"PATH", "ONE"}  # LC_CTYPE: set by Python itself where the locale is C


def test_log_may_be_a_descriptor(tmp_path: Path, venv: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        build_wheel(in_tree(tmp_path / "source"), tmp_path / "out", python=venv, env={}, log=log.fileno())
    assert b"building in" in (tmp_path / "log").read_bytes()


def test_project_with_setuptools_is_built_installed_and_run(
    tmp_path: Path, venv: Path, setuptools_directory: Path
) -> None:
    files = {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "Real.Thing"\nversion = "3"\nscripts = {real = "real.main:go"}\n'
        '[tool.setuptools]\nscript-files = ["tool.py"]\n',
        "tool.py": "#!/usr/bin/env python3 -I\nimport sys; print('tool', sys.flags.isolated)\n",
        "src/real/__init__.py": "",
        "src/real/main.py": "import sys\ndef go():\n    print('went', sys.prefix)\n",
    }
    source, prefix = write(tmp_path / "source", files), tmp_path / "prefix"
    wheel = build_wheel(source, tmp_path / "out", python=venv, env=environment(venv, setuptools_directory))
    facts = describe_venv(probe(SYSTEM))
    written = install_wheel(wheel, prefix, python=venv, facts=facts)
    assert {Path(path).parts[0] for path in written} == {"bin", "lib"}
    env = {"OUTCROP_PYTHON_PATH": str(prefix / facts.purelib)}
    assert output([prefix / "bin/real"], env=env) == f"went {venv.parent.parent}\n"
    assert output([prefix / "bin/tool.py"], env=env) == "tool 1\n"


@pytest.mark.parametrize("table", [None, '[build-system]\nrequires = ["setuptools"]\n', "[tool.black]\n"])
def test_setup_py_without_a_named_backend(
    tmp_path: Path, venv: Path, setuptools_directory: Path, table: str | None
) -> None:
    """Legacy: setup.py may import from its own directory, and [build-system] may name nothing."""
    files = {
        "setup.py": "from setuptools import setup; from version import VERSION\n"
        "setup(name='Old-Style', version=VERSION, py_modules=['old'])\n",
        "version.py": "VERSION = '2.5'\n",
        "old.py": "",
    }
    if table is not None:
        files["pyproject.toml"] = table
    source = write(tmp_path / "source", files)
    wheel = build_wheel(source, tmp_path / "out", python=venv, env=environment(venv, setuptools_directory))
    assert re.match(r"old.style-2\.5-py3-none-any\.whl", wheel.name, re.IGNORECASE)
    with zipfile.ZipFile(wheel) as archive:
        assert "old.py" in archive.namelist()


def test_p09_only_what_is_declared_is_in_reach(tmp_path: Path, venv: Path) -> None:
    """Without setuptools among the declared dependencies, the back end is missing, whatever the machine has."""
    source = write(tmp_path / "source", {"setup.py": "from setuptools import setup; setup(name='x')\n"})
    with pytest.raises(BackendError) as caught:
        build_wheel(source, tmp_path / "out", python=venv, env=environment(venv))
    assert caught.value.code == "build-backend-missing"
    assert "setuptools.build_meta:__legacy__ cannot be imported by" in caught.value.message
    assert caught.value.details == (
        "ModuleNotFoundError: No module named 'setuptools'",
        "the source tree requires, as it names no back end of its own: setuptools",
    )


def test_missing_backend_names_it_and_what_is_required(tmp_path: Path, venv: Path) -> None:
    table = '[build-system]\nrequires = ["hatchling>=1.2", "trove-classifiers"]\nbuild-backend = "hatchling.build"\n'
    source = write(tmp_path / "source", {"pyproject.toml": table})
    with pytest.raises(BackendError, match=r"the build back end hatchling\.build cannot be imported by") as caught:
        build_wheel(source, tmp_path / "out", python=venv, env={})
    assert caught.value.details[1] == ("the source tree requires in pyproject.toml: hatchling>=1.2, trove-classifiers")
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("backend", "message", "detail"),
    [
        (
            "def build_wheel(*a): raise RuntimeError('no compiler')",
            "failed: exit status 1",
            "RuntimeError: no compiler",
        ),
        (
            "def build_sdist(*a): pass",
            "failed: exit status 1",
            "AttributeError: module 'tiny_backend' has no attribute 'build_wheel'",
        ),
        ("def build_wheel(*a): return 'gone.whl'", "said it made gone.whl, which is not in", None),
        ("import os\ndef build_wheel(*a): os._exit(0)", "ended without an answer", None),
        ("import os\ndef build_wheel(*a): os.kill(os.getpid(), 9)", "failed: killed by signal 9", None),
    ],
)
def test_backend_that_misbehaves(tmp_path: Path, venv: Path, backend: str, message: str, detail: str | None) -> None:
    with pytest.raises(BackendError, match=f"the build back end tiny_backend {message}") as caught:
        build_wheel(in_tree(tmp_path / "source", backend), tmp_path / "out", python=venv, env={})
    if detail is not None:
        assert caught.value.details[-1] == detail


def test_warnings_of_a_backend_are_not_ours(tmp_path: Path, venv: Path) -> None:
    backend = "import warnings\n" + IN_TREE_BACKEND.replace("    print", "    warnings.warn('old'); print", 1)
    assert build_wheel(in_tree(tmp_path / "source", backend), tmp_path / "out", python=venv, env={}).is_file()


def test_interpreter_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot run /no/python3"):
        build_wheel(in_tree(tmp_path / "source"), tmp_path / "out", python=Path("/no/python3"), env={})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[build-system\n", "not valid TOML"),
        ("build-system = 3\n", "build-system must be a table"),
        ("[build-system]\nrequires = 'setuptools'\n", "build-system.requires must be a list of strings"),
        ("[build-system]\nbuild-backend = 3\n", "build-system.build-backend must be a string"),
    ],
)
def test_broken_pyproject(tmp_path: Path, text: str, message: str) -> None:
    source = write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_build_system(source)
    assert caught.value.place is not None
    assert caught.value.place.file == source / "pyproject.toml"


def test_backend_path_must_stay_inside(tmp_path: Path, venv: Path) -> None:
    table = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["../outside"]\n'
    source = write(tmp_path / "source", {"pyproject.toml": table})
    with pytest.raises(InputError, match="backend-path: paths must be inside source tree"):
        build_wheel(source, tmp_path / "out", python=venv, env={})
