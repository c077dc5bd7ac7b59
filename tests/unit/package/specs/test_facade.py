from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from outcrop.package import Executable, Package, Spec, Version, provides
from outcrop.package.errors import NoHeadersError, NoLibrariesError, SpackError
from outcrop.package.filesystem.filelists import HeaderList, LibraryList
from outcrop.package.specs.facade import NodeSpec
from outcrop.spec.graph import External
from support.api_world import Described, make_world


class Openblas(Package):
    provides("blas", "lapack")

    @property
    def libs(self) -> LibraryList:
        words = self.spec.last_query.extra_parameters
        return LibraryList([f"/lib/lib{word}.so" for word in words or ["openblas"]])

    @property
    def lapack_libs(self) -> LibraryList:
        return LibraryList(["/lib/liblapack.so"])


class Failing(Package):
    @property
    def libs(self) -> Any:
        return self.no_such_attribute  # type: ignore[attr-defined]

    @property
    def headers(self) -> None:
        return None


APP = {
    "app": Described(
        ["openblas:link,build:blas,lapack", "tool:build", "plugin:run", "checker:test", "gcc:build:c,cxx"],
        version="2.1",
        variants={"shared": True, "api": "v2", "langs": ("c", "b"), "build_system": "generic"},
        patches=["ab" * 32],
        flags={"cflags": ("-O2", "-g")},
    ),
    "openblas": Described(["deep:link"], version="0.3"),
    "deep": Described([]),
    "tool": Described(["toolib:link"]),
    "toolib": Described([]),
    "plugin": Described([]),
    "checker": Described([]),
    "gcc": Described(
        version="12.2.0",
        external=External(prefix="/usr", extra={"compilers": {"c": "/usr/bin/gcc"}}),
    ),
}


@pytest.fixture
def world(tmp_path: Path) -> dict[str, NodeSpec]:
    return make_world("app", APP, {"openblas": Openblas}, tmp_path)


def test_it_is_a_spec_with_the_facts_of_its_node(world: dict[str, NodeSpec]) -> None:
    app = world["app"]
    assert isinstance(app, Spec)
    assert app.concrete
    assert (app.name, app.namespace, app.fullname) == ("app", "test", "test.app")
    assert app.version == Version("2.1") and app.version.up_to(1) == Version("2")
    assert app.variants["shared"].value is True
    assert app.variants["langs"].value == ("b", "c")
    assert app.variants["patches"].value == ("ab" * 32,)
    assert [str(app.variants[name]) for name in ("shared", "api", "patches")] == [
        "+shared",
        " api=v2",
        " patches=abababa",
    ]
    assert "absent" not in app.variants and app.variants.get("absent") is None
    with pytest.raises(KeyError):
        app.variants["absent"]
    assert app.compiler_flags["cflags"] == ["-O2", "-g"]
    assert sorted(app.compiler_flags) == ["cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs"]
    assert app.target == "zen2" and app.target.family == "x86_64" and "avx2" in app.target
    assert str(app.architecture) == "linux-testos-zen2" and "testos" in app.architecture
    assert (app.platform, app.os) == ("linux", "testos")
    assert len(app.dag_hash()) == 32 and app.dag_hash(7) == app.dag_hash()[:7]


def test_flags_handed_out_are_copies(world: dict[str, NodeSpec]) -> None:
    world["app"].compiler_flags["cflags"].append("-Wall")
    assert world["app"].compiler_flags["cflags"] == ["-O2", "-g"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@2:", True),
        ("@:1", False),
        ("+shared", True),
        ("api=v2", True),
        ("langs=b", True),
        ("langs=x", False),
        ("app@2", True),
        ("other", False),
        ("^deep", True),
        ("^toolib", False),
        ("%tool", True),
        ("%deep", False),
        ("%c=gcc@12:", True),
        ("%c", True),
        ("%fortran", False),
        ("^blas", True),
        ("^[virtuals=blas] openblas", True),
        ("%pgi", False),
        ("target=x86_64:", True),
        ("platform=darwin", False),
    ],
)
def test_satisfies(world: dict[str, NodeSpec], text: str, expected: bool) -> None:
    app = world["app"]
    assert app.satisfies(text) is expected
    assert app.satisfies(Spec(text)) is expected
    assert app.intersects(text) is expected


def test_a_virtual_name_fits_what_provides_it(world: dict[str, NodeSpec]) -> None:
    assert world["openblas"].satisfies("blas")
    assert not world["openblas"].satisfies("mpi")


def test_another_node_satisfies_only_itself(world: dict[str, NodeSpec]) -> None:
    assert world["app"].satisfies(world["app"])
    assert not world["app"].satisfies(world["deep"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+shared", True),
        ("app@1", False),
        ("openblas@0.3", True),
        ("openblas@1:", False),
        ("blas", True),
        ("deep", True),
        ("toolib", False),
        ("tool", True),
        ("%gcc", True),
        ("absent", False),
    ],
)
def test_in(world: dict[str, NodeSpec], text: str, expected: bool) -> None:
    assert (text in world["app"]) is expected


