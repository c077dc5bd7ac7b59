from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from outcrop.package import (
    BaseBuilder,
    Builder,
    BuilderWithDefaults,
    Package,
    PackageBase,
    build_system,
    create_builder,
    on_package_attributes,
    register_builder,
    run_after,
    run_before,
    variant,
)
from outcrop.package.builds.phases import archive_build_files, run_patch_method, run_phases
from outcrop.package.errors import BuildTestError, InstallError
from outcrop.package.programs.environment import EnvironmentModifications
from support.api_world import Described, imported_recipe, make_world


class FakePackage(PackageBase):
    """A build system's base class, as repositories define them."""

    default_buildsystem = "fake"
    build_system("fake")

    def define(self, name: str) -> str:
        return f"-D{name}"


@register_builder("fake")
class FakeBuilder(BuilderWithDefaults):
    phases = ("configure", "install")
    package_methods = ("fake_args", "check")
    package_long_methods = ("long_args",)
    package_attributes = ("build_directory", "build_time_test_callbacks")
    build_time_test_callbacks = ["check"]
    flavour = "stock"

    @property
    def build_directory(self) -> str:
        return f"build-{self.flavour}"

    def fake_args(self) -> list[str]:
        return ["stock"]

    def long_args(self, spec: Any, prefix: Any) -> list[str]:
        return [f"long {spec.name}"]

    def check(self) -> None:
        note("stock check")

    def configure(self, pkg: Any, spec: Any, prefix: Any) -> None:
        note("configure", self.build_directory, *self.fake_args(), *self.long_args(spec, prefix))

    def install(self, pkg: Any, spec: Any, prefix: Any) -> None:
        note("install", pkg.name)
        Path(prefix).mkdir(parents=True, exist_ok=True)
        Path(prefix, "file").touch()

    def setup_build_environment(self, env: EnvironmentModifications) -> None:
        env.set("FROM", "builder")


NOTES: list[tuple[str, ...]] = []


def note(*words: str) -> None:
    NOTES.append(words)


@pytest.fixture(autouse=True)
def _no_notes() -> Iterator[None]:
    NOTES.clear()
    yield
    NOTES.clear()


def package(cls: type[PackageBase], tmp_path: Path, system: str = "fake", **variants: bool) -> Any:
    described = Described(variants={"build_system": system, **variants})
    made = make_world("x", {"x": described}, {"x": cls}, tmp_path)["x"].package
    source = tmp_path / "stage" / "spack-src"
    source.mkdir(parents=True, exist_ok=True)
    made.stage = SimpleNamespace(path=str(source.parent), source_path=str(source))
    return made


def test_a_package_without_own_methods_gets_the_build_systems(tmp_path: Path) -> None:
    class Sample(FakePackage):
        pass

    assert run_phases(package(Sample, tmp_path)) == ["configure", "install"]
    assert NOTES == [("configure", "build-stock", "stock", "long x"), ("install", "sample")]


def test_methods_attributes_and_phases_of_the_package_come_first(tmp_path: Path) -> None:
    class Sample(FakePackage):
        build_directory = "mine"

        def fake_args(self) -> list[str]:
            return ["own", *super().fake_args(), self.define("X"), self.flavour]  # type: ignore[misc,attr-defined]

        def long_args(self, spec: Any, prefix: Any) -> list[str]:
            return [str(spec.name)]

        def install(self, spec: Any, prefix: Any) -> None:
            note("before")
            super().install(spec, prefix)  # type: ignore[misc]
            self.seen = "yes"

        @run_after("install")
        def look(self) -> None:
            note("seen", self.seen)

    made = package(Sample, tmp_path)
    run_phases(made)
    assert NOTES == [
        ("configure", "mine", "own", "stock", "-DX", "stock", "x"),
        ("before",),
        ("install", "sample"),
        ("seen", "yes"),
    ]
    assert not hasattr(made, "seen")


def test_phases_of_the_package_replace_the_builders(tmp_path: Path) -> None:
    class Sample(FakePackage):
        phases = ("prepare", "install")

        def prepare(self, spec: Any, prefix: Any) -> None:
            note("prepare")

    assert run_phases(package(Sample, tmp_path)) == ["prepare", "install"]
    assert NOTES == [("prepare",), ("install", "sample")]


def test_environment_hooks_fall_back_to_the_builder(tmp_path: Path) -> None:
    class Silent(FakePackage):
        pass

    class Speaking(FakePackage):
        def setup_build_environment(self, env: EnvironmentModifications) -> None:
            super().setup_build_environment(env)  # type: ignore[misc]
            env.set("ALSO", "package")

    for cls, expected in ((Silent, {"FROM": "builder"}), (Speaking, {"FROM": "builder", "ALSO": "package"})):
        env = EnvironmentModifications()
        create_builder(package(cls, tmp_path)).setup_build_environment(env)
        result: dict[str, str] = {}
        env.apply(result)
        assert result == expected


