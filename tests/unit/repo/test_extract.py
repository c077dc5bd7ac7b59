"""From a recipe to a model."""

from __future__ import annotations

import hashlib

import pytest

from outcrop.repo.errors import RecipeError
from outcrop.repo.extract import Extractor
from outcrop.repo.importing import Importer
from outcrop.repo.model import PackageModel
from outcrop.spec import Spec, parse_spec
from support.recipe_world import RepositoryDirectory, World


def extract(directory: RepositoryDirectory, name: str) -> PackageModel:
    repository = directory.load()
    with Importer([repository]) as importer:
        return Extractor([repository]).extract(repository, name, importer.load(repository, name))[0]


def test_what_a_model_has(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "py-x",
        '''
        """Does things.  With care.

        At length.
        """

        homepage = "https://example.org"
        url = "https://example.org/x-1.0.tar.gz"
        tags = ["build-tools"]
        maintainers("zoe", "abe")
        license("MIT", checked_by="abe")
        version("1.0", sha256="aa")
        variant("opt", default=True, description="Opt")
        with when("+opt"):
            depends_on("zlib@1.2:", type=("run", "build"))
        conflicts("@1.0", when="+opt", msg="no")
        requires("+opt", "~opt", policy="one_of")
        provides("thing@2", "other")
        extends("python")
        ''',
    )
    model = extract(directory, "py-x")
    file = "first/packages/py_x/package.py"
    assert (model.fullname, model.class_name, model.file, model.line) == ("first.py-x", "PyX", file, 4)
    assert model.modules == (file,)
    assert model.description == "Does things.  With care.\n\nAt length."
    assert model.homepage == "https://example.org"
    assert model.maintainers == ("abe", "zoe")
    assert model.tags == ("build-tools",)
    assert [item.expression for item in model.licenses] == ["MIT"]
    assert model.versions[0].fetch == {"sha256": "aa"}
    assert str(model.versions[0].origin) == f"{file}:15"
    zlib, python, venv = model.dependencies
    assert (zlib.spec, zlib.types, zlib.when) == (parse_spec("zlib@1.2:"), ("run", "build"), parse_spec("+opt"))
    assert (python.spec.name, venv.spec.name) == ("python", "python-venv")
    assert python.types == venv.types == ("run", "build")
    assert [item.name for item in model.extends] == ["python"]
    assert model.conflicts[0].spec == parse_spec("@1.0")
    assert (model.conflicts[0].when, model.conflicts[0].message) == (parse_spec("+opt"), "no")
    assert len(model.requirements[0].specs) == 2
    assert [str(spec) for spec in model.provides[0].virtuals] == ["thing@2", "other"]
    build_system, opt = model.variants
    assert (build_system.name, build_system.default, build_system.origin.file) == (
        "build_system",
        ("generic",),
        "outcrop/package/classes/base.py",
    )
    assert (opt.kind, opt.default, opt.when) == ("bool", ("true",), Spec())
    assert model.attributes["url"] == "https://example.org/x-1.0.tar.gz"
    assert "computes_url" not in model.attributes


def test_versions_are_in_order_of_preference(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "x",
        """
        version("develop", branch="main")
        version("main", branch="main")
        version("3.0", sha256="aa", deprecated=True)
        version("2.0rc1", sha256="aa")
        version("1.9", sha256="aa")
        version("1.10", sha256="aa")
        version("1.2", sha256="aa", preferred=True)
        version("1.3", sha256="aa", preferred=True, deprecated=True)
        """,
    )
    order = [item.version for item in extract(directory, "x").versions]
    assert order == ["1.2", "1.3", "1.10", "1.9", "2.0rc1", "develop", "main", "3.0"]


def test_the_last_declaration_of_a_version_counts(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'version("1.0", sha256="aa")\nversion("1-0", sha256="bb")')
    (only,) = extract(directory, "x").versions
    assert (only.version, only.fetch) == ("1-0", {"sha256": "bb"})


def test_only_plain_data_of_a_version_is_kept(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "x", 'version("1", commit="ab", submodules=lambda p: True, fetch_options={"timeout": 3}, expand=False)'
    )
    (only,) = extract(directory, "x").versions
    assert only.fetch == {"commit": "ab", "fetch_options": {"timeout": 3}, "expand": False, "computed": ["submodules"]}


