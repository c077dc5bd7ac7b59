from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outcrop.package import EnvironmentModifications, Package, PackageBase, environment_modifications_for_specs
from outcrop.package.builds.hooks import record_hooks, setup_package
from outcrop.package.errors import UndeclaredDependencyError
from outcrop.package.specs.facade import NodeSpec
from outcrop.spec.graph import External
from outcrop.store.seal import Change
from support.api_world import Described, by_hash, imported_recipe, make_world


def environment(
    world: dict[str, NodeSpec], root: str, context: Any = "build", before: dict[str, str] | None = None
) -> dict[str, str]:
    result = dict(before or {})
    setup_package(by_hash(world), world[root].dag_hash(), context, jobs=4).apply(result)
    return result


class Lib(Package):
    def setup_dependent_build_environment(self, env: EnvironmentModifications, dependent_spec: Any) -> None:
        env.append_path("BUILD_DEPENDENTS", f"{self.spec.name}>{dependent_spec.name}")

    def setup_run_environment(self, env: EnvironmentModifications) -> None:
        env.append_path("RUN", self.spec.name)
        env.set("CC", "mine")

    def setup_dependent_run_environment(self, env: EnvironmentModifications, dependent_spec: Any) -> None:
        env.append_path("RUN_DEPENDENTS", f"{self.spec.name}>{dependent_spec.name}")

    def setup_build_environment(self, env: EnvironmentModifications) -> None:
        env.set("ROOT", self.spec.name)


def lib_world(tmp_path: Path, described: dict[str, Described], root: str = "root") -> dict[str, NodeSpec]:
    return make_world(root, described, dict.fromkeys(described, Lib), tmp_path)


def test_the_hooks_of_a_build(tmp_path: Path) -> None:
    world = lib_world(
        tmp_path,
        {
            "root": Described(["tool:build", "lib:link", "runner:run"]),
            "tool": Described(["toollib:link"]),
            "toollib": Described(),
            "lib": Described(["sublib:link"]),
            "sublib": Described(),
            "runner": Described(),
        },
    )
    result = environment(world, "root")
    assert result["ROOT"] == "root"
    assert set(result["BUILD_DEPENDENTS"].split(":")) == {"lib>root", "sublib>root", "tool>root"}
    assert result["RUN"].split(":") == ["toollib", "tool"]
    assert result["RUN_DEPENDENTS"].split(":") == ["toollib>tool"]
    assert "CC" not in result
    assert [Path(path).name for path in result["CMAKE_PREFIX_PATH"].split(":")] == ["tool", "lib", "sublib"]


def test_the_hooks_of_a_run(tmp_path: Path) -> None:
    world = lib_world(
        tmp_path,
        {
            "root": Described(["tool:build", "lib:link", "runner:run"]),
            "tool": Described(),
            "lib": Described(),
            "runner": Described(),
        },
    )
    result = environment(world, "root", "run")
    assert set(result["RUN"].split(":")) == {"root", "lib", "runner"}
    assert result["RUN_DEPENDENTS"].split(":") == ["lib>root", "runner>root"]
    assert result["CC"] == "mine"
    assert "BUILD_DEPENDENTS" not in result and "ROOT" not in result


def test_a_test_looks_into_the_current_directory_first(tmp_path: Path) -> None:
    world = lib_world(tmp_path, {"root": Described()})
    assert environment(world, "root", "test", {"PATH": "/usr/bin"})["PATH"] == ".:/usr/bin"


def test_directories_appear_where_they_exist_and_never_the_systems(tmp_path: Path) -> None:
    world = make_world(
        "root",
        {
            "root": Described(["tool:build", "old:build"]),
            "tool": Described(),
            "old": Described(external=External(prefix="/usr")),
        },
        prefixes=tmp_path,
    )
    for directory in ("bin", "lib64/pkgconfig", "share/pkgconfig"):
        (tmp_path / "tool" / directory).mkdir(parents=True)
    result = environment(world, "root")
    tool = str(tmp_path / "tool")
    assert result["PATH"] == f"{tool}/bin"
    assert result["CMAKE_PREFIX_PATH"] == tool
    assert result["PKG_CONFIG_PATH"] == f"{tool}/share/pkgconfig:{tool}/lib64/pkgconfig"


