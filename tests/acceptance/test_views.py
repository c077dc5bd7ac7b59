"""Rows V: views are virtual environments."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.conftest import World
from support.compare_venvs import compare
from support.program import SYSTEM_PATH, Program, clean_run
from support.recipes import RecipeRepository, python_project

LINK_TYPES = ["symlink", "hardlink", "copy"]
CONSOLE_SCRIPTS = {"black": "black, ", "isort": "VERSION", "flake8": "mccabe", "mypy": "mypy 1."}


def python_of(version: str) -> Path | None:
    """An interpreter of this version among those of the machine."""
    roots = [Path("/usr/bin"), Path("/usr/local/bin"), *sorted(Path.home().glob(".pyenv/versions/*/bin"))]
    return next((root / f"python{version}" for root in roots if (root / f"python{version}").exists()), None)


def store_state(world: World) -> dict[str, tuple[int, int, int]]:
    """Every file of the store's prefixes: mode, size and time of change of content."""
    found = {}
    for top, directories, names in os.walk(world.prefixes):
        for name in [*directories, *names]:
            status = os.lstat(os.path.join(top, name))
            found[os.path.join(top, name)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def make_environment(world: World, directory: Path, specs: str, view: str) -> Path:
    """An environment over the shared store; nothing is built if the store has it."""
    environment = world.program.environment_at(directory, f"spack:\n  specs: {specs}\n  view: {view}\n")
    world.program("-e", environment, "install")
    return environment


def base_program(python: Path) -> Path:
    """The program of the base Python under its full name, which is what a python-venv is made with: links are named
    after it."""
    shown = clean_run(
        [python, "-c", "import sys; print('%s/bin/python%d.%d' % (sys.base_prefix, *sys.version_info[:2]))"]
    )
    return Path(shown.stdout.strip())


def test_v01_py_pip_equals_python_m_venv(world: World, tmp_path: Path) -> None:
    clean_run([base_program(Path("/usr/bin/python3")), "-m", "venv", tmp_path / "venv"])
    # pip comes in the recipe's version, and ensurepip of 3.11 adds setuptools: neither shows in what is compared.
    assert compare(world.pip_view, tmp_path / "venv") == []
    listed = json.loads(clean_run([world.pip_view / "bin/pip", "list", "--format=json"]).stdout)
    assert [each["name"] for each in listed] == ["pip"]
    assert str(world.pip_view) in clean_run([world.pip_view / "bin/pip", "--version"]).stdout


def test_v01_python_venv_equals_a_venv_without_pip(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[python-venv]", "./view")
    clean_run([base_program(Path("/usr/bin/python3")), "-m", "venv", "--without-pip", tmp_path / "venv"])
    assert compare(environment / "view", tmp_path / "venv") == []


def test_v01_whatever_name_the_base_python_is_called_by(world: World, tmp_path: Path) -> None:
    """Under the short name, ``venv`` makes the same links in another order and notes the name: nothing else differs."""
    clean_run(["/usr/bin/python3", "-m", "venv", tmp_path / "venv"])
    found = compare(world.pip_view, tmp_path / "venv")
    assert [line for line in found if not line.startswith(("bin/python", "pyvenv.cfg: command"))] == []
    names = {path.name for path in (tmp_path / "venv" / "bin").iterdir()}
    assert {path.name for path in (world.pip_view / "bin").iterdir()} == names


def test_v01_with_another_python(world: World, program: Program, tmp_path: Path) -> None:
    python = python_of("3.13")
    if python is None:
        pytest.skip("there is no Python 3.13 on this machine")
    base = clean_run([python, "-c", "import sys; print(sys.base_prefix)"]).stdout.strip()
    environment = program.environment_at(
        tmp_path / "env",
        "spack:\n  specs: [py-pip]\n  view: ./view\n  packages:\n    python:\n      buildable: false\n"
        f"      externals:\n      - {{spec: python@3.13, prefix: {base}}}\n",
    )
    program("-e", environment, "install")
    clean_run([base_program(python), "-m", "venv", tmp_path / "venv"])
    assert compare(environment / "view", tmp_path / "venv") == []
    clean_run([environment / "view/bin/pip", "--version"])


def test_v02_python_alone_is_not_a_venv(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[python]", "./view")
    assert not (environment / "view" / "pyvenv.cfg").exists()


def test_v02_a_package_with_modules_makes_the_view_a_venv(world: World, program: Program, tmp_path: Path) -> None:
    """Also one that only depends on python, without extending it."""
    repository = RecipeRepository(tmp_path)
    repository.recipe(
        "plain-modules",
        "from spack.package import *\n\n\nclass PlainModules(Package):\n"
        '    """A trial."""\n\n    has_code = False\n    version("1.0")\n'
        '    depends_on("python", type=("build", "run"))\n\n'
        "    def install(self, spec, prefix):\n"
        '        xy = spec["python"].version.up_to(2)\n'
        '        site = join_path(prefix, "lib", f"python{xy}", "site-packages")\n'
        "        mkdirp(site)\n"
        '        with open(join_path(site, "plain_module.py"), "w") as stream:\n'
        '            stream.write("VALUE = 7\\n")\n',
    )
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [plain-modules]\n  view: ./view\n")
    program("-e", environment, "install")
    view = environment / "view"
    shown = clean_run([view / "bin/python3", "-c", "import plain_module, sys; print(plain_module.VALUE, sys.prefix)"])
    assert shown.stdout.split() == ["7", str(view)]


@pytest.fixture(params=LINK_TYPES)
def typed_view(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Path:
    """The tools environment once more, with a view of each link type."""
    environment = tmp_path / "env"
    environment.mkdir()
    text = (world.tools / "spack.yaml").read_text().replace("view: ./view", "")
    text += f"  view:\n    default:\n      root: ./view\n      link_type: {request.param}\n"
    (environment / "spack.yaml").write_text(text)
    world.program("-e", environment, "install")
    return environment / "view"


def test_v03_every_link_type_passes_the_same_suite(typed_view: Path, world: World, tmp_path: Path) -> None:
    before = store_state(world)
    shown = clean_run([typed_view / "bin/python3", "-c", "import sys; print(sys.prefix, sys.base_prefix)"]).stdout
    assert shown.split() == [str(typed_view), "/usr"]
    for module in ("black", "isort", "flake8", "mypy.main", "markupsafe._speedups", "click", "pathspec"):
        clean_run([typed_view / "bin/python3", "-c", f"import {module}"])
    for script, expected in CONSOLE_SCRIPTS.items():
        assert expected in clean_run([typed_view / "bin" / script, "--version"]).stdout
    code = tmp_path / "messy.py"
    code.write_text("import sys, os\nx = {  'a':1 }\n")
    clean_run([typed_view / "bin/isort", code])
    clean_run([typed_view / "bin/black", "-q", code])
    assert code.read_text() == 'import os\nimport sys\n\nx = {"a": 1}\n'
    assert store_state(world) == before, "nothing was written through a link"


def test_v03_the_link_types_are_what_they_say(world: World, tmp_path: Path) -> None:
    prefix = world.prefix("py-black")
    original = next(prefix.rglob("site-packages/black/linegen.py"))
    relative = original.relative_to(prefix)
    for link_type in LINK_TYPES:
        environment = world.program.environment_at(
            tmp_path / link_type,
            f"spack:\n  specs: [py-black]\n  view:\n    v: {{root: ./view, link_type: {link_type}}}\n",
        )
        world.program("-e", environment, "install")
        placed = environment / "view" / relative
        if link_type == "symlink":
            assert placed.is_symlink() and placed.resolve() == original
        else:
            assert not placed.is_symlink()
            assert (placed.stat().st_ino == original.stat().st_ino) == (link_type == "hardlink")


def test_v03_hard_links_across_file_systems_become_copies_with_one_warning(world: World, tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == world.prefixes.stat().st_dev or not os.access(other, os.W_OK):
        pytest.skip("there is no second file system to write to")
    root = other / f"outcrop-test-{os.getpid()}"
    try:
        environment = world.program.environment_at(
            tmp_path / "env", f"spack:\n  specs: [py-pip]\n  view:\n    v: {{root: {root}, link_type: hardlink}}\n"
        )
        ran = world.program("-e", environment, "install")
        assert ran.stderr.count("Warning:") == 1 and "cop" in ran.stderr
        assert "pip" in clean_run([root / "bin/pip", "--version"]).stdout
    finally:
        shutil.rmtree(root, ignore_errors=True)


SHELL_SCRIPT = """
set -u
%(before)s
env -0 | sort -z > "%(out)s/before"
set > "%(out)s/before-set"
. "%(view)s/bin/activate"
printf '%%s\\n' "$VIRTUAL_ENV" "$(command -v python)" "$(command -v black)" > "%(out)s/active"
python -c 'import sys, black; print(sys.prefix)' >> "%(out)s/active"
deactivate
env -0 | sort -z > "%(out)s/after"
"""


@pytest.mark.parametrize("shell", ["bash", "dash", "sh"])
@pytest.mark.parametrize(
    "before",
    [
        ":",
        'export VIRTUAL_ENV="/elsewhere with space"',
        "unset PS1 || true",
        "PS1='my prompt '; export PS1; PATH=\"$PATH:\"; export PATH",
        "export MANPATH= ; export PYTHONHOME=/nonexistent-python-home; export VIRTUAL_ENV_PROMPT=x",
    ],
)
def test_v04_activate_and_deactivate_leave_the_environment_as_it_was(
    world: World, tmp_path: Path, shell: str, before: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    script = SHELL_SCRIPT % {"before": before, "out": tmp_path, "view": world.tools_view}
    done = subprocess.run(
        [shell, "-c", script], env={"PATH": SYSTEM_PATH, "TERM": "dumb"}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
    view = str(world.tools_view)
    assert (tmp_path / "active").read_text().splitlines() == [view, f"{view}/bin/python", f"{view}/bin/black", view]


def test_v04_activation_needs_no_process_and_names_the_public_path(world: World) -> None:
    script = world.tools_view / "bin" / "activate"
    assert not script.is_symlink() and str(world.tools_view) in script.read_text()
    assert "._" not in script.read_text() and str(world.prefixes) not in script.read_text()
    stock = world.prefix("python-venv") / "bin" / "activate"
    assert stock.read_text() != script.read_text(), "the venv node keeps the stock script"
    printed = world.program("env", "activate", world.tools).stdout
    assert printed.strip() == f". {script}"


def test_v05_scripts_start_the_views_python(world: World) -> None:
    store = str(world.prefixes)
    scripts = [
        path for path in (world.tools_view / "bin").iterdir() if path.is_file() and not path.name.startswith("python")
    ]
    assert len(scripts) >= 8
    for script in scripts:
        if script.name.lower().startswith("activate"):
            continue
        text = script.read_text()
        assert text.startswith(f"#!{world.tools_view}/bin/python"), script
        assert store not in text, script


def test_v05_linked_scripts_and_files_that_name_the_interpreter(world: World, program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package(
        "py-tool",
        python_project(
            "py-tool",
            modules={"tool.py": "import sys\ndef main():\n    print(sys.prefix)\n"},
            scripts={"tool": "tool:main"},
        ),
        body="""
@run_after("install")
def more(self):
    import os
    os.symlink("tool", self.prefix.bin.tool3)
    kernel = self.prefix.share.jupyter.kernels.trial
    mkdirp(kernel)
    with open(join_path(kernel, "kernel.json"), "w") as stream:
        stream.write('{"argv": ["%s", "-m", "tool"]}' % self.spec["python"].command.path)
""",
    )
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [py-tool]\n  view: ./view\n")
    program("-e", environment, "install")
    view = environment / "view"
    for name in ("tool", "tool3"):
        assert clean_run([view / "bin" / name]).stdout.strip() == str(view)
    kernel = json.loads((view / "share/jupyter/kernels/trial/kernel.json").read_text())
    assert kernel["argv"][0] == f"{view}/bin/python3"
    prefix = Path(program("location", "py-tool").stdout.strip())
    assert str(view) not in (prefix / "share/jupyter/kernels/trial/kernel.json").read_text()


def test_v07_an_external_base_gives_python_in_the_view(world: World) -> None:
    for view in (world.pip_view, world.tools_view):
        names = {path.name for path in (view / "bin").glob("python*")}
        xy = clean_run([view / "bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
        assert names >= {"python", "python3", f"python{xy}"}
        for name in names:
            assert (view / "bin" / name).resolve() == Path("/usr/bin/python3").resolve()


def test_v09_whoever_starts_during_updates_sees_a_whole_view(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[py-click, py-pip]", "./view")
    view = environment / "view"
    stop = tmp_path / "stop"
    watcher = tmp_path / "watch.py"
    watcher.write_text(
        "import pathlib, subprocess, sys\n"
        "view, stop = map(pathlib.Path, sys.argv[1:])\n"
        "runs = bad = 0\n"
        "while not stop.exists():\n"
        "    done = subprocess.run([view / 'bin/pip', '--version'], capture_output=True, text=True)\n"
        "    runs += 1\n"
        "    if done.returncode != 0 or str(view) not in done.stdout:\n"
        "        bad += 1; sys.stderr.write(done.stderr)\n"
        "print(runs, bad)\n"
    )
    process = subprocess.Popen(
        ["/usr/bin/python3", watcher, view, stop], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        for specs in ("[py-pip]", "[py-pip, py-click, py-black]", "[py-pip, py-pathspec]", "[py-pip, py-click]"):
            make_environment(world, environment, specs, "./view")
    finally:
        stop.touch()
        shown, errors = process.communicate(timeout=60)
    runs, bad = map(int, shown.split())
    assert runs > 0 and bad == 0, errors


def test_v10_files_of_the_users_survive_an_update_and_the_store_is_untouched(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[py-pip, py-click]", "./view")
    view = environment / "view"
    before = store_state(world)
    project = tmp_path / "mine"
    for name, text in python_project("py-mine", modules={"mine.py": "VALUE = 1\n"}).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    clean_run([view / "bin/pip", "install", "--no-build-isolation", "--no-index", project], cwd=tmp_path)
    clean_run([view / "bin/pip", "uninstall", "-y", "click"], cwd=tmp_path)
    make_environment(world, environment, "[py-pip, py-click, py-pathspec]", "./view")
    clean_run([view / "bin/python", "-c", "import mine, click, pathspec"])
    assert store_state(world) == before


def test_v15_pyvenv_cfg_is_a_real_file(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[py-pip]", "./view")
    configuration = environment / "view" / "pyvenv.cfg"
    assert not configuration.is_symlink() and configuration.stat().st_nlink == 1
    stored = world.prefix("python-venv") / "pyvenv.cfg"
    before = stored.read_bytes()
    configuration.write_text(configuration.read_text().replace("= false", "= true"))
    assert stored.read_bytes() == before


def _writable(path: Path) -> Iterator[Path]:
    for top, directories, names in os.walk(path):
        for name in [*directories, *names]:
            child = Path(top, name)
            if not child.is_symlink() and child.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                yield child


def test_sealed_prefixes_are_read_only_and_compiled(world: World) -> None:
    prefix = world.prefix("py-black")
    assert list(_writable(prefix)) == [prefix / ".outcrop"], "the seal's own marks can be replaced"
    assert list(prefix.rglob("__pycache__/linegen.*.pyc"))


def test_an_unchanged_environment_is_not_written_to(world: World) -> None:
    def state(root: Path) -> dict[str, tuple[int, int]]:
        found = {}
        for top, directories, names in os.walk(root):
            for name in [*directories, *names]:
                status = os.lstat(os.path.join(top, name))
                found[os.path.join(top, name)] = (status.st_mtime_ns, status.st_ino)
        return found

    world.program("-e", world.pip, "install")
    before = (state(world.pip), state(world.program.root / "store"))
    world.program("-e", world.pip, "install")
    assert (state(world.pip), state(world.program.root / "store")) == before


def test_the_view_regenerates(world: World, tmp_path: Path) -> None:
    environment = make_environment(world, tmp_path / "env", "[py-pip]", "./view")
    (environment / "view/bin/pip").unlink()
    world.program("env", "view", "regenerate", environment)
    assert "pip" in clean_run([environment / "view/bin/pip", "--version"]).stdout


def test_something_that_is_no_view_is_not_replaced(world: World, tmp_path: Path) -> None:
    environment = world.program.environment_at(tmp_path / "env", "spack:\n  specs: [python-venv]\n  view: ./data\n")
    (environment / "data").mkdir()
    (environment / "data" / "precious").write_text("x")
    ran = world.program("-e", environment, "install", status=1)
    assert str(environment / "data") in ran.stderr
    assert (environment / "data" / "precious").read_text() == "x"


def test_an_activated_environment_is_the_one_commands_work_on(world: World) -> None:
    show = 'printf "%s\\n" "${OUTCROP_ENV-gone}"'
    script = f'. "{world.tools_view}/bin/activate"; {show}; deactivate; {show}'
    shown = clean_run(["sh", "-c", script]).stdout.split()
    assert shown == [str(world.tools), "gone"]
    active = world.program.with_root(world.program.root, extra={"OUTCROP_ENV": shown[0]})
    assert str(world.tools) in active("env", "status").stdout
