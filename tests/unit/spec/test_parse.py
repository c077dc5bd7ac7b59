"""Reading specs: structure, surprising tokens, errors with a caret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcrop.base.errors import Place
from outcrop.spec import (
    EdgeConstraint,
    FlagConstraint,
    Spec,
    SpecParseError,
    VariantConstraint,
    parse_spec,
    parse_specs,
)

COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("  ", ""),
        ("p", "p"),
        ("*", ""),
        ("* +x", "+x"),
        ("a.b.p", "a.b.p"),
        ("p namespace=a.b", "a.b.p"),
        ("namespace=ns", "namespace=ns"),
        ("py-pip@23:", "py-pip@23:"),
        ("p @ 1.2 , 1.4:", "p@1.2,1.4:"),
        ("p@:", "p"),
        ("p@=1.2", "p@=1.2"),
        ("p@1.2:1.4,1.5", "p@1.2:1.5"),
        ("@1.2:key=val", "@1.2: key=val"),
        ("@1.2:key==val", "@1.2: key==val"),
        ("@:key:=val", "key:=val"),
        ("p@1.2:1.4 key=val", "p@1.2:1.4 key=val"),
        ("p@develop", "p@develop"),
        ("p@1.2-rc1+x", "p@1.2-rc1+x"),
        ("p@git.feature/x-1.0", "p@git.feature/x-1.0"),
        ("p@git.main=1.2+x", "p@git.main=1.2+x"),
        (f"p@{COMMIT}", f"p@{COMMIT}"),
        (f"p@{COMMIT}=develop ^q", f"p@{COMMIT}=develop ^q"),
        ("p@1:2,git.main=3,=5", "p@1:2,git.main=3,=5"),
        ("p@1:2,git.main", "p@git.main,1:2"),
        ("p+x~y", "p+x~y"),
        ("p -x", "p~x"),
        ("p-x", "p-x"),
        ("p ~x-y.z", "p~x-y.z"),
        ("p++x~~y --z", "p++x~~y~~z"),
        ("p + x", "p+x"),
        ("p x=True y=FALSE", "p+x~y"),
        ("p x=b,a,b", "p x=a,b"),
        ("p x:=b,a", "p x:=a,b"),
        ("p x==a y:==b", "p x==a y:==b"),
        ("p x=*", "p x=*"),
        ("p x:=true", "p+x"),
        ("p x='a b'", 'p x="a b"'),
        ("""p x="it's" """, '''p x="it's"'''),
        (r"""p x="a\"b" """, """p x='a"b'"""),
        (r"p x=a\b", r"p x=a\b"),
        ("p x=1%gcc", "p x=1%gcc"),
        ("p x='=a'", 'p x="=a"'),
        ("p x=1 %gcc", "p x=1 %gcc"),
        ("p dev_path=/a,b", "p dev_path=/a,b"),
        ("p arch=linux-debian12-zen2", "p arch=linux-debian12-zen2"),
        ("p architecture=linux-None-zen2", "p platform=linux target=zen2"),
        ("arch=ppc64le", "target=ppc64le"),
        ("@0.192 arch=aarch64:", "@0.192 target=aarch64:"),
        ("+vision arch=ppc64le: %gcc", "+vision target=ppc64le: %gcc"),
        ("p architecture=zen2,x86_64:", "p target=x86_64:,zen2"),
        ("p arch=zen2:zen2 target=zen2", "p target=zen2"),
        ("p arch=None", "p"),
        ("p arch=:", "p"),
        ("p arch=x86_64: os=debian12 platform=linux", "p arch=linux-debian12-x86_64:"),
        ("p platform=linux operating_system=debian12 target=x86_64:", "p arch=linux-debian12-x86_64:"),
        ("p target=zen2:zen2,icelake", "p target=icelake,zen2"),
        ("p target=:", "p"),
        ("p cflags=-g cflags='-O2 -g'", 'p cflags="-g -O2"'),
        ("p cflags==-g", 'p cflags=="-g"'),
        ("p cflags=''", "p"),
        ("p/abc", "p/abc"),
        ("/abc", "/abc"),
        ("p@1/abc", "p@1 /abc"),
        ("%gcc", "%gcc"),
        ("p ^b ^a", "p ^a ^b"),
        ("p % gcc", "p %gcc"),
        ("p %gcc@:8 +x", "p %gcc@:8+x"),
        ("p ^b+y %c@2 x=1 %d ^e", "p ^b+y %c@2 x=1 %d ^e"),
        ("p ^b %c %d", "p ^b %c %d"),
        ("p %b ^c %d", "p %b ^c %d"),
        ("p %c , cxx=gcc@13", "p %c,cxx=gcc@13"),
        ("p %[virtuals=cxx virtuals=c] gcc", "p %c,cxx=gcc"),
        ("p %[deptypes=run,build]gcc", "p %[deptypes=run,build] gcc"),
        ("p %[deptypes=all] gcc", "p %[deptypes=link,run,build,test] gcc"),
        ("p %[ when='+x ^q' virtuals=c ] gcc", 'p %[virtuals=c when="+x ^q"] gcc'),
        ("p %[when=''] gcc", "p %gcc"),
        ("p ^[virtuals=mpi] openmpi", "p ^mpi=openmpi"),
        ("p ^[deptypes=link] mpi=openmpi", "p ^[virtuals=mpi deptypes=link] openmpi"),
        ("p %%gcc", "p %%gcc"),
        ("p %%c=gcc", "p %%c=gcc"),
        ("p %clang", "p %llvm"),
        ("p %oneapi %fortran=intel", "p %intel-oneapi-compilers %fortran=intel-oneapi-compilers-classic"),
        ("p ^clang", "p ^clang"),
        ("clang", "clang"),
        ("p %x=q y=1", "p %x=q y=1"),
        ("^*@1.2", "^*@1.2"),
        ("^@1.2", "^*@1.2"),
        ("^* x=1", "^* x=1"),
        ("^*+x", "^*+x"),
        ("p ^*", "p ^*"),
        ("p %gcc ^gcc", "p %gcc"),
        ("p %c=gcc %cxx=gcc@12", "p %c,cxx=gcc@12"),
        ("p\n +x\t%gcc", "p+x %gcc"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    spec = parse_spec(text)
    assert str(spec) == normal
    assert parse_spec(normal) == spec


def test_structure() -> None:
    spec = parse_spec("ns.p@1.2+x v=a cflags=-g os=debian12 /abc %[when=+x] gcc ^mpi=openmpi %cuda")
    assert spec == Spec(
        name="p",
        namespace="ns",
        version_text="1.2",
        variants=(VariantConstraint("v", ("a",)), VariantConstraint("x", ("true",))),
        flags=(FlagConstraint("cflags", ("-g",)),),
        os="debian12",
        hash="abc",
        edges=(
            EdgeConstraint(Spec(name="gcc"), direct=True, when=Spec(variants=(VariantConstraint("x", ("true",)),))),
            EdgeConstraint(
                Spec(name="openmpi", edges=(EdgeConstraint(Spec(name="cuda"), direct=True),)), virtuals=("mpi",)
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("", []),
        ("a b", ["a", "b"]),
        ("a+x b", ["a+x", "b"]),
        ("a +x b ^c d", ["a+x", "b ^c", "d"]),
        ("/abc /def", ["/abc", "/def"]),
        ("a/abc/def", ["a/abc", "/def"]),
        ("a@1.2: b", ["a@1.2:", "b"]),
        ("a x=1 y=2 b", ["a x=1 y=2", "b"]),
        (" a\n b ", ["a", "b"]),
        ("a * +x", ["a", "+x"]),
    ],
)
def test_several_specs(text: str, texts: list[str]) -> None:
    assert [str(spec) for spec in parse_specs(text)] == texts


def _failure(text: str) -> SpecParseError:
    with pytest.raises(SpecParseError) as caught:
        parse_spec(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "under", "message", "hint"),
    [
        ("a@1.2=", "1.2=", "not a version", "@=1.2"),
        ("a@=1.2=", "=1.2=", "not a version", "@=1.2"),
        ("a@1.2=x", "1.2=", "not a version", "blank"),
        ("a@1@2", "@", "version is given twice", "one list"),
        ("a@ +x", "+", "expected a version", "@1.2:1.4"),
        ("a@", "", "expected a version", ""),
        ("a@1,", "", "expected a version", ""),
        ("a@1.4:1.2", "1.4:1.2", "empty range", "1.2:1.4"),
        ("a@=1:2", "=", "exact version", "leave the '=' out"),
        ("a@1.2.", ".", "cannot end", "@1.2"),
        ("a@git.main=", "", "expected the version", "git.main=1.2"),
        ("a@_", "_", "not a version", ""),
        ("a+x~x", "~x", "'x' is given twice", ""),
        ("a %b+x ~x", "~x", "'x' is given twice", ""),
        ("a x=1 x=2", "x=2", "'x' is given twice", "x=a,b"),
        ("a x=", "", "expected a value", "quotes"),
        ("a x= 1", " ", "expected a value", "blanks"),
        ("a x = 1", "x", "second spec", "no blanks around"),
        ("a x='1", "'", "not closed", ""),
        ("a x=1'2'", "'", "quote in the middle", "whole value"),
        ("a x=a,,b", "a,,b", "empty value", ""),
        ("a x=a,*", "a", "'*' stands for any", ""),
        ("a+x=1", "+x=", "no value", "x=value"),
        ("a+", "", "name of a variant", ""),
        ("a+xy+", "", "name of a variant", ""),
        ("a b", "b", "second spec", "'^'"),
        ("a!x", "!", "unexpected '!'", "~"),
        ("a >1.2", ">", "unexpected '>'", "@1.2:"),
        ("a (b)", "(", "unexpected '('", "parentheses"),
        ("a\x00", "\x00", "U+0000", ""),
        ("ä", "ä", "unexpected 'ä'", ""),
        ("=1", "=", "unexpected '='", "name=value"),
        ("a,b", ",", "unexpected ','", ""),
        ("a..b", ".", "a name ends", ""),
        ("a os=x os=y", "os=y", "'os' is given twice", ""),
        ("a arch=linux-x", "linux-x", "platform-os-target", "linux-debian12"),
        ("a arch=zen2 target=zen3", "target=zen3", "'target' is given twice", ""),
        ("a os:=x", ":=", "takes '='", ""),
        ("n.a namespace=m", "n", "namespace is given twice", ""),
        ("a %", "", "name of a package behind '%'", ""),
        ("a ^ ^b", "^", "name of a package behind '^'", ""),
        ("a %c=", "", "behind 'c='", "any provider"),
        ("a %[virtuals=c gcc", "g", "expected one of virtuals=", ""),
        ("a %[virtual=c] gcc", "virtual", "no property 'virtual'", "did you mean 'virtuals'"),
        ("a %[deptypes=built] gcc", "b", "not a dependency type", "build, link"),
        ("a %[deptypes=build deptypes=run] gcc", "deptypes", "given twice", ""),
        ("a %[when='+x", "'", "not closed", ""),
        ("a %[when='+x +x'] gcc", "+x", "'x' is given twice", ""),
        ("a %[when=+x", "", "expected ']'", "as in"),
        ("a %q@1 %q@2", "a %q@1 %q@2", "no version is in both", ""),
        ("a %c=gcc %c=llvm", "a %c=gcc %c=llvm", "either from", ""),
        ("a/", "", "beginning of a hash", "outcrop find"),
        ("./a.json", ".", "a file cannot be read", ""),
        ("a ./b.yaml", ".", "unexpected '.'", ""),
        ("/x/y.yaml", "/", "a file cannot be read", ""),
    ],
)
def test_errors_point_at_the_place(text: str, under: str, message: str, hint: str) -> None:
    error = _failure(text)
    assert message in error.message
    assert hint in (error.hint or "")
    shown, caret = error.details
    assert len(shown) == len(text)
    begin = caret.index("^")
    assert text[begin : begin + len(under)] == under
    assert caret.count("^") == max(1, len(under))
    if not under:
        assert begin == len(text)


FRAGMENTS = st.sampled_from(
    [
        *"@+~-/^%%=:,.*[]'\" \\",
        "  ",
        ":=",
        "==",
        "%%",
        "a",
        "b1",
        "1.2",
        "gcc",
        "x=",
        "v=a",
        "git.",
        "when=",
        "virtuals=c",
        "[deptypes=",
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.lists(FRAGMENTS, max_size=12).map("".join), st.text(max_size=8)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_specs(text)
    except SpecParseError as error:
        assert len(error.details) == 2
        assert 0 <= error.position <= len(text)
        return
    assert [parse_spec(str(spec)) for spec in found] == found


def test_errors_know_where_the_text_stands() -> None:
    place = Place("spack.yaml", 3)
    with pytest.raises(SpecParseError) as caught:
        parse_spec("a@", file=place)
    assert caught.value.place == place
    assert str(caught.value).startswith("spack.yaml:3: expected a version")
    with pytest.raises(SpecParseError):
        parse_specs("a b@", file=place)


def test_equal_texts_are_read_once() -> None:
    assert parse_spec("p+x ^q") is parse_spec("p+x ^q")
