"""Importing recipes: what they see, what is noted, and what happens when they misbehave."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

from outcrop.base.errors import Place
from outcrop.repo.errors import RecipeError
from outcrop.repo.importing import Importer
from support.recipe_world import RepositoryDirectory, World


def importer(*directories: RepositoryDirectory) -> Importer:
    return Importer([directory.load() for directory in directories])


def names_of(files: tuple[str, ...]) -> list[str]:
    return [Path(file).parent.name + "/" + Path(file).name for file in files]


def failure(directory: RepositoryDirectory, name: str) -> RecipeError:
    with importer(directory) as found, pytest.raises(RecipeError) as caught:
        found.load(directory.load(), name)
    return caught.value


def test_a_recipe_becomes_a_class(world: World) -> None:
    directory = world.repository()
    file = directory.recipe("py-x", 'version("1.0")')
    with importer(directory) as found:
        loaded = found.load(directory.load(), "py-x")
        assert loaded.recipe.__name__ == "PyX"
        assert loaded.recipe.__module__ == "spack_repo.first.packages.py_x.package"
        assert loaded.recipe.package_dir == str(file.parent)
        assert loaded.files == (str(file),)
        assert loaded.printed is None


def test_the_modules_are_gone_when_the_importer_is(world: World) -> None:
    directory = world.repository()
    directory.recipe("x")
    with importer(directory) as found:
        found.load(directory.load(), "x")
        assert "spack.package" in sys.modules
    assert not [name for name in sys.modules if name.partition(".")[0] in ("spack", "spack_repo")]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("spack_repo.first.packages.x.package")


def test_importers_nest_and_put_back_what_they_found(world: World) -> None:
    first, second = world.repository("first"), world.repository("second", place="more")
    first.recipe("x", "colour = 'red'")
    second.recipe("x", "colour = 'blue'")
    with importer(first) as outer:
        red = outer.load(first.load(), "x").recipe
        with importer(second) as inner:
            assert vars(inner.load(second.load(), "x").recipe)["colour"] == "blue"
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module("spack_repo.first.packages.x.package")
        assert outer.load(first.load(), "x").recipe is red


def test_the_files_a_recipe_was_made_from(world: World) -> None:
    directory = world.repository()
    directory.file("__init__.py", "")
    directory.file("packages/__init__.py", "")
    directory.file("build_systems/simple.py", "from spack.package import Package\nfrom .parts import LIST\n")
    directory.file("build_systems/parts.py", "LIST = [1]\n")
    directory.recipe("base", head="from spack_repo.first.build_systems.simple import LIST")
    directory.recipe("one", base="Base", head="from ..base.package import Base")
    directory.recipe("two", base="module.Base", head="from ..base import package as module")
    directory.recipe("three", "from spack_repo.first.build_systems import parts")
    directory.recipe("alone")
    with importer(directory) as found:
        repository = directory.load()
        files = {name: names_of(found.load(repository, name).files) for name in ("one", "two", "three", "alone")}
    shared = ["first/__init__.py", "packages/__init__.py"]
    systems = ["build_systems/parts.py", "build_systems/simple.py"]
    assert files["one"][0] == "one/package.py"
    assert set(files["one"]) == {"one/package.py", "base/package.py", *shared, *systems}
    # The second one imports what is there already: noted all the same.
    assert set(files["two"]) == {"two/package.py", "base/package.py", *shared, *systems}
    assert set(files["three"]) == {"three/package.py", "build_systems/parts.py", *shared}
    assert set(files["alone"]) == {"alone/package.py", *shared}


def test_recipes_of_one_repository_use_another(world: World) -> None:
    first, second = world.repository("first"), world.repository("deep.second", place="more")
    first.recipe("base", "colour = 'red'")
    second.recipe("x", base="Base", head="from spack_repo.first.packages.base.package import Base")
    with importer(first, second) as found:
        loaded = found.load(second.load(), "x")
    assert names_of(loaded.files) == ["x/package.py", "base/package.py"]
    with importer(second) as found, pytest.raises(RecipeError, match=r"No module named 'spack_repo\.first") as caught:
        found.load(second.load(), "x")
    assert caught.value.hint == "it needs the repository first; add it with: outcrop repo add PATH"


def test_no_byte_code_is_left_in_a_repository(world: World) -> None:
    directory = world.repository()
    directory.recipe("x")
    with importer(directory) as found:
        found.load(directory.load(), "x")
    assert not list(directory.root.rglob("__pycache__"))


@pytest.mark.parametrize(
    "line",
    [
        "from spack import *",
        "from spack.package import Package",
        "import spack.util.environment as envutil; envutil.is_system_path; envutil.EnvironmentModifications",
        "from spack.util.environment import EnvironmentModifications, set_env",
        "from spack.util.executable import which, Executable",
        "from spack.install_test import SkipTest",
        "import spack.package; spack.package.depends_on",
    ],
)
def test_what_public_recipes_import_besides(world: World, line: str) -> None:
    directory = world.repository()
    directory.recipe("x", head=line)
    with importer(directory) as found:
        found.load(directory.load(), "x")


def test_the_star_import_brings_the_api_and_nothing_else(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", head="seen = sorted(globals())")
    with importer(directory) as found:
        module = sys.modules[found.load(directory.load(), "x").recipe.__module__]
        package = importlib.import_module("outcrop.package")
    assert {name for name in vars(module)["seen"] if not name.startswith("__")} == set(package.__all__)


def test_a_syntax_error(world: World) -> None:
    directory = world.repository()
    file = directory.file("packages/x/package.py", "from spack.package import *\n\nclass X(Package:\n    pass\n")
    error = failure(directory, "x")
    assert error.place is not None
    assert (str(error.place.file), error.place.line) == (str(file), 3)
    assert "not valid Python" in error.message


def test_an_exception_is_blamed_on_the_innermost_line_of_a_repository(world: World) -> None:
    directory = world.repository()
    helper = directory.file("build_systems/helper.py", "def check(value):\n    return int(value)\n")
    directory.recipe("x", "check('seven')", head="from spack_repo.first.build_systems.helper import check")
    error = failure(directory, "x")
    assert error.place == Place(str(helper), 2)
    assert "ValueError: invalid literal" in error.message


def test_an_exit(world: World) -> None:
    directory = world.repository()
    file = directory.recipe("x", "import sys\nsys.exit(0)")
    error = failure(directory, "x")
    assert error.place == Place(str(file), 6)
    assert "exits (status 0)" in error.message


def test_a_directive_that_cannot_be_read(world: World) -> None:
    directory = world.repository()
    file = directory.recipe("x", 'with when("+a"):\n    version("1.0")')
    error = failure(directory, "x")
    assert error.place == Place(str(file), 6)
    assert error.code == "bad-recipe"


def test_recipes_that_import_each_other(world: World) -> None:
    directory = world.repository()
    directory.recipe("a", head="from ..b.package import B")
    directory.recipe("b", head="from ..a.package import A")
    error = failure(directory, "a")
    assert "ImportError" in error.message
    assert error.place is not None
    assert str(error.place.file).endswith("b/package.py")


def test_a_class_of_another_name(world: World) -> None:
    directory = world.repository()
    directory.file("packages/x/package.py", "from spack.package import *\n\nclass Y(Package):\n    pass\n")
    assert "defines no package class X" in failure(directory, "x").message
    directory.file("packages/x/package.py", "class X:\n    pass\n")
    assert "defines no package class X" in failure(directory, "x").message


def test_a_failed_recipe_can_be_loaded_once_it_is_mended(world: World) -> None:
    directory = world.repository()
    with importer(directory) as found:
        repository = directory.load()
        directory.recipe("x", "undefined")
        with pytest.raises(RecipeError, match="NameError"):
            found.load(repository, "x")
        directory.recipe("x", "colour = 'red'")
        assert vars(found.load(repository, "x").recipe)["colour"] == "red"


def test_what_a_recipe_prints_is_swallowed_and_its_line_known(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    directory = world.repository()
    file = directory.recipe("x", "print('here')\nimport sys\nprint('there', file=sys.stderr)")
    with importer(directory) as found:
        loaded = found.load(directory.load(), "x")
    assert loaded.printed == Place(str(file), 5)
    assert capfd.readouterr() == ("", "")


def test_an_invalid_escape_is_no_concern_of_the_user(world: World) -> None:
    # Warnings are errors in the tests.
    directory = world.repository()
    directory.file("packages/x/package.py", "from spack.package import *\nP = '\\d'\n\nclass X(Package):\n    pass\n")
    with importer(directory) as found:
        found.load(directory.load(), "x")


def test_old_repositories_stand_beside_new_ones(world: World) -> None:
    old = world.old_repository("lab.tools")
    old.file("packages/3proxy/package.py", "from spack.package import *\n\nclass _3proxy(Package):\n    pass\n")
    old.file("packages/my_tool/package.py", "from spack.package import *\n\nclass MyTool(Package):\n    pass\n")
    old.file(
        "packages/user/package.py",
        """
        from spack.package import *
        from spack.pkg.lab.tools.my_tool import MyTool
        from spack.pkg.first.py_base import PyBase
        import spack.pkg.lab.tools.num3proxy

        class User(MyTool):
            pass
        """,
    )
    new = world.repository()
    new.recipe("py-base")
    with importer(old, new) as found:
        repository = old.load()
        loaded = found.load(repository, "user")
        others = {"3proxy/package.py", "my_tool/package.py", "py_base/package.py"}
        assert names_of(loaded.files)[0] == "user/package.py"
        assert set(names_of(loaded.files)[1:]) == others
        assert loaded.recipe.__module__ == "spack.pkg.lab.tools.user"


def test_old_recipes_see_the_build_systems_of_builtin(world: World) -> None:
    old = world.old_repository("lab")
    old.file("packages/x/package.py", "from spack.package import *\n\nclass X(SpecialPackage):\n    pass\n")
    error = failure(old, "x")
    assert error.hint is not None
    assert "need the build systems of the repository builtin" in error.hint
    assert error.place is not None
    assert error.place.line == 3
    new = world.repository("builtin")
    new.file("build_systems/_package_api_v1.py", "from .special import SpecialPackage\n")
    new.file(
        "build_systems/special.py", "from spack.package import Package\n\nclass SpecialPackage(Package):\n    pass\n"
    )
    with importer(old, new) as found:
        loaded = found.load(old.load(), "x")
    assert names_of(loaded.files)[1:] == ["build_systems/_package_api_v1.py", "build_systems/special.py"]


def test_a_recipe_may_look_at_its_own_directory(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", head="import os\nHERE = os.listdir(os.path.dirname(__file__))")
    with importer(directory) as found:
        module = sys.modules[found.load(directory.load(), "x").recipe.__module__]
    assert vars(module)["HERE"] == ["package.py"]
    assert os.fspath(directory.root) in str(module.__file__)
