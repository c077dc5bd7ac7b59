"""What the room shows is there, and is imported when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import outcrop.spec


def test_everything_it_names_is_there() -> None:
    found = {name: getattr(outcrop.spec, name) for name in outcrop.spec.__all__}
    assert found["make_version"] is outcrop.spec.make_version
    assert all(value is not None for value in found.values())
    with pytest.raises(AttributeError, match="has no attribute Spek"):
        _ = outcrop.spec.Spek


def test_graphs_need_no_specs() -> None:
    code = "import sys, outcrop.spec.graph; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"outcrop.spec.spec", "outcrop.spec.parse"} & set(done.stdout.split())
