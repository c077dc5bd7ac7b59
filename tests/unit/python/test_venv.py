from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from outcrop.python import (
    ISOLATION_FILE,
    ISOLATION_VARIABLE,
    Interpreter,
    VenvError,
    create_venv,
    describe_venv,
    isolation_pth,
    isolation_variables,
    probe,
)
from support.pythons import SYSTEM, chosen_pythons, every_python, label, output


def tree(root: Path) -> dict[str, str]:
    """Every path below ``root`` with what it is: kind, link target, content."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = Path(directory, name)
            if path.is_symlink():
                what = f"-> {path.readlink()}"
            elif path.is_dir():
                what = "directory"
            else:
                what = path.read_text().replace(str(root), "ROOT")
            found[str(path.relative_to(root))] = what
    return found


def namespaces_allowed() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("interpreter", every_python(), ids=label)
def test_p02_is_the_venv_that_the_base_makes(tmp_path: Path, interpreter: Interpreter) -> None:
    facts = create_venv(interpreter, tmp_path / "ours")
    stock: list[str | Path] = [interpreter.executable, "-m", "venv", "--without-pip", tmp_path / "theirs" / "ours"]
    output(stock)
    ours, theirs = tree(tmp_path / "ours"), tree(tmp_path / "theirs" / "ours")
    assert ours.pop(f"{facts.purelib}/{ISOLATION_FILE}") == isolation_pth()[1]
    configuration = [entry.pop("pyvenv.cfg").splitlines() for entry in (ours, theirs)]
    without_command = [[line for line in lines if not line.startswith("command")] for lines in configuration]
    assert ours == theirs
    assert without_command[0] == without_command[1]
    assert {"include", "bin/activate", "bin/activate.fish", "bin/activate.csh"} <= set(ours)
    assert {"bin/python", "bin/python3", f"bin/python{interpreter.xy}"} <= set(ours)
    for name in ("python", "python3", f"python{interpreter.xy}"):
        assert (tmp_path / "ours/bin" / name).resolve() == Path(interpreter.executable).resolve()
    assert facts == describe_venv(interpreter)
    assert facts.lib64 == (tmp_path / "ours/lib64").is_symlink()


@pytest.mark.parametrize("interpreter", chosen_pythons(), ids=label)
def test_p04_facts_are_the_paths_of_the_venv(tmp_path: Path, interpreter: Interpreter) -> None:
    facts = create_venv(interpreter, tmp_path / "venv")
    code = (
        "import json, sysconfig; print(json.dumps([sysconfig.get_path(n) for n in ('purelib', 'platlib', 'scripts')]))"
    )
    paths = json.loads(output([tmp_path / "venv/bin/python3", "-I", "-c", code]))
    assert paths == [str(tmp_path / "venv" / place) for place in (facts.purelib, facts.platlib, facts.scripts)]
    assert facts.purelib == f"lib/python{interpreter.xy}/site-packages"


def test_into_an_empty_directory_with_a_space(tmp_path: Path) -> None:
    prefix = tmp_path / "a b"
    prefix.mkdir()
    create_venv(probe(SYSTEM), prefix, prompt="mine")
    assert output([prefix / "bin/python", "-c", "import sys; print(sys.prefix)"]).strip() == str(prefix)
    assert "prompt = 'mine'" in (prefix / "pyvenv.cfg").read_text()


def test_p10_system_site_packages(tmp_path: Path) -> None:
    interpreter = probe(SYSTEM)
    facts = create_venv(interpreter, tmp_path / "open", system_site_packages=True)
    assert facts.system_site_packages
    assert "include-system-site-packages = true" in (tmp_path / "open/pyvenv.cfg").read_text()
    shown = output([tmp_path / "open/bin/python", "-c", "import sys; print(sys.path)"])
    if Path("/usr/lib/python3/dist-packages").is_dir():
        assert "/usr/lib/python3/dist-packages" in shown


def test_p02_works_without_ensurepip(tmp_path: Path) -> None:
    """ensurepip is hidden by a bind mount, as on a distribution that split it off; the venv is made under the mount."""
    if not namespaces_allowed():
        pytest.skip("this kernel allows no user and mount namespaces")
    interpreter = probe(SYSTEM)
    standard = output([interpreter.executable, "-I", "-c", "import os; print(os.path.dirname(os.__file__))"]).strip()
    hidden = Path(standard, "ensurepip")
    if not hidden.is_dir():
        pytest.skip("this system's Python has no ensurepip to hide")
    empty = tmp_path / "empty"
    empty.mkdir()
    code = (
        "from pathlib import Path\n"
        "from outcrop.python import create_venv, probe\n"
        f"interpreter = probe(Path({str(SYSTEM)!r}))\n"
        "assert interpreter.has_venv and not interpreter.has_ensurepip\n"
        f"create_venv(interpreter, Path({str(tmp_path / 'venv')!r}))\n"
    )
    under_mount = f'mount --bind {empty} {hidden} && exec "$@"'
    output(["unshare", "-rm", "sh", "-c", under_mount, "sh", sys.executable, "-c", code])
    assert output([tmp_path / "venv/bin/python", "-c", "import sys; print(sys.prefix)"]).strip() == str(
        tmp_path / "venv"
    )


def test_no_venv_module_says_what_to_install(tmp_path: Path) -> None:
    interpreter = probe(SYSTEM)
    split = Interpreter(
        **{name: getattr(interpreter, name) for name in interpreter.__struct_fields__} | {"has_venv": False}
    )
    with pytest.raises(VenvError, match="has no venv module") as caught:
        create_venv(split, tmp_path / "venv")
    assert caught.value.hint is not None
    assert "python3-venv" in caught.value.hint
    assert not (tmp_path / "venv").exists()


def test_failure_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VenvError, match=r"cannot make .*/file a virtual environment") as caught:
        create_venv(probe(SYSTEM), tmp_path / "file")
    assert any("file" in line for line in caught.value.details)


REPORT = """
import json, subprocess, sys
def attempt(name):
    try:
        module = __import__(name)
    except ImportError:
        return None
    return module.WHO
