from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import archspec.cpu
import pytest

from outcrop.package import functions
from outcrop.package.builds.standalone import (
    cache_extra_test_sources,
    check_outputs,
    compare_output,
    compare_output_file,
    compile_c_and_execute,
    get_escaped_text_output,
    install_test_root,
    test_part,
)
from outcrop.package.builds.wrappers import replace_wrappers
from outcrop.package.errors import InstallError, NotOnThisPlatformError, SkipTest
from outcrop.package.filesystem.elf import (
    ElfParsingError,
    delete_needed_from_elf,
    delete_rpath,
    get_elf_compat,
    parse_elf,
)
from outcrop.package.filesystem.searchpaths import get_cmake_prefix_path
from outcrop.package.programs.elsewhere import HKEY, LC_ID_DYLIB, MachO, WindowsRegistryView, fix_darwin_install_name
from outcrop.package.programs.environment_modules import get_path_args_from_module_line, module_command
from outcrop.package.programs.executable import Executable, ProcessError, which_string
from outcrop.package.programs.sourcing import set_env
from outcrop.package.programs.talk import tty
from outcrop.package.remembering import dedupe, memoized
from outcrop.package.specs.linking import (
    CompilerPropertyDetector,
    find_compilers,
    libc_from_dynamic_linker,
    parse_dynamic_linker,
)
from outcrop.package.specs.platforms import (
    get_user,
    host_platform,
    kernel_version,
    microarchitecture_flags,
    microarchitecture_flags_from_target,
    shared_library_suffix,
    static_library_suffix,
)

CC = shutil.which("cc") or shutil.which("gcc")
needs_compiler = pytest.mark.skipif(CC is None, reason="no C compiler here")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="ELF and its loader are Linux's")


def test_every_exported_name_exists_once() -> None:
    assert len(set(functions.__all__)) == len(functions.__all__)
    assert all(hasattr(functions, name) for name in functions.__all__)
    assert functions.env is os.environ
    assert functions.cd is os.chdir
    assert functions.move is shutil.move
    assert functions.all_deptypes == ("build", "link", "run", "test")


# --- tty, memoized, dedupe


def test_recipes_talk_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    tty.msg("step", "detail")
    tty.info("remark")
    tty.warn("doubt")
    tty.error("wrong")
    tty.debug("quiet")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err == "==> step\n    detail\n==> remark\n==> Warning: doubt\n==> Error: wrong\n"
    assert not hasattr(tty, "die")


def test_memoized_functions_and_methods() -> None:
    calls: list[tuple[object, ...]] = []

    @memoized
    def add(a: int, b: int = 0) -> int:
        calls.append((a, b))
        return a + b

    assert (add(1), add(1), add(1, b=2), add(1, b=2)) == (1, 1, 3, 3)
    assert calls == [(1, 0), (1, 2)]
    with pytest.raises(TypeError, match="cannot be hashed"):
        add([])  # type: ignore[arg-type]

    class Thing:
        count = 0

        @memoized
        def value(self) -> int:
            self.count += 1
            return self.count

    one, two = Thing(), Thing()
    assert (one.value(), one.value(), two.value()) == (1, 1, 1)

    @memoized
    def broken() -> int:
        raise TypeError("its own")

    with pytest.raises(TypeError, match="its own"):
        broken()


def test_dedupe() -> None:
    assert list(dedupe([1, 2, 1, 3])) == [1, 2, 3]
    assert list(dedupe(["a", "B", "b"], key=str.lower)) == ["a", "B"]


# --- stand-alone tests


class Recorder:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.failures: list[str] = []

    def status(self, name: str, outcome: str, text: str = "") -> None:
        self.said.append((name, outcome))

    def add_failure(self, error: BaseException, message: str) -> None:
        self.failures.append(message)


def test_parts_record_and_go_on(tmp_path: Path) -> None:
    pkg = SimpleNamespace(tester=Recorder())
    before = functions.pwd()
    with test_part(pkg, "test_a", purpose="good", work_dir=str(tmp_path)):
        assert functions.pwd() == str(tmp_path)
    with test_part(pkg, "test_b", purpose="bad"):
        raise RuntimeError("why")
    with test_part(pkg, "test_c", purpose="not here"):
        raise SkipTest("no")
    assert functions.pwd() == before
    assert pkg.tester.said == [("test_a", "passed"), ("test_b", "failed"), ("test_c", "skipped")]
    assert pkg.tester.failures == ["test_b: bad: why"]
    with pytest.raises(ValueError, match="test_"), test_part(pkg, "a", purpose=""):
        pass


