from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from outcrop.fetch import ChecksumError, Stage, StageError, UnpackError
from outcrop.spec.graph import Source

needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="no patch program here")


def archive(path: Path, **files: str) -> Path:
    with tarfile.open(path, "w:gz") as result:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(text)
            result.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


def test_a_stage_without_sources_has_an_empty_directory(stage: Stage) -> None:
    stage.create()
    stage.create()
    assert stage.source_path == stage.path / "spack-src"
    assert list(stage.source_path.iterdir()) == []
    stage.destroy()
    stage.destroy()
    assert not stage.path.exists()


def test_a_single_directory_at_the_top_becomes_the_source(stage: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "0123.tar.gz", foo__configure="x", foo__src__a="y")
    assert stage.expand(packed, name="foo-1.0.tar.gz") == stage.source_path
    assert (stage.source_path / "configure").read_text() == "x"
    assert stage.archive_file == packed
    assert [path.name for path in stage.path.iterdir()] == ["spack-src"]


def test_what_macs_leave_in_archives_does_not_count(stage: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "foo.tar.gz", foo__configure="x", **{"._foo": "?", "__MACOSX__foo": "?"})
    with tarfile.open(packed, "w:gz") as result:
        for name in ("._foo", "__MACOSX/foo", "foo/configure", ".DS_Store"):
            result.addfile(tarfile.TarInfo(name))
    stage.expand(packed)
    assert [path.name for path in stage.source_path.iterdir()] == ["configure"]


def test_exploding_archives_are_wrapped(stage: Stage, tmp_path: Path) -> None:
    stage.expand(archive(tmp_path / "foo.tar.gz", configure="x", src__a="y"))
    assert sorted(path.name for path in stage.source_path.iterdir()) == ["configure", "src"]


def test_a_single_file_is_wrapped(stage: Stage, tmp_path: Path) -> None:
    stage.expand(archive(tmp_path / "foo.tar.gz", script="x"))
    assert (stage.source_path / "script").read_text() == "x"


def test_files_that_stay_as_they_are(stage: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "0123.tar.gz", foo__configure="x")
    stage.expand(packed, name="foo.tar.gz", expand=False)
    assert stage.archive_file == stage.source_path / "foo.tar.gz"
    assert stage.archive_file.read_bytes() == packed.read_bytes()


def test_expanding_again_starts_anew(stage: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "foo.tar.gz", foo__configure="x")
    stage.expand(packed)
    (stage.source_path / "built").touch()
    stage.expand(packed)
    assert [path.name for path in stage.source_path.iterdir()] == ["configure"]


def test_a_bad_archive_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "foo.zip").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(UnpackError, match=r"foo\.zip"):
        stage.expand(tmp_path / "foo.zip")
    assert list(stage.path.iterdir()) == []


# --- patches

PATCH = """\
--- a/src/x.c
+++ b/src/x.c
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
"""


@pytest.fixture
def patched(stage: Stage, tmp_path: Path) -> Stage:
    stage.expand(archive(tmp_path / "foo.tar.gz", foo__src__x_c="one\ntwo\nthree\n", foo__top="t"))
    (stage.source_path / "src/x_c").rename(stage.source_path / "src/x.c")
    return stage


def write_patch(tmp_path: Path, text: str = PATCH) -> Path:
    (tmp_path / "fix.patch").write_text(text)
    return tmp_path / "fix.patch"


@needs_patch
def test_a_patch_and_its_reverse(patched: Stage, tmp_path: Path) -> None:
    fix = write_patch(tmp_path)
    patched.apply_patch(fix, sha256=hashlib.sha256(PATCH.encode()).hexdigest())
    assert (patched.source_path / "src/x.c").read_text() == "one\nTWO\nthree\n"
    patched.apply_patch(fix, reverse=True)
    assert (patched.source_path / "src/x.c").read_text() == "one\ntwo\nthree\n"
    assert sorted(path.name for path in (patched.source_path / "src").iterdir()) == ["x.c"]


@needs_patch
def test_level_and_working_directory(patched: Stage, tmp_path: Path) -> None:
    flat = write_patch(tmp_path, PATCH.replace("a/src/", "").replace("b/src/", ""))
    patched.apply_patch(flat, level=0, working_dir="src")
    assert "TWO" in (patched.source_path / "src/x.c").read_text()


@needs_patch
def test_a_patch_that_does_not_fit_shows_what_patch_said(patched: Stage, tmp_path: Path) -> None:
    fix = write_patch(tmp_path)
    patched.apply_patch(fix)
    with pytest.raises(StageError, match=r"fix\.patch does not apply") as caught:
        patched.apply_patch(fix)
    assert caught.value.code == "patch-failed"
    assert "hunk" in "\n".join(caught.value.details).lower()
    assert "x.c" in "\n".join(caught.value.details)
    assert (patched.source_path / "src/x.c").read_text() == "one\nTWO\nthree\n"


