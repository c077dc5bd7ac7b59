"""pip in a view: the real one, from the wheel that the base Python brings."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.python import byte_compile, install_wheel
from outcrop.spec.graph import Edge, node_hash
from outcrop.store import Seal, content_digest, scan_prefix
from outcrop.view import LinkType, ViewOptions, apply_view, plan_view
from support.compare_venvs import compare
from support.prefixes import install_files, make_node, seal_prefix
from support.venv_packages import SYSTEM_PYTHON, Environment, make_environment, run

LINK_TYPES: list[LinkType] = ["symlink", "hardlink", "copy"]


pytestmark = pytest.mark.slow


def pip_wheel() -> Path:
    """A wheel that an ``ensurepip`` installs, of the Python that runs the tests or else of the system's."""
    code = "import ensurepip, os; print(os.path.dirname(ensurepip.__file__))"
    places = []
    for python in (sys.executable, SYSTEM_PYTHON):
        done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True)
        places.append(Path(done.stdout.strip() or "/nowhere") / "_bundled")
    wheels = [wheel for place in [*places, Path("/usr/share/python-wheels")] for wheel in place.glob("pip-*.whl")]
    if not wheels:
        pytest.skip("no Python here brings pip")
    return wheels[0]


def follows_links(wheel: Path) -> bool:
    """Debian's pip takes a link for what it leads to, and then refuses to uninstall it from a virtual environment."""
    with zipfile.ZipFile(wheel) as archive:
        return b"    path = normalize_path(path)\n" in archive.read("pip/_internal/utils/misc.py")


def make_wheel(directory: Path, name: str, version: str) -> Path:
    """A pure wheel with one module and one script."""
    path = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"version = '{version}'\ndef main():\n    print('{name}', version)\n",
        f"{name}/data_{version.replace('.', '_')}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{member},,\n" for member in [*files, f"{info}/RECORD"]))
    return path


def install(environment: Environment, name: str, version: str, wheel: Path) -> Seal:
    """A wheel as a package of its own."""
    edges = tuple(Edge(hash=key, types=("link", "run")) for key in sorted([environment.venv.hash]))
    node = make_node(name, version, edges=edges)
    prefix = environment.store.prepare(node_hash(node), node)
    python = environment.venv_prefix / "bin" / "python3"
    install_wheel(wheel, prefix, python=python, facts=environment.facts)
    byte_compile(prefix, python=python, facts=environment.facts)
    return seal_prefix(environment.store, node, venv=environment.venv_prefix)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    directory = tmp_path_factory.mktemp("pip")
    made = make_environment(directory)
    made.packages["py-pip"] = install(made, "py-pip", "1", pip_wheel())
    made.packages["py-tool"] = install(made, "py-tool", "1.0", make_wheel(directory, "tool", "1.0"))
    yield made
    for seal in made.seals:
        if seal.node.external is None:
            assert content_digest(scan_prefix(Path(seal.prefix))) == seal.content, f"{seal.prefix} changed"


def pip(view: Path, *arguments: str | Path) -> str:
    return run([view / "bin/pip", "--disable-pip-version-check", *arguments], PIP_NO_CACHE_DIR="1", PIP_NO_INDEX="1")


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_v01_a_view_of_pip_is_what_venv_makes(environment: Environment, link_type: LinkType, tmp_path: Path) -> None:
    view = tmp_path / "view"
    seals = [environment.python, environment.venv, environment.packages["py-pip"]]
    apply_view(plan_view(seals, ViewOptions(root=view, link_type=link_type)))
    reference = tmp_path / "reference"
    done = subprocess.run([environment.interpreter.executable, "-m", "venv", reference], capture_output=True)
    if done.returncode != 0:
        pytest.skip("the system's Python has no ensurepip")
    assert compare(view, reference) == []
    assert pip(view, "list").split()[-2].lower() == "pip"
    assert f" from {view}/{environment.facts.purelib}/pip" in pip(view, "--version")


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_v10_pip_changes_the_view_and_never_the_store(
    environment: Environment, link_type: LinkType, tmp_path: Path
) -> None:
    if link_type == "symlink" and follows_links(pip_wheel()):
        pytest.skip("this pip removes no links")
    view = tmp_path / "view"
    options = ViewOptions(root=view, link_type=link_type)
    apply_view(plan_view(environment.seals, options))
    assert run([view / "bin/tool"]) == "tool 1.0\n"
    pip(view, "install", make_wheel(tmp_path, "extra", "1.0"))
    assert run([view / "bin/extra"]) == "extra 1.0\n"
    pip(view, "install", "--upgrade", make_wheel(tmp_path, "tool", "2.0"))
    assert run([view / "bin/tool"]) == "tool 2.0\n"
    for seal in environment.seals:
        if seal.node.external is None:
            assert content_digest(scan_prefix(Path(seal.prefix))) == seal.content
    more = install_files(environment.store, make_node(f"more-{link_type}"), {"share/more": "more"})
    result = apply_view(plan_view([*environment.seals, more], options))
    assert run([view / "bin/extra"]) == "extra 1.0\n", "the user's own package survives"
    assert run([view / "bin/tool"]) == "tool 1.0\n", "the environment's release is back"
    assert any("tool-2.0.dist-info" in path for path in result.aside)
    listed = dict(line.split()[:2] for line in pip(view, "list").splitlines()[2:])
    assert (listed["tool"], listed["extra"]) == ("1.0", "1.0")
    pip(view, "uninstall", "-y", "extra", "tool")
    assert not (view / "bin/tool").exists() and not (view / "bin/extra").exists()
    assert pip(view, "check").strip() == "No broken requirements found."
