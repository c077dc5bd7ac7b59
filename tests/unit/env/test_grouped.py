"""Groups solved one after the other, and what an environment makes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from outcrop.base.errors import OutcropError, RequestError
from outcrop.base.events import Event
from outcrop.env.concretize import Concretized
from outcrop.env.context import Context
from outcrop.env.environment import Environment
from outcrop.env.grouped import concretize_groups, joined
from outcrop.env.installed import unneeded
from outcrop.env.lock import read_lock, write_lock
from outcrop.env.registry import environments_needing
from outcrop.env.reuse import Reuse
from outcrop.env.steps import Wishes, concretize_environment, install_environment
from outcrop.spec.graph import Graph
from support.commands import Place
from support.prefixes import external_seal, install_files
from support.recipes import RecipeRepository

RECIPES = {
    "lib": 'version("1.3")\nversion("1.2")\nvariant("shared", default=True)',
    "middle": 'version("1.0")\ndepends_on("lib", type="link")',
    "app": 'version("1.0")\ndepends_on("middle", type="link")\ndepends_on("lib", type="link")',
    "other": 'version("1.0")\ndepends_on("lib", type="link")',
    "sysc": 'version("1")\nprovides("c")',
    "cc": 'version("2")\nversion("1")\nprovides("c")\ndepends_on("base", type="link")',
    "base": 'version("1.3")\nversion("1.2")\ndepends_on("c", type="build")',
    "user": 'version("1.0")\ndepends_on("c", type="build")\ndepends_on("base", type="link")',
}


class Heard:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)

    def texts(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the indexes of all recipes, to be copied, and the recipes."""
    directory = tmp_path_factory.mktemp("warmed")
    trial = RecipeRepository(directory / "repos")
    for name, body in RECIPES.items():
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = f"from spack.package import *\n\n\nclass {name.title()}(Package):\n    has_code = False\n"
        trial.recipe(name, f"{head}{lines}\n")
    context = Place(directory / "root", directory, (trial.root,)).context()
    solved(environment(context, "app"))
    return directory


@pytest.fixture
def context(tmp_path: Path, warmed: Path) -> Context:
    shutil.copytree(warmed / "root", tmp_path / "root")
    return Place(tmp_path / "root", tmp_path).context()


def environment(context: Context, specs: str, *, rest: str = "  view: false\n") -> Environment:
    """An environment whose ``specs:`` are the items of a YAML list in one line each."""
    directory = context.directory / "env"
    directory.mkdir(exist_ok=True)
    items = "".join(f"  - {line.strip()}\n" for line in specs.strip().splitlines())
    (directory / "spack.yaml").write_text(f"spack:\n  specs:\n{items}{rest}")
    return Environment(context, directory)


def solved(
    made: Environment, *, only: str = "", reuse: Reuse | None = None, current: bool = False
) -> dict[str, Concretized]:
    answers = concretize_groups(made, only=only, reuse=reuse, current=current)
    return {each.group.name: each.answer for each in answers}


def versions(answer: Concretized) -> dict[str, str]:
    return {node.name: node.version for node in answer.graph.nodes.values()}


def install(context: Context, graph: Graph) -> None:
    """Seal what a graph holds as if it had been built."""
    for key in graph.topological():
        if graph[key].is_external:
            context.store.add_external(external_seal(graph[key]))
            continue
        install_files(context.store, graph[key], {f"share/{graph[key].name}": graph[key].name})


CHAIN = """
{group: apps, needs: [middles], specs: [app]}
{group: middles, needs: [libs], specs: [middle]}
{group: libs, specs: [lib@1.2~shared]}
other
"""


def test_a_group_reuses_what_those_it_needs_came_to(context: Context) -> None:
    answers = solved(environment(context, CHAIN))
    assert list(answers) == ["default", "libs", "middles", "apps"]
    (lib,) = answers["libs"].roots
    assert versions(answers["apps"]) == {"app": "1.0", "middle": "1.0", "lib": "1.2"}
    assert lib in answers["middles"].graph and lib in answers["apps"].graph
    assert answers["middles"].roots[0] in answers["apps"].graph
    # Who needs nothing gets nothing, whatever stands around it.
    assert versions(answers["default"])["lib"] == "1.3"


def test_that_is_so_whatever_is_said_about_reuse(context: Context) -> None:
    expected = {name: answer.roots for name, answer in solved(environment(context, CHAIN)).items()}
    for reuse, current in ((False, False), (True, False), (None, True)):
        answers = solved(environment(context, CHAIN), reuse=reuse, current=current)
        assert {name: answer.roots for name, answer in answers.items()} == expected


