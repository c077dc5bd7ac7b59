"""Spack's public recipes, where a checkout is at hand: ``OUTCROP_TEST_REPO`` names its ``builtin`` directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcrop.repo import NoSourceError, PackageModel, Repositories
from outcrop.repo.sources import main_source
from support.recipe_world import Listener, World

CHECKOUT = os.environ.get("OUTCROP_TEST_REPO", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHECKOUT, reason="OUTCROP_TEST_REPO names no checkout of Spack's public recipes"),
]

SAMPLE = ("zlib", "py-numpy", "gcc", "openmpi", "trilinos", "gromacs-swaxs", "r-rcpp", "python", "boost", "3proxy")


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("public")


@pytest.fixture(scope="module")
def found(cache: Path, listener: Listener) -> Iterator[Repositories]:
    """All recipes, indexed from nothing."""
    with Repositories([Path(CHECKOUT)], cache, reporter=listener) as repositories:
        repositories.refresh()
        yield repositories


@pytest.fixture(scope="module")
def models(found: Repositories) -> dict[str, PackageModel]:
    return {name: found.model(name) for name in found.names()}


def test_every_recipe_loads(found: Repositories, listener: Listener) -> None:
    assert {name: str(error) for name, error in found.failures().items()} == {}
    assert listener.texts("warning") == []
    directories = [path for path in Path(CHECKOUT, "packages").iterdir() if (path / "package.py").is_file()]
    assert len(found.names()) == len(directories) > 8000


def test_progress_goes_from_nothing_to_all(found: Repositories, listener: Listener) -> None:
    events = [event for event in listener.events if event.kind.startswith("index.")]
    assert [events[0].kind, events[-1].kind] == ["index.started", "index.done"]
    assert {event.total for event in events} == {len(found.names())}
    done = [event.done or 0 for event in events]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, len(found.names()))


def test_models_say_where_they_come_from(found: Repositories, models: dict[str, PackageModel]) -> None:
    for name, model in models.items():
        assert model.fullname == f"builtin.{name}"
        path = found.path(model.file)
        assert path is not None
        lines = path.read_text("utf-8").splitlines()
        assert lines[model.line - 1].startswith((f"class {model.class_name}", "@")), model.file


def test_every_version_has_a_source_or_a_reason(models: dict[str, PackageModel]) -> None:
    nowhere: dict[str, str] = {}
    count = 0
    for name, model in models.items():
        for declared in model.versions if model.has_code else ():
            count += 1
            try:
                source = main_source(model, declared.version)
            except NoSourceError as error:
                assert error.place is not None and error.place.line
                nowhere[f"{name}@{declared.version}"] = error.message
            else:
                assert source.urls or (source.kind == "index" and source.project and source.filename)
    assert count > 30000
    # One recipe declares a version without any place to have it from.
    assert len(nowhere) < 5, nowhere


def test_every_dependency_is_a_package_or_virtual(found: Repositories, models: dict[str, PackageModel]) -> None:
    wanted = {declared.spec.name: name for name, model in models.items() for declared in model.dependencies}
    unknown = {name: by for name, by in wanted.items() if not found.exists(name) and not found.is_virtual(name)}
    assert unknown == {}


def test_providers_tags_and_summaries(found: Repositories, models: dict[str, PackageModel]) -> None:
    assert {"openmpi", "mpich", "intel-oneapi-mpi"} <= {name for name, _ in found.providers("mpi")}
    assert {"openblas", "netlib-lapack"} <= {name for name, _ in found.providers("blas")}
    assert {"blas", "c", "cxx", "fortran", "gl", "java", "mpi", "pkgconfig"} <= set(found.virtuals())
    assert not found.is_virtual("zlib")
    assert "cmake" in found.tagged("build-tools")
    assert set(found.tags()) >= {"build-tools", "compiler", "detectable", "e4s"}
    summaries = found.summaries()
    assert list(summaries) == found.names()
    assert all(summary.description for name, summary in summaries.items() if models[name].description)
    needed = {name for name, summary in summaries.items() if "zlib-api" in summary.dependencies}
    assert len(needed) > 300
    assert needed == {
        name for name, model in models.items() if any(d.spec.name == "zlib-api" for d in model.dependencies)
    }


def test_inherited_versions_that_a_recipe_takes_back(models: dict[str, PackageModel]) -> None:
    for name in ("gromacs-swaxs", "gromacs-chain-coordinate"):
        assert models[name].versions
        assert {item.origin.file for item in models[name].versions} == {models[name].file}


HASHES = """
import json, sys
from pathlib import Path
from outcrop.repo import Repositories

found = Repositories([Path(sys.argv[1])], Path(sys.argv[2]))
hashes = {}
for name in sys.argv[3:]:
    model = found.model(name)
    version = model.versions[0].version
    hashes[name] = [found.recipe(model, version, lambda spec: answer).hash for answer in (True, False)]
print(json.dumps(hashes))
"""


def test_recipe_hashes_are_the_same_in_every_process(found: Repositories, cache: Path, world: World) -> None:
    answers = []
    for seed, place in (("1", cache), ("2", cache), ("3", world.cache)):
        done = subprocess.run(
            [sys.executable, "-c", HASHES, CHECKOUT, str(place), *SAMPLE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1] == answers[2]
    assert all(always != never for name, (always, never) in answers[0].items() if name != "3proxy")
    assert len({always for always, _ in answers[0].values()}) == len(SAMPLE)


def test_the_next_process_makes_nothing_anew(found: Repositories, cache: Path) -> None:
    listener = Listener()
    start = time.process_time()
    again = Repositories([Path(CHECKOUT)], cache, reporter=listener)
    assert again.is_virtual("mpi")
    assert again.model("zlib").versions
    assert time.process_time() - start < 1
    assert listener.events == []


def test_an_old_repository_uses_the_build_systems_of_the_public_one(
    found: Repositories, cache: Path, world: World
) -> None:
    old = world.old_repository("lab")
    for name, base in (("one", "AutotoolsPackage"), ("two", "CMakePackage"), ("py_three", "PythonPackage")):
        title = "".join(piece.capitalize() for piece in name.split("_"))
        old.file(
            f"packages/{name}/package.py",
            f"""
            from spack.package import *

            class {title}({base}):
                url = "https://e.org/{name}-1.0.tar.gz"
                version("1.0", sha256="{"0" * 64}")
                depends_on("zlib")
            """,
        )
    listener = Listener()
    with Repositories([old.root, Path(CHECKOUT)], cache, reporter=listener) as both:
        systems = {
            name: [
                value.value
                for variant in both.model(name).variants
                if variant.name == "build_system"
                for value in variant.values
            ]
            for name in ("one", "two", "py_three")
        }
        assert systems == {"one": ["autotools"], "two": ["cmake"], "py_three": ["python_pip"]}
        assert both.model("builtin.zlib").fullname == "builtin.zlib"
        assert listener.texts("warning") == []
        assert both.load_class("lab", "two").fullname == "lab.two"
