"""Sources of concrete packages: fetched, unpacked and patched without building."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.errors import RequestError, UsageError
from outcrop.base.files import remove_tree
from outcrop.env.concretize import Concretized
from outcrop.env.context import Context
from outcrop.env.environment import Environment
from outcrop.env.sources import NodeFiles, Stager, fetch_nodes, requested_graph, wanted_keys
from outcrop.spec import parse_specs
from support.commands import Place
from support.recipes import RecipeRepository

PATCH = "--- a/text\n+++ b/text\n@@ -1 +1 @@\n-one\n+two\n"


def make_trial(directory: Path) -> RecipeRepository:
    """``app`` (patched by a file, by ``top`` and by its own method) and ``top``, which needs it; ``bundle`` has no
    sources."""
    made = RecipeRepository(directory)
    url, sha256 = made.source({"text": "one\n", "other": "three\n"}, "app")
    extra, extra_sha256 = made.source({"x": "extra\n"}, "extra")
    made.recipe(
        "app",
        "from spack.package import *\n\n\nclass App(Package):\n"
        f'    url = "{url}"\n    version("1.0", sha256="{sha256}")\n'
        f'    resource(name="extra", url="{extra}", sha256="{extra_sha256}", placement="more")\n'
        '    patch("one.patch")\n\n'
        '    def patch(self):\n        print("changing")\n        filter_file("three", str(self.version), "other")\n',
    )
    (made.packages["app"].parent / "one.patch").write_text(PATCH)
    url, sha256 = made.source({"t": "t\n"}, "top")
    made.recipe(
        "top",
        "from spack.package import *\n\n\nclass Top(Package):\n"
        f'    url = "{url}"\n    version("1.0", sha256="{sha256}")\n    depends_on("app", patches="top.patch")\n',
    )
    (made.packages["top"].parent / "top.patch").write_text(PATCH.replace("one", "TWO").replace("two", "six"))
    made.recipe(
        "bundle",
        'from spack.package import *\n\n\nclass Bundle(Package):\n    has_code = False\n    version("1.0")\n',
    )
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Recipes that no test changes, and a root in which their models are kept."""
    directory = tmp_path_factory.mktemp("shared")
    return Place(directory / "root", directory, (make_trial(directory / "repos").root,))


@pytest.fixture
def context(place: Place) -> Context:
    made = place.context()
    remove_tree(made.paths.stage)
    return made


@pytest.fixture
def trial(tmp_path: Path) -> RecipeRepository:
    """Recipes of one test's own."""
    return make_trial(tmp_path / "repos")


@pytest.fixture
def own_context(tmp_path: Path, trial: RecipeRepository) -> Context:
    return Place(tmp_path / "root", tmp_path, (trial.root,)).context()


def asked(context: Context, text: str, environment: Environment | None = None) -> Concretized:
    return requested_graph(context, environment, parse_specs(text) if text else [])


def staged(context: Context, text: str) -> tuple[Stager, str, NodeFiles]:
    answer = asked(context, text)
    (key,) = answer.roots
    return Stager(context, answer.graph), key, fetch_nodes(context, answer.graph, [key])[key]


def test_sources_of_a_node_and_of_what_it_needs(context: Context) -> None:
    answer = asked(context, "top")
    (root,) = answer.roots
    assert wanted_keys(answer.graph, answer.roots, dependencies=False) == [root]
    keys = wanted_keys(answer.graph, answer.roots, dependencies=True)
    assert sorted(answer.graph[key].name for key in keys) == ["app", "top"]
    files = fetch_nodes(context, answer.graph, keys)
    assert sorted(len(each.archives) for each in files.values()) == [1, 2]
    assert all(path.is_file() for each in files.values() for path in each.archives)


def test_what_cannot_be_had_is_told_together(own_context: Context, trial: RecipeRepository) -> None:
    answer = asked(own_context, "top")
    for archive in (trial.directory / "archives").iterdir():
        archive.unlink()
    with pytest.raises(RequestError, match="sources of 2 of 2 packages") as caught:
        fetch_nodes(own_context, answer.graph, answer.graph.nodes)
    text = "\n".join(caught.value.details)
    assert "app@1.0" in text and "top-1.0.tar.gz" in text


