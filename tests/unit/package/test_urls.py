"""URLs as recipes join and change them."""

from __future__ import annotations

import pytest

from outcrop.package.urls import join_url, substitute_version_in_url
from outcrop.spec import addresses

HOST = "https://example.org"


@pytest.mark.parametrize(
    ("base", "parts", "expected"),
    [
        (HOST, ["a", "b"], f"{HOST}/a/b"),
        (f"{HOST}/", ["/a/", "b/"], f"{HOST}/a/b"),
        (f"{HOST}/a/b", ["../c"], f"{HOST}/a/c"),
        (f"{HOST}/a", ["../../../c"], f"{HOST}/c"),
        (f"{HOST}/a?x=1#y", ["b"], f"{HOST}/a/b"),
        (f"{HOST}/a", [], f"{HOST}/a"),
        ("file:///srv", ["x"], "file:///srv/x"),
        ("/srv/mirror", ["x", ""], "/srv/mirror/x"),
    ],
)
def test_join_url(base: str, parts: list[str], expected: str) -> None:
    assert join_url(base, *parts) == expected


@pytest.mark.parametrize(
    ("base", "parts", "expected"),
    [
        (f"{HOST}/gnu/", ["foo/foo-1.2.tar.gz"], f"{HOST}/gnu/foo/foo-1.2.tar.gz"),
        (f"{HOST}/gnu", ["foo/foo-1.2.tar.gz"], f"{HOST}/foo/foo-1.2.tar.gz"),
        (f"{HOST}/a/index.html", ["b", "/c/", "", "d"], f"{HOST}/a/b/c/d"),
        (f"{HOST}/a/b/", ["../c"], f"{HOST}/a/c"),
        (f"{HOST}/a/b/", ["/c"], f"{HOST}/c"),
        (f"{HOST}/a/", ["https://example.com/x"], "https://example.com/x"),
        (f"{HOST}/a/", ["//example.com/x"], "https://example.com/x"),
        ("ftp://example.org/pub/individual/", ["lib/x.tar.gz"], "ftp://example.org/pub/individual/lib/x.tar.gz"),
        ("s3://bucket/a/b", ["c"], "s3://bucket/a/c"),
        (f"{HOST}/a", [], f"{HOST}/a"),
    ],
)
def test_join_url_as_a_link_on_a_page(base: str, parts: list[str], expected: str) -> None:
    assert join_url(base, *parts, resolve_href=True) == expected


def test_the_name_that_recipes_know() -> None:
    url = f"{HOST}/v1.2/foo-1_2.tgz"
    assert (
        substitute_version_in_url(url, "1.3") == addresses.substitute_version(url, "1.3") == f"{HOST}/v1.3/foo-1_3.tgz"
    )
