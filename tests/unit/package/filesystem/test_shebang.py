from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from outcrop.package.filesystem.shebang import (
    SHEBANG_LIMIT,
    filter_shebang,
    install_sbang,
    sbang_install_path,
    sbang_shebang_line,
    spack_script,
)
from outcrop.package.programs.sourcing import set_env


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    folder = tmp_path / ("d" * 120) / "bin"
    folder.mkdir(parents=True)
    return folder


def test_names(tmp_path: Path) -> None:
    with set_env(OUTCROP_STORE=str(tmp_path)):
        assert sbang_install_path() == f"{tmp_path}/bin/sbang"
        assert sbang_shebang_line() == f"#!/bin/sh {tmp_path}/bin/sbang"
    with set_env(OUTCROP_STORE=None, OUTCROP_ROOT="/r"):
        assert sbang_install_path() == "/r/store/bin/sbang"
    assert Path(spack_script()).is_absolute()


def test_short_lines_and_other_files_stay(tmp_path: Path) -> None:
    script = tmp_path / "script"
    limit = b"#!/" + b"x" * (SHEBANG_LIMIT - 3)
    for content in (b"#!/bin/sh\n", b"", b"#", b"\x7fELF", b"text\n#!/" + b"x" * 200, limit + b"\nrest"):
        script.write_bytes(content)
        assert not filter_shebang(script)
        assert script.read_bytes() == content
    script.write_bytes(limit + b"x\nrest")
    assert filter_shebang(script)


def test_a_long_line_becomes_the_second_and_the_script_runs(tmp_path: Path, deep: Path) -> None:
    interpreter = deep / "python3"
    interpreter.symlink_to(sys.executable)
    script = tmp_path / "script"
    script.write_text(f"#!{interpreter} -sS\nimport sys\nprint(sys.argv[1:], sys.flags.no_site)\n")
    script.chmod(0o555)
    install_sbang(tmp_path / "store")
    with set_env(OUTCROP_STORE=str(tmp_path / "store")):
        assert filter_shebang(str(script))
    lines = script.read_text().splitlines()
    assert lines[0] == f"#!/bin/sh {tmp_path}/store/bin/sbang"
    assert lines[1] == f"#!{interpreter} -sS"
    assert stat.S_IMODE(script.stat().st_mode) == 0o555
    assert not filter_shebang(script)
    done = subprocess.run([script, "a b", "*"], capture_output=True, text=True, check=True)
    assert done.stdout == "['a b', '*'] 1\n"


@pytest.mark.parametrize(
    ("name", "second"),
    [("lua5.4", "--!{}"), ("node", "//!{}"), ("php", "<?php #!{} ?>"), ("perl", "#!{}"), ("env lua", "--!{}")],
)
def test_comment_marks_of_other_languages(tmp_path: Path, deep: Path, name: str, second: str) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!{deep}/{name}\nbody\n")
    with set_env(OUTCROP_STORE=str(tmp_path)):
        assert filter_shebang(script)
    assert script.read_text().splitlines()[1:] == [second.format(f"{deep}/{name}"), "body"]


@pytest.mark.parametrize(
    ("name", "first", "given"),
    [
        ("lua", "--!{}", ["script", "x"]),
        ("node", "//!{} --flag", ["--flag", "script", "x"]),
        ("php", "<?php #!{} ?>", ["script", "x"]),
        ("perl", "#!{} -w", ["-x", "-w", "script", "x"]),
        ("perl5.36", "#!{}", ["-x", "script", "x"]),
        ("env", "#! {} a b", ["a", "b", "script", "x"]),
        ("sh", "#!{} -e f", ["-e f", "script", "x"]),
    ],
)
def test_the_program_starts_the_interpreter(
    tmp_path: Path, deep: Path, name: str, first: str, given: list[str]
) -> None:
    show = deep / name
    show.write_text('#!/bin/sh\nfor word in "$@"; do printf \'%s\\n\' "$word"; done\n')
    show.chmod(0o755)
    script = tmp_path / "script"
    script.write_text("#!/bin/sh sbang\n" + first.format(show) + "\n")
    sbang = install_sbang(tmp_path / "store")
    done = subprocess.run(["/bin/sh", sbang, "script", "x"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == given


def test_a_script_without_interpreter_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("one\ntwo\n")
    sbang = install_sbang(tmp_path)
    done = subprocess.run(["/bin/sh", sbang, tmp_path / "script"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no interpreter" in done.stderr


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    path = install_sbang(tmp_path)
    os.utime(path, (1, 1))
    assert install_sbang(tmp_path) == path
    assert path.stat().st_mtime == 1
