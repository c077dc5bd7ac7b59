"""What upstream has, asked at a server on the loopback, at directories and at a repository."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from outcrop.fetch import Fetcher, FetchError, OfflineError
from outcrop.fetch.discovery import Discovery
from support.file_server import FileServer, file_server

NO_PIP = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def discovery(tmp_path: Path, pip: Mapping[str, str] | None = None, *, offline: bool = False) -> Discovery:
    return Discovery(Fetcher(tmp_path / "cache", offline=offline, environ={**NO_PIP, **(pip or {})}, pause=0.01))


def test_files_of_a_project_come_from_every_place(tmp_path: Path, server: FileServer) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "foo-1.0.tar.gz").write_bytes(b"here")
    server.files["/simple/foo/"] = (
        b'<a href="/f/foo-1.0.tar.gz">foo-1.0.tar.gz</a>'
        b'<a href="/f/foo-1.1.tar.gz#sha256=' + b"ab" * 32 + b'">foo-1.1.tar.gz</a>'
        b'<a href="/f/foo-1.1-py3-none-any.whl" data-yanked="">foo-1.1-py3-none-any.whl</a>'
        b'<a href="/f/other-9.tar.gz">other-9.tar.gz</a>'
    )
    server.types["/simple/foo/"] = "text/html"
    pip = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": f"{server.url}/simple/", "PIP_FIND_LINKS": str(links)}
    found = {file.filename: file for file in discovery(tmp_path, pip).project_files("Foo")}
    assert sorted(found) == ["foo-1.0.tar.gz", "foo-1.1-py3-none-any.whl", "foo-1.1.tar.gz"]
    assert found["foo-1.0.tar.gz"].url == (links / "foo-1.0.tar.gz").as_uri()
    assert (found["foo-1.1.tar.gz"].version, found["foo-1.1.tar.gz"].sha256) == ("1.1", "ab" * 32)
    assert found["foo-1.1-py3-none-any.whl"].yanked and not found["foo-1.1.tar.gz"].yanked


def test_a_project_nobody_has_and_an_index_that_does_not_answer(tmp_path: Path, server: FileServer) -> None:
    pip = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": f"{server.url}/simple/"}
    assert discovery(tmp_path, pip).project_files("foo") == []
    with pytest.raises(OfflineError):
        discovery(tmp_path, pip, offline=True).project_files("foo")
    server.failures["/simple/foo/"] = [500] * 9
    with pytest.raises(FetchError, match="cannot be asked about foo"):
        discovery(tmp_path, pip).project_files("foo")


def test_links_of_pages_and_directories(tmp_path: Path, server: FileServer) -> None:
    server.files["/pub/"] = (
        b'<a href="foo-1.tar.gz">x</a> <A HREF="../b#c">y</A> <a name="z">z</a> <a href="foo-1.tar.gz">'
    )
    server.types["/pub/"] = "text/html"
    finder = discovery(tmp_path)
    assert finder.links(f"{server.url}/pub/") == [f"{server.url}/pub/foo-1.tar.gz", f"{server.url}/b"]
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.zip").touch()
    assert finder.links((tmp_path / "d").as_uri()) == [(tmp_path / "d/a.zip").as_uri()]
    with pytest.raises(FetchError, match="404"):
        finder.links(f"{server.url}/gone/")
    with pytest.raises(FetchError, match="no directory"):
        finder.links(str(tmp_path / "gone"))
    with pytest.raises(OfflineError):
        discovery(tmp_path, offline=True).links(f"{server.url}/pub/")


def test_a_file_without_checksum_is_kept_under_the_one_it_has(tmp_path: Path, server: FileServer) -> None:
    server.files["/foo-1.tar.gz"] = b"content"
    server.failures["/foo-1.tar.gz"] = [503]
    finder = discovery(tmp_path)
    got = finder.get(f"{server.url}/foo-1.tar.gz", "foo@1")
    digest = hashlib.sha256(b"content").hexdigest()
    assert (got.sha256, got.filename) == (digest, "foo-1.tar.gz")
    assert got.path == tmp_path / "cache/archive" / digest[:2] / f"{digest}.tar.gz"
    assert got.path.read_bytes() == b"content"
    assert finder.get(f"{server.url}/foo-1.tar.gz", "foo@1") == got
    local = tmp_path / "local.zip"
    local.write_bytes(b"other")
    assert discovery(tmp_path, offline=True).get(local.as_uri(), "x").path.read_bytes() == b"other"
    with pytest.raises(FetchError, match="404"):
        finder.get(f"{server.url}/gone", "x")
    with pytest.raises(FetchError, match="no file"):
        finder.get(str(tmp_path / "gone"), "x")
    with pytest.raises(OfflineError):
        discovery(tmp_path, offline=True).get(f"{server.url}/foo-1.tar.gz", "x")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["archive"]


def test_tags_of_a_repository(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    environment = {**PATH, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (
        ["init", "-q", str(repository)],
        ["-C", str(repository), *identity, "commit", "-q", "--allow-empty", "-m", "m"],
        ["-C", str(repository), "tag", "v1.0"],
        ["-C", str(repository), *identity, "tag", "-a", "-m", "t", "v1.1"],
    ):
        subprocess.run(["git", *command], check=True, env=environment)
    finder = discovery(tmp_path)
    assert finder.tags(str(repository), environ=PATH) == ["v1.0", "v1.1"]
    with pytest.raises(FetchError, match="cannot be listed"):
        finder.tags(str(tmp_path / "gone"), environ=PATH)
    with pytest.raises(FetchError, match="without git"):
        finder.tags(str(repository), environ={"PATH": "/nonexistent"})
