"""The version in a URL, and another one in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec.addresses import replace_version, substitute_version, version_in_url

HOST = "https://example.org"


@pytest.mark.parametrize(
    ("template", "version", "expected"),
    [
        ("/foo-1.2.3.tar.gz", "2.0", "/foo-2.0.tar.gz"),
        ("/v1.2.3/foo-1.2.3.tar.gz", "2.0.1", "/v2.0.1/foo-2.0.1.tar.gz"),
        ("/archive/refs/tags/v1.2.tar.gz", "1.10.4", "/archive/refs/tags/v1.10.4.tar.gz"),
        ("/archive/FOO_1_2_3.zip", "1.2.4", "/archive/FOO_1_2_4.zip"),
        ("/1.72.0/source/boost_1_72_0.tar.bz2", "1.80.1", "/1.80.1/source/boost_1_80_1.tar.bz2"),
        ("/foo-1-2-3.tgz", "4.5.6", "/foo-4-5-6.tgz"),
        ("/1.2/foo-1.2.3.tar.xz", "2.40.1", "/2.40/foo-2.40.1.tar.xz"),
        ("/v1.2.x/foo-1.2.3.tar.xz", "2.40.1", "/v2.40.x/foo-2.40.1.tar.xz"),
        ("/foo-1.2/foo-1.2.3.tar.xz", "2.40.1", "/foo-2.40/foo-2.40.1.tar.xz"),
        ("/hdf5-1_14/hdf5-1.14.3.tar.gz", "1.16.0", "/hdf5-1_16/hdf5-1.16.0.tar.gz"),
        ("/1.2/foo-1.2.3.tar.xz", "3", "/3/foo-3.tar.xz"),
        ("/libxml2-2.9.1.tar.gz", "2.10", "/libxml2-2.10.tar.gz"),
        ("/libp11-0.4.10.tar.gz", "0.4.12", "/libp11-0.4.12.tar.gz"),
        ("/genome.hg19_2.2.0.tar.gz", "2.3.0", "/genome.hg19_2.3.0.tar.gz"),
        ("/p7zip_16.02_src_all.tar.bz2", "17.00", "/p7zip_17.00_src_all.tar.bz2"),
        ("/foo-20230101.tar.gz", "20240202", "/foo-20240202.tar.gz"),
        ("/openssh-8.7p1.tar.gz", "9.0p1", "/openssh-9.0p1.tar.gz"),
        ("/foo-1.0-rc1.tar.gz", "1.0", "/foo-1.0.tar.gz"),
        ("/foo-1.0b2/foo-1.0b2-src.tar.gz", "1.1", "/foo-1.1/foo-1.1-src.tar.gz"),
        ("/foo-1.2.3-linux-x86_64.tar.gz", "1.3.0", "/foo-1.3.0-linux-x86_64.tar.gz"),
        ("/foo-1.2.3-py2.py3-none-any.whl", "1.3.0", "/foo-1.3.0-py2.py3-none-any.whl"),
        ("/projects/foo/files/1.2.3/foo.tar.gz/download", "1.3.0", "/projects/foo/files/1.3.0/foo.tar.gz/download"),
        ("/archive.tar.gz?sha=v1.0.2", "1.1", "/archive.tar.gz?sha=v1.1"),
        ("/get.php?file=foo-1.0.2.tgz&id=3", "1.1", "/get.php?file=foo-1.1.tgz&id=3"),
        ("/foo-1.2.3.7z", "1.2.4", "/foo-1.2.4.7z"),
        ("/11.2.3/foo-1.2.3.tar.gz", "9.9.9", "/11.2.3/foo-9.9.9.tar.gz"),
        ("/foo.tar.gz", "1.0", "/foo.tar.gz"),
    ],
)
def test_every_spelling_of_the_version(template: str, version: str, expected: str) -> None:
    assert substitute_version(HOST + template, version) == HOST + expected


def test_joined_versions_need_to_be_known() -> None:
    url = f"{HOST}/1.2.3/foo123.tgz"
    assert substitute_version(f"{HOST}/foo123.tgz", "1.2.4", versions=["1.2.3"]) == f"{HOST}/foo124.tgz"
    assert substitute_version(url, "1.2.4", versions=["1.2.3", "1.2"]) == f"{HOST}/1.2.4/foo124.tgz"


def test_known_versions_decide_where_the_url_is_ambiguous() -> None:
    url = f"{HOST}/jetty-9.4.31.v20200723.tar.gz"
    known = ["9.4.31.v20200723", "9.4.30.v20200611"]
    assert version_in_url(url, known) == "9.4.31.v20200723"
    assert substitute_version(url, known[1], known) == f"{HOST}/jetty-9.4.30.v20200611.tar.gz"
    assert version_in_url(f"{HOST}/foo-1.2.tar.gz", ["1"]) == "1.2"
    assert substitute_version(f"{HOST}/tags/14-7e284.zip", "18-8cc5c", ["14-7e284"]) == f"{HOST}/tags/18-8cc5c.zip"
    assert substitute_version(f"{HOST}/argtable2-13.tar.gz", "2-14", ["2-13"]) == f"{HOST}/argtable2-14.tar.gz"
    assert substitute_version(f"{HOST}/CloverLeaf3D-1.0.tgz", "1.1", ["1.0"]) == f"{HOST}/CloverLeaf3D-1.1.tgz"


def test_what_a_known_version_only_begins_is_another_version() -> None:
    assert version_in_url(f"{HOST}/v1.0b1/bolt-1.0b1.tar.gz", ["1.0", "1.0.1"]) == "1.0b1"
    assert substitute_version(f"{HOST}/MUST-v1.8.0-rc1.tgz", "1.9.0", ["1.8.0", "1.9.0"]) == f"{HOST}/MUST-v1.9.0.tgz"


def test_the_host_is_never_touched() -> None:
    assert (
        substitute_version("https://1.2.3.example.org/foo-1.2.3.tgz", "4.5") == "https://1.2.3.example.org/foo-4.5.tgz"
    )
    assert substitute_version("file:///srv/foo-1.2.tgz", "4.5") == "file:///srv/foo-4.5.tgz"


def test_urls_without_a_version() -> None:
    assert version_in_url(f"{HOST}/foo.tar.gz") is None


numbers = st.lists(st.integers(0, 99), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(numbers, numbers)
def test_substituting_there_and_back(one: str, two: str) -> None:
    url = f"{HOST}/v{one}/foo-{one}.tar.gz"
    assert version_in_url(url) == one
    other = substitute_version(url, two)
    assert other == f"{HOST}/v{two}/foo-{two}.tar.gz"
    assert substitute_version(other, one) == url
    assert substitute_version(url, one) == url
    assert replace_version(url, one, two) == other
