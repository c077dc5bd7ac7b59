"""Rows P: what recipes may rely on when they have to do with Python, each on real builds with this system's own Python
as the external base. Layout and isolation have files of their own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from acceptance.conftest import SITE, World
from support.program import Program, clean_run
from support.recipes import RecipeRepository, python_project


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
