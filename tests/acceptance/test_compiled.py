"""C packages, compiled through a wrapper that comes as a dependency, as public recipes are: a repository of a compiler,
a wrapper, a runtime and a C library, of which the packages themselves name nothing but the language."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from support.program import Program
from support.recipe_world import RepositoryDirectory, World

pytestmark = pytest.mark.skipif(shutil.which("gcc", path="/usr/bin") is None, reason="needs a C compiler")

COMPILER = """
provides("c")

compiler_wrapper_link_paths = {"c": "cc"}
cc = property(lambda self: self.spec.extra_attributes["compilers"]["c"])

@classmethod
def runtime_constraints(cls, *, spec, pkg):
    using = f"%[deptypes=build virtuals=c] {spec.name}@{spec.versions}"
    pkg("*").depends_on(f"gcc-runtime@{spec.version}:", when=using, type="link", description="its libraries")
    pkg("gcc-runtime").requires(f"@{spec.versions}", when=f"%[deptypes=build] {spec.name}@{spec.versions}")
"""

RUNTIME = """
has_code = False
tags = ["runtime"]
depends_on("gcc", type="build")
depends_on("libc", type="link")

def install(self, spec, prefix):
    mkdirp(prefix.lib)
    Path(prefix.lib, "libnothing.txt").write_text(str(self["gcc"].cc))
"""

WRAPPER = """
has_code = False
tags = ["runtime"]
version("1.0")

def install(self, spec, prefix):
    mkdirp(prefix.libexec)
    Path(prefix.libexec, "cc").write_text(SCRIPT)
    set_executable(join_path(prefix.libexec, "cc"))

def setup_dependent_build_environment(self, env, dependent_spec):
    compiler = dependent_spec["c"].package
    env.set("SPACK_CC", compiler.cc)
    env.set("CC", join_path(self.prefix.libexec, compiler.compiler_wrapper_link_paths["c"]))
    env.prepend_path("SPACK_COMPILER_WRAPPER_PATH", self.prefix.libexec)

def setup_dependent_package(self, module, dependent_spec):
    setattr(module, "spack_cc", join_path(self.prefix.libexec, "cc"))
"""

SCRIPT = '''
from pathlib import Path

SCRIPT = """#!/bin/sh
for name in SPACK_COMPILER_WRAPPER_PATH SPACK_DEBUG_LOG_DIR SPACK_DEBUG_LOG_ID SPACK_SHORT_SPEC SPACK_SYSTEM_DIRS \\
    SPACK_MANAGED_DIRS; do
    if eval "test -z \\\\"\\\\$$name\\\\""; then echo "$name is missing"; exit 1; fi
done
words="-Wl,$SPACK_DTAGS_TO_ADD"
IFS=:
for directory in $SPACK_STORE_INCLUDE_DIRS; do words="$words:-I$directory"; done
for directory in $SPACK_STORE_LINK_DIRS; do words="$words:-L$directory"; done
for directory in $SPACK_STORE_RPATH_DIRS; do words="$words:-Wl,-rpath,$directory"; done
exec "$SPACK_CC" "$@" $words
"""
'''

LIBRARY = """
has_code = False
version("1.0")
depends_on("c", type="build")

def install(self, spec, prefix):
    mkdirp(prefix.lib, prefix.include)
    Path(prefix.include, "greet.h").write_text("const char *greet(void);\\n")
    Path("greet.c").write_text('const char *greet(void) { return "hello"; }\\n')
    Executable(spack_cc)("-shared", "-fPIC", "-o", join_path(prefix.lib, "libgreet.so"), "greet.c")
"""

APPLICATION = """
has_code = False
version("2.0")
depends_on("c", type="build")
depends_on("greet", type="link")

def install(self, spec, prefix):
    mkdirp(prefix.bin)
    Path("main.c").write_text('#include <greet.h>\\n#include <stdio.h>\\nint main(void) { puts(greet()); }\\n')
    Executable("cc")("main.c", "-lgreet", "-o", join_path(prefix.bin, "app"))
"""


def repository(tmp_path: Path) -> RepositoryDirectory:
    directory = World(tmp_path).repository("compiled")
    path = "from pathlib import Path\n"
    directory.recipe("gcc", COMPILER)
    directory.recipe("gcc-runtime", RUNTIME, head=path)
    directory.recipe("glibc", 'has_code = False\ntags = ["runtime"]\nprovides("libc")')
    directory.recipe("musl", 'has_code = False\ntags = ["runtime"]\nprovides("libc")')
    directory.recipe("compiler-wrapper", WRAPPER, head=SCRIPT)
    directory.recipe("greet", LIBRARY, head=path)
    directory.recipe("app", APPLICATION, head=path)
    return directory


def test_c_packages_are_built_through_the_wrapper(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    program = Program(root=tmp_path / "root", home=home)
    program("repo", "add", str(repository(tmp_path).root))
    program("install", "app", timeout=600)
    app = Path(program("location", "app").stdout.strip())
    greet = Path(program("location", "greet").stdout.strip())
    done = subprocess.run([app / "bin/app"], env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"
    # Found by what is written into it, in the way the core asked for.
    dynamic = subprocess.run(["readelf", "-d", app / "bin/app"], capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in dynamic.splitlines() if "(RPATH)" in line)
    assert f"{app}/lib:" in line and str(greet / "lib") in line
    runtime = Path(program("location", "gcc-runtime").stdout.strip())
    assert str(runtime / "lib") in line
    assert "gcc" in (runtime / "lib/libnothing.txt").read_text()
