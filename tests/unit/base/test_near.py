"""Words that look alike."""

from __future__ import annotations

import pytest

from outcrop.base.near import near_misses

KNOWN = ["py-pip", "py-numpy", "py-pyyaml", "numactl", "hdf5", "hdf", "zlib", "zlib-ng", "openmpi"]


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("py-numpi", "py-numpy"),
        ("numpy", "py-numpy"),
        ("PyYAML", "py-pyyaml"),
        ("py_pip", "py-pip"),
        ("hdf6", "hdf"),
        ("zlib_ng", "zlib-ng"),
        ("openmp", "openmpi"),
    ],
)
def test_best_first(word: str, first: str) -> None:
    assert near_misses(word, KNOWN)[0] == first


def test_limits() -> None:
    assert near_misses("zzz", KNOWN) == []
    assert near_misses("", KNOWN) == []
    assert near_misses("hdf5", KNOWN, n=1) == ["hdf"]
    assert near_misses("zlib", ["zlib"]) == []
    assert len(near_misses("aaab", [f"aaa{letter}" for letter in "cdefgh"])) == 3


def test_the_order_of_the_known_words_does_not_matter() -> None:
    assert near_misses("hdfx", KNOWN) == near_misses("hdfx", reversed(KNOWN))
