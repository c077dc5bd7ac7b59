from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from outcrop.python import Interpreter, InterpreterError, byte_compile, describe_venv
from support.pythons import chosen_pythons, label, output


@pytest.mark.parametrize("interpreter", chosen_pythons(), ids=label)
def test_byte_code_is_used_by_copies_whatever_their_times(tmp_path: Path, interpreter: Interpreter) -> None:
    facts = describe_venv(interpreter)
    site = tmp_path / "prefix" / facts.purelib
    (site / "deep/er").mkdir(parents=True)
    (site / "deep/er/module.py").write_text("x = 'compiled'\n")
    (site / "template.py").write_text("{{ no python }}\n")
    byte_compile(tmp_path / "prefix", python=Path(interpreter.executable), facts=facts)
    (compiled,) = site.rglob("*.pyc")
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 1  # PEP 552: hash-based, not checked
    copy = tmp_path / "copy"
    shutil.copytree(site, copy)
    module = copy / "deep/er/module.py"
    module.write_text("x = 'source'\n")
    os.utime(module, (1, 1))
    code = "import sys; sys.path.insert(0, sys.argv[1]); from deep.er.module import x; print(x)"
    assert output([interpreter.executable, "-I", "-c", code, copy]) == "compiled\n"


def test_lib64_link_is_compiled_once_and_nothing_is_fine(tmp_path: Path) -> None:
    interpreter = chosen_pythons()[0]
    facts = describe_venv(interpreter)
    byte_compile(tmp_path, python=Path("/not/run"), facts=facts)
    (tmp_path / facts.purelib).mkdir(parents=True)
    with pytest.raises(InterpreterError, match="cannot compile the modules of"):
        byte_compile(tmp_path, python=Path("/not/run"), facts=facts)
