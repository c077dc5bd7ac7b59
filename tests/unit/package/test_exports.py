"""Names of the API that are someone else's, do nothing here, or were not met in the tests of their modules."""

from __future__ import annotations

import os
import shutil
import sys
import typing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import outcrop.package as api
from outcrop.package import (
    EnvironmentModifications,
    GenericBuilder,
    InstallError,
    NoHeadersError,
    NoLibrariesError,
    Package,
    PackageBase,
    SpackError,
    classproperty,
    filter_compiler_wrappers,
    run_after,
    tty,
    variant,
)
from outcrop.package.builds.hooks import set_globals
from outcrop.package.builds.phases import run_phases
from outcrop.package.errors import NotOnThisPlatformError
from outcrop.package.language.records import VariantRecord
from outcrop.package.programs.sourcing import set_env
from outcrop.package.specs.spec_api import Spec
from support.api_world import Described, imported_recipe, make_world


def package(root: Path, recipe: type[PackageBase], **described: Any) -> Any:
    """The package of one node, with a source directory."""
    words = Described(variants={"build_system": "generic"}, **described)
    made = make_world("tool", {"tool": words}, {"tool": recipe}, root)["tool"].package
    (root / "stage/spack-src").mkdir(parents=True)
    made.stage = SimpleNamespace(path=str(root / "stage"), source_path=str(root / "stage/spack-src"))
    return made


def test_names_that_are_the_standard_librarys() -> None:
    for name in ("makedirs", "mkdir", "readlink", "remove", "removedirs", "rename", "symlink"):
        assert getattr(api, name) is getattr(os, name)
    assert (api.cd, api.pwd, api.env) == (os.chdir, os.getcwd, os.environ)
    assert (api.move, api.rmtree) == (shutil.move, shutil.rmtree)
    assert (api.Dict, api.List, api.Optional) == (typing.Dict, typing.List, typing.Optional)  # noqa: UP006
    assert api.all_deptypes == ("build", "link", "run", "test")


def test_class_properties_and_their_annotation() -> None:
    class Sample(Package):
        word = "hello"
        shout: api.ClassProperty[str] = classproperty(lambda cls: cls.word.upper())

    class Other(Sample):
        word = "bye"

    assert (Sample.shout, Other.shout) == ("HELLO", "BYE")


def test_a_variant_may_be_deprecated() -> None:
    class Sample(Package):
        variant("old", default=False, description="x", deprecated="@2:")
        variant("older", default=False, deprecated=True, when="@1")

    records = [record for record in Sample.records() if isinstance(record, VariantRecord)]
    assert [(record.name, str(record.when)) for record in records[1:]] == [("old", ""), ("older", "@1")]


def test_what_can_be_found_is_tagged() -> None:
    class Base(Package):
        tags = ["library"]
        libraries = ["libx"]

    class Own(Base):
        tags = ["mine"]

    class Computed(Package):
        executables = classproperty(lambda cls: [cls.never_asked_while_the_class_is_made])

    class Tagged(Package):
        tags = ["detectable"]
        executables = ["x"]

    class Neither(Package):
        executables: list[str] = []
        libraries = property(lambda self: ["x"])

    assert [made.tags for made in (Base, Own, Computed, Tagged, Neither)] == [
        ["library", "detectable"],
        ["mine", "detectable"],
        ["detectable"],
        ["detectable"],
        [],
    ]
    assert PackageBase.tags == []


def test_splicing_is_kept() -> None:
    class Sample(Package):
        api.can_splice("other@1", when="@2", match_variants=["a"])
        api.can_splice("more@1", when="@2", match_variants="*")

    assert Sample.splice_specs[Spec("@2")] is not None
    assert [record.match_variants for record in Sample.records()[-2:]] == [("a",), ("*",)]  # type: ignore[union-attr]


def test_a_generic_builder_is_one_phase_and_its_own_checks() -> None:
    assert GenericBuilder.phases == ("install",)
    names = {callback.function.__name__ for callback in GenericBuilder.phase_callbacks}
    assert {"check_prefix", "apply_macos_rpath_fixups", "execute_install_time_tests"} <= names


