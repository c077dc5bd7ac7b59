"""What compiler recipes say about packages that use them, as the solver needs it: rules for the versions there are.

Read from the recipes of everything that may provide a language, whether or not it is in the graph: rules are data of
the problem, so it does not matter when a compiler is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from outcrop.repo.model import DependencyDecl, PackageModel, RuntimeQuestion, RuntimeRule
from outcrop.solve.encoding import Encoding
from outcrop.spec import Spec, Version, make_version, parse_spec, parse_versions

WRAPPER = "compiler-wrapper"
LIBC = "libc"
TAG = "runtime"
"""Packages that are injected have it; nothing is injected into them."""

_PLACEHOLDER = "{version}"
_SAME = f"@={_PLACEHOLDER}"


def compiler_rules(encoding: Encoding) -> dict[str, tuple[RuntimeRule, ...]]:
    """Compiler -> its rules, by name; compilers without rules are left out."""
    if encoding.compilers is None:
        found = {}
        for name in sorted(encoding.compiler_names):
            recipe = encoding.load(name)
            if isinstance(recipe, PackageModel) and recipe.runtimes:
                found[name] = recipe.runtimes
        encoding.compilers = found
    return encoding.compilers


def followed_compilers(encoding: Encoding, model: PackageModel) -> list[str]:
    """The compilers whose versions a runtime has: those that require of it to be of theirs. A recipe that declares
    versions has these only.
    """
    if model.versions or TAG not in model.tags:
        return []
    return [
        compiler
        for compiler, rules in compiler_rules(encoding).items()
        if any(rule.kind == "requires" and rule.package == model.name and rule.spec == _SAME for rule in rules)
    ]


def has_recipe(encoding: Encoding, name: str) -> bool:
    """Whether there is a recipe of that name. Remembered."""
    found = encoding.recipes.get(name)
    if found is None:
        found = encoding.recipes[name] = isinstance(encoding.load(name), PackageModel)
    return found


def libraries_at_hand(encoding: Encoding) -> list[str]:
    """The C libraries of this machine for which there are recipes."""
    return [name for name in encoding.providers(LIBC) if name in encoding.externals]


def at_hand(encoding: Encoding, name: str, virtual: str) -> bool:
    """Whether a provider of a virtual is there already, outside the store.

    A C library provides more than itself (iconv), but being there is no reason to take that from it: it always is.
    """
    return name in encoding.externals and (virtual == LIBC or name not in encoding.providers(LIBC))


def in_force(rule: RuntimeRule, version: Version) -> bool:
    """Whether a rule is one of this version of the compiler."""
    return not rule.cases or any(all(_answer(item, version) == item.expected for item in case) for case in rule.cases)


def _answer(question: RuntimeQuestion, version: Version) -> bool:
    if question.relation == "in":
        return parse_versions(question.text).includes(version)
    other = make_version(question.text)
    return version < other or (question.relation == "<=" and version == other)


def spec_at(text: str, version: Version) -> Spec:
    """The text of a rule, for one version of the compiler."""
    return parse_spec(text.replace(_PLACEHOLDER, str(version)))


class Instance(msgspec.Struct, frozen=True):
    """A dependency rule for some versions of a compiler at once.

    ``relation``, where it is not empty, is the text of what is asked of the dependency beyond ``spec``, for every
    version of the compiler something else.
    """

    when: Spec
    spec: Spec
    relation: str = ""


class GivenLine(msgspec.Struct, frozen=True):
    """A dependency line on ``target`` that a compiler's recipe gives to packages which use it for ``languages``;
    ``plain`` where it asks nothing more of them.
    """

    compiler: str
    rule: RuntimeRule
    instance: Instance
    target: str
    languages: frozenset[str]
    line: DependencyDecl
    plain: bool


def instances(rule: RuntimeRule, compiler: str, versions: Sequence[Version], *, virtual: bool) -> Iterator[Instance]:
    """A rule in as few instances as possible: one, where it speaks of its version as the recipes do.

    Args:
        rule: what is said.
        compiler: by whose recipe.
        versions: those the compiler may have.
        virtual: whether the dependency is one.
    """
    fitting = [version for version in versions if in_force(rule, version)]
    if not fitting:
        return
    when = _without_version(rule.when, compiler, fitting if len(fitting) < len(versions) else ())
    open_spec = _PLACEHOLDER in rule.spec
    plain = spec_at(rule.spec, fitting[0])
    only_version = not virtual and plain.with_versions("") == Spec(name=plain.name)
    if when is None or (open_spec and not only_version):
        for version in fitting:
            yield Instance(spec_at(rule.when, version), spec_at(rule.spec, version))
    elif open_spec:
        yield Instance(when, Spec(name=plain.name), rule.spec)
    else:
        yield Instance(when, plain)


def _without_version(text: str, compiler: str, versions: Sequence[Version]) -> Spec | None:
    """``%compiler@={version}`` with those versions, or with none if there are none; ``None`` for other texts."""
    marked = make_version("0")
    spec = spec_at(text, marked)
    edges = spec.edges
    if len(edges) != 1 or edges[0].spec != Spec(name=compiler, version_text=f"={marked}"):
        return None
    if text.count(_PLACEHOLDER) != 1 or not spec.without_edges().is_empty or edges[0].when is not None:
        return None
    wanted = Spec(name=compiler).with_versions(",".join(f"={version}" for version in versions))
    return Spec().with_edges([msgspec.structs.replace(edges[0], spec=wanted)])