names = ["first", "second", "by_pth", "poison_user", "poison_system", "poison_active"]
here = {"path": sys.path, "found": {name: attempt(name) for name in names}, "prefix": sys.prefix}
deeper = int(sys.argv[1])
if deeper:
    command = [sys.executable, "-I", "-c", sys.argv[2], str(deeper - 1), sys.argv[2]]
    here["child"] = json.loads(subprocess.check_output(command))
print(json.dumps(here))
"""


def plant(directory: Path, name: str, who: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.py").write_text(f"WHO = {who!r}\n")
    return directory


def poison(home: Path, interpreter: Interpreter) -> Path:
    """A user site, and an active virtual environment, each with a module and a sitecustomize that must not be seen."""
    user = home / ".local" / interpreter.purelib
    plant(user, "poison_user", "the user's site")
    (user / "bad.pth").write_text("import sys; sys.exit('user .pth ran')\n")
    active = home / "active"
    create_venv(interpreter, active)
    plant(active / interpreter.purelib, "poison_active", "the active environment")
    for directory in (user, active / interpreter.purelib):
        (directory / "sitecustomize.py").write_text("raise SystemExit('a sitecustomize of the user ran')\n")
        (directory / "usercustomize.py").write_text("raise SystemExit('a usercustomize of the user ran')\n")
    return active


@pytest.mark.parametrize("interpreter", every_python(), ids=label)
def test_p03_p12_children_see_what_is_declared_and_nothing_else(tmp_path: Path, interpreter: Interpreter) -> None:
    prefix, home = tmp_path / "venv", tmp_path / "home"
    create_venv(interpreter, prefix)
    active = poison(home, interpreter)
    one = plant(tmp_path / "one/site-packages", "first", "one")
    plant(one, "second", "one")
    two = plant(tmp_path / "two/site-packages", "second", "two")
    plant(two / "inside", "by_pth", "two's .pth")
    (two / "two.pth").write_text("inside\n")
    environment = {
        "PATH": f"{prefix}/bin:{active}/bin:/usr/bin:/bin",
        "HOME": str(home),
        "VIRTUAL_ENV": str(active),
        **isolation_variables([one, two]),
    }
    control = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    bitten = subprocess.run(
        [interpreter.executable, "-c", ""], env=control, capture_output=True, text=True, check=False
    )
    assert "user .pth ran" in bitten.stderr  # the poison works
    shown = json.loads(output([prefix / "bin/python3", "-c", REPORT, "2", REPORT], env=environment, cwd=tmp_path))
    declared = {str(one), str(two), str(two / "inside")}
    allowed = declared | {str(prefix / interpreter.purelib), ""}
    level, depth = shown, 0
    while level is not None:
        assert level["prefix"] == str(prefix), depth
        outside = {path for path in level["path"] if path not in allowed}
        assert all(is_standard_library(path, interpreter) for path in outside), outside
        assert declared <= set(level["path"])
        assert level["found"] == {
            "first": "one",
            "second": "one",
            "by_pth": "two's .pth",
            "poison_user": None,
            "poison_system": None,
            "poison_active": None,
        }
        level, depth = level.get("child"), depth + 1
    assert depth == 3


def is_standard_library(path: str, interpreter: Interpreter) -> bool:
    return path.startswith(
        (f"{interpreter.prefix}/lib/python3", f"{interpreter.prefix}/lib/python{interpreter.xy}")
    ) and ("site-packages" not in path and "dist-packages" not in path)


def test_p03_distribution_packages_are_out_of_reach(tmp_path: Path) -> None:
    """A poisoned directory is mounted over Debian's dist-packages."""
    packages = Path("/usr/lib/python3/dist-packages")
    if not packages.is_dir():
        pytest.skip("no dist-packages on this machine")
    if not namespaces_allowed():
        pytest.skip("this kernel allows no user and mount namespaces")
    poisoned = plant(tmp_path / "poisoned", "poison_system", "the distribution")
    trace = tmp_path / "a .pth of the distribution ran"
    (poisoned / "bad.pth").write_text(f"import os; os.close(os.open({str(trace)!r}, os.O_CREAT))\n")
    prefix = tmp_path / "venv"
    under_mount = f'mount --bind {poisoned} {packages} && exec "$@"'
    mounted = ["unshare", "-rm", "sh", "-c", under_mount, "sh"]
    output([*mounted, SYSTEM, "-c", "import poison_system"])
    trace.unlink()  # the poison works
    code = (
        "from pathlib import Path; from outcrop.python import create_venv, probe; "
        f"create_venv(probe(Path({str(SYSTEM)!r})), Path({str(prefix)!r}))"
    )
    output([*mounted, sys.executable, "-c", code])
    shown = json.loads(output([*mounted, prefix / "bin/python3", "-c", REPORT, "2", REPORT]))
    while shown is not None:
        assert shown["found"]["poison_system"] is None
        assert "dist-packages" not in "".join(shown["path"])
        shown = shown.get("child")
    assert not trace.exists()


@pytest.mark.parametrize("interpreter", chosen_pythons(), ids=label)
def test_isolation_file_does_nothing_when_unset(tmp_path: Path, interpreter: Interpreter) -> None:
    create_venv(interpreter, tmp_path / "venv")
    code = "import sys; print(len(sys.path))"
    command: list[str | Path] = [tmp_path / "venv/bin/python3", "-I", "-c", code]
    unset = output(command)
    gone = {ISOLATION_VARIABLE: f"{tmp_path}/missing::", "PATH": "/usr/bin"}
    assert output(command, env=gone) == unset
    done = subprocess.run([*map(str, command)], env=gone, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_no_declared_dependency_gives_no_pythonpath() -> None:
    assert "PYTHONPATH" not in isolation_variables([])
    assert isolation_variables(["/a", "/b"])["PYTHONPATH"] == "/a:/b"