def test_a_stage_is_made_once_and_left_alone(context: Context) -> None:
    stager, key, files = staged(context, "app")
    made = stager.stage(key, files)
    assert made.fresh and made.path == stager.directory(key)
    assert made.path.is_relative_to(context.paths.stage)
    assert (made.source_path / "text").read_text() == "one\n"
    assert (made.source_path / "more" / "x").read_text() == "extra\n"
    (made.source_path / "text").write_text("mine\n")
    again = stager.stage(key, files)
    assert not again.fresh and (again.source_path / "text").read_text() == "mine\n"
    anew = stager.stage(key, files, force=True)
    assert anew.fresh and (anew.source_path / "text").read_text() == "one\n"


def test_patches_of_the_recipe_and_its_own_method(context: Context) -> None:
    stager, key, files = staged(context, "app")
    made = stager.patch(key, files)
    assert made.patched
    assert (made.source_path / "text").read_text() == "two\n"
    assert (made.source_path / "other").read_text() == "1.0\n"
    assert sorted(path.name for path in made.path.iterdir()) == [".outcrop-stage.json", "app-1.0.tar.gz", "spack-src"]
    again = stager.patch(key, files)
    assert again.patched and not again.fresh


def test_a_stage_is_patched_where_it_is(context: Context) -> None:
    stager, key, files = staged(context, "app")
    stager.stage(key, files)
    (stager.directory(key) / "spack-src" / "mine").touch()
    assert (stager.patch(key, files).source_path / "mine").exists()


def test_a_patch_that_does_not_apply_is_not_tried_twice(context: Context) -> None:
    # The one that top wants applied fits nothing.
    answer = asked(context, "top")
    key = next(key for key, node in answer.graph.nodes.items() if node.name == "app")
    assert len(answer.graph[key].patches) == 2
    stager, files = Stager(context, answer.graph), fetch_nodes(context, answer.graph, [key])[key]
    with pytest.raises(RequestError, match=r"top\.patch does not apply"):
        stager.patch(key, files)
    with pytest.raises(RequestError, match="patched in part"):
        stager.patch(key, files)
    with pytest.raises(RequestError, match=r"top\.patch does not apply"):
        stager.patch(key, files, force=True)


def test_a_patch_method_that_fails_says_where(own_context: Context, trial: RecipeRepository) -> None:
    recipe = trial.packages["app"]
    recipe.write_text(recipe.read_text().replace('print("changing")', 'raise ValueError("oh no")'))
    stager, key, files = staged(own_context, "app")
    with pytest.raises(
        RequestError, match=r"the patch method of app@1\.0 failed: .*package\.py:\d+: ValueError: oh no"
    ):
        stager.patch(key, files)


def test_a_directory_of_ones_own(context: Context, tmp_path: Path) -> None:
    stager, key, files = staged(context, "app")
    assert stager.stage(key, files, tmp_path / "here").source_path == tmp_path / "here" / "spack-src"
    other = tmp_path / "full"
    other.mkdir()
    (other / "precious").touch()
    with pytest.raises(RequestError, match="not empty"):
        stager.stage(key, files, other, force=True)
    assert [path.name for path in other.iterdir()] == ["precious"]
    stager, key, files = staged(context, "top")
    with pytest.raises(RequestError, match="another package"):
        stager.stage(key, files, tmp_path / "here")
    assert (stager.stage(key, files, tmp_path / "here", force=True).source_path / "t").exists()


def test_a_stage_that_fails_leaves_nothing(context: Context, tmp_path: Path) -> None:
    stager, key, files = staged(context, "app")
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(RequestError):
        stager.stage(key, NodeFiles((broken, *files.archives[1:]), files.patches), tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_package_without_sources_has_an_empty_stage(context: Context) -> None:
    stager, key, files = staged(context, "bundle")
    assert files == NodeFiles((), ())
    assert list(stager.patch(key, files).source_path.iterdir()) == []


def test_an_environment_asks_for_what_it_has_locked(context: Context, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "spack.yaml").write_text("spack:\n  specs: [top]\n")
    environment = Environment.find(context, str(tmp_path / "env"))
    answer = asked(environment.context, "", environment)
    assert [answer.graph[root].name for root in answer.roots] == ["top"]
    with pytest.raises(UsageError, match="no spec is given"):
        asked(context, "")
