"""All repositories as one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from outcrop.repo import CORE_ROOT, Repositories
from outcrop.repo.errors import RecipeError, RepositoryError, UnknownPackageError
from support.recipe_world import World


def test_the_first_repository_that_has_a_package_wins(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("x", 'version("1")')
    second.recipe("x", 'version("2")')
    second.recipe("y", 'provides("thing")')
    found = world.open(first, second)
    assert found.namespaces == ("first", "second")
    assert found.names() == ["x", "y"]
    assert found.model("x").fullname == "first.x"
    assert found.model("second.x").versions[0].version == "2"
    assert found.model("y") is found.model("y")
    assert found.exists("second.x")
    assert not found.exists("first.y")
    assert found.recipe_path("second.x") == second.root / "packages/x/package.py"
    assert found.path(found.model("y").file) == second.root / "packages/y/package.py"
    other = world.open(second, first)
    assert other.model("x").fullname == "second.x"


def test_providers(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("b", 'provides("mpi@2", "pmi", when="@1")\nprovides("mpi@3")')
    first.recipe("shadow")
    second.recipe("shadow", 'provides("mpi")')
    second.recipe("a", 'provides("mpi@1")')
    second.recipe("word", "virtual = True")
    found = world.open(first, second)
    providers = [(name, str(decl.virtuals[0]), str(decl.when)) for name, decl in found.providers("mpi")]
    assert providers == [("b", "mpi@2", "@1"), ("b", "mpi@3", ""), ("a", "mpi@1", "")]
    assert [name for name, _ in found.providers("pmi")] == ["b"]
    assert found.providers("b") == []
    assert found.virtuals() == ["mpi", "pmi"]
    assert [name for name in ("mpi", "pmi", "word", "b", "none") if found.is_virtual(name)] == ["mpi", "pmi", "word"]


def test_tools_are_tagged_or_extend_python(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("make", 'tags = ["build-tools"]')
    first.recipe("py-x", 'extends("python", when="@1")')
    first.recipe("r-x", 'extends("r")')
    first.recipe("shadow")
    second.recipe("shadow", 'tags = ["build-tools"]')
    second.recipe("py-y", 'extends("python")')
    names = ["make", "py-x", "r-x", "shadow", "py-y", "python", "python-venv", "nothing"]
    tools = ["make", "py-x", "py-y", "python", "python-venv"]
    assert [name for name in names if world.open(first, second).is_tool(name)] == tools
    again = world.open(first, second)
    assert [name for name in names if again.is_tool(name)] == tools
    second.recipe("py-y")
    first.recipe("r-x", 'extends("python")')
    again.refresh()
    assert [name for name in names if again.is_tool(name)] == ["make", "py-x", "r-x", "python", "python-venv"]


def test_tags_and_summaries_follow_the_search_order(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("x", '"""First."""\ntags = ["a"]')
    second.recipe("x", '"""Second."""\ntags = ["b"]')
    second.recipe("y", '"""A tool. With more."""\ntags = ["a"]')
    found = world.open(first, second)
    assert found.tagged("a") == ["x", "y"]
    assert found.tagged("b") == []
    assert {name: item.description for name, item in found.summaries().items()} == {"x": "First.", "y": "A tool."}


def test_unknown_names(world: World) -> None:
    directory = world.repository()
    directory.recipe("py-numpy")
    directory.file("packages/left_over/notes.txt", "")
    found = world.open(directory)
    with pytest.raises(UnknownPackageError, match="no package py-numpi in any repository") as caught:
        found.model("py-numpi")
    assert caught.value.hint == "did you mean py-numpy?"
    assert caught.value.exit_status == 1
    with pytest.raises(UnknownPackageError, match=r"no repository fist, asked for fist\.x") as caught:
        found.model("fist.x")
    assert caught.value.hint == "did you mean first.x?"
    with pytest.raises(RepositoryError, match=r"directory of first\.left-over has no package\.py"):
        found.model("left-over")
    with pytest.raises(UnknownPackageError):
        found.model("")
    with pytest.raises(UnknownPackageError):
        found.recipe_path("Py-Numpy")


def test_broken_repositories_leave_the_others_usable(world: World) -> None:
    good, same = world.repository("good"), world.repository("good", place="again")
    newer = world.repository("newer", settings="api: v7.0")
    wrong = world.repository("wrong", settings="namespace: right\napi: v2.0")
    good.recipe("x")
    found = world.open(newer, good, same, wrong)
    assert found.model("x").namespace == "good"
    problems = [str(error) for error in found.problems]
    assert len(problems) == 3
    assert "needs package API v7.0" in problems[0]
    assert "has the namespace good, like" in problems[1]
    assert "namespace is right, but the directory" in problems[2]
    assert world.listener.texts("warning") == problems
    with pytest.raises(UnknownPackageError) as caught:
        found.model("zzzzzz")
    assert caught.value.hint is not None
    assert "could not be used" in caught.value.hint


def test_a_repository_named_twice_is_no_problem(world: World) -> None:
    directory = world.repository()
    assert world.open(directory, directory).problems == []


def test_broken_recipes_leave_the_others_usable(world: World) -> None:
    directory = world.repository()
    directory.recipe("good", 'provides("thing")')
    directory.recipe("noisy", "print('hello')")
    broken = directory.file("packages/bad/package.py", "class Bad(\n")
    found = world.open(directory)
    assert [name for name, _ in found.providers("thing")] == ["good"]
    with pytest.raises(RecipeError, match="not valid Python") as caught:
        found.model("bad")
    assert str(caught.value).startswith(f"{broken}:1:")
    assert list(found.failures()) == ["first.bad"]
    assert found.model("noisy").name == "noisy"
    noise, failure = world.listener.texts("warning")
    assert noise.startswith("the recipe of first.noisy prints while it is imported (")
    assert str(broken) in failure
    world.listener.events.clear()
    again = world.open(directory)
    assert list(again.failures()) == ["first.bad"]
    with pytest.raises(RecipeError, match="not valid Python"):
        again.model("bad")
    assert world.listener.events == []


def test_many_broken_recipes_are_named_in_a_few_lines(world: World) -> None:
    directory = world.repository()
    for number in range(8):
        directory.recipe(f"p{number}", "undefined")
    found = world.open(directory)
    assert len(found.failures()) == 8
    assert len(world.listener.texts("warning")) == 6
    assert world.listener.texts("warning")[-1] == "3 more recipes of first cannot be loaded"


def test_changes_are_seen_by_the_next_one_and_after_refresh(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'version("1")')
    found = world.open(directory)
    assert found.model("x").versions[0].version == "1"
    directory.recipe("x", 'version("2")\nprovides("thing")')
    directory.recipe("y")
    assert found.model("x").versions[0].version == "1"
    assert world.open(directory).model("x").versions[0].version == "2"
    assert not found.is_virtual("thing")
    found.refresh()
    assert found.is_virtual("thing")
    assert found.model("x").versions[0].version == "2"
    assert found.exists("y")


def test_one_model_of_a_large_repository_does_not_wait_for_all(world: World) -> None:
    directory = world.repository()
    for number in range(201):
        directory.file(f"packages/p{number}/package.py", "undefined\n")
    directory.recipe("x")
    found = world.open(directory)
    assert found.model("x").name == "x"
    assert not [event for event in world.listener.events if event.kind.startswith("index")]


def test_many_models_of_a_large_repository_are_made_at_once(world: World) -> None:
    directory = world.repository()
    for number in range(201):
        directory.recipe(f"p{number}")
    found = world.open(directory)
    assert [found.model(name).name for name in found.names()] == found.names()
    started = [event.total for event in world.listener.events if event.kind == "index.started"]
    assert len(started) == 1
    assert (started[0] or 0) > 180


def test_classes_for_workers(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'version("1")')
    with world.open(directory) as found:
        recipe = found.load_class("first", "x")
        assert recipe.fullname == "first.x"
        assert found.load_class("first", "x") is recipe
        with pytest.raises(UnknownPackageError):
            found.load_class("first", "y")
    assert "spack_repo" not in sys.modules


def test_a_cache_that_cannot_be_written_costs_a_warning_and_time(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", '"""A thing."""\nprovides("thing")')
    directory.recipe("bad", "undefined")
    world.cache.write_text("a file where the directory should be")
    found = world.open(directory)
    assert found.model("x").name == "x"
    assert found.model("x") is found.model("x")
    assert found.content("x")
    assert found.is_virtual("thing")
    assert found.summaries()["x"].description == "A thing."
    with pytest.raises(RecipeError, match="NameError"):
        found.model("bad")
    found.refresh()
    assert found.model("x").name == "x"
    kept = [text for text in world.listener.texts("warning") if "cannot be kept" in text]
    assert len(kept) == 1
    assert str(world.cache) in kept[0]
    assert "make that directory writable" in kept[0]
    with found:
        assert found.load_class("first", "x").name == "x"


def test_a_cache_that_is_only_read_needs_no_warning(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'provides("thing")')
    world.open(directory).refresh()
    world.listener.events.clear()
    for path in (world.cache, *world.cache.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        found = world.open(directory)
        assert found.model("x").name == "x"
        assert found.is_virtual("thing")
        assert world.listener.events == []
    finally:
        for path in (world.cache, *world.cache.rglob("*")):
            path.chmod(0o755)


def test_a_warm_start_imports_no_recipe_and_no_api(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'provides("thing")\nversion("1")')
    world.open(directory).model("x")
    script = (
        "import sys, time; from pathlib import Path; from outcrop.repo import Repositories\n"
        "class Loud:\n"
        "    def report(self, event): raise SystemExit(f'made anew: {event}')\n"
        "start = time.perf_counter()\n"
        "found = Repositories([Path(sys.argv[1])], Path(sys.argv[2]), reporter=Loud())\n"
        "assert found.model('x').versions[0].version == '1'\n"
        "seconds = time.perf_counter() - start\n"
        "assert found.is_virtual('thing')\n"
        "heavy = {'subprocess', 'outcrop.package', 'outcrop.package.classes.base', 'ruamel.yaml', 'spack'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert seconds < 0.1, seconds\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(directory.root), str(world.cache)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_every_recipe_of_the_program_loads(world: World) -> None:
    found = Repositories([CORE_ROOT], world.cache, reporter=world.listener)
    assert found.failures() == {}
    assert world.listener.texts("warning") == []
    assert found.problems == []
    for name in found.names():
        model = found.model(name)
        assert model.fullname == f"core.{name}"
        path = found.path(model.file)
        assert path is not None
        assert f"class {model.class_name}" in path.read_text().splitlines()[model.line - 1]
        for declared in model.dependencies:
            wanted = declared.spec.name
            assert found.exists(wanted) or found.is_virtual(wanted), f"{name} depends on {wanted}, which nobody has"


def test_extending_python_means_two_dependencies(world: World) -> None:
    found = Repositories([CORE_ROOT], world.cache)
    model = found.model("py-pip")
    python, venv = (
        next(item for item in model.dependencies if item.spec.name == name) for name in ("python", "python-venv")
    )
    assert set(python.types) == set(venv.types) == {"build", "run"}
    assert python.when == venv.when
    own = found.model("python-venv")
    assert "python-venv" not in {item.spec.name for item in own.dependencies}
    assert "python" in {item.spec.name for item in own.dependencies}


def test_roots_may_be_relative(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = world.repository()
    directory.recipe("x")
    monkeypatch.chdir(world.path)
    relative = directory.root.relative_to(world.path)
    assert Repositories([relative], Path("cache")).model("x").name == "x"


def test_an_old_repository_beside_a_new_one(world: World) -> None:
    new, old = world.repository("builtin"), world.old_repository("lab")
    new.file(
        "build_systems/special.py",
        """
        from spack.package import *

        class SpecialPackage(Package):
            build_system("generic")
            depends_on("special-tool", type="build")
        """,
    )
    new.file(
        "build_systems/_package_api_v1.py",
        "from .special import SpecialPackage\n\nclass LostPackage(SpecialPackage):\n    pass\n",
    )
    new.recipe("special-tool", 'version("1")')
    new.recipe("thing", 'version("1")')
    new.recipe("user", base="Thing", head="from spack.pkg.lab.thing import Thing")
    old.file(
        "packages/thing/package.py",
        """
        from spack.package import *

        class Thing(LostPackage):
            url = "https://e.org/thing-2.0.tar.gz"
            version("2.0", sha256="aa")
            provides("idea")
            depends_on("py_tool", type="run")
        """,
    )
    old.file("packages/py_tool/package.py", "from spack.package import *\n\nclass PyTool(Package):\n    pass\n")
    found = world.open(old, new)
    assert found.failures() == {}
    assert found.names() == ["py_tool", "special-tool", "thing", "user"]
    model = found.model("thing")
    assert (model.fullname, model.file, model.line) == ("lab.thing", "lab/packages/thing/package.py", 4)
    assert [declared.spec.name for declared in model.dependencies] == ["special-tool", "py_tool"]
    assert model.modules[1:] == ("builtin/build_systems/_package_api_v1.py", "builtin/build_systems/special.py")
    assert found.model("builtin.thing").versions[0].version == "1"
    assert found.model("user").versions[0].version == "2.0"
    assert [name for name, _ in found.providers("idea")] == ["thing", "user"]
    made = found.recipe(model, "2.0", lambda spec: True)
    assert "class SpecialPackage" in made.text
    with found:
        assert found.load_class("lab", "thing").name == "thing"
        assert found.load_class("lab", "py_tool").fullname == "lab.py_tool"
    new.file("build_systems/_package_api_v1.py", "from .special import SpecialPackage\n")
    again = world.open(old, new)
    assert set(again.failures()) == {"lab.thing", "builtin.user"}
    assert again.failures()["lab.thing"].message.endswith("NameError: name 'LostPackage' is not defined")


BROKEN = {
    "a syntax error": ("class Bad(\n", "is not valid Python: '(' was never closed", 1),
    "an exception": ("from spack.package import *\n\n1 / 0\n", "ZeroDivisionError: division by zero", 3),
    "a missing module": ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'", 1),
    "an exit": ("import sys\n\nsys.exit('no')\n", "exits (status 'no') while it is imported", 3),
    "a hard exit": ("import os\nos._exit(4)\n", "ended the process that imported it (status 4)", None),
    "a crash": ("import os\nos.abort()\n", "killed the process that imported it (SIGABRT)", None),
    "endless recursion": ("def f():\n    f()\n\nf()\n", "RecursionError: maximum recursion depth", 2),
    "no class": ("from spack.package import *\n", "defines no package class Bad", None),
    "no text": ("\xff\xfe", "is not valid Python", 1),
    "a wrong directive": (
        "from spack.package import *\n\nclass Bad(Package):\n    variant('x', defualt=True)\n",
        "unexpected keyword argument 'defualt'",
        4,
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_whatever_is_broken_gives_one_message_with_its_place(world: World, what: str) -> None:
    text, message, line = BROKEN[what]
    other, directory = world.repository("other", place="more"), world.repository()
    other.recipe("fine", 'provides("thing")')
    directory.recipe("good", 'provides("thing")')
    broken = directory.file("packages/bad/package.py", "")
    broken.write_text(text, "latin-1")
    found = world.open(directory, other)
    assert [name for name, _ in found.providers("thing")] == ["good", "fine"]
    (warning,) = world.listener.texts("warning")
    assert warning.startswith(f"{broken}:{line}:" if line is not None else f"{broken}:")
    assert message in warning
    with pytest.raises(RecipeError):
        found.model("bad")
    assert found.model("good").name == "good"
    assert world.listener.texts("warning") == [warning]


def test_one_model_by_two_names(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("x")
    second.recipe("x")
    found = world.open(first, second)
    assert found.model("x") is found.model("first.x")
    assert found.model("second.x").namespace == "second"
    assert found.home("third.x") is None
    assert not found.exists("first.y")


def test_providers_of_hidden_packages_count_only_where_they_are_seen(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    third = world.repository("third", place="most")
    first.recipe("x")
    second.recipe("x", 'provides("thing")')
    second.recipe("y", 'provides("thing")')
    third.recipe("y", 'provides("thing")')
    third.recipe("z", 'provides("thing")')
    assert [name for name, _ in world.open(first, second, third).providers("thing")] == ["y", "z"]
    assert [name for name, _ in world.open(third, second, first).providers("thing")] == ["y", "z", "x"]
