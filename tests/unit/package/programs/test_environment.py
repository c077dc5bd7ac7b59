from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.package.filesystem.prefix import Prefix
from outcrop.package.filesystem.systempaths import belongs_to_system, filter_system_paths, is_system_path
from outcrop.package.programs.environment import EnvironmentModifications
from outcrop.package.programs.executable import ProcessError
from outcrop.package.programs.sourcing import set_env
from outcrop.spec import Version
from outcrop.store.seal import Change


def applied(env: EnvironmentModifications, **before: str) -> dict[str, str]:
    environ = dict(before)
    env.apply(environ)
    return environ


def test_values_are_taken_as_text() -> None:
    env = EnvironmentModifications()
    env.set("VERSION", Version("1.2"))
    env.set("NUMBER", 3)
    env.prepend_path("P", Path("/a"))
    env.append_path("P", Prefix("/b").lib)
    assert applied(env) == {"VERSION": "1.2", "NUMBER": "3", "P": "/a:/b/lib"}


def test_order_decides() -> None:
    env = EnvironmentModifications()
    env.prepend_path("P", "/first")
    env.prepend_path("P", "/second")
    env.append_path("P", "/last")
    env.set("A", "1")
    env.unset("A")
    env.unset("NEVER")
    assert applied(env, P="/old") == {"P": "/second:/first:/old:/last"}


def test_paths_are_normalised_and_may_repeat() -> None:
    env = EnvironmentModifications()
    env.prepend_path("P", "/a//b/../c/")
    env.prepend_path("P", "/a/c")
    assert applied(env, P="/a/c::/x/") == {"P": "/a/c:/a/c:/a/c::/x/"}


def test_separators() -> None:
    env = EnvironmentModifications()
    env.prepend_path("P", "/a", separator=";")
    env.append_path("P", "/b", ";")
    env.set_path("Q", ["/c", Path("/d")], separator=" ")
    assert applied(env, P="/x") == {"P": "/a;/x;/b", "Q": "/c /d"}


def test_flags() -> None:
    env = EnvironmentModifications()
    env.append_flags("F", "-O2")
    env.append_flags("F", "-g -Wall")
    env.append_flags("G", "x", sep=",")
    env.remove_flags("F", "-g")
    assert applied(env, G="y") == {"F": "-O2 -Wall", "G": "y,x"}


def test_remove_path_removes_what_means_the_same() -> None:
    env = EnvironmentModifications()
    env.remove_path("P", "/a/b")
    assert applied(env, P="/a/b:/c:/a//b/:/a/b/c") == {"P": "/c:/a/b/c"}
    assert applied(env) == {}


def test_tidying() -> None:
    env = EnvironmentModifications()
    env.prune_duplicate_paths("P")
    assert applied(env, P="/a:/b:/a/:/c:/b") == {"P": "/a:/b:/c"}
    env = EnvironmentModifications()
    env.deprioritize_system_paths("P")
    assert applied(env, P="/usr/bin:/a:/bin:/b") == {"P": "/a:/b:/usr/bin:/bin"}
    assert applied(env) == {}


def test_drop_clear_extend_and_questions() -> None:
    env = EnvironmentModifications()
    env.set("A", "1")
    env.set("B", "1")
    env.unset("A")
    other = EnvironmentModifications(env)
    assert env.is_unset("A")
    assert not env.is_unset("B")
    assert not env.is_unset("C")
    assert list(env.group_by_name()) == ["A", "B"]
    assert env.drop("A", "Z")
    assert not env.drop("A")
    assert len(env) == 1
    env.extend(other)
    assert len(env) == 4
    env.clear()
    assert (len(env), len(other)) == (0, 3)


def test_reversed_takes_back() -> None:
    env = EnvironmentModifications()
    env.set("A", "1")
    env.prepend_path("P", "/a")
    env.append_path("P", "/z")
    env.append_flags("F", "-x -y")
    before = {"P": "/m", "F": "-o"}
    after = applied(env, **before)
    env.reversed().apply(after)
    assert after == before


