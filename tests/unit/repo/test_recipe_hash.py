"""Recipe hashes: changed by what changes a build, by nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from outcrop.base.digests import base32_name
from outcrop.repo import Repositories
from outcrop.repo.cache import ModelCache
from outcrop.repo.errors import RecipeError
from outcrop.repo.extract import Extractor
from outcrop.repo.files import Files
from outcrop.repo.importing import Importer
from outcrop.repo.recipe_hash import CanonicalRecipe, RecipeHasher
from outcrop.spec import Spec, parse_spec
from support.recipe_world import RepositoryDirectory, World

RECIPE = '''
"""Docs."""

homepage = "https://e.org"
url = "https://e.org/x-1.0.tar.gz"

version("1.1", sha256="aa")
version("1.0", sha256="bb")
variant("fast", default=True, description="Fast")
depends_on("zlib@1.2:")
depends_on("slow-lib", when="~fast")
patch("fix.patch", when="@1.1")
patch("old.patch", when="@1.0")
conflicts("%gcc@:4")
conflicts("~fast", when="@1.1")
requires("+fast")
resource(name="r", url="https://e.org/r.tgz", sha256="cc", destination="d")

def install(self, spec, prefix):
    # Installs.
    make(helper("install"))
'''

HEAD = """
from spack_repo.first.build_systems.simple import SimplePackage
from ..tool.package import helper
from ..other.package import NAMES
"""

SYSTEM = '''
from spack.package import *


class SimplePackage(Package):
    """A build system."""

    depends_on("gmake", type="build")
    depends_on("slow-make", type="build", when="~fast")

    def configure(self):
        return ["--prefix"]
'''


@pytest.fixture
def directory(world: World) -> RepositoryDirectory:
    made = world.repository()
    made.file("build_systems/simple.py", SYSTEM)
    made.file("build_systems/unused.py", "A = 1\n")
    made.recipe("tool", head="def helper(word):\n    return word\n")
    made.recipe("other", head='NAMES = ["p"]')
    made.recipe("x", RECIPE, base="SimplePackage", head=HEAD)
    made.file("packages/x/fix.patch", "fix")
    made.file("packages/x/old.patch", "old")
    return made


def satisfies(text: str) -> Callable[[Spec], bool]:
    mine = parse_spec(text)
    return lambda wanted: mine.satisfies(wanted)


def recipe(world: World, directory: RepositoryDirectory, text: str = "x@=1.1+fast%gcc@=12") -> tuple[str, str]:
    found = world.open(directory)
    return found.recipe(found.model("x"), "1.1", satisfies(text))


def recipe_here(world: World, directory: RepositoryDirectory, text: str = "x@=1.1+fast%gcc@=12") -> CanonicalRecipe:
    """The same without a child process, which would take ten times as long."""
    repository = directory.load()
    with Importer([repository]) as importer:
        model, _ = Extractor([repository]).extract(repository, "x", importer.load(repository, "x"))
    files = Files([repository])
    return RecipeHasher([repository], ModelCache(world.cache, [repository], files), files).recipe(
        model, "1.1", satisfies(text)
    )


def edit(directory: RepositoryDirectory, file: str, old: str, new: str) -> None:
    path = directory.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


X, TOOL, SIMPLE = "packages/x/package.py", "packages/tool/package.py", "build_systems/simple.py"

SAME = {
    "a comment": (X, "# Installs.", "# Installs everything."),
    "a docstring": (X, '"""Docs."""', '"""More docs."""'),
    "a reformat": (X, 'make(helper("install"))', "make(\n            helper('install'),\n        )"),
    "an upstream version": (X, 'version("1.1"', 'version("1.2", sha256="ee")\n    version("1.1"'),
    "the url of that version": (X, "x-1.0.tar.gz", "x-1.2.tar.gz"),
    "a deprecation": (X, 'version("1.1", sha256="aa"', 'version("1.1", sha256="aa", deprecated=True'),
    "another condition that holds": (X, 'when="@1.1")\n    patch', 'when="@1.1:")\n    patch'),
    "a dependency under a condition": (X, "    conflicts(", '    depends_on("new", when="~fast")\n    conflicts('),
    "a dependency of other versions": (X, "    conflicts(", '    depends_on("new", when="@1.2:")\n    conflicts('),
    "a patch of other versions": ("packages/x/old.patch", "old", "older"),
    "a conflict that is met": (X, "    conflicts(", '    conflicts("%gcc@:5")\n    conflicts('),
    "a requirement that is met": (X, "    requires(", '    requires("@1.0:")\n    requires('),
    "a maintainer": (X, "    requires(", '    maintainers("me")\n    license("MIT")\n    requires('),
    "the order of dependencies": (
        X,
        '    depends_on("zlib@1.2:")\n    depends_on("slow-lib", when="~fast")',
        '    depends_on("slow-lib", when="~fast")\n    depends_on("zlib@1.2:")',
    ),
    "an inherited condition": (SIMPLE, '"slow-make"', '"slower-make"'),
    "the docs of the build system": (SIMPLE, "A build system.", "The build system."),
    "a build system that is not used": ("build_systems/unused.py", "A = 1", "A = 2"),
    "a recipe that only directives use": ("packages/other/package.py", '"p"', '"q"'),
}

DIFFERENT = {
    "the install method": (X, 'helper("install")', 'helper("install-all")'),
    "a dependency": (X, "zlib@1.2:", "zlib@1.3:"),
    "the types of a dependency": (X, '"zlib@1.2:"', '"zlib@1.2:", type="build"'),
    "a dependency without a condition": (X, "    conflicts(", '    depends_on("new")\n    conflicts('),
    "a dependency under a condition that holds": (
        X,
        "    conflicts(",
        '    depends_on("new", when="+fast")\n    conflicts(',
    ),
    "the checksum of the version": (X, 'sha256="aa"', 'sha256="ff"'),
    "a patch": ("packages/x/fix.patch", "fix", "fixed"),
    "a variant": (X, "    requires(", '    variant("new", default=False, description="N")\n    requires('),
    "a conflict that is violated": (X, "%gcc@:4", "%gcc@:12"),
    "a requirement that is not met": (X, 'requires("+fast")', 'requires("~fast")'),
    "a resource": (X, 'sha256="cc"', 'sha256="dd"'),
    "the build system": (SIMPLE, "--prefix", "--root"),
    "what the build system depends on": (SIMPLE, '"gmake"', '"bmake"'),
    "a helper of another recipe": (TOOL, "return word", "return word.upper()"),
}


@pytest.mark.parametrize("change", [*SAME, *DIFFERENT])
def test_changes(world: World, directory: RepositoryDirectory, change: str) -> None:
    before = recipe_here(world, directory)
    edit(directory, *(SAME.get(change) or DIFFERENT[change]))
    after = recipe_here(world, directory)
    assert (before == after) is (change in SAME)


def test_the_hash_is_the_name_of_the_text(world: World, directory: RepositoryDirectory) -> None:
    made = recipe(world, directory)
    assert made == recipe_here(world, directory)
    assert made[0] == base32_name(made[1].encode())
    assert made[1].startswith("# outcrop recipe 1: first.x\nversion('1.1', sha256='aa')\n")
    lines = made[1].splitlines()
    assert "depends_on('zlib@1.2:', type=('link', 'build'))" in lines
    assert "depends_on('gmake', type=('build'))" in lines
    assert "# first/build_systems/simple.py" in lines
    assert "        make(helper('install'))" in lines
    assert not [line for line in lines if "slow" in line or "unused" in line or "conflicts" in line or "1.0" in line]


def test_it_depends_on_the_node(world: World, directory: RepositoryDirectory) -> None:
    fast = recipe_here(world, directory)
    slow = recipe_here(world, directory, "x@=1.1~fast%gcc@=12")
    assert fast[0] != slow[0]
    assert "slow-lib" in slow[1]
    assert "slow-make" in slow[1]
    # What the node violates is part of it: a conflict that came later shows as drift.
    assert "conflicts('~fast')" in slow[1]


def test_it_needs_no_import(world: World, directory: RepositoryDirectory) -> None:
    wanted = recipe(world, directory)[0]
    script = (
        "import sys; from pathlib import Path\n"
        "from outcrop.repo import Repositories; from outcrop.spec import parse_spec\n"
        "found = Repositories([Path(sys.argv[1])], Path(sys.argv[2]))\n"
        "mine = parse_spec('x@=1.1+fast%gcc@=12')\n"
        "print(found.recipe(found.model('x'), '1.1', mine.satisfies).hash)\n"
        "assert not {'outcrop.package', 'spack_repo', 'subprocess'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(directory.root), str(world.cache)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{wanted}\n", "")


def test_answers_are_remembered_while_the_files_stay(world: World, directory: RepositoryDirectory) -> None:
    found = world.open(directory)
    node = "n" * 32
    assert found.known_recipe_hash("first.x", node) is None
    made = found.recipe(found.model("x"), "1.1", satisfies("x@=1.1+fast"), subject=node)
    assert found.known_recipe_hash("first.x", node) == made.hash
    assert found.known_recipe_hash("first.x", "m" * 32) is None
    assert found.known_recipe_hash("first.unknown", node) is None
    assert world.open(directory).known_recipe_hash("x", node) == made.hash
    edit(directory, X, "# Installs.", "# Does.")
    assert world.open(directory).known_recipe_hash("x", node) is None


def test_looking_whether_forty_recipes_drifted_is_quick(world: World) -> None:
    made = world.repository()
    made.file("build_systems/simple.py", SYSTEM)
    names = [f"p{number}" for number in range(40)]
    for name in names:
        made.recipe(name, RECIPE.replace("patch(", "# "), base="SimplePackage", head=HEAD.splitlines()[1])
    found = world.open(made)
    for name in names:
        found.recipe(found.model(name), "1.1", satisfies(f"{name}@=1.1+fast"), subject=f"node-of-{name}")
    best = min(_drift_check(world, made.root, names) for _ in range(5))
    # Measured: 4 ms on a quiet machine of two cores.
    assert best < 0.05


def _drift_check(world: World, root: Path, names: list[str]) -> float:
    again = Repositories([root], world.cache)
    start = time.perf_counter()
    assert all(again.known_recipe_hash(f"first.{name}", f"node-of-{name}") for name in names)
    return time.perf_counter() - start


def test_recipes_of_old_repositories(world: World) -> None:
    old = world.old_repository("lab")
    file = old.file(
        "packages/my_x/package.py",
        """
        from spack.package import *

        class MyX(SpecialPackage):
            version("1", sha256="aa")
        """,
    )
    new = world.repository("builtin")
    new.file("build_systems/_package_api_v1.py", "from .special import SpecialPackage\n")
    special = new.file(
        "build_systems/special.py", "from spack.package import Package\n\nclass SpecialPackage(Package):\n    a = 1\n"
    )

    def made() -> str:
        found = world.open(old, new)
        return found.recipe(found.model("my_x"), "1", satisfies("my_x@=1")).text

    before = made()
    assert "# builtin/build_systems/special.py" in before
    special.write_text(special.read_text().replace("a = 1", "a = 2"))
    assert made() != before
    file.write_text(file.read_text() + "\n# more\n")
    assert made() == made()


def test_a_module_that_broke_since(world: World, directory: RepositoryDirectory) -> None:
    found = world.open(directory)
    model = found.model("x")
    directory.file("build_systems/simple.py", "class (\n")
    for path in world.cache.rglob("canonical/*"):
        path.unlink()
    with pytest.raises(RecipeError, match="not valid Python") as caught:
        found.recipe(model, "1.1", satisfies("x@=1.1"))
    assert caught.value.place is not None
    assert str(caught.value.place.file).endswith("simple.py")


def test_a_module_that_changes_before_it_is_parsed(world: World, directory: RepositoryDirectory) -> None:
    found = world.open(directory)
    model = found.model("x")
    path = directory.root / X
    old = path.read_text()
    edit(directory, X, 'helper("install")', 'helper("install-all")')
    assert "install-all" in found.recipe(model, "1.1", satisfies("x@=1.1+fast%gcc@=12")).text
    path.write_text(old)
    # What was parsed was not kept as the form of what had been looked at.
    assert "install-all" not in recipe(world, directory)[1]
