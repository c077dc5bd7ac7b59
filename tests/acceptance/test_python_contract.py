"""Rows P: the python-venv contract, each on real builds with Debian's (or this system's) own Python as the external
base."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from acceptance.conftest import World
from support.program import Program, clean_run
from support.recipes import RecipeRepository, python_project

XY = clean_run(["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
SITE = f"lib/python{XY}/site-packages"


def _lock(environment: Path) -> dict[str, dict[str, object]]:
    nodes = json.loads((environment / "outcrop.lock").read_text())["nodes"]
    assert isinstance(nodes, dict)
    return nodes


def test_p01_extends_gives_python_and_python_venv(world: World, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.recipe(
        "lib-with-bindings",
        "from spack.package import *\n\n\n"
        "class LibWithBindings(Package):\n"
        '    """A trial."""\n\n'
        '    version("1.0", sha256="0" * 64)\n'
        '    variant("python", default=False, description="bindings")\n'
        '    extends("python@3.8:", when="+python")\n'
        '    extends("python", when="@0.9", type=("build", "link", "run"))\n',
    )
    program = world.program.with_root(tmp_path / "root")
    program("repo", "add", repository.root)
    found = program("info", "--json", "lib-with-bindings").json()["dependencies"]
    by_when = {(each["spec"], each["when"]): each["types"] for each in found}
    assert by_when == {
        ("python@3.8:", "+python"): ["run", "build"],
        ("python-venv", "+python"): ["run", "build"],
        ("python", "@0.9"): ["link", "run", "build"],
        ("python-venv", "@0.9"): ["link", "run", "build"],
    }
    venv = program("info", "--json", "python-venv").json()["dependencies"]
    assert [each["spec"] for each in venv] == ["python"]


def test_p01_everything_that_extends_python_in_a_build_has_the_same_python(world: World) -> None:
    nodes = _lock(world.tools)
    pythons = {key for key, node in nodes.items() if node["name"] == "python"}
    assert len(pythons) == 1
    extending = [node for node in nodes.values() if str(node["name"]).startswith("py-")]
    assert len(extending) > 15
    for node in extending:
        edges = node["edges"]
        assert isinstance(edges, list)
        assert pythons & {edge["hash"] for edge in edges}, node["name"]


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


def test_p04_layout_on_this_system_python(world: World) -> None:
    prefixes = [path for path in world.prefixes.iterdir() if path.name.startswith("py-")]
    assert len(prefixes) > 15
    for prefix in prefixes:
        top = {path.name for path in prefix.iterdir()}
        assert top <= {"bin", "lib", "lib64", "include", "share", "etc", ".outcrop"}, (prefix.name, top)
        assert not list(prefix.rglob("dist-packages")) and not (prefix / "local").exists()
        assert (prefix / SITE).is_dir(), prefix.name
    assert (world.prefix("py-flake8") / "bin" / "flake8").is_file()


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


ASKING = """
    def install(self, spec, prefix):
        import json
        mkdirp(prefix.share)
        python = spec["python"]
        found = {
            "command": python.command.path,
            "prefix": str(python.prefix),
            "home": str(python.home),
            "package": python.package.command.path,
            "headers": list(python.headers.directories),
        }
        for name in ("python_platlib", "python_purelib", "python_include"):
            found[name] = str(globals()[name]) if name in globals() else None
        found["python"] = python_command.path if (python_command := globals().get("python")) else None
        with open(join_path(prefix.share, "found.json"), "w") as stream:
            json.dump(found, stream)
"""


def _asking(repository: RecipeRepository, name: str, dependencies: str) -> None:
    class_name = "".join(part.capitalize() for part in name.split("-"))
    repository.recipe(
        name,
        f'from spack.package import *\n\n\nclass {class_name}(Package):\n    """A trial."""\n\n    has_code = False\n'
        f'    version("1.0")\n{dependencies}{ASKING}',
    )


def _found(program: Program, name: str) -> dict[str, object]:
    prefix = Path(program("location", name).stdout.strip())
    found = json.loads((prefix / "share" / "found.json").read_text())
    assert isinstance(found, dict)
    return found


def test_p06_spec_python_command(world: World, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-lib")
    _asking(repository, "extending", '    extends("python")\n')
    _asking(
        repository,
        "behind",
        '    depends_on("python", type=("build", "run"))\n    depends_on("py-lib", type=("build", "run"))\n',
    )
    _asking(repository, "plain", '    depends_on("python", type="build")\n')
    program = world.program.with_root(tmp_path / "root")
    program("repo", "add", repository.root)
    program("install", "extending", "behind", "plain")
    venv = program("location", "python-venv").stdout.strip()
    base = str(Path("/usr/bin/python3").resolve())
    found = {name: _found(program, name) for name in ("extending", "behind", "plain")}
    assert found["extending"]["command"] == f"{venv}/bin/python3"
    assert found["behind"]["command"] == f"{venv}/bin/python3", "the venv node in the run closure answers"
    assert found["plain"]["command"] == base
    for answer in found.values():
        assert answer["prefix"] == "/usr" and answer["home"] == "/usr"
        assert answer["package"] == base
        assert answer["headers"] == [f"/usr/include/{SITE.split('/')[1]}"]


def test_p07_dependents_are_told_where_modules_go(world: World, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    _asking(repository, "told", '    extends("python")\n')
    program = world.program.with_root(tmp_path / "root")
    program("repo", "add", repository.root)
    program("install", "told")
    prefix = program("location", "told").stdout.strip()
    venv = program("location", "python-venv").stdout.strip()
    found = _found(program, "told")
    assert found["python"] == f"{venv}/bin/python3"
    assert found["python_purelib"] == found["python_platlib"] == f"{prefix}/{SITE}"
    assert str(found["python_include"]).startswith(f"{prefix}/include")


def test_p09_setuptools_is_built_from_its_sdist_without_another_one(world: World) -> None:
    nodes = _lock(world.tools)
    setuptools = next(node for node in nodes.values() if node["name"] == "py-setuptools")
    edges = setuptools["edges"]
    assert isinstance(edges, list)
    assert {nodes[edge["hash"]]["name"] for edge in edges} == {"python", "python-venv"}
    log = Path(world.program("location", "--log", "py-setuptools").stdout.strip()).read_text()
    assert "dist-packages" not in log


PATCH = """--- a/setuptools/version.py
+++ b/setuptools/version.py
@@ -1 +1,2 @@
+PATCHED = True
 from ._importlib import metadata
