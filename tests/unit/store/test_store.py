"""The store against a real file system, with several processes."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import msgspec
import pytest

from outcrop.spec.graph import Node, node_hash
from outcrop.store import SEAL_SCHEMA, IndexRecord, Seal, Store, StoreError, remove_prefix, scan_prefix
from outcrop.store.errors import writing
from support.prefixes import external_node, external_seal, install_files, make_node


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", durable=False)


def node_names(store: Store) -> list[str]:
    return [record.name for record in store.records()]


def run_python(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_an_empty_store_has_nothing_and_writes_nothing(store: Store) -> None:
    assert store.records() == []
    assert not store.installed("a" * 32)
    assert store.find_hash(store.root / "prefixes") is None
    assert not store.root.exists()


def test_install_record_and_read_back(store: Store) -> None:
    node = make_node("zlib", "1.3.1")
    seal = install_files(store, node, {"lib/libz.so": b"\0elf", "include/zlib.h": "int z;"}, explicit=True)
    prefix = store.prefix(seal.hash, node)
    assert prefix == store.root / "prefixes" / f"zlib-1.3.1-{seal.hash}"
    again = Store(store.root)
    assert again.installed(seal.hash)
    assert again.seal(seal.hash) == seal
    assert again.records() == [
        IndexRecord(hash=seal.hash, node=node, prefix=str(prefix), explicit=True, finished=seal.finished)
    ]
    assert again.find_hash(prefix / "lib" / "libz.so") == seal.hash
    assert again.find_hash(prefix) == seal.hash
    assert again.find_hash(store.root / "prefixes" / "nothing") is None


def test_records_are_sorted_and_have_no_entries(store: Store) -> None:
    for name, version in [("b", "1"), ("a", "2"), ("a", "1")]:
        install_files(store, make_node(name, version), {"x": "x"})
    found = [(record.name, record.version) for record in Store(store.root).records()]
    assert found == [("a", "1"), ("a", "2"), ("b", "1")]
    assert b'"entries"' not in store.layout.index.read_bytes()


def test_a_strange_version_makes_a_plain_directory_name(store: Store) -> None:
    node = make_node("tool", "git.feature/x y=1.2")
    seal = install_files(store, node, {"x": "x"})
    assert Path(seal.prefix).name == f"tool-git.feature_x_y_1.2-{seal.hash}"
    assert store.find_hash(Path(seal.prefix)) == seal.hash


def test_a_prefix_without_seal_is_not_installed_and_is_made_anew(store: Store) -> None:
    node = make_node("half")
    key = node_hash(node)
    prefix = store.prepare(key, node)
    (prefix / "lib").mkdir()
    (prefix / "lib" / "left").write_text("left")
    (prefix / "lib").chmod(0o555)
    assert not store.installed(key)
    assert store.records() == []
    with pytest.raises(StoreError) as caught:
        store.seal(key)
    assert caught.value.code == "not-installed"
    assert store.prepare(key, node) == prefix
    assert list(prefix.iterdir()) == []


def test_an_installed_prefix_is_not_prepared_again(store: Store) -> None:
    node = make_node("done")
    seal = install_files(store, node, {"x": "x"})
    with pytest.raises(StoreError, match="installed already"):
        store.prepare(seal.hash, node)
    assert (Path(seal.prefix) / "x").read_text() == "x"


def test_commit_refuses_a_foreign_prefix(store: Store, tmp_path: Path) -> None:
    node = make_node("foreign")
    with pytest.raises(StoreError, match="not the prefix of foreign"):
        store.commit(Seal(schema=SEAL_SCHEMA, hash=node_hash(node), node=node, prefix=str(tmp_path)))


@pytest.mark.parametrize("damage", ["missing", "garbage", "older", "truncated"])
def test_a_lost_index_is_rebuilt_from_the_seals(store: Store, damage: str) -> None:
    install_files(store, make_node("a"), {"x": "x"}, explicit=True)
    install_files(store, make_node("b"), {"x": "x"})
    node = external_node("python", "3.11.2", Path("/usr"))
    store.add_external(external_seal(node))
    expected = store.records()
    index = store.layout.index
    content = index.read_bytes()
    if damage == "missing":
        index.unlink()
    elif damage == "garbage":
        index.write_bytes(b"\xff not json")
    elif damage == "older":
        index.write_bytes(content.replace(b'"schema":1', b'"schema":0', 1))
    else:
        index.write_bytes(content[: len(content) // 2])
    assert Store(store.root).records() == expected
    assert index.read_bytes() == content, "the reader saves what it rebuilt"


def test_a_seal_the_index_does_not_know_is_installed(store: Store) -> None:
    """Killed between the seal and the index."""
    install_files(store, make_node("a"), {"x": "x"})
    before = store.layout.index.read_bytes()
    seal = install_files(store, make_node("b"), {"x": "x"})
    store.layout.index.write_bytes(before)
    again = Store(store.root)
    assert again.installed(seal.hash)
    assert node_names(again) == ["a", "b"]
    install_files(again, make_node("c"), {"x": "x"})
    assert sorted(record["node"]["name"] for record in _index(store)["records"].values()) == ["a", "b", "c"]


def _index(store: Store) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    return msgspec.json.decode(store.layout.index.read_bytes(), type=dict)


def test_a_directory_that_vanished_is_not_installed(store: Store) -> None:
    seal = install_files(store, make_node("a"), {"x": "x"})
    remove_prefix(Path(seal.prefix))
    again = Store(store.root)
    assert again.records() == []
    assert not again.installed(seal.hash)


def test_another_process_sees_what_was_committed_at_once(store: Store) -> None:
    first = install_files(store, make_node("a"), {"x": "x"})
    reader = Store(store.root)
    assert reader.installed(first.hash)
    second = install_files(store, make_node("b"), {"x": "x"})
    assert reader.installed(second.hash)
    store.remove(first.hash)
    assert not reader.installed(first.hash)


def test_damaged_and_newer_seals_are_errors_with_a_hint(store: Store) -> None:
    seal = install_files(store, make_node("a"), {"x": "x"})
    path = store.layout.seal_of_prefix(Path(seal.prefix))
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-20])
    with pytest.raises(StoreError, match="damaged") as caught:
        Store(store.root).seal(seal.hash)
    assert caught.value.hint is not None and "uninstall" in caught.value.hint
    report = store.reindex()
    assert report.records == 0
    assert report.dropped == (seal.hash,)
    assert report.broken[0][0] == Path(seal.prefix)
    path.write_bytes(content.replace(b'"schema":1', b'"schema":999', 1))
    store.layout.index.unlink()
    assert Store(store.root).records() == []
    with pytest.raises(StoreError) as caught:
        Store(store.root).seal(seal.hash)
    assert caught.value.code == "seal-too-new"


def test_remove(store: Store) -> None:
    seal = install_files(store, make_node("a"), {"lib/x": "x", "lib/empty": None})
    store.remove(seal.hash)
    assert not Path(seal.prefix).exists()
    assert store.records() == [] == Store(store.root).records()
    assert list((store.root / "prefixes").iterdir()) == []
    with pytest.raises(StoreError) as caught:
        store.remove(seal.hash)
    assert caught.value.code == "not-installed"


def test_a_killed_removal_is_finished_by_reindex(store: Store) -> None:
    seal = install_files(store, make_node("a"), {"lib/x": "x"})
    prefix = Path(seal.prefix)
    prefix.rename(store.layout.discarded(prefix))
    assert not Store(store.root).installed(seal.hash)
    report = store.reindex()
    assert (report.records, report.dropped, report.broken) == (0, (seal.hash,), ())
    assert list((store.root / "prefixes").iterdir()) == []


def test_externals(store: Store, tmp_path: Path) -> None:
    node = external_node("gcc", "12.2.0", tmp_path)
    seal = external_seal(node)
    store.add_external(seal)
    store.add_external(seal)
    assert store.installed(seal.hash)
    assert store.records()[0].external
    assert store.prefix(seal.hash, node) == tmp_path
    assert store.find_hash(tmp_path) == seal.hash
    with pytest.raises(StoreError, match="outside the store"):
        store.prepare(seal.hash, node)
    store.mark_explicit(seal.hash, True)
    assert store.seal(seal.hash).explicit
    store.remove(seal.hash)
    assert store.records() == []
    assert tmp_path.exists()


def test_explicit_marks_survive_a_lost_index(store: Store) -> None:
    seal = install_files(store, make_node("a"), {"x": "x"})
    store.mark_explicit(seal.hash, True)
    assert store.records()[0].explicit
    stamp = store.layout.index.stat().st_mtime_ns
    store.mark_explicit(seal.hash, True)
    assert store.layout.index.stat().st_mtime_ns == stamp, "nothing to do, nothing written"
    store.layout.index.unlink()
    assert Store(store.root).records()[0].explicit
    assert Store(store.root).seal(seal.hash).entries == seal.entries


def test_recipes_are_kept_by_hash(store: Store) -> None:
    assert store.recipe("abc") is None
    store.keep_recipe("abc", "class A: ...\n")
    store.keep_recipe("abc", "something else")
    assert store.recipe("abc") == "class A: ...\n"


def test_the_second_of_two_installs_waits_and_finds_it_done(store: Store) -> None:
    node = make_node("once")
    key = node_hash(node)
    told: list[str] = []
    seen: list[bool] = []

    def second() -> None:
        other = Store(store.root)
        with other.lock_prefix(key, waiting=lambda: told.append("waiting")):
            seen.append(other.installed(key))

    with store.lock_prefix(key):
        thread = threading.Thread(target=second)
        thread.start()
        while not told:
            time.sleep(0.005)
        install_files(store, node, {"x": "x"})
    thread.join(timeout=20)
    assert seen == [True]


def test_writers_in_several_processes_lose_nothing(store: Store) -> None:
    code = """
        import sys
        from pathlib import Path
        from support.prefixes import install_files, make_node
        from outcrop.store import Store
        store = Store(Path(sys.argv[1]), durable=False)
        for number in range(8):
            install_files(store, make_node(f"{sys.argv[2]}{number}"), {"x": "x"})
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    processes = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(store.root), name], env=environment)
        for name in ("a", "b", "c")
    ]
    while any(process.poll() is None for process in processes):
        for record in Store(store.root).records():
            assert Path(record.prefix, ".outcrop", "seal.json").exists()
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(store.records()) == 24
    assert len(_index(store)["records"]) == 24


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import outcrop.store.store as room
    from support.prefixes import install_files, make_node

    point = int(sys.argv[2])
    seen = 0
    def trace(frame, event, argument):
        global seen
        name = frame.f_code.co_filename
        if "/outcrop/store/" not in name and "/outcrop/base/files" not in name:
            return None
        if event == "line":
            seen += 1
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    store = room.Store(Path(sys.argv[1]))
    sys.settrace(trace)
    install_files(store, make_node("killed"), {"lib/x": "x", "bin/y": "y"})
    sys.settrace(None)
    print("lines", seen)
