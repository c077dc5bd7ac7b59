from __future__ import annotations

import subprocess
import sys

from outcrop.solve.engine import MiniSat


def test_models_cores_and_phases() -> None:
    engine = MiniSat()
    engine.add([[1, 2]])
    engine.prefer([-1, 2])
    assert engine.solve([])
    assert list(engine.model()) == [-1, 2]
    assert not engine.solve([-1, -2])
    assert set(engine.core()) <= {-1, -2}
    engine.add([[-2]])
    assert engine.solve([])
    assert engine.model()[0] == 1
    engine.close()
    engine.close()


def test_empty_clause() -> None:
    engine = MiniSat()
    engine.add([[]])
    assert not engine.solve([])
    assert list(engine.core()) == []


def test_engine_is_loaded_when_it_is_needed() -> None:
    code = "import sys, outcrop.solve; sys.exit('pysolvers' in sys.modules or 'archspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_implied_literals_follow_without_search() -> None:
    engine = MiniSat()
    engine.add([[-1, 2], [-2, 3], [4, 5], [-4, 6], [-5, 6]])
    assert set(engine.implied([1])) == {1, 2, 3}
    assert set(engine.implied([-4])) == {-4, 5, 6}
    assert engine.solve([1, -6]) is False
    engine.close()
