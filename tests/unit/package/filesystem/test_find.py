from __future__ import annotations

import os
from pathlib import Path

import pytest

from outcrop.package.errors import SkipTest
from outcrop.package.filesystem.find import (
    SYSTEM_LIBRARY_DIRECTORIES,
    FileList,
    HeaderList,
    LibraryList,
    find,
    find_all_headers,
    find_all_libraries,
    find_first,
    find_headers,
    find_libraries,
    find_libraries_in,
    find_required_file,
    find_system_libraries,
    library_extensions,
)


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def relative(root: Path, found: list[str] | FileList) -> list[str]:
    return [os.path.relpath(path, root) for path in found]


def test_near_ones_first_then_by_name(tmp_path: Path) -> None:
    make(tmp_path, "z.h", "b/x.h", "a/a/y.h", "a/x.h")
    assert relative(tmp_path, find(tmp_path, "*.h")) == ["z.h", "a/x.h", "b/x.h", "a/a/y.h"]


def test_patterns_decide_the_order_and_a_file_comes_once(tmp_path: Path) -> None:
    make(tmp_path, "a.h", "b.c")
    assert relative(tmp_path, find(str(tmp_path), ["b*", "*.h", "*"])) == ["b.c", "a.h"]


def test_depth(tmp_path: Path) -> None:
    make(tmp_path, "f", "a/f", "a/b/f")
    assert relative(tmp_path, find(tmp_path, "f", recursive=False)) == ["f"]
    assert relative(tmp_path, find(tmp_path, "f", max_depth=0)) == ["f"]
    assert relative(tmp_path, find(tmp_path, "f", max_depth=1)) == ["f", "a/f"]
    with pytest.raises(ValueError, match="recursive"):
        find(tmp_path, "f", recursive=False, max_depth=1)


def test_directories_are_found_too(tmp_path: Path) -> None:
    make(tmp_path, "a/include/x.h")
    assert relative(tmp_path, find(tmp_path, "include")) == ["a/include"]


def test_patterns_with_a_slash_start_anywhere(tmp_path: Path) -> None:
    make(tmp_path, "bin/x", "deep/bin/x", "bin/y", "x")
    assert relative(tmp_path, find(tmp_path, "bin/x")) == ["bin/x", "deep/bin/x"]
    assert relative(tmp_path, find(tmp_path, "*/[xy]", recursive=False)) == ["bin/x", "bin/y"]


def test_roots_with_signs_in_their_names(tmp_path: Path) -> None:
    make(tmp_path, "a[1]/bin/x")
    assert relative(tmp_path, find(tmp_path / "a[1]", "bin/*")) == ["a[1]/bin/x"]


def test_several_roots_and_missing_ones(tmp_path: Path) -> None:
    make(tmp_path, "1/f", "2/f")
    found = find([tmp_path / "2", str(tmp_path / "none"), tmp_path / "1", tmp_path / "2"], "f")
    assert relative(tmp_path, found) == ["2/f", "1/f"]
    assert find(tmp_path / "none", "*") == []
    assert find(tmp_path / "1/f", "*") == []


def test_links_are_followed_once(tmp_path: Path) -> None:
    make(tmp_path, "lib/libx.so", "other/f")
    (tmp_path / "lib/loop").symlink_to("..")
    (tmp_path / "a-link").symlink_to("lib")
    (tmp_path / "lib/out").symlink_to("../other")
    assert relative(tmp_path, find(tmp_path, "libx.so")) == ["lib/libx.so"]
    assert relative(tmp_path / "lib", find(tmp_path / "lib", "f")) == ["out/f"]
    (tmp_path / "self").symlink_to("self")
    assert relative(tmp_path, find(tmp_path, "self")) == ["self"]


def test_results_are_absolute(tmp_path: Path) -> None:
    make(tmp_path, "f")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert find(".", "f") == [str(tmp_path / "f")]
    finally:
        os.chdir(before)


