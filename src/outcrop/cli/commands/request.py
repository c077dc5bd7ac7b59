"""``spec`` and ``graph``: what a request becomes, without installing anything."""

from __future__ import annotations

from pathlib import Path

import click

from outcrop import __version__
from outcrop.base.errors import UsageError
from outcrop.cli.options import (
    check_one_solve,
    inspected,
    json_option,
    parse_requests,
    pass_session,
    reuse_options,
    save_option,
)
from outcrop.cli.questions import Questions
from outcrop.cli.render import TreeRenderer, dot_lines, graph_record, group_text
from outcrop.cli.session import Session
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.grouped import concretize_groups, joined
from outcrop.env.groups import find_group
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
    group: str = "",
) -> list[tuple[str, Concretized]]:
    """The graph of what is asked for: installed hashes, new requests, or the environment's lock. The environment's
    groups have one each, with the line above it; everything else has one, and no line."""
    if requests:
        if group:
            raise UsageError("--group shows what a group asks for", hint="leave SPEC out, or --group")
        specs = parse_requests(requests, what="concretize")
        context = session.working_context
        answer = concrete_requests(
            context, specs, lambda abstract: concretize(context, abstract, inspection=inspection, reuse=reuse)
        )
        return [("", answer)]
    environment = session.required_environment()
    groups = environment.manifest.groups
    if group:
        groups = (find_group(groups, group),)
    lock = environment.lock()
    if lock is not None and not fresh and environment.is_locked(lock):
        found = [(each, Concretized.of_lock(lock, [each.name])) for each in groups]
    else:
        answers = concretize_groups(environment, only=group, inspection=inspection, reuse=reuse)
        found = [(each.group, each.answer) for each in answers if not group or each.group.name == group]
    return [(group_text(each) if environment.manifest.has_groups else "", answer) for each, answer in found]


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
@click.option(
    "--group", metavar="NAME", default="", help="What the environment's group NAME asks for, instead of what all do."
)
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
    group: str,
    reuse: Reuse | None,
    save: Path | None,
    replay: Path | None,
    as_json: bool,
) -> None:
    """Show what SPEC becomes when it is concretized; without SPEC, the environment's requests.

    Marks: [+] installed, [e] external, - to build. A name after / is the hash of something installed.
    """
    questions = Questions(explain=explain or bool(explained), names=explained, stats=stats, timers=timers)
    if not requests and replay is None and (questions.any or save is not None):
        check_one_solve(session.required_environment(), group, "what is asked about a solve")
    with inspected(session, explain=questions.explain, save=save, timed=timers) as inspection:
        if replay is None:
            fresh = questions.any or save is not None or reuse is not None
            answers = _answer(session, requests, fresh=fresh, inspection=inspection, reuse=reuse, group=group)
        elif requests or save is not None or group:
            raise UsageError("--replay brings its own requests", hint="leave SPEC, --group and --save-problem out")
        else:
            answers = [("", _replayed(session, replay, inspection))]
    answer = _joined(answers)
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
        _show_trees(session, answers, types=types, replayed=replay is not None)
    for line in questions.figures(inspection) if questions.any else ():
        session.output.line(line)


def _show_trees(session: Session, answers: list[tuple[str, Concretized]], *, types: bool, replayed: bool) -> None:
    # A replayed graph lacks what recipes add to hashes: nothing of it is called installed.
    installed = _never if replayed else session.context.store.installed
    for head, answer in answers:
        if head:
            session.output.line(head)
        renderer = TreeRenderer(answer.graph, session.output, installed=installed, types=types, hashes=not replayed)
        for root in dict.fromkeys(answer.roots):
            for line in renderer.lines([root]):
                session.output.line(line)


def _joined(answers: list[tuple[str, Concretized]]) -> Concretized:
    return joined([answer for _, answer in answers])


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
@click.option("--group", metavar="NAME", default="", help="What the environment's group NAME asks for.")
@json_option
@pass_session
def graph_command(
    session: Session, requests: tuple[str, ...], dot: bool, depth: int | None, group: str, as_json: bool
) -> None:
    """Draw the graph of SPEC, or of the environment, with the types of its edges.

    Types: l link, r run, b build, t test.
    """
    answer = _joined(_answer(session, requests, group=group))
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
