"""``list`` and ``info``: what can be installed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

import click

from outcrop.base.errors import RequestError
from outcrop.cli.options import json_option, pass_session
from outcrop.cli.session import Session
from outcrop.repo.model import DependencyDecl, PackageModel, VariantDecl
from outcrop.spec import Spec


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("-r", "--repo", "namespace", metavar="NAMESPACE", help="Only this repository.")
@click.option("-v", "--virtuals", is_flag=True, help="Virtual packages instead.")
@json_option
@pass_session
def list_command(
    session: Session, patterns: tuple[str, ...], namespace: str | None, virtuals: bool, as_json: bool
) -> None:
    """List packages whose names fit a PATTERN (a part of the name, or with * and ?)."""
    repositories = session.context.repositories
    names: Iterable[str]
    if namespace is not None:
        names = [name for name in repositories.names() if repositories.exists(f"{namespace}.{name}")]
    else:
        names = repositories.virtuals() if virtuals else repositories.names()
    chosen = sorted(name for name in names if not patterns or any(_fits(name, pattern) for pattern in patterns))
    if as_json:
        session.output.json({"packages": chosen})
    else:
        for name in chosen:
            session.output.line(name)
        session.output.talk(f"{len(chosen)} {'virtual ' if virtuals else ''}package{'' if len(chosen) == 1 else 's'}")
    if patterns and not chosen:
        raise RequestError(f"no package fits {' '.join(patterns)}", hint="'outcrop list' lists all")


def _fits(name: str, pattern: str) -> bool:
    pattern = pattern.lower()
    return fnmatch.fnmatchcase(name, pattern) if any(char in pattern for char in "*?[") else pattern in name


@click.command("info")
@click.argument("name")
@json_option
@pass_session
def info_command(session: Session, name: str, as_json: bool) -> None:
    """Show a recipe: versions, variants, dependencies by type, what it provides."""
    repositories = session.context.repositories
    if not repositories.exists(name) and repositories.is_virtual(name):
        _virtual_info(session, name, as_json)
        return
    model = repositories.model(name)
    if as_json:
        session.output.json(_record(model))
        return
    for line in _lines(session, model):
        session.output.line(line)


def _virtual_info(session: Session, name: str, as_json: bool) -> None:
    providers = session.context.repositories.providers(name)
    if as_json:
        session.output.json({"virtual": name, "providers": sorted({provider for provider, _ in providers})})
        return
    session.output.line(f"{name} is virtual; it is provided by:")
    for provider, decl in providers:
        versions = ", ".join(str(virtual) for virtual in decl.virtuals if virtual.name == name)
        session.output.line(f"    {provider}: {versions}{_when(decl.when)}")


def _lines(session: Session, model: PackageModel) -> list[str]:
    paint = session.output.paint
    lines = [f"{paint(model.name, 'bold')}  ({model.fullname}, {model.file}:{model.line})"]
    if model.description:
        lines += ["", *(f"    {line}" for line in model.description.splitlines())]
    facts = {
        "Homepage": model.homepage,
        "Maintainers": ", ".join(model.maintainers),
        "Tags": ", ".join(model.tags),
        "Licence": ", ".join(f"{each.expression}{_when(each.when)}" for each in model.licenses),
    }
    lines += ["", *(f"{what}: {value}" for what, value in facts.items() if value)]
    lines += ["", paint("Versions, best first:", "blue")]
    for version in model.versions:
        notes = [
            word for word, holds in (("preferred", version.preferred), ("deprecated", version.deprecated)) if holds
        ]
        lines.append(f"    {version.version}" + (f"  ({', '.join(notes)})" if notes else ""))
    if not model.versions:
        lines.append("    none: it can only be an external")
    if model.variants:
        lines += ["", paint("Variants:", "blue")]
        for variant in model.variants:
            lines += _variant_lines(variant)
    for kind in ("build", "link", "run", "test"):
        found = [each for each in model.dependencies if kind in each.types]
        if found:
            lines += ["", paint(f"Dependencies ({kind}):", "blue")]
            lines += [f"    {each.spec}{_when(each.when)}" for each in _unique(found)]
    if model.provides:
        lines += ["", paint("Provides:", "blue")]
        for provide in model.provides:
            lines.append(f"    {', '.join(str(virtual) for virtual in provide.virtuals)}{_when(provide.when)}")
    if model.extends:
        lines += ["", "Extends: " + ", ".join(f"{each.name}{_when(each.when)}" for each in model.extends)]
    return lines


def _unique(found: Sequence[DependencyDecl]) -> list[DependencyDecl]:
    by_text = {(str(each.spec), str(each.when)): each for each in found}
    return [by_text[key] for key in sorted(by_text)]


def _variant_lines(variant: VariantDecl) -> list[str]:
    values = "true, false" if variant.kind == "bool" else ", ".join(value.value for value in variant.values)
    if variant.open:
        values = f"{values}, or any other" if values else "any"
    several = ", several at once" if variant.kind == "multi" else ""
    lines = [f"    {variant.name} [{','.join(variant.default)}]  ({values}{several}){_when(variant.when)}"]
    if variant.description:
        lines.append(f"        {variant.description}")
    return lines


def _when(when: Spec) -> str:
    return "" if when == Spec() else f"  when {when}"


def _record(model: PackageModel) -> dict[str, object]:
    return {
        "name": model.name,
        "namespace": model.namespace,
        "file": model.file,
        "line": model.line,
        "description": model.description,
        "homepage": model.homepage,
        "tags": list(model.tags),
        "maintainers": list(model.maintainers),
        "licenses": [{"license": each.expression, "when": str(each.when)} for each in model.licenses],
        "versions": [
            {"version": each.version, "preferred": each.preferred, "deprecated": each.deprecated, **each.fetch}
            for each in model.versions
        ],
        "variants": [
            {
                "name": each.name,
                "kind": each.kind,
                "default": list(each.default),
                "values": [value.value for value in each.values],
                "open": each.open,
                "description": each.description,
                "when": str(each.when),
            }
            for each in model.variants
        ],
        "dependencies": [
            {"spec": str(each.spec), "types": list(each.types), "when": str(each.when)} for each in model.dependencies
        ],
        "provides": [
            {"virtuals": [str(virtual) for virtual in each.virtuals], "when": str(each.when)} for each in model.provides
        ],
        "extends": [{"name": each.name, "when": str(each.when)} for each in model.extends],
    }
