"""Putting ``version(...)`` lines into a recipe that people wrote: every byte that was there stays as it was. Pure."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from outcrop.base.errors import InputError, Place
from outcrop.spec import Version, VersionError

_HEADERS = frozenset({"maintainers", "license", "tags", "build_system"})
"""Directives that stand above versions."""


def version_line(version: str, sha256: str, url: str = "") -> str:
    """The directive as recipes have it, without indentation."""
    where = f', url="{url}"' if url else ""
    return f'version("{version}", sha256="{sha256}"{where})'


def insert_versions(source: bytes, lines: Mapping[str, str], *, class_name: str, file: Path) -> bytes:
    """``source`` with a line for each new version, in the order that the versions in the class have.

    Versions inside of ``with`` blocks are left alone and are no neighbours of new ones.

    Args:
        lines: version -> directive, without indentation.
        class_name: the class that takes them.
        file: where the recipe lies, for errors.

    Raises:
        InputError: the recipe is no Python, or has no such class.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise InputError(f"the recipe is not valid Python: {error}", place=Place(file, line)) from error
    owner = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_name), None)
    if owner is None:
        raise InputError(f"the recipe has no class {class_name}", place=Place(file))
    physical = source.splitlines(keepends=True)
    ending = b"\r\n" if physical and physical[0].endswith(b"\r\n") else b"\n"
    declared = [(version, node) for node in owner.body if (version := _declared(node)) is not None]
    inserted: dict[int, list[bytes]] = {}
    blank_before = False
    for version in sorted(map(Version, lines), reverse=_is_descending([known for known, _ in declared])):
        if declared:
            after, like = _neighbour(version, declared)
        else:
            like = _last_header(owner)
            after, blank_before = _end(like), True
        indentation = physical[like.lineno - 1][: like.col_offset]
        inserted.setdefault(after, []).append(indentation + lines[str(version)].encode() + ending)
    result = []
    for number in range(len(physical) + 1):
        if number:
            result.append(physical[number - 1])
        if number in inserted:
            if number and not physical[number - 1].endswith((b"\n", b"\r")):
                result.append(ending)
            result += [ending] if blank_before else []
            result += inserted[number]
    return b"".join(result)


def _declared(node: ast.stmt) -> Version | None:
    """The version that a statement declares, if it is such a directive."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return None
    call = node.value
    if not (isinstance(call.func, ast.Name) and call.func.id == "version" and call.args):
        return None
    first = call.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return None
    try:
        return Version(first.value)
    except VersionError:
        return None


def _is_descending(versions: Sequence[Version]) -> bool:
    numbered = [version for version in versions if not version.isdevelop()]
    return len(numbered) < 2 or numbered[0] > numbered[-1]


def _neighbour(version: Version, declared: Sequence[tuple[Version, ast.stmt]]) -> tuple[int, ast.stmt]:
    """After which line (0: before all) a version belongs, and the statement whose indentation it takes."""
    descending = _is_descending([known for known, _ in declared])
    previous: ast.stmt | None = None
    for known, node in declared:
        if known < version if descending else known > version:
            break
        # A branch that stands behind the numbers is nobody's neighbour.
        if previous is None or not known.isdevelop():
            previous = node
    if previous is None:
        first = declared[0][1]
        return first.lineno - 1, first
    return _end(previous), previous


def _last_header(owner: ast.ClassDef) -> ast.stmt:
    """The last of the statements that usually stand above versions."""
    last = owner.body[0]
    for node in owner.body:
        call = node.value if isinstance(node, ast.Expr) else None
        is_directive = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _HEADERS
        if not (isinstance(node, ast.Assign | ast.AnnAssign) or isinstance(call, ast.Constant) or is_directive):
            break
        last = node
    return last


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
