# ruff: noqa: F811 - versions of a method share their name
# mypy: disable-error-code="no-redef, prop-decorator"
from __future__ import annotations

import functools
from typing import Any

import pytest

from outcrop.package import Package, PackageBase, run_after, when
from outcrop.package.errors import NoMatchingMethodError
from support.api_world import Described, make_world


def package(cls: type[PackageBase], version: str = "1.0", **variants: bool) -> Any:
    return make_world("x", {"x": Described(version=version, variants=variants)}, {"x": cls})["x"].package


class Base(Package):
    def plain(self) -> str:
        return "base"

    def chosen(self) -> str:
        return "base default"

    @when("@3:")
    def chosen(self) -> str:
        return "base @3"


class Derived(Base):
    @when("@1")
    def chosen(self) -> str:
        return "derived @1"

    @when("@2: +x")
    def chosen(self) -> str:
        return "derived @2+x"

    @when("@2:")
    def plain(self) -> str:
        return "derived"


@pytest.mark.parametrize(
    ("version", "x", "expected"),
    [
        ("1.0", False, "derived @1"),
        ("2.0", True, "derived @2+x"),
        ("2.0", False, "base default"),
        ("3.0", False, "base @3"),
        ("3.0", True, "derived @2+x"),
    ],
)
def test_the_first_that_fits_then_the_next_class(version: str, x: bool, expected: str) -> None:
    assert package(Derived, version, x=x).chosen() == expected


def test_a_plain_method_of_a_base_stands_behind() -> None:
    assert package(Derived, "1.0").plain() == "base"
    assert package(Derived, "2.0").plain() == "derived"


def test_the_first_in_source_order_wins() -> None:
    class Sample(Package):
        @when("@1:")
        def f(self) -> int:
            return 1

        @when("@2:")
        def f(self) -> int:
            return 2

    assert package(Sample, "2.0").f() == 1


def test_a_plain_def_after_them_replaces_all() -> None:
    class Sample(Package):
        @when("@1:")
        def f(self) -> int:
            return 1

        def f(self) -> int:
            return 2

    assert package(Sample).f() == 2


def test_bools() -> None:
    class Sample(Package):
        @when(False)
        def f(self) -> int:
            return 1

        @when(True)
        def f(self) -> int:
            return 2

    assert package(Sample).f() == 2


def test_nothing_fits() -> None:
    class Sample(Package):
        @when("@9:")
        def f(self) -> None:
            """Never."""

    with pytest.raises(NoMatchingMethodError, match=r"f\(\) has no version") as caught:
        package(Sample).f()
    assert "@9:" in str(caught.value.long_message)


def test_it_behaves_like_a_method() -> None:
    class Sample(Package):
        @when("@1:")
        def f(self, a: int, *, b: int) -> int:
            """Doc."""
            return a + b

    subject = package(Sample)
    bound = subject.f
    assert functools.wraps(bound)(lambda: None).__doc__ == "Doc."
    assert getattr(subject, "f")(1, b=2) == 3  # noqa: B009
    assert Sample.f(subject, 2, b=2) == 4
    assert bound.__name__ == "f"


def test_properties_either_way_around() -> None:
    class Before(Package):
        @property
        def p(self) -> str:
            return "base"

    class Sample(Before):
        @property
        @when("+x")
        def p(self) -> str:
            return "x"

        @when("@5:")
        @property
        def q(self) -> str:
            return "five"

    assert package(Sample, x=True).p == "x"
    assert package(Sample, x=False).p == "base"
    assert package(Sample, "5.0").q == "five"


def test_dispatch_between_mixins_follows_the_resolution_order() -> None:
    class Other(Package):
        def f(self) -> str:
            return "other"

    class Mixin(PackageBase):
        @when("+x")
        def f(self) -> str:
            return "mixin"

    class Sample(Mixin, Other):
        pass

    assert package(Sample, x=True).f() == "mixin"
    assert package(Sample, x=False).f() == "other"


def test_when_above_a_callback_does_not_guard_the_callback() -> None:
    class Sample(Package):
        @when("@9:")
        @run_after("install")
        def f(self) -> str:
            return "ran"

    (callback, *_) = Sample.phase_callbacks
    assert callback.function(package(Sample)) == "ran"
