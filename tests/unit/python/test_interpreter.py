from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from outcrop.python import Interpreter, InterpreterError, create_venv, find_interpreters, probe
from support.pythons import SYSTEM, every_python, label, output

needs_debian = pytest.mark.skipif(
    not Path("/usr/lib/python3/dist-packages").is_dir(), reason="needs a Debian-like system Python"
)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def system() -> Interpreter:
    return probe(SYSTEM)


@pytest.mark.parametrize("interpreter", every_python(), ids=label)
def test_facts_are_what_the_interpreter_says(interpreter: Interpreter) -> None:
    code = "import sys, sysconfig as s; print(*sys.version_info[:3], sys.base_prefix, s.get_config_var('SOABI'))"
    major, minor, micro, prefix, soabi = output([interpreter.executable, "-I", "-c", code]).split()
    assert interpreter.version.startswith(f"{major}.{minor}.{micro}")
    assert (interpreter.prefix, interpreter.abi) == (prefix, f"{major}.{minor} {soabi}")
    assert Path(interpreter.executable).parent == Path(prefix, "bin")
    assert interpreter.executable.endswith(f"/python{interpreter.xy}")
    assert interpreter.purelib == f"lib/python{interpreter.xy}/site-packages"
    assert interpreter.has_venv
    assert interpreter.has_headers == Path(interpreter.include_dir, "Python.h").is_file()
    assert interpreter.include == f"include/python{interpreter.xy}"


@needs_debian
def test_p04_debian_scheme_is_the_one_of_venvs(system: Interpreter) -> None:
    assert system.distribution == "debian"
    for path in (system.purelib, system.platlib, system.scripts):
        assert "local" not in path
        assert "dist-packages" not in path


def test_p13_venv_is_followed_to_its_base(tmp_path: Path) -> None:
    for interpreter in {every_python()[0], every_python()[-1]}:
        venv = tmp_path / interpreter.xy
        create_venv(interpreter, venv)
        found = probe(venv / "bin" / "python")
        assert (found.prefix, found.executable) == (interpreter.prefix, interpreter.executable)


@pytest.mark.parametrize("interpreter", [every_python()[0], every_python()[-1]], ids=label)
def test_p13_venv_of_copies_is_followed_to_its_base(tmp_path: Path, interpreter: Interpreter) -> None:
    output([interpreter.executable, "-I", "-m", "venv", "--copies", "--without-pip", tmp_path / "venv"])
    found = probe(tmp_path / "venv" / "bin" / "python3")
    assert not (tmp_path / "venv" / "bin" / "python3").is_symlink()
    assert (found.prefix, found.executable) == (interpreter.prefix, interpreter.executable)


def test_p13_venv_of_a_venv(tmp_path: Path, system: Interpreter) -> None:
    create_venv(system, tmp_path / "one")
    output([tmp_path / "one/bin/python", "-I", "-m", "venv", "--without-pip", tmp_path / "two"])
    assert probe(tmp_path / "two/bin/python").executable == system.executable


def test_p13_wrapper_script_and_links(tmp_path: Path, system: Interpreter) -> None:
    wrapper = script(tmp_path / "shims/python3", f'#!/bin/sh\nexec {system.executable} "$@"\n')
    named = script(tmp_path / "named/python3", f'#!/bin/bash\nexec -a "$0" {system.executable} "$@"\n')
    link = tmp_path / "links/python3"
    link.parent.mkdir()
    link.symlink_to(system.executable)
    chatty = script(tmp_path / "chatty/python3", f'#!/bin/sh\necho hello\nexec {system.executable} "$@"\n')
    for path in (wrapper, named, link, chatty):
        found = probe(path)
        assert (found.prefix, found.executable, found.found_as) == (system.prefix, system.executable, str(path))


def test_p13_symlinked_view_of_a_python(tmp_path: Path) -> None:
    interpreter = every_python()[-1]
    view = tmp_path / "view"
    (view / "bin").mkdir(parents=True)
    (view / "bin/python3").symlink_to(interpreter.executable)
    (view / "lib").symlink_to(Path(interpreter.prefix, "lib"))
    assert probe(view / "bin/python3").prefix == interpreter.prefix


