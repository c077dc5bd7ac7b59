from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcrop.fetch import UnpackError, UnsafeArchiveError, unpack


def member(
    name: str, kind: bytes = tarfile.REGTYPE, *, data: bytes = b"", link: str = "", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mode, info.mtime = kind, len(data), link, mode, 1_000_000_000
    return info, data


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return path


def listing(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def alone(folder: Path, *files: str) -> bool:
    """Nothing but these lies in a directory."""
    return sorted(path.name for path in folder.iterdir()) == sorted(files)


USUAL = [
    member("foo-1.0", tarfile.DIRTYPE, mode=0o755),
    member("foo-1.0/run", data=b"#!/bin/sh\n", mode=0o755),
    member("./foo-1.0/sub/deep", data=b"deep"),
    member("foo-1.0/link", tarfile.SYMTYPE, link="sub/deep"),
    member("foo-1.0/up", tarfile.SYMTYPE, link="../foo-1.0/run"),
    member("foo-1.0/dangling", tarfile.SYMTYPE, link="later"),
    member("foo-1.0/hard", tarfile.LNKTYPE, link="foo-1.0/run"),
]


@pytest.mark.parametrize(("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tbz2", "w:bz2"), ("tar.xz", "w:xz")])
def test_usual_archives(tmp_path: Path, suffix: str, mode: str) -> None:
    archive = tar(tmp_path / f"foo.{suffix}", *USUAL, mode=mode)
    into = unpack(archive, tmp_path / "new/into")
    root = into / "foo-1.0"
    assert into == tmp_path / "new/into"
    assert listing(into) == [
        "foo-1.0",
        *(f"foo-1.0/{name}" for name in ("dangling", "hard", "link", "run", "sub", "sub/deep", "up")),
    ]
    assert (root / "link").read_text() == "deep"
    assert os.access(root / "run", os.X_OK)
    assert (root / "hard").stat().st_ino == (root / "run").stat().st_ino
    assert (root / "run").stat().st_mtime == root.stat().st_mtime == 1_000_000_000
    assert alone(tmp_path, archive.name, "new")
    assert alone(tmp_path / "new", "into")


@pytest.mark.parametrize(("program", "suffix"), [("zstd", "tar.zst"), ("lzip", "tar.lz")])
def test_archives_that_need_a_program(tmp_path: Path, program: str, suffix: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    plain = tar(tmp_path / "foo.tar", *USUAL)
    packed = tmp_path / f"foo.{suffix}"
    packed.write_bytes(subprocess.run([program, "-c", plain], capture_output=True, check=True).stdout)
    assert (unpack(packed, tmp_path / "into") / "foo-1.0/sub/deep").read_text() == "deep"
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(UnpackError):
        unpack(packed, tmp_path / "into2")


def test_the_content_decides_what_it_is(tmp_path: Path) -> None:
    archive = tar(tmp_path / "0123abcd", *USUAL, mode="w:gz")
    assert (unpack(archive, tmp_path / "into", name="foo.zip") / "foo-1.0/run").exists()


def test_an_empty_directory_may_be_there(tmp_path: Path) -> None:
    archive = tar(tmp_path / "foo.tar", *USUAL)
    (tmp_path / "into").mkdir()
    assert (unpack(archive, tmp_path / "into") / "foo-1.0").is_dir()
    with pytest.raises(OSError, match="not empty"):
        unpack(archive, tmp_path / "into")
    assert alone(tmp_path, "foo.tar", "into")


def test_modes_are_tamed(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "foo.tar",
        member("d", tarfile.DIRTYPE, mode=0o1777),
        member("d/setuid", mode=0o6777),
        member("d/secret", mode=0o000),
        member("closed", tarfile.DIRTYPE, mode=0o500),
        member("closed/inside", data=b"x", mode=0o444),
    )
    into = unpack(archive, tmp_path / "into")
    modes = {name: oct(stat.S_IMODE((into / name).stat().st_mode)) for name in listing(into)}
    assert modes == {
        "d": "0o755",
        "d/setuid": "0o755",
        "d/secret": "0o600",
        "closed": "0o700",
        "closed/inside": "0o644",
    }


def test_a_later_member_replaces_an_earlier_one(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "foo.tar",
        member("x", data=b"old"),
        member("y", tarfile.SYMTYPE, link="x"),
        member("y", data=b"new"),
        member("x", tarfile.SYMTYPE, link="y"),
    )
    into = unpack(archive, tmp_path / "into")
    assert (into / "y").read_text() == (into / "x").read_text() == "new"


UNSAFE = {
    "absolute": [member("/etc/evil", data=b"x")],
    "parent": [member("a/../../evil", data=b"x")],
    "parent inside": [member("a/../evil", data=b"x")],
    "parent directory": [member("..", tarfile.DIRTYPE)],
    "absolute link": [member("evil", tarfile.SYMTYPE, link="/etc/passwd")],
    "link out": [member("a/evil", tarfile.SYMTYPE, link="../../x")],
    "link by link": [
        member("p/q/up", tarfile.SYMTYPE, link="../.."),
        member("evil", tarfile.SYMTYPE, link="p/q/up/../x"),
    ],
    "write through link by link": [
        member("p/q/up", tarfile.SYMTYPE, link="../.."),
        member("out", tarfile.SYMTYPE, link="p/q/up/.."),
        member("out/evil", data=b"x"),
    ],
    "hard link out": [member("evil", tarfile.LNKTYPE, link="../outside")],
    "absolute hard link": [member("evil", tarfile.LNKTYPE, link="/etc/passwd")],
    "pipe": [member("evil", tarfile.FIFOTYPE)],
    "device": [member("evil", tarfile.CHRTYPE)],
    "block device": [member("evil", tarfile.BLKTYPE)],
    "empty link": [member("evil", tarfile.SYMTYPE, link="")],
}


@pytest.mark.parametrize("case", UNSAFE)
def test_members_that_want_out_are_refused(tmp_path: Path, case: str) -> None:
    (tmp_path / "outside").write_text("secret")
    work = tmp_path / "work"
    work.mkdir()
    archive = tar(work / "foo.tar.gz", member("fine", data=b"x"), *UNSAFE[case], mode="w:gz")
    with pytest.raises(UnsafeArchiveError) as caught:
        unpack(archive, work / "into")
    assert caught.value.member == UNSAFE[case][-1][0].name
    assert caught.value.member in str(caught.value)
    assert caught.value.code == "unsafe-archive"
    assert alone(work, "foo.tar.gz")
    assert alone(tmp_path, "outside", "work")
    assert (tmp_path / "outside").read_text() == "secret"


def test_a_file_in_the_place_of_the_tree_itself(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchiveError):
        unpack(tar(tmp_path / "foo.tar", member(".", data=b"x")), tmp_path / "into")


def test_links_that_stay_inside_are_fine(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "foo.tar",
        member("a/b/c", data=b"x"),
        member("l", tarfile.SYMTYPE, link="a/b"),
        member("l/written", data=b"y"),
        member("a/up", tarfile.SYMTYPE, link=".."),
    )
    into = unpack(archive, tmp_path / "into")
    assert (into / "a/b/written").read_text() == "y"


names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "/"]), min_size=1, max_size=5).map("/".join)
kinds = st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, kinds, names), max_size=6))
def test_whatever_is_in_it_nothing_gets_out(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, bytes, str]]
) -> None:
    work = tmp_path_factory.mktemp("law")
    inner = work / "x/y/z"
    inner.mkdir(parents=True)
    archive = tar(work / "t.tar", *(member(name, kind, data=b"", link=link) for name, kind, link in members))
    before = listing(work)
    try:
        into = unpack(archive, inner / "into")
    except (UnpackError, OSError):
        assert listing(work) == before
    else:
        outside = [path for path in listing(work) if not path.startswith("x/y/z/into")]
        assert outside == before
        for path in into.rglob("*"):
            assert os.path.realpath(path).startswith(os.path.realpath(into))
    finally:
        shutil.rmtree(work)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_broken_archives(tmp_path: Path, compress: object) -> None:
    whole = tar(tmp_path / "foo.tar", *USUAL, member("big", data=os.urandom(20_000))).read_bytes()
    packed = compress(whole)  # type: ignore[operator]
    for number, content in enumerate((packed[: len(packed) // 2], packed[:40] + b"\0" * 200 + packed[240:])):
        path = tmp_path / f"broken{number}.tar.gz"
        path.write_bytes(content)
        with pytest.raises(UnpackError, match=r"broken.\.tar\.gz"):
            unpack(path, tmp_path / "into")
    assert alone(tmp_path, "foo.tar", "broken0.tar.gz", "broken1.tar.gz")


def test_a_hard_link_to_nothing_is_a_broken_archive(tmp_path: Path) -> None:
    with pytest.raises(UnpackError, match="not in it"):
        unpack(tar(tmp_path / "foo.tar", member("x", tarfile.LNKTYPE, link="none")), tmp_path / "into")


def test_an_empty_archive(tmp_path: Path) -> None:
    assert listing(unpack(tar(tmp_path / "foo.tar.gz", mode="w:gz"), tmp_path / "into")) == []


# --- zip


def zipped(path: Path, *members: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.external_attr = mode << 16
            archive.writestr(info, data)
            if not mode:
                archive.filelist[-1].external_attr = 0  # as made where there are no modes
    return path


def test_zip_archives(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "foo.zip",
        ("foo/", b"", 0o40755),
        ("foo/run", b"#!/bin/sh\n", 0o100755),
        ("foo/plain", b"x", 0),
        ("foo/link", b"run", 0o120777),
        ("foo/setuid", b"", 0o104755),
    )
    into = unpack(archive, tmp_path / "into")
    assert listing(into) == ["foo", "foo/link", "foo/plain", "foo/run", "foo/setuid"]
    assert os.readlink(into / "foo/link") == "run"
    assert stat.S_IMODE((into / "foo/setuid").stat().st_mode) == 0o755
    assert stat.S_IMODE((into / "foo/plain").stat().st_mode) == 0o644
    assert (into / "foo/run").stat().st_mtime > 900_000_000


@pytest.mark.parametrize(
    ("name", "data", "mode"),
    [
        ("/evil", b"", 0o100644),
        ("a/../../evil", b"", 0o100644),
        ("evil", b"/etc/passwd", 0o120777),
        ("evil", b"../x", 0o120777),
        ("evil", b"", 0o010644),
        ("evil", b"", 0o020644),
    ],
)
def test_unsafe_zip_archives(tmp_path: Path, name: str, data: bytes, mode: int) -> None:
    archive = zipped(tmp_path / "foo.zip", ("fine", b"x", 0), (name, data, mode))
    with pytest.raises(UnsafeArchiveError) as caught:
        unpack(archive, tmp_path / "into")
    assert caught.value.member == name
    assert alone(tmp_path, "foo.zip")


def test_broken_zip_archives(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "foo.zip", ("x", os.urandom(1000), 0))
    data = bytearray(archive.read_bytes())
    data[200] ^= 255
    archive.write_bytes(data)
    with pytest.raises(UnpackError, match=r"foo\.zip cannot be unpacked"):
        unpack(archive, tmp_path / "into")
    archive.write_bytes(data[:500])
    with pytest.raises(UnpackError):
        unpack(archive, tmp_path / "into")
    assert alone(tmp_path, "foo.zip")


# --- files


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_single_compressed_files(tmp_path: Path, suffix: str, compress: object) -> None:
    for content in (b"#!/bin/sh\necho\n", b"", os.urandom(5000), b"\0" * 600):
        packed = tmp_path / f"script.{suffix}"
        packed.write_bytes(compress(content))  # type: ignore[operator]
        into = unpack(packed, tmp_path / "into")
        assert listing(into) == ["script"]
        assert (into / "script").read_bytes() == content
        shutil.rmtree(into)


@pytest.mark.parametrize("name", ["tool.py", "README", "a.whl", "b.jar", "c.run"])
def test_files_that_are_no_archives_or_meant_as_files(tmp_path: Path, name: str) -> None:
    original = zipped(tmp_path / "0123", ("x", b"x", 0)) if "." in name else tmp_path / "0123"
    if not original.exists():
        original.write_text("read me")
    into = unpack(original, tmp_path / "into", name=name)
    assert listing(into) == [name]
    assert (into / name).read_bytes() == original.read_bytes()
