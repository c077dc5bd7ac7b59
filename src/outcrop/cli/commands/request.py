"""``spec`` and ``graph``: what a request becomes, without installing anything."""

from __future__ import annotations

import click

from outcrop.cli.options import json_option, parse_requests, pass_session
from outcrop.cli.render import TreeRenderer, dot_lines, graph_record
from outcrop.cli.session import Session
from outcrop.env.concretize import Concretized, concretize
from outcrop.env.installed import concrete_requests


def _answer(session: Session, requests: tuple[str, ...], *, fresh: bool = False) -> Concretized:
    """The graph of what is asked for: installed hashes, new requests, or the environment's lock."""
    if requests:
        specs = parse_requests(requests, what="concretize")
        environment = session.active
        context = environment.context if environment is not None else session.context
        return concrete_requests(context, specs, lambda abstract: concretize(context, abstract))
    environment = session.required_environment()
    lock = environment.lock()
    if lock is not None and not fresh and environment.is_locked(lock):
        return Concretized.of_lock(lock)
    return concretize(environment.context, [root.spec for root in environment.manifest.roots])


@click.command("spec")
@click.argument("requests", nargs=-1, metavar="[SPEC]...")
@click.option("-t", "--types", is_flag=True, help="Show the types of each dependency: link, run, build, test.")
@click.option("-L", "--long", "whole_hash", is_flag=True, help="Print only the hash of each root, whole.")
@json_option
@pass_session
def spec_command(session: Session, requests: tuple[str, ...], types: bool, whole_hash: bool, as_json: bool) -> None:
    """Show what SPEC becomes when it is concretized; without SPEC, the environment's requests.

    Marks: [+] installed, [e] external, - to build. A name after / is the hash of something installed.
    """
    answer = _answer(session, requests)
    if as_json:
        session.output.json(graph_record(answer.graph, answer.roots))
        return
    if whole_hash:
        for root in answer.roots:
            session.output.line(root)
        return
    store = session.context.store
    renderer = TreeRenderer(answer.graph, session.output, installed=store.installed, types=types)
    for root in dict.fromkeys(answer.roots):
        for line in renderer.lines([root]):
            session.output.line(line)


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
