"""Answers about all recipes at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outcrop.repo.index import Summary
from outcrop.repo.model import DependencyDecl, Origin, PackageModel
from outcrop.repo.questions import (
    Dependent,
    dependents,
    direct_dependencies,
    packages_by_maintainer,
    possible_dependencies,
    possible_dependents,
    provider_names,
)
from outcrop.spec import parse_spec
from support.recipe_world import World


def summary(*dependencies: str, maintainers: tuple[str, ...] = ()) -> Summary:
    return Summary("1", "", dependencies, maintainers, "")


SUMMARIES = {
    "app": summary("lib", "mpi"),
    "lib": summary("zlib"),
    "openmpi": summary("hwloc"),
    "mpich": summary("lib"),
    "hwloc": summary(),
    "zlib": summary(),
    "tool": summary("openmpi", "mpi"),
}
PROVIDERS = {"mpi": ("mpich", "openmpi")}


def test_dependents_by_name_and_through_virtuals() -> None:
    assert dependents("lib", SUMMARIES, PROVIDERS) == [Dependent("app"), Dependent("mpich")]
    assert dependents("mpich", SUMMARIES, PROVIDERS) == [Dependent("app", ("mpi",)), Dependent("tool", ("mpi",))]
    # Who names a package itself does not also come through its virtuals.
    assert dependents("openmpi", SUMMARIES, PROVIDERS) == [Dependent("app", ("mpi",)), Dependent("tool")]
    assert dependents("mpi", SUMMARIES, PROVIDERS) == [Dependent("app"), Dependent("tool")]
    assert dependents("app", SUMMARIES, PROVIDERS) == []


def test_everything_that_may_come_with_a_package() -> None:
    assert possible_dependencies(["app"], SUMMARIES, PROVIDERS) == ["hwloc", "lib", "mpich", "openmpi", "zlib"]
    assert possible_dependencies(["app"], SUMMARIES, PROVIDERS, expand=False) == ["lib", "mpi", "zlib"]
    assert possible_dependencies(["zlib"], SUMMARIES, PROVIDERS) == []
    assert possible_dependencies(["gone"], SUMMARIES, PROVIDERS) == []


def test_everything_a_package_may_come_into() -> None:
    assert possible_dependents("zlib", SUMMARIES, PROVIDERS) == ["app", "lib", "mpich", "tool"]
    assert possible_dependents("mpi", SUMMARIES, PROVIDERS) == ["app", "tool"]


NAMES = [f"p{number}" for number in range(6)]
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, "v", "w"]), max_size=3, unique=True), min_size=1
)
PROVIDED = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.sampled_from(NAMES), min_size=1, max_size=2) for name in ("v", "w")}
)


@given(GRAPHS, PROVIDED)
def test_up_is_the_reverse_of_down(graph: dict[str, list[str]], provided: dict[str, list[str]]) -> None:
    summaries = {name: summary(*found) for name, found in graph.items()}
    for below in summaries:
        above = possible_dependents(below, summaries, provided)
        assert above == [
            name
            for name in sorted(summaries)
            if name != below and below in possible_dependencies([name], summaries, provided)
        ]


@given(GRAPHS, PROVIDED)
def test_direct_dependents_are_among_all(graph: dict[str, list[str]], provided: dict[str, list[str]]) -> None:
    summaries = {name: summary(*found) for name, found in graph.items()}
    for name in summaries:
        direct = {each.name for each in dependents(name, summaries, provided)}
        assert direct <= set(possible_dependents(name, summaries, provided))


def test_direct_dependencies_are_put_together_by_name() -> None:
    def declared(spec: str, *types: str, when: str = "") -> DependencyDecl:
        return DependencyDecl(
            spec=parse_spec(spec),
            origin=Origin("f", 1),
            types=types,  # type: ignore[arg-type]  # the literals of the test
            when=parse_spec(when),
        )

    model = PackageModel(
        name="a",
        namespace="n",
        class_name="A",
        file="f",
        line=1,
        dependencies=(
            declared("z@1:", "build", when="@2:"),
            declared("b", "run"),
            declared("z", "link", when="+x"),
            declared("z@1:", "build", when="@2:"),
        ),
    )
    first, second = direct_dependencies(model)
    assert (first.name, first.types, first.always) == ("b", ("run",), True)
    assert (second.name, second.types, second.always) == ("z", ("link", "build"), False)
    assert [(str(spec), str(when)) for spec, when in second.specs] == [("z@1:", "@2:"), ("z", "+x")]
    assert [each.name for each in direct_dependencies(model, ["run", "test"])] == ["b"]


def test_maintainers_are_people_however_they_are_spelled() -> None:
    summaries = {"b": summary(maintainers=("Zoe", "al")), "a": summary(maintainers=("zoe",)), "c": summary()}
    assert packages_by_maintainer(summaries) == {"al": ["b"], "Zoe": ["a", "b"]}


def test_providers_and_tags_of_real_recipes(world: World) -> None:
    made = world.repository()
    made.recipe("one", 'provides("thing@1", "other")\ntags = ["x", "y"]')
    made.recipe("two", 'provides("thing@2", when="@3:")\nprovides("thing@1")\ntags = ["x"]')
    repositories = world.open(made)
    assert provider_names(repositories) == {"other": ("one",), "thing": ("one", "two")}
    assert repositories.tags() == {"x": ["one", "two"], "y": ["one"]}
