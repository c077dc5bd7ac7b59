"""What compiler recipes say about packages that use them, for every version a compiler may have at once.

A recipe's ``runtime_constraints(spec=, pkg=)`` is written for one concrete compiler. The versions of external compilers
are not in the recipe, so it is called with a spec whose version is open: it prints as a placeholder, and every question
about it is answered both ways, a call for each combination of answers. What was asked on the way becomes the condition
of what was said. Of anything else than its version a compiler is taken to answer no.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from outcrop.package.specs.spec_api import Spec as ApiSpec
from outcrop.package.specs.spec_api import as_constraint
from outcrop.repo.errors import RecipeError
from outcrop.repo.model import Origin, RuntimeQuestion, RuntimeRule
from outcrop.spec import parse_spec
from outcrop.spec.graph import DEPENDENCY_TYPES

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase

PLACEHOLDER = "{version}"
_METHOD = "runtime_constraints"
_MOST_CALLS = 64

_Path = tuple[RuntimeQuestion, ...]


def runtime_rules(
    recipe: type[PackageBase], name: str, versions: Iterable[str], relative: Callable[[str], str]
) -> tuple[RuntimeRule, ...]:
    """The rules of a recipe, none for most.

    Where the method wants more of the version than can be left open, it is called for every declared version instead;
    other versions then have no rules.

    Args:
        recipe: the class.
        name: its package.
        versions: the declared versions.
        relative: a file as models name it.

    Raises:
        RecipeError: what the method says is no rule.
    """
    method = getattr(recipe, _METHOD, None)
    if method is None:
        return ()
    try:
        return _joined(list(_open_calls(method, name, relative)), everything=True)
    except RecipeError:
        raise
    except Exception:
        return _joined(list(_declared_calls(method, name, versions, relative)), everything=False)


def _open_calls(
    method: Callable[..., object], name: str, relative: Callable[[str], str]
) -> Iterator[tuple[_Path, list[RuntimeRule]]]:
    """Call the method once for each combination of answers."""
    waiting: list[tuple[bool, ...]] = [()]
    calls = 0
    while waiting:
        calls += 1
        if calls > _MOST_CALLS:
            raise ValueError(f"{name} asks too much")
        answers = waiting.pop()
        asked: list[RuntimeQuestion] = []

        def ask(
            relation: Literal["in", "<", "<="],
            text: str,
            answers: tuple[bool, ...] = answers,
            asked: list[RuntimeQuestion] = asked,
        ) -> bool:
            for question in asked:
                if (question.relation, question.text) == (relation, text):
                    return question.expected
            place = len(asked)
            if place >= len(answers):
                taken = tuple(question.expected for question in asked)
                waiting.append((*taken, False))
            answer = answers[place] if place < len(answers) else True
            asked.append(RuntimeQuestion(relation, text, answer))
            return answer

        recorder = _Recorder(relative)
        method(spec=_OpenSpec(name, _OpenVersion(ask)), pkg=recorder)
        yield tuple(asked), recorder.rules


def _declared_calls(
    method: Callable[..., object], name: str, versions: Iterable[str], relative: Callable[[str], str]
) -> Iterator[tuple[_Path, list[RuntimeRule]]]:
    for version in versions:
        recorder = _Recorder(relative)
        try:
            method(spec=ApiSpec(f"{name}@={version}"), pkg=recorder)
        except RecipeError:
            raise
        except Exception as error:
            raise RecipeError(f"{_METHOD}() of {name} fails for version {version}: {error!r}") from error
        yield (RuntimeQuestion("in", f"={version}", True),), recorder.rules


def _joined(calls: Sequence[tuple[_Path, list[RuntimeRule]]], *, everything: bool) -> tuple[RuntimeRule, ...]:
    """Each rule once, with the cases in which it was said; none if it always was and the calls were ``everything``."""
    cases: dict[RuntimeRule, list[_Path]] = {}
    for path, rules in calls:
        for rule in dict.fromkeys(rules):
            cases.setdefault(rule, []).append(path)
    return tuple(
        rule if everything and len(paths) == len(calls) else msgspec.structs.replace(rule, cases=tuple(paths))
        for rule, paths in cases.items()
    )


class _OpenVersion:
    """A version nobody knows yet: text with a placeholder, and both answers to every comparison."""

    def __init__(self, ask: Callable[[Literal["in", "<", "<="], str], bool]) -> None:
        self.ask = ask

    def __str__(self) -> str:
        return PLACEHOLDER

    def __format__(self, text: str) -> str:
        return format(PLACEHOLDER, text)

    def __lt__(self, other: object) -> bool:
        return self.ask("<", str(other))

    def __le__(self, other: object) -> bool:
        return self.ask("<=", str(other))

    def __gt__(self, other: object) -> bool:
        return not self.ask("<=", str(other))

    def __ge__(self, other: object) -> bool:
        return not self.ask("<", str(other))

    def __eq__(self, other: object) -> bool:
        return self.ask("in", f"={other}")

    def __ne__(self, other: object) -> bool:
        return not self.ask("in", f"={other}")

    __hash__ = object.__hash__

    def satisfies(self, other: object) -> bool:
        """Lies in a range or list?"""
        return self.ask("in", str(other))


class _OpenVersions:
    """The list with that one version."""

    def __str__(self) -> str:
        return f"={PLACEHOLDER}"

    def __format__(self, text: str) -> str:
        return format(str(self), text)


class _OpenSpec:
    """A compiler of that version, of which nothing else is known."""

    concrete = True

    def __init__(self, name: str, version: _OpenVersion) -> None:
        self.name = name
        self.version = version
        self.versions = _OpenVersions()

    def satisfies(self, other: object, deps: bool = True) -> bool:
        """Questions about versions get both answers, all others are answered with no."""
        wanted = as_constraint(cast("str", other))
        if wanted.name not in ("", self.name):
            return False
        rest = wanted.with_versions("").named("")
        if not rest.is_empty:
            return False
        return not wanted.version_text or self.version.ask("in", wanted.version_text)

    __contains__ = satisfies

    def __getitem__(self, name: str) -> _OpenSpec:
        if name == self.name:
            return self
        raise KeyError(f"{self.name} has no dependency {name}")

    def __str__(self) -> str:
        return f"{self.name}@={PLACEHOLDER}"


class _Recorder:
    """``pkg``: writes down what is said about which packages."""

    def __init__(self, relative: Callable[[str], str]) -> None:
        self.rules: list[RuntimeRule] = []
        self._relative = relative

    def __call__(self, name: str) -> _Subject:
        return _Subject(self, name)

    def add(
        self, kind: Literal["depends", "requires", "propagate"], package: str, spec: object, when: object, types: object
    ) -> None:
        """One rule, said two frames up."""
        frame = sys._getframe(2)
        origin = Origin(self._relative(frame.f_code.co_filename), frame.f_lineno)
        named = (types,) if isinstance(types, str) else tuple(cast("Iterable[str]", types))
        rule = RuntimeRule(
            kind=kind,
            package=package,
            spec=str(spec),
            when=str(when or ""),
            origin=origin,
            types=tuple(kind for kind in DEPENDENCY_TYPES if kind in named),
        )
        for text in (rule.spec, rule.when):
            try:
                parse_spec(text.replace(PLACEHOLDER, "1"))
            except Exception as error:
                raise RecipeError(f"{origin}: {text!r} is no spec: {error}") from error
        self.rules.append(rule)


class _Subject:
    """``pkg(name)``."""

    def __init__(self, recorder: _Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def depends_on(
        self,
        dependency: object,
        *,
        when: object = "",
        type: object = "link",  # noqa: A002 - the API's name
        description: str = "",
    ) -> None:
        """The package depends on something."""
        self._recorder.add("depends", self._name, dependency, when, type)

    def requires(self, impose: object, *, when: object = "") -> None:
        """The package fits something."""
        self._recorder.add("requires", self._name, impose, when, ())

    def propagate(self, constraint: object, *, when: object = "") -> None:
        """What the package links with was not made with another compiler than this."""
        self._recorder.add("propagate", self._name, constraint, when, ())
