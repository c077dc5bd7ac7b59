"""Problems over small repositories, and what two answers are compared by."""

from __future__ import annotations

from collections.abc import Sequence

from outcrop.solve import ExternalChoice, Problem, Solution, UnsatisfiableError, solve
from outcrop.spec import Spec, parse_spec
from outcrop.spec.graph import Draft, External, Node
from support.small_models import SmallModels


def problem_of(
    requests: Sequence[str],
    externals: Sequence[str] = (),
    *,
    copies: dict[str, int] | None = None,
    anchors: tuple[str, ...] = ("python",),
) -> Problem:
    return Problem(
        requests=tuple(parse_spec(request) for request in requests),
        os="testos",
        target="t1",
        externals=tuple(
            ExternalChoice.from_spec(parse_spec(text), External(prefix=f"/ext/{place}"))
            for place, text in enumerate(externals)
        ),
        copies=copies or {},
        anchors=anchors,
    )


def attempt(problem: Problem, models: SmallModels, *, eager: bool = False) -> Solution | None:
    """The answer, or ``None`` where there is none and the reason is told in a few lines."""
    try:
        return solve(problem, models, eager=eager)
    except UnsatisfiableError as error:
        assert 1 + len(error.details) + bool(error.hint) <= 15
        assert error.details
        assert error.code != "unexplained"
        return None


def asked_for(solution: Solution) -> tuple[Spec, ...]:
    """The answer as requests. What has several copies is left out: ``^x`` in a request speaks of all copies."""
    names = [draft.node.name for draft in solution.drafts.values()]
    found = []
    for root in solution.roots:
        below = [ident for ident in sorted(reached(solution, root)) if ident != root]
        drafts = [solution.drafts[ident] for ident in below]
        texts = [_with_providers(solution, draft) for draft in drafts if names.count(draft.node.name) == 1]
        found.append(parse_spec(" ^".join([_with_providers(solution, solution.drafts[root]), *texts])))
    return tuple(found)


def _with_providers(solution: Solution, draft: Draft) -> str:
    edges = [(",".join(edge.virtuals), solution.drafts[edge.target].node.name) for edge in draft.edges if edge.virtuals]
    return " ".join([spec_text(draft.node), *[f"%{virtuals}={name}" for virtuals, name in edges]])


def spec_text(node: Node) -> str:
    """Everything about a node as a request."""
    parts = [f"{node.name}@={node.version}"]
    for name, answer in node.variants.items():
        if isinstance(answer, bool):
            parts.append(f"+{name}" if answer else f"~{name}")
        else:
            parts.append(f"{name}:={answer if isinstance(answer, str) else ','.join(answer)}")
    return " ".join(parts)


def reached(solution: Solution, root: str) -> set[str]:
    """What lies below a draft, and it itself."""
    found: set[str] = set()
    stack = [root]
    while stack:
        ident = stack.pop()
        if ident not in found:
            found.add(ident)
            stack.extend(edge.target for edge in solution.drafts[ident].edges)
    return found
