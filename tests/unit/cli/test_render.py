from outcrop.cli.output import Output
from outcrop.cli.render import TreeRenderer, dot_lines, graph_record, node_text
from outcrop.spec.graph import Node
from support.graphs import make_graph


def _graph_lines(**options: bool) -> list[str]:
    graph = make_graph(
        {"app": ["lib:link,run", "tool:build"], "lib": ["deep:link"], "tool": ["lib:link"], "deep": []},
        externals={"deep": "/usr"},
    )
    names = {key: node.name for key, node in graph.nodes.items()}
    renderer = TreeRenderer(
        graph, Output(colour="never"), installed=lambda key: names[key] == "lib", hashes=False, **options
    )
    return renderer.lines(graph.roots)


def test_marks_types_and_repetitions() -> None:
    assert _graph_lines(types=True) == [
        " -   [    ]  app@1.0",
        "[+]  [lr  ]      ^lib@1.0",
        "[e]  [l   ]          ^deep@1.0  /usr",
        " -   [  b ]      ^tool@1.0",
        "[+]  [l   ]          ^lib@1.0  (see above)",
    ]


def test_a_node_in_words() -> None:
    node = Node(
        name="a",
        namespace="n",
        version="1",
        platform="linux",
        os="o",
        target="t",
        variants={"x": True, "y": False, "z": ("p", "q"), "m": "v", "build_system": "generic"},
    )
    assert node_text(node) == "a@1+x~y m=v z=p,q"
    assert node_text(node, variants=False) == "a@1"


def test_a_graph_as_a_record_and_as_dot() -> None:
    graph = make_graph({"app": ["lib:build"], "lib": []})
    record = graph_record(graph, graph.roots)
    assert record["roots"] == list(graph.roots)
    nodes = record["nodes"]
    assert isinstance(nodes, dict) and {node["name"] for node in nodes.values()} == {"app", "lib"}
    text = "\n".join(dot_lines(graph))
    assert text.startswith("digraph") and "style=dashed" in text
