"""``spec`` and ``graph``: what a request becomes, without installing anything."""

from __future__ import annotations

from pathlib import Path

import click

from outcrop import __version__
from outcrop.base.errors import UsageError
from outcrop.cli.options import inspected, json_option, parse_requests, pass_session, reuse_options, save_option
from outcrop.cli.questions import Questions
from outcrop.cli.render import TreeRenderer, dot_lines, graph_record
from outcrop.cli.session import Session
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.inspection import Inspection
from outcrop.env.installed import concrete_requests
from outcrop.env.reuse import Reuse
from outcrop.spec.graph import seal_graph


def _answer(
    session: Session,
    requests: tuple[str, ...],
    *,
    fresh: bool = False,
    inspection: Inspection | None = None,
    reuse: Reuse | None = None,
) -> Concretized:
    """The graph of what is asked for: installed hashes, new requests, or the environment's lock."""
    if requests:
        specs = parse_requests(requests, what="concretize")
        environment = session.active
        context = environment.context if environment is not None else session.context
        return concrete_requests(
            context, specs, lambda abstract: concretize(context, abstract, inspection=inspection, reuse=reuse)
        )
    environment = session.required_environment()
    lock = environment.lock()
    if lock is not None and not fresh and environment.is_locked(lock):
        return Concretized.of_lock(lock)
    roots = [root.spec for root in environment.manifest.roots]
    return concretize(environment.context, roots, inspection=inspection, reuse=reuse)


@click.command("spec")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option("-t", "--types", is_flag=True, help="Show the types of each dependency: link, run, build, test.")
@click.option("-L", "--long", "whole_hash", is_flag=True, help="Print only the hash of each root, whole.")
@click.option(
    "--explain", is_flag=True, help="Instead of the tree: who needs each package, and why it is not better than it is."
)
@click.option(
    "--explain-node",
    "explained",
    multiple=True,
    metavar="NAME",
    help="Explain every decision about NAME, and name all who need it; may repeat.",
)
@click.option("--timers", is_flag=True, help="Say where the time went, in seconds.")
@click.option("--stats", is_flag=True, help="Count what the solve took: packages, rounds, searches, clauses.")
@reuse_options
@save_option
@click.option(
    "--replay",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Solve the problem in FILE, which --save-problem wrote; no repositories are needed.",
)
@json_option
@pass_session
def spec_command(
    session: Session,
    requests: tuple[str, ...],
    types: bool,
    whole_hash: bool,
    explain: bool,
    explained: tuple[str, ...],
    timers: bool,
    stats: bool,
    reuse: Reuse | None,
    save: Path | None,
    replay: Path | None,
    as_json: bool,
) -> None:
    """Show what SPEC becomes when it is concretized; without SPEC, the environment's requests.

    Marks: [+] installed, [e] external, - to build. A name after / is the hash of something installed.
    """
    questions = Questions(explain=explain or bool(explained), names=explained, stats=stats, timers=timers)
    with inspected(session, explain=questions.explain, save=save, timed=timers) as inspection:
        if replay is None:
            fresh = questions.any or save is not None or reuse is not None
            answer = _answer(session, requests, fresh=fresh, inspection=inspection, reuse=reuse)
        elif requests or save is not None:
            raise UsageError("--replay brings its own requests", hint="leave SPEC and --save-problem out")
        else:
            answer = _replayed(session, replay, inspection)
    if as_json:
        record = graph_record(answer.graph, answer.roots)
        if questions.any:
            record.update(questions.record(inspection, answer.hashes))
        session.output.json(record)
        return
    if whole_hash:
        for root in answer.roots:
            session.output.line(root)
    elif questions.explain:
        for line in questions.explanation(inspection, session.output):
            session.output.line(line)
    else:
        # A replayed graph lacks what recipes add to hashes: nothing of it is called installed.
        installed = session.context.store.installed if replay is None else _never
        renderer = TreeRenderer(answer.graph, session.output, installed=installed, types=types, hashes=replay is None)
        for root in dict.fromkeys(answer.roots):
            for line in renderer.lines([root]):
                session.output.line(line)
    for line in questions.figures(inspection) if questions.any else ():
        session.output.line(line)


def _replayed(session: Session, path: Path, inspection: Inspection) -> Concretized:
    """The graph of a saved problem, without what only recipes know: their hashes, sources, patches."""
    version = inspection.replay(path)
    if version != __version__:
        session.output.warning(f"{path} was written by Outcrop {version}, this is {__version__}: answers may differ")
    solution = inspection.solution
    assert solution is not None
    graph = seal_graph(solution.drafts, list(dict.fromkeys(solution.roots)))
    keys = dict(zip(dict.fromkeys(solution.roots), graph.roots, strict=True))
    return Concretized(graph, tuple(keys[root] for root in solution.roots))


def _never(key: str) -> bool:
    return False


@click.command("graph")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option("--dot", is_flag=True, help="Print Graphviz's language, for 'dot -Tsvg'.")
@click.option("-d", "--depth", type=click.IntRange(min=0), metavar="N", help="Follow dependencies N levels down only.")
@json_option
@pass_session
def graph_command(session: Session, requests: tuple[str, ...], dot: bool, depth: int | None, as_json: bool) -> None:
    """Draw the graph of SPEC, or of the environment, with the types of its edges.

    Types: l link, r run, b build, t test.
    """
    answer = _answer(session, requests)
    if as_json:
        session.output.json(graph_record(answer.graph, answer.roots))
    elif dot:
        for line in dot_lines(answer.graph):
            session.output.line(line)
    else:
        store = session.context.store
        renderer = TreeRenderer(answer.graph, session.output, installed=store.installed, types=True, max_depth=depth)
        for line in renderer.lines(dict.fromkeys(answer.roots)):
            session.output.line(line)