@pytest.mark.skipif(not Path.home().joinpath(".pyenv/shims/python3").exists(), reason="needs pyenv shims")
def test_p13_pyenv_shim_is_never_a_prefix() -> None:
    version = next(one.version for one in every_python() if one.distribution == "pyenv")
    environ = {"HOME": str(Path.home()), "PYENV_VERSION": version, "PATH": "/nonsense", "PYTHONHOME": "/nonsense"}
    found = probe(Path.home() / ".pyenv/shims/python3", environ=environ)
    assert "shims" not in found.prefix + found.executable
    assert found.version == version


def test_user_customization_takes_no_part(tmp_path: Path, system: Interpreter) -> None:
    create_venv(system, tmp_path / "venv")
    site = tmp_path / "venv" / system.purelib
    for file in ("sitecustomize.py", "poison.pth"):
        (site / file).write_text("import sys; sys.base_prefix = '/poisoned'\n")
    (site / "json.py").write_text("raise SystemExit('poisoned')")
    assert probe(tmp_path / "venv/bin/python").prefix == system.prefix


def test_gone_broken_and_old(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="there is no Python at /no/such/python3") as gone:
        probe(Path("/no/such/python3"))
    assert gone.value.code == "python-gone"
    dangling = tmp_path / "python3"
    dangling.symlink_to("/no/such/python3.11")
    with pytest.raises(InterpreterError, match="there is no Python at"):
        probe(dangling)
    broken = script(tmp_path / "broken", "#!/bin/sh\necho 'error while loading libpython3.so' >&2; exit 127\n")
    with pytest.raises(InterpreterError, match="does not run as a Python") as caught:
        probe(broken)
    assert caught.value.details == ("error while loading libpython3.so",)
    with pytest.raises(InterpreterError, match="is not a Python interpreter"):
        probe(Path("/bin/true"))
    with pytest.raises(InterpreterError, match="is not a program"):
        probe(tmp_path)


@pytest.mark.skipif(not list(Path.home().glob(".pyenv/versions/3.7.*")), reason="needs a Python 3.7")
def test_too_old_says_so() -> None:
    (old,) = Path.home().glob(".pyenv/versions/3.7.*/bin/python3")
    with pytest.raises(InterpreterError, match=r"is Python 3\.7\.\d+; 3\.8 is the oldest"):
        probe(old)


def counting_shim(tmp_path: Path, target: str) -> tuple[Path, Path]:
    log = tmp_path / "asked"
    return script(tmp_path / "root/shims/python3", f'#!/bin/sh\necho x >> {log}\nexec {target} "$@"\n'), log


def test_remembered_until_something_it_rests_on_changes(tmp_path: Path, system: Interpreter) -> None:
    shim, log = counting_shim(tmp_path, system.executable)
    cache = tmp_path / "cache"
    first = probe(shim, cache)
    assert probe(shim, cache) == first
    assert log.read_text() == "x\n"
    (tmp_path / "root/version").write_text("3.12\n")
    assert probe(shim, cache) == first
    assert log.read_text() == "x\n" * 2
    probe(shim, cache, environ={"PYENV_VERSION": "3.12.1"})
    assert log.read_text() == "x\n" * 3


def test_failure_of_a_shim_is_remembered_too(tmp_path: Path) -> None:
    shim, log = counting_shim(tmp_path, "/bin/false")
    for _ in range(2):
        with pytest.raises(InterpreterError, match="does not run"):
            probe(shim, tmp_path / "cache")
    assert log.read_text() == "x\n"


@pytest.fixture
def own_copy(tmp_path: Path) -> tuple[Interpreter, Path]:
    """A Python in a prefix of its own, without headers, and the one whose program and library it has."""
    origin = next((one for one in reversed(every_python()) if one.prefix != "/usr"), None)
    if origin is None:
        pytest.skip("needs a Python besides the system's")
    prefix = tmp_path / "python"
    (prefix / "bin").mkdir(parents=True)
    shutil.copy2(origin.executable, prefix / "bin" / f"python{origin.xy}")
    library = Path(origin.prefix, "lib", f"python{origin.xy}")
    (prefix / "lib" / library.name).mkdir(parents=True)
    for part in library.iterdir():
        (prefix / "lib" / library.name / part.name).symlink_to(part)
    return origin, prefix


