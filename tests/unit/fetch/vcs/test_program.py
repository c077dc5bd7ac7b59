"""What the programs of version control systems see."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.fetch import StageError
from outcrop.fetch.vcs import program_environment
from outcrop.fetch.vcs.program import Program, refuse_options


def test_the_environment() -> None:
    mine = {"PATH": "/bin", "HOME": "/h", "https_proxy": "p", "NO_PROXY": "n", "SSH_AUTH_SOCK": "s"}
    other = {"GIT_DIR": "/x", "GIT_CONFIG_COUNT": "1", "LD_PRELOAD": "/x", "PYTHONPATH": "/x", "HGRCPATH": "/x"}
    seen = program_environment({**mine, **other, "LC_ALL": "de_DE", "TZ": "Asia/Tokyo"})
    assert {name: seen[name] for name in mine} == mine
    assert not other.keys() & seen.keys()
    assert (seen["LC_ALL"], seen["TZ"], seen["GIT_TERMINAL_PROMPT"]) == ("C.UTF-8", "UTC0", "0")


@pytest.mark.parametrize(
    ("name", "package"), [("git", "git"), ("svn", "subversion"), ("hg", "mercurial"), ("cvs", "cvs")]
)
def test_a_missing_program_names_its_package(name: str, package: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=f"without {name}") as caught:
        Program(name, "https://me:secret@e.org/x", {"PATH": str(tmp_path)})
    assert caught.value.hint == f"install {package}"
    assert "secret" not in str(caught.value)


def test_a_program_runs_with_its_options_and_environment(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    script.write_text('#!/bin/sh\necho "$@" "$TZ" "$LD_PRELOAD" "$(pwd)"\n')
    script.chmod(0o755)
    tool = Program("tool", "x", {"PATH": f"{tmp_path}:/bin:/usr/bin", "LD_PRELOAD": ""}, options=["-q"])
    assert tool("a b", cwd=tmp_path).split() == ["-q", "a", "b", "UTC0", str(tmp_path)]


def test_words_that_look_like_options() -> None:
    refuse_options("", "a-b", "https://e.org/-x")
    with pytest.raises(StageError, match="begins with a hyphen"):
        refuse_options("main", "--upload-pack=touch x")
