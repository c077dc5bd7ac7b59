from hypothesis import given
from hypothesis import strategies as st

from outcrop.build import plan_build
from outcrop.build.plan import BuildPlan
from outcrop.build.scheduler import Fetch, Scheduler, Start, State
from outcrop.spec.graph import Graph
from support.graphs import make_graph


def _plan(graph: Graph) -> BuildPlan:
    return plan_build(graph, graph.roots, lambda key: False)


def _started(scheduler: Scheduler) -> list[str]:
    graph = scheduler.plan.graph
    return [graph[each.key].name for each in scheduler.next() if isinstance(each, Start)]


def _key(graph: Graph, name: str) -> str:
    return graph.find(name)[0]


def test_dependencies_come_first_and_slots_are_kept() -> None:
    graph = make_graph({"app": ["a:link", "b:link", "c:link"], "a": [], "b": [], "c": []})
    scheduler = Scheduler(_plan(graph), slots=2)
    assert _started(scheduler) == ["a", "b"]
    assert _started(scheduler) == []
    scheduler.finished(_key(graph, "a"))
    assert _started(scheduler) == ["c"]
    scheduler.finished(_key(graph, "b"))
    scheduler.finished(_key(graph, "c"))
    assert _started(scheduler) == ["app"]
    scheduler.finished(_key(graph, "app"))
    assert scheduler.is_over


def test_the_longest_chain_starts_first() -> None:
    graph = make_graph({"app": ["a:link", "z:link"], "a": [], "z": ["y:link"], "y": []})
    assert _started(Scheduler(_plan(graph), slots=1)) == ["y"]


def test_nothing_is_built_before_its_sources_are_there() -> None:
    graph = make_graph({"app": []}, sources=["app"])
    scheduler = Scheduler(_plan(graph), slots=1)
    assert scheduler.next() == [Fetch(graph.roots[0])]
    assert scheduler.next() == []
    assert not scheduler.is_over
    scheduler.fetched(graph.roots[0])
    assert _started(scheduler) == ["app"]


def test_a_failure_takes_its_dependents_along_and_nothing_else() -> None:
    graph = make_graph({"app": ["bad:link"], "other": [], "bad": []}, roots=["app", "other"])
    scheduler = Scheduler(_plan(graph), slots=4)
    assert sorted(_started(scheduler)) == ["bad", "other"]
    scheduler.failed(_key(graph, "bad"))
    assert scheduler.skipped == {_key(graph, "app"): _key(graph, "bad")}
    scheduler.finished(_key(graph, "other"))
    assert scheduler.is_over


def test_a_failed_fetch_ends_the_node() -> None:
    graph = make_graph({"app": ["lib:link"], "lib": []}, sources=["lib"])
    scheduler = Scheduler(_plan(graph), slots=1)
    scheduler.next()
    scheduler.failed(_key(graph, "lib"))
    assert scheduler.is_over
    assert [graph[key].name for key in scheduler.keys(State.SKIPPED)] == ["app"]


def test_fail_fast_starts_nothing_new() -> None:
    graph = make_graph({"a": [], "b": []}, roots=["a", "b"])
    scheduler = Scheduler(_plan(graph), slots=1, fail_fast=True)
    assert _started(scheduler) == ["a"]
    scheduler.failed(_key(graph, "a"))
    assert _started(scheduler) == []
    assert scheduler.is_over


def test_jobs_are_shared_among_what_can_run_at_once() -> None:
    graph = make_graph({"a": [], "b": []}, roots=["a", "b"])
    assert [each.jobs for each in Scheduler(_plan(graph), slots=8).next() if isinstance(each, Start)] == [4, 4]
    alone = make_graph({"a": []})
    assert [each.jobs for each in Scheduler(_plan(alone), slots=8).next() if isinstance(each, Start)] == [8]


@st.composite
def _graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 8))
    names = [f"n{index}" for index in range(count)]
    edges = {
        name: [f"{other}:link" for other in sorted(draw(st.sets(st.sampled_from(names[index + 1 :]))))]
        if index + 1 < count
        else []
        for index, name in enumerate(names)
    }
    return make_graph(edges, sources=sorted(draw(st.sets(st.sampled_from(names)))))


@given(_graphs(), st.integers(1, 4), st.randoms(use_true_random=False), st.booleans())
def test_any_order_of_events_ends_with_every_node_decided(
    graph: Graph, slots: int, random: object, fail_fast: bool
) -> None:
    from random import Random

    assert isinstance(random, Random)
    scheduler = Scheduler(_plan(graph), slots=slots, fail_fast=fail_fast)
    open_fetches: list[str] = []
    running: list[str] = []
    done: set[str] = set()
    while not scheduler.is_over:
        for instruction in scheduler.next():
            if isinstance(instruction, Fetch):
                open_fetches.append(instruction.key)
            else:
                assert all(edge.hash in done for edge in graph[instruction.key].edges)
                running.append(instruction.key)
        assert len(running) <= slots
        if scheduler.is_over:
            break
        assert open_fetches or running, "nothing runs, yet it is not over"
        pool = random.choice([each for each in (open_fetches, running) if each])
        key = pool.pop(random.randrange(len(pool)))
        if random.random() < 0.2:
            scheduler.failed(key)
        elif pool is open_fetches:
            scheduler.fetched(key)
        else:
            scheduler.finished(key)
            done.add(key)
    if not fail_fast:
        assert State.WAITING not in scheduler.state.values()
    assert State.RUNNING not in scheduler.state.values()
