"""How abstract specs relate: the table, further cases, and the laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec import Spec, UnsatisfiableSpecError, parse_spec
from support.spec_strategies import nodes, specs

TABLE = [
    ("p@1.2", "p@1:", True, True),
    ("p", "p+x", False, True),
    ("p+x", "p~x", False, False),
    ("p", "q", False, False),
    ("p+x", "+x", True, True),
    ("ns.p", "p", True, True),
    # Spack 0.23 tolerates a missing namespace here; then `satisfies` would not be transitive.
    ("p", "ns.p", False, True),
    ("p v=a,b", "p v=a", True, True),
    ("p v=a", "p v=a,b", False, True),
    ("p v=a", "p v=b", False, True),
    ("p v:=a", "p v=a", True, True),
    ("p v=a", "p v:=a", False, True),
    ("p v:=a,b", "p v:=a", False, False),
    ("p v=a", "p v=*", True, True),
    ("p", "p v=*", False, True),
    ("p ^q@1.2", "p ^q", True, True),
    ("p ^q", "p ^r", False, True),
    ("p %c=gcc", "p %gcc", True, True),
    ("p %gcc", "p %c=gcc", False, True),
    ("p %gcc", "p ^gcc", True, True),
    ("p ^gcc", "p %gcc", False, True),
    ("p target=zen2", "p target=x86_64:", True, True),
    ('p cflags="-O2 -g"', "p cflags=-g", True, True),
    ("p/abc", "p", True, True),
]

MORE = [
    ("p", "", True, True),
    ("", "p", False, True),
    ("+x", "p+x", False, True),
    ("p+x", "p x=true", True, True),
    ("p+x", "p x=a", False, False),
    ("p x=true,a", "p+x", False, False),
    ("p x=*", "p+x", False, True),
    ("p++x", "p+x", True, True),
    ("p+x", "p++x", True, True),
    ("p v:=a,b", "p v=c", False, False),
    ("p v:=a,b", "p v=b", True, True),
    ("p v:=a,b", "p v:=b,a", True, True),
    ("p patches=abcdef", "p patches=abc", True, True),
    ("p patches=abc", "p patches=abcdef", False, True),
    ("p os=debian12", "p os=rhel9", False, False),
    ("p os=debian12", "p os=debian12", True, True),
    ("p arch=linux-debian12-zen2", "p platform=linux target=zen2", True, True),
    ("p target=zen2", "p target=zen3", False, False),
    ("p target=x86_64:", "p target=zen2", False, True),
    ("p target=aarch64:", "p target=zen2", False, False),
    ("a.p", "b.p", False, False),
    ("p/abcdef", "p/abc", True, True),
    ("p/abc", "p/abcdef", False, True),
    ("p/abc", "p/abd", False, False),
    ("p ^q@1", "p ^q@2", False, False),
    ("p %q@1", "p %q@2", False, False),
    ("p %q@1", "p ^q@2", False, True),
    ("p %%gcc", "p %gcc", True, True),
    ("p ^mpi=openmpi", "p ^mpi", True, True),
    ("p ^mpi=openmpi", "p ^mpi@3:", False, True),
    ("p ^mpi=openmpi", "p ^openmpi", True, True),
    ("p ^openmpi", "p ^mpi", False, True),
    ("p %c=gcc", "p %c", True, True),
    ("p %c,cxx=gcc", "p %c=gcc", True, True),
    ("p %c=gcc", "p %c=llvm", False, False),
    ("p %c=gcc", "p %cxx=llvm", False, True),
    ("p ^mpi=openmpi", "p ^mpi=mpich", False, True),
    ("p %[deptypes=build,link] q", "p %[deptypes=build] q", True, True),
    ("p %q", "p %[deptypes=build] q", False, True),
    ("p %q", "p %[when=+x] q", True, True),
    ("p %[when=+x] q", "p %q", False, True),
    ("p+x %[when=+x] q", "p %q", True, True),
    ("p~x", "p %[when=+x] q", True, True),
    ("p %[when=+x] q", "p %[when='+x+y'] q", True, True),
    ("p %[when='+x+y'] q", "p %[when=+x] q", False, True),
    ("p %[when=+x] q@1", "p %[when=+x] q@2", False, True),
    ("p ^q %gcc@12", "p ^q %gcc", True, True),
    ("p ^q %gcc@12", "p ^q %gcc@13", False, False),
    ("p ^q %gcc", "p ^gcc", False, True),
    ("p ^*+x", "p ^*", True, True),
    ("p %q+x", "p %*+x", True, True),
    ("p@git.main=1.2", "p@1:", True, True),
    ("p@=1.2", "p@git.main=1.2", False, False),
]


@pytest.mark.parametrize(("left", "right", "satisfies", "intersects"), [*TABLE, *MORE])
def test_relations(left: str, right: str, satisfies: bool, intersects: bool) -> None:
    a, b = parse_spec(left), parse_spec(right)
    assert a.satisfies(b) is satisfies
    assert a.intersects(b) is intersects
    assert b.intersects(a) is intersects
    if intersects:
        both = a.constrain(b)
        assert both.satisfies(a)
        assert both.satisfies(b)
    else:
        with pytest.raises(UnsatisfiableSpecError):
            a.constrain(b)


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ("p@1:", "@:2", "p@1:2"),
        ("p+x", "~y", "p+x~y"),
        ("p v=a", "v=b", "p v=a,b"),
        ("p v:=a,b", "v=b", "p v:=a,b"),
        ("p v=*", "v=b", "p v=b"),
        ("p+x", "++x", "p++x"),
        ("p cflags=-g", "cflags='-O2 -g'", 'p cflags="-g -O2"'),
        ("p cflags='-isystem /a'", "cflags='-isystem /b'", 'p cflags="-isystem /a -isystem /b"'),
        ("p target=x86_64_v2:", "target=:skylake", "p target=x86_64_v2:skylake"),
        ("p os=debian12", "platform=linux", "p platform=linux os=debian12"),
        ("p/abc", "/abcd", "p/abcd"),
        ("ns.p", "p", "ns.p"),
        ("p ^q@1:", "^q@:2", "p ^q@1:2"),
        ("p ^gcc", "%gcc@12", "p %gcc@12"),
        ("p %c=gcc", "%cxx=gcc@12:", "p %c,cxx=gcc@12:"),
        ("p %gcc", "%%gcc", "p %%gcc"),
        ("p %[when=+x] q@1", "%[when=+x] q+y", "p %[when=+x] q@1+y"),
        ("p %[when=+x] q@1", "%[when=+x] q@2", "p %[when=+x] q@1 %[when=+x] q@2"),
        ("p %[when=+x] q", "%q", "p %q"),
        ("p ^mpi", "^mpi=openmpi", "p ^mpi=openmpi"),
        ("p ^q", "^q %gcc", "p ^q %gcc"),
        ("p", "", "p"),
        ("", "p", "p"),
    ],
)
def test_constrain(left: str, right: str, both: str) -> None:
    assert str(parse_spec(left).constrain(parse_spec(right))) == both


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("p@1", "p@2", "no version is in both @1 and @2"),
        ("p+x", "p~x", "+x against ~x"),
        ("p v:=a", "p v=b", "v:=a against v=b"),
        ("p", "q", "the names 'p' and 'q' differ"),
        ("p os=a", "p os=b", "os=a against os=b"),
        ("p target=zen2", "p target=zen3", "no target is in both target=zen2 and target=zen3"),
        ("p/abc", "p/d", "the hashes /abc and /d differ"),
        ("p ^q+x", "p ^q~x", "dependency 'q': +x against ~x"),
        ("p %c=gcc", "p %c=llvm", "'c' comes either from 'gcc' or from 'llvm'"),
    ],
)
def test_contradictions_name_both_sides(left: str, right: str, reason: str) -> None:
    with pytest.raises(UnsatisfiableSpecError) as caught:
        parse_spec(left).constrain(parse_spec(right))
    error = caught.value
    assert error.reason == reason
    assert str(error) == f"'{left}' and '{right}' cannot both hold: {reason}"
    assert (error.left, error.right) == (left, right)


@given(specs())
def test_satisfies_is_reflexive(spec: Spec) -> None:
    assert spec.satisfies(spec)
    assert spec.satisfies(Spec())
    assert spec.constrain(spec) == spec


@given(specs(names=("p",)), specs(names=("p",)))
def test_satisfies_implies_intersects(a: Spec, b: Spec) -> None:
    assert a.intersects(b) == b.intersects(a)
    if a.satisfies(b):
        assert a.intersects(b)


@given(specs(), specs(), specs())
def test_satisfies_is_transitive(a: Spec, b: Spec, c: Spec) -> None:
    if not a.intersects(b):
        return
    below = a.constrain(b)
    assert below.satisfies(b)
    if b.intersects(c):
        weaker = b
        stronger = b.constrain(c)
        assert stronger.satisfies(weaker)
        if below.intersects(stronger):
            least = below.constrain(stronger)
            assert least.satisfies(stronger)
            assert least.satisfies(weaker)
            assert least.satisfies(a)


@given(specs(), specs())
def test_constrain_satisfies_both_sides(a: Spec, b: Spec) -> None:
    try:
        both = a.constrain(b)
    except UnsatisfiableSpecError:
        assert not a.intersects(b)
        return
    assert a.intersects(b)
    assert both.satisfies(a)
    assert both.satisfies(b)
    assert parse_spec(str(both)) == both


@given(nodes(), nodes(), nodes())
def test_constrain_is_the_greatest_lower_bound_of_nodes(a: Spec, b: Spec, c: Spec) -> None:
    if c.satisfies(a) and c.satisfies(b):
        assert c.satisfies(a.constrain(b))
    if a.satisfies(b):
        both = a.constrain(b)
        assert both.satisfies(a)
        assert a.satisfies(both)


@given(nodes(("p",)), st.sampled_from(["@1", "+x", "~x", "x=a", "os=debian12", "target=zen2", "/abc", "cflags=-g"]))
def test_single_constraints(node: Spec, text: str) -> None:
    single = parse_spec(text)
    if node.intersects(single):
        assert node.constrain(single).satisfies(single)
    else:
        assert not node.satisfies(single)