def test_apply_modifications_uses_this_process_by_default() -> None:
    env = EnvironmentModifications()
    env.set("OUTCROP_TEST_VARIABLE", "here")
    with set_env(OUTCROP_TEST_VARIABLE=None):
        env.apply_modifications()
        assert os.environ["OUTCROP_TEST_VARIABLE"] == "here"
    given_environ = {"A": "1"}
    env.apply_modifications(given_environ)
    assert given_environ == {"A": "1", "OUTCROP_TEST_VARIABLE": "here"}


def test_names_are_text() -> None:
    with pytest.raises(TypeError, match="must be text"):
        EnvironmentModifications().set(1, "x")  # type: ignore[arg-type]


def test_changes_in_order() -> None:
    env = EnvironmentModifications()
    env.set("A", "1")
    env.prepend_path("P", "/a/")
    env.append_flags("F", "-g -O")
    env.unset("B")
    env.remove_path("P", "/x")
    assert env.changes() == (
        Change(action="set", name="A", value="1"),
        Change(action="prepend", name="P", value="/a"),
        Change(action="append", name="F", value="-g -O", separator=" "),
        Change(action="unset", name="B"),
        Change(action="remove", name="P", value="/x"),
    )


def test_changes_work_out_tidied_variables() -> None:
    env = EnvironmentModifications()
    env.prepend_path("P", "/usr/bin")
    env.prepend_path("P", "/a")
    env.prepend_path("P", "/a")
    env.append_path("P", "/b")
    env.prune_duplicate_paths("P")
    env.deprioritize_system_paths("P")
    env.set("Q", "/x:/x")
    env.prune_duplicate_paths("Q")
    again = EnvironmentModifications()
    for change in env.changes():
        again.add_change(change)
    assert applied(again, P="/old") == {"P": "/a:/old:/b:/usr/bin", "Q": "/x"}
    assert applied(again, P="/old") == applied(env, P="/old")


names = st.sampled_from(["A", "B"])
paths = st.sampled_from(["/a", "/b", "/usr/bin", "/c//d", "/c/d"])
steps = st.lists(st.tuples(st.sampled_from(["prepend", "append", "remove", "set", "unset"]), names, paths), max_size=8)


