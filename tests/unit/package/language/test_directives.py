from __future__ import annotations

import sys
from pathlib import Path

import pytest

from outcrop.base.errors import Place
from outcrop.package import (
    Package,
    PackageBase,
    build_system,
    conditional,
    conflicts,
    default_args,
    depends_on,
    extends,
    license,  # noqa: A004
    maintainers,
    patch,
    provides,
    redistribute,
    requires,
    resource,
    variant,
    version,
    when,
)
from outcrop.package.errors import DirectiveError
from outcrop.package.language.records import (
    DependencyRecord,
    ExtendRecord,
    PatchRecord,
    ProvideRecord,
    RequirementRecord,
    ResourceRecord,
    VariantRecord,
    VersionRecord,
)
from outcrop.package.specs.spec_api import Spec, Version
from outcrop.spec import parse_spec
from support.api_world import imported_recipe


def dependencies(cls: type[PackageBase]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (str(record.spec), str(record.when), record.types)
        for record in cls.records()
        if isinstance(record, DependencyRecord)
    ]


def test_records_keep_order_condition_and_place() -> None:
    class Sample(Package):
        version("2.0", sha256="a" * 64)
        depends_on(
            "zlib@1.2:",
            when="+shared",
        )

    own = [record for record in Sample.records() if record.file == __file__]
    assert [type(record) for record in own] == [VersionRecord, DependencyRecord]
    first = sys._getframe().f_code.co_firstlineno
    assert [record.line - first for record in own] == [2, 3]
    assert own[0].fetch == {"sha256": "a" * 64}  # type: ignore[union-attr]
    assert own[1].when == parse_spec("+shared")


def test_base_classes_come_first_and_each_once() -> None:
    class Base(PackageBase):
        depends_on("a")

    class Left(Base):
        depends_on("b")

    class Right(Base):
        depends_on("c")

    class Both(Left, Right):
        depends_on("d")

    assert [name for name, _, _ in dependencies(Both)] == ["a", "c", "b", "d"]


def test_conditions_are_conjoined_over_blocks_and_the_argument() -> None:
    class Sample(PackageBase):
        with when("@1:"):
            with when("+x"):
                depends_on("inner", when="platform=linux")
            depends_on("outer")
        depends_on("plain")

    conditions = {name: condition for name, condition, _ in dependencies(Sample)}
    assert parse_spec(conditions["inner"]) == parse_spec("@1: +x platform=linux")
    assert conditions["outer"] == "@1:"
    assert conditions["plain"] == ""


@pytest.mark.parametrize("never", [False, "~x"])
def test_a_condition_that_cannot_hold_drops_the_directive(never: bool | str) -> None:
    class Sample(PackageBase):
        with when("+x"):
            depends_on("zlib", when=never)

    assert dependencies(Sample) == []


def test_true_and_none_mean_always() -> None:
    class Sample(PackageBase):
        depends_on("a", when=True)
        depends_on("b", when=None)

    assert [condition for _, condition, _ in dependencies(Sample)] == ["", ""]


def test_default_args_nest_and_yield_to_what_is_said() -> None:
    class Sample(PackageBase):
        with default_args(type="build"):
            depends_on("a")
            with default_args(type="run", when="+x"):
                depends_on("b")
                depends_on("c", "@2:", type="link")
        depends_on("d")

    assert dependencies(Sample) == [
        ("a", "", ("build",)),
        ("b", "+x", ("run",)),
        ("c", "@2:", ("link",)),
        ("d", "", ("link", "build")),
    ]


def test_helpers_called_in_a_body_act_on_it_and_the_place_is_the_body() -> None:
    def helper(names: list[str]) -> None:
        for name in names:
            depends_on(name)

    class Sample(PackageBase):
        helper(["a", "b"])

    assert [name for name, _, _ in dependencies(Sample)] == ["a", "b"]
    assert {record.line for record in Sample.records()} == {sys._getframe().f_lineno - 3}


def test_reading_another_class_in_a_body_disturbs_nothing() -> None:
    class Other(PackageBase):
        version("1.0", sha256="a" * 64)
        depends_on("z")

    class Sample(PackageBase):
        depends_on("a")
        for known in Other.versions:
            depends_on(f"other@={known}")

    assert [name for name, _, _ in dependencies(Sample)] == ["a", "other@=1.0"]


