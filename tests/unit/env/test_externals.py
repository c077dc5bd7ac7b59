"""Configured externals as the solver takes them, with what they depend on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.env.context import Context
from outcrop.env.externals import external_choices, known_externals
from outcrop.host import find_externals
from outcrop.solve import ExternalChoice, ExternalDependency
from outcrop.spec import VariantConstraint, parse_spec
from support.machine import clang, gcc, script


def context(tmp_path: Path, text: str, path: Path | None = None) -> Context:
    scope = tmp_path / "scope"
    scope.mkdir(exist_ok=True)
    for name in ("hwloc", "mpich", "nvhpc"):
        (tmp_path / name).mkdir(exist_ok=True)
    (scope / "packages.yaml").write_text(text.replace("ROOT", str(tmp_path)))
    environ = {"OUTCROP_ROOT": str(tmp_path / "root"), "PATH": str(path or tmp_path / "empty")}
    return Context(environ=environ, directory=tmp_path, scopes=[scope])


def choices(tmp_path: Path, text: str) -> dict[str, ExternalChoice]:
    return {choice.name: choice for choice in external_choices(context(tmp_path, text))}


def test_an_entry(tmp_path: Path) -> None:
    found = choices(
        tmp_path,
        """\
packages:
  mpich:
    externals:
    - spec: mpich@4.1 +romio device=ch4 os=other
      prefix: ROOT/mpich
""",
    )["mpich"]
    assert (found.version, found.external.prefix, found.os) == ("4.1", str(tmp_path / "mpich"), "other")
    assert found.variants == (
        VariantConstraint.make("device", ["ch4"], exact=True),
        VariantConstraint.boolean("romio", True),
    )
    assert found.dependencies == ()


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("fabrics=ucx", [VariantConstraint.make("fabrics", ["ucx"], exact=True)]),
        ("fabrics:=ucx", [VariantConstraint.make("fabrics", ["ucx"], exact=True)]),
        ("fabrics=ofi,ucx", [VariantConstraint.make("fabrics", ["ofi", "ucx"], exact=True)]),
        ("fabrics=*", []),
    ],
)
def test_a_named_variant_has_these_values_and_no_others(
    tmp_path: Path, said: str, facts: list[VariantConstraint]
) -> None:
    text = f"packages:\n  mpich:\n    externals:\n    - {{spec: 'mpich@4.1 {said}', prefix: ROOT/mpich}}\n"
    assert choices(tmp_path, text)["mpich"].variants == tuple(facts)


@pytest.mark.parametrize("programs", [["gcc"], ["gcc", "g++", "gfortran"], ["gfortran"]])
def test_what_was_found_means_the_same_when_it_is_read_from_a_file(tmp_path: Path, programs: list[str]) -> None:
    directory = tmp_path / "machine" / "bin"
    for name in programs:
        gcc(directory / name, "12.2.0")
    clang(directory / "clang", "clang", "17.0.6")
    script(directory / "make", "#!/bin/sh\necho GNU Make 4.3\n")
    seen = context(tmp_path, "{}", path=directory)
    found = {choice.name: choice for choice in external_choices(seen)}
    entries = find_externals(seen.host)
    assert {"gcc", "llvm", "gmake"} <= set(entries)
    text = json.dumps({"packages": {name: {"externals": listed} for name, listed in entries.items()}})
    read = choices(tmp_path, text)
    for name in entries:
        assert (read[name].version, read[name].variants) == (found[name].version, found[name].variants), name
        assert read[name].external.extra == found[name].external.extra
        assert read[name].external.prefix == found[name].external.prefix


def test_dependencies_by_id_and_by_spec(tmp_path: Path) -> None:
    found = choices(
        tmp_path,
        """\
packages:
  hwloc:
    externals:
    - {spec: hwloc@2.9, prefix: ROOT/hwloc, id: topology}
  mpich:
    externals:
    - spec: mpich@4.1
      prefix: ROOT/mpich
      dependencies:
      - {id: topology, deptypes: link}
      - {spec: nvhpc@24, virtuals: "c,cxx"}
      - {spec: zlib, deptypes: [run, link]}
""",
    )
    assert found["mpich"].dependencies == (
        ExternalDependency(spec=parse_spec("hwloc@=2.9"), types=("link",)),
        ExternalDependency(spec=parse_spec("nvhpc@24"), types=("build",), virtuals=("c", "cxx")),
        ExternalDependency(spec=parse_spec("zlib"), types=("link", "run")),
    )
    assert found["hwloc"].dependencies == ()


COMPILED = """\
packages:
  mpich:
    externals:
    - {spec: "mpich@4.1 %c,cxx=nvhpc@24", prefix: ROOT/mpich}
"""


def test_the_compiler_in_the_spec(tmp_path: Path) -> None:
    assert choices(tmp_path, COMPILED)["mpich"].dependencies == ()
    known = COMPILED + "  nvhpc:\n    externals:\n    - {spec: nvhpc@24.3, prefix: ROOT/nvhpc}\n"
    assert choices(tmp_path, known)["mpich"].dependencies == (
        ExternalDependency(spec=parse_spec("nvhpc@24"), types=("build",), virtuals=("c", "cxx")),
    )
    older = known.replace("24.3", "23.1")
    assert choices(tmp_path, older)["mpich"].dependencies == ()


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ("spec: hwloc@2", "is listed below packages:mpich", "mpich@"),
        ("spec: mpich@4, dependencies: [{id: nobody}]", "the id 'nobody', which no external has", "'id'"),
        ("spec: mpich@4, dependencies: [{spec: zlib, id: x}]", "either 'spec' or 'id'", ""),
        ("spec: mpich@4, dependencies: [{deptypes: link}]", "either 'spec' or 'id'", ""),
        ("spec: mpich@4, dependencies: [{spec: +x}]", "names no package", ""),
        ("spec: mpich@4, dependencies: [{spec: zlib, deptypes: links}]", "no type 'links'", "link, run, build, test"),
        ("spec: mpich@4 ^zlib@1.3", "has a dependency in its spec", "dependencies"),
        ("spec: mpich@4, dependencies: [{spec: zlib, types: link}]", "has no key", ""),
    ],
)
def test_what_is_wrong_has_a_place(tmp_path: Path, entry: str, message: str, hint: str) -> None:
    text = f"packages:\n  mpich:\n    externals:\n    - {{{entry}, prefix: ROOT/mpich}}\n"
    with pytest.raises(InputError, match=message) as caught:
        choices(tmp_path, text)
    assert caught.value.place is not None
    assert caught.value.place.line == 4
    assert hint in (caught.value.hint or "")


def test_where_an_external_is_known_from(tmp_path: Path) -> None:
    text = "packages:\n  mpich:\n    externals:\n    - {spec: mpich@4, prefix: ROOT/mpich}\n"
    places = {package.name: place for package, place in known_externals(context(tmp_path, text))}
    assert places["mpich"] == f"{tmp_path}/scope/packages.yaml:4:7"
