from __future__ import annotations

import os
import pickle
import sys
import time
from pathlib import Path

import pytest

from outcrop.package.programs.environment import EnvironmentModifications
from outcrop.package.programs.executable import (
    CommandNotFoundError,
    Executable,
    MakeExecutable,
    ProcessError,
    ProcessTimeoutError,
    which,
    which_string,
)
from outcrop.package.programs.jobs import determine_number_of_jobs, get_effective_jobs
from outcrop.package.programs.sourcing import set_env


@pytest.fixture
def python() -> Executable:
    return Executable(sys.executable).with_default_args("-c")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_command_is_one_word() -> None:
    program = Executable("./two words")
    assert program.path == "./two words"
    assert program.name == "two words"
    assert program.exe == ["./two words"]


def test_default_arguments_make_the_command() -> None:
    program = Executable("/usr/bin/make")
    program.add_default_arg("-s", "-k")
    other = program.with_default_args("all")
    assert program.command == "/usr/bin/make -s -k"
    assert other.command == "/usr/bin/make -s -k all"
    assert str(program) == program.command


def test_equal_by_command_line() -> None:
    assert Executable("a") == Executable("a")
    assert hash(Executable("a")) == hash(Executable("a"))
    assert Executable("a") != Executable("a").with_default_args("x")
    assert Executable("a") != "a"


def test_a_copy_has_defaults_of_its_own() -> None:
    program = Executable("env")
    program.add_default_env("A", "1")
    other = program.copy()
    other.add_default_env("A", "2")
    other.add_default_arg("-i")
    assert program.default_env == {"A": "1"}
    assert program.exe == ["env"]


def test_pathlike_commands_and_empty_ones() -> None:
    assert Executable(Path("/bin/sh")).path == "/bin/sh"
    with pytest.raises(ProcessError, match="needs the name"):
        Executable("")


def test_nothing_is_captured_unless_asked(python: Executable, capfd: pytest.CaptureFixture[str]) -> None:
    result = python("import sys; print('out'); print('err', file=sys.stderr)")
    assert result is None
    assert python.returncode == 0
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("out\n", "err\n")


def test_captured_output_precedes_error_text(python: Executable, capfd: pytest.CaptureFixture[str]) -> None:
    text = python("import sys; print('err', file=sys.stderr, flush=True); print('öut')", output=str, error=str)
    assert text == "öut\nerr\n"
    assert capfd.readouterr() == ("", "")


def test_only_errors_captured(python: Executable, capfd: pytest.CaptureFixture[str]) -> None:
    assert python("import sys; print('o'); print('e', file=sys.stderr)", error=str) == "e\n"
    assert capfd.readouterr().out == "o\n"


def test_split_captures_and_echoes(python: Executable, capfd: pytest.CaptureFixture[str]) -> None:
    text = python("import sys; print('o'); print('e', file=sys.stderr)", output=str.split, error=str.split)
    assert text == "o\ne\n"
    assert capfd.readouterr() == ("o\n", "e\n")


def test_output_to_files(python: Executable, tmp_path: Path) -> None:
    named, opened = tmp_path / "named", tmp_path / "opened"
    with opened.open("w") as stream:
        assert python("import sys; print('o'); print('e', file=sys.stderr)", output=str(named), error=stream) is None
    assert named.read_text() == "o\n"
    assert opened.read_text() == "e\n"


def test_one_name_for_both_streams_is_one_file(python: Executable, tmp_path: Path) -> None:
    log = tmp_path / "log"
    python("import sys; print('o', flush=True); print('e', file=sys.stderr)", output=log, error=str(log))
    assert sorted(log.read_text().split()) == ["e", "o"]


def test_devnull(python: Executable, capfd: pytest.CaptureFixture[str]) -> None:
    python("import sys; print('o'); print('e', file=sys.stderr)", output=os.devnull, error=os.devnull)
    assert capfd.readouterr() == ("", "")


def test_input_from_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("text")
    cat = Executable("cat")
    assert cat(input=str(tmp_path / "in"), output=str) == "text"
    with (tmp_path / "in").open() as stream:
        assert cat(input=stream, output=str) == "text"
    with pytest.raises(ValueError, match="cannot be captured"):
        cat(input=str)  # type: ignore[arg-type]


def test_no_shell(tmp_path: Path) -> None:
    assert Executable("echo")("$HOME", "*", "; true", output=str) == "$HOME * ; true\n"


