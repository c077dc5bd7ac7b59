"""Applying plans on a real file system: updates, the user's files, killed updates, what cannot be swapped."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from outcrop.base.events import Event
from outcrop.store import Seal, Store, content_digest, scan_prefix
from outcrop.view import (
    LinkType,
    ViewError,
    ViewOptions,
    ViewPlan,
    ViewResult,
    apply_view,
    plan_view,
    read_state,
    remove_view,
)
from outcrop.view.exchange import exchange
from support.prefixes import install_files, make_node

SITE = "lib/python3.11/site-packages"


class Events:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.seen: list[Event] = []

    def report(self, event: Event) -> None:
        self.seen.append(event)

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.seen if event.kind == "warning"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", durable=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "environment" / "view"


def package(store: Store, name: str, version: str = "1", **more: str) -> Seal:
    files: dict[str, str | bytes | Path | None] = {
        f"bin/{name}": f"#!/bin/sh\necho {name} {version}\n",
        f"{SITE}/{name}/__init__.py": f"version = '{version}'\n",
        f"{SITE}/{name}-{version}.dist-info/METADATA": f"Name: {name}\nVersion: {version}\n",
        f"{SITE}/{name}-{version}.dist-info/RECORD": f"{name}/__init__.py,,\n",
        f"share/{name}/deep/er/data": version,
    }
    return install_files(store, make_node(name, version), {**files, **more})


def plan_of(root: Path, *seals: Seal, link_type: LinkType = "symlink") -> ViewPlan:
    return plan_view(seals, ViewOptions(root=root, link_type=link_type))


def tree(root: Path) -> set[str]:
    """Everything in a view but its state."""
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or not path.is_dir()}
    return {path for path in found if path != ".outcrop/view.json"}


def leftovers(root: Path) -> list[str]:
    inside = [str(path) for path in root.glob(".outcrop-*")]
    return [path.name for path in root.parent.iterdir() if path != root] + inside


def test_a_plan_that_was_applied_writes_nothing(store: Store, root: Path) -> None:
    plan = plan_of(root, package(store, "a"))
    assert apply_view(plan).changed
    before = {path: path.lstat().st_mtime_ns for path in [root.parent, root, *root.rglob("*")]}
    assert not apply_view(plan).changed
    assert not apply_view(plan_of(root, *[store.seal(record.hash) for record in store.records()])).changed
    assert {path: path.lstat().st_mtime_ns for path in [root.parent, root, *root.rglob("*")]} == before
    state = read_state(root)
    assert state is not None and (state.plan, state.inputs) == (plan.digest(), plan.inputs)


@pytest.mark.parametrize("link_type", ["symlink", "hardlink", "copy"])
def test_an_update_brings_the_new_and_takes_the_old_away(store: Store, root: Path, link_type: LinkType) -> None:
    one, two, three = (package(store, name) for name in ("one", "two", "three"))
    apply_view(plan_of(root, one, two, link_type=link_type))
    result = apply_view(plan_of(root, two, three, link_type=link_type))
    assert result.changed and result.atomic
    assert {path.name for path in (root / "share").iterdir()} == {"two", "three"}
    assert (root / "bin/three").exists() and not (root / "bin/one").exists()
    assert leftovers(root) == []
    assert root.is_dir() and not root.is_symlink()
    for seal in (one, two, three):
        assert content_digest(scan_prefix(Path(seal.prefix))) == seal.content


def test_changing_the_link_type_is_an_update(store: Store, root: Path) -> None:
    seal = package(store, "one")
    for link_type, links in (("symlink", True), ("copy", False), ("hardlink", False), ("symlink", True)):
        assert apply_view(plan_of(root, seal, link_type=link_type)).changed  # type: ignore[arg-type]
        assert (root / "share/one/deep/er/data").is_symlink() == links


def test_an_empty_directory_may_become_a_view(store: Store, root: Path) -> None:
    root.mkdir(parents=True)
    apply_view(plan_of(root, package(store, "one")))
    assert (root / "bin/one").exists()


def test_a_view_of_nothing(root: Path) -> None:
    apply_view(plan_of(root))
    assert tree(root) == {"bin/Activate.ps1", "bin/activate", "bin/activate.csh", "bin/activate.fish"}


@pytest.mark.parametrize("kind", ["directory", "file", "link", "damaged state"])
def test_what_is_not_a_view_of_ours_is_refused(store: Store, root: Path, tmp_path: Path, kind: str) -> None:
    plan = plan_of(root, package(store, "one"))
    root.parent.mkdir()
    if kind == "directory":
        root.mkdir()
        (root / "thesis.tex").write_text("years of work")
    elif kind == "file":
        root.write_text("x")
    elif kind == "link":
        root.symlink_to(tmp_path)
    else:
        apply_view(plan)
        (root / ".outcrop/view.json").write_text("{")
    before = sorted(str(path) for path in root.parent.rglob("*"))
    for action in (lambda: apply_view(plan), lambda: remove_view(root)):
        with pytest.raises(ViewError) as caught:
            action()
        assert str(root) in str(caught.value)
        assert caught.value.hint
        assert caught.value.code == ("view-state-unreadable" if kind == "damaged state" else "view-root-taken")
    assert sorted(str(path) for path in root.parent.rglob("*")) == before


def test_v10_own_files_survive_an_update(store: Store, root: Path, tmp_path: Path) -> None:
    one, two = package(store, "one"), package(store, "two")
    apply_view(plan_of(root, one))
    site = root / SITE
    (site / "mine").mkdir()
    (site / "mine/__init__.py").write_text("mine = 1\n")
    (site / "mine/__pycache__").mkdir()
    (site / "mine/__pycache__/__init__.cpython-311.pyc").write_bytes(b"of mine")
    (site / "one/__pycache__").mkdir()
    (site / "one/__pycache__/__init__.cpython-311.pyc").write_bytes(b"of a package that is gone")
    (site / "__editable__.project.pth").write_text(f"{tmp_path}/project\n")
    (site / "mine-1.dist-info").mkdir()
    (site / "mine-1.dist-info/RECORD").write_text("mine/__init__.py,,\n")
    (root / "bin/mine").write_text("#!/bin/sh\n")
    (root / "bin/mine").chmod(0o755)
    (root / "share/link").symlink_to("/somewhere")
    (root / "share/one/notes").write_text("notes")
    (root / "work/empty").mkdir(parents=True)
    inode = (root / "bin/mine").stat().st_ino
    result = apply_view(plan_of(root, two))
    assert result.aside == ()
    assert set(result.carried) == {
        f"{SITE}/mine/__init__.py",
        f"{SITE}/mine/__pycache__/__init__.cpython-311.pyc",
        f"{SITE}/mine-1.dist-info/RECORD",
        f"{SITE}/__editable__.project.pth",
        "bin/mine",
        "share/link",
        "share/one/notes",
    }
    assert (root / "bin/mine").stat().st_ino == inode and (root / "bin/mine").stat().st_mode & 0o111
    assert (site / "mine/__init__.py").read_text() == "mine = 1\n"
    assert (root / "share/link").readlink() == Path("/somewhere")
    assert (root / "work/empty").is_dir()
    assert (root / "share/one/notes").read_text() == "notes"
    assert not (site / "one").exists() and not (root / "share/one/deep").exists()
    again = apply_view(plan_of(root, one, two))
    assert set(again.carried) == set(result.carried)
    assert (site / "one/__init__.py").exists()


def test_v10_a_clash_is_reported_and_put_aside(store: Store, root: Path) -> None:
    one, two = package(store, "one"), package(store, "two")
    apply_view(plan_of(root, one))
    (root / "bin/two").write_text("my own two")
    (root / "share/two").write_text("a file where a directory will be")
    (root / "bin/one").unlink()
    (root / "bin/one").write_text("my own one")
    (root / SITE / "two").mkdir()
    (root / SITE / "two/__init__.py").write_text("version = '1'\n")
    events = Events()
    result = apply_view(plan_of(root, one, two), reporter=events)
    assert set(result.aside) == {"bin/two", "share/two", "bin/one"}, "equal content is no clash"
    assert len(events.warnings) == 1 and "3 files of yours" in events.warnings[0]
    aside = next((root / ".outcrop/aside").iterdir())
    assert (aside / "bin/two").read_text() == "my own two"
    assert (aside / "bin/one").read_text() == "my own one"
    assert (root / "bin/one").readlink() == Path(one.prefix) / "bin/one"
    apply_view(plan_of(root, two))
    assert (aside / "bin/two").read_text() == "my own two", "kept aside for as long as the user likes"


def test_v10_an_own_release_of_a_distribution_goes_aside_whole(store: Store, root: Path) -> None:
    """What 'pip install --upgrade one' leaves: our links gone, files of its own."""
    one, two = package(store, "one"), package(store, "two")
    apply_view(plan_of(root, one))
    site = root / SITE
    shutil.rmtree(site / "one-1.dist-info")
    (site / "one/__init__.py").unlink()
    (site / "one/__init__.py").write_text("version = '2'\n")
    (site / "one/new.py").write_text("new = 1\n")
    (site / "one-2.dist-info").mkdir()
    (site / "one-2.dist-info/RECORD").write_text("one/__init__.py,,\none/new.py,,\none-2.dist-info/RECORD,,\n")
    result = apply_view(plan_of(root, one, two))
    assert set(result.aside) == {f"{SITE}/one/__init__.py", f"{SITE}/one/new.py", f"{SITE}/one-2.dist-info/RECORD"}
    assert (site / "one-1.dist-info/METADATA").exists() and not (site / "one-2.dist-info").exists()
    assert not (site / "one/new.py").exists()
    assert content_digest(scan_prefix(Path(one.prefix))) == one.content


def test_v15_an_edited_file_of_ours_is_put_aside(store: Store, root: Path) -> None:
    apply_view(plan_of(root, package(store, "one")))
    script = root / "bin/activate"
    script.write_text(script.read_text() + "# mine\n")
    result = apply_view(plan_of(root, package(store, "two")))
    assert result.aside == ("bin/activate",)


def test_what_was_removed_comes_back_only_when_the_view_changes(store: Store, root: Path) -> None:
    plan = plan_of(root, package(store, "one"))
    apply_view(plan)
    (root / "bin/one").unlink()
    assert not apply_view(plan).changed
    assert not (root / "bin/one").exists()
    assert apply_view(plan, force=True).changed
    assert (root / "bin/one").exists()


def test_v10_files_that_appear_during_the_update_are_found(store: Store, root: Path) -> None:
    one, two = package(store, "one"), package(store, "two")
    apply_view(plan_of(root, one))
    (root / "early").write_text("old")

    def late(staging: str, view: str) -> None:
        (root / "late").write_text("late")
        (root / "share/one/deep/late").write_text("late")
        (root / "early.new").write_text("new")
        (root / "early.new").rename(root / "early")
        exchange(staging, view)

    result = apply_view(plan_of(root, two), swap=late)
    assert (root / "late").read_text() == "late"
    assert (root / "share/one/deep/late").read_text() == "late"
    assert (root / "early").read_text() == "new"
    assert {"late", "share/one/deep/late", "early"} <= set(result.carried)


def failing(number: int, store: dict[str, int]) -> object:
    def swap(one: str, other: str) -> None:
        store["calls"] = store.get("calls", 0) + 1
        raise OSError(number, os.strerror(number), one)

    return swap


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL])
def test_v09_where_trees_cannot_be_exchanged_they_are_renamed(store: Store, root: Path, number: int) -> None:
    apply_view(plan_of(root, package(store, "one")))
    (root / "mine").write_text("mine")
    calls: dict[str, int] = {}
    result = apply_view(plan_of(root, package(store, "two")), swap=failing(number, calls))  # type: ignore[arg-type]
    assert calls == {"calls": 1}
    assert result.changed and not result.atomic
    assert (root / "bin/two").exists() and not (root / "bin/one").exists()
    assert (root / "mine").read_text() == "mine"
    assert leftovers(root) == []


def test_a_process_killed_between_two_renames_is_recovered_from(store: Store, root: Path) -> None:
    apply_view(plan_of(root, package(store, "one")))
    (root / "mine").write_text("mine")
    root.rename(root.parent / ".view.outcrop-old")
    apply_view(plan_of(root, package(store, "two")))
    assert (root / "mine").read_text() == "mine"
    assert leftovers(root) == []


def test_a_view_that_cannot_be_renamed_is_changed_entry_by_entry(store: Store, root: Path) -> None:
    one, two, three = (package(store, name) for name in ("one", "two", "three"))

    def refusing(first: str, second: str) -> None:
        if second == str(root):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), second)
        exchange(first, second)

    apply_view(plan_of(root, one))
    (root / "mine").write_text("mine")
    (root / "bin/mine").write_text("mine")
    identity = root.stat().st_ino
    for seals in ((two,), (two, three), (one,)):
        result = apply_view(plan_of(root, *seals), swap=refusing)
        assert result.changed and not result.atomic
        assert root.stat().st_ino == identity
        assert {path.name for path in (root / "share").iterdir()} == {seal.node.name for seal in seals}
        assert (root / "mine").read_text() == (root / "bin/mine").read_text() == "mine"
        assert leftovers(root) == []


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
def test_v09_a_mount_point(store: Store, root: Path, tmp_path: Path) -> None:
    one, two = package(store, "one"), package(store, "two")
    apply_view(plan_of(root, one))
    (root / "mine").write_text("mine")
    code = """
    import sys
    from pathlib import Path
    from outcrop.store import Store
    from outcrop.view import ViewOptions, apply_view, plan_view
    store = Store(Path(sys.argv[1]))
    root = Path(sys.argv[2])
    seal = store.seal(sys.argv[3])
    print(apply_view(plan_view([seal], ViewOptions(root=root))).atomic)
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    mounted = f"mount --bind {root} {root} && exec {sys.executable} {script} {store.root} {root} {two.hash}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", mounted], capture_output=True, text=True)
    if "permitted" in done.stderr or "denied" in done.stderr:
        pytest.skip("may not mount here")
    assert done.stdout == "False\n", done.stderr
    assert (root / "bin/two").exists() and not (root / "bin/one").exists()
    assert (root / "mine").read_text() == "mine"
    assert leftovers(root) == []


