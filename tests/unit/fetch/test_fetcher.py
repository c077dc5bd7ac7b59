from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.base.events import Event
from outcrop.fetch import ChecksumError, Fetcher, FetchError, OfflineError
from outcrop.fetch.cache import Checksum
from outcrop.spec.graph import PatchSource, Source
from support.file_server import FileServer, file_server

CONTENT = b"the content of an archive\n" * 4000
SHA = hashlib.sha256(CONTENT).hexdigest()
NO_PIP = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens."""


class Recorder:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        running.files["/foo-1.2.tar.gz"] = CONTENT
        yield running


class Fetchers:
    """Makes fetchers with a cache below a directory, and closes them."""

    def __init__(self) -> None:
        self.made: list[Fetcher] = []

    def __call__(self, root: Path, **options: object) -> Fetcher:
        settings: dict[str, object] = {"environ": NO_PIP, "pause": 0.01, **options}
        self.made.append(Fetcher(root / "cache", **settings))  # type: ignore[arg-type]
        return self.made[-1]


@pytest.fixture
def fetcher() -> Iterator[Fetchers]:
    made = Fetchers()
    yield made
    for each in made.made:
        each.close()


def source(*urls: str, sha256: str = SHA, **more: object) -> Source:
    return Source(kind="archive", urls=urls, sha256=sha256, **more)  # type: ignore[arg-type]


def contents(root: Path) -> list[str]:
    """Files below a cache, without the locks."""
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.parent.name != "locks"
    )


def test_a_file_is_kept_by_checksum_and_fetched_once(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    getter = fetcher(tmp_path)
    wanted = source(f"{server.url}/foo-1.2.tar.gz")
    assert getter.cached(wanted) is None
    path = getter.fetch(wanted, name="foo", version="1.2")
    assert path == tmp_path / "cache/archive" / SHA[:2] / f"{SHA}.tar.gz"
    assert path.read_bytes() == CONTENT
    assert getter.cached(wanted) == path
    assert getter.fetch(wanted, name="foo", version="1.2") == path
    assert server.paths() == ["/foo-1.2.tar.gz"]
    assert contents(tmp_path / "cache") == [f"archive/{SHA[:2]}/{SHA}.tar.gz"]


def test_progress_is_told(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    recorder = Recorder()
    fetcher(tmp_path, reporter=recorder).fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1.2")
    kinds = recorder.kinds()
    assert kinds[0] == "fetch.started"
    assert kinds[-1] == "fetch.done"
    last = [event for event in recorder.events if event.kind == "fetch.progress"][-1]
    assert (last.subject, last.text, last.done, last.total) == ("foo@1.2", "foo-1.2.tar.gz", len(CONTENT), len(CONTENT))


def test_a_wrong_checksum_says_all_and_keeps_nothing(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    url = f"{server.url}/foo-1.2.tar.gz"
    with pytest.raises(ChecksumError, match=r"foo-1\.2\.tar\.gz of foo@1\.2") as caught:
        fetcher(tmp_path).fetch(source(url, sha256="0" * 64), name="foo", version="1.2")
    shown = "\n".join(caught.value.details)
    assert "0" * 64 in shown
    assert SHA in shown
    assert url in shown
    assert (caught.value.expected, caught.value.got) == ("0" * 64, SHA)
    assert contents(tmp_path / "cache") == []


def test_a_web_page_instead_of_a_file_is_recognised(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.files["/foo.zip"] = b"\n<!DOCTYPE html><p>please log in"
    with pytest.raises(ChecksumError) as caught:
        fetcher(tmp_path).fetch(source(f"{server.url}/foo.zip"), name="foo", version="1")
    assert "web page" in (caught.value.hint or "")


def test_another_address_may_have_the_right_file(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.files["/wrong"] = b"wrong"
    wanted = source(f"{server.url}/gone", f"{server.url}/wrong", f"{NOBODY}/x", f"{server.url}/foo-1.2.tar.gz")
    assert fetcher(tmp_path, attempts=1).fetch(wanted, name="foo", version="1.2").read_bytes() == CONTENT


def test_without_checksum_nothing_is_fetched(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    for sha256 in ("", "abc"):
        with pytest.raises(FetchError, match="no checksum") as caught:
            fetcher(tmp_path).fetch(source(f"{server.url}/x", sha256=sha256), name="foo", version="1")
        assert caught.value.code == "no-checksum"
    assert fetcher(tmp_path).cached(source("x", sha256="")) is None
    assert server.asked == []


def test_a_damaged_cache_entry_is_fetched_again(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    getter = fetcher(tmp_path)
    wanted = source(f"{server.url}/foo-1.2.tar.gz")
    path = getter.fetch(wanted, name="foo", version="1.2")
    path.write_bytes(b"damaged")
    assert getter.cached(wanted) is None
    assert getter.fetch(wanted, name="foo", version="1.2").read_bytes() == CONTENT


def test_trying_again_helps_against_busy_servers(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.failures["/foo-1.2.tar.gz"] = [503, 429]
    recorder = Recorder()
    fetcher(tmp_path, reporter=recorder).fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert len(server.asked) == 3
    assert recorder.kinds().count("fetch.retry") == 2


def test_trying_again_is_no_use_when_a_file_is_gone(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    with pytest.raises(FetchError, match="cannot be fetched") as caught:
        fetcher(tmp_path).fetch(source(f"{server.url}/gone.tar.gz"), name="foo", version="1")
    assert server.paths() == ["/gone.tar.gz"]
    assert "404" in caught.value.details[0]
    assert f"_source-cache/archive/{SHA[:2]}/{SHA}.tar.gz" in (caught.value.hint or "")


def test_a_broken_transfer_goes_on_where_it_ended(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.cut["/foo-1.2.tar.gz"] = 50_000
    path = fetcher(tmp_path).fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert path.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == ["", "bytes=50000-"]


def test_a_server_without_ranges_starts_anew(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.cut["/foo-1.2.tar.gz"] = 50_000
    server.ranges = False
    path = fetcher(tmp_path).fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"the wrong beginning", CONTENT + b"too much", CONTENT, CONTENT[:1000]])
def test_what_an_earlier_run_left_behind(fetcher: Fetchers, tmp_path: Path, server: FileServer, left: bytes) -> None:
    getter = fetcher(tmp_path)
    partial = getter.cache.partial(Checksum("sha256", SHA))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(left)
    path = getter.fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert path.read_bytes() == CONTENT
    assert not partial.exists()


def test_redirects_are_followed(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.redirects["/latest.tar.gz"] = "/foo-1.2.tar.gz"
    path = fetcher(tmp_path).fetch(source(f"{server.url}/latest.tar.gz"), name="foo", version="1")
    assert path.read_bytes() == CONTENT


def test_compressed_files_stay_compressed(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    packed = gzip.compress(b"x" * 1000)
    server.files["/x.gz"] = packed
    wanted = source(f"{server.url}/x.gz", sha256=hashlib.sha256(packed).hexdigest())
    assert fetcher(tmp_path).fetch(wanted, name="x", version="1").read_bytes() == packed


def test_nobody_answers(fetcher: Fetchers, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be fetched") as caught:
        fetcher(tmp_path, attempts=2).fetch(source(f"{NOBODY}/foo.tar.gz"), name="foo", version="1")
    assert f"{NOBODY}/foo.tar.gz" in caught.value.details[0]
    assert not isinstance(caught.value, OfflineError)


def test_passwords_are_not_shown(fetcher: Fetchers, tmp_path: Path) -> None:
    url = NOBODY.replace("//", "//me:secret@")
    with pytest.raises(FetchError) as caught:
        fetcher(tmp_path, attempts=1).fetch(source(f"{url}/foo.tar.gz"), name="foo", version="1")
    assert "secret" not in f"{caught.value}{caught.value.details}{caught.value.hint}"


def test_unknown_addresses(fetcher: Fetchers, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetcher(tmp_path).fetch(source("gopher://127.0.0.1/foo.tar.gz"), name="foo", version="1")
    assert "gopher" in caught.value.details[0]


def test_file_urls_and_paths(fetcher: Fetchers, tmp_path: Path) -> None:
    original = tmp_path / "my files/foo #1.tar.gz"
    original.parent.mkdir()
    original.write_bytes(CONTENT)
    getter = fetcher(tmp_path, offline=True)
    path = getter.fetch(source(original.as_uri()), name="foo", version="1")
    assert path.read_bytes() == CONTENT
    assert original.exists()
    path.unlink()
    assert getter.fetch(source(str(original)), name="foo", version="1") == path
    path.unlink()
    with pytest.raises(FetchError, match="cannot be fetched") as caught:
        getter.fetch(source((tmp_path / "none.tar.gz").as_uri()), name="foo", version="1")
    assert "no such file" in caught.value.details[0]


def test_offline_says_what_is_missing(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    with pytest.raises(OfflineError, match=r"foo-1\.2\.tar\.gz of foo@1\.2 is not on this machine") as caught:
        fetcher(tmp_path, offline=True).fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1.2")
    assert caught.value.code == "offline"
    assert "--offline" in (caught.value.hint or "")
    assert server.asked == []


def test_offline_uses_what_is_cached(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    wanted = source(f"{server.url}/foo-1.2.tar.gz")
    fetcher(tmp_path).fetch(wanted, name="foo", version="1")
    assert fetcher(tmp_path, offline=True).fetch(wanted, name="foo", version="1").read_bytes() == CONTENT


def mirror(root: Path, content: bytes = CONTENT, suffix: str = ".tar.gz") -> Path:
    path = root / "_source-cache/archive" / SHA[:2] / f"{SHA}{suffix}"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return root


@pytest.mark.parametrize("as_url", [True, False])
def test_directories_as_mirrors(fetcher: Fetchers, tmp_path: Path, server: FileServer, as_url: bool) -> None:
    root = mirror(tmp_path / "a mirror", suffix=".tgz")
    getter = fetcher(tmp_path, offline=True, mirrors=[str(tmp_path / "none"), root.as_uri() if as_url else str(root)])
    path = getter.fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert path.read_bytes() == CONTENT
    assert server.asked == []


def test_web_mirrors_come_before_upstream(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    path = f"/m/_source-cache/archive/{SHA[:2]}/{SHA}.tar.gz"
    server.files[path] = CONTENT
    getter = fetcher(tmp_path, mirrors=[f"{server.url}/none/", f"{server.url}/m/"])
    getter.fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1")
    assert server.paths() == [path.replace("/m/", "/none/"), path]


def test_a_bad_mirror_does_not_stop_a_good_upstream(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    root = mirror(tmp_path / "mirror", b"tampered")
    getter = fetcher(tmp_path, mirrors=[str(root)])
    assert getter.fetch(source(f"{server.url}/foo-1.2.tar.gz"), name="foo", version="1").read_bytes() == CONTENT


def test_a_cache_can_be_served_as_a_mirror(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    wanted = source(f"{server.url}/foo-1.2.tar.gz")
    with Fetcher(tmp_path / "mirror/_source-cache", environ=NO_PIP) as filling:
        filling.fetch(wanted, name="foo", version="1")
    path = fetcher(tmp_path, offline=True, mirrors=[str(tmp_path / "mirror")]).fetch(wanted, name="foo", version="1")
    assert path.read_bytes() == CONTENT


def test_suffixes(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.files |= {"/dl": CONTENT, "/foo.tgz/download": CONTENT, "/foo.tgz": CONTENT}
    for url, extension, suffix in (
        ("/dl", "", ""),
        ("/dl", "tar.xz", ".tar.xz"),
        ("/foo.tgz/download", "", ".tgz"),
        ("/foo.tgz?x=1", "", ".tgz"),
    ):
        server.files.setdefault(url, CONTENT)
        root = tmp_path / f"case{url.replace('/', '_')}{extension}"
        path = fetcher(root).fetch(source(f"{server.url}{url}", extension=extension), name="foo", version="1")
        assert path.name == f"{SHA}{suffix}"


def test_one_of_many_threads_fetches(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    wanted = source(f"{server.url}/foo-1.2.tar.gz")
    found: list[Path] = []

    def work() -> None:
        found.append(fetcher(tmp_path).fetch(wanted, name="foo", version="1"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 6
    assert server.paths() == ["/foo-1.2.tar.gz"]


def test_other_kinds_are_no_files(fetcher: Fetchers, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file"):
        fetcher(tmp_path).fetch(Source(kind="none", sha256=SHA), name="foo", version="1")


PATCH = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
PATCH_SHA = hashlib.sha256(PATCH).hexdigest()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_patches_plain_and_compressed(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    packed = {"/2.patch.gz": gzip.compress(PATCH), "/3.diff.bz2": bz2.compress(PATCH), "/4.xz": lzma.compress(PATCH)}
    server.files |= {"/1.patch?full_index=1": PATCH, **packed}
    for number, path in enumerate(["/1.patch?full_index=1", *packed]):
        getter = fetcher(tmp_path / str(number))
        outer = digest(packed[path]) if path in packed else ""
        patch = PatchSource(sha256=PATCH_SHA, archive_sha256=outer, package="foo", url=f"{server.url}{path}")
        assert getter.fetch_patch(patch, name="foo").read_bytes() == PATCH
        server.failures[path] = [500] * 9
        assert getter.fetch_patch(patch, name="foo").read_bytes() == PATCH


def test_wrong_patches(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    other = gzip.compress(b"other")
    server.files |= {"/x.patch": b"other", "/y.patch.gz": other}
    for path, outer in (("/x.patch", ""), ("/y.patch.gz", "0" * 64), ("/y.patch.gz", digest(other))):
        with pytest.raises(ChecksumError, match="patch of foo"):
            fetcher(tmp_path).fetch_patch(
                PatchSource(sha256=PATCH_SHA, archive_sha256=outer, package="foo", url=f"{server.url}{path}"),
                name="foo",
            )
    assert not (tmp_path / f"cache/archive/{PATCH_SHA[:2]}/{PATCH_SHA}.patch").exists()


def test_damaged_and_unchecked_compressed_patches(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    server.files["/y.patch.gz"] = b"no gzip"
    for outer, message in ((digest(b"no gzip"), "cannot be uncompressed"), ("", "no checksum")):
        with pytest.raises(FetchError, match=message):
            fetcher(tmp_path).fetch_patch(
                PatchSource(sha256=PATCH_SHA, archive_sha256=outer, package="f", url=f"{server.url}/y.patch.gz"),
                name="f",
            )


def test_other_algorithms(fetcher: Fetchers, tmp_path: Path, server: FileServer) -> None:
    md5 = hashlib.md5(CONTENT).hexdigest()
    wanted = source(f"{server.url}/foo-1.2.tar.gz", sha256="", checksum=f"md5:{md5}")
    path = fetcher(tmp_path).fetch(wanted, name="foo", version="1")
    assert path == tmp_path / "cache/archive" / md5[:2] / f"{md5}.tar.gz"
    wrong = source(f"{server.url}/foo-1.2.tar.gz", sha256="", checksum=f"md5:{'0' * 32}")
    with pytest.raises(ChecksumError) as caught:
        fetcher(tmp_path).fetch(wrong, name="foo", version="1")
    assert f"md5 {md5}" in "\n".join(caught.value.details)
    with pytest.raises(FetchError, match="no checksum"):
        fetcher(tmp_path).fetch(source("x", sha256="", checksum=f"crc32:{md5}"), name="foo", version="1")