@given(steps, st.dictionaries(names, st.sampled_from(["/a", "/b:/a", "/e"])))
def test_plain_data_does_the_same(chosen: list[tuple[str, str, str]], before: dict[str, str]) -> None:
    env = EnvironmentModifications()
    for action, name, path in chosen:
        match action:
            case "prepend":
                env.prepend_path(name, path)
            case "append":
                env.append_path(name, path)
            case "remove":
                env.remove_path(name, path)
            case "set":
                env.set(name, path)
            case _:
                env.unset(name)
    again = EnvironmentModifications()
    for change in env.changes():
        again.add_change(change)
    assert applied(again, **before) == applied(env, **before)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shell_commands_say_the_same(shell: str) -> None:
    env = EnvironmentModifications()
    env.set("A", "it's $HOME\nand more")
    env.unset("B")
    env.prepend_path("P", "/a b")
    env.set("SAME", "1")
    before = {"B": "1", "P": "/old", "SAME": "1"}
    commands = env.shell_modifications(shell, env=before)
    assert "SAME" not in commands
    assert "SAME" in env.shell_modifications(shell, explicit=True, env=before)
    done = subprocess.run(
        [f"/bin/{shell}", "-c", commands + 'printf "%s|%s|%s" "$A" "${B-gone}" "$P"'],
        env=before,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "it's $HOME\nand more|gone|/a b:/old"


def test_other_shells() -> None:
    env = EnvironmentModifications()
    env.set("A", "1 2")
    env.unset("B")
    assert env.shell_modifications("csh", env={"B": ""}) == "setenv A '1 2';\nunsetenv B;\n"
    assert env.shell_modifications("fish", env={"B": ""}) == "set -gx A '1 2';\nset -e B;\n"


def test_sourcing_a_file(tmp_path: Path) -> None:
    setup = tmp_path / "set up.sh"
    setup.write_text(
        'export NEW="value $1"\nexport PATH="/added:$PATH:/behind"\nunset GONE\nexport FLAGS="$FLAGS -x"\n'
        "export MODULEPATH=/m\nlocal_only=1\necho noise\nfunction f { :; }; export -f f\nexport LINES_OF='a\nb'\n"
    )
    with set_env(GONE="1", FLAGS="-o", PATH="/usr/bin:/bin"):
        env = EnvironmentModifications.from_sourcing_file(setup, "with blank")
        changes = env.changes()
    assert changes == (
        Change(action="set", name="FLAGS", value="-o -x"),
        Change(action="unset", name="GONE"),
        Change(action="set", name="LINES_OF", value="a\nb"),
        Change(action="set", name="NEW", value="value with blank"),
        Change(action="prepend", name="PATH", value="/added"),
        Change(action="append", name="PATH", value="/behind"),
    )


def test_sourcing_with_include_exclude_and_clean(tmp_path: Path) -> None:
    setup = tmp_path / "setup.sh"
    setup.write_text("export A_1=1 A_2=2 B=3 MODULEPATH=/m\nexport MY_PATH=/usr/bin:/x:/x\n")
    with set_env(A_1=None, A_2=None, B=None, MODULEPATH=None, MY_PATH=None):
        env = EnvironmentModifications.from_sourcing_file(
            str(setup), exclude=["A_.*"], include=["A_2", "MODULEPATH"], clean=True
        )
    assert applied(env) == {"A_2": "2", "B": "3", "MODULEPATH": "/m", "MY_PATH": "/x:/usr/bin"}


def test_sourcing_other_shells(tmp_path: Path) -> None:
    setup = tmp_path / "setup.sh"
    setup.write_text("NEW=1; export NEW")
    with set_env(NEW=None):
        env = EnvironmentModifications.from_sourcing_file(
            setup, shell="/bin/sh", source_command=".", suppress_output="> /dev/null 2>&1"
        )
    assert applied(env) == {"NEW": "1"}


def test_sourcing_what_cannot_be_sourced(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such file"):
        EnvironmentModifications.from_sourcing_file(tmp_path / "absent")
    (tmp_path / "fails").write_text("return 3")
    with pytest.raises(ProcessError, match="exit status 3"):
        EnvironmentModifications.from_sourcing_file(tmp_path / "fails")
    with pytest.raises(ProcessError, match="cannot start"):
        EnvironmentModifications.from_sourcing_file(tmp_path / "fails", shell=str(tmp_path / "shell"))


def test_difference_of_environments() -> None:
    env = EnvironmentModifications.from_environment_diff(
        {"PATH": "/a:/b", "X": "1", "Y": "1"}, {"PATH": "/n:/b:/a", "X": "1", "URL": "http://host:80"}
    )
    assert env.changes() == (
        Change(action="set", name="PATH", value="/n:/b:/a"),
        Change(action="set", name="URL", value="http://host:80"),
        Change(action="unset", name="Y"),
    )


def test_set_env_restores_also_after_errors() -> None:
    os.environ.pop("OUTCROP_TEST_B", None)
    os.environ["OUTCROP_TEST_A"] = "before"
    try:
        with pytest.raises(RuntimeError), set_env(OUTCROP_TEST_A=None, OUTCROP_TEST_B=2):
            assert "OUTCROP_TEST_A" not in os.environ
            assert os.environ["OUTCROP_TEST_B"] == "2"
            raise RuntimeError
        assert os.environ["OUTCROP_TEST_A"] == "before"
        assert "OUTCROP_TEST_B" not in os.environ
    finally:
        del os.environ["OUTCROP_TEST_A"]


@pytest.mark.parametrize("path", ["/", "/usr", "/usr/", "/usr/local/lib64", "/lib", "/usr//include", "/bin64"])
def test_system_paths(path: str) -> None:
    assert belongs_to_system(path)


@pytest.mark.parametrize("path", ["", "/opt", "/usr/share", "/usr/lib/x86_64-linux-gnu", "/usr/local/cuda", "usr"])
def test_other_paths(path: str) -> None:
    assert not belongs_to_system(path)


def test_the_recipe_names_warn() -> None:
    with pytest.warns(DeprecationWarning):
        assert is_system_path("/usr")
    with pytest.warns(DeprecationWarning):
        assert filter_system_paths(["/usr", "/a", "/b"]) == ["/a", "/b"]