def test_sources_are_kept_for_tests(tmp_path: Path) -> None:
    source = tmp_path / "src"
    (source / "examples/deep").mkdir(parents=True)
    (source / "examples/deep/x.c").write_text("x")
    (source / "t").mkdir()
    (source / "t/run.sh").write_text("#!/bin/sh")
    pkg = SimpleNamespace(prefix=str(tmp_path / "prefix"), stage=SimpleNamespace(source_path=str(source)))
    cache_extra_test_sources(pkg, ["examples", "t/run.sh"])
    root = Path(install_test_root(pkg))
    assert root == tmp_path / "prefix/.spack/test"
    assert (root / "examples/deep/x.c").read_text() == "x"
    assert (root / "t/run.sh").exists()
    for wrong in ("absent", "/etc", "../x"):
        with pytest.raises(InstallError, match="cannot keep"):
            cache_extra_test_sources(pkg, wrong)


def test_expected_outputs(tmp_path: Path) -> None:
    check_outputs("a.c", "xabcx")
    check_outputs({"a", "b$"}, "a b")
    with pytest.raises(RuntimeError, match=r"not there:\n    z\n    y"):
        check_outputs(["a", "z", "y"], "a")
    (tmp_path / "out").write_text("1 + 1 (two)\n[x]\n")
    check_outputs(get_escaped_text_output(tmp_path / "out"), "> 1 + 1 (two)\n> [x]")
    compare_output("a", "a")
    compare_output_file("1 + 1 (two)\n[x]\n", tmp_path / "out")
    with pytest.raises(RuntimeError, match="differs"):
        compare_output_file("x", str(tmp_path / "out"))


@needs_compiler
def test_small_programs(tmp_path: Path) -> None:
    (tmp_path / "hello.c").write_text('#include <stdio.h>\nint main(void) { printf("%d\\n", VALUE); return 0; }\n')
    flags = ["-DVALUE=7"]
    with functions.working_dir(tmp_path):
        assert compile_c_and_execute(tmp_path / "hello.c", flags, ["-lm"]) == "7\n"
    assert flags == ["-DVALUE=7", str(tmp_path / "hello.c")]


# --- ELF


@pytest.fixture
def library(tmp_path: Path) -> Path:
    assert CC is not None
    (tmp_path / "a.c").write_text("int a(void) { return 1; }\n")
    (tmp_path / "b.c").write_text("int a(void); int b(void) { return a(); }\n")
    gcc = Executable(CC)
    with functions.working_dir(tmp_path):
        gcc("-shared", "-fPIC", "a.c", "-o", "liba.so", "-Wl,-soname,liba.so.1")
        (tmp_path / "liba.so.1").symlink_to("liba.so")
        gcc("-shared", "-fPIC", "b.c", "-o", "libb.so", "-L.", "-la", "-Wl,-rpath,/some/where", "-Wl,-soname,libb.so.2")
    return tmp_path / "libb.so"


@needs_linux
@needs_compiler
def test_reading_elf(library: Path) -> None:
    with library.open("rb") as stream:
        elf = parse_elf(stream, dynamic_section=True)
    assert elf.has_needed
    assert b"liba.so.1" in elf.dt_needed_strs
    assert (elf.has_soname, elf.dt_soname_str) == (True, b"libb.so.2")
    assert (elf.has_rpath, elf.dt_rpath_str) == (True, b"/some/where")
    assert not elf.has_pt_interp
    assert (
        get_elf_compat(library)
        == get_elf_compat(sys.executable)
        == (elf.is_64_bit, elf.is_little_endian, elf.elf_hdr.e_machine)
    )


@needs_linux
def test_interpreter_and_libc_of_a_program() -> None:
    with Path(sys.executable).resolve().open("rb") as stream:
        elf = parse_elf(stream, interpreter=True)
    loader = elf.pt_interp_str.decode()
    assert elf.has_pt_interp
    assert Path(loader).exists()
    libc = libc_from_dynamic_linker(loader)
    assert libc is not None
    assert libc.name in ("glibc", "musl")
    assert re.match(r"[0-9]+\.[0-9]+", str(libc.version))
    assert libc.external_path is not None
    if libc.name == "glibc":
        assert str(libc.version) == platform.libc_ver()[1]
    assert libc_from_dynamic_linker("/no/such/loader") is None
    assert libc_from_dynamic_linker("/bin/true") is None


@needs_linux
@needs_compiler
def test_changing_elf(library: Path) -> None:
    delete_rpath(library)
    with library.open("r+b") as stream:
        elf = parse_elf(stream, dynamic_section=True)
        assert not elf.has_rpath
        delete_needed_from_elf(stream, elf, b"liba.so.1")
    with library.open("rb") as stream:
        elf = parse_elf(stream, dynamic_section=True)
    assert b"liba.so.1" not in elf.dt_needed_strs
    assert elf.dt_soname_str == b"libb.so.2"
    code = f"import ctypes; ctypes.CDLL({str(library.with_name('liba.so'))!r}, ctypes.RTLD_GLOBAL)"
    code += f"; print(ctypes.CDLL({str(library)!r}).b())"
    assert Executable(sys.executable)("-c", code, output=str) == "1\n"
    before = library.read_bytes()
    delete_rpath(library)
    assert library.read_bytes() == before