def test_a_builder_in_the_recipe_is_taken_and_the_packages_methods_are_not(tmp_path: Path) -> None:
    source = f"""
from {__name__} import FakePackage, FakeBuilder as Stock, note
class Mine(FakePackage):
    def fake_args(self):
        return ["ignored"]
class FakeBuilder(Stock):
    def fake_args(self):
        return ["mine", self.pkg.name]
"""
    with imported_recipe(tmp_path, "mine", source) as module:
        made = package(module.Mine, tmp_path)
        builder = create_builder(made)
        assert type(builder) is module.FakeBuilder
        assert builder is create_builder(made)
        run_phases(made)
    assert NOTES[0] == ("configure", "build-stock", "mine", "mine", "long x")


def test_a_stock_builder_that_a_recipe_merely_imports_is_adapted(tmp_path: Path) -> None:
    source = f"""
from {__name__} import FakePackage, FakeBuilder
class Mine(FakePackage):
    def fake_args(self):
        return ["package"]
"""
    with imported_recipe(tmp_path, "mine", source) as module:
        run_phases(package(module.Mine, tmp_path))
    assert NOTES[0][2] == "package"


def test_a_builder_attached_to_the_package_class_is_the_base(tmp_path: Path) -> None:
    class Special(FakeBuilder):
        flavour = "special"

    class Sample(FakePackage):
        FakeBuilder = Special

    run_phases(package(Sample, tmp_path))
    assert NOTES[0][1] == "build-special"


def test_the_builder_of_the_packages_own_repository_is_preferred(tmp_path: Path) -> None:
    class Elsewhere(FakeBuilder):
        flavour = "elsewhere"

    Elsewhere.__module__ = "spack_repo.other.build_systems.fake"
    register_builder("fake")(Elsewhere)

    class Sample(FakePackage):
        pass

    run_phases(package(Sample, tmp_path))
    assert NOTES[0][1] == "build-stock"


def test_callbacks_run_around_phases_in_order_and_under_conditions(tmp_path: Path) -> None:
    class Base(FakePackage):
        @run_before("install")
        def base_before(self) -> None:
            note("base before")

    class Sample(Base):
        variant("x", default=False)

        @run_after("install", when="+x")
        def only_x(self) -> None:
            note("x")

        @run_after("install", when="~x")
        def only_without(self) -> None:
            note("no x")

        @run_before("install", "configure")
        def first(self) -> None:
            note("first")

        @run_after("no-such-phase")
        def never(self) -> None:
            note("never")

    run_phases(package(Sample, tmp_path, x=False))
    assert [words[0] for words in NOTES] == ["first", "configure", "first", "base before", "install", "no x"]


def test_builder_callbacks_get_the_builder_mixins_too(tmp_path: Path) -> None:
    class Mixin(BaseBuilder):
        @run_after("install")
        def mixed(self) -> None:
            note("mixed", type(self).__name__)

        def setup_build_environment(self, env: EnvironmentModifications) -> None:
            super().setup_build_environment(env)
            env.set("MIXED", "1")

    class Mine(Mixin, FakeBuilder):
        pass

    class Sample(FakePackage):
        FakeBuilder = Mine

    made = package(Sample, tmp_path)
    run_phases(made)
    assert NOTES[-1][0] == "mixed"
    env = EnvironmentModifications()
    create_builder(made).setup_build_environment(env)
    assert sorted(env.group_by_name()) == ["FROM", "MIXED"]


def test_on_package_attributes_is_asked_when_called(tmp_path: Path) -> None:
    class Sample(FakePackage):
        @run_after("install")
        @on_package_attributes(run_tests=True)
        def tested(self) -> None:
            note("tested")

        @on_package_attributes(missing=1)
        def absent(self) -> str:
            return "never"

    made = package(Sample, tmp_path)
    run_phases(made)
    assert ("tested",) not in NOTES
    made.run_tests = True
    run_phases(made)
    assert ("tested",) in NOTES
    assert made.absent() is None


def test_run_tests_is_seen_live_by_methods_of_the_package(tmp_path: Path) -> None:
    class Sample(FakePackage):
        def configure(self, spec: Any, prefix: Any) -> None:
            note(str(self.run_tests))

    made = package(Sample, tmp_path)
    create_builder(made)
    made.run_tests = True
    run_phases(made, until="configure")
    assert NOTES == [("True",)]


