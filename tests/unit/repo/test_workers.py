"""Extraction in child processes: all that a recipe can do to the process that imports it."""

from __future__ import annotations

import os
import time

import pytest

from outcrop.repo.cache import ModelCache
from outcrop.repo.files import Files
from outcrop.repo.index import Facts
from outcrop.repo.workers import extract_all
from support.recipe_world import RepositoryDirectory, World


def extract(
    world: World, directory: RepositoryDirectory, names: list[str], *, jobs: int = 1, patience: float = 60
) -> dict[str, Facts]:
    repository = directory.load()
    cache = ModelCache(world.cache, [repository], Files([repository]))
    found = list(extract_all([repository], repository, names, cache, world.listener, jobs=jobs, patience=patience))
    assert len(found) == len({facts.name for facts in found})
    return {facts.name: facts for facts in found}


def test_good_recipes(world: World) -> None:
    directory = world.repository()
    directory.recipe("a", 'provides("thing")\ntags = ["t"]')
    directory.recipe("b", 'version("1")\ndepends_on("a")\ndepends_on("a@1", when="@1")\nmaintainers("zoe")')
    found = extract(world, directory, ["a", "b"])
    assert [str(spec) for spec in found["a"].provides[0].virtuals] == ["thing"]
    assert found["a"].tags == ("t",)
    summary = found["b"].summary
    assert summary is not None
    assert (summary.version, summary.dependencies, summary.maintainers) == ("1", ("a",), ("zoe",))


def test_recipes_that_take_their_process_down_harm_nobody_else(world: World) -> None:
    directory = world.repository()
    directory.recipe("a")
    exits = directory.recipe("b", "import os\nos._exit(3)")
    directory.recipe("c")
    directory.recipe("d", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    directory.recipe("e", "import os\nos.write(2, b'panic')\nos._exit(0)")
    directory.recipe("f")
    found = extract(world, directory, list("abcdef"))
    messages = {name: facts.failure.message for name, facts in found.items() if facts.failure is not None}
    assert messages == {
        "b": "the recipe of first.b ended the process that imported it (status 3)",
        "d": "the recipe of first.d killed the process that imported it (SIGKILL)",
        "e": "the recipe of first.e ended the process that imported it (status 0)",
    }
    assert found["b"].failure is not None
    assert found["b"].failure.file == str(exits)
    assert found["e"].failure is not None
    assert found["e"].failure.details == ("panic",)
    assert set(found) == set("abcdef")


def test_a_recipe_that_never_ends(world: World) -> None:
    directory = world.repository()
    directory.recipe("a", "while True:\n    pass")
    directory.recipe("b")
    start = time.monotonic()
    found = extract(world, directory, ["a", "b"], patience=1.5)
    assert time.monotonic() - start < 20
    assert found["a"].failure is not None
    assert found["a"].failure.message == "the recipe of first.a has not ended after 1.5 s"
    assert found["b"].failure is None


def test_nothing_a_recipe_writes_disturbs_the_answers(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    directory = world.repository()
    directory.recipe(
        "a", "import os\nos.write(1, b'x' * 9000)\nprint('y' * 9000)\nos.system('echo z')\ninput_ = os.read(0, 9)"
    )
    found = extract(world, directory, ["a"])
    assert found["a"].failure is None
    assert found["a"].printed.endswith("packages/a/package.py:7")
    assert capfd.readouterr() == ("", "")


def test_models_do_not_depend_on_who_makes_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = world.repository()
    directory.recipe("a", "import os\ntags = sorted(os.environ) + list({'p', 'q', 'r', 's', 't', 'u'})")
    monkeypatch.setenv("SECRET_OF_THE_USER", "1")
    first = extract(world, directory, ["a"])["a"].tags
    assert "SECRET_OF_THE_USER" not in first
    assert extract(world, directory, ["a"])["a"].tags == first


def test_many_recipes_are_shared_among_processes(world: World) -> None:
    directory = world.repository()
    names = [f"p{number}" for number in range(60)]
    for name in names:
        directory.recipe(name, "import os\ntags = [str(os.getpid())]")
    found = extract(world, directory, names, jobs=2)
    assert set(found) == set(names)
    assert len({facts.tags for facts in found.values()}) == 2
    assert str(os.getpid()) not in {facts.tags[0] for facts in found.values()}
    progress = [event for event in world.listener.events if event.kind == "index.progress"]
    assert [event.done for event in progress] == sorted(event.done or 0 for event in progress)
    assert (progress[-1].done, progress[-1].total) == (60, 60)


def test_giving_up_early_leaves_no_process_behind(world: World) -> None:
    directory = world.repository()
    directory.recipe("a")
    directory.recipe("b", "import time\ntime.sleep(100)")
    repository = directory.load()
    cache = ModelCache(world.cache, [repository], Files([repository]))
    answers = extract_all([repository], repository, ["a", "b"], cache, world.listener)
    assert next(iter(answers)).name == "a"
    start = time.monotonic()
    answers.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - start < 10
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    # What was made until then is kept.
    assert cache.entry(repository, "a") is not None
