from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.base.errors import OutcropError
from outcrop.fetch import ChecksumError, Fetcher, FetchError, OfflineError
from outcrop.fetch.index import Origin, default_index, origins
from outcrop.fetch.pip_settings import PipSettings
from outcrop.spec.graph import Source
from support.file_server import FileServer, file_server

CONTENT = b"an sdist"
SHA = hashlib.sha256(CONTENT).hexdigest()
FILE = "my_project-1.0.tar.gz"


def index_source(filename: str = FILE, sha256: str = SHA) -> Source:
    return Source(kind="index", project="My.Project", filename=filename, sha256=sha256)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def serve_project(server: FileServer, links: str, *, root: str = "/simple", json: bool = False) -> None:
    path = f"{root}/my-project/"
    server.files[path] = links.encode()
    server.types[path] = "application/vnd.pypi.simple.v1+json" if json else "text/html"


def fetch(tmp_path: Path, source: Source, offline: bool = False, **environ: str) -> Path:
    settings = {"PIP_CONFIG_FILE": os.devnull, **environ}
    with Fetcher(tmp_path / "cache", environ=settings, attempts=2, pause=0.01, offline=offline) as fetcher:
        return fetcher.fetch(source, name="py-my-project", version="1.0")


def test_a_file_by_project_and_name(tmp_path: Path, server: FileServer) -> None:
    server.files[f"/files/{FILE}"] = CONTENT
    serve_project(
        server, f"<a href='/files/my_project-0.9.tar.gz'>x</a><a href='../../files/{FILE}#sha256={SHA}'>y</a>"
    )
    path = fetch(tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/simple")
    assert path.read_bytes() == CONTENT
    assert path.name == f"{SHA}.tar.gz"


def test_json_indexes_yanked_files_and_other_pythons(tmp_path: Path, server: FileServer) -> None:
    wheel = "my_project-1.0-cp27-cp27m-win32.whl"
    server.files["/w"] = CONTENT
    entry = (
        f'{{"filename": "{wheel}", "url": "{server.url}/files/{wheel}", "hashes": {{}}, '
        '"requires-python": "<3", "yanked": "no good"}'
    )
    serve_project(server, f'{{"name": "my-project", "files": [{entry}], "meta": {{"api-version": "1.0"}}}}', json=True)
    server.files[f"/files/{wheel}"] = CONTENT
    path = fetch(tmp_path, index_source(wheel), PIP_INDEX_URL=f"{server.url}/simple")
    assert path.name == f"{SHA}.whl"


def test_a_renamed_file_with_the_right_checksum(tmp_path: Path, server: FileServer) -> None:
    server.files["/files/My.Project-1.0.tar.gz"] = CONTENT
    serve_project(server, f"<a href='/files/My.Project-1.0.tar.gz#sha256={SHA}'>x</a>")
    assert fetch(tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/simple").read_bytes() == CONTENT


def test_the_next_index_is_asked(tmp_path: Path, server: FileServer) -> None:
    server.files[f"/files/{FILE}"] = CONTENT
    serve_project(server, f"<a href='/files/{FILE}'>x</a>", root="/second")
    path = fetch(
        tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/first", PIP_EXTRA_INDEX_URL=f"{server.url}/second"
    )
    assert path.read_bytes() == CONTENT
    assert server.paths()[:2] == ["/first/my-project/", "/second/my-project/"]


def test_directories_of_files_come_first_and_need_no_network(tmp_path: Path, server: FileServer) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / FILE).write_bytes(CONTENT)
    for written in (str(links), links.as_uri()):
        path = fetch(
            tmp_path, index_source(), offline=True, PIP_FIND_LINKS=f"/no/such/place {written}", PIP_INDEX_URL=server.url
        )
        assert path.read_bytes() == CONTENT
        path.unlink()
    assert server.asked == []


def test_pages_of_links(tmp_path: Path, server: FileServer) -> None:
    server.files |= {"/links.html": f"<a href='{FILE}'>x</a>".encode(), f"/{FILE}": CONTENT}
    server.types["/links.html"] = "text/html"
    path = fetch(tmp_path, index_source(), PIP_NO_INDEX="1", PIP_FIND_LINKS=f"{server.url}/links.html")
    assert path.read_bytes() == CONTENT


def test_an_index_on_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / "simple/my-project"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(CONTENT)
    (folder / "index.html").write_text(f"<a href='{FILE}'>x</a>")
    path = fetch(tmp_path, index_source(), offline=True, PIP_INDEX_URL=(tmp_path / "simple").as_uri())
    assert path.read_bytes() == CONTENT


def test_a_tampered_index_is_noticed(tmp_path: Path, server: FileServer) -> None:
    server.files[f"/files/{FILE}"] = b"tampered"
    serve_project(server, f"<a href='/files/{FILE}#sha256={SHA}'>x</a>")
    with pytest.raises(ChecksumError, match="py-my-project"):
        fetch(tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/simple")


def test_the_file_is_not_there(tmp_path: Path, server: FileServer) -> None:
    serve_project(server, "<a href='/files/my_project-0.9.tar.gz'>x</a>")
    with pytest.raises(FetchError, match="cannot be had from the package index") as caught:
        fetch(tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/simple", PIP_EXTRA_INDEX_URL=f"{server.url}/none")
    assert caught.value.details == (f"{server.url}/simple: has no {FILE}", f"{server.url}/none: has no {FILE}")
    assert "PIP_INDEX_URL" in (caught.value.hint or "")


def test_an_index_in_trouble_is_not_an_index_without_the_file(tmp_path: Path, server: FileServer) -> None:
    server.failures["/simple/my-project/"] = [500, 500, 500]
    with pytest.raises(FetchError) as caught:
        fetch(tmp_path, index_source(), PIP_INDEX_URL=f"{server.url}/simple")
    assert "500" in caught.value.details[0]


def test_no_network(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=FILE) as caught:
        fetch(tmp_path, index_source(), PIP_INDEX_URL="http://me:secret@127.0.0.1:9/simple")
    shown = f"{caught.value.details}{caught.value.hint}"
    assert "127.0.0.1:9/simple" in shown
    assert "secret" not in shown
    assert f"_source-cache/archive/{SHA[:2]}/{SHA}.tar.gz" in shown
    assert (tmp_path / "cache/archive").exists()


def test_offline(tmp_path: Path, server: FileServer) -> None:
    with pytest.raises(OfflineError, match=f"{FILE} of py-my-project@1.0"):
        fetch(tmp_path, index_source(), offline=True, PIP_INDEX_URL=server.url)
    with pytest.raises(OfflineError):
        fetch(tmp_path, index_source(), offline=True)
    assert server.asked == []


def test_no_index_at_all(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="package index") as caught:
        fetch(tmp_path, index_source(), PIP_NO_INDEX="1")
    assert caught.value.details == ("looked at: no place at all",)


def test_the_order_of_places() -> None:
    settings = PipSettings(
        index_url="https://a", extra_index_urls=("file:///b", "https://a"), find_links=("https://c", "d")
    )
    assert origins(settings) == (
        Origin(str(Path("d").absolute()), False),
        Origin("file:///b", True),
        Origin("https://c", False),
        Origin("https://a", True),
    )
    assert origins(PipSettings()) == (Origin(default_index(), True),)
    assert origins(PipSettings(no_index=True)) == ()


def test_the_default_index_is_one() -> None:
    assert default_index().startswith("https://")


def test_a_real_file_of_the_real_index(tmp_path: Path) -> None:
    """As this machine's pip is set up; skipped where no index can be reached."""
    source = Source(
        kind="index",
        project="iniconfig",
        filename="iniconfig-2.0.0.tar.gz",
        sha256="2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3",
    )
    with Fetcher(tmp_path, attempts=1) as fetcher:
        try:
            path = fetcher.fetch(source, name="py-iniconfig", version="2.0.0")
        except ChecksumError:
            raise
        except OutcropError as problem:
            pytest.skip(f"the package index cannot be reached: {problem} {problem.details}")
    assert path.name.endswith(".tar.gz")
