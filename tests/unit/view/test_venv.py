"""Views made from sealed prefixes, run by real interpreters."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from outcrop.store import Seal, Store, content_digest, scan_prefix
from outcrop.view import LinkType, ViewConflictError, ViewOptions, ViewPlan, apply_view, plan_view
from support.compare_venvs import compare, read_configuration
from support.prefixes import external_node, external_seal, install_files, make_node, write_tree
from support.venv_packages import SYSTEM_PYTHON, Environment, make_environment, run

LINK_TYPES: list[LinkType] = ["symlink", "hardlink", "copy"]


def _pythons() -> list[Path]:
    """The system's own Python and another one: a 3.13 where pyenv has one, else the one that runs the tests."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    others = [
        *sorted(pyenv.glob("3.13*/bin/python3.13")),
        Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}"),
    ]
    paths = [path for path in (SYSTEM_PYTHON, others[0]) if path.exists()]
    return list({os.path.realpath(path): path for path in paths}.values())


@pytest.fixture(scope="module", params=_pythons(), ids=str)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    made = make_environment(tmp_path_factory.mktemp("environment"), request.param)
    made.add_hello()
    yield made
    for seal in made.seals:
        if seal.node.external is None:
            assert content_digest(scan_prefix(Path(seal.prefix))) == seal.content, f"{seal.prefix} changed"


def make_view(
    root: Path, seals: list[Seal], link_type: LinkType = "symlink", **options: object
) -> tuple[Path, ViewPlan]:
    plan = plan_view(seals, ViewOptions(root=root, link_type=link_type, **options))  # type: ignore[arg-type]
    apply_view(plan)
    return root, plan


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_v01_a_view_of_python_venv_is_what_venv_makes(
    environment: Environment, link_type: LinkType, tmp_path: Path
) -> None:
    view, _ = make_view(tmp_path / "view", [environment.python, environment.venv], link_type)
    reference = tmp_path / "reference"
    run([environment.interpreter.executable, "-m", "venv", "--without-pip", reference])
    assert compare(view, reference) == []


