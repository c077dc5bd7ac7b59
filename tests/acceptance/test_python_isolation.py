"""Row P03: what a Python build may see, with a home directory and an environment that would lead it astray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acceptance.conftest import SITE, World
from support.program import Program, clean_run
from support.recipes import RecipeRepository, python_project

PROBE = """
import json, os, subprocess, sys
def look(*flags):
    code = "import json, sys, os; print(json.dumps([sys.path, sorted(sys.modules), sys.executable]))"
    nested = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"
    return json.loads(subprocess.check_output([sys.executable, "-c", nested, *flags, "-c", code]))
found = {"self": [sys.path, sorted(sys.modules), sys.executable], "grandchild": look(), "isolated": look("-I")}
found["environ"] = dict(os.environ)
found["which"] = {name: __import__("shutil").which(name) for name in ("python3", "poison-tool", "pip")}
importable = {}
for name in ("poison", "declared", "hidden", "setuptools", "pip", "black"):
    importable[name] = __import__("importlib.util").util.find_spec(name) is not None
found["importable"] = importable
os.makedirs("src", exist_ok=True)
open("src/probe_result.json", "w").write(json.dumps(found))
"""


@pytest.fixture
def poisoned_home(tmp_path: Path) -> Path:
    """A home directory with an old setuptools, entry points and a sitecustomize in the user's site."""
    home = tmp_path / "poisoned"
    xy = SITE.split("/")[1]
    site = home / ".local" / "lib" / xy / "site-packages"
    (site / "setuptools").mkdir(parents=True)
    (site / "setuptools" / "__init__.py").write_text("raise RuntimeError('the poisoned setuptools was imported')\n")
    (site / "poison.py").write_text("raise RuntimeError('poison was imported')\n")
    (site / "sitecustomize.py").write_text("import sys; sys.modules['poisoned_sitecustomize'] = sys\n")
    (site / "usercustomize.py").write_text("import sys; sys.modules['poisoned_usercustomize'] = sys\n")
    info = site / "setuptools-44.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: setuptools\nVersion: 44.0.0\n")
    (info / "entry_points.txt").write_text("[distutils.setup_keywords]\npoison = poison:check\n")
    (home / ".pydistutils.cfg").write_text("[install]\nprefix=/nonexistent\n")
    (home / ".local" / "bin").mkdir()
    tool = home / ".local" / "bin" / "poison-tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    return home


def test_p03_a_build_sees_the_standard_library_and_what_is_declared(
    world: World, poisoned_home: Path, tmp_path: Path
) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-hidden")
    repository.python_package("py-declared", body='depends_on("py-hidden", type="build")')
    repository.python_package(
        "py-probe", python_project("py-probe", during_build=PROBE), body='depends_on("py-declared", type="build")'
    )
    active = world.tools_view
    venv = tmp_path / "active-venv"
    clean_run(["/usr/bin/python3", "-m", "venv", "--without-pip", venv])
    (venv / SITE / "poison.py").write_text("raise RuntimeError('poison of a virtual environment')\n")
    program = world.program.with_root(
        tmp_path / "root",
        home=poisoned_home,
        path=f"{poisoned_home}/.local/bin:{venv}/bin:{active}/bin:/usr/bin:/bin",
        extra={
            "VIRTUAL_ENV": str(venv),
            "PYTHONPATH": f"{venv}/{SITE}:{active}/{SITE}",
            "PYTHONHOME": "",
            "PYTHONSTARTUP": str(poisoned_home / ".pydistutils.cfg"),
            "LD_LIBRARY_PATH": str(poisoned_home),
        },
    )
    program("repo", "add", repository.root)
    program("install", "py-probe")
    prefix = Path(program("location", "py-probe").stdout.strip())
    found = json.loads((prefix / SITE / "probe_result.json").read_text())

    store = program.root / "store"
    for who in ("self", "grandchild", "isolated"):
        path, modules, executable = found[who]
        entries = [entry for entry in path if entry and not entry.endswith(".zip")]
        allowed = ("/usr/lib/python3", str(store), str(program.root / "stage"))
        sources = [entry for entry in entries if not entry.startswith(allowed)]
        # The script of the build front end is the first entry of the back end's own process.
        assert who == "self" or sources == [], (who, sources)
        assert not any("dist-packages" in entry or str(poisoned_home) in entry for entry in entries), (who, entries)
        assert not any(str(venv) in entry or str(active) in entry for entry in entries), (who, entries)
        assert any("py-declared" in entry for entry in entries), (who, entries)
        assert not any("py-hidden" in entry for entry in entries), "a build dependency of a dependency is not declared"
        assert "poisoned_usercustomize" not in modules and "poisoned_sitecustomize" not in modules
        assert "python-venv" in executable
    assert found["importable"] == {
        "poison": False,
        "declared": True,
        "hidden": False,
        "setuptools": False,
        "pip": False,
        "black": False,
    }
    environ = found["environ"]
    for name in ("VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONSTARTUP", "OUTCROP_ROOT"):
        assert name not in environ, name
    assert str(poisoned_home) not in json.dumps(environ) and str(venv) not in json.dumps(environ)
    assert found["which"]["poison-tool"] is None
    assert "python-venv" in found["which"]["python3"]


def test_p03_an_old_setuptools_at_home_does_not_reach_a_build_with_setuptools(
    world: World, program: Program, poisoned_home: Path
) -> None:
    poisoned = program.with_root(program.root, home=poisoned_home)
    poisoned("install", "py-mccabe", timeout=600)
    log = Path(poisoned("location", "--log", "py-mccabe").stdout.strip()).read_text()
    assert ".local" not in log and "44.0.0" not in log
