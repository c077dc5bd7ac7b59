"""Sources from Mercurial."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from outcrop.fetch import Fetcher, OfflineError, Stage, StageError
from outcrop.fetch.vcs import check_out, current_revision, is_pinned, kept_revision
from outcrop.spec.graph import Source
from support.vcs import ENVIRON, tool

needs_hg = pytest.mark.skipif(shutil.which("hg") is None, reason="no hg here")


class Upstream:
    """A repository; ``commit`` returns the identifier of the changeset."""

    def __init__(self, root: Path) -> None:
        self.root = root / "upstream repo"
        self.root.mkdir()
        self._hg("init")

    def _hg(self, *arguments: str) -> str:
        return tool("hg", *arguments, cwd=self.root)

    def commit(self, name: str, text: str) -> str:
        (self.root / name).write_text(text)
        said = self._hg("commit", "--debug", "-A", "-d", "2020-01-02", "-m", name)
        return said.rpartition(":")[2]

    def tag(self, name: str) -> None:
        self._hg("tag", "-d", "2020-01-02", name)

    def branch(self, name: str) -> None:
        self._hg("branch", "-q", name)

    def source(self, **fields: str) -> Source:
        return Source(kind="hg", urls=(str(self.root),), **fields)  # type: ignore[arg-type]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path)


@needs_hg
def test_changesets_tags_branches_and_nothing(upstream: Upstream, tmp_path: Path) -> None:
    first = upstream.commit("a", "1")
    upstream.tag("v-1.0")
    second = upstream.commit("a", "2")
    upstream.branch("torus")
    third = upstream.commit("a", "3")
    cases = [("v-1.0", first, "1"), ("torus", third, "3")]
    for number, (ref, node, text) in enumerate([*cases, ("", second, "2")]):
        into = tmp_path / f"out-{number}"
        assert check_out(upstream.source(ref=ref), into, environ=ENVIRON, offline=True) == node
        assert (into / "a").read_text() == text
        assert not (into / ".hg").exists()
        assert node in (into / ".hg_archival.txt").read_text()
    assert current_revision(upstream.source(ref="v-1.0"), environ=ENVIRON) == first
    assert "tag: v-1.0" in (tmp_path / "out-0/.hg_archival.txt").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@needs_hg
def test_it_is_kept_and_the_same_each_time(upstream: Upstream, tmp_path: Path) -> None:
    (upstream.root / "run").write_text("#!/bin/sh\n")
    (upstream.root / "run").chmod(0o755)
    (upstream.root / "link").symlink_to("a")
    node = upstream.commit("a", "1")
    wanted = upstream.source(ref=node[:12])
    kept = Fetcher(tmp_path / "one", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    again = Fetcher(tmp_path / "two", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    assert kept.read_bytes() == again.read_bytes()
    assert kept_revision(kept) == node
    upstream.root.rename(tmp_path / "gone")
    assert Fetcher(tmp_path / "one", environ=ENVIRON).fetch(wanted, name="foo", version="1") == kept
    stage = Stage(tmp_path / "stage")
    stage.expand(kept)
    assert (stage.source_path / "link").read_text() == "1"
    assert (stage.source_path / "run").stat().st_mode & 0o100


@needs_hg
def test_what_is_not_there_leaves_nothing(upstream: Upstream, tmp_path: Path) -> None:
    upstream.commit("a", "1")
    out = tmp_path / "into" / "out"
    for wanted in (upstream.source(ref="none"), Source(kind="hg", urls=(str(tmp_path / "none"),))):
        with pytest.raises(StageError, match="cannot be checked out") as caught:
            check_out(wanted, out, environ=ENVIRON)
        assert caught.value.details
        assert list(out.parent.iterdir()) == []


def test_no_network_no_program_and_options(tmp_path: Path) -> None:
    far = Source(kind="hg", urls=("https://127.0.0.1:9/x",))
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1"):
        check_out(far, tmp_path / "out", environ=ENVIRON, offline=True)
    with pytest.raises(StageError, match="without hg") as caught:
        check_out(far, tmp_path / "out", environ={"PATH": str(tmp_path)})
    assert caught.value.hint == "install mercurial"
    with pytest.raises(StageError, match="begins with a hyphen"):
        check_out(Source(kind="hg", urls=("--config=x",)), tmp_path / "out", environ=ENVIRON)


def test_what_is_pinned() -> None:
    assert is_pinned(Source(kind="hg", ref="b520a584fca2"))
    assert is_pinned(Source(kind="hg", ref="ab" * 20))
    for moving in ("", "torus", "1.1.0", "12"):
        assert not is_pinned(Source(kind="hg", ref=moving))
