"""The activation scripts, read by real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from outcrop.store.seal import Change
from outcrop.view.activation import activation_scripts

SHELLS = [path for path in map(shutil.which, ("bash", "dash", "zsh", "ksh")) if path is not None]

CHANGES = (
    Change(action="prepend", name="PATH", value="{root}/bin"),
    Change(action="prepend", name="MANPATH", value="{root}/share/man"),
    Change(action="prepend", name="CMAKE_PREFIX_PATH", value="{root}"),
    Change(action="set", name="TOOL_HOME", value='it\'s "here" $HOME `x` \\ ;'),
    Change(action="append", name="TOOL_FLAGS", value="-last", separator=" "),
    Change(action="prepend", name="TOOL_FLAGS", value="-first $x", separator=" "),
    Change(action="unset", name="TOOL_OLD"),
    Change(action="remove", name="TOOL_LIST", value="/b"),
)

# What a script of the caller may have: exported, plain, empty, with strange letters, unset.
BEFORE = r"""
PS1='before$ '
PLAIN='plain'
MANPATH='not exported'
TOOL_OLD=
export TOOL_OLD
TOOL_LIST='/a:/b:/c:/b'
export TOOL_LIST
STRANGE='a
b "c" $d \ '"'"'e'"'"' '
export STRANGE
"""

SHOW = """
show () {
    { env -u _ -0 | sort -z | tr '\\0' '\\1'; echo; set; } | grep -v -a -E "^(typeset -[a-z]+ )?($VOLATILE)"
}
"""
# What a shell changes by itself.
VOLATILE = (
    "_|BASH_|PIPESTATUS|pipestatus|FUNCNAME|LINENO|RANDOM|SECONDS|EPOCH|SRANDOM|HISTCMD|VOLATILE|status|TTYIDLE"
    "|manpath=|!|\\?|\\.sh"
)


def write_scripts(view: Path, *, venv: bool = True, prompt: str = "it's mine") -> None:
    (view / "bin").mkdir(parents=True)
    changes = [
        Change(
            action=change.action,
            name=change.name,
            value=change.value.replace("{root}", str(view)),
            separator=change.separator,
        )
        for change in CHANGES
    ]
    for path, text in activation_scripts(str(view), prompt, changes, venv=venv).items():
        (view / path).write_text(text)


def run_shell(shell: str, code: str, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [shell, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **(environment or {})},
        cwd="/",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "", done.stderr
    return done.stdout


@pytest.fixture
def view(tmp_path: Path) -> Path:
    path = tmp_path / "my view's"
    write_scripts(path)
    return path


def quote(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("options", ["", "set -u", "set -e", "set -eu"])
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"VIRTUAL_ENV": "/somewhere/else", "VIRTUAL_ENV_PROMPT": "(else) ", "PYTHONHOME": "/home of python"},
        {"PS1": "exported> ", "TOOL_FLAGS": "", "TOOL_HOME": "old"},
        {"VIRTUAL_ENV_DISABLE_PROMPT": "1", "CMAKE_PREFIX_PATH": "/x"},
    ],
    ids=["plain", "in a venv", "exported prompt", "no prompt"],
)
def test_v04_the_environment_is_what_it_was(
    view: Path, shell: str, options: str, environment: Mapping[str, str]
) -> None:
    before = "" if environment.get("PS1") else BEFORE
    code = f"""{before}
{SHOW}
{options}
VOLATILE='{VOLATILE}'
show > {quote(view)}/before
. {quote(view)}/bin/activate
[ "$VIRTUAL_ENV" = {quote(view)} ] || exit 41
[ -z "${{PYTHONHOME+set}}" ] || exit 42
deactivate
show > {quote(view)}/after
diff -a {quote(view)}/before {quote(view)}/after && echo same
"""
    assert run_shell(shell, code, environment).strip() == "same"


@pytest.mark.parametrize("shell", SHELLS)
def test_v04_an_unset_prompt_stays_unset(view: Path, shell: str) -> None:
    code = f"""
unset PS1
. {quote(view)}/bin/activate
echo "${{PS1-unset}}"
deactivate
echo "${{PS1-unset}}"
"""
    assert run_shell(shell, code).split() == ["unset", "unset"]


@pytest.mark.parametrize("shell", SHELLS)
def test_what_activation_sets(view: Path, shell: str) -> None:
    code = f"""{BEFORE}