def test_wrong_types_are_errors(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        find(tmp_path, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        find_libraries(None, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        find_headers(None, tmp_path)  # type: ignore[arg-type]


def test_find_first(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c/deep.h", "z/near.h")
    assert find_first(tmp_path, "*.h") == str(tmp_path / "z/near.h")
    assert find_first(tmp_path, ["deep.*", "none"], bfs_depth=1) == str(tmp_path / "a/b/c/deep.h")
    assert find_first(str(tmp_path), "a") == str(tmp_path / "a")
    assert find_first(tmp_path, "none") is None
    assert find_first(tmp_path / "none", "*") is None


def test_find_first_goes_by_depth_and_then_into_depth(tmp_path: Path) -> None:
    make(tmp_path, "a/1/2/3/x", "b/1/2/x", "c/1/2/y")
    assert [find_first(tmp_path, "x", bfs_depth=depth) for depth in (3, 4, 9)] == [str(tmp_path / "b/1/2/x")] * 3
    assert [find_first(tmp_path, "x", bfs_depth=depth) for depth in (-1, 0, 1, 2)] == [str(tmp_path / "a/1/2/3/x")] * 4
    assert find_first(tmp_path, ["y", "none"], bfs_depth=0) == str(tmp_path / "c/1/2/y")
    (tmp_path / "a/1/loop").symlink_to(tmp_path)
    assert find_first(tmp_path, "none", bfs_depth=0) is None


def test_libraries_by_name(tmp_path: Path) -> None:
    make(tmp_path, "libz.so", "libz.a", "libz.so.1", "libzz.so", "sub/libz.so")
    assert relative(tmp_path, find_libraries("libz", tmp_path)) == ["libz.so"]
    assert relative(tmp_path, find_libraries(["libz"], str(tmp_path), shared=False)) == ["libz.a"]
    assert relative(tmp_path, find_libraries("libz*", tmp_path, True, False, True)) == ["libz.so", "libzz.so"]
    assert relative(tmp_path, find_libraries(["libzz", "libz"], tmp_path)) == ["libzz.so", "libz.so"]
    assert not find_libraries("libnone", tmp_path)


def test_the_first_library_directory_with_a_match_wins(tmp_path: Path) -> None:
    make(tmp_path, "lib/liba.so", "lib64/liba.so", "lib64/libb.so", "x/libc.so", "x/liba.so")
    assert relative(tmp_path, find_libraries(["liba", "libb"], tmp_path, recursive=True)) == ["lib/liba.so"]
    assert relative(tmp_path, find_libraries("libb", tmp_path, recursive=True)) == ["lib64/libb.so"]
    assert relative(tmp_path, find_libraries("libc", tmp_path, recursive=True)) == ["x/libc.so"]
    assert not find_libraries("libc", tmp_path, recursive=True, max_depth=0)


def test_all_libraries(tmp_path: Path) -> None:
    make(tmp_path, "liba.so", "libb.a", "x/libc.a", "libd.so.1")
    assert relative(tmp_path, find_all_libraries(tmp_path)) == ["liba.so", "libb.a"]
    assert relative(tmp_path, find_all_libraries(tmp_path, recursive=True)) == ["liba.so", "libb.a", "x/libc.a"]


def test_the_first_directory_that_has_a_library(tmp_path: Path) -> None:
    make(tmp_path, "lib64/ld.so", "lib/deep/liba.so", "lib/x/libb.so", "local/liba.so", "local/libb.a", "local/libc.a")
    (tmp_path / "usr").mkdir()
    (tmp_path / "usr/lib").symlink_to(tmp_path / "lib")
    places = [str(tmp_path / name) for name in ("none", "lib64", "usr/lib", "lib", "local")]
    found = find_libraries_in(places, ["libb", "liba", "libnone"])
    assert isinstance(found, LibraryList)
    assert relative(tmp_path, found) == ["usr/lib/x/libb.so", "usr/lib/deep/liba.so"]
    assert relative(tmp_path, find_libraries_in(places, "libb", shared=False)) == ["local/libb.a"]
    assert not find_libraries_in(places, "libno-such-library-anywhere")
    assert not find_libraries_in([], "liba")


def test_system_libraries_are_somewhere() -> None:
    assert SYSTEM_LIBRARY_DIRECTORIES[:4] == ("/lib64", "/lib", "/usr/lib64", "/usr/lib")
    found = find_system_libraries(["libno-such-library-anywhere"])
    assert isinstance(found, LibraryList)
    assert not found


def test_headers(tmp_path: Path) -> None:
    make(tmp_path, "a.h", "a.hpp", "a.mod", "a.c", "sub/a.h", "b.H")
    assert relative(tmp_path, find_headers("a", tmp_path)) == ["a.h", "a.hpp", "a.mod"]
    assert relative(tmp_path, find_headers(["b", "a"], tmp_path, recursive=True)) == [
        "b.H",
        "a.h",
        "sub/a.h",
        "a.hpp",
        "a.mod",
    ]
    assert len(find_all_headers(tmp_path)) == 5


def test_required_files(tmp_path: Path) -> None:
    make(tmp_path, "a/x", "b/x", "one")
    assert find_required_file(tmp_path, "one") == str(tmp_path / "one")
    assert find_required_file(tmp_path, "x", expected=2) == [str(tmp_path / "a/x"), str(tmp_path / "b/x")]
    for expected, name in ((1, "x"), (1, "none")):
        with pytest.raises(SkipTest, match=f"expected {expected}"):
            find_required_file(tmp_path, name, expected=expected)
    with pytest.raises(SkipTest):
        find_required_file(tmp_path, "x", expected=2, recursive=False)


def test_library_extensions() -> None:
    assert library_extensions == ["a", "la", "so", "tbd", "dylib"]


def test_file_lists_are_lists_without_repetition() -> None:
    files = FileList(["/a/x", "/b/y", "/a/x", Path("/a/z")])
    assert list(files) == ["/a/x", "/b/y", "/a/z"]
    assert len(files) == 3
    assert files[0] == "/a/x"
    assert files[1:] == FileList(["/b/y", "/a/z"])
    assert "/b/y" in files
    assert files.directories == ["/a", "/b"]
    assert files.basenames == ["x", "y", "z"]
    assert files.joined(";") == "/a/x;/b/y;/a/z"
    assert str(files) == "/a/x /b/y /a/z"
    assert FileList("/one/file").files == ["/one/file"]
    assert not FileList([])


def test_sums_keep_the_left_class() -> None:
    libraries = LibraryList(["/a/liba.so"]) + FileList(["/b/libb.so", "/a/liba.so"])
    assert isinstance(libraries, LibraryList)
    assert libraries.files == ["/a/liba.so", "/b/libb.so"]
    other = ["/x"] + libraries  # noqa: RUF005 - the sum is what is tested
    assert other == LibraryList(["/x", *libraries])
    assert isinstance(libraries[:1], LibraryList)


def test_library_flags() -> None:
    libraries = LibraryList(
        ["/d1/liblapack.a", "/d2/libblas.so", "/d1/plain.so", "/d1/libz.so.1.2", "/d1/liblibx.dylib"]
    )
    assert libraries.libraries == libraries.files
    assert libraries.names == ["lapack", "blas", "plain", "z", "libx"]
    assert libraries.search_flags == "-L/d1 -L/d2"
    assert libraries.link_flags == "-llapack -lblas -lplain -lz -llibx"
    assert libraries.ld_flags == "-L/d1 -L/d2 -llapack -lblas -lplain -lz -llibx"
    assert LibraryList([]).ld_flags == " "
    assert LibraryList(["/d/libpython3.11.so", "/d/libfoo.a.so", "/d/libbar"]).names == ["python3.11", "foo.a", "bar"]


def test_header_flags() -> None:
    headers = HeaderList(["/p/include/a/x.h", "/p/include/y.hpp", "/q/include2/z.cuh", "/r/x/w.hh", "/r/x/m.mod"])
    assert headers.headers == headers.files
    assert headers.names == ["x", "y", "z", "w", "m.mod"]
    assert headers.directories == ["/p/include", "/q/include2", "/r/x"]
    assert headers.include_flags == "-I/p/include -I/q/include2 -I/r/x"
    assert headers.cpp_flags == headers.include_flags
    headers.add_macro("-DA")
    headers.add_macro("-DB=1")
    assert headers.macro_definitions == "-DA -DB=1"
    assert headers.cpp_flags == headers.include_flags + " -DA -DB=1"


def test_the_first_include_counts() -> None:
    assert HeaderList("/include/x/include/y.h").directories == ["/include"]
    assert HeaderList("/p/xinclude/include-y/a.h").directories == ["/p/xinclude/include-y"]


def test_header_directories_can_be_set() -> None:
    headers = HeaderList(["/p/include/a/x.h"])
    headers.directories = ["/p/include/a/", "/p/include/./a", "/x"]
    assert headers.directories == ["/p/include/a", "/x"]
    headers.directories = "/one"
    assert headers.include_flags == "-I/one"
    headers.directories = []
    assert headers.directories == []


def test_macros_and_directories_are_lost_by_slices_and_sums() -> None:
    headers = HeaderList(["/p/include/x.h", "/p/include/y.h"])
    headers.add_macro("-DA")
    headers.directories = ["/other"]
    for derived in (headers[:], headers + HeaderList([])):
        assert derived.cpp_flags == "-I/p/include"
