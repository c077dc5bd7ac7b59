"""The part of the independent check that is about compilers: the dependencies that nobody's recipe lines name but what
compiles needs (wrapper, runtime libraries, C library), and targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import OutcropError
from outcrop.repo.model import DependencyDecl, Origin, PackageModel, RuntimeRule
from outcrop.spec import Spec, make_version, parse_spec, parse_versions

if TYPE_CHECKING:
    from support.verify_solution import Checker

LANGUAGES = {"c", "cxx", "fortran"}
RUNTIME = "runtime"
_INJECTED = Origin("", 0)


def without_flags(spec: Spec) -> Spec:
    """Asking for flags gives them, to what is compiled; so they are nothing that must be fulfilled."""
    if not any(each.flags for each in spec.walk()):
        return spec
    edges = [msgspec.structs.replace(edge, spec=without_flags(edge.spec)) for edge in spec.edges]
    return msgspec.structs.replace(spec, flags=()).with_edges(edges)


def injected(checker: Checker, ident: str, languages: set[str]) -> Iterator[DependencyDecl]:
    """The dependency lines that come on top of a recipe's own, for a node that needs ``languages``."""
    name = checker.drafts[ident].node.name
    if not languages or RUNTIME in checker.model(ident).tags:
        return
    if name != "compiler-wrapper" and _model(checker, "compiler-wrapper") is not None:
        yield DependencyDecl(spec=Spec(name="compiler-wrapper"), origin=_INJECTED, types=("build",))
    at_hand = {choice.name for choice in checker.problem.externals}
    if any(provider in at_hand for provider, _ in checker.models.providers("libc")):
        yield DependencyDecl(spec=Spec(name="libc"), origin=_INJECTED, types=("link",))
    for compiler, rule in _rules_in_force(checker, ident):
        spec = _at(checker, rule.spec, compiler)
        if rule.kind == "depends" and rule.package in ("*", name) and spec.name != name:
            when = _at(checker, rule.when, compiler)
            if {virtual for edge in when.edges for virtual in edge.virtuals} <= languages and checker.fits(ident, when):
                yield DependencyDecl(spec=spec, origin=rule.origin, types=rule.types)


def follows_a_compiler(checker: Checker, ident: str) -> bool:
    """Whether the recipe leaves the version of this node to the compiler it comes with."""
    return RUNTIME in checker.model(ident).tags and not checker.model(ident).versions


def runtime_rules(checker: Checker, ident: str) -> Iterator[str]:
    """What compilers' recipes require of a node, and of what it links with."""
    name = checker.drafts[ident].node.name
    for compiler, rule in _rules_in_force(checker, ident):
        if not checker.fits(ident, _at(checker, rule.when, compiler)):
            continue
        spec = _at(checker, rule.spec, compiler)
        if rule.kind == "requires" and rule.package == name and not checker.fits(ident, spec):
            yield f"{ident}: {compiler} requires {spec} of it"
        if rule.kind == "propagate" and RUNTIME not in checker.model(ident).tags:
            for below in _linked(checker, ident):
                if checker.drafts[below].node.external is not None or RUNTIME in checker.model(below).tags:
                    continue
                for edge in checker.drafts[below].edges:
                    used = checker.drafts[edge.target].node
                    if "build" in edge.types and used.name == spec.name and not checker.fits(edge.target, spec):
                        yield f"{below} uses {edge.target}, but {ident}, which links to it, is made with {compiler}"


def targets(checker: Checker, ident: str) -> Iterator[str]:
    """One of the allowed targets, one the compiler makes, and all that is linked or run fits it."""
    problem, node = checker.problem, checker.drafts[ident].node
    facts = problem.target_facts.get(node.target)
    if problem.targets and node.target not in problem.targets:
        yield f"{ident}: {node.target} is no target to choose"
    for edge in checker.drafts[ident].edges:
        child = checker.drafts[edge.target].node
        if LANGUAGES & set(edge.virtuals) and facts is not None and child.name in facts.compilers:
            ranges = facts.compilers[child.name]
            if not any(parse_versions(text).includes(make_version(child.version)) for text in ranges):
                yield f"{ident}: {edge.target} makes no code for {node.target}"
        runs = bool({"link", "run"} & set(edge.types))
        host = problem.target_facts.get(problem.host_target or problem.target)
        here = (problem.host_target or problem.target, *(host.ancestors if host else ()))
        if not runs and child.external is None and host and child.target not in here:
            yield f"{ident} uses {edge.target}, which is for {child.target} and does not run here"
        if runs and child.external is None and facts and child.target not in (node.target, *facts.ancestors):
            yield f"{ident} is for {node.target}, {edge.target} for {child.target}"


def systems(checker: Checker, ident: str) -> Iterator[str]:
    """The machine's operating system, or one that somebody names; what is linked or run has one that fits."""
    problem, node = checker.problem, checker.drafts[ident].node
    said = [spec for request in problem.requests for spec in request.walk()]
    said += [spec for rules in problem.packages.values() for rule in rules.require for spec in rule.specs]
    if node.os != problem.os and not any(each.os == node.os for spec in said for each in spec.walk()):
        yield f"{ident}: nobody asks for the operating system {node.os}"
    known = {problem.os, *problem.os_compatible, *(name for names in problem.os_compatible.values() for name in names)}
    known |= {choice.os for choice in problem.externals} | {choice.node.os for choice in problem.installed}
    if node.os not in known:
        yield f"{ident}: nothing here knows of the operating system {node.os}"
    able = {node.os, *problem.os_compatible.get(node.os, ())}
    here = {problem.os, *problem.os_compatible.get(problem.os, ())}
    for edge in checker.drafts[ident].edges:
        child = checker.drafts[edge.target].node
        runs = bool({"link", "run"} & set(edge.types))
        if child.os not in (able if runs else able | here):
            yield f"{ident} is for {node.os}, {edge.target} for {child.os}"


def _linked(checker: Checker, ident: str) -> set[str]:
    found: set[str] = set()
    stack = [ident]
    while stack:
        for edge in checker.drafts[stack.pop()].edges:
            if "link" in edge.types and edge.target not in found:
                found.add(edge.target)
                stack.append(edge.target)
    return found


def _rules_in_force(checker: Checker, ident: str) -> Iterator[tuple[str, RuntimeRule]]:
    for edge in checker.drafts[ident].edges:
        version = make_version(checker.drafts[edge.target].node.version)
        for rule in checker.model(edge.target).runtimes:
            answers = [
                all(
                    item.expected
                    == (
                        parse_versions(item.text).includes(version)
                        if item.relation == "in"
                        else version < make_version(item.text)
                        or (item.relation == "<=" and version == make_version(item.text))
                    )
                    for item in case
                )
                for case in rule.cases
            ]
            if not answers or any(answers):
                yield edge.target, rule


def _at(checker: Checker, text: str, compiler: str) -> Spec:
    return parse_spec(text.replace("{version}", checker.drafts[compiler].node.version))


def _model(checker: Checker, name: str) -> PackageModel | None:
    try:
        return checker.models.model(name)
    except OutcropError:
        return None
