"""What of the store a solve is offered, and requests that name something there by its hash."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from outcrop.base.errors import InputError
from outcrop.base.events import Event
from outcrop.config import Configuration, Scope, parse_document
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.context import Context
from outcrop.env.drift import find_drift
from outcrop.env.environment import Environment
from outcrop.env.installed import concrete_requests
from outcrop.env.reuse import HashError, Reuse, ReusePolicy, installed_choices, resolve_hashes, reuse_policy
from outcrop.env.steps import concretize_environment
from outcrop.spec import parse_spec, parse_specs
from outcrop.spec.graph import node_hash
from support.commands import Place
from support.prefixes import install_files, make_node
from support.recipes import RecipeRepository
from support.sealed_answers import install_answer

HEAD = "from spack.package import *\n\n\nclass {name}(Package):\n    has_code = False\n"


def write_recipes(directory: Path) -> RecipeRepository:
    """``app`` and ``other`` link to ``lib`` and are built with ``tool``."""
    made = RecipeRepository(directory)
    made.recipe(
        "lib",
        HEAD.format(name="Lib") + '    version("1.3")\n    version("1.2")\n    variant("shared", default=True)\n'
        '    depends_on("tool", type="build")\n',
    )
    made.recipe("tool", HEAD.format(name="Tool") + '    version("2")\n    version("1")\n')
    for name in ("app", "other"):
        made.recipe(
            name,
            HEAD.format(name=name.title()) + '    version("1.0")\n    depends_on("lib", type="link")\n'
            '    depends_on("tool", type="build")\n',
        )
    return made


class Heard:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def report(self, event: Event) -> None:
        if event.kind == "solve.kept":
            self.lines.append(event.text)


@pytest.fixture
def trial(tmp_path: Path) -> RecipeRepository:
    return write_recipes(tmp_path / "repos")


@pytest.fixture
def context(tmp_path: Path, trial: RecipeRepository) -> Context:
    return Place(tmp_path / "root", tmp_path, (trial.root,)).context()


def asked(context: Context, text: str, reuse: Reuse | None = None, *, current: bool = False) -> Concretized:
    return concretize(context, parse_specs(text), reuse=reuse, current=current)


def versions(answer: Concretized) -> dict[str, str]:
    return {node.name: node.version for node in answer.graph.nodes.values()}


def offered(context: Context, policy: ReusePolicy, *requests: str) -> set[str]:
    specs = resolve_hashes(context.store, [parse_spec(text) for text in requests])
    return {each.node.name for each in installed_choices(context, specs, policy) if each.offered}


def configured(text: str) -> Configuration:
    document = parse_document(text, "spack.yaml")
    return Configuration([Scope("test", None, documents={"concretizer": document.below("concretizer")})])


def test_an_older_installed_library_is_kept_and_that_is_said(context: Context) -> None:
    install_answer(context, asked(context, "app ^lib@1.2 ^tool@1"))
    heard = Heard()
    context.reporter = heard
    again = asked(context, "other")
    assert versions(again) == {"other": "1.0", "lib": "1.2", "tool": "1"}
    assert heard.lines == [
        "lib@1.2, which is installed; 1.3 is the newest allowed, and --fresh takes it",
        "tool@1, which is installed; 2 is the newest allowed, and --fresh takes it",
    ]
    heard.lines.clear()
    assert versions(asked(context, "other", False)) == {"other": "1.0", "lib": "1.3", "tool": "2"}
    assert heard.lines == []
    # What is asked for comes first, and then there is nothing to tell about lib.
    assert versions(asked(context, "other ^lib@1.3"))["lib"] == "1.3"
    assert heard.lines == ["tool@1, which is installed; 2 is the newest allowed, and --fresh takes it"]


def test_other_variants_are_told_too(context: Context) -> None:
    install_answer(context, asked(context, "lib~shared"))
    heard = Heard()
    context.reporter = heard
    assert asked(context, "app").graph[asked(context, "lib").roots[0]].variants["shared"] is False
    assert "lib@1.3, which is installed; built anew it would have +shared, and --fresh does that" in heard.lines


def test_reused_nodes_stay_as_recorded_with_what_they_were_built_with(context: Context) -> None:
    first = asked(context, "app")
    install_answer(context, first)
    again = asked(context, "app")
    assert again.roots == first.roots
    assert dict(again.graph.nodes) == dict(first.graph.nodes)
    assert not again.recipes, "nothing is built, so no recipe is taken"
    both = asked(context, "app other")
    assert set(first.graph.nodes) < set(both.graph.nodes)
    assert all(node_hash(node) == key for key, node in both.graph.nodes.items())


def test_reuse_below_the_roots_only(context: Context) -> None:
    install_answer(context, asked(context, "app@1.0 ^lib@1.2"))
    heard = Heard()
    context.reporter = heard
    assert versions(asked(context, "app", "dependencies"))["lib"] == "1.2"
    assert versions(asked(context, "lib", "dependencies"))["lib"] == "1.3"
    assert versions(asked(context, "lib", True))["lib"] == "1.2"


def test_a_node_whose_tools_are_gone_is_not_offered(context: Context) -> None:
    answer = asked(context, "app")
    install_answer(context, answer)
    assert offered(context, ReusePolicy()) == {"app", "lib", "tool"}
    (tool,) = answer.graph.find("tool")
    context.store.remove(tool)
    assert offered(context, ReusePolicy()) == set()
    with pytest.raises(HashError) as caught:
        asked(context, f"app ^/{answer.graph.find('lib')[0][:9]}")
    assert "cannot be used here" in caught.value.message
    assert "not everything that it was built with" in caught.value.details[0]


def test_only_what_is_whole_and_runs_here_is_offered(context: Context) -> None:
    answer = asked(context, "app")
    install_answer(context, answer)
    store = context.store
    (lib,) = answer.graph.find("lib")
    seal = store.layout.seal_of_prefix(store.prefix(lib, answer.graph[lib]))
    seal.parent.chmod(0o755)
    text = seal.read_bytes()
    seal.unlink()
    assert offered(context, ReusePolicy()) == {"tool"}, "app links to what is damaged"
    seal.write_bytes(text)
    assert offered(context, ReusePolicy()) == {"app", "lib", "tool"}
    host = {"platform": context.host.platform, "os": context.host.os, "target": context.host.target}
    for change in ({"os": "plan9"}, {"platform": "darwin"}, {"target": "m68k"}):
        node = msgspec.structs.replace(make_node("foreign"), **{**host, **change})
        install_files(store, node, {"x": "x"})
    assert "foreign" not in offered(context, ReusePolicy())
    install_files(store, msgspec.structs.replace(make_node("native"), **host), {"x": "x"})
    assert "native" in offered(context, ReusePolicy())


def test_policies_of_the_configuration(context: Context) -> None:
    install_answer(context, asked(context, "app ^lib@1.2"))
    install_answer(context, asked(context, "other ^lib@1.3", False))

    def names(text: str) -> set[str]:
        configuration = configured(f"concretizer:\n  reuse: {text}\n")
        specs = installed_choices(context, [], reuse_policy(configuration, None))
        return {f"{each.node.name}@{each.node.version}" for each in specs if each.offered}

    everything = {"app@1.0", "other@1.0", "lib@1.2", "lib@1.3", "tool@2"}
    assert names("true") == names("dependencies") == names("{roots: false}") == everything
    assert names("false") == set()
    assert names("{include: [app]}") == {"app@1.0", "lib@1.2"}
    assert names("{exclude: ['lib@1.3']}") == {"app@1.0", "lib@1.2", "tool@2"}
    assert names("{include: ['%tool@2'], exclude: [other]}") == {"app@1.0", "lib@1.2", "lib@1.3"}
    assert names("{from: [{type: local, include: [tool]}, {type: local, include: [app]}]}") == {
        "tool@2",
        "app@1.0",
        "lib@1.2",
    }
    assert names("{exclude: [tool], from: [{type: local, exclude: ['lib@1.2']}]}") == {"other@1.0", "lib@1.3"}
    assert not reuse_policy(configured("concretizer:\n  reuse: dependencies\n"), None).roots
    assert reuse_policy(configured("concretizer:\n  reuse: dependencies\n"), True).roots
    assert reuse_policy(Configuration([]), None) == ReusePolicy()


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("{from: [{type: local},\n     {type: buildcache}]}", "cannot be reused from 'buildcache'", 3),
        ("{include: ['a@@']}", "", 2),
        ("{rots: false}", "did you mean", 2),
        ("often", "reuse", 2),
    ],
)
def test_wrong_configuration_is_shown_with_its_line(text: str, said: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        reuse_policy(configured(f"concretizer:\n  reuse: {text}\n"), None)
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.place is not None and caught.value.place.line == line


def test_requests_by_hash(context: Context) -> None:
    old = asked(context, "app ^lib@1.2")
    install_answer(context, old)
    install_answer(context, asked(context, "lib@1.3", False))
    (lib,) = old.graph.find("lib")
    (app,) = old.roots

    def solved(text: str, reuse: Reuse | None = None) -> Concretized:
        return concrete_requests(context, parse_specs(text), lambda specs: concretize(context, specs, reuse=reuse))

    for reuse in (True, False, "dependencies"):
        assert solved(f"/{app[:8]}", reuse).roots == (app,)
        assert solved(f"app/{app[:8]}", reuse).roots == (app,)
        assert solved(f"app/{app[:8]} lib@1.2", reuse).roots == (app, lib)
        for sigil in "^%":
            assert lib in solved(f"other {sigil}/{lib[:8]}", reuse).graph
    fresh = solved(f"other ^lib/{lib[:8]}", False)
    assert fresh.graph[fresh.roots[0]].name == "other"
    assert versions(fresh)["lib"] == "1.2"


def test_hashes_that_mean_nothing_or_too_much(context: Context) -> None:
    answer = asked(context, "app ^lib@1.2")
    install_answer(context, answer)
    for number in range(40):
        install_files(context.store, make_node("many", str(number)), {"x": "x"})
    (lib,) = answer.graph.find("lib")

    def refused(text: str) -> HashError:
        with pytest.raises(HashError) as caught:
            resolve_hashes(context.store, parse_specs(text))
        return caught.value

    missing = refused("app ^/zzzzzzzz")
    assert missing.message == "nothing installed has a hash that begins with zzzzzzzz"
    near = refused(f"/{lib[:5]}0")
    assert near.details == (f"lib@1.2 /{lib[:7]}",)
    other = refused(f"app/{lib[:8]}")
    assert other.message.startswith("nothing installed called app has a hash")
    assert other.details == (f"lib@1.2 /{lib[:7]}",)
    assert refused(f"lib@1.3/{lib[:8]}").message == f"lib@1.2 /{lib[:7]} is not lib@1.3"
    hashes = sorted(record.hash for record in context.store.records())
    first = next(key[0] for key, after in pairwise(hashes) if key[0] == after[0])
    several = refused(f"/{first}")
    assert several.code == "ambiguous" and len(several.details) > 1


def test_a_changed_recipe_counts_when_it_should(context: Context, trial: RecipeRepository, tmp_path: Path) -> None:
    first = asked(context, "app")
    install_answer(context, first)
    path = trial.packages["app"]
    path.write_text(path.read_text() + "\n    def install(self, spec, prefix):\n        mkdirp(prefix.new)\n")
    context = Place(tmp_path / "root", tmp_path, (trial.root,)).context()
    heard = Heard()
    context.reporter = heard
    kept = asked(context, "app")
    assert kept.roots == first.roots
    assert list(kept.older) == list(first.roots)
    assert heard.lines == ["app@1.0, which is installed, although its recipe has changed since; --fresh builds it anew"]
    for fresh in (asked(context, "app", False), asked(context, "app", current=True)):
        assert fresh.roots != first.roots and not fresh.older
        assert fresh.graph.find("lib") == first.graph.find("lib")


def test_a_lock_knows_what_was_older_already(context: Context, trial: RecipeRepository, tmp_path: Path) -> None:
    first = asked(context, "app")
    install_answer(context, first)
    path = trial.packages["app"]
    text = path.read_text()
    path.write_text(text + "\n    def install(self, spec, prefix):\n        mkdirp(prefix.new)\n")
    context = Place(tmp_path / "root", tmp_path, (trial.root,)).context()
    environment = Environment.create(context, str(tmp_path / "env"), specs=("app",), view=False)
    lock, _ = concretize_environment(environment)
    assert [root.hash for root in lock.roots] == list(first.roots)
    assert find_drift(context, lock.graph(), older=lock.older) == []
    # A further change is drift, and so is the old one when it has to be built again.
    path.write_text(text + "\n    def install(self, spec, prefix):\n        mkdirp(prefix.newer)\n")
    later = Place(tmp_path / "root", tmp_path, (trial.root,)).context()
    assert [drift.key for drift in find_drift(later, lock.graph(), older=lock.older)] == list(first.roots)
    path.write_text(text + "\n    def install(self, spec, prefix):\n        mkdirp(prefix.new)\n")
    gone = Place(tmp_path / "root", tmp_path, (trial.root,)).context()
    gone.store.remove(first.roots[0])
    assert [drift.key for drift in find_drift(gone, lock.graph(), older=lock.older)] == list(first.roots)


def test_what_has_no_recipe_any_more_can_still_be_used(
    context: Context, trial: RecipeRepository, tmp_path: Path
) -> None:
    first = asked(context, "app")
    install_answer(context, first)
    trial.packages["lib"].unlink()
    trial.packages["lib"].parent.rmdir()
    context = Place(tmp_path / "root", tmp_path, (trial.root,)).context()
    again = asked(context, "app")
    assert again.roots == first.roots
    assert again.older[first.graph.find("lib")[0]] == ""