def test_an_empty_prefix_is_no_install(tmp_path: Path) -> None:
    class Sample(FakePackage):
        def install(self, spec: Any, prefix: Any) -> None:
            Path(prefix, ".spack").mkdir(parents=True)

    with pytest.raises(InstallError, match="nothing was installed"):
        run_phases(package(Sample, tmp_path))


@pytest.mark.parametrize(
    ("attribute", "value", "complaint"),
    [
        ("sanity_check_is_file", "bin/x", "without the file bin/x"),
        ("sanity_check_is_dir", ["lib"], "without the directory lib"),
        ("sanity_check_is_file", ["/abs"], "should be relative"),
        ("sanity_check_is_file", ["file"], None),
    ],
)
def test_what_the_recipe_lists_must_be_there(tmp_path: Path, attribute: str, value: Any, complaint: str | None) -> None:
    class Sample(FakePackage):
        pass

    setattr(Sample, attribute, value)
    if complaint is None:
        run_phases(package(Sample, tmp_path))
    else:
        with pytest.raises(InstallError, match=complaint):
            run_phases(package(Sample, tmp_path))


def test_a_generic_package_must_say_how_it_installs(tmp_path: Path) -> None:
    class Sample(Package):
        pass

    with pytest.raises(NotImplementedError, match=r"no install\(\)"):
        run_phases(package(Sample, tmp_path, "generic"))


def test_an_unknown_build_system_and_an_unknown_phase(tmp_path: Path) -> None:
    class Sample(FakePackage):
        pass

    with pytest.raises(InstallError, match="no repository defines"):
        create_builder(package(Sample, tmp_path, "nowhere"))
    with pytest.raises(InstallError, match="has configure, install"):
        run_phases(package(Sample, tmp_path), until="instal")


def test_install_time_tests_are_collected(tmp_path: Path) -> None:
    class Sample(Package):
        install_time_test_callbacks = ["good", "bad", "worse", "absent"]

        def install(self, spec: Any, prefix: Any) -> None:
            Path(prefix).mkdir(parents=True)
            Path(prefix, "f").touch()

        def good(self) -> None:
            note("good")

        def bad(self) -> None:
            raise ValueError("one")

        def worse(self) -> None:
            raise ValueError("two")

    made = package(Sample, tmp_path, "generic")
    made.run_tests = True
    with pytest.raises(BuildTestError, match="2 of the tests after install") as caught:
        run_phases(made)
    assert caught.value.long_message == "bad: one\nworse: two"
    assert [(record.name, record.outcome) for record in made.tester.records] == [
        ("good", "passed"),
        ("bad", "failed"),
        ("worse", "failed"),
        ("absent", "skipped"),
    ]


def test_every_phase_starts_in_the_source_directory_and_is_announced(tmp_path: Path) -> None:
    from contextlib import contextmanager

    class Sample(FakePackage):
        def configure(self, spec: Any, prefix: Any) -> None:
            note("at", Path.cwd().name)

    @contextmanager
    def around(name: str) -> Iterator[None]:
        note("open", name)
        yield
        note("close", name)

    before = Path.cwd()
    run_phases(package(Sample, tmp_path), around=around, stop_before="install")
    assert NOTES == [("open", "configure"), ("at", "spack-src"), ("close", "configure")]
    assert Path.cwd() == before


def test_the_patch_method_runs_in_the_source_directory(tmp_path: Path) -> None:
    from outcrop.package import when

    class Sample(FakePackage):
        @when("@1")
        def patch(self) -> None:
            Path("patched").touch()

    class Other(FakePackage):
        @when("@9")
        def patch(self) -> None:
            Path("patched").touch()

    made = package(Sample, tmp_path)
    assert run_patch_method(made)
    assert (tmp_path / "stage/spack-src/patched").exists()
    assert not run_patch_method(package(Other, tmp_path))
    assert not run_patch_method(package(FakePackage, tmp_path))


def test_only_files_of_the_stage_are_kept(tmp_path: Path) -> None:
    class Mine(FakeBuilder):
        @property
        def archive_files(self) -> list[str]:
            return ["config.log", "/etc/passwd", "absent"]

    class Sample(FakePackage):
        FakeBuilder = Mine

    made = package(Sample, tmp_path)
    (tmp_path / "stage/spack-src/config.log").touch()
    assert archive_build_files(made) == [str(tmp_path / "stage/spack-src/config.log")]


def test_a_builder_is_a_sequence_of_phases(tmp_path: Path) -> None:
    class Sample(FakePackage):
        pass

    builder = create_builder(package(Sample, tmp_path))
    assert isinstance(builder, Builder)
    assert len(builder) == 2
    assert builder[1].name == "install"
    assert [phase.name for phase in builder] == ["configure", "install"]
