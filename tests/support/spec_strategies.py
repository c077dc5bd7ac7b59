"""Hypothesis strategies for versions, version lists and specs."""

from __future__ import annotations

from hypothesis import strategies as st

from outcrop.spec import (
    EdgeConstraint,
    FlagConstraint,
    Spec,
    UnsatisfiableSpecError,
    VariantConstraint,
    Version,
    VersionError,
    VersionList,
    VersionRange,
    make_version,
)
from outcrop.spec.graph import DependencyType

_NUMBERS = st.integers(0, 4).map(str)
_WORDS = st.sampled_from(["a", "b", "z", "Z", "zz", "p", "foo", "dev", "pre", "A"])
_INFINITE = st.sampled_from(["develop", "main", "master", "stable"])
_STAGES = st.sampled_from(["", "", "", "alpha", "beta", "rc", "rc1", "rc2", "alpha0"])
_COMPONENTS = st.one_of(_NUMBERS, _NUMBERS, _NUMBERS, _WORDS, _INFINITE)


@st.composite
def version_texts(draw: st.DrawFn) -> str:
    """Few components from a small alphabet, so that versions meet."""
    parts = draw(st.lists(_COMPONENTS, min_size=1, max_size=3))
    separator = draw(st.sampled_from([".", ".", "-", "_"]))
    return separator.join(parts) + (
        f"{draw(st.sampled_from(['', '-', '.']))}{stage}" if (stage := draw(_STAGES)) else ""
    )


def versions() -> st.SearchStrategy[Version]:
    """Plain versions."""
    return version_texts().map(make_version)


def git_versions() -> st.SearchStrategy[Version]:
    """Git revisions with and without a version."""
    refs = st.sampled_from(["git.main", "git.a/b", "0" * 40])
    return st.one_of(refs, st.builds(lambda ref, text: f"{ref}={text}", refs, version_texts())).map(make_version)


@st.composite
def ranges(draw: st.DrawFn) -> VersionRange:
    """Ranges with up to two ends, never empty."""
    low = draw(st.none() | versions())
    high = draw(st.none() | versions())
    try:
        return VersionRange(low, high)
    except VersionError:
        return VersionRange(high, low)


def version_lists(*, git: bool = False) -> st.SearchStrategy[VersionList]:
    """Lists of a few ranges and versions; of git revisions only those with a version, for which the algebra holds."""
    assigned = git_versions().filter(lambda version: "=" in str(version))
    items = st.one_of(ranges(), versions(), assigned) if git else st.one_of(ranges(), versions())
    return st.lists(items, min_size=1, max_size=3).map(VersionList)


_VERSION_TEXTS = (
    "",
    "",
    "",
    "1",
    "1.2",
    "=1.2",
    "1.2:",
    ":1.4",
    "1.2:1.4,1.6",
    "=1.2rc1",
    ":develop",
    "=main,2",
    "git.a/b=1.2",
    "git.a/b,2:",
)
_VALUES = (
    ("a",),
    ("b",),
    ("a", "b"),
    ("b", "c"),
    ("d e",),
    ("true", "x"),
    ('q"u', "s'o"),
    ("w\\",),
    ("=b%^+/", "1.2"),
)
_VARIANTS = [
    *[VariantConstraint.boolean("x", value, propagate=value) for value in (True, False)],
    *[VariantConstraint.make("y", values, exact=exact) for values in _VALUES for exact in (True, False)],
    VariantConstraint.make("x", ["*"], propagate=True),
    VariantConstraint.make("y", ["*"]),
    VariantConstraint.make("y", ["True"]),
    VariantConstraint.make("x", ["a"], propagate=True),
    VariantConstraint.make("patches", ["abc"]),
    VariantConstraint.make("patches", ["abcdef", "123"]),
]
_WORDS_OF_FLAGS = (
    ("-g",),
    ("-O2", "-g"),
    ("-isystem", "/x"),
    ("-isystem", "/y", "-g"),
    ("@file",),
    ('-DA="b"', "-Wl,-z"),
)
_FLAGS = [FlagConstraint(name, words, words == ("-g",)) for name in ("cflags", "ldlibs") for words in _WORDS_OF_FLAGS]
_TARGETS = (
    "",
    "",
    "",
    "zen2",
    "x86_64",
    "x86_64:",
    ":x86_64",
    ":zen3",
    "nehalem:skylake",
    "aarch64:",
    "zen2,icelake",
    "odd",
)
_TYPES: tuple[tuple[DependencyType, ...], ...] = ((), (), (), ("build",), ("link", "run"), ("test",))
_VIRTUALS = ((), (), ("mpi",), ("c",), ("c", "cxx"))


def nodes(names: tuple[str, ...] = ("", "p", "q-2")) -> st.SearchStrategy[Spec]:
    """Specs without edges."""
    return st.builds(
        lambda name, versions, variants, flags, place, target, start: Spec.make(
            name,
            versions=versions,
            variants={variant.name: variant for variant in variants}.values(),
            flags=flags,
            namespace=place[0],
            platform=place[1],
            os=place[2],
            target=target,
            hash=start,
        ),
        st.sampled_from(names),
        st.sampled_from(_VERSION_TEXTS),
        st.lists(st.sampled_from(_VARIANTS), max_size=2),
        st.lists(st.sampled_from(_FLAGS), max_size=1),
        st.sampled_from(
            [("", "", ""), ("", "", ""), ("ns", "", ""), ("a.b", "linux", "rhel9"), ("", "linux", "debian12")]
        ),
        st.sampled_from(_TARGETS),
        st.sampled_from(["", "", "abc", "abcdef"]),
    )


_BELOW = nodes(names=("q", "r", "gcc"))
_CONDITIONS = st.sampled_from(
    [None, None, Spec.make(variants=_VARIANTS[:1]), Spec.make("", versions="1.2:", os="rhel9")]
)


def _edges(targets: st.SearchStrategy[Spec], directness: tuple[bool, ...]) -> st.SearchStrategy[EdgeConstraint]:
    return st.builds(
        lambda spec, direct, virtuals, types, when, propagate: EdgeConstraint.make(
            spec, direct=direct, virtuals=virtuals, types=types, when=when, propagate=propagate and direct
        ),
        targets,
        st.sampled_from(directness),
        st.sampled_from(_VIRTUALS),
        st.sampled_from(_TYPES),
        _CONDITIONS,
        st.booleans(),
    )


def _with_edges(spec: Spec, edges: list[EdgeConstraint]) -> Spec:
    try:
        return spec.with_edges(edges)
    except UnsatisfiableSpecError:
        return spec


_DIRECT = _edges(_BELOW, (True,))
_TRANSITIVE = _edges(st.one_of(_BELOW, st.builds(_with_edges, _BELOW, st.lists(_DIRECT, max_size=1))), (False,))


def specs(names: tuple[str, ...] = ("", "p", "q-2")) -> st.SearchStrategy[Spec]:
    """Specs with up to two dependencies, as texts can express them: below a transitive one there may be direct ones."""
    return st.builds(_with_edges, nodes(names), st.lists(st.one_of(_DIRECT, _TRANSITIVE), max_size=2))
