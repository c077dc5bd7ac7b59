"""Which packages are in which view, and making the views so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from outcrop.base.errors import Place
from outcrop.base.events import Event
from outcrop.base.layout import VenvFacts
from outcrop.env.environment import Environment
from outcrop.env.lock import Lock
from outcrop.env.manifest import View
from outcrop.spec.graph import DependencyType, Graph
from outcrop.view import LinkType, ViewOptions, inputs_digest, read_state

_LINK_TYPES: dict[str, LinkType] = {
    "symlink": "symlink",
    "soft": "symlink",
    "hardlink": "hardlink",
    "hard": "hardlink",
    "copy": "copy",
    "relocate": "copy",
}


def selected(environment: Environment, view: View, graph: Graph, roots: Sequence[str]) -> list[str]:
    """Hashes of the packages in a view: ``roots`` and, as ``link`` says, what they link to and run with; then select
    and exclude.

    Raises:
        InputError: a selector does not parse.
    """
    section = view.section
    types: tuple[DependencyType, ...] = {"all": ("link", "run"), "run": ("run",), "roots": ()}[section.link]  # type: ignore[assignment]  # a dict of literals
    keys = graph.closure(roots, types) if types else list(roots)
    if section.select:
        fitting = _fitting(environment, graph, keys, section.select)
        keys = [key for key in keys if key in fitting]
    if section.exclude:
        fitting = _fitting(environment, graph, keys, section.exclude)
        keys = [key for key in keys if key not in fitting]
    return keys


def _fitting(environment: Environment, graph: Graph, keys: Iterable[str], selectors: Iterable[str]) -> set[str]:
    """Those that fit one of the selectors."""
    from outcrop.env.written import parse_written  # specs take 5 ms to import, and few views have selectors
    from outcrop.spec.match import node_satisfies

    specs = [parse_written(text, Place(environment.manifest_path)) for text in selectors]
    return {key for key in keys if any(node_satisfies(graph, key, spec) for spec in specs)}


def update_views(
    environment: Environment, lock: Lock, *, force: bool = False, installed_only: bool = False
) -> list[Path]:
    """Bring every view of an environment up to date; a view that is, is not touched.

    Args:
        force: make each view anew even if nothing it is made from has changed; brings back what was removed from it by
            hand.
        installed_only: leave a view alone as long as something in it is not installed, and say so.

    Returns:
        The roots of its views that are up to date.

    Raises:
        ViewConflictError: packages want different things at one path; the old view stays.
        ViewError: there is something at the view's place that is not ours.
        StoreError: a package is not installed.
    """
    graph = lock.graph()
    updated = []
    for view in environment.manifest.views:
        keys = selected(environment, view, graph, lock.hashes(view.section.groups))
        missing = [key for key in keys if not environment.context.store.installed(key)] if installed_only else []
        if missing:
            what = f"{len(missing)} packages of it are" if len(missing) > 1 else "one package of it is"
            text = f"the view {view.name} stays as it is: {what} not installed"
            environment.context.reporter.report(Event("warning", view.name, text))
            continue
        updated.append(view.root)
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
    return updated


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
