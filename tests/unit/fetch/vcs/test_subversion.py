"""Sources from Subversion."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from outcrop.base.events import Event
from outcrop.fetch import Fetcher, OfflineError, Stage, StageError
from outcrop.fetch.vcs import check_out, current_revision, is_near, is_pinned
from outcrop.fetch.vcs.subversion import proxy_options
from outcrop.spec.graph import Source
from support.vcs import ENVIRON, tool

needs_svn = pytest.mark.skipif(shutil.which("svn") is None or shutil.which("svnadmin") is None, reason="no svn here")


class Upstream:
    """A repository with a working copy of it; ``commit`` returns the revision's number."""

    def __init__(self, root: Path) -> None:
        self.root = root / "upstream repo"
        tool("svnadmin", "create", str(self.root), cwd=root)
        self.url = self.root.as_uri()
        self._work = root / "work"
        tool("svn", "mkdir", "-q", "-m", "m", f"{self.url}/trunk", cwd=root)
        tool("svn", "checkout", "-q", self.url, str(self._work), cwd=root)

    def commit(self, name: str, text: str) -> str:
        (self._work / name).write_text(text)
        tool("svn", "add", "-q", "--force", name, cwd=self._work)
        return self._commit("changed")

    def move(self, old: str, new: str) -> str:
        tool("svn", "update", "-q", cwd=self._work)
        tool("svn", "move", "-q", old, new, cwd=self._work)
        return self._commit("moved")

    def _commit(self, message: str) -> str:
        said = tool("svn", "commit", "-m", message, cwd=self._work)
        return said.rpartition("revision ")[2].rstrip(".")

    def source(self, path: str = "trunk", **fields: str) -> Source:
        return Source(kind="svn", urls=(f"{self.url}/{path}",), **fields)  # type: ignore[arg-type]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path)


@needs_svn
def test_a_revision_and_the_newest(upstream: Upstream, tmp_path: Path) -> None:
    first = upstream.commit("trunk/a", "1")
    last = upstream.commit("trunk/a", "2")
    upstream.commit("elsewhere", "3")
    for fields, revision, text in (({"ref": first}, first, "1"), ({}, last, "2"), ({"ref": "HEAD"}, last, "2")):
        into = tmp_path / f"out-{text}-{len(fields)}"
        assert check_out(upstream.source(**fields), into, environ=ENVIRON, offline=True) == revision
        assert [path.name for path in into.iterdir()] == ["a"]
        assert (into / "a").read_text() == text
    assert current_revision(upstream.source(), environ=ENVIRON) == last
    assert current_revision(upstream.source("none"), environ=ENVIRON) == ""


@needs_svn
def test_an_address_that_is_gone_and_one_that_came_later(upstream: Upstream, tmp_path: Path) -> None:
    before = upstream.commit("trunk/a", "1")
    upstream.move("trunk", "main@2")
    check_out(upstream.source("trunk", ref=before), tmp_path / "old", environ=ENVIRON)
    check_out(upstream.source("main@2", ref=before), tmp_path / "new", environ=ENVIRON)
    assert (tmp_path / "old/a").read_text() == (tmp_path / "new/a").read_text() == "1"
    with pytest.raises(StageError, match=r"the newest revision of file:.*trunk cannot be checked out") as caught:
        check_out(upstream.source("trunk"), tmp_path / "none", environ=ENVIRON)
    assert caught.value.details
    assert not (tmp_path / "none").exists()


