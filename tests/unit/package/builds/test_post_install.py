"""Finishing a prefix: licence files and long first lines."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outcrop.package import Package
from outcrop.package.builds.post_install import post_install
from outcrop.package.errors import InstallError
from outcrop.package.programs.sourcing import set_env
from support.api_world import Described, make_world


class Licensed(Package):
    license_required = True
    license_comment = "!"
    license_files = ["lib/first.key", "share/second.key"]
    license_vars = ["FIRST_FILE", "SECOND_FILE"]
    license_url = "https://example.org/licence"


class OneFile(Package):
    license_required = True
    license_files = "one.lic"


class VariablesOnly(Package):
    license_required = True
    license_vars = ["THE_SERVER", "THE_FILE"]


class NotRequired(Package):
    license_files = ["lib/first.key"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[Path]:
    """Licences and store of a worker that builds here."""
    with set_env(OUTCROP_LICENSES=str(tmp_path / "licenses"), OUTCROP_STORE=str(tmp_path / "store")):
        yield tmp_path


def package(root: Path, recipe: type[Package] = Package) -> Any:
    made = make_world("tool", {"tool": Described()}, {"tool": recipe}, root)["tool"].package
    Path(made.prefix).mkdir(exist_ok=True)
    return made


def test_the_licence_file_is_linked_to_every_place(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = package(place, Licensed)
    kept = place / "licenses" / made.name / "first.key"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    (Path(made.prefix) / "lib").mkdir()
    (Path(made.prefix) / "lib/first.key").write_text("an example")
    post_install(made)
    for name in ("lib/first.key", "share/second.key"):
        assert os.readlink(Path(made.prefix) / name) == str(kept)
    assert kept.read_text() == "mine"
    assert capsys.readouterr().err == ""
    post_install(made)
    assert (Path(made.prefix) / "lib/first.key").read_text() == "mine"


def test_a_licence_file_to_be_filled_in(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = package(place, Licensed)
    post_install(made)
    kept = Path(made.global_license_file)
    text = kept.read_text()
    assert all(line.startswith("!") for line in text.splitlines())
    for word in (made.name, str(kept), "FIRST_FILE", "SECOND_FILE", "https://example.org/licence"):
        assert word in text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert str(kept) in capsys.readouterr().err
    assert (Path(made.prefix) / "lib/first.key").read_text() == text


def test_one_file_may_be_given_as_text(place: Path) -> None:
    made = package(place, OneFile)
    post_install(made)
    assert os.readlink(Path(made.prefix) / "one.lic") == str(place / "licenses" / made.name / "one.lic")


def test_a_directory_in_the_place_of_a_licence_stays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = package(place, OneFile)
    (Path(made.prefix) / "one.lic").mkdir()
    post_install(made)
    assert (Path(made.prefix) / "one.lic").is_dir()
    assert "directory in the place of its licence file" in capsys.readouterr().err


def test_variables_that_have_to_be_set_are_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = package(place, VariablesOnly)
    post_install(made)
    assert "set THE_SERVER or THE_FILE" in capsys.readouterr().err
    assert not (place / "licenses").exists()


def test_other_packages_get_no_licence(place: Path) -> None:
    made = package(place, NotRequired)
    post_install(made)
    assert list(Path(made.prefix).iterdir()) == []
    assert not (place / "licenses").exists()


def test_licences_lie_with_the_configuration_outside_a_worker(place: Path) -> None:
    made = package(place, OneFile)
    with set_env(OUTCROP_LICENSES=None, OUTCROP_ROOT=str(place / "root")):
        assert made.global_license_dir == str(place / "root/config/licenses" / made.name)


def test_scripts_with_long_first_lines_run(place: Path) -> None:
    made = package(place)
    interpreter = place / ("d" * 130) / "python3"
    interpreter.parent.mkdir()
    interpreter.symlink_to(sys.executable)
    script = Path(made.prefix) / "bin/script"
    script.parent.mkdir()
    script.write_text(f"#!{interpreter}\nprint('ran')\n")
    script.chmod(0o755)
    (script.parent / "link").symlink_to("script")
    os.link(script, script.parent / "hard")
    data = Path(made.prefix) / "share/data.py"
    data.parent.mkdir()
    data.write_bytes(b"\x00" * 300)
    (Path(made.prefix) / ".spack").mkdir()
    (Path(made.prefix) / ".spack/kept").write_text(f"#!{interpreter}\n")
    post_install(made)
    assert script.read_text().splitlines() == [
        f"#!/bin/sh {place}/store/bin/sbang",
        f"#!{interpreter}",
        "print('ran')",
    ]
    for name in ("script", "link", "hard"):
        done = subprocess.run([script.parent / name], capture_output=True, text=True, check=True)
        assert done.stdout == "ran\n"
    assert (Path(made.prefix) / ".spack/kept").read_text() == f"#!{interpreter}\n"
    before = script.read_bytes()
    post_install(made)
    assert script.read_bytes() == before


def test_scripts_that_a_recipe_has_changed_get_the_helper_too(place: Path) -> None:
    made = package(place)
    (Path(made.prefix) / "script").write_text(f"#!/bin/sh {place}/store/bin/sbang\n#!/bin/sh\n")
    post_install(made)
    assert os.access(place / "store/bin/sbang", os.X_OK)


def test_nothing_is_installed_where_nothing_needs_it(place: Path) -> None:
    made = package(place)
    (Path(made.prefix) / "script").write_text("#!/bin/sh\n")
    post_install(made)
    assert not (place / "store").exists()


def test_a_store_whose_path_is_too_long(place: Path) -> None:
    made = package(place)
    (Path(made.prefix) / "script").write_text("#!/" + "x" * 200 + "\n")
    with (
        set_env(OUTCROP_STORE=str(place / ("s" * 130))),
        pytest.raises(InstallError, match="too long") as caught,
    ):
        post_install(made)
    assert "shorter path" in str(caught.value.long_message)
