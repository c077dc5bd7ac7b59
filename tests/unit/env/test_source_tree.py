"""What a source tree tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from outcrop.env.source_tree import guess_build_system, read_python_project, read_source_tree


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": "[build-system]\nrequires = []\n", "CMakeLists.txt": ""}, "python"),
        ({"pyproject.toml": "[project]\nname = 'a'\n"}, "python"),
        ({"pyproject.toml": "[tool.ruff]\n", "CMakeLists.txt": ""}, "cmake"),
        ({"pyproject.toml": "not toml", "meson.build": ""}, "meson"),
        ({"setup.py": ""}, "python"),
        ({"CMakeLists.txt": "", "configure": ""}, "cmake"),
        ({"configure": "", "Makefile": ""}, "autotools"),
        ({"configure.ac": "", "meson.build": ""}, "autotools"),
        ({"meson.build": "", "Makefile": ""}, "meson"),
        ({"Makefile": ""}, "makefile"),
        ({"README": "", "src/Makefile": ""}, "generic"),
    ],
)
def test_the_files_at_the_top_tell_how_it_is_built(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    assert guess_build_system(tree(tmp_path, files)) == expected


def test_languages_are_those_of_what_is_built(tmp_path: Path) -> None:
    files = {"Makefile": "", "src/a.c": "", "src/b.F90": "", "tests/c.cpp": "", ".hidden/d.cc": "", "docs/e.cpp": ""}
    assert read_source_tree(tree(tmp_path, files)).languages == ("c", "fortran")


def test_a_python_project_has_languages_only_if_it_says_that_it_compiles(tmp_path: Path) -> None:
    plain = tree(tmp_path / "plain", {"setup.py": "setup()", "src/a.c": ""})
    assert read_source_tree(plain).languages == ()
    compiled = tree(tmp_path / "compiled", {"setup.py": "setup(ext_modules=[])", "src/a.c": "", "b.cpp": ""})
    assert read_source_tree(compiled).languages == ("c", "cxx")
    backend = "[build-system]\nrequires = []\nbuild-backend = 'mesonpy'\n"
    assert read_source_tree(tree(tmp_path / "meson", {"pyproject.toml": backend, "a.pyx": ""})).languages == ("c",)


def test_configure_that_has_to_be_made(tmp_path: Path) -> None:
    assert read_source_tree(tree(tmp_path / "a", {"configure.ac": ""})).needs_autoreconf
    assert not read_source_tree(tree(tmp_path / "b", {"configure.ac": "", "configure": ""})).needs_autoreconf
    assert not read_source_tree(tree(tmp_path / "c", {"configure.ac": ""}), "generic").needs_autoreconf


PYPROJECT = """
[build-system]
requires = ["hatchling>=1.20"]
build-backend = "hatchling.build"

[project]
name = "Foo"
description = "Does something"
license = "MIT"
requires-python = ">=3.9"
dependencies = ["bar>=1"]
urls = {Documentation = "https://example.org/docs", Homepage = "https://example.org"}
"""


def test_the_project_table_comes_first(tmp_path: Path) -> None:
    information = "Metadata-Version: 2.1\nName: other\nSummary: Other\nRequires-Dist: baz\nRequires-Python: >=3.1\n"
    found = read_python_project(tree(tmp_path, {"pyproject.toml": PYPROJECT, "PKG-INFO": information}))
    assert (found.name, found.summary, found.homepage) == ("Foo", "Does something", "https://example.org")
    assert (found.license, found.requires_python) == ("MIT", ">=3.9")
    assert (found.build_requires, found.requires, found.known) == (("hatchling>=1.20",), ("bar>=1",), True)


def test_metadata_fill_what_is_dynamic(tmp_path: Path) -> None:
    pyproject = PYPROJECT.replace('dependencies = ["bar>=1"]', 'dynamic = ["dependencies"]')
    information = "Metadata-Version: 2.1\nName: Foo\nRequires-Dist: baz\nRequires-Dist: qux\n  >=2\n"
    found = read_python_project(tree(tmp_path, {"pyproject.toml": pyproject, "PKG-INFO": information}))
    assert found.requires == ("baz", "qux >=2")


def test_an_old_project_tells_by_its_egg_info(tmp_path: Path) -> None:
    files = {
        "setup.py": "",
        "PKG-INFO": "Metadata-Version: 1.2\nName: foo\nSummary: Old\nHome-page: https://example.org\n"
        "Classifier: License :: OSI Approved :: MIT License\nLicense: see file\n",
        "foo.egg-info/requires.txt": "bar>=1\n\n[test]\npytest\n\n[:python_version < '3.8']\nbaz\n",
    }
    found = read_python_project(tree(tmp_path, files))
    assert found.requires == ("bar>=1", "baz; python_version < '3.8'")
    assert (found.build_requires, found.license, found.homepage) == (("setuptools",), "MIT", "https://example.org")
    assert found.known


def test_requirements_that_code_computes_are_unknown(tmp_path: Path) -> None:
    assert not read_python_project(tree(tmp_path / "a", {"setup.py": ""})).known
    dynamic = "Metadata-Version: 2.2\nName: foo\nDynamic: Requires-Dist\n"
    backend = "[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n"
    files = {"pyproject.toml": backend, "PKG-INFO": dynamic}
    assert not read_python_project(tree(tmp_path / "b", files)).known
    # What other tools than setuptools write is complete.
    files["PKG-INFO"] = "Metadata-Version: 2.1\nName: foo\n"
    assert read_python_project(tree(tmp_path / "c", files)).known