def test_the_comparison_sees_differences(environment: Environment, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    run([environment.interpreter.executable, "-m", "venv", "--without-pip", one])
    run([environment.interpreter.executable, "-m", "venv", "--without-pip", "--system-site-packages", other])
    (other / "bin" / "extra").write_text("")
    found = "\n".join(compare(one, other))
    for expected in ("include-system-site-packages: false | true", "bin/extra: missing | there", "site.PREFIXES"):
        assert expected in found


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_v03_packages_import_and_scripts_run_in_every_link_type(
    environment: Environment, link_type: LinkType, tmp_path: Path
) -> None:
    view, plan = make_view(
        tmp_path / "my view" if link_type == "copy" else tmp_path / "view", environment.seals, link_type
    )
    python = view / "bin" / "python3"
    answer = run([python, "-c", "import sys, hello; print(sys.prefix, hello.__file__, sys.hello_pth)"])
    site = view / environment.facts.purelib
    assert answer.strip() == f"{view} {site / 'hello.py'} True"
    assert plan.venv
    for script in ("hello", "hello3", "hello-w", "hello-long", "hello.sh"):
        if " " in str(view) and script == "hello.sh":
            continue  # an unquoted path in a shell script is not ours to quote
        assert run([view / "bin" / script, "a b"]).strip() == f"hello {view} a b", script
    kernel = json.loads((view / "share/jupyter/kernels/hello/kernel.json").read_text())
    assert kernel["argv"][0] == str(python)
    assert run([*kernel["argv"], "x"]).strip() == f"hello {view} x"
    assert (view / "var" / "empty").is_dir()
    assert not (view / ".outcrop" / "seal.json").exists()
    module = site / "hello.py"
    source = Path(environment.packages["py-hello"].prefix) / environment.facts.purelib / "hello.py"
    assert module.is_symlink() == (link_type == "symlink")
    assert (module.stat().st_ino == source.stat().st_ino) == (link_type != "copy")
    if link_type == "copy":
        assert os.access(module, os.W_OK) and module.stat().st_mode & 0o200


def test_v05_scripts_keep_arguments_mode_and_links(environment: Environment, tmp_path: Path) -> None:
    view, _ = make_view(tmp_path / "view", environment.seals)
    assert (view / "bin/hello-w").read_text().startswith(f"#!{view}/bin/python3 -W error\n")
    assert (view / "bin/hello-long").read_text().startswith(f"#!{view}/bin/python3\n"), "short enough here"
    assert (view / "bin/hello").stat().st_mode & 0o111
    assert not (view / "bin/hello").is_symlink()
    assert (view / "bin/hello3").readlink() == Path("hello")
    for path in view.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name != "view.json" and path.suffix != ".pyc":
            assert environment.venv.prefix not in path.read_text(), path


def test_v05_a_long_root_makes_trampolines_and_a_module_that_names_python_loses_its_byte_code(
    environment: Environment, tmp_path: Path
) -> None:
    view, plan = make_view(tmp_path / ("long-" * 30) / "view", environment.seals)
    assert (view / "bin/hello").read_text().startswith("#!/bin/sh\n'''exec' ")
    assert run([view / "bin/hello", "x"]).strip() == f"hello {view} x"
    assert run([view / "bin/hello-w", "x"]).strip() == f"hello {view} x"
    answer = run([view / "bin/python", "-c", "import greetings; print(greetings.PYTHON)"])
    assert answer.strip() == f"{view}/bin/python3"
    compiled = [item.path for item in plan.items if "__pycache__" in item.path]
    assert any("hello.cpython" in path for path in compiled)
    assert not any("greetings" in path for path in compiled)


def test_v02_a_view_of_an_external_python_alone_is_no_venv(environment: Environment, tmp_path: Path) -> None:
    view, plan = make_view(tmp_path / "view", [environment.python])
    assert not plan.venv
    assert not (view / "pyvenv.cfg").exists()
    xy = environment.interpreter.xy
    answer = run([view / "bin" / f"python{xy}", "-c", "import sys; print(sys.prefix == sys.base_prefix)"])
    assert answer.strip() == "True"
    assert "VIRTUAL_ENV=" not in (view / "bin/activate").read_text().replace("VIRTUAL_ENV_DISABLE", "")


def test_v02_modules_of_any_package_make_it_a_venv(environment: Environment, tmp_path: Path) -> None:
    package = environment.packages["py-hello"]
    view, plan = make_view(
        tmp_path / "view",
        [environment.python, package],
        python=environment.facts,
    )
    assert plan.venv
    assert [rule.old for rule in plan.substitutions] == [environment.venv.prefix]
    assert run([view / "bin/hello", "x"]).strip() == f"hello {view} x"
    reference = tmp_path / "reference"
    run([environment.interpreter.executable, "-m", "venv", "--without-pip", reference])
    for script in (view / "bin").glob("hello*"):
        (reference / "bin" / script.name).write_text("")
        (reference / "bin" / script.name).chmod(0o755)
    (view / ".gitignore").write_text("*")
    (reference / ".gitignore").write_text("*")
    assert compare(view, reference) == []


def test_v02_without_modules_the_python_facts_change_nothing(environment: Environment, tmp_path: Path) -> None:
    tool = install_files(Store(tmp_path / "store"), make_node("tool"), {"bin/tool": "#!/bin/sh\necho tool\n"})
    _, plan = make_view(tmp_path / "view", [environment.python, tool], python=environment.facts)
    assert not plan.venv


def test_v07_an_external_python_has_its_versioned_name(environment: Environment, tmp_path: Path) -> None:
    view, _ = make_view(tmp_path / "view", environment.seals)
    link = view / "bin" / f"python{environment.interpreter.xy}"
    assert link.is_symlink()
    assert os.path.realpath(link) == os.path.realpath(environment.interpreter.executable)
    prefixes = str(environment.store.root)
    for name in ("python", "python3", link.name):
        target = (view / "bin" / name).readlink()
        assert not str(target).startswith(prefixes), "straight to the base Python"


@pytest.mark.parametrize("link_type", LINK_TYPES)
def test_v15_pyvenv_cfg_is_a_file_of_the_view(environment: Environment, link_type: LinkType, tmp_path: Path) -> None:
    view, _ = make_view(tmp_path / "view", environment.seals, link_type)
    path = view / "pyvenv.cfg"
    assert not path.is_symlink() and path.stat().st_nlink == 1
    before = (environment.venv_prefix / "pyvenv.cfg").read_text()
    path.write_text(path.read_text().replace("= false", "= true"))
    assert (environment.venv_prefix / "pyvenv.cfg").read_text() == before
    assert read_configuration(view)["command"].endswith(f"-m venv --without-pip {view}")


def test_with_pip_the_command_is_that_of_a_venv_with_pip(environment: Environment, tmp_path: Path) -> None:
    pip = environment.packages.get("py-pip") or environment.add("py-pip", {"{site}/pip/__init__.py": ""})
    view, _ = make_view(tmp_path / "view", [environment.python, environment.venv, pip])
    assert read_configuration(view)["command"] == f"{environment.interpreter.executable} -m venv {view}"


def test_the_isolation_file_is_left_out(environment: Environment, tmp_path: Path) -> None:
    view, _ = make_view(tmp_path / "view", environment.seals)
    assert not list(view.rglob("*isolation*"))
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "planted.py").write_text("")
    done = subprocess.run(
        [view / "bin/python", "-c", "import planted"], env={"OUTCROP_PYTHON_PATH": str(planted)}, capture_output=True
    )
    assert done.returncode != 0