@needs_patch
def test_a_patch_for_a_missing_file_does_not_ask(patched: Stage, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="does not apply"):
        patched.apply_patch(write_patch(tmp_path, PATCH.replace("x.c", "gone.c")))


@needs_patch
def test_patches_cannot_write_outside(patched: Stage, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("one\ntwo\nthree\n")
    evil = write_patch(tmp_path, PATCH.replace("a/src/x.c", "../../victim").replace("b/src/x.c", "../../victim"))
    with pytest.raises(StageError, match="does not apply"):
        patched.apply_patch(evil, level=0)
    assert (tmp_path / "victim").read_text() == "one\ntwo\nthree\n"


def test_another_file_than_the_recipe_means(patched: Stage, tmp_path: Path) -> None:
    with pytest.raises(ChecksumError, match=r"fix\.patch"):
        patched.apply_patch(write_patch(tmp_path), sha256="0" * 64)
    assert "two" in (patched.source_path / "src/x.c").read_text()


@needs_patch
@pytest.mark.parametrize(("folder", "message"), [("..", "outside"), ("/tmp", "outside"), ("none", "no directory")])
def test_working_directories_are_inside(patched: Stage, tmp_path: Path, folder: str, message: str) -> None:
    with pytest.raises(StageError, match=message):
        patched.apply_patch(write_patch(tmp_path), working_dir=folder)


# --- resources


def resource(**fields: object) -> Source:
    return Source(kind="archive", sha256="0" * 64, name="extra", **fields)  # type: ignore[arg-type]


def test_resources_get_their_place(patched: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "r.tar.gz", extra__1__a="x")
    assert patched.add_resource(resource(destination="third/party"), packed) == [
        patched.source_path / "third/party/extra"
    ]
    patched.add_resource(resource(destination="third", placement="renamed"), packed)
    patched.add_resource(resource(placement="at-top"), packed)
    for place in ("third/party/extra", "third/renamed", "at-top"):
        assert (patched.source_path / place / "1/a").read_text() == "x"
    assert sorted(path.name for path in patched.path.iterdir()) == ["spack-src"]


def test_resources_that_stay_files(patched: Stage, tmp_path: Path) -> None:
    (tmp_path / "0123.whl").write_text("x")
    url = "https://example.org/data/tool-1.0.whl?raw=1"
    patched.add_resource(resource(destination="wheels", urls=(url,), expand=False), tmp_path / "0123.whl")
    assert (patched.source_path / "wheels/tool-1.0.whl").read_text() == "x"
    patched.add_resource(
        resource(urls=(url,), expand=False, placement='{"tool-1.0.whl": "b.whl"}'), tmp_path / "0123.whl"
    )
    assert (patched.source_path / "b.whl").read_text() == "x"


def test_parts_of_a_resource(patched: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "r.tar.gz", extra__inc__a="x", extra__src__b="y")
    patched.add_resource(resource(destination="d", placement='{"inc": "include", "src/b": "b.c"}'), packed)
    assert (patched.source_path / "d/include/a").read_text() == "x"
    assert (patched.source_path / "d/b.c").read_text() == "y"
    for part in ("none", "../../top"):
        with pytest.raises(StageError, match="has no"):
            patched.add_resource(resource(placement=f'{{"{part}": "x"}}'), packed)


def test_an_empty_directory_makes_room(patched: Stage, tmp_path: Path) -> None:
    packed = archive(tmp_path / "r.tar.gz", extra__a="x")
    (patched.source_path / "sub/extra").mkdir(parents=True)
    patched.add_resource(resource(destination="sub"), packed)
    with pytest.raises(StageError, match="there already"):
        patched.add_resource(resource(destination="sub"), packed)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"destination": "../out"}, "outside"),
        ({"destination": "/out"}, "outside"),
        ({"placement": "../../x"}, "outside"),
        ({"placement": "."}, "no place of its own"),
        ({"destination": "link"}, "outside"),
    ],
)
def test_resources_stay_inside(patched: Stage, tmp_path: Path, fields: dict[str, object], message: str) -> None:
    (patched.source_path / "link").symlink_to(tmp_path)
    with pytest.raises(StageError, match=message):
        patched.add_resource(resource(**fields), archive(tmp_path / "r.tar.gz", extra__a="x"))
    assert sorted(path.name for path in patched.path.iterdir()) == ["spack-src"]


def test_exploding_resources_are_called_by_their_name(patched: Stage, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as packed:
        packed.writestr("a", "1")
        packed.writestr("b", "2")
    assert patched.add_resource(resource(), tmp_path / "r.zip") == [patched.source_path / "extra"]
