"""The concrete graph: golden node hashes, walks, sealing.

A changed golden hash means that every store and every lock file is stale: raise ``NODE_HASH_SCHEMA`` and accept with
``.venv/bin/python tests/unit/spec/test_graph.py > tests/unit/spec/golden_hashes.json``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from outcrop.base.errors import RequestError
from outcrop.spec.graph import (
    NODE_HASH_SCHEMA,
    Draft,
    DraftEdge,
    Edge,
    External,
    Graph,
    Node,
    PatchSource,
    Source,
    node_hash,
    seal_graph,
    short,
)

GOLDEN = Path(__file__).with_name("golden_hashes.json")

BARE = Node(name="zlib", namespace="core", version="1.3.1", platform="linux", os="debian12", target="x86_64")
ARCHIVE = Source(kind="archive", sha256="ab" * 32, urls=("https://example.org/zlib-1.3.1.tar.gz",))
INDEX = Source(kind="index", sha256="cd" * 32, project="pip", filename="pip-23.1.2-py3-none-any.whl", expand=False)
COMMIT = Source(kind="git", commit="12" * 20, urls=("https://example.org/zlib.git",), submodules=True)
BRANCH = Source(kind="git", ref="main", urls=("https://example.org/zlib.git",))
PATCH = PatchSource(sha256="ef" * 32, package="zlib", file="fix.patch")
LINK = Edge(hash="a" * 32, types=("link",))
BUILD = Edge(hash="b" * 32, types=("build",), virtuals=("c", "cxx"))
PYTHON = External(
    prefix="/usr", executable="/usr/bin/python3.11", abi="3.11 cpython-311-x86_64-linux-gnu", extra={"found": "python3"}
)
GCC = External(prefix="/usr", executable="/usr/bin/gcc-12", extra={"compilers": {"c": "/usr/bin/gcc-12"}})

NODES: dict[str, Node] = {
    "bare": BARE,
    "other name": replace(BARE, name="zlib-ng"),
    "other namespace": replace(BARE, namespace="builtin"),
    "other version": replace(BARE, version="1.3.2"),
    "git version": replace(BARE, version="git.main=1.3.1"),
    "other platform": replace(BARE, platform="darwin"),
    "other os": replace(BARE, os="rhel9"),
    "other target": replace(BARE, target="zen2"),
    "true variant": replace(BARE, variants={"shared": True}),
    "false variant": replace(BARE, variants={"shared": False}),
    "word variant": replace(BARE, variants={"shared": "true"}),
    "single variant": replace(BARE, variants={"build_system": "makefile"}),
    "multi variant": replace(BARE, variants={"languages": ("c", "cxx")}),
    "many variants": replace(BARE, variants={"z": True, "a": "x", "m": ("p", "q")}),
    "flags": replace(BARE, flags={"cflags": ("-O2", "-g"), "ldflags": ("-s",)}),
    "flags in another order": replace(BARE, flags={"cflags": ("-g", "-O2"), "ldflags": ("-s",)}),
    "recipe": replace(BARE, recipe="q" * 32),
    "archive": replace(BARE, sources=(ARCHIVE,)),
    "index file": replace(BARE, sources=(INDEX,)),
    "commit": replace(BARE, sources=(COMMIT,)),
    "branch": replace(BARE, sources=(BRANCH,)),
    "resource": replace(BARE, sources=(ARCHIVE, replace(ARCHIVE, name="data", destination="share", placement="d"))),
    "patch": replace(BARE, patches=(PATCH,)),
    "patch at another level": replace(BARE, patches=(replace(PATCH, level=0, working_dir="src", reverse=True),)),
    "two patches": replace(BARE, patches=(PATCH, replace(PATCH, sha256="01" * 32))),
    "link edge": replace(BARE, edges=(LINK,)),
    "virtual edge": replace(BARE, edges=(BUILD,)),
    "edges of every type": replace(
        BARE, edges=(LINK, BUILD, Edge(hash="c" * 32, types=("link", "run", "build", "test")))
    ),
    "external": replace(BARE, name="gcc", version="12.2.0", external=GCC),
    "external with abi": replace(BARE, name="python", version="3.11.2", external=PYTHON),
}


def test_golden_hashes() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert golden == hashes()
    assert len(set(golden["hashes"].values())) == len(NODES) == 30


def hashes() -> dict[str, object]:
    return {"schema": NODE_HASH_SCHEMA, "hashes": {name: node_hash(node) for name, node in NODES.items()}}


@pytest.mark.parametrize(
    ("node", "same"),
    [
        (NODES["many variants"], replace(BARE, variants={"m": ("p", "q"), "a": "x", "z": True})),
        (NODES["archive"], replace(BARE, sources=(replace(ARCHIVE, urls=("https://mirror.example.org/z.tar.gz",)),))),
        (
            NODES["patch"],
            replace(BARE, patches=(replace(PATCH, package="other", file="x", url="https://example.org/p"),)),
        ),
        (NODES["virtual edge"], replace(NODES["virtual edge"], edges=(replace(BUILD, virtuals=("c", "cxx")),))),
        (NODES["external"], replace(NODES["external"], os="debian13", target="zen2", external=replace(GCC, extra={}))),
        (NODES["external with abi"], replace(NODES["external with abi"], version="3.11.9")),
    ],
)
def test_what_a_hash_does_not_cover(node: Node, same: Node) -> None:
    assert node_hash(node) == node_hash(same)


@pytest.mark.parametrize(
    "other",
    [
        replace(NODES["external"], version="12.3.0"),
        replace(NODES["external"], external=replace(GCC, prefix="/opt")),
        replace(NODES["external with abi"], external=replace(PYTHON, abi="3.12 cpython-312-x86_64-linux-gnu")),
        replace(NODES["virtual edge"], edges=(replace(BUILD, virtuals=("c",)),)),
        replace(NODES["virtual edge"], edges=(replace(BUILD, types=("build", "test")),)),
        *(
            replace(BARE, sources=(replace(source, **change),))
            for source in (COMMIT, BRANCH)
            for change in (
                {"kind": "hg"},
                {"date": "2021-04-22"},
                {"submodule_paths": ("a",)},
                {"submodules_left_out": ("a",)},
                {"full_history": True},
                {"sparse_paths": ("a",)},
            )
        ),
    ],
)
def test_what_a_hash_covers(other: Node) -> None:
    assert node_hash(other) not in {node_hash(node) for node in NODES.values()}


def test_hash_survives_a_file() -> None:
    for node in NODES.values():
        assert node_hash(msgspec.json.decode(msgspec.json.encode(node), type=Node)) == node_hash(node)


def _draft(name: str, *edges: str) -> Draft:
    """``edges`` are ``name:types``."""
    found = []
    for edge in edges:
        target, _, types = edge.partition(":")
        found.append(msgspec.convert({"target": target, "types": types.split(",")}, DraftEdge))
    return Draft(node=replace(BARE, name=name), edges=found)


@pytest.fixture
def graph() -> Graph:
    """app links lib, is built with tool; lib links base and is built with tool, tool runs helper; other uses base."""
    drafts = {
        "app": _draft("app", "lib:link", "tool:build"),
        "lib": _draft("lib", "base:link,run", "tool:build", "generator:build"),
        "tool": _draft("tool", "helper:run"),
        "helper": _draft("helper"),
        "base": _draft("base"),
        "generator": _draft("generator"),
        "other": _draft("other", "base:test"),
    }
    return seal_graph(drafts, ["app", "other"])


def _key(graph: Graph, name: str) -> str:
    (key,) = graph.find(name)
    return key


def _names(graph: Graph, keys: list[str]) -> list[str]:
    return [graph[key].name for key in keys]


def test_seal_graph(graph: Graph) -> None:
    assert len(graph) == 7
    assert _names(graph, list(graph.roots)) == ["app", "other"]
    for key, node in graph.nodes.items():
        assert node_hash(node) == key
        assert list(node.edges) == sorted(node.edges, key=lambda edge: (edge.hash, edge.types))
    assert _key(graph, "app") in graph
    assert "x" not in graph
    assert short(_key(graph, "app")) == _key(graph, "app")[:7]


def test_sealing_does_not_depend_on_the_order_of_edges() -> None:
    one = seal_graph({"a": _draft("a", "b:link", "c:run,build"), "b": _draft("b"), "c": _draft("c")}, ["a"])
    two = seal_graph({"c": _draft("c"), "a": _draft("a", "c:build,run", "b:link"), "b": _draft("b")}, ["a"])
    assert one.roots == two.roots
    assert one.nodes == two.nodes


def test_drafts_that_nobody_reaches_are_left_out() -> None:
    assert len(seal_graph({"a": _draft("a"), "b": _draft("b")}, ["a"])) == 1


def test_equal_drafts_become_one_node() -> None:
    graph = seal_graph({"a": _draft("a", "b0:link", "b1:build"), "b0": _draft("b"), "b1": _draft("b")}, ["a"])
    assert len(graph) == 2
    (united,) = graph.direct(graph.roots[0]).values()
    assert united.types == ("link", "build")


def test_a_circle_is_refused() -> None:
    drafts = {"a": _draft("a", "b:link"), "b": _draft("b", "c:run"), "c": _draft("c", "b:build")}
    with pytest.raises(RequestError, match="in a circle: b -> c -> b") as caught:
        seal_graph(drafts, ["a"])
    assert caught.value.code == "dependency-cycle"


def test_a_graph_is_closed() -> None:
    with pytest.raises(ValueError, match="is not in the graph"):
        Graph({"k": replace(BARE, edges=(LINK,))}, ["k"])
    with pytest.raises(ValueError, match="root r is not in the graph"):
        Graph({"k": BARE}, ["r"])


def test_closure(graph: Graph) -> None:
    app = _key(graph, "app")
    assert _names(graph, graph.closure([app])) == ["app", "lib", "tool", "helper", "generator", "base"]
    assert _names(graph, graph.closure([app], ("link", "run"))) == ["app", "lib", "base"]
    assert _names(graph, graph.closure([app], ("link",), include_start=False)) == ["lib", "base"]
    assert graph.closure([]) == []
    assert len(graph.closure([app, app, _key(graph, "lib")])) == 6


def test_closure_has_dependents_first(graph: Graph) -> None:
    order = graph.closure(graph.roots)
    assert len(order) == len(set(order)) == len(graph)
    place = {key: index for index, key in enumerate(order)}
    assert all(place[key] < place[edge.hash] for key, node in graph.nodes.items() for edge in node.edges)


def test_topological(graph: Graph) -> None:
    order = graph.topological()
    assert sorted(order) == sorted(graph.nodes)
    place = {key: index for index, key in enumerate(order)}
    assert all(place[edge.hash] < place[key] for key, node in graph.nodes.items() for edge in node.edges)
    shuffled = Graph({key: graph[key] for key in reversed(list(graph.nodes))}, graph.roots)
    assert shuffled.topological() == order


def test_dependencies_and_dependents(graph: Graph) -> None:
    lib, base = _key(graph, "lib"), _key(graph, "base")
    assert [node.name for _, node in graph.dependencies(lib)] == ["base", "generator", "tool"]
    assert [node.name for _, node in graph.dependencies(lib, ("run",))] == ["base"]
    assert [(edge.types, node.name) for edge, _, node in graph.dependents(base)] == [
        (("link", "run"), "lib"),
        (("test",), "other"),
    ]
    assert [graph[parent].name for _, parent, _ in graph.dependents(base, ("test",))] == ["other"]


def test_visible(graph: Graph) -> None:
    seen = graph.visible(_key(graph, "app"))
    # helper is needed by a build dependency only, generator by a dependency's build only.
    assert {graph[key].name for key in seen} == {"lib", "tool", "base"}
    assert seen[_key(graph, "base")].types == ("link", "run")


def test_find_dependency(graph: Graph) -> None:
    app = _key(graph, "app")
    assert graph.find_dependency(app, "app") == app
    assert graph.find_dependency(app, "base") == _key(graph, "base")
    assert graph.find_dependency(app, "tool") == _key(graph, "tool")
    assert graph.find_dependency(app, "helper") is None
    assert graph.find_dependency(app, "generator") is None


def test_build_dependencies_are_found_before_others() -> None:
    drafts = {
        "a": _draft("a", "new:build", "lib:link"),
        "lib": _draft("lib", "old:link"),
        "new": _draft("p"),
        "old": _draft("p"),
    }
    drafts["new"].node = replace(drafts["new"].node, version="2")
    graph = seal_graph(drafts, ["a"])
    found = graph.find_dependency(graph.roots[0], "p")
    assert found is not None
    assert graph[found].version == "2"


def test_find_and_subgraph(graph: Graph) -> None:
    lib = _key(graph, "lib")
    assert graph.find("nothing") == []
    below = graph.subgraph([lib, lib])
    assert below.roots == (lib,)
    assert {node.name for node in below.nodes.values()} == {"lib", "base", "tool", "helper", "generator"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(hashes(), indent=2) + "\n")