"""


def test_s05_a_killed_install_is_whole_or_absent_and_the_next_one_finishes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def install(root: Path, point: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), str(point)]
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    whole = install(tmp_path / "whole", -1)
    total = int(whole.stdout.split()[1])
    node = make_node("killed")
    key = node_hash(node)
    outcomes = set()
    for point in range(5, total, max(1, total // 14)):
        root = tmp_path / f"at{point}"
        assert install(root, point).returncode == -signal.SIGKILL
        store = Store(root)
        outcomes.add(store.installed(key))
        for record in store.records():
            seal = store.seal(record.hash)
            assert scan_prefix(Path(record.prefix)) == tuple(_protected(seal))
        if not store.installed(key):
            install_files(store, node, {"lib/x": "x", "bin/y": "y"})
        assert store.installed(key)
        assert store.reindex().broken == ()
    assert outcomes == {True, False}


def _protected(seal: Seal) -> list[object]:
    return [msgspec.structs.replace(entry, mode=entry.mode & ~0o222) for entry in seal.entries]


READ_ONLY = """
    import sys
    from pathlib import Path
    from support.prefixes import external_node, external_seal, make_node
    from outcrop.spec.graph import node_hash
    from outcrop.store import Store, StoreError
    store = Store(Path(sys.argv[1]))
    key = store.records()[0].hash
    new = make_node("new")
    def locked():
        with store.lock_prefix(key):
            pass
    for action in (
        lambda: store.prepare(node_hash(new), new),
        lambda: store.remove(key),
        lambda: store.mark_explicit(key, True),
        lambda: store.add_external(external_seal(external_node("x", "1", Path("/")))),
        lambda: store.keep_recipe("abc", "text"),
        store.reindex,
        locked,
    ):
        try:
            action()
        except StoreError as error:
            assert error.code == "store-not-writable", (error.code, error)
            assert str(store.root) in str(error), error
            assert "OUTCROP_ROOT" in error.hint, error.hint
        else:
            raise SystemExit(f"no error: {action}")
    assert store.installed(key) and store.seal(key).entries
    print("fine")
