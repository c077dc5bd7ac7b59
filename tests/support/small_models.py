"""Recipe models written as short text, and a model source over them.

    package hdf5
      version 1.14
      version 1.10 deprecated
      variant mpi true                          boolean, default true
      variant api v1 of v1,v2,v3 when @1.12:    one value
      variant langs c of c,cxx multi            several values
      variant arch none open                    any value
      depends zlib@1.2: type=link when +mpi
      depends mpi@3: type=build,link
      conflicts +mpi when @1.10 because "no"
      requires one_of +mpi | api=v1 when @1.14
      provides hdf@1,hl when @1.14:
      extends python
      tag build-tools
      external-only

A ``when`` runs to the end of the line (or to ``because``). Values may be guarded: ``of a,b[@2:],c``. Lines are
numbered, so origins are real.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from outcrop.base.errors import RequestError
from outcrop.repo.model import (
    ConflictDecl,
    DependencyDecl,
    ExtendDecl,
    Origin,
    PackageModel,
    ProvideDecl,
    RequirementDecl,
    VariantDecl,
    VariantValue,
    VersionDecl,
)
from outcrop.spec import Spec, make_version, parse_spec
from outcrop.spec.graph import DependencyType


class SmallModels:
    """A model source over a dictionary; ``loaded`` are the names that were asked for."""

    def __init__(self, models: Mapping[str, PackageModel]) -> None:
        self.models = dict(models)
        self.loaded: list[str] = []
        self._offers: dict[str, list[tuple[str, ProvideDecl]]] | None = None

    def model(self, name: str) -> PackageModel:
        name = name.rpartition(".")[2]
        self.loaded.append(name)
        if name not in self.models:
            raise RequestError(f"there is no recipe for {name}", code="unknown-package")
        return self.models[name]

    def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
        if self._offers is None:
            self._offers = {}
            for model in self.models.values():
                for declaration in model.provides:
                    for name in dict.fromkeys(spec.name for spec in declaration.virtuals):
                        self._offers.setdefault(name, []).append((model.name, declaration))
        return self._offers.get(virtual, [])

    def is_virtual(self, name: str) -> bool:
        return bool(self.providers(name))

    def is_tool(self, name: str) -> bool:
        model = self.models.get(name)
        if model is None or name in ("python", "python-venv"):
            return model is not None
        return "build-tools" in model.tags or any(extend.name == "python" for extend in model.extends)


def small_models(text: str) -> SmallModels:
    """Read the text form."""
    models: dict[str, PackageModel] = {}
    name = ""
    parts: dict[str, list[object]] = {}
    start = 0

    def finish() -> None:
        if name:
            models[name] = _model(name, start, parts)

    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].strip()
        if not words:
            continue
        kind, _, rest = words.partition(" ")
        if kind == "package":
            finish()
            name, parts, start = rest.strip(), {}, number
        else:
            parts.setdefault(kind, []).append(_directive(kind, rest.strip(), Origin(f"small/{name}.py", number)))
    finish()
    return SmallModels(models)


def preferred_order(versions: Sequence[VersionDecl]) -> list[VersionDecl]:
    """Best first, as the recipe room orders them."""

    def key(decl: VersionDecl) -> tuple[bool, bool, bool, bool]:
        version = make_version(decl.version)
        return (decl.preferred, not decl.deprecated, not version.isdevelop(), not version.is_prerelease)

    ordered = sorted(versions, key=lambda decl: make_version(decl.version), reverse=True)
    return sorted(ordered, key=key, reverse=True)


def _model(name: str, line: int, parts: dict[str, list[object]]) -> PackageModel:
    depends = cast(list[DependencyDecl], parts.get("depends", []))
    extends = cast(list[ExtendDecl], parts.get("extends", []))
    implied = [
        DependencyDecl(spec=Spec(name=extend.name), origin=extend.origin, types=extend.types, when=extend.when)
        for extend in extends
    ]
    return PackageModel(
        name=name,
        namespace="small",
        class_name=name.title(),
        file=f"small/{name}.py",
        line=line,
        versions=tuple(preferred_order(cast(list[VersionDecl], parts.get("version", [])))),
        variants=tuple(cast(list[VariantDecl], parts.get("variant", []))),
        dependencies=(*depends, *implied),
        conflicts=tuple(cast(list[ConflictDecl], parts.get("conflicts", []))),
        requirements=tuple(cast(list[RequirementDecl], parts.get("requires", []))),
        provides=tuple(cast(list[ProvideDecl], parts.get("provides", []))),
        extends=tuple(extends),
        tags=tuple(cast(list[str], parts.get("tag", []))),
        buildable="external-only" not in parts,
    )


def _directive(kind: str, text: str, origin: Origin) -> object:
    text, _, message = text.partition(" because ")
    rest, _, condition = f" {text}".partition(" when ")
    when = parse_spec(condition.strip()) if condition.strip() else Spec()
    rest, message = rest.strip(), message.strip().strip('"')
    if kind == "version":
        version, *flags = rest.split()
        return VersionDecl(
            version=version, origin=origin, preferred="preferred" in flags, deprecated="deprecated" in flags
        )
    if kind == "variant":
        return _variant(rest, when, origin)
    if kind in ("depends", "extends"):
        spec, types = _typed(rest)
        if kind == "extends":
            return ExtendDecl(name=spec, origin=origin, types=types or ("run", "build"), when=when)
        return DependencyDecl(spec=parse_spec(spec), origin=origin, types=types or ("link", "build"), when=when)
    if kind == "conflicts":
        return ConflictDecl(spec=parse_spec(rest), origin=origin, when=when, message=message)
    if kind == "requires":
        policy, _, specs = rest.partition(" ")
        return RequirementDecl(
            specs=tuple(parse_spec(spec.strip()) for spec in specs.split("|")),
            origin=origin,
            policy=policy,
            when=when,
            message=message,
        )
    if kind == "provides":
        return ProvideDecl(virtuals=tuple(parse_spec(spec) for spec in rest.split(",")), origin=origin, when=when)
    if kind == "external-only":
        return True
    if kind == "tag":
        return rest
    raise ValueError(f"unknown directive {kind}")


def _typed(rest: str) -> tuple[str, tuple[DependencyType, ...]]:
    found = re.search(r"(?:^|\s)type=(\S+)", rest)
    if not found:
        return rest, ()
    kinds = found.group(1).split(",")
    return rest.replace(found.group(0), "").strip(), msgspec.convert(kinds, tuple[DependencyType, ...])


def _variant(rest: str, when: Spec, origin: Origin) -> VariantDecl:
    name, default, *more = rest.split()
    values: list[VariantValue] = []
    if more and more[0] == "of":
        for item in re.split(r",(?![^\[]*\])", more[1]):
            found = re.fullmatch(r"([^\[]+)(?:\[(.*)\])?", item)
            if found is None:
                raise ValueError(item)
            guard = parse_spec(found.group(2).replace("_", " ")) if found.group(2) else None
            values.append(VariantValue(value=found.group(1), when=guard))
    kind = "multi" if "multi" in more else "single"
    if default in ("true", "false") and not values:
        kind = "bool"
    return VariantDecl(
        name=name,
        kind=kind,
        origin=origin,
        default=tuple(sorted(default.split(","))),
        values=tuple(values),
        open="open" in more,
        sticky="sticky" in more,
        when=when,
    )
