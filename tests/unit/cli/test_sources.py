"""Sources, as a person asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcrop.base.errors import UsageError
from outcrop.cli.commands.sources import fetch_command, mirror_command, patch_command, stage_command
from support.commands import Place
from support.recipes import RecipeRepository


@pytest.fixture
def place(tmp_path: Path) -> Place:
    trial = RecipeRepository(tmp_path / "repos")
    for name, needs in (("app", 'depends_on("lib")'), ("lib", "pass")):
        url, sha256 = trial.source({"text": "one\n"}, name)
        trial.recipe(
            name,
            f"from spack.package import *\n\n\nclass {name.capitalize()}(Package):\n"
            f'    url = "{url}"\n    version("1.0", sha256="{sha256}")\n    {needs}\n',
        )
    return Place(tmp_path / "root", tmp_path, (trial.root,))


def test_fetch_stage_and_mirror(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(fetch_command, "app")
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["app@1.0", "app-1.0.tar.gz"],
        ["lib@1.0", "lib-1.0.tar.gz"],
    ]
    place.run(fetch_command, "--no-dependencies", "--json", "app")
    (row,) = json.loads(capsys.readouterr().out)["files"]
    assert row["package"] == "app@1.0" and Path(row["path"]).is_file()

    place.run(mirror_command, "create", "-d", "m", "app")
    assert capsys.readouterr().out == f"{tmp_path}/m: 2 files added, 0 there already\n"
    place.run(mirror_command, "create", "-d", "m", "--json", "app")
    report = json.loads(capsys.readouterr().out)
    assert (len(report["written"]), len(report["present"]), report["skipped"]) == (0, 2, [])

    place.run(mirror_command, "add", "near", "m")
    place.run(mirror_command, "list")
    assert capsys.readouterr().out == f"near  {tmp_path}/m\n"
    # What a mirror has needs neither the cache nor where it came from.
    for archive in (tmp_path / "repos/archives").iterdir():
        archive.unlink()
    (tmp_path / "root/cache/sources").rename(tmp_path / "away")

    place.run(stage_command, "--offline", "app")
    sources = Path(capsys.readouterr().out.strip())
    assert (sources / "text").read_text() == "one\n"
    place.run(patch_command, "--json", "app")
    (record,) = json.loads(capsys.readouterr().out)["stages"]
    assert record["sources"] == str(sources) and record["patched"] and record["fresh"]
    place.run(stage_command, "-p", "here", "app")
    assert capsys.readouterr().out.strip() == str(tmp_path / "here/spack-src")

    place.run(mirror_command, "remove", "near")
    place.run(mirror_command, "list", "--json")
    assert json.loads(capsys.readouterr().out)["mirrors"] == []


def test_a_mirror_of_everything_in_an_environment(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spack.yaml").write_text("spack:\n  specs: [app]\n")
    session = place.session()
    session.environment = str(tmp_path)
    mirror_command.main(
        args=["create", "-d", str(tmp_path / "m"), "--all"], standalone_mode=False, obj=session, prog_name="mirror"
    )
    assert "2 files added" in capsys.readouterr().out
    assert (tmp_path / "m/lib/lib-1.0.tar.gz").is_file()


def test_usage(place: Place) -> None:
    for command in (fetch_command, stage_command, patch_command):
        with pytest.raises(UsageError, match="no spec is given"):
            place.run(command)
    with pytest.raises(UsageError, match="either specs or --all"):
        place.run(mirror_command, "create", "-d", "m")
    with pytest.raises(UsageError, match="either specs or --all"):
        place.run(mirror_command, "create", "-d", "m", "--all", "app")
    with pytest.raises(UsageError, match="no environment"):
        place.run(mirror_command, "create", "-d", "m", "--all")
    with pytest.raises(UsageError, match="for one package"):
        place.run(stage_command, "-p", "x", "app", "lib")


def test_a_mirror_without_sources_is_pointed_out(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run(mirror_command, "add", "empty", ".")
    assert "no sources yet" in capsys.readouterr().err