"""


def test_a_read_only_store_is_read_and_refuses_everything_else_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", durable=False)
    install_files(store, make_node("a"), {"x": "x"})
    everything = [store.root, *store.root.rglob("*")]
    for path in everything:
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.stat().st_mtime_ns for path in everything}
    environment = {**os.environ, "PYTHONPATH": f"{Path(__file__).parents[2]}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*_as_anybody(), sys.executable, "-c", textwrap.dedent(READ_ONLY), str(store.root)],
        capture_output=True,
        text=True,
        env=environment,
    )
    for path in everything:
        if path.is_dir():
            path.chmod(path.stat().st_mode | 0o700)
    assert done.stdout.strip() == "fine", done.stdout + done.stderr
    assert {path: path.stat().st_mtime_ns for path in [store.root, *store.root.rglob("*")]} == before


def _as_anybody() -> list[str]:
    """What makes permissions count for root too."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("runs as root and has no setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.parametrize(
    ("number", "word"), [(errno.EROFS, "read-only"), (errno.ENOSPC, "disk is full"), (errno.EDQUOT, "quota")]
)
def test_what_the_system_says_becomes_a_hint(tmp_path: Path, number: int, word: str) -> None:
    with pytest.raises(StoreError) as caught, writing("seal it", tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "file"))
    assert str(tmp_path / "file") in str(caught.value)
    assert caught.value.hint is not None and word in caught.value.hint
    assert caught.value.code == "store-not-writable"