def test_the_configured_environment_of_an_external_is_applied_when_it_runs(tmp_path: Path) -> None:
    entry: dict[str, object] = {"environment": {"set": {"A": "1"}, "unset": ["B"], "prepend_path": {"P": "/x"}}}
    world = make_world(
        "root",
        {"root": Described(["old:build"]), "old": Described(external=External(prefix="/opt/old", extra=entry))},
        prefixes=tmp_path,
    )
    result = environment(world, "root", before={"B": "b", "P": "/y"})
    assert (result["A"], result["P"], "B" in result) == ("1", "/x:/y", False)


def test_wrapper_directories_come_first_on_path(tmp_path: Path) -> None:
    class Wrapper(Package):
        def setup_dependent_build_environment(self, env: EnvironmentModifications, dependent_spec: Any) -> None:
            env.prepend_path("SPACK_COMPILER_WRAPPER_PATH", "/w")
            env.prepend_path("SPACK_COMPILER_WRAPPER_PATH", "/w/gcc")

    world = make_world(
        "root", {"root": Described(["compiler-wrapper:build"]), "compiler-wrapper": Described()},
        {"compiler-wrapper": Wrapper}, tmp_path,
    )  # fmt: skip
    result = environment(world, "root", before={"PATH": "/usr/bin"})
    assert result["PATH"] == "/w/gcc:/w:/usr/bin"
    assert result["SPACK_SHORT_SPEC"].startswith("root@1.0/")


class Venv(Package):
    def setup_dependent_package(self, module: Any, dependent_spec: Any) -> None:
        module.python = f"{self.prefix}/bin/python3"
        module.python_purelib = f"{dependent_spec.prefix}/lib/python3.11/site-packages"
        dependent_spec.told_by = self.spec.name


def test_p07_dependents_are_told_and_inherited_methods_see_it(tmp_path: Path) -> None:
    base = "class PyBase(Package):\n    def layout(self):\n        return python_purelib, make_jobs, dso_suffix\n"
    recipe = (
        "from spack_repo.test.packages.py_base.package import PyBase\n"
        "class PyApp(PyBase):\n    def own(self):\n        return python, prefix\n"
    )
    with imported_recipe(tmp_path, "py-base", base), imported_recipe(tmp_path, "py-app", recipe) as module:
        classes: dict[str, type[PackageBase]] = {"py-app": module.PyApp, "python-venv": Venv}
        world = make_world(
            "py-app",
            {"py-app": Described(["venv:build,run"]), "venv": Described(name="python-venv")},
            classes,
            tmp_path,
        )
        setup_package(by_hash(world), world["py-app"].dag_hash(), jobs=3)
        package: Any = world["py-app"].package
        assert package.own() == (f"{tmp_path}/venv/bin/python3", str(tmp_path / "py-app"))
        assert package.layout() == (f"{tmp_path}/py-app/lib/python3.11/site-packages", 3, "so")
        assert package.module.python == f"{tmp_path}/venv/bin/python3"
        assert world["py-app"].told_by == "python-venv"  # type: ignore[attr-defined]


def test_undeclared_tools_say_so_and_parallel_is_honoured(tmp_path: Path) -> None:
    recipe = (
        "class Slow(Package):\n    parallel = False\n"
        "    def jobs(self):\n        return make_jobs\n    def run(self):\n        make('all')\n"
    )
    with imported_recipe(tmp_path, "slow", recipe) as module:
        world = make_world("slow", {"slow": Described()}, {"slow": module.Slow}, tmp_path)
        setup_package(by_hash(world), world["slow"].dag_hash(), jobs=8)
        package: Any = world["slow"].package
        assert package.jobs() == 1
        with pytest.raises(UndeclaredDependencyError, match="make was used"):
            package.run()


class Layout(Package):
    def setup_run_environment(self, env: EnvironmentModifications) -> None:
        env.prepend_path("MANPATH", self.prefix.share.man)
        env.set("OTHER", f"{self.prefix}-other")

    def setup_dependent_run_environment(self, env: EnvironmentModifications, dependent_spec: Any) -> None:
        env.prepend_path("PYTHONPATH", dependent_spec.prefix.lib)


