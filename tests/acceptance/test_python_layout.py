"""Rows P02, P04, P05: what python-venv is, where packages put their modules, and what their scripts start."""

from __future__ import annotations

import json
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from acceptance.conftest import SITE, World
from support.program import Program, clean_run
from support.recipes import RecipeRepository, python_project


def test_p02_python_venv_is_the_base_pythons_own_venv(world: World) -> None:
    prefix = world.prefix("python-venv")
    assert {path.name for path in prefix.glob("bin/activate*")} >= {"activate", "activate.csh", "activate.fish"}
    assert (prefix / "pyvenv.cfg").read_text().startswith("home = /usr/bin")
    assert (prefix / "bin/python3").resolve() == Path("/usr/bin/python3").resolve()
    assert (prefix / "include").is_dir(), "its empty directories are there too"
    shown = clean_run([prefix / "bin/python3", "-c", "import sys; print(sys.prefix, sys.base_prefix)"]).stdout.split()
    assert shown == [str(prefix), "/usr"]
    assert not list(prefix.glob("bin/pip*"))


def test_p02_python_venv_needs_no_ensurepip(program: Program, tmp_path: Path) -> None:
    hidden = Path(
        clean_run(["/usr/bin/python3", "-c", "import ensurepip; print(ensurepip.__path__[0])"]).stdout.strip()
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    gone = "! /usr/bin/python3 -c 'import ensurepip; ensurepip.bootstrap' 2>/dev/null"
    script = f'mount --bind {empty} {hidden} && {gone} && exec "$@"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    probe = subprocess.run([*unshare, f"mount --bind {empty} {hidden}"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no mount namespaces here: {probe.stderr.strip()}")
    done = subprocess.run(
        [*unshare, script, "sh", *program.command("install", "python-venv")],
        env=program.environment(),
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    prefix = Path(program("location", "python-venv").stdout.strip())
    clean_run([prefix / "bin/python3", "-c", "import sys; assert sys.prefix != sys.base_prefix"])


def test_p04_layout_on_this_system_python(world: World) -> None:
    prefixes = [path for path in world.prefixes.iterdir() if path.name.startswith("py-")]
    assert len(prefixes) > 15
    for prefix in prefixes:
        top = {path.name for path in prefix.iterdir()}
        assert top <= {"bin", "lib", "lib64", "include", "share", "etc", ".outcrop"}, (prefix.name, top)
        assert not list(prefix.rglob("dist-packages")) and not (prefix / "local").exists()
        assert (prefix / SITE).is_dir(), prefix.name
    assert (world.prefix("py-flake8") / "bin" / "flake8").is_file()


def test_p04_modules_where_no_interpreter_looks_are_refused(fresh: Program, tmp_path: Path) -> None:
    """Whatever built the package; what it had installed is not there afterwards."""
    repository = RecipeRepository(tmp_path)
    where = f"local/{SITE.replace('site-', 'dist-')}"
    repository.recipe(
        "stray",
        "from spack.package import *\n\n\n"
        "class Stray(Package):\n"
        '    """A trial."""\n\n'
        "    has_code = False\n"
        '    version("1.0")\n'
        '    extends("python")\n\n'
        "    def install(self, spec, prefix):\n"
        f'        mkdirp(join_path(prefix, "{where}"))\n'
        f'        touch(join_path(prefix, "{where}", "stray.py"))\n',
    )
    fresh("repo", "add", repository.root)
    failed = fresh("install", "stray", status=1)
    assert f"stray@1.0 installed Python files outside of {SITE}" in failed.stderr
    assert f"{where}/stray.py" in failed.stderr
    assert fresh("find", "stray", status=1).stdout == ""


FEDORA_SCHEMES = """
# A distribution's patch of our own: outside of virtual environments everything goes below local/.
if True:
    import sys as _sys
    _prefix = dict(_INSTALL_SCHEMES["posix_prefix"])
    _INSTALL_SCHEMES["venv"] = _prefix
    _INSTALL_SCHEMES["distro_local"] = {
        name: value.replace("{base}", "{base}/local").replace("{platbase}", "{platbase}/local")
        if name not in ("stdlib", "platstdlib") else value
        for name, value in _prefix.items()
    }
    def _get_preferred_schemes():
        if _sys.prefix == _sys.base_prefix:
            return {"prefix": "distro_local", "home": "posix_home", "user": "posix_user"}
        return {"prefix": "venv", "home": "posix_home", "user": "posix_user"}
"""


def patched_base(directory: Path) -> Path:
    """A base Python laid out by a patched sysconfig as Fedora's and RHEL's are: a copy of this system's with our own
    patch."""
    facts = json.loads(
        clean_run(
            [
                "/usr/bin/python3",
                "-c",
                "import json, os, sys, sysconfig; print(json.dumps([os.path.realpath(sys.executable),"
                " sysconfig.get_path('stdlib'), sysconfig.get_path('include')]))",
            ]
        ).stdout
    )
    executable, stdlib, include = map(Path, facts)
    xy = stdlib.name
    (directory / "bin").mkdir(parents=True)
    shutil.copy2(executable, directory / "bin" / xy)
    for name in ("python3", "python"):
        (directory / "bin" / name).symlink_to(xy)
    ignore = shutil.ignore_patterns("__pycache__", "dist-packages", "sitecustomize.py", "test", "EXTERNALLY-MANAGED")
    shutil.copytree(stdlib, directory / "lib" / xy, symlinks=False, ignore=ignore)
    if include.is_dir():
        shutil.copytree(include, directory / "include" / xy, symlinks=False)
    sysconfig = directory / "lib" / xy / "sysconfig.py"
    marker = "def _getuserbase" if "def _getuserbase" in sysconfig.read_text() else "_SCHEME_KEYS"
    text = sysconfig.read_text()
    start = text.index("def _get_preferred_schemes") if "def _get_preferred_schemes" in text else text.index(marker)
    end = text.index("\ndef ", start + 1)
    sysconfig.write_text(text[:start] + textwrap.dedent(FEDORA_SCHEMES) + text[end:])
    return directory / "bin" / "python3"


def test_p04_layout_on_a_python_patched_like_fedoras(world: World, tmp_path: Path) -> None:
    base = patched_base(tmp_path / "distro")
    outside = clean_run([base, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip()
    assert outside == str(tmp_path / "distro" / "local" / SITE), "the patch is in force outside of virtual environments"
    program = world.program.with_root(
        tmp_path / "root", sources=world.program.root / "cache" / "sources", path=f"{base.parent}:/usr/bin:/bin"
    )
    environment = program.environment_at(
        tmp_path / "env",
        "spack:\n  specs: [py-markupsafe]\n  view: ./view\n  packages:\n    python:\n      buildable: false\n"
        f"      externals:\n      - {{spec: python@3, prefix: {base.parent.parent}}}\n",
    )
    program("-e", environment, "install")
    for prefix in (program.root / "store" / "prefixes").iterdir():
        assert not (prefix / "local").exists(), prefix.name
    shown = clean_run(
        [environment / "view/bin/python3", "-c", "import markupsafe._speedups, sys; print(sys.prefix, sys.base_prefix)"]
    )
    assert shown.stdout.split() == [str(environment / "view"), str(tmp_path / "distro")]


def test_p05_scripts_start_the_venv_nodes_python(world: World) -> None:
    venv = world.prefix("python-venv")
    for name in ("py-flake8", "py-black", "py-pip"):
        scripts = list((world.prefix(name) / "bin").iterdir())
        assert scripts
        for script in scripts:
            assert script.read_text().splitlines()[0] == f"#!{venv}/bin/python3", script


@pytest.mark.parametrize("directory", ["x" * 140, "with a space"])
def test_p05_long_paths_and_spaces_get_the_shell_form(world: World, tmp_path: Path, directory: str) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package(
        "py-app",
        python_project(
            "py-app",
            modules={"app.py": "import sys\ndef main():\n    print('ran', sys.prefix, sys.flags.utf8_mode)\n"},
            scripts={"app": "app:main"},
            raw_scripts={"raw": "#!python -Xutf8=1\nimport app\napp.main()\n"},
        ),
    )
    program = world.program.with_root(tmp_path / directory / "root")
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [py-app]\n  view: ./view\n")
    program("-e", environment, "install")
    prefix = Path(program("location", "py-app").stdout.strip())
    venv = Path(program("location", "python-venv").stdout.strip())
    app, raw = prefix / "bin" / "app", prefix / "bin" / "raw"
    assert app.read_text().startswith("#!/bin/sh\n'''exec' ")
    python_path = {"OUTCROP_PYTHON_PATH": str(prefix / SITE)}
    assert clean_run([app], extra=python_path).stdout.split()[:2] == ["ran", *str(venv).split()][:2]
    assert clean_run([raw], extra=python_path).stdout.strip().endswith("1"), (
        "the argument of the interpreter line is kept"
    )
    assert clean_run([app], extra=python_path).stdout.strip().endswith("0")
    # In the view the interpreter's path is short again.
    view = environment / "view"
    assert clean_run([view / "bin" / "app"]).stdout.strip() == f"ran {view} 0"
    assert clean_run([view / "bin" / "raw"]).stdout.strip() == f"ran {view} 1"