def test_v09_the_view_is_there_at_every_moment(store: Store, root: Path) -> None:
    plans = [plan_of(root, package(store, "tool", version)) for version in ("1", "2")]
    apply_view(plans[0])
    finished = threading.Event()

    def update() -> None:
        for number in range(40):
            apply_view(plans[(number + 1) % 2])
        finished.set()

    thread = threading.Thread(target=update)
    thread.start()
    reads = 0
    while not finished.is_set():
        assert os.path.lexists(root / "bin/tool")
        assert os.path.lexists(root / "bin/activate")
        reads += 1
    thread.join()
    assert reads > 10


def test_v03_hard_links_across_file_systems_become_copies_with_one_warning(root: Path) -> None:
    other = Path("/dev/shm")
    root.parent.mkdir(parents=True)
    if not os.access(other, os.W_OK) or other.stat().st_dev == root.parent.stat().st_dev:
        pytest.skip("needs a second file system")
    place = other / f"outcrop-test-{os.getpid()}"
    try:
        store = Store(place, durable=False)
        seal = package(store, "one")
        events = Events()
        result = apply_view(plan_of(root, seal, link_type="hardlink"), reporter=events)
        assert result.copied == 5
        assert len(events.warnings) == 1 and "copies" in events.warnings[0]
        data = root / "share/one/deep/er/data"
        assert data.read_text() == "1" and data.stat().st_mode & 0o200
        assert data.stat().st_mtime_ns == (Path(seal.prefix) / "share/one/deep/er/data").stat().st_mtime_ns
        assert (root / "bin/one").stat().st_mode & 0o111
        assert not apply_view(plan_of(root, seal, link_type="hardlink"), reporter=events).changed
    finally:
        shutil.rmtree(place, ignore_errors=True)