def test_asking_for_dependencies(world: dict[str, NodeSpec]) -> None:
    app = world["app"]
    assert app["blas"] == world["openblas"]
    assert app["app"] == app
    assert app["deep"] == world["deep"]
    assert app["tool"]["toolib"] == world["toolib"]
    for name in ("toolib", "absent", "mpi"):
        with pytest.raises(KeyError):
            app[name]
    with pytest.raises(KeyError, match="colon"):
        app["a:b:c"]


def test_attributes_are_shared_between_the_node_and_its_views(world: dict[str, NodeSpec]) -> None:
    world["openblas"].marked = "here"  # type: ignore[attr-defined]
    view: Any = world["app"]["blas"]
    assert view.marked == "here"
    view.answer = 42
    assert world["openblas"].answer == 42  # type: ignore[attr-defined]
    assert world["openblas"].last_query.extra_parameters == []
    assert issubclass(type(view), Spec)
    assert view == world["openblas"] and hash(view) == hash(world["openblas"])
    assert view.package is world["openblas"].package


def test_views_can_be_copied(world: dict[str, NodeSpec]) -> None:
    view = copy.copy(world["app"]["blas:x"])
    assert view.last_query.extra_parameters == ["x"]
    assert pickle.loads(pickle.dumps(view.last_query)) == view.last_query


def test_words_of_a_query_are_seen_by_the_package_while_it_answers(world: dict[str, NodeSpec]) -> None:
    app = world["app"]
    assert app["openblas"].libs.names == ["openblas"]
    assert app["openblas:fortran, c"].libs.names == ["fortran", "c"]
    assert app["blas:z"].libs.names == ["z"]
    assert app["lapack:z"].libs.names == ["lapack"]
    assert world["openblas"].libs.names == ["openblas"]
    assert world["openblas"].last_query.name == "openblas"


def test_the_default_answers_look_into_the_home(world: dict[str, NodeSpec], tmp_path: Path) -> None:
    deep = world["app"]["deep"]
    with pytest.raises(NoLibrariesError, match="no libraries of deep"):
        _ = deep.libs
    with pytest.raises(NoHeadersError):
        _ = deep.headers
    with pytest.raises(RuntimeError, match="no program"):
        _ = deep.command
    (tmp_path / "deep/lib").mkdir(parents=True)
    (tmp_path / "deep/include").mkdir()
    (tmp_path / "deep/bin").mkdir()
    for name in ("lib/libdeep.so", "lib/libdeep.a", "include/deep.h", "bin/deep"):
        (tmp_path / "deep" / name).touch()
    (tmp_path / "deep/bin/deep").chmod(0o755)
    assert deep.libs == LibraryList([str(tmp_path / "deep/lib/libdeep.so")])
    assert isinstance(deep.headers, HeaderList) and deep.headers.basenames == ["deep.h"]
    assert deep.command.path == str(tmp_path / "deep/bin/deep")
    assert deep.home == deep.prefix == str(tmp_path / "deep")


def test_the_shared_variant_chooses_the_kind_of_library(tmp_path: Path) -> None:
    for shared, expected in ((True, "liba.so"), (False, "liba.a")):
        world = make_world("a", {"a": Described(variants={"shared": shared})}, prefixes=tmp_path)
        (tmp_path / "a/lib").mkdir(parents=True, exist_ok=True)
        for name in ("liba.so", "liba.a"):
            (tmp_path / "a/lib" / name).touch()
        assert world["a"].libs.basenames == [expected]


def test_a_failed_property_counts_as_absent_and_none_as_failed(tmp_path: Path) -> None:
    world = make_world("f", {"f": Described()}, {"f": Failing}, tmp_path)
    with pytest.raises(NoLibrariesError):
        _ = world["f"].libs
    with pytest.raises(AttributeError, match="no headers as asked"):
        _ = world["f"].headers


def test_dependencies_and_edges(world: dict[str, NodeSpec]) -> None:
    app = world["app"]
    assert [node.name for node in app.dependencies()] == ["checker", "gcc", "openblas", "plugin", "tool"]
    assert [node.name for node in app.dependencies(deptype=("link", "run"))] == ["openblas", "plugin"]
    assert [node.name for node in app.dependencies("tool", "build")] == ["tool"]
    assert app.dependencies("absent") == []
    assert [node.name for node in app.dependencies(virtuals="blas")] == ["openblas"]
    (edge,) = app.edges_to_dependencies("gcc")
    assert (edge.parent, edge.spec, edge.virtuals, edge.types) == (app, world["gcc"], ("c", "cxx"), ("build",))
    assert edge.depflag == 4
    assert app.has_virtual_dependency("cxx") and not app.has_virtual_dependency("fortran")
    assert [node.name for node in world["deep"].dependents()] == ["openblas"]


