"""The code of a recipe module in one canonical form: what it does, not how it is written.

Two texts of one meaning give one form: comments, docstrings, annotations, layout, quotes and parentheses do not show.
Directives in class bodies are left out, because :class:`outcrop.repo.model.PackageModel` has them evaluated; so are
tables that only directives read, and attributes that say where sources or pages are. The form looks like Python so
that people can read a difference, but it is printed from the syntax tree by rules of our own: it must be the same
under every Python version, which :func:`ast.unparse` does not promise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from outcrop.repo.printing import CodePrinter

DIRECTIVES = frozenset(
    {
        "build_system",
        "can_splice",
        "conflicts",
        "depends_on",
        "extends",
        "license",
        "maintainers",
        "patch",
        "provides",
        "redistribute",
        "requires",
        "resource",
        "variant",
        "version",
    }
)
"""Calls in a class body that are in a model."""

METADATA = frozenset(
    {
        "bioc",
        "cran",
        "git",
        "gnu_mirror_path",
        "homepage",
        "list_depth",
        "list_url",
        "maintainers",
        "pypi",
        "skip_version_audit",
        "sourceforge_mirror_path",
        "sourceware_mirror_path",
        "tags",
        "url",
        "urls",
        "xorg_mirror_path",
    }
)
"""Class attributes that do not change what is built: a node's sources are in its hash themselves."""

_BLOCKS = frozenset({"when", "default_args"})


class CanonicalModule(msgspec.Struct, frozen=True, array_like=True):
    """A module's canonical text, and the modules whose names its remaining code uses (absolute, as far as it can be
    told).
    """

    text: str
    uses: tuple[str, ...]


def canonical_module(source: bytes, module: str, *, is_package: bool = False) -> CanonicalModule:
    """The canonical form of a module's source.

    ``module`` is its dotted name, which relative imports are resolved against.

    Raises:
        SyntaxError: the source is not Python.
    """
    tree = ast.parse(source)
    removed = _strip_directives(tree)
    _drop_unused_tables(tree, removed)
    _drop_metadata(tree)
    text = "\n".join(CodePrinter().block(tree.body)) + "\n"
    package = module if is_package else module.rpartition(".")[0]
    return CanonicalModule(text, tuple(sorted(set(_used_modules(tree, package)))))


# --- what is left out ---


def _strip_directives(tree: ast.Module) -> list[ast.AST]:
    """Take directive calls out of all class bodies; returns what was taken."""
    removed: list[ast.AST] = []

    def keep(body: list[ast.stmt]) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        for statement in body:
            if _is_call_of(statement, DIRECTIVES):
                removed.append(statement)
            elif isinstance(statement, ast.With | ast.For | ast.While | ast.If | ast.Try):
                before = len(removed)
                parts = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
                parts += [handler.body for handler in getattr(statement, "handlers", [])]
                for part in parts:
                    part[:] = keep(part)
                if len(removed) > before and not any(parts):
                    # Only directives were in it: its head served them alone.
                    removed.append(statement)
                else:
                    kept.append(statement)
            else:
                kept.append(statement)
        return kept

    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            node.body[:] = keep(node.body)
    return removed


def _is_call_of(statement: ast.stmt, names: frozenset[str]) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in names
    )


def _drop_unused_tables(tree: ast.Module, removed: Sequence[ast.AST]) -> None:
    """Drop assignments to names that only the removed statements read (version tables mostly).

    In class bodies only to private names: others may be read through the class from elsewhere.
    """
    wanted = set(_names(removed))
    while True:
        used = set(_names([tree]))
        count = len(wanted)
        for owner in ast.walk(tree):
            if isinstance(owner, ast.Module | ast.ClassDef):
                for statement in list(owner.body):
                    target = _single_target(statement)
                    if target is None or target in used or target not in wanted:
                        continue
                    if isinstance(owner, ast.Module) or target.startswith("_"):
                        owner.body.remove(statement)
                        wanted.update(_names([statement]))
        if len(wanted) == count:
            return


def _drop_metadata(tree: ast.Module) -> None:
    used = set(_names([tree]))
    for owner in ast.walk(tree):
        if isinstance(owner, ast.ClassDef):
            owner.body[:] = [
                statement
                for statement in owner.body
                if (target := _single_target(statement)) is None or target not in METADATA or target in used
            ]


def _single_target(statement: ast.stmt) -> str | None:
    """The name that a simple assignment binds."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return None


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that are read, attributes, and texts that may be either."""
    for root in nodes:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                yield node.value


def _used_modules(tree: ast.Module, package: str) -> Iterator[str]:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) in used:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = package
                for _ in range(node.level - 1):
                    start = start.rpartition(".")[0]
                base = f"{start}.{base}" if base else start
            for alias in node.names:
                if alias.name == "*":
                    yield base
                elif (alias.asname or alias.name) in used:
                    yield base
                    yield f"{base}.{alias.name}"
