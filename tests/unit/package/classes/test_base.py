from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outcrop.package import (
    InstallError,
    ModuleChangePropagator,
    Package,
    PackageBase,
    Spec,
    Version,
    build_system_flags,
    classproperty,
    env_flags,
    extends,
    inject_flags,
    provides,
    variant,
)
from outcrop.package.classes.base import standalone_tests
from support.api_world import Described, imported_recipe, make_world


def make(
    cls: type[PackageBase], described: Described | None = None, prefixes: Path | None = None, **more: Described
) -> Any:
    return make_world("x", {"x": described or Described(), **more}, {"x": cls}, prefixes)["x"].package


def test_classes_know_who_they_are_by_their_module(tmp_path: Path) -> None:
    with imported_recipe(tmp_path, "7zip", "class _7zip(Package):\n    _name = 'other'\n", "my.space") as module:
        cls = module._7zip
        assert (cls.name, cls.namespace, cls.fullname) == ("7zip", "my.space", "my.space.7zip")
        assert cls.module is module
        assert cls.package_dir == str(tmp_path / "spack_repo/my.space/packages/7zip")


def test_a_class_outside_repositories_is_named_by_itself() -> None:
    class PyHTTPThing(PackageBase):
        pass

    assert (PyHTTPThing.name, PyHTTPThing.namespace) == ("py-http-thing", "")


def test_questions_about_extensions_and_virtuals() -> None:
    class Sample(Package):
        extends("python", when="@2:")
        provides("mpi@:3", when="@2:")

    old = make(Sample, Described(["python:run"], version="1.0"), python=Described())
    new = make(Sample, Described(["python:run"], version="2.0"), python=Described())
    assert old.extendee_spec is None and not old.is_extension and not old.provides("mpi")
    assert new.extendee_spec.name == "python" and new.is_extension
    assert new.extends("python") and new.extends(new.spec["python"]) and not new.extends("r")
    assert new.provides("mpi") and [str(virtual) for virtual in new.virtuals_provided] == ["mpi@:3"]


def test_get_variant_finds_the_definition_that_holds() -> None:
    class Sample(Package):
        variant("x", default="a", values=("a",), when="@1")
        variant("x", default="b", values=("a", "b"), when="@2:")

    assert make(Sample, Described(version="1.0")).get_variant("x").default == "a"
    assert make(Sample, Described(version="2.0")).get_variant("x").default == "b"
    assert [str(when) for when, _ in Sample.variant_definitions("x")] == ["@1", "@2:"]
    with pytest.raises(ValueError, match="no variant"):
        make(Sample).get_variant("y")


def test_urls_of_recipes_reach_super() -> None:
    class Sample(Package):
        url = "https://example.org/sample-1.0.tar.gz"

        def url_for_version(self, version: Any) -> str:
            return str(super().url_for_version(version)).replace("example", "mirror")

    assert make(Sample).url_for_version(Version("2.0")) == "https://mirror.org/sample-2.0.tar.gz"


def test_class_properties() -> None:
    class Sample(Package):
        pypi = "thing/thing-1.0.tar.gz"
        homepage = classproperty(lambda cls: f"https://example.org/{cls.pypi.split('/')[0]}")

    assert Sample.homepage == make(Sample).homepage == "https://example.org/thing"


def test_flag_handlers_work_in_all_three_ways() -> None:
    class Attribute(Package):
        flag_handler = build_system_flags

    class Method(Package):
        def flag_handler(self, name: str, flags: list[str]) -> Any:
            return self.env_flags(name, flags) if name == "cflags" else inject_flags(name, flags)

    assert make(Attribute).flag_handler("cflags", ["-g"]) == (None, None, ["-g"])
    assert make(Method).flag_handler("cflags", ["-g"]) == (None, ["-g"], None)
    assert make(Method).flag_handler("ldflags", ["-g"]) == (["-g"], None, None)
    assert env_flags.__func__(make(Package), "cflags", ["-g"]) == (None, ["-g"], None)  # type: ignore[attr-defined]
    assert make(Package).flag_handler("cflags", ["-g"]) == (["-g"], None, None)


def test_directories_of_link_dependencies_follow_the_own(tmp_path: Path) -> None:
    made = make(Package, Described(["a:link"]), tmp_path, a=Described(["b:link"]), b=Described())
    for name in ("a", "b"):
        (tmp_path / name / "lib").mkdir(parents=True)
    own = [str(tmp_path / "x/lib"), str(tmp_path / "x/lib64")]
    assert made.rpath == [*own, str(tmp_path / "a/lib"), str(tmp_path / "b/lib")]
    made.transitive_rpaths = False
    assert made.rpath == [*own, str(tmp_path / "a/lib")]
    assert made.rpath_args.startswith(f"-Wl,-rpath,{own[0]} ")


def test_a_stage_exists_only_where_something_is_built() -> None:
    made = make(Package)
    with pytest.raises(InstallError, match="has no stage"):
        _ = made.stage
    made.stage = "stage"
    assert made.stage == "stage"


def test_dependencies_by_name(tmp_path: Path) -> None:
    made = make(Package, Described(["a:link"]), a=Described())
    assert made["a"] is made.spec["a"].package
    assert Package.dependencies_by_name() == {}


def test_standalone_tests_are_methods_by_name() -> None:
    class Sample(Package):
        test_requires_compiler = True

        def test_b(self) -> None: ...

        def test_a(self) -> None: ...

    assert [name for name, _ in standalone_tests(Sample)] == ["test_a", "test_b"]


def test_the_propagator_writes_to_the_modules_of_base_recipes(tmp_path: Path) -> None:
    with (
        imported_recipe(tmp_path, "base", "class Base(Package): pass\n") as base,
        imported_recipe(
            tmp_path, "derived", "from spack_repo.test.packages.base.package import Base\nclass Derived(Base): pass\n"
        ) as derived,
    ):
        propagator = ModuleChangePropagator(make(derived.Derived))
        propagator.tool = 1
        assert derived.tool == propagator.tool == 1 and not hasattr(base, "tool")
        propagator.propagate_changes_to_mro()
        assert base.tool == 1
        assert not hasattr(propagator, "absent")
        assert propagator.Derived is derived.Derived


def test_view_hooks_link_files(tmp_path: Path) -> None:
    class View:
        linked: list[tuple[str, str]] = []

        def link(self, source: str, destination: str, spec: Spec | None = None) -> None:
            self.linked.append((source, destination))

        def get_projection_for_spec(self, spec: Spec) -> str:
            return "/view"

    (tmp_path / "there").touch()
    made, view = make(Package), View()
    merge_map = {"/p/a": "/view/a", "/p/b": str(tmp_path / "there")}
    assert made.view_file_conflicts(view, merge_map) == {str(tmp_path / "there")}
    made.add_files_to_view(view, merge_map)
    assert view.linked == [("/p/a", "/view/a")]
    assert made.view_destination(view) == "/view" and made.view_source() == "/opt/x"