TOOL_FLAGS=-middle
. {quote(view)}/bin/activate
env -0
printf 'PS1=%s\\0' "$PS1"
"""
    lines = run_shell(shell, code, {"PYTHONHOME": "/x"}).split("\0")
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    assert found["VIRTUAL_ENV"] == str(view)
    assert found["VIRTUAL_ENV_PROMPT"] == "it's mine"
    assert found["PATH"] == f"{view}/bin:/usr/bin:/bin"
    assert found["MANPATH"] == f"{view}/share/man:not exported"
    assert found["CMAKE_PREFIX_PATH"] == str(view)
    assert found["TOOL_HOME"] == 'it\'s "here" $HOME `x` \\ ;'
    assert found["TOOL_FLAGS"] == "-first $x -middle -last"
    assert found["TOOL_LIST"] == "/a:/c"
    assert found["PS1"] == "(it's mine) before$ "
    assert "TOOL_OLD" not in found and "PYTHONHOME" not in found
    assert not [name for name in found if name.startswith(("_OUTCROP", "_outcrop"))], "nothing of ours reaches a child"


@pytest.mark.parametrize("shell", SHELLS)
def test_an_unset_manpath_keeps_the_systems_pages(view: Path, shell: str) -> None:
    code = f'unset MANPATH; . {quote(view)}/bin/activate; echo "$MANPATH"'
    assert run_shell(shell, code).strip() == f"{view}/share/man:"


@pytest.mark.parametrize("shell", SHELLS)
def test_activations_nest_and_the_same_one_again_does_not(view: Path, tmp_path: Path, shell: str) -> None:
    other = tmp_path / "other"
    write_scripts(other)
    code = f"""
. {quote(view)}/bin/activate
. {quote(view)}/bin/activate
echo "$PATH"
. {other}/bin/activate
echo "$PATH"
deactivate
echo "$PATH $VIRTUAL_ENV"
deactivate
echo "$PATH ${{VIRTUAL_ENV-none}}"
command -v deactivate || echo gone
"""
    assert run_shell(shell, code).splitlines() == [
        f"{view}/bin:/usr/bin:/bin",
        f"{other}/bin:{view}/bin:/usr/bin:/bin",
        f"{view}/bin:/usr/bin:/bin {view}",
        "/usr/bin:/bin none",
        "gone",
    ]


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell.endswith(("/bash", "/zsh"))])
def test_a_stock_environment_below_is_still_active_afterwards(view: Path, tmp_path: Path, shell: str) -> None:
    stock = tmp_path / "stock"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", stock], check=True)
    code = f"""
. {stock}/bin/activate
. {quote(view)}/bin/activate
echo "$VIRTUAL_ENV"
deactivate
echo "$VIRTUAL_ENV"
deactivate
echo "${{VIRTUAL_ENV-none}} $PATH"
"""
    assert run_shell(shell, code).splitlines() == [str(view), str(stock), "none /usr/bin:/bin"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_view_that_is_no_venv_leaves_virtual_env_alone(tmp_path: Path, shell: str) -> None:
    view = tmp_path / "tools"
    write_scripts(view, venv=False)
    code = f'. {view}/bin/activate; echo "$VIRTUAL_ENV $PYTHONHOME $PATH"; deactivate; echo "$PATH"'
    environment = {"VIRTUAL_ENV": "/x", "PYTHONHOME": "/y"}
    assert run_shell(shell, code, environment).splitlines() == [f"/x /y {view}/bin:/usr/bin:/bin", "/usr/bin:/bin"]


def test_fish(view: Path) -> None:
    fish = shutil.which("fish") or pytest.skip("needs fish")
    code = f"""
set before (env | sort | string collect)
source {quote(view)}/bin/activate.fish
echo $VIRTUAL_ENV
env | string match 'TOOL_FLAGS=*'
env | string match 'PATH=*'
env | string match 'TOOL_LIST=*'
deactivate
test "$before" = (env | sort | string collect); and echo same; or env
"""
    done = subprocess.run(
        [fish, "--no-config", "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(view), "TOOL_FLAGS": "-x", "TOOL_LIST": "/a:/b", "VIRTUAL_ENV": "/y"},
    )
    assert done.stdout.splitlines() == [
        str(view),
        "TOOL_FLAGS=-first $x -x -last",
        f"PATH={view}/bin:/usr/bin:/bin",
        "TOOL_LIST=/a",
        "same",
    ], done.stderr


def test_csh(view: Path) -> None:
    csh = shutil.which("tcsh") or shutil.which("csh") or pytest.skip("needs csh or tcsh")
    code = f"""
env | sort > {quote(view)}/before
source {quote(view)}/bin/activate.csh
echo "$VIRTUAL_ENV:q"
printenv TOOL_FLAGS
printenv PATH
printenv TOOL_LIST
deactivate
env | sort > {quote(view)}/after
cmp {quote(view)}/before {quote(view)}/after && echo same
"""
    done = subprocess.run(
        [csh, "-f"],
        input=code,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(view), "TOOL_FLAGS": "-x", "TOOL_LIST": "/a:/b", "VIRTUAL_ENV": "/y"},
    )
    assert done.stdout.splitlines() == [
        str(view),
        "-first $x -x -last",
        f"{view}/bin:/usr/bin:/bin",
        "/a",
        "same",
    ], done.stderr


def test_powershell(view: Path) -> None:
    pwsh = shutil.which("pwsh") or pytest.skip("needs pwsh")
    script = str(view / "bin" / "Activate.ps1").replace("'", "''")
    code = f". '{script}'; $Env:VIRTUAL_ENV; deactivate; $Env:VIRTUAL_ENV"
    done = subprocess.run([pwsh, "-NoProfile", "-Command", code], capture_output=True, text=True, env={**os.environ})
    assert done.stdout.split("\n")[0] == str(view), done.stderr