def test_a_file_missing_from_the_store_is_an_error_and_the_old_view_stays(store: Store, root: Path) -> None:
    apply_view(plan_of(root, package(store, "one")))
    before = tree(root)
    two = package(store, "two")
    victim = Path(two.prefix) / "share/two/deep/er/data"
    victim.parent.chmod(0o755)
    victim.unlink()
    with pytest.raises(ViewError, match="missing from the store") as caught:
        apply_view(plan_of(root, two, link_type="copy"))
    assert str(victim) in str(caught.value)
    assert tree(root) == before
    assert leftovers(root) == []


def test_an_unwritable_place_is_an_error_that_names_it(store: Store, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(ViewError) as caught:
        apply_view(plan_of(blocker / "view", package(store, "one")))
    assert caught.value.code == "view-not-writable"
    assert str(blocker) in str(caught.value)


def test_remove_view(store: Store, root: Path) -> None:
    apply_view(plan_of(root, package(store, "one")))
    assert remove_view(root) == ()
    assert not root.exists() and leftovers(root.parent / "view") == []
    apply_view(plan_of(root, package(store, "two")))
    (root / "share/mine").write_text("mine")
    assert remove_view(root) == ("share/mine",)
    assert tree(root) == {"share/mine"}
    with pytest.raises(ViewError):
        remove_view(root)


KILLED = """
import os, signal, sys
from pathlib import Path
from outcrop.store import Store
from outcrop.view import ViewOptions, apply_view, plan_view

store, root, point = Store(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
seals = [store.seal(record.hash) for record in store.records() if record.name == "two"]
plan = plan_view(seals, ViewOptions(root=root))
seen = 0
def trace(frame, event, argument):
    global seen
    name = frame.f_code.co_filename
    if "/outcrop/view/" not in name and "shutil" not in name:
        return None
    if event == "line":
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
sys.settrace(trace)
apply_view(plan)
sys.settrace(None)
print("lines", seen)
"""


def test_v09_a_killed_update_leaves_the_old_view_or_the_new_one(store: Store, root: Path) -> None:
    one, two = package(store, "one"), package(store, "two")

    def update(point: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, str(store.root), str(root), str(point)]
        return subprocess.run(command, capture_output=True, text=True)

    def renew() -> ViewResult:
        result = apply_view(plan_of(root, one))
        (root / "mine").write_text("mine")
        (root / "share/mine").mkdir(exist_ok=True)
        (root / "share/mine/deep").write_text("mine")
        return result

    renew()
    whole_old = tree(root)
    done = update(-1)
    total = int(done.stdout.split()[1])
    whole_new = tree(root)
    assert whole_old != whole_new and {"mine", "share/mine/deep"} <= whole_new
    seen = set()
    for point in [*range(10, total, max(1, total // 9)), total - 3]:
        renew()
        assert update(point).returncode == -signal.SIGKILL
        now = tree(root)
        assert now in (whole_old, whole_new), point
        seen.add(now == whole_new)
        state = read_state(root)
        assert state is not None
        expected = plan_of(root, two if now == whole_new else one)
        assert state.plan == expected.digest()
        apply_view(plan_of(root, two))
        assert tree(root) == whole_new
        assert leftovers(root) == [], point
    assert seen == {True, False}
