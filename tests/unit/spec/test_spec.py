"""The Spec value: construction, normal form, decoding."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from outcrop.repo.model import DependencyDecl, Origin, PackageModel, VariantDecl
from outcrop.spec import EdgeConstraint, Spec, UnsatisfiableSpecError, VariantConstraint, parse_spec, parse_versions
from support.spec_strategies import specs


@given(specs())
def test_files_keep_specs(spec: Spec) -> None:
    assert msgspec.json.decode(msgspec.json.encode(spec), type=Spec) == spec
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(spec), type=Spec) == spec
    assert hash(msgspec.json.decode(msgspec.json.encode(spec), type=Spec)) == hash(spec)


def test_models_hold_specs() -> None:
    origin = Origin("core/packages/p/package.py", 3)
    model = PackageModel(
        name="p",
        namespace="core",
        class_name="P",
        file="f",
        line=1,
        variants=(VariantDecl(name="x", kind="bool", origin=origin, default=("true",)),),
        dependencies=(
            DependencyDecl(spec=parse_spec("q@1: %gcc"), origin=origin, types=("link",), when=parse_spec("+x")),
        ),
    )
    again = msgspec.json.decode(msgspec.json.encode(model), type=PackageModel)
    assert again == model
    assert again.variants[0].when == Spec()
    assert again.dependencies[0].spec.versions == parse_versions("1:")


def test_make_brings_parts_into_normal_form() -> None:
    spec = Spec.make(
        "p",
        versions=parse_versions("3,1,2"),
        variants=[VariantConstraint.boolean("z", True), VariantConstraint.make("a", ["2", "1"])],
        edges=[
            EdgeConstraint.make(parse_spec("q@1:")),
            EdgeConstraint.make(parse_spec("gcc"), direct=True, virtuals=["cxx", "c"], types=["build", "link"]),
            EdgeConstraint.make(parse_spec("q@:2")),
        ],
        target="zen3,zen2",
    )
    assert str(spec) == "p@1:3+z a=1,2 target=zen2,zen3 %[virtuals=c,cxx deptypes=link,build] gcc ^q@1:2"
    assert parse_spec(str(spec)) == spec
    with pytest.raises(UnsatisfiableSpecError):
        Spec.make("p", edges=[EdgeConstraint(parse_spec("q@1")), EdgeConstraint(parse_spec("q@2"))])


def test_specs_are_values() -> None:
    spec = parse_spec("p+x ^q")
    assert spec == parse_spec("p +x ^q")
    assert len({spec, parse_spec("p +x ^q")}) == 1
    with pytest.raises(AttributeError):
        spec.name = "q"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Spec("p@1.2")  # type: ignore[call-arg]


def test_questions() -> None:
    spec = parse_spec("ns.p@1.2+x cflags=-g %gcc ^q %llvm")
    assert spec.versions == parse_versions("1.2")
    assert spec.fullname == "ns.p"
    assert not spec.is_anonymous
    assert spec.variant("x") == VariantConstraint.boolean("x", True)
    assert spec.variant("y") is None
    flag = spec.flag("cflags")
    assert flag is not None
    assert flag.words == ("-g",)
    assert spec.flag("ldflags") is None
    assert [edge.spec.name for edge in spec.direct_edges()] == ["gcc"]
    assert [edge.spec.name for edge in spec.transitive_edges()] == ["q"]
    assert [part.name for part in spec.walk()] == ["p", "gcc", "q", "llvm"]


def test_emptiness() -> None:
    assert Spec().is_empty
    assert parse_spec("").is_empty
    assert Spec().versions.is_any
    assert parse_spec("p").is_bare
    assert not parse_spec("p").is_empty
    for text in ("@1", "+x", "cflags=-g", "os=a", "target=zen2", "platform=b", "/abc", "namespace=n", "^q", "%gcc"):
        assert not parse_spec(text).is_bare
        assert parse_spec(text).is_anonymous


def test_changed_copies() -> None:
    spec = parse_spec("p@1+x ^q")
    assert str(spec.named("r")) == "r@1+x ^q"
    assert str(spec.named("")) == "@1+x ^q"
    assert str(spec.without_edges()) == "p@1+x"
    assert spec.without_edges().without_edges() is spec.without_edges() or not spec.without_edges().edges
    assert str(spec.with_versions("2:")) == "p@2:+x ^q"
    assert spec.with_versions(":").version_text == ""
    assert str(spec.with_edges([])) == "p@1+x"
    assert str(spec) == "p@1+x ^q"


def test_names() -> None:
    spec = parse_spec("p %[when='^r' virtuals=c] gcc ^mpi=openmpi %cuda")
    assert spec.names() == {"p", "gcc", "r", "c", "mpi", "openmpi", "cuda"}
    assert parse_spec("+x").names() == set()


def test_host_words() -> None:
    spec = parse_spec("p os=default_os target=default_target %[when='os=default_os'] q os=default_os ^r os=x")
    assert str(spec.with_host(os="debian12", target="zen2")) == (
        "p os=debian12 target=zen2 %[when=os=debian12] q os=debian12 ^r os=x"
    )