def test_a_directive_outside_a_body_says_where() -> None:
    line = sys._getframe().f_lineno + 2
    with pytest.raises(DirectiveError, match="outside the body") as caught:
        depends_on("zlib")
    assert caught.value.place == Place(__file__, line)


def test_a_failed_body_leaves_nothing_behind() -> None:
    with pytest.raises(RuntimeError):

        class Broken(PackageBase):
            depends_on("broken")
            raise RuntimeError

    class Sample(PackageBase):
        depends_on("a")

    assert [name for name, _, _ in dependencies(Sample)] == ["a"]


def test_p01_extending_python_means_python_and_python_venv() -> None:
    class PyThing(PackageBase):
        extends("python@3.9:", when="+python")
        extends("python", type="run", when="~python")

    assert dependencies(PyThing) == [
        ("python@3.9:", "+python", ("run", "build")),
        ("python-venv", "+python", ("run", "build")),
        ("python", "~python", ("run",)),
        ("python-venv", "~python", ("run",)),
    ]
    assert [record.name for record in PyThing.records() if isinstance(record, ExtendRecord)] == ["python", "python"]


def test_p01_python_venv_itself_extends_python_only() -> None:
    class PythonVenv(PackageBase):
        extends("python")

    assert [name for name, _, _ in dependencies(PythonVenv)] == ["python"]


def test_p01_other_extendees_get_no_venv() -> None:
    class RThing(PackageBase):
        extends("r")

    assert [name for name, _, _ in dependencies(RThing)] == ["r"]


def test_versions() -> None:
    class Sample(PackageBase):
        version("1.2", "d41d8cd98f00b204e9800998ecf8427e")
        version(3, sha256="b" * 64, preferred=True)
        version("main", branch="main", deprecated=True)

    assert Sample.versions == {
        Version("1.2"): {"md5": "d41d8cd98f00b204e9800998ecf8427e"},
        Version("3"): {"sha256": "b" * 64, "preferred": True},
        Version("main"): {"branch": "main", "deprecated": True},
    }


@pytest.mark.parametrize("text", ["1.2:", "=1.2", "1,2", ""])
def test_a_version_is_one_plain_version(text: str) -> None:
    class Sample(PackageBase):
        version(text, sha256="a" * 64)

    with pytest.raises(DirectiveError, match="no plain version") as caught:
        Sample.records()
    assert caught.value.place is not None and str(caught.value.place.file) == __file__


def test_versions_and_maintainers_are_unconditional() -> None:
    with pytest.raises(DirectiveError, match="cannot stand inside"):

        class Sample(PackageBase):
            with when("+x"):
                version("1.0", sha256="a" * 64)


def test_maintainers_are_merged_over_bases_and_old_lists() -> None:
    class Old(PackageBase):
        maintainers = ["zoe"]

    class New(Old):
        maintainers("adam", "zoe")

    assert New.maintainers == ["adam", "zoe"]


def test_build_system_is_a_variant_and_a_subclass_comes_later() -> None:
    class Base(PackageBase):
        build_system("cmake")

    class Sample(Base):
        build_system("cmake", conditional("autotools", when="@:1"), default="autotools")

    found = [record for record in Sample.records() if isinstance(record, VariantRecord)]
    assert [record.default for record in found] == [("cmake",), ("autotools",)]
    assert [(value.value, value.when) for value in found[1].values] == [
        ("cmake", None),
        ("autotools", parse_spec("@:1")),
    ]
    assert Sample.variants[Spec("")]["build_system"].default == "autotools"


def test_provides_together_and_blanks() -> None:
    class Sample(PackageBase):
        provides("blas", "lapack", when="@2:")
        provides("mpi ")

    together = [record for record in Sample.records() if isinstance(record, ProvideRecord)]
    assert [[virtual.name for virtual in record.virtuals] for record in together] == [["blas", "lapack"], ["mpi"]]
    assert Sample.provided_together[Spec("@2:")] == [{"blas", "lapack"}]
    assert Sample.provided_virtual_names() == ["blas", "lapack", "mpi"]