@needs_svn
def test_it_is_kept_and_the_same_each_time(upstream: Upstream, tmp_path: Path) -> None:
    revision = upstream.commit("trunk/ä", "1")
    wanted = upstream.source(ref=revision)
    kept = Fetcher(tmp_path / "one", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    again = Fetcher(tmp_path / "two", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    assert kept.read_bytes() == again.read_bytes()
    upstream.root.rename(tmp_path / "gone")
    fetcher = Fetcher(tmp_path / "one", environ=ENVIRON)
    assert fetcher.cached(wanted) == fetcher.fetch(wanted, name="foo", version="1") == kept
    stage = Stage(tmp_path / "stage")
    stage.expand(kept)
    assert (stage.source_path / "ä").read_text() == "1"


@needs_svn
def test_the_newest_revision_is_looked_up_and_reported(upstream: Upstream, tmp_path: Path) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.events: list[Event] = []

        def report(self, event: Event) -> None:
            self.events.append(event)

    def fetch() -> list[tuple[str, str]]:
        recorder = Recorder()
        Fetcher(tmp_path / "cache", environ=ENVIRON, reporter=recorder).fetch(wanted, name="foo", version="trunk")
        return [(event.kind, event.text) for event in recorder.events]

    wanted = upstream.source()
    address = wanted.urls[0]
    first = upstream.commit("trunk/a", "1")
    told = ("fetch.resolved", f"the newest revision of {address} is {first}")
    assert fetch() == [("fetch.started", address), told, ("fetch.done", address)]
    upstream.commit("elsewhere", "2")
    assert fetch() == [told]
    second = upstream.commit("trunk/a", "3")
    assert fetch()[1] == ("fetch.resolved", f"the newest revision of {address} is {second}")


@needs_svn
def test_resources(upstream: Upstream, tmp_path: Path) -> None:
    upstream.commit("trunk/a", "1")
    stage = Stage(tmp_path / "stage")
    stage.create()
    kept = Fetcher(tmp_path / "cache", environ=ENVIRON).fetch(upstream.source(), name="foo", version="1")
    for fields, place in (({}, "trunk"), ({"placement": "llvm"}, "llvm")):
        placed = stage.add_resource(upstream.source(destination="deps", **fields), kept)
        assert placed == [stage.source_path / "deps" / place]
        assert (placed[0] / "a").read_text() == "1"


def test_no_network_and_no_program(tmp_path: Path) -> None:
    far = Source(kind="svn", urls=("https://127.0.0.1:9/x",), ref="1")
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1"):
        check_out(far, tmp_path / "out", environ=ENVIRON, offline=True)
    with pytest.raises(OfflineError, match="of foo@1"):
        Fetcher(tmp_path / "cache", environ=ENVIRON, offline=True).fetch(far, name="foo", version="1")
    with pytest.raises(StageError, match="without svn") as caught:
        Fetcher(tmp_path / "cache", environ={"PATH": str(tmp_path)}).fetch(far, name="foo", version="1")
    assert caught.value.hint == "install subversion"
    with pytest.raises(StageError, match="names no repository"):
        check_out(Source(kind="svn"), tmp_path / "out", environ=ENVIRON)


def test_what_is_pinned_and_near(tmp_path: Path) -> None:
    assert is_pinned(Source(kind="svn", ref="12"))
    assert not is_pinned(Source(kind="svn", ref="HEAD"))
    assert not is_pinned(Source(kind="svn"))
    assert is_near(Source(kind="svn", urls=(tmp_path.as_uri(),)))
    assert not is_near(Source(kind="svn", urls=("https://e.org",)))


def test_proxies() -> None:
    environ = {"https_proxy": "http://u:secret@p.org:3128", "no_proxy": ".a.org, localhost,*.b.org"}
    assert proxy_options("https://e.org/x", environ) == [
        "--config-option",
        "servers:global:http-proxy-host=p.org",
        "--config-option",
        "servers:global:http-proxy-port=3128",
        "--config-option",
        "servers:global:http-proxy-exceptions=a.org,*.a.org,localhost,*.localhost,*.b.org",
    ]
    assert proxy_options("http://e.org/x", environ) == []
    assert proxy_options("svn://e.org/x", {"svn_proxy": "http://p.org"}) == []
    assert proxy_options("http://e.org/x", {"HTTP_PROXY": "p.org:80"})[1] == "servers:global:http-proxy-host=p.org"


@needs_svn
def test_the_program_takes_the_proxy_options(tmp_path: Path) -> None:
    wanted = Source(kind="svn", urls=("http://127.0.0.1:8/x",), ref="1")
    with pytest.raises(StageError) as caught:
        check_out(wanted, tmp_path / "out", environ={**ENVIRON, "http_proxy": "http://127.0.0.1:9"})
    assert "Error running context" in " ".join(caught.value.details) or "onnect" in " ".join(caught.value.details)
