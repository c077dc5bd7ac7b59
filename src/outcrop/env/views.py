"""Which packages are in which view, and making the views so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from outcrop.base.errors import Place
from outcrop.base.events import Event
from outcrop.base.layout import VenvFacts
from outcrop.env.environment import Environment
from outcrop.env.lock import Lock
from outcrop.env.manifest import View
from outcrop.env.written import parse_written
from outcrop.spec import Spec
from outcrop.spec.graph import DependencyType, Graph
from outcrop.spec.match import node_satisfies
from outcrop.view import LinkType, ViewOptions, inputs_digest, read_state

_LINK_TYPES: dict[str, LinkType] = {
    "symlink": "symlink",
    "soft": "symlink",
    "hardlink": "hardlink",
    "hard": "hardlink",
    "copy": "copy",
    "relocate": "copy",
}


def selected(environment: Environment, view: View, graph: Graph) -> list[str]:
    """Hashes of the packages in a view: roots and, as ``link`` says, what they link to and run with; then select and
    exclude.

    Raises:
        InputError: a selector does not parse.
    """
    section = view.section
    types: tuple[DependencyType, ...] = {"all": ("link", "run"), "run": ("run",), "roots": ()}[section.link]  # type: ignore[assignment]  # a dict of literals
    keys = graph.closure(graph.roots, types) if types else list(graph.roots)
    select = [parse_written(text, Place(environment.manifest_path)) for text in section.select]
    exclude = [parse_written(text, Place(environment.manifest_path)) for text in section.exclude]
    if select:
        keys = [key for key in keys if _fits(graph, key, select)]
    return [key for key in keys if not _fits(graph, key, exclude)]


def _fits(graph: Graph, key: str, specs: Iterable[Spec]) -> bool:
    return any(node_satisfies(graph, key, spec) for spec in specs)


def update_views(environment: Environment, lock: Lock, *, force: bool = False) -> list[Path]:
    """Bring every view of an environment up to date; a view that is, is not touched.

    Args:
        force: make each view anew even if nothing it is made from has changed; brings back what was removed from it by
            hand.

    Returns:
        The roots of all its views.

    Raises:
        ViewConflictError: packages want different things at one path; the old view stays.
        ViewError: there is something at the view's place that is not ours.
        StoreError: a package is not installed.
    """
    graph = lock.graph()
    for view in environment.manifest.views:
        keys = selected(environment, view, graph)
        options = _options(environment, view, graph, keys)
        state = read_state(view.root)
        if not force and state is not None and state.inputs == inputs_digest(keys, options):
            continue
        from outcrop.view import apply_view, plan_view  # see there: for views that are not up to date

        store = environment.context.store
        plan = plan_view(store.seals(keys), options)
        result = apply_view(plan, view.root, reporter=environment.context.reporter, force=force)
        if result.changed:
            environment.context.reporter.report(Event("view.updated", view.name, f"{view.name}: {view.root}"))
    return [view.root for view in environment.manifest.views]


def _options(environment: Environment, view: View, graph: Graph, keys: list[str]) -> ViewOptions:
    store = environment.context.store
    closure = graph.closure(keys, ("build", "link", "run"))
    chosen = set(keys)
    outside = [key for key in closure if graph[key].name == "python-venv" and key not in chosen]
    return ViewOptions(
        root=view.root,
        link_type=_LINK_TYPES[view.section.link_type],
        prompt=environment.name,
        environment=str(environment.directory),
        python=_base_facts(environment, graph, keys),
        venv_prefixes=tuple(sorted(str(store.prefix(key, graph[key])) for key in outside)),
    )


def _base_facts(environment: Environment, graph: Graph, keys: list[str]) -> VenvFacts | None:
    """How virtual environments of the view's Python look, where the view has a Python and no python-venv."""
    names = {graph[key].name for key in keys}
    if "python-venv" in names or "python" not in names:
        return None
    from outcrop.python import describe_venv, probe

    node = next(graph[key] for key in keys if graph[key].name == "python")
    store = environment.context.store
    key = next(key for key in keys if graph[key].name == "python")
    executable = node.external.executable if node.external is not None else ""
    path = Path(executable) if executable else store.prefix(key, node) / "bin" / "python3"
    return describe_venv(probe(path, environment.context.paths.cache / "host", environ=environment.context.environ))
