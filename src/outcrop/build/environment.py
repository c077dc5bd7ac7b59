"""What a build may see: which declared dependencies its interpreter imports, and the variables that say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from outcrop.base.errors import RequestError
from outcrop.package.specs.world import PYTHON, PYTHON_VENV
from outcrop.python import VenvFacts, isolation_variables
from outcrop.spec.graph import Graph


def declared_closure(graph: Graph, key: str) -> list[str]:
    """What a build of ``key`` may import: its direct dependencies of any type and what these need to run, nearest
    first."""
    direct = [edge.hash for edge, _ in graph.dependencies(key)]
    rest = [other for other in graph.closure(direct, ("link", "run")) if other not in direct]
    return [other for other in [*direct, *rest] if graph[other].name not in (PYTHON_VENV, PYTHON)]


def python_directories(graph: Graph, key: str, facts: VenvFacts, prefix: Callable[[str], Path]) -> list[Path]:
    """Site directories for a build of ``key``: its own first (for install-time tests), then those of its declared
    closure."""
    relative = list(dict.fromkeys((facts.purelib, facts.platlib)))
    found = [prefix(key) / part for part in relative]
    for other in declared_closure(graph, key):
        if graph[other].is_external:
            continue
        found += [path for part in relative if (path := prefix(other) / part).is_dir()]
    return found


def python_variables(graph: Graph, key: str, facts: VenvFacts, prefix: Callable[[str], Path]) -> dict[str, str]:
    """The variables that make exactly the declared closure importable, for grandchildren and ``python -I`` too."""
    return isolation_variables(python_directories(graph, key, facts, prefix))


def check_layout(prefix: Path, facts: VenvFacts | None, name: str) -> None:
    """Refuse a finished prefix whose Python modules lie where no interpreter of its virtual environment looks.

    Raises:
        RequestError: names the files and the directory they were expected in.
    """
    expected = {facts.purelib, facts.platlib} if facts is not None else set()
    wrong = [
        path
        for pattern in (
            "local/bin",
            "local/lib*/python*/*-packages",
            "usr/lib*/python*/*-packages",
            "usr/local/lib*/python*/*-packages",
            "lib*/python*/dist-packages",
            "lib*/python*/site-packages",
        )
        for path in sorted(prefix.glob(pattern))
        if path.relative_to(prefix).as_posix() not in expected
        and not (path.name == "site-packages" and facts is None)
        and path.resolve() not in {(prefix / each).resolve() for each in expected}
    ]
    if not wrong:
        return
    files = [str(file.relative_to(prefix)) for path in wrong for file in sorted(path.rglob("*")) if file.is_file()]
    wanted = " or ".join(sorted(expected)) if expected else "its own site-packages"
    raise RequestError(
        f"{name} installed Python files outside of {wanted}",
        details=[*files[:10], *([f"... {len(files) - 10} more"] if len(files) > 10 else [])],
        hint="the build asked the base Python instead of the virtual environment's for its directories",
        code="wrong-layout",
    )
