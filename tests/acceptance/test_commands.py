"""Every command with a look at what it prints, for people and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acceptance.conftest import World
from support.program import Program
from support.recipes import RecipeRepository

COMMANDS = [
    ("spec",),
    ("install",),
    ("find",),
    ("location",),
    ("info",),
    ("list",),
    ("graph",),
    ("env",),
    ("env", "create"),
    ("env", "activate"),
    ("env", "list"),
    ("env", "view", "regenerate"),
    ("concretize",),
    ("repo", "list"),
    ("repo", "add"),
    ("repo", "remove"),
    ("external", "find"),
    ("compiler", "list"),
    ("reindex",),
    ("uninstall",),
    ("gc",),
    ("clean",),
    ("add",),
    ("remove",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(program: Program, command: tuple[str, ...]) -> None:
    shown = program(*command, "--help").stdout
    assert shown.startswith(f"Usage: outcrop {' '.join(command)}")
    assert len(shown.splitlines()) > 4


def test_spec_and_graph(world: World) -> None:
    shown = world.program("spec", "py-pip").stdout.splitlines()
    assert shown[0].startswith("[+]") and "py-pip@" in shown[0]
    assert any("[e]" in line and "python@3" in line for line in shown)
    record = world.program("spec", "--json", "py-pip").json()
    assert record["schema"] == 1 and record["nodes"][record["roots"][0]]["name"] == "py-pip"
    whole = world.program("spec", "--long", "py-pip").stdout.strip()
    assert whole == record["roots"][0]
    by_hash = world.program("spec", "--json", f"/{whole[:7]}").json()
    assert by_hash["roots"] == [whole]
    assert "[ rb ]" in world.program("graph", "py-pip").stdout
    assert world.program("graph", "--dot", "py-pip").stdout.startswith("digraph")
    assert len(world.program("graph", "--depth", "0", "py-pip").stdout.splitlines()) == 1


def test_the_same_request_gives_the_same_graph_in_another_process(world: World) -> None:
    seeds = [world.program.with_root(world.program.root, extra={"PYTHONHASHSEED": seed}) for seed in ("1", "2")]
    assert len({each("spec", "--json", "py-black", "py-mypy").stdout for each in seeds}) == 1


def test_find_and_location(world: World) -> None:
    listed = world.program("find").stdout
    assert "py-black@" in listed and "[e]" in listed
    assert len(world.program("find", "py-black").stdout.splitlines()) == 1
    assert "no installed package" in world.program("find", "py-poetry", status=1).stderr
    formatted = world.program("find", "--format", "{name}{@version} {hash:7} {prefix}", "py-black").stdout.split()
    prefix = world.program("location", "py-black").stdout.strip()
    assert formatted[0].startswith("py-black@") and len(formatted[1]) == 7 and formatted[2] == prefix
    assert Path(prefix).is_dir()
    assert world.program("location", "--root").stdout.strip() == str(world.program.root / "store")
    assert "py_black" in world.program("location", "-p", "py-black").stdout
    assert Path(world.program("location", "--log", "py-black").stdout.strip()).is_file()
    assert world.program("-e", world.tools, "location", "--view").stdout.strip() == str(world.tools_view)
    ambiguous = world.program("location", "py-flit-core", status=1)
    assert "fits 2 installed packages" in ambiguous.stderr and "hint:" in ambiguous.stderr


def test_find_in_an_environment(world: World) -> None:
    shown = world.program("-e", world.tools, "find").stdout
    assert "py-click@" in shown and "py-hatchling@" not in shown, "build tools are not in the environment"
    record = world.program("-e", world.tools, "find", "--json").json()
    assert {each["spec"] for each in record["roots"]} >= {"py-black", "py-mypy"} or len(record["roots"]) == 5
    assert all(each["installed"] for each in record["packages"])


def test_info_and_list(world: World) -> None:
    shown = world.program("info", "py-black").stdout
    for part in ("Versions, best first:", "24.10.0", "py-click@8:", "Extends: python"):
        assert part in shown
    record = world.program("info", "--json", "py-markupsafe").json()
    assert {"spec": "c", "types": ["build"], "when": ""} in record["dependencies"]
    assert "gcc" in world.program("info", "c").stdout
    assert world.program("list", "flake8").stdout.split() == ["py-flake8"]
    assert "py-black" in world.program("list", "--json").json()["packages"]
    assert world.program("list", "--virtuals").stdout.split() == ["c", "cxx", "fortran"]


def test_environments_by_name(program: Program) -> None:
    program("env", "create", "mine", "--spec", "python-venv", "--without-view")
    assert "there is an environment" in program("env", "create", "mine", status=1).stderr
    assert [each["name"] for each in program("env", "list", "--json").json()["environments"]] == ["mine"]
    assert "not concretized" in program("-e", "mine", "env", "status").stdout
    assert "is not concretized" in program("-e", "mine", "find", status=1).stderr
    program("-e", "mine", "install")
    assert "[+] python-venv" in program("-e", "mine", "env", "status").stdout
    missed = program("-e", "mien", "install", status=1)
    assert "did you mean mine?" in missed.stderr
    assert "has no view" in program("env", "activate", "mine", status=1).stderr
    program("env", "remove", "-y", "mine")
    assert program("env", "list").stdout == ""


def test_add_remove_concretize(program: Program, tmp_path: Path) -> None:
    program("env", "create", tmp_path / "env")
    environment = tmp_path / "env"
    program("-e", environment, "add", "python-venv")
    missed = program("-e", environment, "add", "py-blak", status=1)
    assert "py-black" in missed.stderr
    shown = program("-e", environment, "concretize")
    assert "wrote" in shown.stderr
    lock = (environment / "outcrop.lock").read_bytes()
    assert "unchanged" in program("-e", environment, "concretize").stderr
    program("-e", environment, "concretize", "--force")
    assert (environment / "outcrop.lock").read_bytes() == lock, "the same inputs give the same lock"
    program("-e", environment, "install", "--locked")
    program("-e", environment, "remove", "python-venv")
    refused = program("-e", environment, "install", "--locked", status=1)
    assert "does not answer the manifest" in refused.stderr
    program("-e", environment, "install")
    assert json.loads((environment / "outcrop.lock").read_text())["roots"] == []


def test_repositories(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package("py-mine")
    program("repo", "add", repository.root)
    assert [each["namespace"] for each in program("repo", "list", "--json").json()["repositories"]] == ["trial", "core"]
    assert "there already" in program("repo", "add", repository.root, status=1).stderr
    assert program("list", "-r", "trial").stdout.split() == ["py-mine"]
    program("repo", "remove", "trial")
    assert "no package py-mine" in program("info", "py-mine", status=1).stderr
    assert "repo.yaml" in program("repo", "add", tmp_path, status=1).stderr
    assert (repository.root / "repo.yaml").exists()


def test_a_repository_that_is_gone_can_be_removed(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path / "place")
    repository.python_package("py-mine")
    program("repo", "add", repository.root)
    (tmp_path / "place").rename(tmp_path / "moved")
    ran = program("list", status=1)
    assert "repo remove trial" in ran.stderr and "repos.yaml" in ran.stderr
    program("repo", "remove", "trial")
    assert "py-pip" in program("list").stdout


def test_the_machine(program: Program) -> None:
    compilers = program("compiler", "list", "--json").json()["compilers"]
    assert any(each["name"] == "gcc" and "c" in each["paths"] for each in compilers)
    assert "gcc@" in program("compiler", "list").stdout
    found = program("external", "find", "python", "--json").json()["packages"]
    assert found["python"]["externals"][0]["prefix"] == "/usr"
    assert "was found" in program("external", "find", "pithon", status=1).stderr
    program("external", "find", "python", "--write")
    text = (program.root / "config" / "packages.yaml").read_text()
    assert "prefix: /usr" in text
    program("external", "find", "python", "--write")
    assert (program.root / "config" / "packages.yaml").read_text() == text, "writing twice changes nothing"
    listed = program("external", "list", "--json").json()["externals"]
    assert {each["source"] for each in listed if each["name"] == "python"} != {"PATH"}
    assert program("spec", "python-venv").stdout.count("python@3") == 1


def test_reindex(world: World) -> None:
    record = world.program("reindex", "--json").json()
    assert record["records"] > 20 and record["broken"] == [] and record["added"] == record["dropped"] == []


def test_version_and_start_up_imports(program: Program) -> None:
    assert program("--version").stdout.startswith("outcrop ")
    assert program("-V").stdout == program("--version").stdout


def test_an_environment_brings_its_own_repository(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path / "env" / "recipes")
    repository.python_package("py-mine")
    environment = program.environment_at(
        tmp_path / "env",
        "spack:\n  specs: [py-mine]\n  view: true\n  repos:\n    trial: ./recipes/spack_repo/trial\n",
    )
    program("-e", environment, "install")
    assert "py-mine" in program("-e", environment, "find").stdout
    program("env", "remove", "-y", environment)
    assert sorted(path.name for path in environment.iterdir()) == ["recipes"]
