from pathlib import Path

import pytest

from outcrop.base.errors import InputError, UsageError
from outcrop.config import (
    ConcretizerSection,
    Configuration,
    PackageSection,
    Scope,
    edit_section,
    load_document,
    own_section,
    parse_document,
    scope_from_directory,
    scope_from_options,
    sections_below,
)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_higher_scopes_win(tmp_path: Path) -> None:
    _write(tmp_path / "low" / "packages.yaml", "packages:\n  gcc:\n    buildable: true\n    version: [13]\n")
    _write(tmp_path / "high" / "packages.yaml", "packages:\n  gcc:\n    buildable: false\n    version: [12]\n")
    configuration = Configuration(
        [scope_from_directory("low", tmp_path / "low"), scope_from_directory("high", tmp_path / "high")]
    )
    packages = configuration.section("packages", dict[str, PackageSection], {})
    assert packages["gcc"].buildable is False
    assert packages["gcc"].version == [12, 13]


def test_an_environment_lies_below_the_command_line() -> None:
    document = parse_document("unify: false\n", "spack.yaml")
    environment = Scope("environment", None, {"concretizer": document})
    configuration = Configuration([scope_from_options(["concretizer:unify:when_possible"])]).with_scope(environment)
    assert configuration.section("concretizer", ConcretizerSection, ConcretizerSection()).unify == "when_possible"


def test_nothing_configured_is_the_default() -> None:
    assert Configuration([]).section("packages", dict[str, PackageSection], {}) == {}


def test_a_wrong_value_names_its_own_file(tmp_path: Path) -> None:
    _write(tmp_path / "packages.yaml", "packages:\n  gcc:\n    buildable: 7\n")
    configuration = Configuration([scope_from_directory("user", tmp_path)])
    with pytest.raises(InputError) as caught:
        configuration.merged("packages")
    assert str(caught.value.place) == f"{tmp_path}/packages.yaml:3:5"


def test_a_file_with_the_wrong_key(tmp_path: Path) -> None:
    _write(tmp_path / "packages.yaml", "package:\n  gcc: {}\n")
    with pytest.raises(InputError, match="expected the key 'packages', found 'package'"):
        Configuration([scope_from_directory("user", tmp_path)]).merged("packages")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    _write(tmp_path / "packages.yaml", text)
    assert Configuration([scope_from_directory("user", tmp_path)]).merged("packages") is None


def test_options_need_section_key_and_value() -> None:
    with pytest.raises(UsageError, match="expected section:key:value"):
        scope_from_options(["concretizer"])
    with pytest.raises(UsageError):
        scope_from_options(["nothing:a:b"])
    with pytest.raises(UsageError):
        scope_from_options(["packages::gcc:buildable:false"])


def test_several_options_of_one_section() -> None:
    scope = scope_from_options(["packages:gcc:buildable:false", "packages:python:buildable:false"])
    document = scope.section("packages")
    assert document is not None
    assert document.data == {"gcc": {"buildable": False}, "python": {"buildable": False}}


def test_edit_keeps_comments_and_other_sections(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text("# mine\nrepos:\n  a: /a  # the first\n")
    edit_section(path, "repos", {"a": "/a", "b": "/b"})
    text = path.read_text()
    assert "# mine" in text and "# the first" in text
    assert load_document(path).data == {"repos": {"a": "/a", "b": "/b"}}


def test_edit_puts_keys_into_the_order_given(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text("repos:\n  a: /a  # the first\n  b: /b\n")
    edit_section(path, "repos", {"c": "/c", "b": "/b", "a": "/a"})
    data = load_document(path).below("repos").data
    assert isinstance(data, dict)
    assert list(data) == ["c", "b", "a"]
    assert "# the first" in path.read_text()


def test_edit_refuses_a_broken_file_and_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text("repos: [\n")
    with pytest.raises(InputError):
        edit_section(path, "repos", {})
    assert path.read_text() == "repos: [\n"


def test_a_section_with_two_colons_replaces_lower_scopes(tmp_path: Path) -> None:
    _write(tmp_path / "low" / "packages.yaml", "packages:\n  gcc:\n    version: [13]\n  zlib:\n    version: [1]\n")
    _write(tmp_path / "mid" / "packages.yaml", "packages::\n  gcc:\n    buildable: false\n")
    inline = parse_document("packages:\n  xz:\n    version: [5]\n", "spack.yaml")
    scopes = [scope_from_directory(name, tmp_path / name) for name in ("low", "mid")]
    configuration = Configuration([*scopes, Scope("environment", None, sections_below(inline))])
    assert configuration.merged("packages") == {"xz": {"version": [5]}, "gcc": {"buildable": False}}
    assert configuration.place("packages", "zlib") is None
    gcc = configuration.place("packages", "gcc")
    assert gcc is not None and gcc.file == f"{tmp_path}/mid/packages.yaml"
    emptied = configuration.with_scope(Scope("top", None, {"packages:": parse_document("", "top.yaml")}))
    assert emptied.section("packages", dict[str, PackageSection], {}) == {}


def test_a_section_is_there_once(tmp_path: Path) -> None:
    _write(tmp_path / "packages.yaml", "packages:\n  gcc: {}\npackages::\n  xz: {}\n")
    with pytest.raises(InputError, match="'packages' is there twice, as 'packages:' and as 'packages::'") as caught:
        Configuration([scope_from_directory("user", tmp_path)]).merged("packages")
    assert str(caught.value.place) == f"{tmp_path}/packages.yaml:3:1"


def test_edit_keeps_the_suffix_of_a_section_and_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    assert own_section(path, "repos") is None
    path.write_text("repos::\n  a: /a  # the first\n")
    own = own_section(path, "repos")
    assert own == {"a": "/a"}
    edit_section(path, "repos", {"b": "/b", "a": "/a"})
    assert load_document(path).data == {"repos:": {"b": "/b", "a": "/a"}}
    assert "# the first" in path.read_text()
