"""Verbs of an environment whose requests are in groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from outcrop.base.errors import RequestError, UsageError
from outcrop.cli.commands.environment import env_status
from outcrop.cli.commands.install import concretize_command, install_command
from outcrop.cli.commands.manifest import add_command, remove_command
from outcrop.cli.commands.request import graph_command, spec_command
from outcrop.repo import UnknownPackageError
from support.commands import Place
from support.recipes import RecipeRepository

MANIFEST = """\
# ours
spack:
  specs:
  - other  # alone
  - group: libs
    explicit: false
    specs: [lib@1.2]
  - group: apps
    needs: [libs]
    specs:
    - app
    - other
  view: false
"""
Run = Callable[..., Any]  # Any: what click returns


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    directory = tmp_path_factory.mktemp("groups")
    trial = RecipeRepository(directory / "repos")
    for name, body in {
        "lib": ('version("1.3")', 'version("1.2")'),
        "app": ('version("1.0")', 'depends_on("lib", type="link")'),
        "other": ('version("1.0")', 'depends_on("lib", type="link")'),
    }.items():
        lines = "".join(f"    {line}\n" for line in body)
        head = f"from spack.package import *\n\n\nclass {name.title()}(Package):\n    has_code = False\n"
        trial.recipe(name, head + lines)
    made = Place(directory / "root", directory, (trial.root,))
    made.run(spec_command, "app")  # which indexes the repositories, and says so
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "spack.yaml").write_text(MANIFEST)
    return tmp_path / "spack.yaml"


@pytest.fixture
def run(place: Place, path: Path) -> Run:
    """Runs a command in the environment."""

    def command(verb: click.Command, *arguments: str) -> Any:  # Any: what click returns
        session = msgspec.structs.replace(place.session(), environment=str(path.parent))
        return verb.main(args=list(arguments), standalone_mode=False, obj=session)

    return command


def test_add_and_remove(run: Run, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(add_command, "--group", "apps", "lib@1.3")
    run(add_command, "--group", "more", "app", "lib")
    run(add_command, "lib")
    assert capsys.readouterr().err.splitlines() == [
        "==> added lib@1.3 to the group apps",
        "==> made the group more",
        "==> added app to the group more",
        "==> added lib to the group more",
        "==> added lib",
    ]
    run(remove_command, "lib@1.3")
    run(remove_command, "--group", "more", "app")
    assert capsys.readouterr().err.splitlines() == [
        "==> removed lib@1.3 from the group apps",
        "==> removed app from the group more",
    ]
    text = path.read_text()
    assert "# ours" in text and "# alone" in text and "lib@1.3" not in text
    with pytest.raises(RequestError, match="other is asked for in 2 groups: default, apps"):
        run(remove_command, "other")
    with pytest.raises(RequestError, match="the group libs does not ask for other"):
        run(remove_command, "--group", "libs", "other")
    with pytest.raises(RequestError, match="no group 'lib'"):
        run(remove_command, "--group", "lib", "other")
    assert path.read_text() == text


def test_nothing_is_removed_if_one_of_them_is_not_clear(run: Run, path: Path) -> None:
    with pytest.raises(RequestError, match="in 2 groups"):
        run(remove_command, "app", "other")
    assert path.read_text() == MANIFEST


def test_status(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(env_status)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "group default",
        " -  other",
        "group libs (kept only while needed)",
        " -  lib@1.2",
        "group apps, after libs",
        " -  app",
        " -  other",
    ]
    run(concretize_command)
    capsys.readouterr()
    run(env_status, "--json")
    record = json.loads(capsys.readouterr().out)
    assert record["current"] and [root["group"] for root in record["roots"]] == ["default", "libs", "apps", "apps"]
    # One text in two groups is two requests with an answer each.
    assert record["roots"][0]["hash"] != record["roots"][3]["hash"] and record["roots"][3]["spec"] == "other"
    assert record["groups"][2] == {"name": "apps", "needs": ["libs"], "explicit": True}


def test_concretize_says_what_is_in_which_group(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(concretize_command)
    told = [line.partition(" -> ")[0] for line in capsys.readouterr().err.splitlines() if " -> " in line]
    assert told == ["==> default: other", "==> libs: lib@1.2", "==> apps: app", "==> apps: other"]
    run(concretize_command, "--json")
    record = json.loads(capsys.readouterr().out)
    assert [(group["name"], len(group["roots"])) for group in record["groups"]] == [
        ("default", 1),
        ("libs", 1),
        ("apps", 2),
    ]


@pytest.mark.parametrize("locked", [False, True])
def test_spec_shows_groups(run: Run, capsys: pytest.CaptureFixture[str], locked: bool) -> None:
    if locked:
        run(concretize_command)
        capsys.readouterr()
    run(spec_command)
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("group")]
    assert heads == ["group default", "group libs (kept only while needed)", "group apps, after libs"]
    run(spec_command, "--group", "apps")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "group apps, after libs" and "app@1.0" in lines[1] and "lib@1.2" in lines[2]
    run(graph_command, "--group", "libs")
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["lib@1.2"]
    with pytest.raises(RequestError, match="no group 'app'"):
        run(spec_command, "--group", "app")


def test_what_is_asked_about_a_solve_needs_a_group(run: Run, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = path.parent / "problem.json"
    for verb, arguments in (
        (spec_command, ["--explain"]),
        (spec_command, ["--save-problem", str(problem)]),
        (concretize_command, ["--save-problem", str(problem)]),
        (install_command, ["--save-problem", str(problem)]),
    ):
        with pytest.raises(UsageError, match="one solve") as caught:
            run(verb, *arguments)
        assert caught.value.hint is not None and "default, libs, apps" in caught.value.hint
    assert not problem.exists()
    run(spec_command, "--group", "apps", "--explain", "--save-problem", str(problem))
    assert capsys.readouterr().out.splitlines()[0] == "app@1.0  you asked for app"
    run(spec_command, "--replay", str(problem))
    assert "lib@1.2" in capsys.readouterr().out


def test_groups_and_requests_exclude_each_other(run: Run, place: Place) -> None:
    with pytest.raises(UsageError, match="--group"):
        run(spec_command, "--group", "apps", "lib")
    with pytest.raises(UsageError, match="one group only"):
        run(install_command, "--add", "--group", "apps", "--group", "libs", "lib")
    with pytest.raises(UsageError, match="for an environment"):
        place.run(install_command, "--group", "apps", "lib")


def test_what_install_adds_is_checked_and_told_as_by_add(
    run: Run, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownPackageError):
        run(install_command, "--add", "--group", "apps", "libb")
    assert path.read_text() == MANIFEST
    with pytest.raises(RequestError):
        run(install_command, "--locked", "--add", "--group", "more", "other@1.0")
    assert {"==> made the group more", "==> added other@1.0 to the group more"} <= set(
        capsys.readouterr().err.splitlines()
    )
