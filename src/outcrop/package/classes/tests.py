"""Tests that run within a build, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# Any: callbacks are found by name on a builder or package and have no common type.
from typing import TYPE_CHECKING, Any

from outcrop.package.errors import BuildTestError, SkipTest

if TYPE_CHECKING:
    from outcrop.package.builds.builder import BaseBuilder
    from outcrop.package.classes.base import PackageBase


@dataclass
class TestFailure:
    """A test that failed: its exception and a line about it."""

    error: BaseException
    message: str

    __test__ = False


@dataclass
class TestRecord:
    """Of one test or part: ``passed``, ``failed`` or ``skipped``, and why."""

    name: str
    outcome: str
    text: str = ""

    __test__ = False


@dataclass
class Tester:
    """Runs the test callbacks of one package and collects what happened, so that all failures are reported together."""

    pkg: PackageBase
    failures: list[TestFailure] = field(default_factory=list)
    records: list[TestRecord] = field(default_factory=list)
    fail_fast: bool = False

    def add_failure(self, error: BaseException, message: str) -> None:
        """Remember a failure."""
        self.failures.append(TestFailure(error, message))

    @property
    def test_failures(self) -> list[tuple[BaseException, str]]:
        """Failures as (exception, message)."""
        return [(failure.error, failure.message) for failure in self.failures]

    def status(self, name: str, outcome: str, text: str = "") -> None:
        """Remember how a test ended."""
        self.records.append(TestRecord(name, outcome, text))

    def phase_tests(self, builder: BaseBuilder, phase: str, names: Iterable[str]) -> None:
        """Run the methods called ``names`` of the builder or its package.

        A missing method is recorded, not an error.

        Raises:
            BuildTestError: some of them failed; after all have run, or at once with ``fail_fast``.
        """
        already = len(self.failures)
        for name in names:
            method = _find(builder, name)
            if method is None:
                self.status(name, "skipped", f"{self.pkg.name} has no method {name}")
                continue
            self._run(name, method)
            if self.fail_fast and len(self.failures) > already:
                break
        failed = self.failures[already:]
        if failed:
            raise BuildTestError(
                f"{len(failed)} of the tests after {phase} failed",
                "\n".join(failure.message for failure in failed),
                self.pkg,
            )

    def _run(self, name: str, method: Any) -> None:
        before = len(self.failures)
        try:
            method()
        except SkipTest as reason:
            self.status(name, "skipped", str(reason))
        except Exception as error:
            # Whatever a recipe's test raises is a failed test; the phase reports them all.
            self.add_failure(error, f"{name}: {error}")
            self.status(name, "failed", str(error))
        else:
            self.status(name, "passed" if len(self.failures) == before else "failed")


def _find(builder: BaseBuilder, name: str) -> Any:
    for subject in (builder, getattr(builder, "wrapped_package", None), builder.pkg):
        method = getattr(subject, name, None)
        if method is not None:
            return method
    return None


def execute_install_time_tests(builder: BaseBuilder) -> None:
    """Run the builder's ``install_time_test_callbacks`` if tests were asked for."""
    _execute(builder, "install", "install_time_test_callbacks")


def execute_build_time_tests(builder: BaseBuilder) -> None:
    """Run the builder's ``build_time_test_callbacks`` if tests were asked for."""
    _execute(builder, "build", "build_time_test_callbacks")


def _execute(builder: BaseBuilder, phase: str, attribute: str) -> None:
    names = getattr(builder, attribute, None)
    if builder.pkg.run_tests and names:
        builder.pkg.tester.phase_tests(builder, phase, names)