def test_what_is_installed_is_offered_to_all_and_nothing_is_said_of_what_a_group_needs(context: Context) -> None:
    answers = solved(environment(context, CHAIN))
    install(context, answers["libs"].graph)
    heard = Heard()
    context.reporter = heard
    again = solved(environment(context, CHAIN))
    assert versions(again["default"])["lib"] == "1.2"
    assert again["apps"].roots == answers["apps"].roots
    # The groups that ask for lib through 'needs' are silent; the default group has not asked for an old one.
    assert [line.partition(",")[0] for line in heard.texts("solve.kept")] == ["lib@1.2"]


def test_only_one_group_and_what_it_needs(context: Context) -> None:
    made = environment(context, CHAIN)
    assert list(solved(made, only="middles")) == ["libs", "middles"]
    assert solved(made, only="middles")["middles"].roots == solved(made)["middles"].roots
    with pytest.raises(RequestError, match="no group 'none'"):
        solved(made, only="none")


def test_the_order_in_the_file_changes_no_answer(context: Context) -> None:
    forwards = solved(environment(context, CHAIN))
    backwards = solved(environment(context, "\n".join(reversed(CHAIN.strip().splitlines()))))
    assert {name: answer.roots for name, answer in forwards.items()} == {
        name: answer.roots for name, answer in backwards.items()
    }


def test_an_override_is_for_one_group(context: Context) -> None:
    text = """
    {group: old, override: {packages: {lib: {require: '@1.2'}}}, specs: [other]}
    {group: wide, override: {concretizer: {unify: false}}, specs: [lib@1.2, lib@1.3]}
    {group: new, specs: [other]}
    """
    answers = solved(environment(context, text))
    assert versions(answers["old"])["lib"] == "1.2" and versions(answers["new"])["lib"] == "1.3"
    assert len(answers["wide"].graph.nodes) == 2
    rest = "  view: false\n  packages: {lib: {require: '@1.3'}}\n"
    both = solved(
        environment(context, "{group: a, override: {packages: {other: {require: '@1.0'}}}, specs: [other]}", rest=rest)
    )
    assert versions(both["a"])["lib"] == "1.3"


def test_an_error_says_in_which_group(context: Context) -> None:
    made = environment(context, "{group: fine, specs: [lib]}\n{group: bad, needs: [fine], specs: [lib@9]}")
    with pytest.raises(OutcropError) as caught:
        solved(made)
    assert caught.value.details[0] == "in the group 'bad':"
    with pytest.raises(OutcropError) as caught:
        solved(environment(context, "lib@9"))
    assert not any("group" in line for line in caught.value.details)


TOOLS = """
{group: tools, specs: [cc ^base@1.2]}
{group: users, needs: [tools], specs: [user %c=cc, base@1.3 %c=cc]}
"""
MACHINE = """\
  view: false
  packages:
    all: {providers: {c: [sysc, cc]}}
    sysc: {externals: [{spec: sysc@1, prefix: /usr}], buildable: false}
"""


def test_a_compiler_brings_its_libraries_along(context: Context) -> None:
    answers = solved(environment(context, TOOLS, rest=MACHINE))
    (compiler,) = answers["tools"].roots
    user, base = answers["users"].roots
    graph = answers["users"].graph
    assert [edge.hash for edge, node in graph.dependencies(user) if node.name == "cc"] == [compiler]
    assert [edge.hash for edge, node in graph.dependencies(base) if node.name == "cc"] == [compiler]
    assert sorted(graph[key].version for key in graph.find("base")) == ["1.2", "1.3"]


@pytest.mark.parametrize("rule", ["prefer", "require"])
def test_a_compiler_that_the_configuration_names_is_the_one_that_is_needed(context: Context, rule: str) -> None:
    text = (
        "{group: tools, specs: [cc ^base@1.2]}\n"
        f"{{group: users, needs: [tools], override: {{packages: {{c: {{{rule}: [cc]}}}}}}, specs: [user, base@1.3]}}"
    )
    answers = solved(environment(context, text, rest=MACHINE))
    graph = answers["users"].graph
    assert [graph[key].version for key in graph.find("cc")] == ["2"]
    assert graph.find("cc") == list(answers["tools"].roots)


def test_a_compiler_that_does_not_fit_is_not_the_one_that_is_meant(context: Context) -> None:
    text = """
    {group: tools, specs: [cc@1 ^base@1.2]}
    {group: users, needs: [tools], specs: [user %c=cc@2]}
    {group: strict, needs: [tools], override: {packages: {cc: {require: '@2'}}}, specs: [user %c=cc]}
    """
    answers = solved(environment(context, text, rest=MACHINE))
    for name in ("users", "strict"):
        graph = answers[name].graph
        user = answers[name].roots[0]
        assert [node.version for _, node in graph.dependencies(user) if node.name == "cc"] == ["2"]


