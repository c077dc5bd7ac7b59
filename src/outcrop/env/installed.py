"""Questions about what is installed: which nodes match a spec, who needs whom, what nobody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from outcrop.base.errors import RequestError
from outcrop.base.near import near_misses
from outcrop.env.context import Context
from outcrop.env.registry import environments_needing, registered_keys
from outcrop.spec.graph import Graph, Node, short
from outcrop.store import IndexRecord, Store

if TYPE_CHECKING:
    from outcrop.env.concretize import Concretized
    from outcrop.spec import Spec


class AmbiguousError(RequestError):
    """A spec that should name one installed package names several, or none."""

    code = "ambiguous"


def installed_graph(store: Store) -> Graph:
    """Everything installed as one graph; edges to what is not installed (any more) are left out."""
    records = {record.hash: record for record in store.records()}
    nodes = {key: _with_edges_in(record.node, records.keys()) for key, record in records.items()}
    return Graph(nodes, sorted(nodes))


def _with_edges_in(node: Node, keys: Iterable[str]) -> Node:
    known = set(keys)
    if all(edge.hash in known for edge in node.edges):
        return node
    return msgspec.structs.replace(node, edges=tuple(edge for edge in node.edges if edge.hash in known))


def matching(store: Store, specs: Sequence[Spec]) -> list[IndexRecord]:
    """Installed packages that satisfy any of ``specs`` (all, if there are none), by (name, version, hash)."""
    records = store.records()
    if not specs:
        return records
    if all(_is_plain(spec) for spec in specs):
        wanted = [(spec.name, spec.hash) for spec in specs]
        return [
            record
            for record in records
            if any((not name or record.name == name) and record.hash.startswith(start) for name, start in wanted)
        ]
    from outcrop.spec.match import node_satisfies  # with all that specs need: 3 ms, and most questions are simpler

    graph = installed_graph(store)
    return [record for record in records if any(node_satisfies(graph, record.hash, spec) for spec in specs)]


def _is_plain(spec: Spec) -> bool:
    """Asks for a name or a hash and nothing else, which needs no graph."""
    return spec == type(spec)(name=spec.name, hash=spec.hash)


def one_installed(store: Store, spec: Spec) -> IndexRecord:
    """The one installed package that satisfies ``spec``.

    Raises:
        AmbiguousError: none or several do; names what there is.
    """
    found = matching(store, [spec])
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousError(
            f"'{spec}' fits {len(found)} installed packages",
            details=[f"{record.name}@{record.version} /{short(record.hash)}  {record.prefix}" for record in found],
            hint=f"name one by its hash, as in '/{short(found[0].hash)}'",
        )
    names = {record.name for record in store.records()}
    near = near_misses(spec.name, names) if spec.name and spec.name not in names else []
    hint = "'outcrop find' lists what is installed"
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif not spec.hash:
        hint = f"'outcrop install {spec}' installs it; {hint}"
    raise AmbiguousError(f"no installed package fits '{spec}'", hint=hint, code="not-installed")


def concrete_requests(
    context: Context, specs: Sequence[Spec], solve: Callable[[Sequence[Spec]], Concretized]
) -> Concretized:
    """The answer to requests. Where all are hashes of installed packages, nothing is solved; else all go to ``solve``,
    which knows what to do with a hash.
    """
    if not specs or not all(spec.hash and _is_plain(spec) for spec in specs):
        return solve(specs)
    from outcrop.env.concretize import Concretized  # not for questions about what is installed

    roots = [one_installed(context.store, spec).hash for spec in specs]
    graph = installed_graph(context.store)
    return Concretized(graph.subgraph(dict.fromkeys(roots)), tuple(roots))


def check_unneeded(context: Context, keys: Sequence[str]) -> None:
    """May ``keys`` go?

    Raises:
        RequestError: something installed, or an environment, needs one of them and is not among them.
    """
    graph = installed_graph(context.store)
    leaving = set(keys)
    details = []
    for key in keys:
        node = graph[key]
        for _, parent, other in graph.dependents(key, ("link", "run")):
            if parent not in leaving:
                details.append(f"{other.name}@{other.version} /{short(parent)} needs {node.name} /{short(key)}")
        for directory in environments_needing(context, key):
            details.append(f"the environment {directory} holds {node.name} /{short(key)}")
    if details:
        raise RequestError(
            "not uninstalled: something still needs it",
            details=sorted(details),
            hint="uninstall those too ('--dependents'), remove the environment, or insist with '--force'",
            code="needed",
        )


def with_dependents(store: Store, keys: Iterable[str]) -> list[str]:
    """``keys`` and everything installed that needs them at run time, dependents first."""
    graph = installed_graph(store)
    wanted = set(keys)
    stack = list(wanted)
    while stack:
        for _, parent, _ in graph.dependents(stack.pop(), ("link", "run")):
            if parent not in wanted:
                wanted.add(parent)
                stack.append(parent)
    return [key for key in reversed(graph.topological()) if key in wanted]


def unneeded(context: Context) -> list[str]:
    """What neither a person asked for nor an environment holds, nor anything of these needs; dependents first."""
    graph = installed_graph(context.store)
    roots = {record.hash for record in context.store.records() if record.explicit}
    roots |= {key for key in registered_keys(context) if key in graph}
    needed = set(graph.closure(sorted(roots), ("link", "run")))
    return [key for key in reversed(graph.topological()) if key not in needed]
