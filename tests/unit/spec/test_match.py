"""Specs against nodes of a concrete graph."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from outcrop.spec import (
    Spec,
    VersionList,
    matching_dependency,
    matching_nodes,
    node_satisfies,
    parse_spec,
    parse_versions,
)
from outcrop.spec.format import node_to_spec_text
from outcrop.spec.graph import DependencyType, Draft, DraftEdge, Graph, Node, PatchSource, VariantAnswer, seal_graph


def _draft(name: str, version: str, variants: Mapping[str, VariantAnswer] = {}, *edges: DraftEdge) -> Draft:
    node = Node(
        name=name,
        namespace="core",
        version=version,
        platform="linux",
        os="debian12",
        target="zen2",
        variants=dict(variants),
        flags={"cflags": ("-O2", "-g")} if name == "app" else {},
        patches=(PatchSource(sha256="abcd" * 16, package="app"),) if name == "app" else (),
    )
    return Draft(node=node, edges=list(edges))


def test_a_virtual_is_carried_by_the_edge() -> None:
    """gcc provides C++ as well, but to a package of C it is no C++ compiler."""
    drafts = {"gcc": _draft("gcc", "12"), "app": _draft("app", "1", {}, _edge("gcc", "build", virtuals=("c",)))}
    graph = seal_graph(drafts, ["app"])

    def provides(node: Node) -> Mapping[str, VersionList]:
        return dict.fromkeys(("c", "cxx"), parse_versions(":")) if node.name == "gcc" else {}

    def fits(text: str) -> bool:
        return node_satisfies(graph, graph.roots[0], parse_spec(text), provides=provides)

    assert fits("%c") and fits("^c") and fits("%[virtuals=c] gcc")
    assert not fits("%cxx") and not fits("^cxx")


def _edge(target: str, *types: DependencyType, virtuals: tuple[str, ...] = ()) -> DraftEdge:
    return DraftEdge(target=target, types=types, virtuals=virtuals)


@pytest.fixture(scope="module")
def graph() -> Graph:
    drafts = {
        "app": _draft(
            "app",
            "2.1",
            {"shared": True, "doc": False, "languages": ("c", "c++"), "build_type": "Release"},
            _edge("gcc", "build", virtuals=("c", "cxx")),
            _edge("hdf5", "link"),
            _edge("cmake", "build"),
        ),
        "hdf5": _draft(
            "hdf5", "1.14.3", {"mpi": True}, _edge("openmpi", "link", virtuals=("mpi",)), _edge("perl", "build")
        ),
        "openmpi": _draft("openmpi", "4.1.6", {}, _edge("gcc", "build", virtuals=("c",)), _edge("zlib", "link", "run")),
        "cmake": _draft("cmake", "3.27.9", {}, _edge("curl", "link")),
        "gcc": _draft("gcc", "12.2.0", {"languages": ("c", "c++", "fortran")}),
        "curl": _draft("curl", "8.0"),
        "perl": _draft("perl", "5.38"),
        "zlib": _draft("zlib", "1.3"),
    }
    return seal_graph(drafts, ["app"])


def provides(node: Node) -> Mapping[str, VersionList]:
    return {"mpi": parse_versions("3.0:3.1")} if node.name == "openmpi" else {}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", True),
        ("app", True),
        ("core.app", True),
        ("builtin.app", False),
        ("lib", False),
        ("app@2", True),
        ("@2.1:", True),
        ("@=2.1", True),
        ("@=2", False),
        ("@:2.0", False),
        ("+shared", True),
        ("~shared", False),
        ("shared=true", True),
        ("shared=*", True),
        ("~doc", True),
        ("+nothing", False),
        ("~nothing", False),
        ("nothing=*", False),
        ("languages=c", True),
        ("languages=c,c++", True),
        ("languages=c,fortran", False),
        ("languages:=c", False),
        ("languages:=c++,c", True),
        ("build_type=Release", True),
        ("build_type:=Release", True),
        ("build_type=Debug", False),
        ("patches=abcdab", True),
        ("patches=*", True),
        ("patches=ffff", False),
        ("cflags=-g", True),
        ("cflags=-O3", False),
        ("cxxflags=-g", False),
        ("platform=linux", True),
        ("platform=darwin", False),
        ("os=debian12 target=zen2", True),
        ("target=x86_64:", True),
        ("target=:zen2", True),
        ("target=zen3:", False),
        ("arch=linux-debian12-zen2", True),
        ("%gcc", True),
        ("%gcc@12:", True),
        ("%gcc@13:", False),
        ("%c", True),
        ("%c=gcc@12", True),
        ("%c,cxx=gcc", True),
        ("%fortran=gcc", False),
        ("%fortran", False),
        ("%[virtuals=c] gcc", True),
        ("%[deptypes=build] gcc", True),
        ("%[deptypes=link] gcc", False),
        ("%c=clang", False),
        ("%pgi", False),
        ("%openmpi", False),
        ("%hdf5+mpi", True),
        ("%hdf5~mpi", False),
        ("^hdf5@1.14", True),
        ("^openmpi", True),
        ("^mpi", True),
        ("^mpi=openmpi@4", True),
        ("^[virtuals=mpi] openmpi", True),
        ("^[virtuals=mpi] mpich", False),
        ("^[virtuals=blas] openmpi", False),
        ("^zlib", True),
        ("^[deptypes=run,link] zlib", True),
        ("^cmake@3", True),
        ("^curl", False),
        ("^perl", False),
        ("^hdf5 %openmpi", True),
        ("^hdf5 %perl", True),
        ("^openmpi %c=gcc", True),
        ("^openmpi %cxx=gcc", False),
        ("^*+mpi", True),
        ("%*@99", False),
        ("%[when=+shared] gcc@13", False),
        ("%[when=~shared] gcc@13", True),
        ("%[when='^openmpi'] gcc@12", True),
        ("%gcc +shared", False),
        ("+shared %gcc ^mpi@3:", True),
        ("^mpi@4:", False),
        ("mpi", False),
    ],
)
def test_root(graph: Graph, text: str, answer: bool) -> None:
    assert node_satisfies(graph, graph.roots[0], parse_spec(text), provides=provides) is answer


def test_virtual_names_of_the_node_itself(graph: Graph) -> None:
    (openmpi,) = graph.find("openmpi")
    assert node_satisfies(graph, openmpi, parse_spec("mpi@3.1:"), provides=provides)
    assert not node_satisfies(graph, openmpi, parse_spec("mpi@4:"), provides=provides)
    assert not node_satisfies(graph, openmpi, parse_spec("mpi"))


def test_versions_of_virtuals_need_to_be_known(graph: Graph) -> None:
    assert node_satisfies(graph, graph.roots[0], parse_spec("^mpi"))
    assert not node_satisfies(graph, graph.roots[0], parse_spec("^mpi@3"))


def test_hash(graph: Graph) -> None:
    root = graph.roots[0]
    assert node_satisfies(graph, root, Spec(hash=root))
    assert node_satisfies(graph, root, Spec(name="app", hash=root[:5]))
    assert not node_satisfies(graph, root, Spec(hash="zzzz"))


def test_git_versions() -> None:
    graph = seal_graph({"p": _draft("p", "git.main=2.5")}, ["p"])
    for text, answer in (
        ("@2:", True),
        ("@git.main", True),
        ("@git.main=2.5", True),
        ("@=2.5", False),
        ("@git.dev", False),
    ):
        assert node_satisfies(graph, graph.roots[0], parse_spec(text)) is answer


def test_matching_dependency(graph: Graph) -> None:
    (wanted,) = parse_spec("^mpi=openmpi").edges
    edge = matching_dependency(graph, graph.roots[0], wanted)
    assert edge is not None
    assert graph[edge.hash].name == "openmpi"
    (wanted,) = parse_spec("%openmpi").edges
    assert matching_dependency(graph, graph.roots[0], wanted) is None


def test_matching_nodes(graph: Graph) -> None:
    assert [graph[key].name for key in matching_nodes(graph, parse_spec("%gcc"))] == ["app", "openmpi"]
    assert [graph[key].name for key in matching_nodes(graph, parse_spec("@5:"))] == ["curl", "gcc", "perl"]


def test_every_node_fits_its_own_text(graph: Graph) -> None:
    for key in graph.nodes:
        spec = parse_spec(node_to_spec_text(graph, key, exact=True))
        assert matching_nodes(graph, spec) == [key]


@pytest.mark.parametrize(
    "weaker", ["app", "@2", "%gcc", "+shared", "^mpi", "languages=c", "cflags=-g", "%c=gcc", "target=x86_64:"]
)
@pytest.mark.parametrize(
    "text", ["app@2.1+shared languages=c cflags=-g target=zen2 %c=gcc@12 ^mpi=openmpi", "app@=2.1 ^mpi"]
)
def test_abstract_and_concrete_agree(graph: Graph, text: str, weaker: str) -> None:
    stronger = parse_spec(text)
    assert node_satisfies(graph, graph.roots[0], stronger)
    if stronger.satisfies(parse_spec(weaker)):
        assert node_satisfies(graph, graph.roots[0], parse_spec(weaker))
    assert stronger.intersects(parse_spec(weaker))


def test_lines_of_targets() -> None:
    drafts = {"b": _draft("b", "1"), "a": _draft("a", "1", {}, _edge("b", "link"))}
    graph = seal_graph(drafts, ["a"])
    lines = {"zen2": ("ours",), "ours": ()}
    for text in ("target=ours:", "^b target=ours:", "^[when='target=ours:'] b"):
        assert node_satisfies(graph, graph.roots[0], parse_spec(text), lines=lines)
    for text in ("target=ours:", "^b target=ours:"):
        assert not node_satisfies(graph, graph.roots[0], parse_spec(text))
