"""Writing recipes, as a person does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from outcrop.base.errors import RequestError, UsageError
from outcrop.cli.commands.authoring import checksum_command, create_command, edit_command
from outcrop.repo import UnknownPackageError
from support.commands import Place
from support.machine import script
from support.recipes import RecipeRepository, archive

PYPROJECT = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "foo"\ndependencies = ["nobody"]\n'


@pytest.fixture
def trial(tmp_path: Path) -> RecipeRepository:
    return RecipeRepository(tmp_path / "repos")


@pytest.fixture
def place(tmp_path: Path, trial: RecipeRepository) -> Place:
    return Place(tmp_path / "root", tmp_path, (trial.root,))


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole package index, with four versions of a project."""
    directory = tmp_path / "links"
    directory.mkdir()
    for version in ("1.0", "1.1", "1.2", "0.9"):
        data = archive({"pyproject.toml": PYPROJECT, "v": version}, f"foo-{version}")
        (directory / f"foo-{version}.tar.gz").write_bytes(data)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def test_edit_opens_the_recipe(
    place: Place, trial: RecipeRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = trial.recipe("foo", "this is no Python\n")
    place.run(edit_command, "--print", "foo", "core.py-pip")
    assert capsys.readouterr().out.splitlines()[0] == str(recipe)
    editor = script(tmp_path / "my editor", '#!/bin/sh\n[ "$1" = -x ] && echo "# edited" >> "$2"\n')
    place.run(edit_command, "foo", VISUAL=f"'{editor}' -x", EDITOR="false")
    assert recipe.read_text() == "this is no Python\n# edited\n"


def test_edit_says_what_is_wrong(place: Place, trial: RecipeRepository) -> None:
    recipe = trial.recipe("foo", "")
    with pytest.raises(RequestError, match="no editor is chosen") as caught:
        place.run(edit_command, "foo")
    assert str(recipe) in (caught.value.hint or "")
    with pytest.raises(RequestError, match="cannot be started"):
        place.run(edit_command, "foo", EDITOR="/nonexistent/editor")
    with pytest.raises(RequestError, match="cannot be started"):
        place.run(edit_command, "foo", EDITOR="'unclosed")
    with pytest.raises(RequestError, match="ended with status 1"):
        place.run(edit_command, "foo", EDITOR="false")
    with pytest.raises(UnknownPackageError) as unknown:
        place.run(edit_command, "foop", EDITOR="true")
    assert "foo" in (unknown.value.hint or "")


def test_create_writes_once_and_says_what_is_next(
    place: Place, trial: RecipeRepository, links: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.run(create_command, "foo")
    said = capsys.readouterr()
    path = trial.root / "packages/py_foo/package.py"
    assert said.out == f"{path}\n"
    assert "no recipe yet: py-nobody" in said.err
    assert "outcrop edit py-foo" in said.err and "outcrop install py-foo" in said.err
    text = path.read_text()
    assert 'pypi = "foo/foo-1.2.tar.gz"' in text and "FIXME" in text
    with pytest.raises(RequestError, match="already"):
        place.run(create_command, "foo")
    assert path.read_text() == text


def test_create_as_a_record_under_another_name_elsewhere(
    place: Place, links: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = RecipeRepository(tmp_path / "other", "other")
    place.run(create_command, "foo", "-n", "bar", "-r", other.root, "--versions", "2", "--json")
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "schema": 1,
        "name": "bar",
        "namespace": "other",
        "path": str(other.root / "packages/bar/package.py"),
        "build_system": "python",
        "versions": ["1.2", "1.1"],
        "missing": ["py-nobody"],
        "open": 3,
    }
    assert f"outcrop repo add {other.root}" in said.err


def test_create_can_only_print(
    place: Place, trial: RecipeRepository, links: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.run(create_command, "--print", "--version", "1.0", "foo")
    assert "class PyFoo(PythonPackage):" in capsys.readouterr().out
    assert not (trial.root / "packages").exists()


def test_create_refuses_our_own_repository(place: Place, links: Path) -> None:
    with pytest.raises(RequestError, match="comes with Outcrop"):
        place.run(create_command, "foo", "--repo", "core")
    with pytest.raises(UsageError, match="no possible name"):
        place.run(create_command, "foo", "--name", "Foo Bar")


RECIPE = '''# é
from spack.package import *


class PyFoo(Package):
    """Foo."""

    pypi = "foo/foo-1.0.tar.gz"

    # the good one
    version("1.1", sha256="{}")

    variant("x", default=True)   # odd   spacing
'''


def test_checksum_prints_and_adds(
    place: Place, trial: RecipeRepository, links: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trial.recipe("py-foo", RECIPE.format("0" * 64))
    path.chmod(0o640)
    place.run(checksum_command, "py-foo")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith('    version("1.2", sha256="') and len(line) == 93
    assert path.read_text() == RECIPE.format("0" * 64)

    place.run(checksum_command, "py-foo", "1.0", "0.9", "1.2", "--add", "--json")
    record = json.loads(capsys.readouterr().out)
    assert [row["version"] for row in record["versions"]] == ["1.0", "0.9", "1.2"] and record["added"]
    sums = {row["version"]: row["sha256"] for row in record["versions"]}
    expected = RECIPE.format("0" * 64).replace(
        f'    version("1.1", sha256="{"0" * 64}")\n',
        f'    version("1.2", sha256="{sums["1.2"]}")\n'
        f'    version("1.1", sha256="{"0" * 64}")\n'
        f'    version("1.0", sha256="{sums["1.0"]}")\n'
        f'    version("0.9", sha256="{sums["0.9"]}")\n',
    )
    assert path.read_text() == expected
    assert path.stat().st_mode & 0o777 == 0o640
    assert place.context().repositories.model("py-foo").versions[0].version == "1.2"

    place.run(checksum_command, "py-foo", "--add")
    assert capsys.readouterr().out == ""
    assert path.read_text() == expected
    with pytest.raises(RequestError, match=r"knows version 1\.2 already"):
        place.run(checksum_command, "py-foo", "1.2", "--add")


def test_checksum_of_an_address(place: Place, trial: RecipeRepository, capsys: pytest.CaptureFixture[str]) -> None:
    url, sha256 = trial.source({"a": "a"}, "foo")
    _, newer = trial.source({"a": "b"}, "foo", "1.5")
    path = trial.recipe(
        "foo",
        "from spack.package import *\n\n\nclass Foo(Package):\n"
        f'    url = "{url}"\n\n    version("1.0", sha256="{sha256}")\n',
    )
    place.run(checksum_command, "foo", "--add", "--offline")
    line = f'    version("1.5", sha256="{newer}")\n'
    assert capsys.readouterr().out == line
    assert path.read_text().endswith(f'\n\n{line}    version("1.0", sha256="{sha256}")\n')


def test_checksum_errors(place: Place, trial: RecipeRepository, links: Path) -> None:
    trial.recipe("py-foo", RECIPE.format("0" * 64))
    with pytest.raises(RequestError, match=r"no source distribution of foo 7"):
        place.run(checksum_command, "py-foo", "7")
    with pytest.raises(UsageError):
        place.run(checksum_command, "py-foo", "not/a/version")
    with pytest.raises(RequestError, match="comes with Outcrop"):
        place.run(checksum_command, "py-pip", "--add")
    with pytest.raises(UnknownPackageError):
        place.run(checksum_command, "py-fooo")
    trial.recipe(
        "gitty",
        "from spack.package import *\n\n\nclass Gitty(Package):\n"
        '    git = "https://example.org/r"\n    version("1.0", tag="v1.0")\n',
    )
    with pytest.raises(RequestError, match="describes no archive"):
        place.run(checksum_command, "gitty")
