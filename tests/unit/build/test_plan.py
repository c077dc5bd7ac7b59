from outcrop.build import Action, plan_build
from support.graphs import make_graph


def test_everything_is_built_from_nothing() -> None:
    graph = make_graph({"app": ["lib:link", "tool:build"], "lib": [], "tool": []})
    plan = plan_build(graph, graph.roots, lambda key: False)
    assert {graph[key].name: action for key, action in plan.actions.items()} == {
        "app": Action.BUILD,
        "lib": Action.BUILD,
        "tool": Action.BUILD,
    }
    names = [graph[key].name for key in plan.actions]
    assert names.index("lib") < names.index("app") and names.index("tool") < names.index("app")


def test_build_tools_of_what_is_installed_are_not_needed() -> None:
    graph = make_graph({"app": ["lib:link", "tool:build"], "lib": [], "tool": []})
    names = {key: node.name for key, node in graph.nodes.items()}
    plan = plan_build(graph, graph.roots, lambda key: names[key] in ("app", "lib"))
    assert {names[key]: action for key, action in plan.actions.items()} == {"app": Action.REUSE, "lib": Action.REUSE}
    assert plan.is_empty


def test_a_missing_run_dependency_of_something_installed_is_built() -> None:
    graph = make_graph({"app": ["lib:run"], "lib": ["tool:build"], "tool": []})
    names = {key: node.name for key, node in graph.nodes.items()}
    plan = plan_build(graph, graph.roots, lambda key: names[key] == "app")
    assert {names[key] for key in plan.keys(Action.BUILD)} == {"lib", "tool"}


def test_externals_are_recorded_not_built() -> None:
    graph = make_graph({"app": ["cc:build"], "cc": []}, externals={"cc": "/usr"})
    plan = plan_build(graph, graph.roots, lambda key: False)
    assert [graph[key].name for key in plan.keys(Action.EXTERNAL)] == ["cc"]
