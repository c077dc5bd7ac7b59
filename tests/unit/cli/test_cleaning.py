"""``clean`` says how much it throws away, and how much that would be."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from outcrop.cli.commands.cleaning import clean_command
from support.commands import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "root"
    for name, size in (
        ("stage/app-1.0-abcdefg/build.log", 1500),
        ("stage/lib-1.0-abcdefg/build.log", 500),
        ("cache/sources/archive/ab/abcd.tar.gz", 2_500_000),
        ("cache/recipes/generation/model", 300),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
    return Place(root, tmp_path)


def left(place: Place) -> set[str]:
    return {path.name for path in place.root.rglob("*") if path.is_file() and ".locks" not in path.parts}


@pytest.mark.parametrize(
    ("options", "said", "rest"),
    [
        ((), "removed 2 stages (2.0 kB)", {"abcd.tar.gz", "model"}),
        (("--stage",), "removed 2 stages (2.0 kB)", {"abcd.tar.gz", "model"}),
        (("--downloads",), "removed downloads (2.5 MB)", {"build.log", "model"}),
        (("-m",), "removed misc-cache (0.3 kB)", {"build.log", "abcd.tar.gz"}),
        (("-sd",), "removed 2 stages (2.0 kB), downloads (2.5 MB)", {"model"}),
        (("--all",), "removed 2 stages (2.0 kB), downloads (2.5 MB), misc-cache (0.3 kB)", set()),
    ],
)
def test_kinds(
    place: Place, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str, rest: set[str]
) -> None:
    place.run(clean_command, *options)
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err == f"==> {said}\n"
    assert left(place) == rest
    place.run(clean_command, *options)
    assert capsys.readouterr().err == "==> nothing to remove\n"


def test_a_trial_removes_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = left(place)
    place.run(clean_command, "-a", "-n")
    shown = capsys.readouterr()
    assert [line.split() for line in shown.out.splitlines()] == [
        ["stage", "1.5", "kB", f"{place.root}/stage/app-1.0-abcdefg"],
        ["stage", "0.5", "kB", f"{place.root}/stage/lib-1.0-abcdefg"],
        ["downloads", "2.5", "MB", f"{place.root}/cache/sources/archive"],
        ["misc-cache", "0.3", "kB", f"{place.root}/cache/recipes"],
    ]
    assert shown.err.startswith("==> would remove 2 stages")
    assert left(place) == before


def test_what_is_in_use_is_told_and_kept(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (place.root / "stage/.locks").mkdir()
    lock = os.open(place.root / "stage/.locks/app-1.0-abcdefg", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        place.run(clean_command)
        assert capsys.readouterr().err == "==> removed 1 stage (0.5 kB)\n==> in use, and kept: 1 stage (1.5 kB)\n"
        place.run(clean_command, "-d", "--json")
        record = json.loads(capsys.readouterr().out)
    finally:
        os.close(lock)
    assert record["removed"] == [] and record["dry_run"] is False
    assert record["in_use"] == [{"kind": "downloads", "path": f"{place.root}/cache/sources/archive", "size": 2_500_000}]