def test_undecodable_output_is_no_error(python: Executable) -> None:
    assert python("import sys; sys.stdout.buffer.write(b'a\\xffb')", output=str) == "a\ufffdb"


def test_failure_raises_with_the_command_and_what_was_captured(python: Executable) -> None:
    with pytest.raises(ProcessError, match="exit status 3") as caught:
        python("import sys; print('why', file=sys.stderr); sys.exit(3)", error=str)
    assert python.returncode == 3
    assert caught.value.long_message is not None
    assert "why" in caught.value.long_message
    assert sys.executable in caught.value.long_message
    assert caught.value.message.endswith("ended with exit status 3")


def test_failures_that_are_wanted(python: Executable) -> None:
    assert python("print('x'); raise SystemExit(2)", output=str, fail_on_error=False) == "x\n"
    assert python.returncode == 2
    python("raise SystemExit(2)", ignore_errors=2)
    python("raise SystemExit(4)", ignore_errors=[2, 4])
    python("raise SystemExit(1)", ignore_errors=True)
    with pytest.raises(ProcessError):
        python("raise SystemExit(2)", ignore_errors=True)


def test_death_by_signal(python: Executable) -> None:
    with pytest.raises(ProcessError, match="signal 9"):
        python("import os; os.kill(os.getpid(), 9)")


def test_a_missing_program_is_a_process_error(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="cannot start"):
        Executable(str(tmp_path / "absent"))()
    plain = tmp_path / "plain"
    plain.write_text("no program")
    with pytest.raises(ProcessError, match="Permission denied"):
        Executable(str(plain))()


def test_environment_is_replaced_or_extended() -> None:
    show = Executable("/usr/bin/env")
    assert show(env={"ONLY": "1"}, output=str) == "ONLY=1\n"
    assert "ADDED=1\n" in show(extra_env={"ADDED": "1"}, output=str)
    assert show(env={"A": "1", "B": "1"}, extra_env={"B": "2"}, output=str).split() == ["A=1", "B=2"]


def test_environment_by_modifications() -> None:
    changes = EnvironmentModifications()
    changes.set("A", "1")
    changes.prepend_path("P", "/x")
    show = Executable("/usr/bin/env")
    assert sorted(show(env=changes, output=str).split()) == ["A=1", "P=/x"]
    with set_env(P="/y"):
        assert "P=/x:/y" in show(extra_env=changes, output=str).split()


def test_default_environment_holds_for_every_call() -> None:
    show = Executable("/usr/bin/env")
    show.add_default_env("A", 1)
    changes = EnvironmentModifications()
    changes.set("B", "2")
    changes.set("A", "other")
    show.add_default_envmod(changes)
    assert sorted(show(env={}, output=str).split()) == ["A=1", "B=2"]
    assert "A=1" in show(output=str).split()
    assert sorted(show(env={"A": "called"}, output=str).split()) == ["A=called", "B=2"]


def test_timeout_kills_even_when_a_grandchild_holds_the_pipe(tmp_path: Path) -> None:
    slow = script(tmp_path / "slow", "#!/bin/sh\nsleep 20 &\nsleep 20\n")
    started = time.monotonic()
    with pytest.raises(ProcessTimeoutError, match=r"0\.2 seconds") as caught:
        Executable(str(slow))(output=str, timeout=0.2)
    assert isinstance(caught.value, ProcessError)
    assert time.monotonic() - started < 10


def test_quoted_arguments_are_warned_of(capfd: pytest.CaptureFixture[str]) -> None:
    echo = Executable("echo")
    assert echo('"x"', output=str) == '"x"\n'
    assert "quotes" in capfd.readouterr().err
    echo('"x"', output=str, ignore_quotes=True)
    echo('--a="x"', output=str)
    assert capfd.readouterr().err == ""


def test_a_local_program_keeps_its_dot(tmp_path: Path) -> None:
    script(tmp_path / "configure", "#!/bin/sh\necho configured\n")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert Executable("./configure")(output=str) == "configured\n"
    finally:
        os.chdir(before)


def test_errors_survive_a_pipe_between_processes() -> None:
    error = pickle.loads(pickle.dumps(ProcessError("a", "b")))
    assert (type(error), error.message, error.long_message) == (ProcessError, "a", "b")


def test_which_takes_the_first_name_found(tmp_path: Path) -> None:
    one, two = script(tmp_path / "1/one", ""), script(tmp_path / "2/two", "")
    path = f"{tmp_path}/2:{tmp_path}/1"
    assert which_string("one", "two", path=path) == str(one)
    assert which_string("absent", "two", path=[tmp_path / "1", str(tmp_path / "2")]) == str(two)
    found = which("two", path=path)
    assert found is not None
    assert found.path == str(two)


