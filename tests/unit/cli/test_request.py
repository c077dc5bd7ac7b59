"""``spec`` with questions about the solve, saved problems, and replays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from outcrop.base.errors import InputError, RequestError, UsageError
from outcrop.cli.commands.install import concretize_command
from outcrop.cli.commands.request import spec_command
from outcrop.solve import UnsatisfiableError
from support.commands import Place
from support.recipes import RecipeRepository

RECIPES = {
    "app": 'version("2.0")\nversion("1.0")\nvariant("docs", default=True)\ndepends_on("lib@:1", when="@2")\n'
    'depends_on("tool", type="build", when="+docs")',
    "lib": 'version("2.0")\nversion("1.0")',
    "tool": 'version("1.0")\nconflicts("^lib@2")',
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    directory = tmp_path_factory.mktemp("request")
    trial = RecipeRepository(directory / "repos")
    for name, body in RECIPES.items():
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = f"from spack.package import *\n\n\nclass {name.capitalize()}(Package):\n    has_code = False\n"
        trial.recipe(name, f"{head}{lines}\n")
    return Place(directory / "root", directory, (trial.root,))


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def record_of(capsys: pytest.CaptureFixture[str]) -> Any:  # Any: whatever the command prints
    return json.loads(capsys.readouterr().out)


def test_explain(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(spec_command, "--explain", "app", "~docs")
    lines = lines_of(capsys)
    assert lines[0] == "app@2.0  you asked for app~docs"
    assert lines[1] == "    ~docs, not +docs: you asked for app~docs"
    assert lines[2].startswith("lib@1.0  needed by app (")
    assert lines[3].startswith(
        "    version 1.0, not 2.0: app depends on lib@:1 when @2 (trial/packages/app/package.py:"
    )
    assert len(lines) == 4


def test_explain_one_node(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(spec_command, "--explain-node", "tool", "app")
    lines = lines_of(capsys)
    assert lines[0] == "tool@1.0"
    assert lines[1].startswith("    needed by app@2.0 (")
    assert "    version 1.0: the recipe's order of versions" in lines
    with pytest.raises(RequestError, match="tol is not in the answer"):
        place.run(spec_command, "--explain-node", "tol", "app")


def test_json_has_what_was_asked_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(spec_command, "--json", "--explain", "--stats", "--timers", "app")
    record = record_of(capsys)
    told = {node["hash"]: node for node in record["explanation"]["nodes"]}
    assert set(told) == set(record["nodes"])
    assert told[record["roots"][0]]["requests"] == ["app"]
    assert record["statistics"]["expanded"] >= 3
    assert set(record["seconds"]) == {"setup", "recipes", "engine", "solve", "hashes"}
    assert all(seconds >= 0 for seconds in record["seconds"].values())
    place.run(spec_command, "--json", "app")
    plain = record_of(capsys)
    assert {"explanation", "statistics", "seconds"}.isdisjoint(plain)
    assert plain["nodes"] == record["nodes"]


def test_timers_and_statistics_follow_the_tree(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(spec_command, "--timers", "--stats", "lib")
    lines = lines_of(capsys)
    assert "lib@2.0" in lines[0]
    words = [line.split() for line in lines[1:] if line]
    names = [each[0] for each in words]
    assert names.index("clauses") < names.index("engine") < names.index("total")
    parts = [float(each[1]) for each in words[names.index("setup") : -1]]
    assert float(words[-1][1]) == pytest.approx(sum(parts), abs=0.01)


@pytest.mark.parametrize("explain", [(), ("--explain",)])
def test_a_saved_problem_is_solved_without_repositories(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], explain: tuple[str, ...]
) -> None:
    file = tmp_path / "app.problem"
    place.run(spec_command, *explain, "--save-problem", file, "app", "^lib@1")
    captured = capsys.readouterr()
    assert f"wrote the problem into {file}" in captured.err
    elsewhere = Place(tmp_path / "root", tmp_path)
    elsewhere.run(spec_command, *explain, "--replay", file)
    again = lines_of(capsys)
    if explain:
        assert again == captured.out.splitlines()
    else:
        assert [line.split()[-1] for line in again] == [line.split()[-1] for line in captured.out.splitlines()]
    elsewhere.run(spec_command, "--json", *explain, "--replay", file)
    assert len(record_of(capsys)["roots"]) == 1


def test_a_problem_without_a_solution_is_saved_too(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnsatisfiableError) as first:
        place.run(spec_command, "--save-problem", "no.problem", "app@2", "^lib@2")
    file = place.directory / "no.problem"
    assert f"wrote the problem into {file}" in capsys.readouterr().err
    with pytest.raises(UnsatisfiableError) as second:
        Place(tmp_path / "root", tmp_path).run(spec_command, "--replay", file)
    assert (second.value.details, second.value.hint) == (first.value.details, first.value.hint)


def test_replay_takes_nothing_else(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "x.problem"
    file.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="brings its own requests"):
        place.run(spec_command, "--replay", file, "app")
    with pytest.raises(InputError, match=r"x\.problem is no record of a solve"):
        place.run(spec_command, "--replay", file)
    with pytest.raises(click.UsageError, match="does not exist"):
        place.run(spec_command, "--replay", tmp_path / "missing")


def run_in(place: Place, environment: Path, command: click.Command, *arguments: str | Path) -> None:
    session = place.session()
    session.environment = str(environment)
    command.main(args=[str(argument) for argument in arguments], standalone_mode=False, obj=session)


def test_an_environment_is_explained_by_a_new_solve(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spack.yaml").write_text("spack:\n  specs: [app ^lib@:1]\n  view: false\n")
    first, second = tmp_path / "first.problem", tmp_path / "second.problem"
    run_in(place, tmp_path, concretize_command, "--save-problem", first)
    assert first.is_file()
    capsys.readouterr()
    run_in(place, tmp_path, concretize_command, "--save-problem", second)
    assert f"nothing was solved, so {second} was not written" in capsys.readouterr().err
    assert not second.exists()
    run_in(place, tmp_path, spec_command, "--explain")
    assert lines_of(capsys)[0] == "app@2.0  you asked for app ^lib@:1"