def test_traverse(world: dict[str, NodeSpec]) -> None:
    def names(**options: Any) -> list[str]:
        return [node.name for node in world["app"].traverse(**options)]

    assert names() == ["app", "checker", "gcc", "openblas", "deep", "plugin", "tool", "toolib"]
    assert names(root=False, deptype="link") == ["openblas", "deep"]
    assert names(order="post", deptype=("link", "build")) == ["gcc", "deep", "openblas", "toolib", "tool", "app"]
    assert names(order="breadth")[-2:] == ["deep", "toolib"]
    order = names(order="topo")
    assert order.index("openblas") < order.index("deep") and order[0] == "app"
    assert [(depth, node.name) for depth, node in world["app"].traverse(depth=True, deptype="link")] == [
        (0, "app"),
        (1, "openblas"),
        (2, "deep"),
    ]


def test_cover_and_direction() -> None:
    world = make_world("a", {"a": Described(["b:link", "c:link"]), "b": Described(["c:link"]), "c": Described()})
    walk = world["a"].traverse
    assert [node.name for node in walk(cover="edges")] == ["a", "b", "c", "c"]
    assert [node.name for node in world["c"].traverse(direction="parents")] == ["c", "a", "b"]


def test_format_and_text(world: dict[str, NodeSpec]) -> None:
    app = world["app"]
    assert app.format("{name}{@version}") == "app@2.1"
    assert app.format("{prefix}") == str(app.prefix)
    assert app.format("{^blas.name}") == "openblas"
    assert str(app).startswith("app@2.1")
    assert "    openblas" in app.tree()


def test_externals(world: dict[str, NodeSpec]) -> None:
    gcc = world["gcc"]
    assert gcc.external and gcc.external_path == "/usr" and gcc.prefix == "/usr"
    assert gcc.extra_attributes["compilers"]["c"] == "/usr/bin/gcc"
    assert not world["app"].external and world["app"].external_path is None


def test_the_old_compiler_views(world: dict[str, NodeSpec]) -> None:
    assert str(world["app"].compiler) == "gcc@=12.2.0"
    assert not hasattr(world["deep"], "compiler")


def test_a_node_cannot_be_narrowed(world: dict[str, NodeSpec]) -> None:
    assert world["app"].constrain("+shared") is False
    with pytest.raises(SpackError, match="does not satisfy"):
        world["app"].constrain("~shared")


def test_prefix_can_be_set_by_recipes(world: dict[str, NodeSpec]) -> None:
    world["app"]["deep"].prefix = "/elsewhere"
    assert world["deep"].prefix.lib == "/elsewhere/lib"


class Python(Package):
    @property
    def command(self) -> Executable:
        return Executable(f"{self.prefix}/bin/python3.11")

    @property
    def libs(self) -> LibraryList:
        return LibraryList([f"{self.prefix}/lib/libpython.so"])


class PythonVenv(Package):
    @property
    def command(self) -> Executable:
        return Executable(f"{self.prefix}/bin/python3")


CLASSES: dict[str, type[Package]] = {"python": Python, "python-venv": PythonVenv}


def test_p06_the_interpreter_belongs_to_whoever_asks() -> None:
    world = make_world(
        "own",
        {
            "own": Described(["python:build,run", "venv:build,run", "linked:link", "alone:link", "other:build"]),
            "linked": Described(["python:link", "pyext:link,run"]),
            "pyext": Described(["python:build,run", "venv:build,run"]),
            "alone": Described(["python:link"]),
            "other": Described(["python:build", "pyother:run"]),
            "pyother": Described(["python2:build,run", "venv2:build,run"]),
            "python": Described(version="3.11.2"),
            "python2": Described(version="3.13.0", name="python"),
            "venv": Described(["python:build,run"], name="python-venv"),
            "venv2": Described(["python2:build,run"], name="python-venv"),
        },
        CLASSES,
    )

    def interpreter(asking: str) -> str:
        return str(world[asking]["python"].command.path)

    assert interpreter("own") == "/opt/venv/bin/python3"
    assert interpreter("linked") == "/opt/venv/bin/python3"
    assert interpreter("alone") == "/opt/python/bin/python3.11"
    assert interpreter("other") == "/opt/python/bin/python3.11"
    assert interpreter("pyother") == "/opt/venv2/bin/python3"
    assert interpreter("venv") == "/opt/python/bin/python3.11"
    assert interpreter("python") == "/opt/python/bin/python3.11"


def test_p06_everything_else_stays_the_base_pythons() -> None:
    world = make_world(
        "app",
        {
            "app": Described(["python:build,run", "venv:build,run"]),
            "python": Described(version="3.11.2"),
            "venv": Described(["python:build,run"], name="python-venv"),
        },
        CLASSES,
    )
    python = world["app"]["python"]
    assert python.prefix == python.home == "/opt/python"
    assert python.libs == LibraryList(["/opt/python/lib/libpython.so"])
    assert python.package.command.path == "/opt/python/bin/python3.11"
    assert world["app"].dependencies("python")[0].command.path == "/opt/python/bin/python3.11"
