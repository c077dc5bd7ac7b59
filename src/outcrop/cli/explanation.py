"""Why a solve came out as it did: as lines, and as a JSON record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from outcrop.base.errors import RequestError
from outcrop.base.near import near_misses
from outcrop.cli.output import Output
from outcrop.solve import Choice, Problem, Reason, Solution
from outcrop.solve.criteria import EXTERNAL, ORDINARY
from outcrop.spec.graph import Node

_DEPENDENTS = 2
_OPTIONS = 3
_COPIES = ("the first copy", "the second copy", "the third copy")


class ExplanationRenderer:
    """The nodes of an answer in the order of its tree, each once: who asked for it, and every decision about it that
    was not the ordinary one.

    Args:
        problem: what was solved.
        solution: its answer, with explained choices.
        output: for colours.
        names: show only these packages, with all dependents and all decisions; nothing for all packages in short.
    """

    def __init__(self, problem: Problem, solution: Solution, output: Output, *, names: Sequence[str] = ()) -> None:
        known = sorted({draft.node.name for draft in solution.drafts.values()})
        for name in names:
            if name not in known:
                near = near_misses(name, known)
                hint = (
                    f"did you mean {' or '.join(near)}?" if near else "'outcrop spec --explain' shows all its packages"
                )
                raise RequestError(f"{name} is not in the answer", hint=hint, code="not-in-answer")
        self._problem = problem
        self._solution = solution
        self._output = output
        self._names = names
        self._double = {name for name in known if sum(d.node.name == name for d in solution.drafts.values()) > 1}

    def lines(self) -> list[str]:
        """Everything as text."""
        found: list[str] = []
        for ident in tree_order(self._solution):
            node = self._solution.drafts[ident].node
            if self._names and node.name not in self._names:
                continue
            reason = self._solution.reasons.get(ident, Reason())
            found.append(self._head(ident, node, reason))
            if self._names:
                found.extend(f"    needed by {line}" for line in self._dependents(reason))
            for choice in reason.choices:
                if self._names or _matters(node, choice):
                    found.extend(f"    {line}" for line in _choice_lines(node, choice))
        return found

    def _head(self, ident: str, node: Node, reason: Reason) -> str:
        cells = [self._output.paint(self._name(ident), "bold")]
        if node.external is not None:
            cells.append(f"external {node.external.executable or node.external.prefix}")
        whom = [f"you asked for {self._problem.requests[place]}" for place in reason.requests]
        dependents = [] if self._names else self._dependents(reason)
        if dependents and not (whom and node.is_external):
            rest = len(dependents) - _DEPENDENTS
            more = f" and {rest} more" if rest > 0 else ""
            whom.append(f"needed by {', '.join(dependents[:_DEPENDENTS])}{more}")
        cells.append("; ".join(whom))
        return "  ".join(cell for cell in cells if cell)

    def _name(self, ident: str, *, version: bool = True) -> str:
        node = self._solution.drafts[ident].node
        which = f" #{int(ident.rpartition('#')[2]) + 1}" if node.name in self._double else ""
        return f"{node.name}@{node.version}{which}" if version else f"{node.name}{which}"

    def _dependents(self, reason: Reason) -> list[str]:
        found = []
        for ident, origins in reason.dependents:
            name = self._name(ident, version=bool(self._names))
            shown = origins if self._names else origins[:1]
            found.append(f"{name} ({', '.join(shown)})" if shown else name)
        return found


def tree_order(solution: Solution) -> list[str]:
    """Draft ids as a tree shows them, each where it comes first."""
    found: dict[str, None] = {}
    stack = list(reversed(solution.roots))
    while stack:
        ident = stack.pop()
        if ident not in found:
            found[ident] = None
            edges = sorted(solution.drafts[ident].edges, key=lambda edge: edge.target)
            stack.extend(edge.target for edge in reversed(edges))
    return list(found)


def _matters(node: Node, choice: Choice) -> bool:
    """Whether a decision is worth a line where only what is unusual is shown."""
    if node.is_external and choice.what in node.variants:
        return False
    if choice.criterion == EXTERNAL and choice.what.startswith("provider of ") and not choice.rank:
        return False  # the external says so itself
    return bool(choice.rank) or choice.criterion not in ORDINARY


def _choice_lines(node: Node, choice: Choice) -> list[str]:
    chosen = _said(node, choice, choice.chosen)
    if not choice.rank:
        among = f", the first of {choice.options}" if choice.options > 2 else ""
        return [f"{chosen}: {choice.criterion}{among}" if choice.criterion else chosen]
    lines: list[str] = []
    for obstacle in choice.obstacles:
        options = [_said(node, choice, option, short=True) for option in obstacle.options]
        rest = len(options) - _OPTIONS
        if rest > 1:
            options = [*options[:_OPTIONS], f"{rest} others"]
        start = f"{chosen}, not {' or '.join(options)}:"
        if len(obstacle.lines) == 1:
            lines.append(f"{start} {obstacle.lines[0]}")
        else:
            lines.append(start)
            lines.extend(f"    {line}" for line in obstacle.lines)
    if not lines:
        lines.append(f"{chosen}, not {_said(node, choice, choice.best, short=True)}")
    return lines


def _said(node: Node, choice: Choice, option: str, *, short: bool = False) -> str:
    """An option as people write it; ``short`` where the line has said what it is about."""
    what = choice.what
    answer = node.variants.get(what)
    if isinstance(answer, bool):
        return f"+{what}" if option == "true" else f"~{what}"
    if isinstance(answer, tuple) and option.startswith("no "):
        return f"without {what}={option.removeprefix('no ')}"
    if answer is not None:
        value = answer if option == "another value" and isinstance(answer, str) else option
        return f"{what}={value}"
    if what.startswith("provider of "):
        return option if short else f"{what.removeprefix('provider of ')} from {option}"
    if what.startswith("copy of "):
        number = option.removeprefix("copy ")
        which = _COPIES[int(number)] if number.isdigit() and int(number) < len(_COPIES) else option
        return which if short else f"{which} of {what.removeprefix('copy of ')}"
    if what in ("version", "target", "os") and not short:
        return f"{what} {option}"
    if what == "same target":
        return option if short else f"target: {option}"
    if what.startswith("sharing ") and not short:
        return f"{what.removeprefix('sharing ')}: {option}"
    return option


def explanation_record(problem: Problem, solution: Solution, hashes: Mapping[str, str]) -> dict[str, object]:
    """The same for ``--json``, whole: requests, and the nodes in the tree's order."""
    nodes = []
    for ident in tree_order(solution):
        node = solution.drafts[ident].node
        reason = solution.reasons.get(ident, Reason())
        nodes.append(
            {
                "id": ident,
                **({"hash": hashes[ident]} if ident in hashes else {}),
                "name": node.name,
                "version": node.version,
                "requests": [str(problem.requests[place]) for place in reason.requests],
                "dependents": [{"id": dependent, "lines": list(lines)} for dependent, lines in reason.dependents],
                "choices": msgspec.to_builtins(reason.choices),
            }
        )
    return {"requests": [str(request) for request in problem.requests], "nodes": nodes}