def test_what_a_library_links_to_is_not_doubled(context: Context) -> None:
    text = "{group: libs, specs: [middle ^lib@1.2]}\n{group: apps, needs: [libs], specs: [app, other ^lib@1.3]}"
    answers = solved(environment(context, text))
    assert versions(answers["apps"])["lib"] == "1.3" and len(answers["apps"].graph.find("lib")) == 1


def test_answers_are_joined(context: Context) -> None:
    answers = solved(environment(context, CHAIN))
    whole = joined(list(answers.values()))
    assert whole.roots == tuple(key for answer in answers.values() for key in answer.roots)
    assert set(whole.graph.nodes) == {key for answer in answers.values() for key in answer.graph.nodes}
    assert joined([answers["libs"]]) is answers["libs"]


# locks


def test_the_lock_says_which_root_belongs_to_which_group(context: Context) -> None:
    made = environment(context, CHAIN.replace("group: libs,", "group: libs, explicit: false,"))
    lock, written = concretize_environment(made)
    assert written and made.is_locked(read_lock(made.lock_path))
    assert [(root.group, root.spec, root.explicit) for root in lock.roots] == [
        ("default", "other", True),
        ("libs", "lib@1.2~shared", False),
        ("middles", "middle", True),
        ("apps", "app", True),
    ]
    assert lock.hashes(["apps", "libs"]) == [lock.roots[1].hash, lock.roots[3].hash]
    assert set(lock.hashes([])) == set(lock.graph().roots)
    assert concretize_environment(made) == (lock, False)
    of_group = Concretized.of_lock(lock, ["libs"])
    assert of_group.roots == (lock.roots[1].hash,) and len(of_group.graph.nodes) == 1


def test_a_lock_without_groups_looks_as_it_always_did(context: Context) -> None:
    made = environment(context, "other")
    lock, _ = concretize_environment(made)
    assert all(set(root) == {"spec", "hash"} for root in json.loads(made.lock_path.read_text())["roots"])
    assert [root.group for root in lock.roots] == ["default"] and lock.roots[0].explicit
    assert read_lock(made.lock_path) == lock


@pytest.mark.parametrize(
    "changed",
    [
        CHAIN.replace("needs: [libs]", "needs: []"),
        CHAIN.replace("group: libs, specs", "group: libs, explicit: false, specs"),
        CHAIN.replace("group: libs, specs", "group: libs, override: {packages: {lib: {require: '@1.2'}}}, specs"),
        CHAIN.replace("other", "{group: more, specs: [other]}"),
        CHAIN + "{group: empty, specs: []}",
    ],
)
def test_a_lock_answers_its_groups_only(context: Context, changed: str) -> None:
    lock, _ = concretize_environment(environment(context, CHAIN))
    assert environment(context, CHAIN).is_locked(lock)
    assert not environment(context, changed).is_locked(lock)


# installing


def test_one_group_is_installed(context: Context) -> None:
    rest = "  view:\n    all: whole\n    libs: {root: part, group: libs}\n"
    made = environment(context, CHAIN, rest=rest)
    lock, _ = concretize_environment(made)
    install(context, lock.graph().subgraph(lock.hashes(["libs"])))
    heard = Heard()
    made.context.reporter = heard
    result = install_environment(made, Wishes(), groups=["libs"])
    assert list(result.graph.roots) == lock.hashes(["libs"]) and not result.report.built
    assert result.views == [made.directory / "part"] and not (made.directory / "whole").exists()
    assert [path.name for path in (made.directory / "part" / "share").iterdir()] == ["lib"]
    assert heard.texts("warning") == ["the view all stays as it is: 4 packages of it are not installed"]
    with pytest.raises(RequestError, match="no group 'lib'"):
        install_environment(made, Wishes(), groups=["lib"])


def test_what_is_not_explicit_goes_once_nobody_needs_it(context: Context) -> None:
    made = environment(context, TOOLS.replace("group: tools,", "group: tools, explicit: false,"), rest=MACHINE)
    lock, _ = concretize_environment(made)
    install(context, lock.graph())
    install_environment(made, Wishes())
    (tool,) = lock.hashes(["tools"])
    user, _ = lock.hashes(["users"])
    assert tool in unneeded(context) and user not in unneeded(context)
    assert environments_needing(context, user) == [made.directory] and environments_needing(context, tool) == []
    kept = Environment(context, made.directory)
    (kept.directory / "spack.yaml").write_text(
        kept.manifest_path.read_text().replace("explicit: false", "explicit: true")
    )
    lock, _ = concretize_environment(Environment(context, made.directory))
    assert write_lock(made.lock_path, lock) is False and tool not in unneeded(context)