def test_other_files_are_no_elf(tmp_path: Path) -> None:
    for content in (
        b"",
        b"\x7fEL",
        b"#!/bin/sh\necho padding padding\n",
        b"\x7fELF" + b"\x09" * 60,
        b"\x7fELF\x02\x01",
    ):
        (tmp_path / "f").write_bytes(content)
        with (tmp_path / "f").open("rb") as stream, pytest.raises(ElfParsingError):
            parse_elf(stream)


def test_a_cut_elf_file_is_an_error(tmp_path: Path) -> None:
    whole = Path(sys.executable).resolve().read_bytes()
    (tmp_path / "f").write_bytes(whole[:100])
    with (tmp_path / "f").open("rb") as stream, pytest.raises(ElfParsingError, match="too early"):
        parse_elf(stream, dynamic_section=True)


# --- compilers


def compiler_package(**more: object) -> SimpleNamespace:
    spec = SimpleNamespace(name="gcc", version="12.2.0")
    return SimpleNamespace(spec=spec, archspec_name=lambda: "gcc", cc=CC, verbose_flags="-v", **more)


@needs_linux
@needs_compiler
def test_what_a_compiler_links_with() -> None:
    detector = CompilerPropertyDetector(SimpleNamespace(package=compiler_package(implicit_rpath_libs=["libgcc"])))
    loader = detector.default_dynamic_linker()
    assert loader is not None
    assert Path(loader).exists()
    libc = detector.default_libc()
    assert libc is not None
    assert all(not path.startswith("/usr/lib") for path in detector.implicit_rpaths())


def test_implicit_rpaths_are_directories_with_runtime_libraries(tmp_path: Path) -> None:
    for name in ("own/lib", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "own/lib/libgcc_s.so.1").touch()
    fake = tmp_path / "cc"
    line = f" /x/collect2 -L{tmp_path}/own/bin/../lib -L{tmp_path}/other -L/usr/lib -L {tmp_path}/none -lgcc"
    fake.write_text(f"#!/bin/sh\necho '{line}' >&2\necho '-L{tmp_path}/ignored'\n")
    fake.chmod(0o755)
    (tmp_path / "own/bin").mkdir()
    package = SimpleNamespace(cc=str(fake), implicit_rpath_libs=["libgcc"])
    assert CompilerPropertyDetector(SimpleNamespace(package=package)).implicit_rpaths() == [str(tmp_path / "own/lib")]
    nothing = CompilerPropertyDetector(SimpleNamespace(package=SimpleNamespace(cc=None)))
    assert (nothing.implicit_rpaths(), nothing.default_libc(), nothing.compiler_verbose_output()) == ([], None, None)


@pytest.mark.parametrize(
    ("line", "loader"),
    [
        ('"/usr/bin/ld" -dynamic-linker /lib64/ld.so "-o" x', "/lib64/ld.so"),
        (" collect2 --dynamic-linker=/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-x86_64.so.1"),
        ("nothing here", None),
        ("-dynamic-linker", None),
    ],
)
def test_parse_dynamic_linker(line: str, loader: str | None) -> None:
    assert parse_dynamic_linker(f"first\n{line}\nlast") == loader


def test_architecture_flags() -> None:
    target = archspec.cpu.TARGETS["zen2"]
    package = compiler_package()
    assert microarchitecture_flags_from_target(target, package) == "-march=znver2 -mtune=znver2"
    assert microarchitecture_flags_from_target(target, SimpleNamespace(package=package)) != ""

    class FakeSpec(dict[str, SimpleNamespace]):
        pass

    spec = FakeSpec(c=SimpleNamespace(package=package))
    spec.target = target  # type: ignore[attr-defined]
    assert microarchitecture_flags(spec, "c") == "-march=znver2 -mtune=znver2"
    assert microarchitecture_flags(spec, "fortran") == ""
    package.spec.version = "4.1.2"
    assert microarchitecture_flags_from_target(target, package) == ""
    assert find_compilers(["/usr/bin"]) == []