@pytest.mark.skipif(sys.platform == "darwin", reason="it has work to do there")
def test_library_names_are_left_alone_here(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libx.dylib").write_bytes(b"x")
    builder: Any = SimpleNamespace(pkg=SimpleNamespace(prefix=str(tmp_path)))
    assert api.apply_macos_rpath_fixups(builder) is None  # type: ignore[func-returns-value]
    assert (tmp_path / "lib/libx.dylib").read_bytes() == b"x"
    assert api.make_package_test_rpath(None, str(tmp_path)) is None  # type: ignore[func-returns-value]


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems have is theirs")
def test_tools_of_windows_refuse_when_run(tmp_path: Path) -> None:
    source = "import os as msbuild\nclass Sample(Package):\n    def build(self):\n        nmake('/F', 'x')\n"
    with imported_recipe(tmp_path, "sample", source) as module:
        made = package(tmp_path, module.Sample)
        set_globals(made)
        with pytest.raises(NotOnThisPlatformError, match="nmake works on Windows only"):
            made.build()
        with pytest.raises(NotOnThisPlatformError, match="cscript"):
            module.cscript()
        assert module.msbuild is os


def test_wrappers_in_installed_files_are_replaced(tmp_path: Path) -> None:
    wrapper = tmp_path / "wrapper/gcc"

    class Compiler(Package):
        cc = "/usr/bin/gcc"

    class Tool(Package):
        filter_compiler_wrappers("tool-cc", "absent", relative_root="bin")
        filter_compiler_wrappers("*.mk", after="install", recursive=True, backup=True)

        def install(self, spec: Any, prefix: Any) -> None:
            api.mkdirp(prefix.bin, prefix.lib.deep)
            for name in ("bin/tool-cc", "lib/deep/x.mk", "lib/tool-cc"):
                Path(prefix, name).write_text(f"CC={wrapper} -Wl,--enable-new-dtags -g\n")
            api.symlink("tool-cc", prefix.bin.link)

    words = Described(["gcc:build:c"], variants={"build_system": "generic"})
    world = make_world("tool", {"tool": words, "gcc": Described()}, {"tool": Tool, "gcc": Compiler}, tmp_path)
    made: Any = world["tool"].package
    (tmp_path / "src").mkdir()
    made.stage = SimpleNamespace(path=str(tmp_path), source_path=str(tmp_path / "src"))
    with set_env(CC=str(wrapper), CXX="/never", FC=None, F77=None):
        run_phases(made)
    prefix = Path(made.prefix)
    assert (prefix / "bin/tool-cc").read_text() == "CC=/usr/bin/gcc  -g\n"
    assert (prefix / "lib/deep/x.mk").read_text() == "CC=/usr/bin/gcc  -g\n"
    assert str(wrapper) in (prefix / "lib/deep/x.mk~").read_text()
    assert str(wrapper) in (prefix / "lib/tool-cc").read_text()


def test_the_spec_to_ask_a_compiler_about() -> None:
    world = make_world(
        "app", {"app": Described(["gcc:build:cxx", "llvm:build:c"]), "gcc": Described(), "llvm": Described()}
    )
    assert api.compiler_spec(world["app"]) is world["llvm"]
    assert api.compiler_spec(world["gcc"]) is None


def test_install_time_tests_as_a_callback(tmp_path: Path) -> None:
    class Tool(Package):
        install_time_test_callbacks = ["check"]
        ran: list[str] = []

        def install(self, spec: Any, prefix: Any) -> None:
            api.mkdirp(prefix)
            api.touch(prefix.file)

        def check(self) -> None:
            self.ran.append("check")

    run_phases(package(tmp_path / "one", Tool))
    assert Tool.ran == []
    made = package(tmp_path / "two", Tool)
    made.run_tests = True
    run_phases(made)
    assert Tool.ran == ["check"]


def test_errors_of_recipes() -> None:
    error = InstallError("cannot", long_message="why\nand how", pkg=None)
    assert (error.message, error.long_message, error.pkg) == ("cannot", "why\nand how", None)
    assert error.details == ("why", "and how")
    assert isinstance(error, SpackError)
    assert str(SpackError(ValueError("x"))) == "x"
    for kind, what in ((NoLibrariesError, "libraries"), (NoHeadersError, "headers")):
        assert issubclass(kind, SpackError)
        assert str(kind("just a message")) == "just a message"
        assert str(kind("zlib", "/opt/z")) == f"no {what} of zlib in /opt/z"
    assert api.CompilerError("a", "b").long_message == "b"


def test_words_for_writers_of_module_files_change_nothing() -> None:
    env = EnvironmentModifications()
    env.set("A", "1", force=True, raw=True)
    environ: dict[str, str] = {}
    env.apply_modifications(environ)
    assert environ == {"A": "1"}


def test_file_lists_add_up_with_lists_of_paths() -> None:
    libraries = api.LibraryList("/a/lib/libx.so") + ["/b/lib/liby.a"]  # noqa: RUF005 - the sum is what is tested
    assert (libraries.ld_flags, libraries.joined(";")) == ("-L/a/lib -L/b/lib -lx -ly", "/a/lib/libx.so;/b/lib/liby.a")
    assert (api.LibraryList([]).ld_flags, bool(api.LibraryList([]))) == (" ", False)


def test_talking_never_exits(capsys: pytest.CaptureFixture[str]) -> None:
    tty.error("one", "two\nthree")
    assert capsys.readouterr().err == "==> Error: one\n    two\n    three\n"
    assert {name for name in vars(tty) if not name.startswith("_")} == {"debug", "error", "info", "msg", "warn"}


def test_run_after_needs_a_class_body() -> None:
    with pytest.raises(Exception, match="run_after"):
        run_after("install")(lambda self: None)
