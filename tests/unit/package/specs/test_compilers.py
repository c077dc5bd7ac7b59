from __future__ import annotations

from typing import Any

import pytest

from outcrop.package import CompilerError, Package
from outcrop.package.specs.compilers import standard_flag
from outcrop.spec.graph import External
from support.api_world import Described, make_world


class Gcc(Package):
    pic_flag = "-fPIC"
    openmp_flag = "-fopenmp"
    rpath_arg = "-Wl,-rpath,"

    @property
    def cc(self) -> str:
        return str(self.spec.extra_attributes["compilers"]["c"])

    @property
    def cxx(self) -> str:
        return "/usr/bin/g++"

    def standard_flag(self, *, language: str, standard: str) -> str:
        return f"-std={language}{standard}"


class Flang(Package):
    fortran = "/opt/flang"
    pic_flag = "-KPIC"


def package(needs: list[str]) -> Any:
    entry: dict[str, object] = {"compilers": {"c": "/usr/bin/gcc"}, "extra_rpaths": ["/x"]}
    world = make_world(
        "x",
        {
            "x": Described(needs),
            "llvm": Described(version="17.0.1", external=External(prefix="/usr", extra=entry)),
            "flang": Described(version="1.5"),
        },
        {"llvm": Gcc, "flang": Flang},
    )
    return world["x"].package


def test_each_language_has_its_own_provider() -> None:
    compiler = package(["llvm:build:c,cxx", "flang:build:fortran"]).compiler
    assert (compiler.cc, compiler.cxx, compiler.fc, compiler.f77) == (
        "/usr/bin/gcc",
        "/usr/bin/g++",
        "/opt/flang",
        "/opt/flang",
    )
    assert (compiler.cc_pic_flag, compiler.fc_pic_flag, compiler.cxx_rpath_arg) == ("-fPIC", "-KPIC", "-Wl,-rpath,")
    assert (compiler.cxx17_flag, compiler.c99_flag) == ("-std=cxx17", "-std=c99")
    assert (compiler.openmp_flag, compiler.prefix, compiler.extra_rpaths) == ("-fopenmp", "/usr", ["/x"])


def test_names_new_and_old() -> None:
    made = package(["llvm:build:c"])
    assert (made.compiler.name, made.spec.compiler.name) == ("llvm", "clang")
    assert str(made.compiler.version) == str(made.spec.compiler.version) == "17.0.1"
    assert str(made.spec.compiler) == "clang@=17.0.1"


def test_a_language_that_is_not_asked_for_is_missing() -> None:
    made = package(["llvm:build:c"])
    assert not hasattr(made.compiler, "fc")
    assert not hasattr(made.compiler, "cxx17_flag")
    assert not hasattr(made.compiler, "no_such_flag")
    without = package(["llvm:build"])
    with pytest.raises(AttributeError, match="depends on no compiler"):
        _ = without.compiler


def test_standard_flags_of_what_is_no_compiler() -> None:
    made = package(["llvm:build:c"])
    assert standard_flag(made.spec["c"].package, "c", "11") == "-std=c11"
    with pytest.raises(CompilerError):
        standard_flag(made, "c", "11")
