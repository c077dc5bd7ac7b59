"""The canonical form: the same for what means the same, different for what does not."""

from __future__ import annotations

import textwrap

import pytest

from outcrop.repo.canonical import CanonicalModule, canonical_module

MODULE = "spack_repo.first.packages.x.package"


def canonical(text: str, module: str = MODULE, *, is_package: bool = False) -> CanonicalModule:
    return canonical_module(textwrap.dedent(text).encode(), module, is_package=is_package)


BASE = '''
from spack.package import *
from spack_repo.first.build_systems.simple import SimplePackage


class X(SimplePackage):
    """Docs."""

    homepage = "https://e.org"
    url = "https://e.org/x-1.0.tar.gz"
    parallel = False

    version("1.0", sha256="aa")
    depends_on("zlib", when="+a")

    def install(self, spec, prefix):
        args = ["--prefix=" + prefix, f"--with={spec['zlib'].prefix!s:>4}"]
        if spec.satisfies("+a") and not self.parallel:
            make("install", *args)
'''

SAME = {
    "a comment": ("    def install", "    # about it\n    def install"),
    "a docstring": ("        args =", '        """Installs."""\n        args ='),
    "another docstring": ('"""Docs."""', '"""Other.\n\n    Docs."""'),
    "no docstring": ('    """Docs."""\n\n', ""),
    "quotes": ('make("install", *args)', "make('install', *args)"),
    "layout": ('make("install", *args)', 'make(\n                "install",\n                *args,\n            )'),
    "parentheses": (
        'if spec.satisfies("+a") and not self.parallel:',
        'if (spec.satisfies("+a")) and (not (self.parallel)):',
    ),
    "annotations": ("(self, spec, prefix)", "(self, spec: Spec, prefix: Prefix) -> None"),
    "an annotated attribute": ("parallel = False", "parallel: bool = False"),
    "typing": ("from spack.package", "from typing import Optional\nfrom spack.package"),
    "a version": ('version("1.0"', 'version("2.0", sha256="bb")\n    version("1.0"'),
    "a directive in a block": (
        "    def install",
        '    with when("+b"):\n        with default_args(type="run"):\n            depends_on("c")\n\n    def install',
    ),
    "a loop of directives": (
        "    def install",
        '    for v in ["1", "2"]:\n        if v > "1":\n            depends_on("b@" + v)\n\n    def install',
    ),
    "a table for directives": (
        "    version(",
        '    _table = {"3.0": "cc"}\n    for v, s in _table.items():\n        version(v, sha256=s)\n    version(',
    ),
    "a table of the module": (
        "class X(SimplePackage):",
        'TABLE = {"3": "c"}\n\nclass X(SimplePackage):\n    for v, s in TABLE.items():\n        version(v, sha256=s)',
    ),
    "where the sources are": ("x-1.0.tar.gz", "x-2.0.tar.gz"),
    "a maintainer": ("    version(", '    maintainers("me")\n    license("MIT")\n    version('),
}

DIFFERENT = {
    "an argument": ('"--prefix="', '"--root="'),
    "a condition": ("not self.parallel", "self.parallel"),
    "an operator": (" and ", " or "),
    "a conversion": ("!s:>4", "!r:>4"),
    "a format": ("!s:>4", "!s:>5"),
    "an attribute": ("parallel = False", "parallel = True"),
    "a base class": ("X(SimplePackage)", "X(Package)"),
    "a decorator": ("    def install", '    @when("+a")\n    def install'),
    "a default": ("spec, prefix)", "spec, prefix=None)"),
    "another method": ("    def install", "    def check(self):\n        pass\n\n    def install"),
    "a table that is read": (
        "    def install",
        '    _table = {"3.0": "cc"}\n    names = list(_table)\n\n    def install',
    ),
    "a call that is no directive": ("    version(", '    filter_compiler_wrappers("x")\n    version('),
    "a url that is read": ('make("install", *args)', 'make("install", self.url)'),
}


@pytest.mark.parametrize("change", SAME)
def test_what_does_not_matter(change: str) -> None:
    old, new = SAME[change]
    assert old in BASE
    assert canonical(BASE.replace(old, new)).text == canonical(BASE).text


@pytest.mark.parametrize("change", DIFFERENT)
def test_what_matters(change: str) -> None:
    old, new = DIFFERENT[change]
    assert old in BASE
    assert canonical(BASE.replace(old, new)).text != canonical(BASE).text


def test_it_looks_like_python() -> None:
    assert canonical(BASE).text == textwrap.dedent(
        """\
        from spack.package import *
        from spack_repo.first.build_systems.simple import SimplePackage
        class X(SimplePackage):
            parallel = False
            def install(self, spec, prefix):
                args = ['--prefix=' + prefix, f'--with={spec['zlib'].prefix!s:>4}']
                if spec.satisfies('+a') and (not self.parallel):
                    make('install', *args)
        """
    )


def test_a_table_that_a_method_reads_stays() -> None:
    text = """
    class X(Package):
        _table = {"1": "a"}
        for v in _table:
            version(v)

        def install(self, spec, prefix):
            return self._table
    """
    assert "_table = {'1': 'a'}" in canonical(text).text
    assert "_table" not in canonical(text.replace("self._table", "None")).text
    # Others may read a public name through the class.
    assert "open_table" in canonical(text.replace("_table", "open_table").replace("self.open_table", "None")).text


def test_directives_outside_class_bodies_are_code() -> None:
    assert "depends_on(name)" in canonical("def helper(name):\n    depends_on(name)\n").text


def test_the_modules_whose_names_are_used() -> None:
    text = """
    import os
    import spack_repo.first.packages.far.package
    from spack_repo.first.build_systems.simple import SimplePackage, unused
    from ..near.package import Near, helper as aid
    from ..far import package as far_module
    from .parts import *
    from ..only_directives.package import LIST
    from ..never.package import Never

    class X(SimplePackage, Near):
        for item in LIST:
            depends_on(item)

        def install(self, spec, prefix):
            return far_module, aid
    """
    uses = set(canonical(text).uses)
    near = "spack_repo.first.packages"
    assert {f"{near}.near.package", f"{near}.far.package", f"{near}.x.parts"} <= uses
    assert "spack_repo.first.build_systems.simple" in uses
    assert not {f"{near}.only_directives.package", f"{near}.never.package"} & uses


def test_relative_imports_of_a_package() -> None:
    found = canonical("from .a import b\nfrom . import c\nx = b, c\n", "spack_repo.first", is_package=True)
    assert {"spack_repo.first.a", "spack_repo.first.c"} <= set(found.uses)


def test_text_that_is_not_python() -> None:
    with pytest.raises(SyntaxError):
        canonical("class X(:\n")