def test_hooks_are_recorded_for_the_seal(tmp_path: Path) -> None:
    world = make_world(
        "app",
        {
            "app": Described(["dep:run", "tool:build", "silent:link"]),
            "dep": Described(),
            "tool": Described(),
            "silent": Described(),
        },
        {"app": Layout, "dep": Layout, "tool": Layout},
        tmp_path,
    )
    recorded = record_hooks(world["app"])
    assert recorded.run == (
        Change(action="prepend", name="MANPATH", value="{prefix}/share/man"),
        Change(action="set", name="OTHER", value=f"{tmp_path}/app-other"),
    )
    assert recorded.dependent_run == {
        world["dep"].dag_hash(): (Change(action="prepend", name="PYTHONPATH", value="{prefix}/lib"),)
    }


def test_the_environment_of_several_specs(tmp_path: Path) -> None:
    world = lib_world(
        tmp_path,
        {"root": Described(["a:run", "b:run"]), "a": Described(["c:link"]), "b": Described(), "c": Described()},
    )
    result: dict[str, str] = {}
    environment_modifications_for_specs(world["a"], world["b"]).apply(result)
    assert set(result["RUN"].split(":")) == {"a", "b", "c"}
    assert len(environment_modifications_for_specs()) == 0


class Flagged(Package):
    def flag_handler(self, name: str, flags: list[str]) -> Any:
        if name == "cflags":
            flags.append("-fPIC")
            return flags, None, None
        if name == "ldflags":
            return None, flags, None
        return None, None, flags

    def flags_to_build_system_args(self, flags: Any) -> None:
        self.told = {kind: words for kind, words in flags.items() if words}


def test_flags_go_where_the_recipe_says(tmp_path: Path) -> None:
    world = make_world(
        "root",
        {"root": Described(flags={"cflags": ("-O2",), "ldflags": ("-lm",), "fflags": ("-g",)})},
        {"root": Flagged},
        tmp_path,
    )
    result = environment(world, "root")
    assert (result["CFLAGS"], result["LDFLAGS"]) == ("-O2 -fPIC", "-lm")
    assert world["root"].package.told == {"fflags": ["-g"]}  # type: ignore[attr-defined]


def test_flags_that_nobody_takes_are_an_error(tmp_path: Path) -> None:
    class Refusing(Package):
        flag_handler = Package.build_system_flags

    world = make_world("root", {"root": Described(flags={"cflags": ("-O2",)})}, {"root": Refusing}, tmp_path)
    with pytest.raises(NotImplementedError, match="no way to pass compiler flags"):
        environment(world, "root")


def test_the_wrapper_is_told_where_to_search(tmp_path: Path) -> None:
    world = make_world(
        "root",
        {
            "root": Described(["compiler-wrapper:build", "a:link"]),
            "a": Described(["b:link"]),
            "b": Described(),
            "compiler-wrapper": Described(),
        },
        prefixes=tmp_path,
    )
    for name in ("a", "b"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "include").mkdir()
        (tmp_path / name / "lib" / f"lib{name}.so").touch()
        (tmp_path / name / "include" / f"{name}.h").touch()
    result = environment(world, "root")
    root = tmp_path / "root"
    assert result["SPACK_STORE_INCLUDE_DIRS"] == f"{tmp_path}/a/include:{tmp_path}/b/include"
    assert result["SPACK_STORE_LINK_DIRS"] == f"{tmp_path}/a/lib:{tmp_path}/b/lib"
    assert f'"{tmp_path}/a/"*' in result["SPACK_MANAGED_DIRS"]
    # What the build itself makes is not behind what it links with.
    assert f'"{tmp_path}/root/"*' in result["SPACK_MANAGED_DIRS"]
    assert f'"{result["SPACK_DEBUG_LOG_DIR"]}/"*' in result["SPACK_MANAGED_DIRS"]
    assert Path(result["SPACK_DEBUG_LOG_DIR"]).is_dir()
    assert (result["SPACK_DTAGS_TO_STRIP"], result["SPACK_DTAGS_TO_ADD"]) == (
        "--enable-new-dtags",
        "--disable-new-dtags",
    )
    assert '"/usr"|"/usr/"|' in result["SPACK_SYSTEM_DIRS"] and "*" not in result["SPACK_SYSTEM_DIRS"]
    assert result["SPACK_COMPILER_FLAGS_REPLACE"] == "-Werror-|-Wno-error= -Werror|-Wno-error"
    assert result["SPACK_STORE_RPATH_DIRS"] == f"{root}/lib:{root}/lib64:{tmp_path}/a/lib:{tmp_path}/b/lib"
