"""Questions about recipes, as a person asks them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest

from outcrop.base.errors import OutcropError, RequestError, UsageError
from outcrop.cli.commands.queries import (
    dependencies_command,
    dependents_command,
    maintainers_command,
    providers_command,
    tags_command,
    versions_command,
)
from outcrop.repo import RecipeError, UnknownPackageError
from support.commands import Place
from support.recipes import RecipeRepository

RECIPES = {
    "app": 'version("2.0")\nversion("1.0", deprecated=True)\nmaintainers("Ann", "bob")\ntags = ["tool"]\n'
    'depends_on("lib@1:", when="@2:")\ndepends_on("thing", type="run")',
    "lib": 'version("1.0")\nversion("0.9", preferred=True)\nmaintainers("ann")\ndepends_on("base")',
    "base": 'tags = ["tool", "deep"]',
    "one": 'provides("thing@1")\ndepends_on("base")',
    "two": 'provides("thing@2:3", when="@5:")',
    "broken": "raise ValueError('oh')",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    directory = tmp_path_factory.mktemp("queries")
    trial = RecipeRepository(directory / "repos")
    for name, body in RECIPES.items():
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        trial.recipe(name, f"from spack.package import *\n\n\nclass {name.capitalize()}(Package):\n{lines}\n")
    return Place(directory / "root", directory, (trial.root,))


@pytest.fixture
def ask(place: Place, capsys: pytest.CaptureFixture[str]) -> Any:  # Any: a function with many shapes
    """Run a command; gives its lines, or its record with ``--json``."""

    def run(command: click.Command, *arguments: str) -> Any:
        capsys.readouterr()
        place.run(command, *arguments)
        text = capsys.readouterr().out
        return json.loads(text) if "--json" in arguments else text.splitlines()

    return run


def test_versions(ask: Any) -> None:
    assert ask(versions_command, "app") == ["2.0", "1.0  (deprecated)"]
    assert ask(versions_command, "trial.lib") == ["0.9  (preferred)", "1.0"]
    assert ask(versions_command, "--json", "app") == {
        "schema": 1,
        "name": "app",
        "versions": [
            {"version": "2.0", "preferred": False, "deprecated": False},
            {"version": "1.0", "preferred": False, "deprecated": True},
        ],
    }
    assert ask(versions_command, "base") == []


def test_versions_that_upstream_has(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = RecipeRepository(tmp_path / "repos")
    for version in ("0.5", "1.1", "1.2rc1"):
        trial.source({"a": version}, "foo", version)
    url, sha256 = trial.source({"a": "a"}, "foo")
    trial.recipe(
        "foo",
        "from spack.package import *\n\n\nclass Foo(Package):\n"
        f'    url = "{url}"\n    version("1.0", sha256="{sha256}")\n',
    )
    own = Place(tmp_path / "root", tmp_path, (trial.root,))
    own.run(versions_command, "--remote", "--offline", "foo")
    assert capsys.readouterr().out.splitlines() == ["1.1", "0.5"]
    own.run(versions_command, "--new", "--json", "foo")
    assert json.loads(capsys.readouterr().out)["remote"] == ["1.1"]


def test_providers(ask: Any) -> None:
    assert ask(providers_command)[-1:] == ["thing"]
    assert "thing" in ask(providers_command, "--json")["virtuals"]
    assert ask(providers_command, "thing") == ["one  thing@1", "two  thing@2:3  when @5:"]
    assert ask(providers_command, "thing@2") == ["two  thing@2:3  when @5:"]
    assert ask(providers_command, "--json", "thing@1")["virtuals"] == {
        "thing@1": [{"name": "one", "provides": "thing@1", "when": ""}]
    }


def test_dependencies(ask: Any) -> None:
    assert ask(dependencies_command, "app") == ["[l b ]  lib  (sometimes)", "[ r  ]  thing"]
    assert ask(dependencies_command, "--deptype", "run,test", "app") == ["[ r  ]  thing"]
    assert ask(dependencies_command, "-t", "app") == ["base", "lib", "one", "two"]
    assert ask(dependencies_command, "-t", "-V", "app") == ["base", "lib", "thing"]
    (lib, thing) = ask(dependencies_command, "--json", "app")["dependencies"]
    assert lib == {
        "name": "lib",
        "types": ["link", "build"],
        "always": False,
        "virtual": False,
        "specs": [{"spec": "lib@1:", "when": "@2:"}],
    }
    assert thing["virtual"] and thing["always"]
    assert ask(dependencies_command, "-t", "--json", "lib") == {"schema": 1, "name": "lib", "dependencies": ["base"]}


def test_dependents(ask: Any) -> None:
    assert ask(dependents_command, "base") == ["lib", "one"]
    assert ask(dependents_command, "two") == ["app  (thing)"]
    assert ask(dependents_command, "thing") == ["app"]
    assert ask(dependents_command, "-t", "base") == ["app", "lib", "one"]
    assert ask(dependents_command, "--json", "one")["dependents"] == [{"name": "app", "through": ["thing"]}]
    assert ask(dependents_command, "-t", "--json", "lib")["dependents"] == ["app"]


def test_maintainers(ask: Any) -> None:
    assert ask(maintainers_command, "app") == ["Ann", "bob"]
    assert ask(maintainers_command, "app", "base") == ["app   Ann, bob", "base  -"]
    assert ask(maintainers_command, "--by-user", "ANN") == ["app", "lib"]
    everybody = ask(maintainers_command)
    assert everybody[0].split() == ["app", "Ann,", "bob"]
    assert {"one", "two", "base"} <= set(ask(maintainers_command, "--unmaintained"))
    assert ask(maintainers_command, "--json", "app")["maintainers"] == {"app": ["Ann", "bob"]}


def test_tags(ask: Any) -> None:
    assert ask(tags_command, "deep") == ["base"]
    assert ask(tags_command, "tool", "deep") == ["tool:", "    app", "    base", "deep:", "    base"]
    assert "tool" in [line.split()[0] for line in ask(tags_command)]
    assert ask(tags_command, "--json")["tags"]["tool"] == 2
    assert ask(tags_command, "--all", "--json")["tags"]["tool"] == ["app", "base"]


@pytest.mark.parametrize(
    ("command", "arguments", "kind", "text", "hint"),
    [
        (versions_command, ["ap"], UnknownPackageError, "no package ap", "app"),
        (versions_command, ["thing"], RequestError, "thing is virtual", "providers thing"),
        (versions_command, ["broken"], RecipeError, "broken", ""),
        (providers_command, ["thign"], UnknownPackageError, "no package provides thign", "thing"),
        (providers_command, ["app"], RequestError, "is a package", "info app"),
        (providers_command, ["thing@9:"], RequestError, "no package provides thing@9:", "thing@1"),
        (dependencies_command, ["libb"], UnknownPackageError, "no package libb", "lib"),
        (dependencies_command, ["-t", "broken"], RecipeError, "broken", ""),
        (dependencies_command, ["--deptype", "sideways", "lib"], UsageError, "no type", "link, run"),
        (dependencies_command, ["-t", "--deptype", "run", "lib"], UsageError, "direct dependencies", "graph"),
        (dependencies_command, ["lib", "app"], UsageError, "one name at a time", ""),
        (dependencies_command, ["-i", "lib"], RequestError, "no installed package fits", "install lib"),
        (dependents_command, ["baze"], UnknownPackageError, "no package baze", "base"),
        (maintainers_command, ["-u", "anne"], RequestError, "no maintainer anne", "Ann"),
        (maintainers_command, ["--unmaintained", "app"], UsageError, "stands alone", ""),
        (tags_command, ["tol"], RequestError, "no tag tol", "tool"),
    ],
)
def test_errors_say_what_to_do(
    place: Place, command: click.Command, arguments: list[str], kind: type[OutcropError], text: str, hint: str
) -> None:
    with pytest.raises(kind) as caught:
        place.run(command, *arguments)
    assert text in str(caught.value)
    assert hint in (caught.value.hint or "")


def test_nothing_is_asked_of_the_network_unless_it_has_to_be(place: Place) -> None:
    # A root with no access to anything but its recipes.
    place.run(dependents_command, "base", PIP_CONFIG_FILE=os.devnull)
    assert not (place.root / "cache" / "sources").exists()
