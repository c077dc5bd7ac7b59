"""The packages configuration as the solver takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.config import ConcretizerSection, Configuration, scope_from_directory
from outcrop.env.rules import DEFAULT_COPIES, copies, mixing, package_rules
from outcrop.solve import ExternalChoice, PackageRules
from outcrop.spec import Spec, parse_spec, parse_versions
from outcrop.spec.graph import External


def configuration(tmp_path: Path, text: str, section: str = "packages") -> Configuration:
    (tmp_path / f"{section}.yaml").write_text(text)
    return Configuration([scope_from_directory("test", tmp_path)])


def rules(tmp_path: Path, text: str, *externals: str) -> dict[str, PackageRules]:
    known = [
        ExternalChoice.from_spec(parse_spec(spec), External(prefix=f"/ext/{place}"))
        for place, spec in enumerate(externals)
    ]
    return package_rules(configuration(tmp_path, text), known)


def concretizer(tmp_path: Path, text: str) -> ConcretizerSection:
    found = configuration(tmp_path, text, "concretizer")
    return found.section("concretizer", ConcretizerSection, ConcretizerSection())


def test_every_form_of_a_requirement(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        """\
packages:
  a:
    require: "@1.2 +x"
  b:
    require: ["%gcc", cflags=-O2]
  mpi:
    require:
    - one_of: [mpich, openmpi@5]
      when: "@3:"
      message: not that one
    - any_of: ["+cuda", "+rocm"]
    - spec: "@2:"
    conflict: [mpich@3]
    prefer: [mpich]
    buildable: false
""",
    )
    (rule,) = found["a"].require
    assert rule.specs == (parse_spec("@1.2 +x"),)
    assert rule.place == f"{tmp_path}/packages.yaml:3:5"
    assert [rule.specs for rule in found["b"].require] == [(parse_spec("%gcc"),), (parse_spec("cflags=-O2"),)]
    one, many, single = found["mpi"].require
    assert (one.specs, one.policy) == ((parse_spec("mpich"), parse_spec("openmpi@5")), "one_of")
    assert (one.when, one.message) == (parse_spec("@3:"), "not that one")
    assert (many.policy, many.when, single.specs) == ("any_of", Spec(), (parse_spec("@2:"),))
    assert found["mpi"].conflict[0].specs == (parse_spec("mpich@3"),)
    assert found["mpi"].prefer[0].specs == (parse_spec("mpich"),)
    assert found["mpi"].buildable is False


def test_wishes(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        """\
packages:
  all:
    variants: +shared build_type=Release
    providers: {mpi: [mpich, openmpi]}
    target: [x86_64_v3]
    permissions: {read: world}
    package_attributes: {submodules: true}
  zlib:
    version: ["1.2", "1.3"]
    variants: [~shared]
""",
    )
    assert found["all"].variants == parse_spec("+shared build_type=Release").variants
    assert found["all"].providers == {"mpi": ("mpich", "openmpi")}
    assert found["all"].targets == ("x86_64_v3",)
    assert found["zlib"].versions == (parse_versions("1.2"), parse_versions("1.3"))
    assert found["zlib"].variants == parse_spec("~shared").variants


def test_compilers_are_providers_of_languages(tmp_path: Path) -> None:
    text = """\
packages:
  all:
    compiler: [clang, gcc@12, gcc@13]
    providers: {fortran: [gcc]}
  zlib:
    compiler: [oneapi]
"""
    found = rules(tmp_path, text)
    assert found["all"].providers == {"c": ("llvm", "gcc"), "cxx": ("llvm", "gcc"), "fortran": ("gcc",)}
    assert set(found["zlib"].providers.values()) == {("intel-oneapi-compilers",)}
    assert "gcc" not in found
    assert rules(tmp_path, text, "gcc@12.3")["gcc"].versions == (parse_versions("12"),)
    both = rules(tmp_path, text, "gcc@12.3", "gcc@13.1")
    assert both["gcc"].versions == (parse_versions("12"), parse_versions("13"))
    said = rules(tmp_path, text + "  gcc:\n    version: ['11']\n", "gcc@12.3")
    assert said["gcc"].versions == (parse_versions("11"),)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("packages:\n  a:\n    require: '@@1'\n", "version", 3),
        ("packages:\n  a:\n    require: [{when: +x}]\n", "exactly one of 'spec', 'one_of' and 'any_of'", 3),
        ("packages:\n  a:\n    compiler: ['@12']\n", "names no compiler", 3),
        ("packages:\n  a:\n    version: [1.10]\n", "takes 1.1 for a number", 3),
        ("packages:\n  a:\n    requires: x\n", "has no key", 3),
    ],
)
def test_what_is_wrong_has_a_place(tmp_path: Path, text: str, message: str, line: int) -> None:
    with pytest.raises(InputError, match=message) as caught:
        rules(tmp_path, text)
    place = caught.value.place
    assert place is not None
    assert (Path(place.file), place.line) == (tmp_path / "packages.yaml", line)


def test_how_many_copies(tmp_path: Path) -> None:
    assert copies(ConcretizerSection()) == DEFAULT_COPIES
    said = "concretizer:\n  duplicates:\n    strategy: full\n    max_dupes: {default: 1, cmake: 4}\n"
    assert copies(concretizer(tmp_path, said)) == {**DEFAULT_COPIES, "default": 1, "cmake": 4}
    none = concretizer(tmp_path, "concretizer:\n  duplicates: {strategy: none, max_dupes: {cmake: 4}}\n")
    assert copies(none) == {"default": 1, "tools": 1}
    with pytest.raises(InputError, match="max_dupes"):
        concretizer(tmp_path, "concretizer:\n  duplicates: {max_dupes: {cmake: 0}}\n")
    with pytest.raises(InputError, match="strategy"):
        concretizer(tmp_path, "concretizer:\n  duplicates: {strategy: some}\n")


def test_mixing_of_compilers(tmp_path: Path) -> None:
    assert mixing(ConcretizerSection()) is True
    assert mixing(concretizer(tmp_path, "concretizer:\n  compiler_mixing: false\n")) is False
    assert mixing(concretizer(tmp_path, "concretizer:\n  compiler_mixing: [openblas]\n")) == ("openblas",)