def test_patches_know_their_checksum_and_who_declares_them(world: World) -> None:
    directory = world.repository()
    data = "--- a\n+++ b\n"
    directory.file("packages/base/fix.patch", data)
    directory.recipe("base", 'patch("fix.patch", level=0, when="@1:")\npatch("gone.patch")')
    directory.recipe(
        "x",
        """
        patch("https://example.org/p.patch.gz", sha256="bb", archive_sha256="cc")
        depends_on("zlib", patches=[patch("own.patch", when="@2")])
        """,
        base="Base",
        head="from ..base.package import Base",
    )
    directory.file("packages/x/own.patch", data)
    model = extract(directory, "x")
    fix, gone, fetched = model.patches
    digest = hashlib.sha256(data.encode()).hexdigest()
    assert (fix.source.package, fix.source.file, fix.source.sha256) == ("first.base", "fix.patch", digest)
    assert (fix.source.level, fix.when) == (0, parse_spec("@1:"))
    assert gone.source.sha256 == ""
    assert (fetched.source.url, fetched.source.sha256) == ("https://example.org/p.patch.gz", "bb")
    assert fetched.source.archive_sha256 == "cc"
    (own,) = model.dependencies[0].patches
    assert (own.source.package, own.source.sha256, own.when) == ("first.x", digest, parse_spec("@2"))


def test_resources(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "x",
        'resource(name="r", url="https://e.org/r.tgz", sha256="aa", destination="d", placement={"a": "b"}, when="@2")',
    )
    (resource,) = extract(directory, "x").resources
    assert (resource.name, resource.destination, resource.placement) == ("r", "d", {"a": "b"})
    assert resource.fetch == {"url": "https://e.org/r.tgz", "sha256": "aa"}
    assert resource.when == parse_spec("@2")


def test_computed_urls_are_asked_for(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "x",
        """
        version("1.0", sha256="aa")
        version("2.0", url="https://elsewhere.org/x.tgz", sha256="aa")
        version("3.0", sha256="aa")

        def url_for_version(self, version):
            if version > Version("2.5"):
                return self.spec["unknown"].prefix
            return f"https://e.org/{version.underscored}.tgz"
        """,
    )
    attributes = extract(directory, "x").attributes
    assert attributes["computes_url"] is True
    assert attributes["computed_urls"] == {"1.0": ["https://e.org/1_0.tgz"]}


def test_urls_that_are_a_property(world: World) -> None:
    directory = world.repository()
    directory.recipe(
        "x",
        """
        mirrors = ["https://a.org", "https://b.org"]
        version("1.0", sha256="aa")
        version("2.0", sha256="aa")

        @property
        def urls(self):
            return [f"{mirror}/x-1.0.tgz" for mirror in self.mirrors]
        """,
    )
    attributes = extract(directory, "x").attributes
    assert attributes["urls"] == ["https://a.org/x-1.0.tgz", "https://b.org/x-1.0.tgz"]
    assert "computed_urls" not in attributes


@pytest.mark.parametrize(("line", "expected"), [('executables = ["^x$"]', ("a", "detectable")), ("pass", ("a",))])
def test_what_can_be_detected_is_tagged(world: World, line: str, expected: tuple[str, ...]) -> None:
    directory = world.repository()
    directory.recipe("x", f'tags = ["a"]\n{line}')
    assert extract(directory, "x").tags == expected


def test_recipes_without_code_and_of_virtuals(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", "has_code = False\nvirtual = True")
    model = extract(directory, "x")
    assert not model.has_code
    assert model.virtual


def test_a_directive_that_makes_no_sense_stands_at_its_line(world: World) -> None:
    directory = world.repository()
    file = directory.recipe("x", 'version("1")\ndepends_on("zlib @@1")')
    with pytest.raises(RecipeError) as caught:
        extract(directory, "x")
    assert caught.value.place is not None
    assert (str(caught.value.place.file), caught.value.place.line) == (str(file), 6)


def test_versions_that_a_recipe_takes_back(world: World) -> None:
    directory = world.repository()
    directory.recipe("base", 'version("1.0")\nversion("2.0")\nversion("main")')
    directory.recipe(
        "x",
        """
        version("main")
        version("9.0")
        depends_on("c")

        def __init__(self, spec):
            super().__init__(spec)
            for version in Base.versions:
                if version in self.versions:
                    del self.versions[version]
        """,
        base="Base",
        head="from spack_repo.first.packages.base.package import Base",
    )
    directory.recipe("y", 'version("1.0")\n\ndef __init__(self, spec):\n    raise ValueError("needs a node")')
    found = world.open(directory)
    assert [item.version for item in found.model("x").versions] == ["9.0"]
    assert [item.version for item in found.model("base").versions] == ["2.0", "1.0", "main"]
    assert [item.version for item in found.model("y").versions] == ["1.0"]


def test_versions_of_templates(world: World) -> None:
    directory = world.repository()
    one, two = "https://e.org/x-1.0.tar.gz", "https://e.org/latest"
    directory.recipe("x", f'urls = ["{one}", "{two}"]\nversion("2.0")\nversion("1.5", url="https://e.org/x-v15.zip")')
    directory.recipe("y", 'url = "https://e.org/y-3.0b.tgz"\nversion("3.0", url="https://e.org/3")')
    assert extract(directory, "x").url_versions == {one: "1.0", two: "", "https://e.org/x-v15.zip": "15"}
    assert extract(directory, "y").url_versions == {"https://e.org/y-3.0b.tgz": "3.0b"}
