"""The core recipes as the solver reads them: loaded for real, each in the repository's own way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outcrop.repo.model import DependencyDecl, PackageModel
from outcrop.repo.repositories import Repositories
from outcrop.repo.sources import main_source
from support.recipe_files import CORE, all_recipes


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repositories]:
    with Repositories([CORE], tmp_path_factory.mktemp("cache")) as repositories:
        yield repositories


def dependencies(model: PackageModel, name: str) -> list[DependencyDecl]:
    return [declared for declared in model.dependencies if declared.spec.name == name]


def test_all_load(core: Repositories) -> None:
    assert core.failures() == {}
    assert core.names() == sorted(recipe.name for recipe in all_recipes())


def test_models_say_what_the_files_say(core: Repositories) -> None:
    for recipe in all_recipes():
        model = core.model(recipe.name)
        assert model.fullname == f"core.{recipe.name}"
        assert {str(item.version): item.fetch.get("sha256") for item in model.versions} == recipe.versions
        assert model.attributes.get("pypi") == recipe.attributes.get("pypi")
        assert model.description


def test_python_packages_extend_python_through_its_environment(core: Repositories) -> None:
    for recipe in all_recipes():
        if recipe.bases != ("PythonPackage",):
            continue
        model = core.model(recipe.name)
        (venv,) = dependencies(model, "python-venv")
        (python,) = [item for item in dependencies(model, "python") if item.spec.versions.is_any]
        assert set(venv.types) == set(python.types) == {"build", "run"}
        assert venv.when == python.when
        assert [item.name for item in model.extends] == ["python"]


def test_the_environment_depends_on_python_alone(core: Repositories) -> None:
    model = core.model("python-venv")
    assert {item.spec.name for item in model.dependencies} == {"python"}
    assert model.extends == ()
    assert not model.has_code
    (variant,) = (item for item in model.variants if item.name == "system_site_packages")
    assert variant.default == ("false",)
    assert "isolation" in variant.description


def test_compilers_are_provided_language_by_language(core: Repositories) -> None:
    for virtual in ("c", "cxx", "fortran"):
        assert core.is_virtual(virtual)
        ((name, declared),) = core.providers(virtual)
        assert name == "gcc"
        assert [spec.name for spec in declared.virtuals] == [virtual]
        assert not declared.when.is_empty


def test_what_is_always_external_has_no_versions(core: Repositories) -> None:
    for name in ("python", "gcc", "gmake"):
        model = core.model(name)
        assert model.versions == ()
        assert "detectable" in model.tags


def test_setuptools_is_built_with_python_alone(core: Repositories) -> None:
    names = {item.spec.name for item in core.model("py-setuptools").dependencies}
    assert names == {"python", "python-venv"}


def test_back_ends_may_be_there_twice(core: Repositories) -> None:
    tagged = core.tagged("build-tools")
    assert {"py-setuptools", "py-flit-core", "py-hatchling", "py-poetry-core", "py-setuptools-scm"} <= set(tagged)


def test_every_version_is_one_file_of_the_index(core: Repositories) -> None:
    for recipe in all_recipes():
        if recipe.bases != ("PythonPackage",):
            continue
        project = recipe.name.removeprefix("py-")
        for version, digest in recipe.versions.items():
            source = main_source(core.model(recipe.name), version)
            assert (source.kind, source.project, source.sha256) == ("index", project, digest)
            assert source.filename == f"{project.replace('-', '_')}-{version}.tar.gz"
            assert source.urls == ()