def test_headers_that_appear_are_noticed(tmp_path: Path, own_copy: tuple[Interpreter, Path]) -> None:
    """As when a distribution's package with them is installed after the first try."""
    origin, prefix = own_copy
    program = prefix / "bin" / f"python{origin.xy}"
    found = probe(program, tmp_path / "cache")
    assert (found.prefix, found.has_headers) == (str(prefix), False)
    assert found.include_dir == str(prefix / "include" / f"python{origin.xy}")
    (prefix / "include").symlink_to(Path(origin.prefix, "include"))
    assert probe(program, tmp_path / "cache").has_headers


FEDORA = """
for _scheme in ("posix_prefix", "venv", "posix_venv"):
    if _scheme in _INSTALL_SCHEMES:
        _INSTALL_SCHEMES[_scheme]["platlib"] = _INSTALL_SCHEMES[_scheme]["platlib"].replace("{platlibdir}", "lib64")
_INSTALL_SCHEMES["posix_prefix"] = {
    name: path.replace("base}/", "base}/local/") if name in ("purelib", "platlib", "scripts", "data") else path
    for name, path in _INSTALL_SCHEMES["posix_prefix"].items()
}
"""


def test_p04_base_that_installs_into_local_and_lib64(tmp_path: Path, own_copy: tuple[Interpreter, Path]) -> None:
    """As Fedora patches sysconfig: ``local`` outside virtual environments, and a lib64 of its own."""
    origin, prefix = own_copy
    library = prefix / "lib" / f"python{origin.xy}"
    module = library / "sysconfig.py"
    if not module.exists():
        package = (library / "sysconfig").resolve()
        (library / "sysconfig").unlink()
        shutil.copytree(package, library / "sysconfig", ignore=shutil.ignore_patterns("__pycache__"))
        module = library / "sysconfig" / "__init__.py"
    text = module.read_text()
    module.unlink()
    module.write_text(text.replace("\ndef _getuserbase", f"{FEDORA}\ndef _getuserbase", 1))
    program = prefix / "bin" / f"python{origin.xy}"
    shown = output(
        [program, "-I", "-S", "-c", "import sysconfig; print(sysconfig.get_path('platlib', 'posix_prefix'))"]
    )
    assert shown.strip() == f"{prefix}/local/lib64/python{origin.xy}/site-packages"  # the patch is in force
    found = probe(program)
    assert found.purelib == f"lib/python{origin.xy}/site-packages"
    assert found.platlib == f"lib64/python{origin.xy}/site-packages"
    assert found.scripts == "bin"
    facts = create_venv(found, tmp_path / "venv")
    assert (facts.platlib, facts.lib64) == (found.platlib, True)


def test_p13_conda_prefix_and_environment(own_copy: tuple[Interpreter, Path]) -> None:
    """A conda environment is no virtual environment: it is a base of its own."""
    origin, prefix = own_copy
    (prefix / "conda-meta").mkdir()
    (prefix / "bin/python3").symlink_to(f"python{origin.xy}")
    found = probe(prefix / "bin/python3")
    assert (found.prefix, found.distribution) == (str(prefix), "conda")
    assert found.executable == str(prefix / "bin" / f"python{origin.xy}")


def test_find_interpreters(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    real = script(one / "python3.12", "#!/bin/sh\n")
    binary = two / "python3.11"
    two.mkdir()
    shutil.copy2("/bin/true", binary)
    (two / "python3").symlink_to("python3.11")
    (two / "python3-config").write_text("")
    (two / "python3.9").write_text("not executable")
    (tmp_path / "again").symlink_to(two)
    path = os.pathsep.join([str(one), str(tmp_path / "missing"), "", str(two), str(tmp_path / "again")])
    assert find_interpreters(path) == [real, two / "python3"]