def test_dependencies_of_equal_condition_are_merged_in_the_dictionary() -> None:
    class Sample(PackageBase):
        depends_on("zlib@1:", type="build")
        depends_on("zlib+shared", type="run")

    merged = Sample.dependencies[Spec("")]["zlib"]
    assert merged.spec.satisfies("zlib@1: +shared")
    assert merged.types == ("run", "build")
    assert Sample.dependency_names() == ["zlib"]


def test_patches_are_found_along_the_bases(tmp_path: Path) -> None:
    (tmp_path / "spack_repo/test/packages/base").mkdir(parents=True)
    (tmp_path / "spack_repo/test/packages/base/fix.patch").write_text("x")
    base = "class Base(PackageBase):\n    patch('fix.patch', level=0, when='+x')\n"
    derived = "from spack_repo.test.packages.base.package import Base\nclass Derived(Base):\n    pass\n"
    with imported_recipe(tmp_path, "base", base), imported_recipe(tmp_path, "derived", derived) as module:
        (record,) = module.Derived.records()
        assert record == PatchRecord(
            file=str(tmp_path / "spack_repo/test/packages/base/package.py"),
            line=3,
            declared_by="test.base",
            when=parse_spec("+x"),
            target="fix.patch",
            directory=str(tmp_path / "spack_repo/test/packages/base"),
            level=0,
        )
        assert module.Derived.name == "derived"
        assert module.Derived.fullnames == ["test.derived", "test.base"]


def test_a_patch_from_the_net_needs_a_checksum() -> None:
    class Sample(PackageBase):
        patch("https://example.org/x.patch")

    with pytest.raises(DirectiveError, match="no checksum"):
        Sample.records()


def test_patches_of_a_dependency_belong_to_it_and_forget_the_blocks_around() -> None:
    class Sample(PackageBase):
        with when("+x"):
            depends_on("zlib", patches=[patch("https://e.org/a", sha256="a" * 64, when="@1"), "b.patch"])

    (record,) = Sample.records()
    assert isinstance(record, DependencyRecord)
    assert [(made.target, str(made.when)) for made in record.patches] == [("https://e.org/a", "@1"), ("b.patch", "")]
    assert str(record.when) == "+x"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: depends_on("sample"), "itself"),
        (lambda: depends_on("+x"), "no name"),
        (lambda: depends_on("a ^b"), "nested|own dependencies"),
        (lambda: depends_on("a", type="biuld"), "unknown dependency type biuld"),
        (lambda: provides("sample"), "itself"),
        (lambda: requires("+a", policy="some"), "neither"),
        (lambda: resource(name="x", destination="../up"), "leaves"),
        (lambda: redistribute(source=True), "must say"),
        (lambda: depends_on("a", nothing=1), "nothing"),
    ],
)
def test_nonsense_is_refused_at_its_line(make: object, complaint: str) -> None:
    class Sample(PackageBase):
        make()  # type: ignore[operator]

    with pytest.raises(DirectiveError, match=complaint) as caught:
        Sample.records()
    assert caught.value.place is not None and caught.value.place.line is not None


def test_the_rest() -> None:
    class Sample(PackageBase):
        conflicts("%gcc@:4", when="@2:", msg="too old")
        requires("+a", "+b", policy="any_of", msg="one")
        license("MIT", checked_by="me")
        resource(name="data", url="https://e.org/d.tar", sha256="a" * 64, destination="d", placement={"x": "y"})
        redistribute(binary=False, when="@1")

    assert Sample.conflicts == {Spec("@2:"): [(Spec("%gcc@:4"), "too old")]}
    (required,) = [record for record in Sample.records() if isinstance(record, RequirementRecord)]
    assert (required.policy, [str(spec) for spec in required.specs]) == ("any_of", ["+a", "+b"])
    assert Sample.licenses == {Spec(""): "MIT"}
    (data,) = [record for record in Sample.records() if isinstance(record, ResourceRecord)]
    assert (data.placement, data.fetch["url"]) == ({"x": "y"}, "https://e.org/d.tar")
    assert Sample.disable_redistribute == {Spec("@1"): (False, True)}


def test_variant_records_are_plain_data() -> None:
    class Sample(PackageBase):
        variant("shared", default=True, description="libraries")

    (record,) = Sample.records()
    assert isinstance(record, VariantRecord)
    assert (record.kind, record.default, record.description) == ("bool", ("true",), "libraries")
    assert Sample.has_variant("shared") and not Sample.has_variant("static")