def test_importing_writes_nothing_and_uses_the_byte_code_of_the_store(environment: Environment, tmp_path: Path) -> None:
    for link_type in LINK_TYPES:
        view, _ = make_view(tmp_path / link_type, environment.seals, link_type)
        before = {path: path.lstat().st_mtime_ns for path in view.rglob("*")}
        listing = run([view / "bin/python", "-v", "-c", "import hello"])
        assert listing == ""
        done = subprocess.run([view / "bin/python", "-v", "-c", "import hello"], capture_output=True, text=True)
        matched = re.search(r"matches .*hello\.py|code object from '?(?P<pyc>[^'\n]*hello[^'\n]*\.pyc)", done.stderr)
        assert matched, done.stderr[-2000:]
        assert {path: path.lstat().st_mtime_ns for path in view.rglob("*")} == before


def test_lib64_of_a_package_is_lib_in_the_view(tmp_path: Path) -> None:
    environment = make_environment(tmp_path)
    assert environment.facts.lib64
    wide = f"lib64/python{environment.interpreter.xy}/site-packages/wide.py"
    environment.add("py-wide", {wide: "x = 1\n"})
    view, _ = make_view(tmp_path / "view", environment.seals)
    assert (view / "lib64").readlink() == Path("lib")
    assert run([view / "bin/python", "-c", "import wide; print(wide.__file__)"]).strip() == str(
        view / environment.facts.purelib / "wide.py"
    )


def test_a_python_in_the_store_is_the_base_and_its_scripts_are_retargeted(tmp_path: Path) -> None:
    """A base Python that is itself a prefix: its programs, its library and its scripts are in the view as well."""
    environment = make_environment(tmp_path)
    store, xy = environment.store, environment.interpreter.xy
    node = make_node("python", environment.interpreter.version)
    key = "a" * 32
    prefix = store.prefix(key, node)
    files: dict[str, str | bytes | Path | None] = {
        f"bin/python{xy}": "stands for the program\n",
        f"bin/pydoc{xy}": f"#!{prefix}/bin/python{xy}\nprint('pydoc')\n",
        f"bin/python{xy}-config": f"#!/bin/sh\necho {prefix}/bin/python{xy}-config\n",
        f"lib/python{xy}/os.py": f"where = '{prefix}/bin/python{xy}'\n",
    }
    store.prepare(key, node)
    write_tree(prefix, files)
    entries = scan_prefix(prefix)
    python = Seal(schema=1, hash=key, node=node, prefix=str(prefix), entries=entries)
    facts = msgspec.structs.replace(environment.facts, base_prefix=str(prefix))
    venv = msgspec.structs.replace(environment.venv, venv=facts)
    view = tmp_path / "view"
    plan = plan_view([python, venv], ViewOptions(root=view))
    kinds = {item.path: item.kind for item in plan.items}
    assert kinds[f"bin/pydoc{xy}"] == "rewrite"
    assert kinds[f"lib/python{xy}/os.py"] == "file"
    assert kinds[f"bin/python{xy}"] == "link", "python-venv wins for bin/python*"
    apply_view(plan)
    assert (view / f"bin/pydoc{xy}").read_text().startswith(f"#!{view}/bin/python{xy}\n")
    assert run([view / f"bin/pydoc{xy}"]).strip() == "pydoc"


def test_two_pythons_are_refused(environment: Environment, tmp_path: Path) -> None:
    other = external_seal(external_node("python", "3.7.1", tmp_path))
    with pytest.raises(ViewConflictError) as caught:
        plan_view([*environment.seals, other], ViewOptions(root=tmp_path / "view"))
    assert "python@3.7.1" in str(caught.value) and environment.interpreter.version in str(caught.value)
    assert caught.value.hint is not None and "exclude" in caught.value.hint


def test_scripts_of_two_environments_do_not_mix(environment: Environment, tmp_path: Path) -> None:
    one, _ = make_view(tmp_path / "one", environment.seals)
    other, _ = make_view(tmp_path / "other", environment.seals)
    assert run([one / "bin/hello"]).strip() == f"hello {one}"
    assert run([other / "bin/hello"]).strip() == f"hello {other}"