def test_wrappers_are_replaced_longest_first(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    for name in ("real/cc", "real/cc-long"):
        (tmp_path / name).touch()
    (tmp_path / "gcc").symlink_to("real/cc")
    spec = {
        "c": SimpleNamespace(package=SimpleNamespace(cc="/usr/bin/gcc", linker_arg="-Wl,")),
        "cxx": SimpleNamespace(package=SimpleNamespace(cxx="/usr/bin/g++", linker_arg="-Wl,")),
    }
    target = tmp_path / "mpicc"
    target.write_text(
        f'CC="{tmp_path}/gcc"\nREAL={tmp_path}/real/cc\nCXX={tmp_path}/real/cc-long -Wl,--enable-new-dtags\n'
    )
    environ = {"CC": str(tmp_path / "gcc"), "CXX": str(tmp_path / "real/cc-long"), "FC": "/never"}
    replace_wrappers(spec, [str(target)], environ)
    assert target.read_text() == 'CC="/usr/bin/gcc"\nREAL=/usr/bin/gcc\nCXX=/usr/bin/g++ \n'


# --- platforms


def test_host_platform() -> None:
    host = host_platform()
    assert str(host) == host.name == platform.system().lower()
    assert host.default == archspec.cpu.host().name
    assert host.target("x86_64").name == "x86_64"
    assert host.target("default_target").name == host.default
    assert host.operating_system("default_os") == host.default_os
    assert re.fullmatch(r"[a-z_-]+[0-9.]*", host.default_os)


def test_small_facts_of_this_machine() -> None:
    assert str(kernel_version()) == re.match(r"[0-9.]*[0-9]", platform.release()).group()  # type: ignore[union-attr]
    assert get_user()
    assert shared_library_suffix(SimpleNamespace(platform="linux")) == "so"
    assert shared_library_suffix(SimpleNamespace(platform="darwin")) == "dylib"
    assert shared_library_suffix(SimpleNamespace(platform="windows")) == "dll"
    assert static_library_suffix(SimpleNamespace(platform="linux")) == "a"
    assert static_library_suffix(SimpleNamespace(platform="windows")) == "lib"


@needs_linux
def test_names_of_other_systems_refuse_when_used() -> None:
    assert (LC_ID_DYLIB, HKEY.HKEY_LOCAL_MACHINE.name) == (13, "HKEY_LOCAL_MACHINE")
    for use in (
        lambda: MachO("x"),
        lambda: WindowsRegistryView("x", root_key=HKEY.HKEY_LOCAL_MACHINE),
        functions.macos_version,
        lambda: fix_darwin_install_name("/x"),
    ):
        with pytest.raises(NotOnThisPlatformError, match="only"):
            use()


# --- environment modules


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("prepend-path PATH /a:/b", ["/a", "/b"]),
        ('prepend_path("PATH", "/a:/b")', ["/a", "/b"]),
        ("setenv('DIR','/a')", ["/a"]),
        ("setenv DIR", []),
    ],
)
def test_paths_in_module_files(line: str, paths: list[str]) -> None:
    assert get_path_args_from_module_line(line) == paths


def test_the_module_command() -> None:
    function = '() {  if [ "$1" = load ]; then export LOADED="$2"; else echo "shown: $*" >&2; fi\n}'
    with set_env(**{"BASH_FUNC_module%%": function, "LOADED": None}):
        assert module_command("show", "a b") == "shown: show a b\n"
        assert module_command("load", "gcc") == ""
        assert os.environ["LOADED"] == "gcc"


@pytest.mark.skipif("BASH_FUNC_module%%" in os.environ, reason="there is a module command here")
def test_no_module_command() -> None:
    with set_env(BASH_ENV=None), pytest.raises(ProcessError, match="no module command"):
        module_command("list")


# --- prefixes for build tools


class Node:
    def __init__(self, name: str, prefix: str, external: bool = False) -> None:
        self.name, self.prefix, self.external = name, prefix, external
        self.children: list[tuple[Node, tuple[str, ...]]] = []

    def dag_hash(self) -> str:
        return self.name

    def dependencies(self, deptype: tuple[str, ...]) -> list[Node]:
        return [node for node, kinds in self.children if set(kinds) & set(deptype)]

    def traverse(self, root: bool, deptype: str = "all", order: str = "pre") -> list[Node]:
        found: list[Node] = []
        waiting = [self]
        while waiting:
            node = waiting.pop(0)
            for child, kinds in node.children:
                if deptype in ("all", *kinds) and child not in found:
                    found.append(child)
                    waiting.append(child)
        return found


def test_cmake_prefix_path() -> None:
    root, tool, lib, deep = Node("root", "/r"), Node("tool", "/t"), Node("lib", "/l"), Node("deep", "/d", external=True)
    system, run, indirect = Node("system", "/usr", True), Node("run", "/run"), Node("indirect", "/i")
    root.children = [
        (deep, ("link",)),
        (tool, ("build",)),
        (lib, ("build", "link")),
        (run, ("run",)),
        (system, ("link",)),
    ]
    tool.children = [(indirect, ("build",))]
    lib.children = [(deep, ("link",))]
    assert get_cmake_prefix_path(SimpleNamespace(spec=root)) == ["/t", "/l", "/d"]


def test_a_real_program_is_found() -> None:
    assert which_string("sh", required=True)
    assert subprocess.run([which_string("sh") or "", "-c", "exit 0"], check=False).returncode == 0
