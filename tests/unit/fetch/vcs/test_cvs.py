"""Sources from CVS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from outcrop.fetch import Fetcher, OfflineError, Stage, StageError
from outcrop.fetch.client import redacted
from outcrop.fetch.vcs import check_out, current_revision, is_near, is_pinned
from outcrop.spec.graph import Source
from support.vcs import ENVIRON, tool

needs_cvs = pytest.mark.skipif(shutil.which("cvs") is None, reason="no cvs here")


class Upstream:
    """A repository with one module, ``pkg/mod``: its file ``a`` was ``1`` in 2001 and is ``2`` since 2011."""

    def __init__(self, root: Path) -> None:
        self.root = root / "cvsroot"
        self.root.mkdir()
        self._cvs(root, "init")
        for text, moment in (("1", 1_000_000_000), ("2", 1_300_000_000)):
            release = root / f"release-{text}"
            release.mkdir()
            (release / "a").write_text(text + " $" + "Date$")
            os.utime(release / "a", (moment, moment))
            self._cvs(release, "import", "-d", "-m", "m", "pkg/mod", "vendor", f"v{text}")

    def _cvs(self, cwd: Path, *arguments: str) -> None:
        tool("cvs", "-Q", "-d", str(self.root), *arguments, cwd=cwd)

    def source(self, module: str = "pkg/mod", **fields: str) -> Source:
        return Source(kind="cvs", urls=(f"{self.root}%module={module}",), **fields)  # type: ignore[arg-type]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path)


@needs_cvs
def test_dates_branches_and_nothing(upstream: Upstream, tmp_path: Path) -> None:
    cases = [
        ({"date": "2005-06-07"}, "1", "2005-06-07"),
        ({}, "2", ""),
        ({"ref": "vendor", "date": "2005-06-07"}, "1", "vendor 2005-06-07"),
    ]
    for number, (fields, text, revision) in enumerate(cases):
        into = tmp_path / f"out-{number}"
        assert check_out(upstream.source(**fields), into, environ=ENVIRON, offline=True) == revision
        assert [path.name for path in into.iterdir()] == ["a"]
        assert (into / "a").read_text()[0] == text
    assert current_revision(upstream.source(), environ=ENVIRON) == ""


@needs_cvs
def test_it_is_kept_and_the_same_each_time(upstream: Upstream, tmp_path: Path) -> None:
    wanted = upstream.source(date="2020-01-01")
    kept = Fetcher(tmp_path / "one", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    again = Fetcher(tmp_path / "two", environ={**ENVIRON, "TZ": "Asia/Tokyo"}).fetch(wanted, name="foo", version="1")
    assert kept.read_bytes() == again.read_bytes()
    upstream.root.rename(tmp_path / "gone")
    assert Fetcher(tmp_path / "one", environ=ENVIRON).fetch(wanted, name="foo", version="1") == kept
    stage = Stage(tmp_path / "stage")
    stage.create()
    placed = stage.add_resource(upstream.source(destination="d"), kept)
    assert placed == [stage.source_path / "d" / "mod"]
    assert (placed[0] / "a").read_text() == "2 $" + "Date: 2011/03/13 07:06:40 $"


@needs_cvs
def test_what_is_not_there_leaves_nothing(upstream: Upstream, tmp_path: Path) -> None:
    out = tmp_path / "into" / "out"
    for wanted, message in (
        (upstream.source("none"), "the trunk of .* cannot be checked out"),
        (upstream.source(ref="none"), "none of .* cannot be checked out"),
        (upstream.source(date="1999-01-01"), "had no files then"),
    ):
        with pytest.raises(StageError, match=message):
            check_out(wanted, out, environ=ENVIRON)
        assert not out.parent.exists() or list(out.parent.iterdir()) == []


def test_no_module_no_network_and_no_program(tmp_path: Path) -> None:
    root = ":pserver:me:secret@127.0.0.1:/cvsroot"
    far = Source(kind="cvs", urls=(f"{root}%module=Lorene",), date="2021-04-22")
    for wanted, message in (
        (Source(kind="cvs", urls=(root,)), "names no module"),
        (Source(kind="cvs", urls=(f"{root}%module=-x",)), "begins with a hyphen"),
    ):
        with pytest.raises(StageError, match=message):
            check_out(wanted, tmp_path / "out", environ=ENVIRON)
    with pytest.raises(OfflineError) as offline:
        check_out(far, tmp_path / "out", environ=ENVIRON, offline=True)
    with pytest.raises(StageError, match="without cvs") as missing:
        check_out(far, tmp_path / "out", environ={"PATH": str(tmp_path)})
    assert missing.value.hint == "install cvs"
    for error in (offline.value, missing.value):
        assert ":pserver:***@127.0.0.1:/cvsroot" in str(error)
        assert "secret" not in str(error)


def test_what_is_pinned_and_near() -> None:
    assert is_pinned(Source(kind="cvs", date="2021-04-22"))
    assert not is_pinned(Source(kind="cvs", ref="old"))
    assert is_near(Source(kind="cvs", urls=(":local:/r%module=m",)))
    assert not is_near(Source(kind="cvs", urls=(":pserver:h:/r%module=m",)))
    assert redacted(":pserver:h:/r%module=m") == ":pserver:h:/r%module=m"
    assert redacted(":ext:me@h:/r") == ":ext:***@h:/r"
