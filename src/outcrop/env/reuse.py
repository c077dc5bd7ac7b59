"""What is in the store as choices for a solve, by what ``concretizer:reuse`` and the command line say; and requests
that name something there by its hash.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from outcrop.base.errors import InputError, OutcropError, Place, RequestError
from outcrop.config import ConcretizerSection, Configuration, ReuseSection
from outcrop.env.context import Context
from outcrop.env.drift import node_drift
from outcrop.env.written import parse_written
from outcrop.spec import EdgeConstraint, Spec
from outcrop.spec.graph import Graph, Node, short
from outcrop.spec.match import node_satisfies
from outcrop.store import SEAL_DIRECTORY, SEAL_FILE, IndexRecord, Store

if TYPE_CHECKING:
    from outcrop.env.concretize import Concretized
    from outcrop.solve import InstalledChoice

Reuse = bool | Literal["dependencies"]
"""Everything, nothing, or all but what is requested by name."""

_SHOWN = 5


class HashError(RequestError):
    """A hash names nothing that is installed, or several packages, or one that cannot be used."""

    code = "not-installed"


class ReusePolicy(msgspec.Struct, frozen=True):
    """``choices`` are pairs (what may be reused, what may not); something may be used that one of them lets through.
    An empty first part lets everything through.
    """

    roots: bool = True
    choices: tuple[tuple[tuple[Spec, ...], tuple[Spec, ...]], ...] = (((), ()),)

    @property
    def is_plain(self) -> bool:
        """Everything may be reused."""
        return self.choices == (((), ()),)


def reuse_policy(configuration: Configuration, asked: Reuse | None) -> ReusePolicy:
    """What may be reused.

    Args:
        configuration: has ``concretizer:reuse``.
        asked: what the command line says; it wins.

    Raises:
        InputError: the configuration asks for reuse from elsewhere than the store, or a spec in it does not parse.
    """
    if asked is None:
        written = configuration.section("concretizer", ConcretizerSection, ConcretizerSection()).reuse
        return (
            _policy(configuration, written)
            if isinstance(written, ReuseSection)
            else reuse_policy(configuration, written)
        )
    if asked is False:
        return ReusePolicy(choices=())
    return ReusePolicy(roots=asked != "dependencies")


def _policy(configuration: Configuration, section: ReuseSection) -> ReusePolicy:
    def place(*trail: str | int) -> Place | None:
        document = configuration.place("concretizer", "reuse", *trail)
        return document.place("reuse", *trail) if document is not None else None

    def specs(texts: Iterable[str], *trail: str | int) -> tuple[Spec, ...]:
        return tuple(parse_written(text, place(*trail)) for text in texts)

    own = specs(section.include, "include"), specs(section.exclude, "exclude")
    if not section.sources:
        return ReusePolicy(roots=section.roots, choices=(own,))
    choices = []
    for number, source in enumerate(section.sources):
        if source.type != "local":
            raise InputError(
                f"concretizer:reuse:from: packages cannot be reused from '{source.type}'",
                place=place("from", number, "type"),
                hint="what is installed in the store is 'type: local', and there is nothing else",
                code="reuse-source",
            )
        include = specs(source.include, "from", number, "include") or own[0]
        choices.append((include, (*own[1], *specs(source.exclude, "from", number, "exclude"))))
    return ReusePolicy(roots=section.roots, choices=tuple(choices))


def installed_choices(
    context: Context, requests: Sequence[Spec], policy: ReusePolicy, *, without: Collection[str] = ()
) -> tuple[InstalledChoice, ...]:
    """What the solver may reuse, with everything it was built with, by name, version and hash. What ``requests`` name
    by its hash is among it in any case.

    Offered is what is whole, was made for this machine, and whose build can be told from the index to the last tool.

    Args:
        context: has store, host and configuration.
        requests: with whole hashes, see :func:`resolve_hashes`.
        policy: what may be reused.
        without: hashes that may not, nor what was built with them.

    Raises:
        HashError: a request names something by its hash that cannot be used here.
    """
    from outcrop.solve import InstalledChoice

    asked = {spec.hash for request in requests for spec in request.walk() if spec.hash}
    if not policy.choices and not asked:
        return ()
    records = context.store.records()
    nodes = {record.hash: record.node for record in records}
    complete = _complete(nodes, frozenset(without))
    usable = _usable(context, records, nodes, complete)
    for key in sorted(asked):
        if key not in usable and not (key in complete and nodes[key].external is not None):
            raise HashError(
                f"{nodes[key].name} /{short(key)} cannot be used here",
                details=[_why_not(context, nodes[key], key in complete)],
                hint=f"leave the hash out, and {nodes[key].name} is built anew",
            )
    wanted = _selected(nodes, complete, usable, policy) if policy.choices else set()
    wanted |= _below(nodes, asked, runtime=True) & usable
    known = complete if policy.choices else _below(nodes, wanted | asked, runtime=False)
    return tuple(
        InstalledChoice(hash=key, node=node, offered=key in wanted) for key, node in nodes.items() if key in known
    )


def _complete(nodes: Mapping[str, Node], without: Collection[str]) -> set[str]:
    """Those from which every edge leads to a known node that is complete itself."""
    return _sound(nodes, {key for key in nodes if key not in without}, runtime=False)


def _usable(
    context: Context, records: Sequence[IndexRecord], nodes: Mapping[str, Node], complete: Collection[str]
) -> set[str]:
    """Of complete nodes those that are in the store, sealed, and run here, as does all they link to and run."""
    host = context.host
    targets = frozenset(host.targets)
    prefixes = str(context.store.layout.prefixes)
    good: set[str] = set()
    for record in records:
        node = record.node
        if record.hash not in complete:
            continue
        if node.external is not None:
            good.add(record.hash)
        elif node.os == host.os and node.platform == host.platform and node.target in targets:
            # A look at each of what may be thousands: no Path is made for it.
            directory = record.prefix.rpartition("/")[2]
            if os.access(f"{prefixes}/{directory}/{SEAL_DIRECTORY}/{SEAL_FILE}", os.F_OK):
                good.add(record.hash)
    return {key for key in _sound(nodes, good, runtime=True) if nodes[key].external is None}


def _sound(nodes: Mapping[str, Node], good: set[str], *, runtime: bool) -> set[str]:
    """Those of ``good`` from which edges (with ``runtime``, link and run edges) lead to nothing else."""
    parents: dict[str, list[str]] = {}
    stack: list[str] = []
    for key in good:
        for edge in nodes[key].edges:
            if runtime and "link" not in edge.types and "run" not in edge.types:
                continue
            if edge.hash not in good:
                stack.append(key)
                break
            parents.setdefault(edge.hash, []).append(key)
    bad: set[str] = set()
    while stack:
        key = stack.pop()
        if key not in bad:
            bad.add(key)
            stack.extend(parents.get(key, ()))
    return good - bad


def _selected(nodes: Mapping[str, Node], complete: Collection[str], usable: set[str], policy: ReusePolicy) -> set[str]:
    """What the policy lets through, with what that links to and runs."""
    if policy.is_plain:
        return usable
    graph = Graph({key: nodes[key] for key in complete}, ())
    found: set[str] = set()
    for include, exclude in policy.choices:
        barred = {key for key in complete if any(node_satisfies(graph, key, spec) for spec in exclude)}
        for key in usable:
            if include and not any(node_satisfies(graph, key, spec) for spec in include):
                continue
            below = _below(nodes, {key}, runtime=True)
            if barred.isdisjoint(below):
                found |= below & usable
    return found


def _below(nodes: Mapping[str, Node], keys: Iterable[str], *, runtime: bool) -> set[str]:
    """``keys`` and what edges reach from there; with ``runtime`` link and run edges only."""
    found: set[str] = set()
    stack = list(keys)
    while stack:
        key = stack.pop()
        if key not in found:
            found.add(key)
            for edge in nodes[key].edges:
                if not runtime or "link" in edge.types or "run" in edge.types:
                    stack.append(edge.hash)
    return found


def _why_not(context: Context, node: Node, complete: bool) -> str:
    if not complete:
        return "not everything that it was built with is known to the store any more"
    host = context.host
    if (node.platform, node.os) != (host.platform, host.os):
        return f"it was made for {node.platform} {node.os}, and this is {host.platform} {host.os}"
    if node.target not in host.targets:
        return f"it was made for {node.target}, which this machine ({host.target}) does not run"
    return "its prefix is damaged, or that of something it needs: 'outcrop reindex' tells more"


def resolve_hashes(store: Store, requests: Sequence[Spec]) -> list[Spec]:
    """Requests in which the beginning of a hash is replaced by the whole hash and the package's name.

    Raises:
        HashError: nothing installed has such a hash, or several packages have, or it does not fit what else is asked
            of it.
    """
    return [_resolved(store, request) for request in requests]


def _resolved(store: Store, spec: Spec) -> Spec:
    edges: list[EdgeConstraint] = []
    for edge in spec.edges:
        below = _resolved(store, edge.spec)
        edges.append(edge if below is edge.spec else msgspec.structs.replace(edge, spec=below))
    if edges != list(spec.edges):
        spec = spec.with_edges(edges)
    if not spec.hash:
        return spec
    record = _record(store, spec)
    return msgspec.structs.replace(spec, name=record.name, hash=record.hash)


def _record(store: Store, spec: Spec) -> IndexRecord:
    records = store.records()
    found = [record for record in records if record.hash.startswith(spec.hash)]
    named = [record for record in found if not spec.name or record.name == spec.name]
    if len(named) > 1:
        raise HashError(
            f"'/{spec.hash}' is the beginning of {len(named)} hashes",
            details=[_line(record) for record in named[:_SHOWN]],
            hint="give more letters of the hash",
            code="ambiguous",
        )
    if not named:
        near = found or [record for record in records if record.name == spec.name] or _alike(records, spec.hash)
        raise HashError(
            f"nothing installed{f' called {spec.name}' if spec.name else ''} has a hash that begins with {spec.hash}",
            details=[_line(record) for record in near[:_SHOWN]],
            hint="'outcrop find' shows the hashes of what is installed",
        )
    graph = Graph({named[0].hash: msgspec.structs.replace(named[0].node, edges=())}, ())
    if not node_satisfies(graph, named[0].hash, msgspec.structs.replace(spec, edges=())):
        raise HashError(
            f"{_line(named[0])} is not {msgspec.structs.replace(spec, edges=(), hash='', name=named[0].name)}",
            hint="leave the hash out, or what does not fit it",
            code="hash-does-not-fit",
        )
    return named[0]


def _line(record: IndexRecord) -> str:
    return f"{record.name}@{record.version} /{short(record.hash)}"


def _alike(records: Sequence[IndexRecord], start: str) -> list[IndexRecord]:
    """Those whose hash begins most alike, with the same two letters at least."""
    for length in range(len(start) - 1, 1, -1):
        found = [record for record in records if record.hash.startswith(start[:length])]
        if found:
            return found
    return []


def kept_back(answer: Concretized, settled: Collection[str] = ()) -> list[str]:
    """What to tell about what is reused although a fresh build would be better, in lines; nothing about ``settled``."""
    lines = []
    for key, reason in sorted(answer.reasons.items(), key=lambda item: answer.graph[item[0]].name):
        if key in settled:
            continue
        node = answer.graph[key]
        named = f"{node.name}@{node.version}, which is installed"
        better = next((choice.best for choice in reason.choices if choice.what == "kept"), "")
        if key in answer.older and reason.requests:
            lines.append(f"{named}, although its recipe has changed since; --fresh builds it anew")
        elif better.startswith("@"):
            version, _, variants = better[1:].partition(" ")
            also = f", with {variants}" if variants else ""
            lines.append(f"{named}; {version} is the newest allowed{also}, and --fresh takes it")
        elif better:
            lines.append(f"{named}; built anew it would have {better}, and --fresh does that")
    if len(lines) > _SHOWN + 1:
        lines = [*lines[:_SHOWN], f"{len(lines) - _SHOWN} more packages that are installed; --fresh takes newer ones"]
    return lines


def older_recipes(context: Context, graph: Graph, keys: Iterable[str]) -> dict[str, str]:
    """Of nodes those whose recipe is not what it was when they were installed: hash -> the recipe hash a build would
    have now, empty where there is no recipe any more.
    """
    found = {}
    for key in sorted(keys):
        try:
            drift = node_drift(context, graph, key)
        except OutcropError:
            found[key] = ""
        else:
            if drift is not None:
                found[key] = drift.now
    return found
