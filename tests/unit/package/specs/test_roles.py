from __future__ import annotations

import pytest

from outcrop.package.specs.facade import NodeSpec
from outcrop.package.specs.roles import Role, plan_roles
from outcrop.spec.graph import External
from support.api_world import Described, make_world

NOTHING = Role(0)

WORLD = {
    "root": Described(["tool:build", "lib:link,build", "runner:run", "probe:test", "ext:build"]),
    "tool": Described(["toollib:link", "toolrun:run", "toolbuild:build"]),
    "toollib": Described(["liblib:link", "librun:run"]),
    "toolrun": Described(["toolrun2:run"]),
    "toolrun2": Described(),
    "toolbuild": Described(),
    "liblib": Described(),
    "librun": Described(),
    "lib": Described(["sublib:link", "libhelper:run", "libtool:build"]),
    "sublib": Described(),
    "libhelper": Described(),
    "libtool": Described(),
    "runner": Described(["runnerlib:link"]),
    "runnerlib": Described(),
    "probe": Described(),
    "ext": Described(["extdep:run"], external=External(prefix="/usr")),
    "extdep": Described(),
}


@pytest.fixture(scope="module")
def world() -> dict[str, NodeSpec]:
    return make_world("root", WORLD)


def roles(world: dict[str, NodeSpec], context: str, root: str = "root") -> dict[str, Role]:
    planned = plan_roles(world[root]._world.graph, [world[root].dag_hash()], context)  # type: ignore[arg-type]
    return {world[root]._world.graph[key].name: role for key, role in planned.items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("root", Role.ROOT),
        ("tool", Role.FOUND | Role.PATH | Role.RUN),
        ("probe", Role.FOUND | Role.PATH | Role.RUN),
        ("toollib", Role.RUN),
        ("liblib", Role.RUN),
        ("librun", Role.PATH | Role.RUN),
        ("toolrun", Role.PATH | Role.RUN),
        ("toolrun2", Role.PATH | Role.RUN),
        ("lib", Role.FOUND | Role.PATH | Role.RUN),
        ("sublib", Role.FOUND | Role.RUN),
        ("libhelper", Role.PATH | Role.RUN),
        ("toolbuild", NOTHING),
        ("libtool", NOTHING),
        ("runner", NOTHING),
        ("runnerlib", NOTHING),
    ],
)
def test_roles_in_a_build(world: dict[str, NodeSpec], name: str, expected: Role) -> None:
    assert roles(world, "build").get(name, NOTHING) == expected


def test_what_is_only_linked_is_found_and_no_more() -> None:
    world = make_world(
        "r", {"r": Described(["a:link"]), "a": Described(["b:link", "c:run"]), "b": Described(), "c": Described()}
    )
    assert roles(world, "build", "r") == {"b": Role.FOUND, "a": Role.FOUND, "r": Role.ROOT}


def test_externals_come_first_then_dependencies_before_dependents(world: dict[str, NodeSpec]) -> None:
    order = list(roles(world, "build"))
    assert order[0] == "ext" and order[-1] == "root"
    assert order.index("liblib") < order.index("toollib") < order.index("tool")


def test_roles_in_a_run(world: dict[str, NodeSpec]) -> None:
    found = roles(world, "run")
    assert found["root"] == found["runner"] == Role.PATH | Role.RUN
    assert found["lib"] == found["sublib"] == found["runnerlib"] == Role.RUN
    assert found["libhelper"] == Role.PATH | Role.RUN
    assert "tool" not in found and "probe" not in found


def test_roles_in_a_test(world: dict[str, NodeSpec]) -> None:
    found = roles(world, "test")
    assert found["probe"] == found["runner"] == found["root"] == Role.PATH | Role.RUN
    assert found["lib"] == Role.RUN
    assert "tool" not in found
