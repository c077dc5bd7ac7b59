from pathlib import Path

import pytest

from outcrop.base.errors import InputError
from outcrop.config import Configuration, Scope, parse_document
from outcrop.env.conditions import Facts
from outcrop.env.manifest import Manifest, read_manifest


def _read(tmp_path: Path, text: str) -> Manifest:
    (tmp_path / "spack.yaml").write_text(text)
    return read_manifest(tmp_path / "spack.yaml")


def _error(tmp_path: Path, text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        _read(tmp_path, text)
    return caught.value


def test_the_origins_example(tmp_path: Path) -> None:
    manifest = _read(tmp_path, "spack:\n  specs: [py-pip]\n  view: ./view\n")
    assert [root.text for root in manifest.roots] == ["py-pip"]
    assert [(view.name, view.root) for view in manifest.views] == [("default", tmp_path / "view")]


def test_view_forms(tmp_path: Path) -> None:
    assert _read(tmp_path, "spack:\n  view: false\n").views == ()
    assert _read(tmp_path, "spack: {}\n").views[0].root == tmp_path / ".outcrop" / "view"
    assert _read(tmp_path, "spack:\n  view: /opt/v\n").views[0].root == Path("/opt/v")
    named = _read(
        tmp_path,
        "spack:\n  view:\n    a: x\n    b:\n      root: ../y\n      link: run\n"
        "      link_type: copy\n      exclude: [gcc]\n",
    ).views
    assert [(view.name, view.root, view.section.link, view.section.link_type) for view in named] == [
        ("a", tmp_path / "x", "all", "symlink"),
        ("b", tmp_path.parent / "y", "run", "copy"),
    ]


def test_definitions_references_and_matrices(tmp_path: Path) -> None:
    manifest = _read(
        tmp_path,
        "spack:\n"
        "  definitions:\n"
        "  - tools: [py-black, py-isort]\n"
        "  - pythons: ['python@3.11', 'python@3.12']\n"
        "  specs:\n"
        "  - $tools\n"
        "  - matrix:\n"
        "    - [py-click, py-mypy]\n"
        "    - [$^pythons]\n"
        "    exclude: ['py-mypy ^python@3.12']\n",
    )
    assert [root.text for root in manifest.roots] == [
        "py-black",
        "py-isort",
        "py-click ^python@3.11",
        "py-click ^python@3.12",
        "py-mypy ^python@3.11",
    ]


MACHINE = Facts("linux", "debian12", "zen4", "login3", {"SITE": "ours"})


def test_a_definition_counts_when_its_condition_holds(tmp_path: Path) -> None:
    path = tmp_path / "spack.yaml"
    path.write_text(
        "spack:\n"
        "  definitions:\n"
        "  - tools: [py-black]\n"
        "  - tools: [py-isort]\n"
        "    when: platform == 'linux' and env['SITE'] == 'ours'\n"
        "  - tools: [py-mypy]\n"
        "    when: platform == 'darwin'\n"
        "  - none: [py-pip]\n"
        "    when: 'False'\n"
        "  specs: [$tools, $none]\n"
    )
    manifest = read_manifest(path, facts=lambda: MACHINE)
    assert [root.text for root in manifest.roots] == ["py-black", "py-isort"]
    # Who only checks the file has no machine to ask about.
    assert [root.text for root in read_manifest(path).roots] == ["py-black", "py-isort", "py-mypy", "py-pip"]


def test_the_machine_is_not_asked_without_a_condition(tmp_path: Path) -> None:
    def never() -> Facts:
        raise AssertionError

    path = tmp_path / "spack.yaml"
    path.write_text("spack:\n  definitions:\n  - tools: [py-black]\n  specs: [$tools]\n")
    assert len(read_manifest(path, facts=never).roots) == 1


def test_sections_become_a_scope(tmp_path: Path) -> None:
    manifest = _read(
        tmp_path, "spack:\n  packages:\n    gcc:\n      buildable: false\n  concretizer:\n    unify: false\n"
    )
    packages = manifest.scope.section("packages")
    assert packages is not None and packages.data == {"gcc": {"buildable": False}}


def test_includes_are_scopes_with_the_first_one_highest(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("packages:\n  gcc:\n    buildable: false\n")
    (tmp_path / "b").mkdir()
    manifest = _read(tmp_path, "spack:\n  include: [a.yaml, b, {path: missing, optional: true}]\n")
    assert [scope.name for scope in manifest.includes] == ["include b", "include a.yaml"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected the key 'spack:'"),
        ("specs: [py-pip]\n", 1, "expected a mapping with the key 'spack:'"),
        ("spack:\n  specs: [py-pip]\nother: 1\n", 3, "unexpected key 'other'"),
        ("spack:\n  specs: py-pip\n", 2, "expected a list of specs"),
        ("spack:\n  spec: [py-pip]\n", 2, "no key 'spec'"),
        ("spack:\n  specs:\n  - py-pip@@\n", 3, ""),
        ("spack:\n  specs:\n  - '+x'\n", 3, "names no package"),
        ("spack:\n  specs:\n  - $missing\n", 3, "no definition 'missing'"),
        ("spack:\n  definitions:\n  - a: [b]\n    when: machine\n", 4, "there is no 'machine'"),
        ("spack:\n  definitions:\n  - a: [b]\n    when: true\n", 4, "should be text"),
        ("spack:\n  specs:\n  - 3\n", 3, "expected a spec"),
        ("spack:\n  view: 3\n", 2, "view should be"),
        ("spack:\n  view:\n    a:\n      link: all\n", 3, "lacks the key 'root'"),
        ("spack:\n  develop:\n    a: {}\n", 2, "not supported yet"),
        ("spack:\n  include: [missing.yaml]\n", 2, "does not exist"),
        ("spack:\n  specs: [a\n", 3, "not valid YAML"),
        ("spack:\n  view: false\n  specs:: [a]\n", 3, "'specs' belongs to this file alone"),
        ("spack:\n  view:: false\n", 2, "'view' belongs to this file alone"),
        ("spack:\n  packages: {}\n  packages:: {}\n", 3, "'packages' is there twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    error = _error(tmp_path, text)
    assert message in error.message
    assert error.place is not None and error.place.line == line


def test_an_unknown_key_has_near_misses(tmp_path: Path) -> None:
    assert _error(tmp_path, "spack:\n  spec: [py-pip]\n").hint == "did you mean specs?"


def test_a_spec_that_does_not_parse_shows_a_caret(tmp_path: Path) -> None:
    error = _error(tmp_path, "spack:\n  specs:\n  - 'py-pip@1@2'\n")
    assert any(line.strip().startswith("^") for line in error.details)


def test_a_section_with_two_colons_replaces_what_is_configured_elsewhere(tmp_path: Path) -> None:
    elsewhere = Scope("user", None, {"packages": parse_document("gcc:\n  version: [13]\n", "packages.yaml")})
    (tmp_path / "a.yaml").write_text("packages::\n  zlib:\n    version: [1]\n")
    manifest = _read(tmp_path, "spack:\n  include: [a.yaml]\n  packages:\n    xz:\n      version: [5]\n")
    configuration = Configuration([elsewhere, *manifest.includes, manifest.scope])
    assert configuration.merged("packages") == {"xz": {"version": [5]}, "zlib": {"version": [1]}}
    manifest = _read(tmp_path, "spack:\n  include: [a.yaml]\n  packages::\n    xz:\n      version: [5]\n")
    configuration = Configuration([elsewhere, *manifest.includes, manifest.scope])
    assert configuration.merged("packages") == {"xz": {"version": [5]}}