"""


def test_p09_setuptools_with_a_patch_applied(world: World, program: Program, tmp_path: Path) -> None:
    recipe = Path(world.program("location", "--package-dir", "py-setuptools").stdout.strip()) / "package.py"
    repository = RecipeRepository(tmp_path)
    text = recipe.read_text()
    class_line = "class PySetuptools(PythonPackage):\n"
    assert class_line in text
    head, tail = text.split(class_line)
    path = repository.recipe("py-setuptools", f'{head}{class_line}{tail}\n    patch("mark.patch")\n')
    (path.parent / "mark.patch").write_text(PATCH)
    program("repo", "add", repository.root)
    program("install", "py-setuptools")
    prefix = Path(program("location", "py-setuptools").stdout.strip())
    assert "PATCHED = True" in (prefix / SITE / "setuptools" / "version.py").read_text()


def test_p11_install_time_tests_see_the_package_itself(world: World, program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-good", body='depends_on("py-lib", type=("build", "run"))')
    repository.python_package("py-lib")
    repository.python_package("py-bad", python_project("py-bad", modules={"bad.py": "import not_there_at_all\n"}))
    program("repo", "add", repository.root)
    program("install", "--test=root", "py-good")
    failed = program("install", "--test=root", "py-bad", status=1)
    assert "not_there_at_all" in failed.stderr
    assert program("find", "py-bad", status=1).stdout == ""
    program("install", "py-bad")  # without the test nobody imports it


def test_p11_install_time_test_of_a_c_extension(program: Program) -> None:
    program("install", "--test=root", "py-markupsafe", timeout=600)


def test_p12_pth_files_of_dependencies_work(world: World, program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package(
        "py-pth",
        python_project(
            "py-pth",
            modules={
                "pth_lib.pth": "behind_the_pth\nimport sys; sys.pth_was_run = True\n",
                "behind_the_pth/found_by_pth.py": "VALUE = 42\n",
            },
        ),
        body='import_modules = ["found_by_pth"]',
    )
    repository.python_package(
        "py-user",
        python_project(
            "py-user",
            modules={"user.py": "import found_by_pth\n"},
            during_build="import found_by_pth, sys, subprocess\n"
            "assert sys.pth_was_run\n"
            "subprocess.check_call([sys.executable, '-I', '-c', 'import found_by_pth'])",
        ),
        body='depends_on("py-pth", type=("build", "run"))',
    )
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [py-user]\n  view: ./view\n")
    program("-e", environment, "install")
    shown = clean_run([environment / "view/bin/python3", "-c", "import user, found_by_pth; print(found_by_pth.VALUE)"])
    assert shown.stdout.strip() == "42"


def test_p13_a_venv_as_external_python_is_followed_to_its_base(world: World, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    clean_run(["/usr/bin/python3", "-m", "venv", "--without-pip", venv])
    program = world.program.with_root(tmp_path / "root", path=f"{venv}/bin:/usr/bin:/bin")
    shown = program("spec", "--json", "python-venv").json()
    pythons = [node for node in shown["nodes"].values() if node["name"] == "python"]
    assert [node["external"]["prefix"] for node in pythons] == ["/usr"]
    program("install", "python-venv")
    prefix = Path(program("location", "python-venv").stdout.strip())
    assert (
        os.readlink(prefix / "bin" / "python3").startswith("/usr/bin/")
        or (prefix / "bin/python3").resolve() == Path("/usr/bin/python3").resolve()
    )


def test_p13_a_shim_is_followed_to_its_base(world: World, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name, target in (("python3", sys.executable), ("python3.8", None)):
        shim = shims / name
        shim.write_text(
            f'#!/bin/sh\nexec {target} "$@"\n' if target else "#!/bin/sh\necho no such version >&2\nexit 127\n"
        )
        shim.chmod(0o755)
    program = world.program.with_root(tmp_path / "root", path=f"{shims}:/bin")
    found = program("external", "find", "python", "--json").json()["packages"]["python"]["externals"]
    prefixes = {entry["prefix"] for entry in found}
    assert str(shims) not in prefixes and str(tmp_path) not in prefixes
    base = clean_run([sys.executable, "-c", "import sys; print(sys.base_prefix)"]).stdout.strip()
    assert base in prefixes
