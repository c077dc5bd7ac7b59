from __future__ import annotations

import base64
import csv
import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.python import VenvFacts, WheelError, create_venv, install_wheel, interpreter_lines, probe, retarget_script
from support.pythons import SYSTEM, output

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: {pure}\nTag: py3-none-any\n"
ENTRY_POINTS = (
    "[console_scripts]\ntiny = tiny:main\ntiny-deep = tiny.deep:holder.run\n[gui_scripts]\ntiny-gui = tiny:main\n"
)


def make_wheel(directory: Path, files: dict[str, str], *, pure: bool = True) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    wheel = directory / "tiny-1.0-py3-none-any.whl"
    info = {"METADATA": METADATA, "WHEEL": WHEEL.format(pure=str(pure).lower())}
    members = {**files, **{f"tiny-1.0.dist-info/{name}": text for name, text in info.items()}}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
        archive.writestr("tiny-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in members))
    return wheel


FILES = {
    "tiny/__init__.py": "def main():\n    import sys\n    print('tiny', sys.argv[1:], sys.flags.inspect)\n",
    "tiny/deep.py": "class holder:\n    def run():\n        print('deep')\n",
    "tiny/data.txt": "data\n",
    "tiny-1.0.data/scripts/plain": "#!python\nprint('plain')\n",
    "tiny-1.0.data/scripts/unbuffered": "#!python -u\nimport sys; print(sys.stdout.write_through)\n",
    "tiny-1.0.data/scripts/windowed": "#!pythonw\nprint('windowed')\n",
    "tiny-1.0.data/scripts/by-env": "#!/usr/bin/env python3\nimport tiny; print(tiny.__name__)\n",
    "tiny-1.0.data/scripts/shell": "#!/bin/sh\necho shell\n",
    "tiny-1.0.data/headers/tiny.h": "int tiny;\n",
    "tiny-1.0.data/data/share/man/man1/tiny.1": "manual\n",
    "tiny-1.0.data/data/etc/tiny.conf": "x\n",
    "tiny-1.0.dist-info/entry_points.txt": ENTRY_POINTS,
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> VenvFacts:
    return create_venv(probe(SYSTEM), tmp_path_factory.mktemp("facts") / "venv")


def run_script(script: Path, prefix: Path, facts: VenvFacts, *arguments: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "OUTCROP_PYTHON_PATH": str(prefix / facts.purelib)}
    return output([script, *arguments], env=environment)


def short_node(root: Path) -> Path:
    return root / "v"


def long_node(root: Path) -> Path:
    return root / ("long-" + "x" * 120)


def spaced_node(root: Path) -> Path:
    return root / "with a 'space"


@pytest.mark.parametrize("place", [short_node, long_node, spaced_node])
def test_p05_every_script_starts_the_given_python(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    node, prefix = place(tmp_path), tmp_path / "prefix"
    facts = create_venv(probe(SYSTEM), node)
    python = node / "bin/python3"
    install_wheel(make_wheel(tmp_path / "dist", FILES), prefix, python=python, facts=facts)
    scripts = prefix / "bin"
    assert sorted(path.name for path in scripts.iterdir()) == sorted(
        ["plain", "unbuffered", "windowed", "by-env", "shell", "tiny", "tiny-deep", "tiny-gui"]
    )
    assert all(os.access(path, os.X_OK) for path in scripts.iterdir())
    assert run_script(scripts / "plain", prefix, facts) == "plain\n"
    assert run_script(scripts / "windowed", prefix, facts) == "windowed\n"
    assert run_script(scripts / "unbuffered", prefix, facts) == "True\n"
    assert run_script(scripts / "by-env", prefix, facts) == "tiny\n"
    assert run_script(scripts / "shell", prefix, facts) == "shell\n"
    assert run_script(scripts / "tiny", prefix, facts, "a b", "c") == "tiny ['a b', 'c'] 0\n"
    assert run_script(scripts / "tiny-gui", prefix, facts) == "tiny [] 0\n"
    assert run_script(scripts / "tiny-deep", prefix, facts) == "deep\n"
    first = (scripts / "tiny").read_text().splitlines()[0]
    assert first == (f"#!{python}" if place is short_node and len(str(python)) < 125 else "#!/bin/sh")


def test_p04_layout_and_record(tmp_path: Path, facts: VenvFacts) -> None:
    prefix = tmp_path / "prefix"
    written = install_wheel(make_wheel(tmp_path, FILES), prefix, python=Path("/v/bin/python3"), facts=facts)
    site = prefix / facts.purelib
    on_disk = [str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()]
    assert written == sorted(on_disk)
    assert {Path(path).parts[0] for path in on_disk} == {"bin", "lib", "include", "share", "etc"}
    short = ".".join(facts.version.split(".")[:2])
    assert f"include/site/python{short}/tiny/tiny.h" in written
    information = site / "tiny-1.0.dist-info"
    assert (information / "INSTALLER").read_text() == "outcrop\n"
    assert not (information / "direct_url.json").exists()
    rows = list(csv.reader((information / "RECORD").read_text().splitlines()))
    recorded = {os.path.relpath(site / row[0], prefix) for row in rows}
    assert recorded == set(written)
    for name, digest, size in rows:
        if name.endswith("/RECORD"):
            assert (digest, size) == ("", "")
            continue
        content = (site / name).read_bytes()
        expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert (digest, int(size)) == (f"sha256={expected}", len(content))


def test_p04_platlib_of_a_base_that_has_lib64(tmp_path: Path, facts: VenvFacts) -> None:
    fedora = VenvFacts(
        base_prefix="/usr",
        base_executable="/usr/bin/python3.11",
        version="3.11.2",
        purelib="lib/python3.11/site-packages",
        platlib="lib64/python3.11/site-packages",
    )
    wheel = make_wheel(tmp_path, {"fast.so": "", "tiny-1.0.data/purelib/slow.py": ""}, pure=False)
    written = install_wheel(wheel, tmp_path / "prefix", python=Path("/p"), facts=fedora)
    assert "lib64/python3.11/site-packages/fast.so" in written
    assert "lib/python3.11/site-packages/slow.py" in written
    record = (tmp_path / "prefix/lib64/python3.11/site-packages/tiny-1.0.dist-info/RECORD").read_text()
    assert "../../../lib/python3.11/site-packages/slow.py," in record


def test_installed_distribution_is_seen_by_importlib(tmp_path: Path, facts: VenvFacts) -> None:
    prefix = tmp_path / "prefix"
    install_wheel(make_wheel(tmp_path, FILES), prefix, python=Path("/p"), facts=facts)
    code = (
        "from importlib.metadata import distribution as d; t = d('tiny'); "
        "print(t.version, len(t.files), all(f.locate().exists() for f in t.files))"
    )
    shown = output([SYSTEM, "-c", code], env={"PYTHONPATH": str(prefix / facts.purelib), "PATH": "/usr/bin"})
    assert shown.split()[0] == "1.0"
    assert shown.split()[2] == "True"


def test_extra_scripts_are_recorded(tmp_path: Path, facts: VenvFacts) -> None:
    wheel = make_wheel(tmp_path, FILES)
    prefix = tmp_path / "prefix"
    written = install_wheel(
        wheel, prefix, python=Path("/usr/bin/python3"), facts=facts, extra_scripts={"tiny3.11": "tiny:main"}
    )
    assert "bin/tiny3.11" in written
    assert "bin/tiny3.11,sha256=" in (prefix / facts.purelib / "tiny-1.0.dist-info/RECORD").read_text()
    own, extra = (prefix / "bin/tiny").read_text(), (prefix / "bin/tiny3.11").read_text()
    assert own == extra


@pytest.mark.parametrize(
    "name", ["../outside.py", "tiny/../../outside.py", "/outside.py", "tiny-1.0.data/data/../../x"]
)
def test_paths_cannot_leave_the_prefix(tmp_path: Path, facts: VenvFacts, name: str) -> None:
    wheel = make_wheel(tmp_path / "dist", {"tiny.py": "", name: ""})
    with pytest.raises(WheelError, match="a path that leads out of it") as caught:
        install_wheel(wheel, tmp_path / "prefix", python=Path("/p"), facts=facts)
    assert caught.value.code == "unsafe-wheel"
    assert not (tmp_path / "prefix").exists()


def test_nothing_is_overwritten(tmp_path: Path, facts: VenvFacts) -> None:
    present = tmp_path / "prefix" / facts.purelib / "tiny/data.txt"
    present.parent.mkdir(parents=True)
    present.write_text("mine")
    with pytest.raises(WheelError, match=r"would overwrite a file: .*data\.txt"):
        install_wheel(make_wheel(tmp_path, FILES), tmp_path / "prefix", python=Path("/p"), facts=facts)
    assert present.read_text() == "mine"


def test_not_a_wheel(tmp_path: Path, facts: VenvFacts) -> None:
    no_zip = tmp_path / "tiny-1.0-py3-none-any.whl"
    no_zip.write_text("no zip")
    with pytest.raises(WheelError, match="cannot install"):
        install_wheel(no_zip, tmp_path / "prefix", python=Path("/p"), facts=facts)
    with zipfile.ZipFile(no_zip, "w") as archive:
        archive.writestr("tiny.py", "")
    with pytest.raises(WheelError, match="exactly one"):
        install_wheel(no_zip, tmp_path / "prefix", python=Path("/p"), facts=facts)
    broken = make_wheel(
        tmp_path, {"tiny-1.0.dist-info/entry_points.txt": "[console_scripts]\nx = not an entry point\n"}
    )
    with pytest.raises(WheelError, match="it breaks the wheel format"):
        install_wheel(broken, tmp_path / "prefix", python=Path("/p"), facts=facts)


def test_byte_code_in_a_wheel_is_left_out(tmp_path: Path, facts: VenvFacts) -> None:
    wheel = make_wheel(tmp_path, {"tiny.py": "", "__pycache__/tiny.cpython-311.pyc": "evil"})
    written = install_wheel(wheel, tmp_path / "prefix", python=Path("/p"), facts=facts)
    assert not [path for path in written if "__pycache__" in path]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#!python", "#!/v/python"),
        ("#!pythonw", "#!/v/python"),
        ("#!python3.11 -E -s", "#!/v/python -E -s"),
        ("#!/usr/bin/python3 -w", "#!/v/python -w"),
        ("#! /usr/bin/env python3", "#!/v/python"),
        ("#!/usr/bin/env -S python3 -u", "#!/v/python -u"),
        ("#!/build/stage/bin/python3\r", "#!/v/python"),
        ("#!/bin/sh", None),
        ("#!/usr/bin/env python2", None),
        ("#!/usr/bin/env bash", None),
        ("#!/opt/python3/bin/perl", None),
        ("#!/usr/bin/ipython3", None),
        ("print('#!python')", None),
    ],
)
def test_which_lines_are_retargeted(line: str, expected: str | None) -> None:
    content = f"{line}\nrest\n#!python\n".encode()
    wanted = content if expected is None else f"{expected}\nrest\n#!python\n".encode()
    assert retarget_script(content, "/v/python") == wanted
    assert retarget_script(line.encode(), "/v/python") == (line if expected is None else f"{expected}\n").encode()


@given(st.integers(100, 150), st.sampled_from(["", "-w", "-E -s"]))
def test_p05_limit_is_127_bytes(length: int, arguments: str) -> None:
    python = "/" + "p" * (length - 1)
    first = interpreter_lines(python, arguments).splitlines(keepends=True)[0]
    whole = len(f"#!{python} {arguments}".rstrip()) + 1
    assert (first == b"#!/bin/sh\n") == (whole > 127)


@given(st.binary())
def test_anything_else_is_left_alone(content: bytes) -> None:
    changed = retarget_script(content, "/v/python")
    assert changed == content or content.startswith(b"#!")
