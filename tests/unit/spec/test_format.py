"""Nodes as text."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outcrop.spec import NodeFormatError, format_node, node_to_spec_text
from outcrop.spec.graph import Draft, DraftEdge, External, Graph, Node, seal_graph


@pytest.fixture(scope="module")
def graph() -> Graph:
    bare = Node(name="", namespace="core", version="", platform="linux", os="debian12", target="zen2")
    drafts = {
        "app": Draft(
            node=replace(
                bare,
                name="app",
                version="2.1",
                variants={"shared": True, "doc": False, "languages": ("c", "c++"), "kind": "a b"},
                flags={"cflags": ("-O2", "-g"), "ldflags": ()},
            ),
            edges=[
                DraftEdge(target="llvm", types=("build",), virtuals=("c", "cxx")),
                DraftEdge(target="gcc", types=("build",), virtuals=("fortran",)),
                DraftEdge(target="openmpi", types=("link",), virtuals=("mpi",)),
            ],
        ),
        "llvm": Draft(node=replace(bare, name="llvm", version="15.0.6")),
        "gcc": Draft(node=replace(bare, name="gcc", version="12.2.0", external=External(prefix="/usr"))),
        "openmpi": Draft(node=replace(bare, name="openmpi", version="4.1")),
    }
    return seal_graph(drafts, ["app"])


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("{name}{@version}", "app@2.1"),
        ("{name}{version}", "app2.1"),
        ("{NAME} {Version}", "app 2.1"),
        ("{name}{@versions}", "app@2.1"),
        ("{name}{@version} {variants.languages}", "app@2.1 languages=c,c++"),
        ("{variants.shared}{variants.doc}{variants.none}", "+shared~doc"),
        ("{variants}", '~doc+shared kind="a b" languages=c,c++'),
        ("{compiler_flags}", ' cflags="-O2 -g"'),
        ("{compiler_flags.cflags}", "-O2 -g"),
        ("{name}{%compiler}", "app%clang@15.0.6"),
        ("{compiler.name} {compiler.version}", "clang 15.0.6"),
        ("{compilers}", " %c,cxx=llvm@15.0.6 %fortran=gcc@12.2.0"),
        ("{architecture}", "linux-debian12-zen2"),
        ("{arch.os}/{architecture.target}/{platform}", "debian12/zen2/linux"),
        ("{name}{ arch=architecture}", "app arch=linux-debian12-zen2"),
        ("{name}{ target=architecture.target}", "app target=zen2"),
        ("{namespace}:{fullname}{ namespace=namespace}", "core:core.app namespace=core"),
        ("{^mpi.name}{^mpi.version}", "openmpi4.1"),
        ("{^gcc.prefix}", "/usr"),
        ("{^nothing.name}", ""),
        ("{prefix}", "/store/app"),
        ("{spack_root}", "/root"),
        (r"\{name\}\\{name}\n", r"{name}\app\n"),
    ],
)
def test_fields(graph: Graph, template: str, text: str) -> None:
    shown = format_node(graph, graph.roots[0], template, prefixes=lambda key, node: f"/store/{node.name}", root="/root")
    assert shown == text


def test_hash(graph: Graph) -> None:
    root = graph.roots[0]
    assert format_node(graph, root, "{name}{/hash:7}") == f"app/{root[:7]}"
    assert format_node(graph, root, "{hash}") == root
    assert format_node(graph, root, "{/dag_hash:3}") == f"/{root[:3]}"


def test_nothing_to_say(graph: Graph) -> None:
    (llvm,) = graph.find("llvm")
    assert format_node(graph, llvm, "{name}{variants}{compiler_flags}{compilers}") == "llvm"
    assert format_node(graph, llvm, "{compiler}") == "none"
    assert format_node(graph, llvm, "{prefix}") == ""


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{name", "not closed"),
        ("{name{version}}", "not closed"),
        ("name}", "no '{' was opened"),
        ("{}", "not a field"),
        ("{_nodes}", "private"),
        ("{variants._x}", "private"),
        ("{nonsense}", "no field"),
        ("{architecture.cpu}", "no field"),
        ("{compiler.path}", "no field"),
        ("{name.x}", "no field"),
        ("{@name}", "cannot stand before"),
        ("{%version}", "cannot stand before"),
        ("{/name}", "cannot stand before"),
        ("{name:7}", "only a hash"),
        ("{na me}", "not a field"),
    ],
)
def test_malformed(graph: Graph, template: str, message: str) -> None:
    with pytest.raises(NodeFormatError, match=message) as caught:
        format_node(graph, graph.roots[0], template)
    assert caught.value.details[0] == template


def test_node_to_spec_text(graph: Graph) -> None:
    assert node_to_spec_text(graph, graph.roots[0]) == (
        'app@2.1~doc+shared kind="a b" languages=c,c++ cflags="-O2 -g" arch=linux-debian12-zen2'
    )
    (llvm,) = graph.find("llvm")
    assert node_to_spec_text(graph, llvm, exact=True, architecture=False) == "llvm@=15.0.6"
