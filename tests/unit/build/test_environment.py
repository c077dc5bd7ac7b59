from pathlib import Path

import pytest

from outcrop.base.errors import RequestError
from outcrop.build.environment import check_layout, declared_closure, python_directories
from outcrop.python import VenvFacts
from outcrop.spec.graph import Graph
from support.graphs import make_graph

FACTS = VenvFacts(
    base_prefix="/usr",
    base_executable="/usr/bin/python3.11",
    version="3.11.2",
    purelib="lib/python3.11/site-packages",
    platlib="lib64/python3.11/site-packages",
)


def _graph() -> Graph:
    return make_graph(
        {
            "py-app": ["python:build,run", "python-venv:build,run", "py-lib:run", "py-tool:build", "py-check:test"],
            "py-lib": ["python-venv:build,run", "py-deep:run", "py-hidden:build"],
            "py-tool": ["python-venv:build,run"],
            "py-check": ["python-venv:build,run"],
            "py-deep": ["python-venv:build,run"],
            "py-hidden": ["python-venv:build,run"],
            "python-venv": ["python:build,run"],
            "python": [],
        },
        externals={"python": "/usr"},
    )


def _names(graph: Graph, keys: list[str]) -> list[str]:
    return [graph[key].name for key in keys]


def test_the_declared_closure_is_direct_dependencies_and_what_they_need_to_run() -> None:
    graph = _graph()
    names = _names(graph, declared_closure(graph, graph.roots[0]))
    assert names[:3] == ["py-check", "py-lib", "py-tool"]
    assert names[3:] == ["py-deep"]


def test_only_directories_that_exist_are_named_and_the_own_ones_come_first(tmp_path: Path) -> None:
    graph = _graph()
    (tmp_path / "py-lib" / FACTS.purelib).mkdir(parents=True)
    (tmp_path / "py-tool" / FACTS.platlib).mkdir(parents=True)
    (tmp_path / "py-hidden" / FACTS.purelib).mkdir(parents=True)
    found = python_directories(graph, graph.roots[0], FACTS, lambda key: tmp_path / graph[key].name)
    assert found == [
        tmp_path / "py-app" / FACTS.purelib,
        tmp_path / "py-app" / FACTS.platlib,
        tmp_path / "py-lib" / FACTS.purelib,
        tmp_path / "py-tool" / FACTS.platlib,
    ]


@pytest.mark.parametrize(
    "path",
    [
        "local/lib/python3.11/dist-packages/app.py",
        "lib/python3.11/dist-packages/app.py",
        "lib/python3.12/site-packages/app.py",
        "usr/lib/python3/site-packages/app.py",
        "usr/local/lib64/python3.11/dist-packages/app/__init__.py",
        "local/bin/app",
    ],
)
def test_modules_in_the_wrong_place_are_named(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("")
    with pytest.raises(RequestError) as caught:
        check_layout(tmp_path, FACTS, "app@1.0")
    assert caught.value.details == (path,)
    assert "lib/python3.11/site-packages" in caught.value.message


def test_the_right_places_are_fine(tmp_path: Path) -> None:
    for part in (FACTS.purelib, FACTS.platlib, "bin", "share"):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "app.py").write_text("")
    check_layout(tmp_path, FACTS, "app@1.0")
