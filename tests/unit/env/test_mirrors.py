"""Mirrors: what is written, and which are asked."""

from __future__ import annotations

import bz2
import hashlib
from pathlib import Path

import pytest

from outcrop.base.errors import InputError, RequestError, UsageError
from outcrop.env.context import Context
from outcrop.env.mirrors import add_mirror, configured_mirrors, holds_sources, remove_mirror, write_mirror
from outcrop.env.sources import fetch_nodes
from outcrop.fetch import Fetcher
from outcrop.spec.graph import Graph, Node, PatchSource, Source
from support.commands import Place
from support.recipes import RecipeRepository


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Place(tmp_path / "root", tmp_path).context()


def node(version: str, *sources: Source, patches: tuple[PatchSource, ...] = ()) -> Node:
    return Node(
        name="app",
        namespace="n",
        version=version,
        platform="linux",
        os="o",
        target="t",
        sources=sources,
        patches=patches,
    )


def written(context: Context, directory: Path, *nodes: Node) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    graph = Graph({f"{number:032}": each for number, each in enumerate(nodes)}, [])
    report = write_mirror(context, graph, fetch_nodes(context, graph, graph.nodes), directory)
    return (
        [str(path.relative_to(directory)) for path in report.written],
        [str(path.relative_to(directory)) for path in report.present],
        report.skipped,
    )


def test_files_by_checksum_and_links_by_name(context: Context, tmp_path: Path) -> None:
    made = RecipeRepository(tmp_path / "repos")
    url, sha256 = made.source({"a": "a"}, "app")
    extra, extra_sha256 = made.source({"b": "b"}, "extra")
    app = node(
        "1.0",
        Source(kind="archive", urls=(url,), sha256=sha256),
        Source(kind="archive", urls=(extra,), sha256=extra_sha256, name="more"),
    )
    mirror = tmp_path / "mirror"
    expected = [f"_source-cache/archive/{each[:2]}/{each}.tar.gz" for each in (sha256, extra_sha256)]
    assert written(context, mirror, app) == (expected, [], [])
    assert written(context, mirror, app) == ([], expected, [])
    for link, path in zip(("app/app-1.0.tar.gz", "app/more-1.0.tar.gz"), expected, strict=True):
        assert (mirror / link).is_symlink() and (mirror / link).resolve() == mirror / path
        assert not (mirror / link).readlink().is_absolute()
    # The mirror alone is enough.
    for archive in (tmp_path / "repos/archives").iterdir():
        archive.unlink()
    other = Fetcher(tmp_path / "other-cache", offline=True, mirrors=[str(mirror)], environ={})
    assert other.fetch(app.sources[0], name="app", version="1.0").is_file()


def test_a_damaged_file_is_replaced(context: Context, tmp_path: Path) -> None:
    url, sha256 = RecipeRepository(tmp_path / "repos").source({"a": "a"}, "app")
    app = node("1.0", Source(kind="archive", urls=(url,), sha256=sha256))
    (path,), _, _ = written(context, tmp_path / "mirror", app)
    (tmp_path / "mirror" / path).write_bytes(b"damaged")
    assert written(context, tmp_path / "mirror", app)[0] == [path]


def test_one_name_for_two_files(context: Context, tmp_path: Path) -> None:
    made = RecipeRepository(tmp_path / "repos")
    nodes = []
    for text in ("one", "two"):
        url, sha256 = made.source({text: text}, text)
        nodes.append(node("1.0", Source(kind="archive", urls=(url,), sha256=sha256)))
    mirror = tmp_path / "mirror"
    for _ in range(2):
        written(context, mirror, *nodes)
        links = sorted((mirror / "app").iterdir())
        assert len(links) == 2
        assert {link.resolve().name for link in links} == {f"{each.sources[0].sha256}.tar.gz" for each in nodes}


def test_patches_are_kept_as_they_are_fetched(context: Context, tmp_path: Path) -> None:
    text = b"--- a\n+++ b\n"
    packed = tmp_path / "fix.patch.bz2"
    packed.write_bytes(bz2.compress(text))
    outer = hashlib.sha256(packed.read_bytes()).hexdigest()
    patch = PatchSource(
        sha256=hashlib.sha256(text).hexdigest(), package="n.app", url=packed.as_uri(), archive_sha256=outer
    )
    assert written(context, tmp_path / "mirror", node("1.0", patches=(patch,)))[0] == [
        f"_source-cache/archive/{outer[:2]}/{outer}.bz2"
    ]
    assert (tmp_path / "mirror/app/fix.patch.bz2").read_bytes() == packed.read_bytes()


def test_which_mirrors_are_asked(context: Context, tmp_path: Path) -> None:
    def fresh() -> Context:
        return Place(tmp_path / "root", tmp_path).context()

    assert configured_mirrors(context) == {}
    (tmp_path / "m").mkdir()
    assert add_mirror(context, "near", "m") == str(tmp_path / "m")
    assert add_mirror(fresh(), "far", "https://example.org/mirror") == "https://example.org/mirror"
    assert set(configured_mirrors(fresh()).items()) == {
        ("near", str(tmp_path / "m")),
        ("far", "https://example.org/mirror"),
    }
    assert set(fresh().fetcher.mirrors) == {str(tmp_path / "m"), "https://example.org/mirror"}
    with pytest.raises(RequestError, match="a mirror near already"):
        add_mirror(fresh(), "near", "m")
    with pytest.raises(RequestError, match="no directory"):
        add_mirror(fresh(), "x", "gone")
    with pytest.raises(UsageError, match="no name for a mirror"):
        add_mirror(fresh(), "https://example.org", "x")
    remove_mirror(fresh(), "far")
    assert configured_mirrors(fresh()) == {"near": str(tmp_path / "m")}
    with pytest.raises(RequestError, match="no mirror naer") as caught:
        remove_mirror(fresh(), "naer")
    assert "near" in (caught.value.hint or "")


def test_a_mirror_of_another_scope_is_not_removed(tmp_path: Path) -> None:
    scope = tmp_path / "scope"
    scope.mkdir()
    (scope / "mirrors.yaml").write_text("mirrors:\n  theirs: https://example.org\n")
    place = Place(tmp_path / "root", tmp_path)
    context = Context(environ=place.environ({}), directory=tmp_path, scopes=[scope])
    with pytest.raises(InputError, match="not configured in") as caught:
        remove_mirror(context, "theirs")
    assert str(caught.value.place).startswith(f"{scope}/mirrors.yaml:2")


def test_a_directory_without_sources(tmp_path: Path) -> None:
    assert not holds_sources(str(tmp_path))
    (tmp_path / "_source-cache").mkdir()
    assert holds_sources(str(tmp_path))
    assert holds_sources("https://example.org/mirror")
