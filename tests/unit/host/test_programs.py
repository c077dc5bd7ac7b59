from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from outcrop.host.programs import compilers_in, find_programs, program_version
from support.machine import clang, gcc, script
from support.pythons import output


@pytest.fixture
def bin_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "usr" / "bin"
    directory.mkdir(parents=True)
    return directory


def test_programs_of_one_version_belong_together(bin_directory: Path) -> None:
    for name in ("gcc", "g++", "gcc-12", "g++-12", "gfortran-12"):
        gcc(bin_directory / name, "12.2.0")
    gcc(bin_directory / "gcc-9", "9.5.0")
    gcc(bin_directory / "gcc-11", "11.4.0")
    gcc(bin_directory / "g++-11", "11.4.0")
    compilers, tools = find_programs(str(bin_directory), None)
    assert tools == []
    assert [(compiler.name, compiler.version) for compiler in compilers] == [
        ("gcc", "12.2.0"),
        ("gcc", "11.4.0"),
        ("gcc", "9.5.0"),
    ]
    assert compilers[0].prefix == str(bin_directory.parent)
    names = {language: Path(path).name for language, path in compilers[0].paths.items()}
    assert names == {"c": "gcc", "cxx": "g++", "fortran": "gfortran-12"}
    assert set(compilers[2].paths) == {"c"}


def test_clang_is_llvm(bin_directory: Path) -> None:
    clang(bin_directory / "clang", "clang", "17.0.6")
    clang(bin_directory / "clang++", "clang", "17.0.6")
    clang(bin_directory / "flang-new-17", "flang-new", "17.0.6")
    clang(bin_directory / "clang-format", "clang-format", "17.0.6")
    (compiler,) = compilers_in(str(bin_directory), None, None)
    assert (compiler.name, compiler.version) == ("llvm", "17.0.6")
    assert {language: Path(path).name for language, path in compiler.paths.items()} == {
        "c": "clang",
        "cxx": "clang++",
        "fortran": "flang-new-17",
    }


def test_what_is_no_compiler_is_left_out(tmp_path: Path, bin_directory: Path) -> None:
    script(bin_directory / "gcc-4", "#!/bin/sh\nexit 1\n")
    script(bin_directory / "gcc-5", "#!/bin/sh\necho no version\n")
    (bin_directory / "gcc-6").symlink_to("/no/such/gcc")
    (bin_directory / "gcc-7").write_text("#!/bin/sh\necho 7.0\n")  # not executable
    (bin_directory / "gcc-8").mkdir()
    launcher = gcc(tmp_path / "ccache", "8.0.0")
    (bin_directory / "gcc").symlink_to(launcher)
    gcc(bin_directory / "x86_64-linux-gnu-gcc", "12.0.0")
    gcc(bin_directory / "gcc-ar", "12.0.0")
    assert find_programs(str(bin_directory), None) == ([], [])


def test_make_must_be_gnu_make(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two" / "bin"
    script(one / "make", "#!/bin/sh\necho 'bmake 20200710'\n")
    script(two / "make", "#!/bin/sh\necho 'GNU Make 4.4.1'\necho 'Built for x'\n")
    _, tools = find_programs(f"{one}:{two}", None)
    assert [(tool.name, tool.version, tool.prefix, tool.executable) for tool in tools] == [
        ("gmake", "4.4.1", str(tmp_path / "two"), str(two / "make"))
    ]


def test_directories_that_are_links_count_once_and_by_their_real_name(tmp_path: Path, bin_directory: Path) -> None:
    gcc(bin_directory / "gcc", "12.2.0")
    (tmp_path / "bin").symlink_to(bin_directory)
    compilers, _ = find_programs(os.pathsep.join([str(tmp_path / "bin"), str(bin_directory), "", "/no/such"]), None)
    assert [compiler.prefix for compiler in compilers] == [str(bin_directory.parent)]


def test_remembered_until_the_program_changes(tmp_path: Path, bin_directory: Path) -> None:
    log, cache = tmp_path / "log", tmp_path / "cache"
    text = f"#!/bin/sh\necho x >> {log}\necho %s\n"
    script(bin_directory / "gcc", text % "12.2.0")
    for _ in range(2):
        assert program_version("gcc", str(bin_directory / "gcc"), cache) == "12.2.0"
    assert log.read_text() == "x\n"
    script(bin_directory / "gcc", text % "13.10.0")
    assert program_version("gcc", str(bin_directory / "gcc"), cache) == "13.10.0"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_the_real_gcc() -> None:
    path = shutil.which("gcc")
    assert path is not None
    version = program_version("gcc", path, None)
    assert version.count(".") == 2
    assert version in output([path, "--version"])
