"""The externals a solve may use: those of the configuration, and for all other names those that PATH shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from outcrop.base.errors import InputError, Place, RequestError
from outcrop.config import ExternalEntry, PackageSection
from outcrop.env.context import Context
from outcrop.env.external_graph import Known, external_dependencies
from outcrop.env.written import parse_written
from outcrop.host import (
    ExternalPackage,
    MissingPiece,
    describe_external,
    host_externals,
    missing_headers,
    missing_venv,
)
from outcrop.python import probe
from outcrop.solve import ExternalChoice
from outcrop.spec import Spec
from outcrop.spec.graph import Graph, Node, VariantAnswer


def known_externals(context: Context) -> list[tuple[ExternalPackage, str]]:
    """(external, where it is known from), configured ones first. A name that is configured is not looked for on PATH.

    Raises:
        InputError: a configured external is gone or its spec is wrong; names file and line.
    """
    return [
        (known.package, "PATH" if known.entry is None else str(known.place or "configuration"))
        for known in _known(context)
    ]


def _known(context: Context) -> list[Known]:
    found = []
    sections = context.configuration.section("packages", dict[str, PackageSection], {})
    for name, section in sections.items():
        for index, entry in enumerate(section.externals):
            place = _place(context, name, index)
            spec = _spec(name, entry, place)
            found.append(Known(_describe(context, entry, spec, place), entry, spec, place))
    configured = {known.package.name for known in found}
    found += [Known(each) for each in host_externals(context.host) if each.name not in configured]
    return found


def external_choices(context: Context) -> Iterator[ExternalChoice]:
    """What :func:`known_externals` finds, as the solver takes it.

    Raises:
        InputError: as there, and where a dependency of a configured external is wrong.
    """
    known = _known(context)
    for each in known:
        package = each.package
        yield ExternalChoice.from_answers(
            package.name,
            package.version,
            package.variants,
            package.external,
            dependencies=external_dependencies(each, known),
            os=each.spec.os,
        )


def check_pythons(context: Context, graph: Graph) -> None:
    """Has every external Python of a graph what is needed of it: the venv module, and headers for what compiles against
    it?

    Asked before anything is built.

    Raises:
        RequestError: names the Python, what needs it, and the distribution's package that brings what is missing.
    """
    for key, node in graph.nodes.items():
        if node.name != "python" or node.external is None or not node.external.executable:
            continue
        users = [
            dependent
            for _, parent, dependent in graph.dependents(key)
            if not dependent.is_external and not context.store.installed(parent)
        ]
        compiled = [each for each in users if any({"c", "cxx"} & set(edge.virtuals) for edge in each.edges)]
        venvs = [each for each in users if each.name == "python-venv"]
        if not compiled and not venvs:
            continue
        interpreter = probe(Path(node.external.executable), context.paths.cache / "host", environ=context.environ)
        family = context.host.family
        if venvs:
            _refuse(missing_venv(interpreter, family), venvs)
        if compiled:
            _refuse(missing_headers(interpreter, family), compiled)


def _refuse(missing: MissingPiece | None, users: Sequence[Node]) -> None:
    if missing is not None:
        names = ", ".join(sorted(f"{node.name}@{node.version}" for node in users))
        raise RequestError(
            f"missing on this machine: {missing.what}, for {names}", hint=missing.hint, code="missing-piece"
        )


def _place(context: Context, name: str, index: int) -> Place | None:
    document = context.configuration.place("packages", name, "externals")
    if document is None:
        return None
    # Lists of several files are joined; the index fits only where one file has all of them.
    return document.place(name, "externals", index)


def _spec(name: str, entry: ExternalEntry, place: Place | None) -> Spec:
    spec = parse_written(entry.spec, place)
    if spec.name != name:
        raise InputError(
            f"the external '{entry.spec}' is listed below packages:{name}",
            place=place,
            hint=f"its spec should begin with '{name}@'",
        )
    return spec


def _describe(context: Context, entry: ExternalEntry, spec: Spec, place: Place | None) -> ExternalPackage:
    modules = (entry.modules,) if isinstance(entry.modules, str) else tuple(entry.modules or ())
    if entry.prefix is None:
        raise InputError(
            f"the external '{entry.spec}' has no prefix",
            place=place,
            hint="externals known by modules only are not supported",
        )
    package = describe_external(
        entry.spec,
        entry.prefix,
        extra=entry.extra_attributes,
        modules=modules,
        place=place,
        cache=context.paths.cache / "host",
        environ=context.environ,
    )
    said = _variants(spec)
    if not said:
        return package
    return ExternalPackage(
        name=package.name,
        version=package.version,
        variants={**package.variants, **said},
        external=package.external,
    )


def _variants(spec: Spec) -> dict[str, VariantAnswer]:
    """What the spec of an entry says of variants; one with ``=*`` is as free as one it does not name."""
    return {
        constraint.name: constraint.values == ("true",) if constraint.is_boolean else constraint.values
        for constraint in spec.variants
        if not constraint.any
    }
