"""The names of API v2.2: what recipes may rely on must not change by accident. ``golden_names.txt`` lists them."""

from __future__ import annotations

import builtins
import os
import subprocess
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import outcrop.package
from outcrop.package.builds.hooks import set_globals
from support.api_world import Described, imported_recipe, make_world

CHECKOUT = os.environ.get("OUTCROP_TEST_REPO", "")


def read_golden() -> dict[str, list[str]]:
    """Section -> its names."""
    sections: dict[str, list[str]] = {}
    names: list[str] = []
    for line in Path(__file__).with_name("golden_names.txt").read_text().splitlines():
        if line.startswith("# "):
            names = sections.setdefault(line[2:].partition(":")[0], [])
        else:
            names.append(line)
    return sections


GOLDEN = read_golden()


def test_the_export_list_is_exactly_this() -> None:
    assert sorted(outcrop.package.__all__) == GOLDEN["exported"]
    assert [len(GOLDEN[section]) for section in ("exported", "core", "recipes")] == [162, 10, 28]


def test_every_name_exists_and_says_what_it_is() -> None:
    values = {name: getattr(outcrop.package, name) for name in GOLDEN["exported"]}
    plain = {name for name, value in values.items() if not callable(value)}
    assert plain == {"LC_ID_DYLIB", "all_deptypes", "env", "library_extensions"}
    others = {"ClassProperty", "Dict", "List", "Optional", "env"}
    silent = [name for name, value in values.items() if not (value.__doc__ or "").strip()]
    assert set(silent) - others == set()


def test_the_core_sets_its_globals(tmp_path: Path) -> None:
    with imported_recipe(tmp_path, "sample", "class Sample(Package):\n    pass\n") as module:
        before = set(vars(module))
        set_globals(make_world("sample", {"sample": Described()}, {"sample": module.Sample})["sample"].package)
        assert sorted(set(vars(module)) - before - {"gmake"}) == GOLDEN["core"]


def free_names(file: Path) -> Iterator[str]:
    """Names that a module uses without defining or importing them."""
    top = symtable.symtable(file.read_text(encoding="utf-8"), str(file), "exec")
    defined = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}
    tables = [top]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for one in table.get_symbols():
            free = one.is_referenced() and not one.is_assigned() and (one.is_global() or table is top)
            if free and one.get_name() not in defined:
                yield one.get_name()


@pytest.mark.slow
@pytest.mark.skipif(not CHECKOUT, reason="OUTCROP_TEST_REPO names no checkout of Spack's public recipes")
def test_public_recipes_use_no_other_names() -> None:
    files = [*Path(CHECKOUT).glob("packages/*/package.py"), *Path(CHECKOUT).glob("build_systems/*.py")]
    used = {name for file in files for name in free_names(file)} - set(dir(builtins)) - {"__file__", "__qualname__"}
    assert len(files) > 8000
    assert used - set(GOLDEN["exported"]) == {*GOLDEN["core"], *GOLDEN["recipes"]}


def test_importing_it_loads_no_library_for_the_net_or_the_solver() -> None:
    heavy = ["unearth", "httpx", "pysat", "ruamel", "rich", "installer", "pyproject_hooks"]
    program = f"import sys, outcrop.package, outcrop.package.wheels; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
