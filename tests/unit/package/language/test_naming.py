"""Which package a class is, as told by its module."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from outcrop.package.language.naming import is_package_module, package_name, package_namespace


@pytest.mark.parametrize(
    ("module", "namespace", "name"),
    [
        ("spack_repo.builtin.packages.py_numpy.package", "builtin", "py-numpy"),
        ("spack_repo.my.space.packages._7zip.package", "my.space", "7zip"),
        ("spack_repo.lab.packages._pass.package", "lab", "pass"),
        ("spack.pkg.lab.py_numpy", "lab", "py-numpy"),
        ("spack.pkg.lab.tools.num3proxy", "lab.tools", "3proxy"),
        ("spack.pkg.lab.numpy", "lab", "numpy"),
    ],
)
def test_modules_of_recipes(module: str, namespace: str, name: str) -> None:
    assert is_package_module(module)
    assert package_namespace(module) == namespace
    assert package_name(module, "Whatever") == name


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("3proxy", "num3proxy"), ("a_b", "a_b"), ("a-b", "a_b"), ("Mixed", "Mixed"), ("num1", "num1")],
)
def test_old_directories_are_called_like_their_packages(tmp_path: Path, name: str, identifier: str) -> None:
    module = ModuleType(f"spack.pkg.trial.{identifier}")
    module.__file__ = str(tmp_path / "packages" / name / "package.py")
    sys.modules[module.__name__] = module
    try:
        assert package_name(module.__name__, "Whatever") == name
    finally:
        del sys.modules[module.__name__]


def test_classes_outside_any_repository() -> None:
    assert not is_package_module("spack_repo.builtin.build_systems.cmake")
    assert package_namespace("spack_repo.builtin.build_systems.cmake") == ""
    assert package_name("somewhere", "_PyNumpy") == "py-numpy"
    assert package_name("somewhere", "HDF5Tool") == "hdf5-tool"
