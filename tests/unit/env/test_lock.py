import json
from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.env.lock import Lock, LockedRoot, read_lock, write_lock
from support.graphs import make_graph


def _lock() -> Lock:
    graph = make_graph({"app": ["lib:link,run"], "lib": []})
    return Lock(inputs="x", roots=(LockedRoot(spec="app", hash=graph.roots[0]),), nodes=dict(graph.nodes))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    lock = _lock()
    assert write_lock(tmp_path / "outcrop.lock", lock)
    assert read_lock(tmp_path / "outcrop.lock") == lock


def test_the_same_lock_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "outcrop.lock"
    write_lock(path, _lock())
    before = path.stat()
    assert not write_lock(path, _lock())
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino


def test_no_file_is_no_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "outcrop.lock") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no lock file"),
        ("[]", "no lock file"),
        ('{"kind": "something"}', "no lock file of Outcrop's"),
        ('{"kind": "outcrop-lock", "schema": 99}', "schema 99"),
        ('{"kind": "outcrop-lock", "schema": 1, "hash_schema": 1, "inputs": ""}', "damaged"),
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "outcrop.lock"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_lock(path)
    assert caught.value.hint is not None
    assert path.read_text() == text


def test_an_edited_node_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "outcrop.lock"
    write_lock(path, _lock())
    data = json.loads(path.read_text())
    next(iter(data["nodes"].values()))["version"] = "9.9"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="has not the hash"):
        read_lock(path)