def test_500_records_are_read_in_a_few_milliseconds(store: Store, tmp_path: Path) -> None:
    nodes = [make_node(f"package-{number}", "1.2.3", variants={"shared": True}) for number in range(500)]
    _write_index_of(store, nodes)
    fresh = Store(store.root)
    start = time.perf_counter()
    records = fresh.records()
    seconds = time.perf_counter() - start
    assert len(records) == 500
    assert seconds < 0.1


def _write_index_of(store: Store, nodes: list[Node]) -> None:
    records = {}
    for node in nodes:
        key = node_hash(node)
        prefix = store.prefix(key, node)
        prefix.mkdir(parents=True)
        records[key] = {"hash": key, "node": node, "prefix": str(prefix)}
    data = {"schema": 1, "seal_schema": SEAL_SCHEMA, "records": records}
    store.layout.index.write_bytes(msgspec.json.encode(data))


def test_a_reader_imports_no_lock_library(store: Store) -> None:
    install_files(store, make_node("a"), {"x": "x"})
    done = run_python(
        """
        import sys
        from pathlib import Path
        from outcrop.store import Store
        store = Store(Path(sys.argv[1]))
        assert len(store.records()) == 1
        print(sorted({"filelock", "asyncio", "ctypes", "subprocess"} & sys.modules.keys()))
        """,
        store.root,
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(("age", "found"), [(3600, False), (0, True)])
def test_directories_are_listed_again_once_they_look_different(store: Store, age: int, found: bool) -> None:
    """And as long as they have changed so lately that the next change could look the same."""
    install_files(store, make_node("first"), {"a": ""})
    other = Store(store.root.with_name("other"), durable=False)
    seal = install_files(other, make_node("second"), {"a": ""})
    prefixes = store.layout.prefixes
    sealed = other.prefix(seal.hash, seal.node)
    # As long as the other one's name: the size of some file systems' directories tells how long their names are.
    junk = prefixes / ("x" * len(sealed.name))
    junk.mkdir()
    when = time.time_ns() - age * 1_000_000_000
    os.utime(prefixes, ns=(when, when))
    assert not store.installed(seal.hash)
    # Moved in behind the index's back, and behind that of who looks at the directory alone.
    junk.rmdir()
    sealed.rename(prefixes / sealed.name)
    os.utime(prefixes, ns=(when, when))
    assert store.installed(seal.hash) is found
    os.utime(prefixes)
    assert store.installed(seal.hash)