def test_which_wants_programs(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    script(tmp_path / "folder/inner", "")
    assert which("plain", path=str(tmp_path)) is None
    assert which("folder", path=str(tmp_path)) is None
    with pytest.raises(CommandNotFoundError, match="plain or folder"):
        which("plain", "folder", path=str(tmp_path), required=True)


def test_which_uses_path_by_default(tmp_path: Path) -> None:
    script(tmp_path / "only-here", "")
    with set_env(PATH=str(tmp_path)):
        assert which_string("only-here") == str(tmp_path / "only-here")
        assert which("sh") is None
    assert which(sys.executable) == Executable(sys.executable)


def test_which_looks_here_for_names_with_a_dot(tmp_path: Path) -> None:
    script(tmp_path / "bootstrap.sh", "#!/bin/sh\necho ran\n")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert which("bootstrap.sh") is None
        found = which("./bootstrap.sh", required=True)
        assert found is not None
        assert found.path == "./bootstrap.sh"
        assert found(output=str) == "ran\n"
    finally:
        os.chdir(before)


@pytest.fixture
def show_arguments(tmp_path: Path) -> str:
    return str(script(tmp_path / "make", '#!/bin/sh\necho "$@" "N=$N"\n'))


def test_make_says_how_many_jobs(show_arguments: str) -> None:
    make = MakeExecutable(show_arguments, jobs=3)
    with set_env(MAKEFLAGS=None, SPACK_NO_PARALLEL_MAKE=None, N=None):
        assert make("all", output=str) == "-j3 all N=\n"
        assert make("all", parallel=False, output=str) == "-j1 all N=\n"
        assert make("all", jobs_env="N", output=str) == "-j3 all N=3\n"
        assert make(jobs_env="N", extra_env={"X": "1"}, parallel=False, output=str) == "-j1 N=1\n"
        changes = EnvironmentModifications()
        changes.set("N", "9")
        assert make(jobs_env="N", extra_env=changes, output=str) == "-j3 N=3\n"


def test_make_leaves_the_number_to_a_job_server(show_arguments: str) -> None:
    make = MakeExecutable(show_arguments, jobs=3)
    with set_env(MAKEFLAGS=" -j4 --jobserver-auth=3,4", SPACK_NO_PARALLEL_MAKE=None, N=None):
        assert make("all", output=str) == "all N=\n"
        assert make("all", parallel=False, output=str) == "-j1 all N=\n"
        assert make("all", jobs_env="N", output=str) == "all N=3\n"
        assert MakeExecutable(show_arguments, jobs=3, supports_jobserver=False)(output=str) == "-j3 N=\n"


def test_parallel_make_can_be_forbidden(show_arguments: str) -> None:
    with set_env(SPACK_NO_PARALLEL_MAKE="1", MAKEFLAGS=None):
        assert get_effective_jobs(8) == 1
        assert MakeExecutable(show_arguments, jobs=3)(output=str).startswith("-j1")
    with set_env(SPACK_NO_PARALLEL_MAKE="0", MAKEFLAGS=None):
        assert get_effective_jobs(8) == 8


def test_copies_of_make_are_make(show_arguments: str) -> None:
    with set_env(MAKEFLAGS=None, SPACK_NO_PARALLEL_MAKE=None):
        assert MakeExecutable(show_arguments, jobs=2).with_default_args("V=1")(output=str) == "V=1 -j2 N=\n"


class FixedConfiguration:
    def get(self, path: str, default: object = None) -> object:
        return 6 if path == "config:build_jobs" else default


def test_number_of_jobs() -> None:
    with set_env(OUTCROP_BUILD_JOBS=None):
        assert determine_number_of_jobs() == 1
        assert determine_number_of_jobs(parallel=True, max_cpus=4) == 4
        assert determine_number_of_jobs(parallel=True, max_cpus=99) == 16
        assert determine_number_of_jobs(parallel=True, max_cpus=99, config=FixedConfiguration()) == 6
        assert determine_number_of_jobs(parallel=False, max_cpus=99, config=FixedConfiguration()) == 1
    with set_env(OUTCROP_BUILD_JOBS="40"):
        assert determine_number_of_jobs(parallel=True, max_cpus=2) == 40
        assert determine_number_of_jobs(parallel=False) == 1
