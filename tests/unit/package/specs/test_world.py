"""Which program runs Python for a package: the rule that stands in one place."""

from outcrop.package.specs.world import interpreter_node
from outcrop.spec.graph import Graph
from support.graphs import make_graph


def _name(graph: Graph, asking: str) -> str | None:
    found = interpreter_node(graph, graph.find(asking)[0])
    return graph[found].name if found is not None else None


def test_the_venv_that_a_package_depends_on_itself() -> None:
    graph = make_graph(
        {"app": ["python-venv:build,run", "python:build,run"], "python-venv": ["python:build,run"], "python": []}
    )
    assert _name(graph, "app") == "python-venv"
    assert _name(graph, "python-venv") is None, "it is made with the base Python"
    assert _name(graph, "python") is None


def test_else_the_one_in_its_run_closure() -> None:
    graph = make_graph(
        {
            "app": ["py-x:run", "python:build"],
            "py-x": ["python-venv:build,run"],
            "python-venv": ["python:build,run"],
            "python": [],
        }
    )
    assert _name(graph, "app") == "python-venv"


def test_not_one_that_only_a_build_tool_stands_on() -> None:
    graph = make_graph(
        {
            "app": ["tool:build", "python:build"],
            "tool": ["python-venv:run"],
            "python-venv": ["python:run"],
            "python": [],
        }
    )
    assert _name(graph, "app") is None


def test_one_on_the_same_python_before_others() -> None:
    graph = make_graph(
        {
            "app": ["py-a:run", "py-b:run"],
            "py-a": ["old-venv:run"],
            "py-b": ["new-venv:run"],
            "old-venv": ["old:run"],
            "new-venv": ["new:run"],
            "old": [],
            "new": [],
        },
        names={"old-venv": "python-venv", "new-venv": "python-venv", "old": "python", "new": "python"},
        externals={"old": "/old", "new": "/new"},
    )
    for prefix in ("/old", "/new"):
        python = next(key for key, node in graph.nodes.items() if node.external and node.external.prefix == prefix)
        found = interpreter_node(graph, graph.find("app")[0], python)
        assert found is not None and python in {edge.hash for edge in graph[found].edges}
