"""Which versions upstream has, by the package index, by pages of links and by tags."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.base.errors import RequestError
from outcrop.env.upstream import Release, Upstream, _tagged, is_derived, template_source
from outcrop.fetch import FetchError
from outcrop.repo.model import Origin, PackageModel, VersionDecl
from support.commands import Place
from support.file_server import FileServer, file_server

HERE = Origin("n/packages/foo/package.py", 3)


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole package index."""
    directory = tmp_path / "links"
    directory.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def upstream(tmp_path: Path) -> Upstream:
    return Upstream(Place(tmp_path / "root", tmp_path).context())


def model(versions: dict[str, dict[str, object]], **attributes: object) -> PackageModel:
    return PackageModel(
        name="foo",
        namespace="n",
        class_name="Foo",
        file=HERE.file,
        line=1,
        versions=tuple(
            VersionDecl(version=version, origin=HERE, fetch={"sha256": "0" * 64, **fetch})
            for version, fetch in versions.items()
        ),
        attributes=attributes,
    )


def test_source_distributions_on_the_index_newest_first(tmp_path: Path, links: Path) -> None:
    for name in ("foo-1.0.tar.gz", "foo-1.0.zip", "foo-1.10.tar.gz", "foo-1.2-py3-none-any.whl", "foo-2.0rc1.tar.gz"):
        (links / name).write_bytes(name.encode())
    asked = upstream(tmp_path)
    found = asked.releases(model({"1.0": {}}, pypi="foo/foo-1.0.tar.gz"))
    assert [(each.version, each.filename) for each in found] == [
        ("2.0rc1", "foo-2.0rc1.tar.gz"),
        ("1.10", "foo-1.10.tar.gz"),
        ("1.0", "foo-1.0.tar.gz"),
    ]
    recipe = model({"1.5": {}}, pypi="foo/foo-1.0.tar.gz")
    assert [each.version for each in asked.undeclared(recipe)] == ["1.10", "1.0"]
    assert [each.version for each in asked.undeclared(recipe, newer=True)] == ["1.10"]
    assert asked.release(recipe, "1.0").filename == "foo-1.0.tar.gz"
    with pytest.raises(RequestError, match=r"no source distribution of foo 7\.1") as caught:
        asked.release(recipe, "7.1")
    assert "1.10" in (caught.value.hint or "")


def test_a_page_of_links_is_read_for_files_named_alike(tmp_path: Path, server: FileServer) -> None:
    names = ["foo-1.0.tar.gz", "foo-1.2.1.tar.gz", "foo-1.3.tar.gz.asc", "foobar-9.tar.gz", "foo-1.4.zip"]
    server.files["/pub/"] = "".join(f'<a href="{name}">{name}</a>' for name in names).encode()
    server.types["/pub/"] = "text/html"
    url = f"{server.url}/pub/foo-1.0.tar.gz"
    found = upstream(tmp_path).releases(model({"1.0": {}}, url=url))
    assert found == [
        Release("1.2.1", (f"{server.url}/pub/foo-1.2.1.tar.gz",)),
        Release("1.0", (url,)),
    ]


def test_list_url_is_another_page(tmp_path: Path, server: FileServer) -> None:
    server.files["/all.html"] = b'<a href="/old/foo-0.9.tar.gz">old</a>'
    server.types["/all.html"] = "text/html"
    recipe = model({"1.0": {}}, url=f"{server.url}/pub/foo-1.0.tar.gz", list_url=f"{server.url}/all.html")
    (release,) = upstream(tmp_path).releases(recipe)
    assert release.urls == (f"{server.url}/pub/foo-0.9.tar.gz", f"{server.url}/old/foo-0.9.tar.gz")
    server.files["/old/foo-0.9.tar.gz"] = b"old"
    url, file = upstream(tmp_path).fetch(release, "foo")
    assert url == release.urls[1] and file.path.read_bytes() == b"old"
    assert not is_derived(recipe, release, url)
    assert is_derived(recipe, release, release.urls[0])


def test_any_version_may_be_asked_for(tmp_path: Path, server: FileServer) -> None:
    recipe = model({"2.0": {"url": f"{server.url}/new/foo_2_0.tgz"}, "1.0": {}}, url=f"{server.url}/foo-1.0.tar.gz")
    release = upstream(tmp_path).release(recipe, "3.1")
    assert release.urls == (f"{server.url}/foo-3.1.tar.gz", f"{server.url}/new/foo_3_1.tgz")
    with pytest.raises(FetchError, match=r"version 3\.1 of foo cannot be fetched") as caught:
        upstream(tmp_path).fetch(release, "foo")
    assert len(caught.value.details) == 2


def test_tags_of_a_forge_that_fit_the_address() -> None:
    tags = ["v1.0", "v1.10.2", "1.5", "v2.0-rc1", "nightly", "docs-3.0"]
    template = "https://github.com/o/foo/archive/refs/tags/v1.0.tar.gz"
    assert _tagged(tags, template, ["1.0"]) == [
        ("1.0", (template,)),
        ("1.10.2", ("https://github.com/o/foo/archive/refs/tags/v1.10.2.tar.gz",)),
        ("2.0-rc1", ("https://github.com/o/foo/archive/refs/tags/v2.0-rc1.tar.gz",)),
    ]
    spelled = "https://github.com/o/foo/archive/foo_1_0.tar.gz"
    assert _tagged(["foo_1_2", "foo_bar"], spelled, ["1.0"]) == [
        ("1.2", ("https://github.com/o/foo/archive/foo_1_2.tar.gz",))
    ]


def test_prereleases_are_known_by_their_names() -> None:
    for version in ("1.0rc1", "2.0-beta", "1.0a2", "1.0.dev3", "3.0.alpha1"):
        assert Release(version, ()).is_prerelease, version
    for version in ("1.0", "1.0.post1", "9e", "1.0p1", "2024a", "1.1.1b"):
        assert not Release(version, ()).is_prerelease, version


def test_a_recipe_without_archives_has_no_pattern() -> None:
    recipe = model({"1.0": {"sha256": "", "git": "https://example.org/r", "tag": "v1"}})
    with pytest.raises(RequestError, match="describes no archive"):
        template_source(recipe)
