"""Where sources and patches come from."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from outcrop.repo.errors import NoSourceError, RecipeError
from outcrop.repo.model import DependencyDecl, Origin, PackageModel, PatchDecl, ResourceDecl, VersionDecl
from outcrop.repo.sources import main_source, patches_for, patches_for_dependency, sources_for
from outcrop.spec import Spec, parse_spec
from outcrop.spec.graph import PatchSource, Source

HERE = Origin("first/packages/x/package.py", 7)


def version(text: str, **fetch: object) -> VersionDecl:
    return VersionDecl(version=text, origin=HERE, fetch=fetch)


def model(*versions: VersionDecl, has_code: bool = True, **attributes: object) -> PackageModel:
    return PackageModel(
        name="x",
        namespace="first",
        class_name="X",
        file="first/packages/x/package.py",
        line=3,
        versions=versions,
        attributes=attributes,
        has_code=has_code,
    )


def satisfies(text: str) -> Callable[[Spec], bool]:
    mine = parse_spec(text)
    return lambda wanted: mine.satisfies(wanted)


URL = "https://e.org/x-1.0.tar.gz"


def test_a_url_template() -> None:
    found = main_source(model(version("2.0", sha256="aa"), url=URL), "2.0")
    assert found == Source(kind="archive", urls=("https://e.org/x-2.0.tar.gz",), sha256="aa")


def test_several_urls() -> None:
    found = main_source(model(version("2.0", sha256="aa"), urls=[URL, "https://f.org/x-1.0.tar.gz"]), "2.0")
    assert found.urls == ("https://e.org/x-2.0.tar.gz", "https://f.org/x-2.0.tar.gz")


def test_a_url_of_its_own_wins() -> None:
    mine = "https://else.org/y.zip"
    found = main_source(
        model(version("2.0", sha256="aa", url=mine, expand=False, extension="zip"), url=URL, pypi="x/x-1"), "2.0"
    )
    assert found == Source(kind="archive", urls=(mine,), sha256="aa", expand=False, extension="zip")


def test_the_nearest_declared_url_serves_where_there_is_no_template() -> None:
    versions = [
        version("1.0", url=URL),
        version("3.0", url="https://new.org/x-3.0.tar.gz"),
        version("2.0", sha256="aa"),
    ]
    assert main_source(model(*versions), "2.0").urls == ("https://e.org/x-2.0.tar.gz",)
    assert main_source(model(*versions), "3.1").urls == ("https://new.org/x-3.1.tar.gz",)


def test_computed_urls() -> None:
    computed = {"2.0": ["https://c.org/a", "https://c.org/b"]}
    found = model(version("2.0", sha256="aa"), version("1.0", sha256="bb"), url=URL, computed_urls=computed)
    assert main_source(found, "2.0").urls == ("https://c.org/a", "https://c.org/b")
    assert main_source(found, "1.0").urls == (URL,)


@pytest.mark.parametrize(
    ("pypi", "project", "filename"),
    [
        ("numpy/numpy-1.23.0.tar.gz", "numpy", "numpy-2.0.1.tar.gz"),
        ("Foo/foo_bar-1.0-py3-none-any.whl", "Foo", "foo_bar-2.0.1-py3-none-any.whl"),
        ("py2x/py2x-3.4.zip", "py2x", "py2x-2.0.1.zip"),
        ("a-3d/a-3d-1.0b2.tar.bz2", "a-3d", "a-3d-2.0.1.tar.bz2"),
        ("odd/odd_v1.0.tar.gz", "odd", "odd_v2.0.1.tar.gz"),
    ],
)
def test_a_package_index(pypi: str, project: str, filename: str) -> None:
    # Build systems derive a URL from the attribute; the attribute itself is better.
    found = main_source(
        model(version("2.0.1", sha256="aa"), pypi=pypi, url=f"https://index/packages/source/p/{pypi}"), "2.0.1"
    )
    assert found == Source(kind="index", project=project, filename=filename, sha256="aa")


def test_a_declared_version_in_a_file_name_is_the_old_one() -> None:
    made = model(version("2.1.1-2", sha256="bb"), version("3.0", sha256="aa"), pypi="scs/scs-2.1.1-2.tar.gz")
    assert main_source(made, "3.0").filename == "scs-3.0.tar.gz"
    assert main_source(made, "2.1.1-2").filename == "scs-2.1.1-2.tar.gz"


def test_a_package_index_needs_no_recipe_api() -> None:
    script = (
        "import sys; from outcrop.repo.sources import *; from outcrop.repo.model import *\n"
        "made = PackageModel(name='x', namespace='n', class_name='X', file='f', line=1,\n"
        "                    attributes={'pypi': 'x/x-1.0.tar.gz'})\n"
        "assert sources_for(made, '2.0', lambda wanted: True)[0].filename == 'x-2.0.tar.gz'\n"
        "assert 'outcrop.package' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("url", "project", "filename"),
    [
        ("https://index/packages/source/n/numpy/numpy-2.0.tar.gz", "numpy", "numpy-2.0.tar.gz"),
        ("https://index/packages/py3/n/numpy/numpy-2.0-py3-none-any.whl", "numpy", "numpy-2.0-py3-none-any.whl"),
        (f"https://index/packages/ab/cd/{'0' * 60}/numpy-2.0.zip#sha256=1", "numpy", "numpy-2.0.zip"),
    ],
)
def test_a_url_that_means_an_index(url: str, project: str, filename: str) -> None:
    found = main_source(model(version("2.0", sha256="aa", url=url)), "2.0")
    assert (found.kind, found.project, found.filename, found.sha256) == ("index", project, filename, "aa")
    assert found.urls == (url,)


def test_computed_urls_of_an_index() -> None:
    computed = {"2.0": ["https://index/packages/source/n/numpy/numpy-2.0.zip"]}
    found = main_source(
        model(version("2.0", sha256="aa"), pypi="numpy/numpy-1.0.tar.gz", computed_urls=computed), "2.0"
    )
    assert (found.kind, found.filename) == ("index", "numpy-2.0.zip")


@pytest.mark.parametrize(
    ("fetch", "commit", "ref"),
    [
        ({"commit": "ab"}, "ab", ""),
        ({"tag": "v1"}, "", "v1"),
        ({"branch": "main"}, "", "main"),
        ({"tag": "v1", "commit": "ab"}, "ab", "v1"),
    ],
)
def test_git(fetch: dict[str, object], commit: str, ref: str) -> None:
    found = main_source(model(version("2.0", **fetch), git="https://g.org/x.git", url=URL), "2.0")
    assert found == Source(kind="git", urls=("https://g.org/x.git",), commit=commit, ref=ref)


def test_git_of_its_own_and_submodules() -> None:
    made = model(
        version("1", commit="ab", git="https://h.org/x.git", submodules=True),
        version("2", commit="ab", computed=["submodules"]),
        version("3", commit="ab", submodules=False),
        git="https://g.org/x.git",
        submodules=True,
    )
    assert main_source(made, "1").urls == ("https://h.org/x.git",)
    assert [main_source(made, item.version).submodules for item in made.versions] == [True, True, False]


def test_git_without_a_revision() -> None:
    found = main_source(model(version("develop"), git="https://g.org/x.git"), "develop")
    assert found == Source(kind="git", urls=("https://g.org/x.git",))
    made = model(version("1.0", submodules=True), git="https://g.org/x.git", url=URL)
    assert main_source(made, "1.0").kind == "git"


def test_what_of_a_git_repository() -> None:
    made = model(
        version("1", tag="v1", submodules=["a", "b/c"], submodules_delete=["d"]),
        version("2", tag="v2", submodules=[], submodules_delete=["d"]),
        version("3", branch="main", get_full_repo=True, git_sparse_paths=["src"]),
        version("4", get_full_repo=True),
        git="https://g.org/x.git",
    )
    first, second, third, fourth = (main_source(made, item.version) for item in made.versions)
    assert (first.submodules, first.submodule_paths, first.submodules_left_out) == (True, ("a", "b/c"), ("d",))
    assert (second.submodules, second.submodule_paths, second.submodules_left_out) == (False, (), ())
    assert (third.full_history, third.sparse_paths) == (True, ("src",))
    assert (fourth.kind, fourth.ref, fourth.full_history) == ("git", "", True)


PLACES = {"svn": "https://s.org/x/trunk", "hg": "https://h.org/x", "cvs": ":pserver:a@c.org:/r%module=x"}


@pytest.mark.parametrize(
    ("attributes", "fetch", "expected"),
    [
        ("", {"svn": PLACES["svn"]}, Source(kind="svn", urls=(PLACES["svn"],))),
        ("", {"svn": PLACES["svn"], "revision": 12}, Source(kind="svn", urls=(PLACES["svn"],), ref="12")),
        ("svn", {"revision": "12"}, Source(kind="svn", urls=(PLACES["svn"],), ref="12")),
        ("svn", {}, Source(kind="svn", urls=(PLACES["svn"],))),
        ("", {"hg": PLACES["hg"]}, Source(kind="hg", urls=(PLACES["hg"],))),
        ("hg", {"revision": "v1"}, Source(kind="hg", urls=(PLACES["hg"],), ref="v1")),
        ("hg", {}, Source(kind="hg", urls=(PLACES["hg"],))),
        ("cvs", {"date": "2021-04-22"}, Source(kind="cvs", urls=(PLACES["cvs"],), date="2021-04-22")),
        (
            "cvs",
            {"branch": "old", "date": "2021-04-22"},
            Source(kind="cvs", urls=(PLACES["cvs"],), ref="old", date="2021-04-22"),
        ),
        ("cvs git", {"branch": "main"}, Source(kind="git", urls=("https://g.org/x.git",), ref="main")),
        ("git", {"hg": PLACES["hg"]}, Source(kind="hg", urls=(PLACES["hg"],))),
    ],
)
def test_other_systems(attributes: str, fetch: dict[str, object], expected: Source) -> None:
    places = PLACES | {"git": "https://g.org/x.git"}
    given: dict[str, Any] = {name: places[name] for name in attributes.split()}
    made = model(version("1.0", **fetch), **given)
    assert main_source(made, "1.0") == expected


def test_an_archive_beside_a_repository() -> None:
    made = model(version("1.0", sha256="aa"), url=URL, hg=PLACES["hg"])
    assert main_source(made, "1.0").kind == "archive"


def test_a_resource_of_another_system() -> None:
    made = model(version("1.0", sha256="aa"), url=URL)
    resources = (resource("r", svn=PLACES["svn"], revision=350726),)
    made = PackageModel(**{name: getattr(made, name) for name in made.__struct_fields__} | {"resources": resources})
    assert sources_for(made, "1.0", satisfies("x@=1.0"))[1] == Source(
        kind="svn", urls=(PLACES["svn"],), ref="350726", name="r", destination="d"
    )


def test_a_git_revision_asked_for() -> None:
    made = model(version("1.0", sha256="aa"), url=URL, git="https://g.org/x.git")
    assert main_source(made, "git.feature/y=1.0").ref == "feature/y"
    assert main_source(made, f"{'a' * 40}=1.0").commit == "a" * 40
    with pytest.raises(NoSourceError, match="no git repository"):
        main_source(model(url=URL), "git.main=1.0")


def test_other_checksums() -> None:
    found = main_source(model(version("2.0", md5="mm"), url=URL), "2.0")
    assert (found.sha256, found.checksum) == ("", "md5:mm")


def test_an_undeclared_version_has_no_checksum() -> None:
    found = main_source(model(version("1.0", sha256="aa"), url=URL), "1.7")
    assert found == Source(kind="archive", urls=("https://e.org/x-1.7.tar.gz",))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (model(version("1.0", sha256="aa")), "does not say where version 1.0 comes from"),
        (model(version("1.0", commit="ab")), "no git repository is given"),
        (model(version("1.0", revision="7")), "names a hg revision, but no hg repository is given"),
        (model(version("1.0", date="2020-01-02")), "names a cvs revision, but no cvs repository is given"),
    ],
)
def test_no_source(made: PackageModel, message: str) -> None:
    with pytest.raises(NoSourceError, match=message) as caught:
        main_source(made, "1.0")
    assert str(caught.value.place) == "first/packages/x/package.py:7"


def test_a_package_without_code_has_no_sources() -> None:
    assert sources_for(model(version("1.0"), has_code=False), "1.0", satisfies("x@=1.0")) == ()


def resource(name: str, when: str = "", placement: str | dict[str, str] = "", **fetch: object) -> ResourceDecl:
    return ResourceDecl(
        name=name,
        origin=HERE,
        destination="d",
        placement=placement,
        fetch=fetch,
        when=parse_spec(when) if when else Spec(),
    )


def test_resources_follow_the_main_source() -> None:
    made = model(version("1.0", sha256="aa"), url=URL)
    resources = (
        resource("a", url="https://r.org/a.tgz", sha256="bb", expand=False),
        resource("b", when="@2:", url="https://r.org/b.tgz", sha256="cc"),
        resource("c", placement={"p": "q"}, git="https://r.org/c.git", commit="ab"),
    )
    made = PackageModel(**{name: getattr(made, name) for name in made.__struct_fields__} | {"resources": resources})
    main, first, third = sources_for(made, "1.0", satisfies("x@=1.0"))
    assert main.urls == (URL,)
    assert first == Source(
        kind="archive", urls=("https://r.org/a.tgz",), sha256="bb", expand=False, name="a", destination="d"
    )
    assert (third.kind, third.commit, third.placement) == ("git", "ab", '{"p":"q"}')
    assert [source.name for source in sources_for(made, "2.0", satisfies("x@=2.0"))] == ["", "a", "b", "c"]


def patch(sha256: str, package: str = "first.x", when: str = "") -> PatchDecl:
    source = PatchSource(sha256=sha256, package=package, file=f"{sha256}.patch")
    return PatchDecl(source=source, origin=HERE, when=parse_spec(when) if when else Spec())


def test_patches_of_the_package() -> None:
    made = PackageModel(
        name="x",
        namespace="first",
        class_name="X",
        file="f",
        line=1,
        patches=(patch("2", "first.z"), patch("1"), patch("0", "first.a"), patch("3", when="@2:"), patch("")),
    )
    with pytest.raises(RecipeError, match="does not exist") as caught:
        patches_for(made, satisfies("x@=1.0"))
    assert str(caught.value.place) == "first/packages/x/package.py:7"
    made = PackageModel(
        **{name: getattr(made, name) for name in made.__struct_fields__} | {"patches": made.patches[:-1]}
    )
    assert [found.sha256 for found in patches_for(made, satisfies("x@=1.0"))] == ["0", "1", "2"]
    assert [found.sha256 for found in patches_for(made, satisfies("x@=2.0"))] == ["0", "1", "3", "2"]


def test_patches_for_a_dependency() -> None:
    declared = [
        DependencyDecl(
            spec=parse_spec("zlib"), origin=HERE, types=("link",), patches=(patch("1", when="@1.2"), patch("2"))
        ),
        DependencyDecl(
            spec=parse_spec("zlib"), origin=HERE, types=("link",), when=parse_spec("@9"), patches=(patch("3"),)
        ),
        DependencyDecl(spec=parse_spec("other"), origin=HERE, types=("link",), patches=(patch("4"),)),
    ]
    made = PackageModel(name="x", namespace="first", class_name="X", file="f", line=1, dependencies=tuple(declared))

    def applied(mine: str, theirs: str) -> list[str]:
        return [found.sha256 for found in patches_for_dependency(made, "zlib", satisfies(mine), satisfies(theirs))]

    assert applied("x@=1.0", "zlib@=1.2") == ["1", "2"]
    assert applied("x@=1.0", "zlib@=1.3") == ["2"]
    assert applied("x@=9.0", "zlib@=1.3") == ["2", "3"]


@pytest.mark.parametrize("wanted", ["2.0", "1.7"])
def test_versions_of_urls_that_are_known_already(wanted: str) -> None:
    other = "https://f.org/latest"
    asked = model(version("2.0"), version("1.5", url="https://e.org/x_15.zip"), urls=[URL, other])
    told = msgspec.structs.replace(asked, url_versions={URL: "1.0", other: "", "https://e.org/x_15.zip": "15"})
    assert main_source(told, wanted) == main_source(asked, wanted)
    # They are believed.
    wrong = msgspec.structs.replace(asked, url_versions={URL: "", other: ""})
    assert URL in main_source(wrong, wanted).urls
