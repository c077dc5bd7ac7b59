from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.process import PLAIN_ENVIRONMENT, ProcessError, describe_status, run


def test_environment_is_given_whole(tmp_path: Path) -> None:
    done = run(["/usr/bin/env"], env={"ONLY": "this"}, cwd=tmp_path)
    assert done.stdout == "ONLY=this\n"


def test_failure_names_command_status_and_last_lines() -> None:
    with pytest.raises(ProcessError) as caught:
        run(["/bin/sh", "-c", "seq 30 >&2; exit 7"], env=PLAIN_ENVIRONMENT)
    assert caught.value.message == "exit status 7: /bin/sh -c 'seq 30 >&2; exit 7'"
    assert caught.value.status == 7
    assert caught.value.details == tuple(str(number) for number in range(19, 31))


def test_unchecked_failure_is_a_value() -> None:
    assert run(["/bin/sh", "-c", "echo out; exit 3"], env={}, check=False).status == 3


def test_missing_program() -> None:
    with pytest.raises(ProcessError, match=r"cannot run /no/such/thing --x: No such file") as caught:
        run(["/no/such/thing", "--x"], env={})
    assert caught.value.status is None


def test_timeout_kills() -> None:
    with pytest.raises(ProcessError, match=r"no end after 0\.2 s: sleep 20"):
        run(["sleep", "20"], env=PLAIN_ENVIRONMENT, timeout=0.2)


def test_no_standard_input_and_odd_bytes() -> None:
    done = run(["/bin/sh", "-c", r"cat; printf '\377ok'"], env=PLAIN_ENVIRONMENT)
    assert done.stdout == r"\xffok"


def test_signal_in_words() -> None:
    assert describe_status(-9) == "killed by signal 9"
