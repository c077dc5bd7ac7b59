"""Checkouts as tar files."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from outcrop.fetch.unpack import unpack
from outcrop.fetch.vcs import cached_checkout, is_whole, keep_checkout, kept_revision
from outcrop.fetch.vcs.keep import pack
from outcrop.spec.graph import Source


def tree(folder: Path) -> Path:
    (folder / "b" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "b/deep/text").write_text("text")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("b/deep")
    (folder / "a long name that needs more than a hundred letters".replace(" ", "-" * 8)).write_text("long")
    return folder


def test_the_same_content_has_the_same_bytes(tmp_path: Path) -> None:
    first, second = tree(tmp_path / "one"), tree(tmp_path / "two")
    os.utime(second / "run", (5, 5))
    (second / "b").chmod(0o700)
    (second / "b/deep/text").chmod(0o600)
    (second / "run").chmod(0o700)
    assert pack(first, tmp_path / "1") == pack(second, tmp_path / "2") == []
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    (second / "run").chmod(0o644)
    pack(second, tmp_path / "2")
    assert (tmp_path / "1").read_bytes() != (tmp_path / "2").read_bytes()


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    folder = tree(tmp_path / "one")
    pack(folder, tmp_path / "packed")
    back = unpack(tmp_path / "packed", tmp_path / "back") / "source"
    assert sorted(path.relative_to(back) for path in back.rglob("*")) == sorted(
        path.relative_to(folder) for path in folder.rglob("*")
    )
    assert (back / "link/text").read_text() == "text"
    assert (back / "link").is_symlink()
    assert os.access(back / "run", os.X_OK)
    assert not os.access(back / "b/deep/text", os.X_OK)
    # Zip files, such as wheels, hold no time before 1980.
    assert back.joinpath("run").stat().st_mtime > 3652 * 86400


def test_links_that_lead_out_are_left_out(tmp_path: Path) -> None:
    folder = tree(tmp_path / "one")
    (folder / "b/up").symlink_to("../run")
    (folder / "b/out").symlink_to("../../else")
    (folder / "root").symlink_to("/etc")
    (folder / "by").symlink_to("link/../../../else")
    (folder / "loop").symlink_to("loop")
    assert pack(folder, tmp_path / "packed") == ["by", "root", "b/out"]
    with tarfile.open(tmp_path / "packed") as archive:
        names = archive.getnames()
    assert "source/b/up" in names
    assert not {"source/b/out", "source/root", "source/by"} & set(names)
    unpack(tmp_path / "packed", tmp_path / "back")


def test_every_choice_has_a_place_of_its_own(tmp_path: Path) -> None:
    url, other = "https://e.org/x", "https://f.org/x"
    commit = "ab" * 20
    sources = [
        Source(kind="git", urls=(url,), commit=commit),
        Source(kind="git", urls=(url,), commit=commit, submodules=True),
        Source(kind="git", urls=(url,), commit=commit, submodules=True, submodule_paths=("a",)),
        Source(kind="git", urls=(url,), commit=commit, submodules=True, submodules_left_out=("a",)),
        Source(kind="git", urls=(url,), commit=commit, full_history=True),
        Source(kind="git", urls=(url,), commit=commit, sparse_paths=("a",)),
        Source(kind="git", urls=(url,), ref="1"),
        Source(kind="git", urls=(url,), commit="1"),
        *(Source(kind=kind, urls=(url,), ref="1") for kind in ("svn", "hg", "cvs")),
        Source(kind="svn", urls=(other,), ref="1"),
        Source(kind="svn", urls=(url,)),
        Source(kind="cvs", urls=(url,), date="1"),
    ]
    places = [cached_checkout(source, tmp_path) for source in sources]
    assert len(set(places)) == len(sources)
    assert len({place.stem for place in places}) == len(sources), "locks are named by it"
    assert places[0] == tmp_path / "git" / "ab" / f"{commit}.tar"
    assert cached_checkout(Source(kind="git", urls=(other,), commit=commit), tmp_path) == places[0]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_nothing_stays_of_a_checkout_that_fails(tmp_path: Path) -> None:
    wanted = Source(kind="git", urls=(str(tmp_path / "none"),), ref="main")
    kept = cached_checkout(wanted, tmp_path / "cache")
    with pytest.raises(Exception, match="cannot be checked out"):
        keep_checkout(wanted, kept, environ={"PATH": os.environ["PATH"]})
    assert list(kept.parent.iterdir()) == []
    assert not is_whole(kept)
    assert kept_revision(kept) == ""
